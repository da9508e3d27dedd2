"""What a manifest says, by key and type: one that was changed by hand or is damaged is told when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

ENSEMBLE: Mapping[str, type] = {
    "scenario": str, "title": str, "hash": str, "seed": int, "days": int, "start": str, "code": str, "versions": dict,
}  # fmt: skip
SWEEP: Mapping[str, type] = {
    **ENSEMBLE, "name": str, "asks": str, "base_hash": str, "points": int, "series": str, "design": dict,
}  # fmt: skip
OPTIONAL: Mapping[str, type] = {"horizon": int}


def manifest_fault(manifest: Mapping[str, Any], is_sweep: bool) -> str | None:
    """Return what is wrong with a manifest of this version, None where nothing is."""
    needed = SWEEP if is_sweep else ENSEMBLE
    for key, kind in {**needed, **OPTIONAL}.items():
        if key not in manifest and key in needed:
            return f"lacks {key}"
        if key in manifest and (not isinstance(manifest[key], kind) or isinstance(manifest[key], bool)):
            return f"{key} must be {kind.__name__}"
    try:
        date.fromisoformat(manifest["start"])
    except ValueError:
        return "start must be a date"
    return None if manifest["days"] > 0 else "days must be 1 or more"
