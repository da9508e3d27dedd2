"""Declare what a scenario may set: a field with a unit and the bounds outside of which it has no meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, fields, is_dataclass
from typing import Any, get_type_hints


def value(unit: str, low: float | None = None, high: float | None = None) -> Any:
    """Return a dataclass field for one value of a scenario.

    unit: the unit a scenario file must state, "1" for shares and indices, "name" for a choice by name.
    low, high: inclusive bounds of meaning, None where open. The plausible range stands in the scenario, with its source.
    """
    return field(metadata={"unit": unit, "low": low, "high": high})


def table() -> Any:
    """Return a dataclass field for a sub-table of values, whose type is a dataclass of its own."""
    return field()


def declared(section: Any, prefix: str = "") -> Iterator[tuple[str, type, dict[str, Any]]]:
    """Yield (path, type, {"unit", "low", "high"}) of every value that the dataclass `section` declares, sub-tables too."""
    hints = get_type_hints(section)
    for item in fields(section):
        kind = hints[item.name]
        if is_dataclass(kind):
            yield from declared(kind, f"{prefix}{item.name}.")
        else:
            yield f"{prefix}{item.name}", kind, dict(item.metadata)
