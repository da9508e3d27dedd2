"""Declare a struct of arrays: each field names its axes, its type and what it holds.

Allocation and checks follow from that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np

FLOAT, COUNT, CODE, FLAG = np.float32, np.int16, np.int8, np.bool_

NUMERICS: dict[str, Any] = {"divide": "raise", "invalid": "raise", "over": "raise", "under": "ignore"}
"""What numpy does in a step of the model where a number overflows or is none, whatever the caller's own settings are."""

own_numerics = np.errstate(divide="warn", over="warn", invalid="warn", under="ignore")
"""A decorator for what computes beside the model: numpy's own settings, not those of the caller (`np.seterr`)."""


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
        for f in fields(self):
            if "axes" in f.metadata and f.name in part.__dict__:
                getattr(self, f.name)[..., part._runs] = getattr(part, f.name)

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
