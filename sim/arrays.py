"""Declare a struct of arrays: each field names its axes, its type and what it holds.

Allocation and checks follow from that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np

FLOAT, COUNT, CODE, FLAG = np.float32, np.int16, np.int8, np.bool_


def array(dtype: type, axes: str, meaning: str) -> Any:
    """Return a dataclass field for an array; `axes` are names parted by blanks, runs always last."""
    return field(metadata={"dtype": dtype, "axes": tuple(axes.split()), "meaning": meaning})


@dataclass
class ArrayStruct:
    """Base of State and Orders: allocated as zeros from the sizes of the axes, checked against them."""

    @classmethod
    def zeros(cls, sizes: Mapping[str, int], **others: Any) -> Self:
        """Return the struct with every array zero; `sizes` by axis name, `others` the fields that are no arrays."""
        arrays = {f.name: np.zeros(_shape(f, sizes), f.metadata["dtype"]) for f in fields(cls) if "axes" in f.metadata}
        return cls(**arrays, **others)

    def part(self, runs: np.ndarray) -> Self:
        """Return a copy that holds the runs of these indices only."""
        return replace(self, **{name: array[..., runs] for name, array in self._arrays()})

    def put(self, runs: np.ndarray, part: Self) -> None:
        """Write a part back."""
        for name, array in self._arrays():
            array[..., runs] = getattr(part, name)

    def _arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        return ((f.name, getattr(self, f.name)) for f in fields(self) if "axes" in f.metadata)

    def check(self, sizes: Mapping[str, int]) -> None:
        """Raise ValueError naming the first array whose shape or type is not as declared, or that is not finite."""
        for f in fields(self):
            if "axes" not in f.metadata:
                continue
            found, wanted = getattr(self, f.name), _shape(f, sizes)
            if found.shape != wanted:
                raise ValueError(f"{f.name}: expected ({', '.join(f.metadata['axes'])}) = {wanted}, got {found.shape}")
            if found.dtype != f.metadata["dtype"]:
                raise ValueError(f"{f.name}: expected {np.dtype(f.metadata['dtype'])}, got {found.dtype}")
            if np.isnan(found).any():
                raise ValueError(f"{f.name}: holds NaN")


def _shape(item: Any, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(sizes[axis] for axis in item.metadata["axes"])
