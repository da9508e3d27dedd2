"""How the commands write to a terminal and to a pipe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console
    from rich.table import Table

PIPED_WIDTH = 100


def console(to_stderr: bool = False) -> Console:
    """Return a console that writes text as it is: as wide as the terminal, or 100 columns into a pipe."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def table(*columns: str, right: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> Table:
    """Return an empty table without lines. right: columns that are aligned right. whole: columns that do not wrap.

    Columns without names have no header.
    """
    from rich.table import Table

    rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(columns))
    for column in columns:
        rows.add_column(column, justify="right" if column in right else "left", no_wrap=column in whole, overflow="fold")
    return rows


def plain(value: Any) -> str:
    """Write one value of a scenario or an outcome for reading."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(plain, value)) + "]"
    return "-" if value is None else str(value)


def span(low: str, high: str) -> str:
    """Write a range of two numbers or of two dates, with the year once; two equal ends as one."""
    if low == high:
        return low
    same_year = low[4:5] == "-" and low[:5] == high[:5]
    return f"{low} to {high[5:] if same_year else high}"


def write_csv(path: Path, rows: pa.Table) -> None:
    """Write a table as CSV, complete or not at all."""
    from pyarrow import csv

    from sim.ground.files import whole_file

    with whole_file(path) as file:
        csv.write_csv(rows, file)
