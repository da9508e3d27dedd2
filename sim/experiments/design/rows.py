"""The rows of a design, stored by column: ten thousand rows of 150 values take 12 MB, as tuples 50 MB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np

from sim.scenario.entries import Value


class Rows(Sequence[tuple[Value, ...]]):
    """The value of every factor in each row; a sequence of tuples."""

    def __init__(self, columns: Iterable[np.ndarray], size: int) -> None:
        """columns: (size,) of each factor, from `as_column`; without columns there are `size` empty rows."""
        self.columns, self.size = tuple(columns), size

    @classmethod
    def of(cls, rows: Sequence[tuple[Value, ...]], width: int) -> Rows:
        """Return rows of `width` values each."""
        return cls((as_column([row[place] for row in rows]) for place in range(width)), len(rows))

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.size

    @overload
    def __getitem__(self, at: int) -> tuple[Value, ...]: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[tuple[Value, ...], ...]: ...

    def __getitem__(self, at: int | slice) -> Any:
        """Return a row, or a tuple of rows for a slice."""
        if isinstance(at, slice):
            return tuple(self[place] for place in range(*at.indices(self.size)))
        return tuple(column[at : at + 1 or None].tolist()[0] for column in self.columns)

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        """Yield the rows in turn."""
        return zip(*(column.tolist() for column in self.columns), strict=True) if self.columns else iter([()] * self.size)

    def __eq__(self, other: object) -> bool:
        """Whether all values are the same."""
        if not isinstance(other, Rows) or (len(self), len(self.columns)) != (len(other), len(other.columns)):
            return False
        return all(np.array_equal(a, b) for a, b in zip(self.columns, other.columns, strict=True))

    __hash__ = None  # type: ignore[assignment]


def as_column(values: Sequence[Value]) -> np.ndarray:
    """Return (n,) float64 if all values are floats, else (n,) object."""
    if all(type(value) is float for value in values):
        return np.array(values, np.float64)
    filled = np.empty(len(values), object)
    filled[:] = values
    return filled


def replaced(column: np.ndarray, where: np.ndarray, value: Value) -> np.ndarray:
    """Return a column with another value in some rows. where: (n,) bool."""
    filled = column.astype(object)
    filled[where] = value
    return as_column(filled.tolist())
