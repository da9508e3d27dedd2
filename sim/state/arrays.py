"""Declare a struct of arrays: each field names its axes, its type, what it holds, and who writes it.

Allocation and checks follow from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, Self

import numpy as np

from sim.state.quantity import CODE_UNIT, DAY, YES_NO, Quantity

FLOAT, COUNT, CODE, FLAG = np.float32, np.int16, np.int8, np.bool_

NUMERICS: dict[str, Any] = {"divide": "raise", "invalid": "raise", "over": "raise", "under": "ignore"}
"""What numpy does in a step of the model where a number overflows or is none, whatever the caller's own settings are."""

own_numerics = np.errstate(divide="warn", over="warn", invalid="warn", under="ignore")
"""A decorator for what computes beside the model: numpy's own settings, not those of the caller (`np.seterr`)."""


Names = str | Mapping[str, str]
"""Of daily series: see array."""


def array(dtype: type, axes: str, quantity: Quantity, by: str, series: Names = "") -> Any:
    """Return a dataclass field for an array.

    axes: names parted by blanks, runs always last. quantity: what its numbers are. by: who writes it, parted by blanks:
    mechanisms, "survey", or "start" for what stays; of an order, its actor. series: name of the daily series that shows it;
    or name -> title of those that show its rows along the first axis, in order. Where such a pair holds {}, it stands for
    one series of each shipped member of that axis, with its key in the name and its name in the title.
    """
    titles = {series: quantity.title} if isinstance(series, str) and series else series or {}
    what = {"dtype": dtype, "axes": tuple(axes.split()), "quantity": quantity}
    return field(metadata={**what, "written_by": tuple(by.split()), "series": titles})


def number(
    axes: str, meaning: str, unit: str, by: str, series: Names = "", *, low: float | None = 0, high: float | None = None,
    share: bool = False,
) -> Any:  # fmt: skip
    """Return a dataclass field for an array of numbers. unit, low, high, share: see Quantity."""
    return array(FLOAT, axes, Quantity(meaning, unit, (), low, high, share), by, series)


def count(axes: str, meaning: str, unit: str, by: str, series: Names = "") -> Any:
    """Return a dataclass field for an array of whole numbers."""
    return array(COUNT, axes, Quantity(meaning, unit, (), 0), by, series)


def flag(axes: str, meaning: str, by: str, series: Names = "") -> Any:
    """Return a dataclass field for an array of claims that hold or do not."""
    return array(FLAG, axes, Quantity(meaning, YES_NO), by, series)


def code(axes: str, meaning: str, codes: Sequence[str], by: str, series: Names = "", low: int = 0) -> Any:
    """Return a dataclass field for an array of codes. codes: their names, from `low` on."""
    return array(CODE, axes, Quantity(meaning, CODE_UNIT, tuple(codes), low, low + len(codes) - 1), by, series)


def dated(axes: str, meaning: str, by: str, series: Names = "") -> Any:
    """Return a dataclass field for an array of days since the start, NEVER for what has not happened."""
    return array(COUNT, axes, Quantity(meaning, DAY), by, series)


@dataclass
class ArrayStruct:
    """Base of State and Orders: allocated as zeros from the sizes of the axes, checked against them."""

    @classmethod
    def arrays(cls) -> tuple[Field[Any], ...]:
        """Return the fields that are arrays."""
        return tuple(item for item in fields(cls) if "axes" in item.metadata)

    @classmethod
    def zeros(cls, sizes: Mapping[str, int], **others: Any) -> Self:
        """Return the struct with every array zero; `sizes` by axis name, `others` the fields that are no arrays."""
        return cls(**{f.name: np.zeros(_shape(f, sizes), f.metadata["dtype"]) for f in cls.arrays()}, **others)

    def part(self, runs: np.ndarray) -> Self:
        """Return the struct of the runs of these indices only, each array copied when it is first read."""
        part = object.__new__(type(self))
        part.__dict__.update((f.name, getattr(self, f.name)) for f in fields(self) if "axes" not in f.metadata)
        part.__dict__.update(_whole=self, _runs=runs)
        return part

    def __getattr__(self, name: str) -> Any:
        """Copy an array out of the whole that this is a part of; called where the part does not have it yet."""
        whole = self.__dict__.get("_whole")
        if whole is None or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        copied = self.__dict__[name] = getattr(whole, name)[..., self._runs]
        return copied

    def write_back(self, part: Self) -> None:
        """Write back what was copied into a part of this."""
        for f in self.arrays():
            if f.name in part.__dict__:
                getattr(self, f.name)[..., part._runs] = getattr(part, f.name)

    def check(self, sizes: Mapping[str, int]) -> None:
        """Raise ValueError naming the first array whose shape or type is not as declared, or that is not finite."""
        for f in self.arrays():
            found, wanted = getattr(self, f.name), _shape(f, sizes)
            if found.shape != wanted:
                raise ValueError(f"{f.name}: expected ({', '.join(f.metadata['axes'])}) = {wanted}, got {found.shape}")
            if found.dtype != f.metadata["dtype"]:
                raise ValueError(f"{f.name}: expected {np.dtype(f.metadata['dtype'])}, got {found.dtype}")
            if np.isnan(found).any():
                raise ValueError(f"{f.name}: holds NaN")


def _shape(item: Any, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(sizes[axis] for axis in item.metadata["axes"])
