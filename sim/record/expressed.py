"""Outcomes that are written as expressions: those of a user's files, and the dated ones that lie in data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Protocol

import numpy as np

from sim.ground.errors import InputError
from sim.ground.paths import data_folder
from sim.ground.user_text import read_toml
from sim.record.expressions.evaluate import arises, evaluate
from sim.record.expressions.kinds import ALWAYS, CATEGORY, DATE, NUMBER, YES_NO, Kind, Names
from sim.record.expressions.parser import RESERVED, parse
from sim.record.expressions.tree import At, Node, OfOutcome, is_fixed, nodes_of
from sim.record.history import SERIES, History
from sim.record.readings import Reading, UpTo
from sim.scenario.own_outcomes import KEYS_OF_DATA, OwnOutcome, own_outcomes
from sim.state import quantity

COLUMNS = (
    "point",
    "run",
    "run_number",
    "set",
    "scenario",
    "day",
    "level",
    "cell",
    "lat",
    "lon",
    "held_by_damascus",
    "contested",
)
"""Names of other columns of what is kept and written."""

ARISES = "_arises"
"""Ends the name of the column that says in which runs a date of this kind arises, where that is not in all."""


class Known(Protocol):
    """What is asked of an outcome that an expression names."""

    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def categories(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def arises(self) -> str: ...  # noqa: D102
    @property
    def as_in(self) -> str: ...  # noqa: D102
    @property
    def member(self) -> tuple[str, str] | None: ...  # noqa: D102
    @property
    def of(self) -> Reading: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Expressed:
    """An outcome whose expression is read. known: what it may name, the outcomes above it by name."""

    own: OwnOutcome
    node: Node
    arises: str
    known: Mapping[str, Known | Expressed]

    @property
    def type(self) -> str:
        """number, date, yes_no or category."""
        return self.node.kind.type

    @property
    def unit(self) -> str:
        """That of a number, "date", or "1"."""
        if self.type == NUMBER:
            return self.own.unit or self.node.kind.unit or "1"
        return "date" if self.type == DATE else "1"

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of a category."""
        return self.node.kind.categories

    @property
    def as_in(self) -> str:
        """The column that says where a date arises, "" where it always does."""
        return f"{self.own.name}{ARISES}" if self.type == DATE and self.arises != ALWAYS else ""

    @property
    def share(self) -> bool:
        """Whether it is a part of a whole: what a series of such parts shows on a day."""
        return isinstance(self.node, At) and SERIES[self.node.name].share

    @cached_property
    def in_full(self) -> str:
        """The expression and, by name, those that it is made of: the same text is the same numbers."""
        named = dict.fromkeys(node.name for node in nodes_of(self.node) if isinstance(node, OfOutcome))
        others = [(name, self.known[name]) for name in named]
        parts = [f"{name} = {each.in_full}" for name, each in others if isinstance(each, Expressed)]
        return " where ".join([self.own.of, *parts])

    def values(self, history: History | UpTo) -> np.ndarray:
        """Return (runs,): NaN where it does not arise, infinity for a date that did not come."""
        if _lacks(history, self.own.member):
            return np.full(history.runs, np.nan)
        return evaluate(self.node, _Record(history, self.known))

    def columns(self, history: History | UpTo) -> dict[str, np.ndarray]:
        """Return what is kept of it, (runs,) each: its values, NaN for a date that did not come, and where it arises."""
        values = self.values(history)
        made = {self.own.name: self.read_off(values)}
        return made | ({self.as_in: np.where(np.isnan(values), np.nan, 1.0)} if self.as_in else {})

    def read_off(self, values: np.ndarray) -> np.ndarray:
        """Return values with NaN for a date that did not come."""
        return np.where(np.isinf(values), np.nan, values) if self.type == DATE else values

    def of(self, history: History | UpTo) -> np.ndarray:
        """Read it as outcomes are read."""
        return self.read_off(self.values(history))


@dataclass(frozen=True)
class _Record:
    """A history as an expression takes it."""

    history: History | UpTo
    known: Mapping[str, Known | Expressed]

    @property
    def start_date(self) -> date:
        return self.history.start_date

    @property
    def days(self) -> int:
        return self.history.days

    @property
    def runs(self) -> int:
        return self.history.runs

    def of_series(self, name: str) -> np.ndarray:
        return self.history.series[name]

    def of_outcome(self, name: str) -> np.ndarray:
        outcome = self.known[name]
        if isinstance(outcome, Expressed):
            return outcome.values(self.history)
        if _lacks(self.history, outcome.member):
            return np.full(self.runs, np.nan)
        values = np.asarray(outcome.of(self.history), np.float64)
        if outcome.type != DATE:
            return values
        never = np.where(np.isnan(values), np.inf, values)
        if not outcome.as_in:
            return never
        return np.where(np.isnan(values) & np.isnan(self.of_outcome(outcome.as_in)), np.nan, never)


def _lacks(history: History | UpTo, member: tuple[str, str] | None) -> bool:
    """Whether the theatre lacks the member that an outcome is about."""
    return member is not None and isinstance(history, History) and history.theatre.members.index(*member) < 0


def kind_of_series(name: str) -> Kind:
    """Return what a daily series is: a number, yes or no, or a category."""
    series = SERIES[name]
    if series.codes and series.first_code == 0:
        return Kind(CATEGORY, "", series.codes, daily=True)
    return Kind(YES_NO, daily=True) if series.unit == quantity.YES_NO else Kind(NUMBER, series.unit, daily=True)


SERIES_KINDS = {name: kind_of_series(name) for name in SERIES}


@cache
def dated_outcomes() -> tuple[OwnOutcome, ...]:
    """Return the outcomes of a day, as they lie in data."""
    data, _ = read_toml(data_folder() / "outcomes.toml")
    return own_outcomes(data["outcomes"], KEYS_OF_DATA)


def names_of(known: Mapping[str, Known | Expressed]) -> Names:
    """Return what an expression may name."""
    kinds = {name: kind_of(outcome) for name, outcome in known.items()}
    return Names(SERIES_KINDS, kinds, {name: outcome.arises for name, outcome in known.items()})


def kind_of(outcome: Known | Expressed) -> Kind:
    """Return what an outcome is to an expression that names it."""
    return Kind(outcome.type, outcome.unit if outcome.type == NUMBER else "", outcome.categories)


def express(own: Sequence[OwnOutcome], known: Mapping[str, Known | Expressed]) -> dict[str, Expressed]:
    """Read expressions one after the other: each may name the known outcomes and those above it.

    Raises InputError with the name of the outcome and the column.
    """
    made: dict[str, Expressed] = {}
    names, below = names_of(known), {one.name for one in own}
    for one in own:
        try:
            made[one.name] = _express(one, {**known, **made}, names, below)
        except InputError as error:
            raise InputError(f"outcomes: {one.name}: {error}") from None
        below.discard(one.name)
        names = names.with_outcome(one.name, kind_of(made[one.name]), made[one.name].arises)
    taken = [each.as_in for each in made.values() if each.as_in in made]
    if taken:
        raise InputError(f"outcomes: {taken[0]}: is the name of a column that goes with another; give another name")
    return made


def _express(own: OwnOutcome, known: dict[str, Known | Expressed], names: Names, not_yet: set[str]) -> Expressed:
    for taken, what in ((RESERVED, "a word of the grammar"), (COLUMNS, "the name of another column"),
                        (SERIES, "the name of a daily series"), (known, "a shipped outcome")):  # fmt: skip
        if own.name in taken:
            raise InputError(f"is {what}; give another name")
    try:
        node = parse(own.of, names)
    except InputError as error:
        later = [name for name in not_yet if f" {name} is not a series or outcome" in str(error)]
        if later:
            here = str(error).split(":")[0]
            said = "itself" if later == [own.name] else f"{later[0]}, which stands below it; put {later[0]} above"
            raise InputError(f"{here}: is made of {said}") from None
        raise
    if is_fixed(node):
        raise InputError("names no series and no outcome: it would be the same in every run")
    if own.unit and node.kind.type != NUMBER:
        raise InputError(f"is {node.kind.said}; a unit goes with a number")
    return Expressed(own, node, arises(node, names), known)
