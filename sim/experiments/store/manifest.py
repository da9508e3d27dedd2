"""Keys and types of a manifest, checked on reading, so that damage and manual changes are reported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sim.experiments.design.kept import KINDS

NEEDED: Mapping[str, type] = {
    "kind": str, "name": str, "title": str, "asks": str, "hash": str, "scenario": str, "base_hash": str, "seed": int,
    "days": int, "start": str, "points": int, "series": str, "design": dict, "columns": list, "code": str,
    "versions": dict,
}  # fmt: skip
OPTIONAL: Mapping[str, type] = {"horizon": int, "uncertain": dict}


def manifest_fault(manifest: Mapping[str, Any]) -> str | None:
    """Return the error of a manifest of this version, None if it is valid."""
    for key, kind in {**NEEDED, **OPTIONAL}.items():
        if key not in manifest and key in NEEDED:
            return f"lacks {key}"
        if key in manifest and (not isinstance(manifest[key], kind) or isinstance(manifest[key], bool)):
            return f"{key} must be {kind.__name__}"
    try:
        date.fromisoformat(manifest["start"])
    except ValueError:
        return "start must be a date"
    if manifest["kind"] not in KINDS:
        return f"kind must be one of {', '.join(KINDS)}"
    return None if manifest["days"] > 0 else "days must be 1 or more"
