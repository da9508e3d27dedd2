"""An outcome: what a run came to, one value, with name, title, unit, type and definition.

A date is in days since the start and NaN where it did not come within the horizon (censored). A yes_no is 1 or 0, NaN where
its question did not arise. A category is an index into its categories, NaN where none was reached. `arising` states in which
runs the question of an outcome arose: what did not arise is neither late nor 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.record import readings as read
from sim.record.expressions import kinds

NUMBER, DATE, YES_NO, CATEGORY = kinds.TYPES
ALWAYS, COVERED = kinds.ALWAYS, kinds.COVERED


@dataclass(frozen=True)
class Outcome:
    """One outcome.

    systems: the numbers of the record's systems it shows. of: History -> (runs,) float. arises: in which runs its question
    arises. as_in: of a date whose question does not always arise, the column that has a value in just those runs, as NaN
    in a date means only that it did not come. member: axis and key of the one that it is about, without which it does not
    arise. title: what a line begins with. share: a part of a whole, which reads best in percent. formula: the text in full
    of one that is written as an expression.
    """

    name: str
    unit: str
    type: str
    definition: str
    systems: tuple[int, ...]
    of: read.Reading
    categories: tuple[str, ...] = ()
    arises: str = ALWAYS
    as_in: str = ""
    member: tuple[str, str] | None = None
    title: str = ""
    share: bool = False
    formula: str = ""


def arising(outcome: Outcome, table: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (runs,) bool: the question of an outcome arose. table: (runs,) values of it and of its `as_in`."""
    values = table[outcome.name]
    if outcome.type != DATE:
        return ~np.isnan(values)
    return ~np.isnan(values) | ~np.isnan(table[outcome.as_in]) if outcome.as_in else np.ones(len(values), bool)


def read_for(outcome: Outcome) -> tuple[str, ...]:
    """Return the names of the columns that hold all of an outcome: its own, and where it arises."""
    return (outcome.name, outcome.as_in) if outcome.as_in else (outcome.name,)


def columns_read(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the names of the columns that hold outcomes: their own, and where they arise."""
    return tuple(dict.fromkeys(name for outcome in outcomes for name in read_for(outcome)))
