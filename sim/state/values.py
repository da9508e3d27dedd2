"""Declare what a scenario may set: a field with a unit and the bounds outside of which it has no meaning.

In a scenario such a field holds the plain value. In a block of runs (sim.scenario.settings) it holds an array whose last
axis is the run, of size 1 where all runs share the value: float32 for a number, bool for yes or no, int8 for the index of a
name. A rate is an array, so no Python `if`, `int()`, `max()` or `math` on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, field, fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, get_type_hints

import numpy as np


def value(unit: str, low: float | None = None, high: float | None = None, choices: Sequence[str] = ()) -> Any:
    """Return a dataclass field for one value of a scenario.

    unit: the unit a scenario file must state, "1" for shares and indices, "name" for a choice by name.
    low, high: inclusive bounds of meaning, None where open. choices: the names it may take. The plausible range stands in
    the scenario, with its source.
    """
    return field(metadata={"unit": unit, "low": low, "high": high, "choices": tuple(choices)})


def value_per(
    axis: str,
    kind: type,
    unit: str,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] = (),
    flat: bool = False,
) -> Any:
    """Return a dataclass field, annotated Any, for a value of each member of an axis of sim.ground.members.

    In a scenario it holds the plain values by key, a PerMember; in a block an array of (members, 1 or runs). flat: the
    values stand beside the section's own, without a table of their own.
    """
    return field(metadata={**value(unit, low, high, choices).metadata, "axis": axis, "kind": kind, "flat": flat})


class PerMember(dict[str, Any]):
    """The plain values of a field that has one for each member of an axis, by key."""


def table() -> Any:
    """Return a dataclass field for a sub-table of values, whose type is a dataclass of its own."""
    return field()


@cache
def types_of(section: Any) -> Mapping[str, Any]:
    """Return the type of each field of the dataclass `section`, by name."""
    return MappingProxyType(get_type_hints(section))


Axes = Mapping[str, Sequence[str]]
"""Keys of the members of each axis."""


def declared(section: Any, axes: Axes, prefix: str = "") -> Iterator[tuple[str, type, Mapping[str, Any]]]:
    """Yield (path, type, metadata) of every value that the dataclass `section` declares, sub-tables and members too."""
    hints = types_of(section)
    for item in fields(section):
        kind = hints[item.name]
        if is_dataclass(kind):
            yield from declared(kind, axes, f"{prefix}{item.name}.")
        elif "axis" in item.metadata:
            for path in paths_of_members(item, axes, prefix).values():
                yield path, item.metadata["kind"], item.metadata
        else:
            yield f"{prefix}{item.name}", kind, item.metadata


def paths_of_members(item: Field[Any], axes: Axes, prefix: str) -> dict[str, str]:
    """Return by key the path of the value of each member. prefix: the path of the field's section and a point."""
    before = prefix if item.metadata["flat"] else f"{prefix}{item.name}."
    return {key: f"{before}{key}" for key in axes[item.metadata["axis"]]}


Columns = Mapping[str, Sequence[Any] | np.ndarray]
"""Dotted path of a value -> the value of each run of a block."""


def as_arrays(section: Any, path: str, columns: Columns, choices: Mapping[str, Sequence[str]]) -> Any:
    """Return a section whose fields are arrays that cannot be written to: (1,) where all runs share a value, else (runs,).

    section: plain values, below the dotted `path`. columns: what takes their place by run. choices: by path, the names a
    text value may take.
    """
    made = {}
    for item in fields(section):
        below, plain = f"{path}.{item.name}", getattr(section, item.name)
        if is_dataclass(plain):
            made[item.name] = as_arrays(plain, below, columns, choices)
        elif isinstance(plain, PerMember):
            paths = paths_of_members(item, {item.metadata["axis"]: tuple(plain)}, f"{path}.")
            each = [_array(plain[key], columns.get(at, (plain[key],)), choices.get(at, ())) for key, at in paths.items()]
            made[item.name] = stacked(each)
        else:
            made[item.name] = _array(plain, columns.get(below, (plain,)), choices.get(below, ()))
    return _with_fields(section, made)


def _array(plain: Any, values: Sequence[Any] | np.ndarray, choices: Sequence[str]) -> np.ndarray:
    if isinstance(plain, str):
        array = np.array([choices.index(value) for value in values], np.int8)
    else:
        array = np.array(values, np.bool_ if isinstance(plain, bool) else np.float32)
    if (array == array[0]).all():
        array = array[:1].copy()
    array.flags.writeable = False
    return array


def rows(*values: Any) -> np.ndarray:
    """Return (values, 1 or runs): one row for each value, as wide as the widest of them."""
    made = np.empty((len(values), max((value.shape[-1] for value in values), default=1)), np.float32)
    for index, value in enumerate(values):
        made[index] = value
    return made


def stacked(values: Sequence[np.ndarray]) -> np.ndarray:
    """Return (values, 1 or runs) as `rows` does, of the type of the values, closed to writing."""
    made = rows(*values).astype(values[0].dtype if values else np.float32)
    made.flags.writeable = False
    return made


def part_of(section: Any, runs: np.ndarray) -> Any:
    """Return the values of a section for the runs of these indices; the section itself where all runs share them."""
    changed = {}
    for name, item in vars(section).items():
        part = part_of(item, runs) if is_dataclass(item) else item[..., runs] if item.shape[-1] > 1 else item
        if part is not item:
            changed[name] = part
    return _with_fields(section, vars(section) | changed) if changed else section


def _with_fields(section: Any, items: Mapping[str, Any]) -> Any:
    """Return a section of the same class that holds `items`, by field."""
    made = object.__new__(type(section))
    made.__dict__.update(items)
    return made


def interpolate(x: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return (runs,) the line through the points (knots, values) at `x`, constant beyond the ends.

    x: (runs,). knots: (n,), rising, shared by all runs. values: (n, 1 or runs).
    """
    left = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    column = np.arange(len(x)) % values.shape[-1]
    low, high = values[left, column], values[left + 1, column]
    share = np.clip((x - knots[left]) / (knots[left + 1] - knots[left]), 0.0, 1.0)
    return low + (high - low) * share
