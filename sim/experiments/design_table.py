"""Read the table of a design: a CSV file with a column for each value that varies and a row for each point."""

from __future__ import annotations

import csv
from pathlib import Path

from sim.errors import InputError
from sim.experiments.factors import Factor, column_factor
from sim.scenario import Scenario
from sim.scenario_entries import Value, shown
from sim.scenario_file import near_miss


def read_table(path: Path, base: Scenario) -> tuple[tuple[Factor, ...], tuple[tuple[Value, ...], ...]]:
    """Read a CSV file whose first row names values and whose other rows set them. Raises InputError with the line."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *lines = [line for line in csv.reader(file) if line] or [[]]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', error)}") from None
    if not head or not lines:
        raise InputError(f"{path}: needs a first row of paths and a row of values for each point")
    columns: list[list[Value]] = [[] for _ in head]
    for number, line in enumerate(lines, start=2):
        if len(line) != len(head):
            raise InputError(f"{path}: row {number} has {len(line)} values, the first row names {len(head)}")
        for column, path_of_value, text in zip(columns, head, line, strict=True):
            column.append(_cell(text, path_of_value, base, f"{path}: row {number}: {path_of_value}"))
    factors = [column_factor(name, column, base, f"{path}: {name}") for name, column in zip(head, columns, strict=True)]
    return tuple(factors), tuple(zip(*columns, strict=True))


def _cell(text: str, path: str, base: Scenario, where: str) -> Value:
    if path not in base.entries:
        raise InputError(f"{where} is not a known value{near_miss(path, base.entries)}")
    before = base.entries[path].value
    try:
        if isinstance(before, bool):
            return {"true": True, "false": False}[text.strip().lower()]
        return type(before)(text.strip())
    except (KeyError, ValueError):
        raise InputError(f"{where} = {shown(text)} must be {type(before).__name__}, as in {shown(before)}") from None
