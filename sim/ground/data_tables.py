"""Read the tab-separated tables of sim/data by column; errors name file, line and column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sim.ground.paths import data_folder


@dataclass(frozen=True)
class Table:
    """The rows of one table as text, each with its line number in the file."""

    name: str
    columns: tuple[str, ...]
    lines: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls, name: str) -> Self:
        """Read a table: lines starting with "#" are comments, the first other line names the columns.

        Raises ValueError if the file is missing or a line does not have one entry per column.
        """
        try:
            text = (data_folder() / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{name}: cannot be read ({error})") from None
        numbered = [(n, line.split("\t")) for n, line in enumerate(text.splitlines(), 1) if line[:1] not in ("#", "")]
        if not numbered:
            raise ValueError(f"{name}: is empty")
        columns = tuple(numbered.pop(0)[1])
        for number, row in numbered:
            if len(row) != len(columns):
                raise ValueError(f"{name}, line {number}: expected {len(columns)} entries, got {len(row)}")
        return cls(name, columns, tuple(n for n, _ in numbered), tuple(tuple(row) for _, row in numbered))

    def texts(self, column: str) -> tuple[str, ...]:
        """Return one column as text. Raises ValueError if there is no such column."""
        if column not in self.columns:
            raise ValueError(f"{self.name}: has no column {column}")
        index = self.columns.index(column)
        return tuple(row[index] for row in self.rows)

    def numbers(self, column: str, dtype: type = np.float64) -> np.ndarray:
        """Return one column as (rows,) numbers. Raises ValueError at the first entry that is not of the type."""
        kind = "a whole number" if np.issubdtype(dtype, np.integer) else "a number"
        values = np.array([_number_or_nan(text) for text in self.texts(column)])
        fits = np.isfinite(values) if kind == "a number" else values == np.round(values)
        if not fits.all():
            raise self._unexpected(column, int(fits.argmin()), kind)
        return values.astype(dtype)

    def codes(self, column: str, names: Sequence[str]) -> np.ndarray:
        """Return one column as (rows,) int8 positions in `names`. Raises ValueError at the first entry not in `names`."""
        position = {name: index for index, name in enumerate(names)}
        texts = self.texts(column)
        for index, text in enumerate(texts):
            if text not in position:
                raise self._unexpected(column, index, "one of " + ", ".join(names))
        return np.array([position[text] for text in texts], np.int8)

    def flags(self, column: str) -> np.ndarray:
        """Return one column of 0 and 1 as (rows,) bool. Raises ValueError at the first other entry."""
        return self.codes(column, "01").astype(bool)

    def _unexpected(self, column: str, index: int, expected: str) -> ValueError:
        entry = self.texts(column)[index]
        return ValueError(f"{self.name}, line {self.lines[index]}: {column} is {entry!r}, expected {expected}")


def _number_or_nan(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
