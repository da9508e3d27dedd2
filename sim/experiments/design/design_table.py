"""Read and write the table of a design: a CSV file with a column per varied value and a row per point."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from sim.experiments.design.factors import SCENARIO, Factor, column_factor
from sim.ground.checks import first_repeated, same, shown
from sim.ground.errors import InputError
from sim.ground.files import write_text
from sim.ground.user_text import Row, read_table
from sim.scenario.entries import Value
from sim.scenario.files import near_miss
from sim.scenario.scenario import Scenario


def write_design_table(path: Path, paths: Iterable[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write a design table: a column for each path, a row for each point."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(paths)
    table.writerows(rows)
    write_text(path, text.getvalue())


def read_design_table(
    path: Path, base: Scenario, may_repeat: bool
) -> tuple[tuple[Factor, ...], tuple[tuple[Value, ...], ...]]:
    """Read a CSV file with paths in the first row and values in the other rows. Raises InputError with the row.

    may_repeat: rows may be identical, and each counts.
    """
    head, rows = read_table(path)
    _check_head(head, base, path)
    points = [(row.line, _point(row, head, base, path)) for row in rows]
    if not points:
        raise InputError(f"{path}: needs a first row of paths and a row of values for each point")
    if not may_repeat:
        _check_points(points, path)
    columns = zip(*(values for _, values in points), strict=True)
    factors = [
        column_factor(name, column, base, f"{path}: {name}") for name, column in zip(head.cells, columns, strict=True)
    ]
    return tuple(factors), tuple(values for _, values in points)


def _check_head(head: Row, base: Scenario, path: Path) -> None:
    where = f"{path}: row {head.line}"
    for name in head.cells:
        if name == SCENARIO:
            raise InputError(f"{where}: {name} is a lever; list its values under [levers], with which the rows are crossed")
        if name not in base.entries:
            raise InputError(
                f"{where}: {name or 'a column without a name'} is not a known value{near_miss(name, base.entries)}"
            )
    if (duplicate := first_repeated(head.cells)) is not None:
        raise InputError(f"{where}: two columns set {duplicate}; leave one of them out")


def _check_points(points: list[tuple[int, tuple[Value, ...]]], path: Path) -> None:
    duplicate = first_repeated(points, key=lambda point: same(point[1]))
    if duplicate is not None:
        first = next(line for line, values in points if same(values) == same(duplicate[1]))
        raise InputError(
            f"{path}: row {duplicate[0]} sets the same values as row {first}; leave one out, "
            "or give [design] repeated = true to count each"
        )


def _point(row: Row, head: Row, base: Scenario, path: Path) -> tuple[Value, ...]:
    return tuple(
        _cell(text, name, base, f"{path}: row {row.line}: {name}") for name, text in zip(head.cells, row.cells, strict=True)
    )


def _cell(text: str, path: str, base: Scenario, where: str) -> Value:
    before = base.entries[path].value
    try:
        if isinstance(before, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(before)(text)
    except (KeyError, ValueError):
        raise InputError(f"{where} = {shown(text)} must be {type(before).__name__}, as in {shown(before)}") from None
