"""The paths under [levers] and [uncertainties] of a sweep file: in quotes, as tables, or as patterns with *."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sim.experiments.design.factors import KEYS, SCENARIO, Factor, read_factor
from sim.ground.checks import first_repeated, same
from sim.ground.errors import InputError
from sim.scenario.scenario import Scenario

EVERY = "*"
"""At the end of a path: every uncertain number below it whose range is wider than a point."""


def read_factors(
    table: str, raw: Mapping[str, Any], base: Scenario, as_levels: bool, scenarios: tuple[str, ...] = ()
) -> tuple[Factor, ...]:
    """Return the factors of a table of a sweep file; a path by name takes precedence over a pattern with *.

    table: its name, for messages. as_levels: its entries belong to a grid. scenarios: names in the lever of scenarios.
    Raises InputError.
    """
    flat = list(flat_paths(raw, base))
    if (duplicate := first_repeated(path for path, _ in flat)) is not None:
        raise InputError(f"[{table}] {duplicate} is given twice, in quotes and as tables; give it once")
    own = {path: entry for path, entry in flat if not path.endswith(EVERY)}
    starred: dict[str, tuple[str, Any]] = {}
    for pattern, entry in flat:
        for path in every_path(pattern, base, f"[{table}] {pattern}") if pattern.endswith(EVERY) else ():
            before, other = starred.setdefault(path, (pattern, entry))
            if path not in own and same(str(other)) != same(str(entry)):
                raise InputError(f"[{table}] {before} and {pattern} both match {path}; give it by name as well")
    own |= {path: entry for path, (_, entry) in starred.items() if path not in own}
    return tuple(
        Factor(SCENARIO, base.name, values=scenarios)
        if path == SCENARIO and scenarios
        else read_factor(path, entry, base, f"[{table}] {path}", as_levels)
        for path, entry in own.items()
    )


def flat_paths(table: Mapping[str, Any], base: Scenario, prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield (dotted path, entry) of paths in quotes and of nested tables."""
    for key, raw in table.items():
        path = f"{prefix}{key}"
        inner = isinstance(raw, Mapping) and raw and path not in base.entries and not set(raw) & set(KEYS)
        if inner and all(isinstance(item, Mapping) for item in raw.values()):
            yield from flat_paths(raw, base, f"{path}.")
        else:
            yield path, raw


def every_path(pattern: str, base: Scenario, where: str) -> list[str]:
    """Return the paths that match a pattern ending in *. Raises InputError if none does."""
    stem = pattern.removesuffix(EVERY)
    paths = [path for path, entry in base.entries.items() if path.startswith(stem) and entry.is_uncertain]
    if not paths or (stem and not stem.endswith(".")):
        raise InputError(f'{where} matches no uncertain value; give "*" for all, or a section, as in "truce.*"')
    return paths
