"""Types of what an expression is of, and the names that it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

TYPES = NUMBER, DATE, YES_NO, CATEGORY = "number", "date", "yes_no", "category"

ALWAYS = "always"
COVERED = "where the days simulated cover it"

PURE = ("", "1", "share")
"""Units of numbers that go with those of any other."""


@dataclass(frozen=True)
class Kind:
    """What a value is: its type, the unit of a number, the names of a category, and whether there is one each evening."""

    type: str
    unit: str = ""
    categories: tuple[str, ...] = ()
    daily: bool = False

    @property
    def said(self) -> str:
        """As it is called in a message."""
        return {NUMBER: "a number", DATE: "a date", YES_NO: "yes or no", CATEGORY: "a category"}[self.type]

    def each_evening(self, daily: bool) -> Kind:
        """Return the same kind of each evening, or of a run."""
        return replace(self, daily=daily)


@dataclass(frozen=True)
class Names:
    """The series and outcomes that an expression may name, and in which runs each of these outcomes arises."""

    series: Mapping[str, Kind]
    outcomes: Mapping[str, Kind]
    arises: Mapping[str, str]

    def with_outcome(self, name: str, kind: Kind, arises: str) -> Names:
        """Return the names with an outcome more."""
        return Names(self.series, {**self.outcomes, name: kind}, {**self.arises, name: arises})


def unit_of_sum(a: str, b: str) -> str | None:
    """Return the unit of a sum of two numbers, None where they do not go together."""
    if a in PURE:
        return b if b not in PURE or not a else a
    return a if b in PURE or a == b else None


def unit_of_product(a: str, b: str) -> str:
    """Return the unit of a product."""
    if a in PURE or b in PURE:
        return b if a in PURE else a
    return f"{a}*{b}"


def unit_of_quotient(a: str, b: str) -> str:
    """Return the unit of a quotient."""
    if b in PURE:
        return a
    return "1" if a == b else f"{'1' if a in PURE else a}/{b}"
