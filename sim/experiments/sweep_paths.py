"""The paths under [levers] and [uncertainties] of a sweep file: in quotes, as tables, or with a * for many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sim.errors import InputError
from sim.experiments.factors import KEYS
from sim.scenario import Scenario

EVERY = "*"
"""In a path: every uncertain number below it that has a range of some width."""


def flat_paths(table: Mapping[str, Any], base: Scenario, prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield (dotted path, entry), whether the path stands in quotes or as tables."""
    for key, raw in table.items():
        path = f"{prefix}{key}"
        inner = isinstance(raw, Mapping) and raw and path not in base.entries and not set(raw) & set(KEYS)
        if inner and all(isinstance(item, Mapping) for item in raw.values()):
            yield from flat_paths(raw, base, f"{path}.")
        else:
            yield path, raw


def every_path(pattern: str, base: Scenario, where: str) -> list[str]:
    """Return the paths that a pattern ending in * stands for. Raises InputError where it stands for none."""
    stem = pattern.removesuffix(EVERY)
    found = [
        path
        for path, entry in base.entries.items()
        if path.startswith(stem)
        and entry.kind == "uncertainty"
        and entry.range is not None
        and entry.range[0] < entry.range[1]
    ]
    if not found or (stem and not stem.endswith(".")):
        raise InputError(f'{where} stands for no uncertain value; give "*" for all, or a section, as in "truce.*"')
    return found
