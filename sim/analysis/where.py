"""Conditions on what runs came to, as in "truce_broken_on < 2026-03-01 and deal_terms == units".

They are the yes-or-no expressions of the grammar in sim/record/expressions, over the outcomes that results hold and, where
they keep these of every run, over daily series.

A date that did not come within the days simulated is neither before nor after another, nor on another day: such runs are
left out, unless the comparison ends in "or never".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from sim.experiments.store.stored import Stored
from sim.ground.checks import check_reached
from sim.ground.errors import InputError
from sim.record.expressed import names_of
from sim.record.expressions.evaluate import evaluate
from sim.record.expressions.kinds import DATE
from sim.record.expressions.parser import parse_condition
from sim.record.expressions.tokens import fault
from sim.record.expressions.tree import At, Day, Never, Node, OfOutcome, Over, Pair, is_fixed, nodes_of
from sim.record.outcomes import OUTCOMES, Outcome, outcomes_of

Series = Callable[[str], np.ndarray | None]
"""Returns (days + 1, runs) of a daily series by name, None where it is not kept of every run."""


def not_kept(name: str) -> None:
    """Return no series: none is kept of every run."""


@dataclass(frozen=True)
class Condition:
    """A condition that is read. start: the day dates count from. days: simulated."""

    text: str
    node: Node
    start: date
    days: int

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes it reads."""
        return tuple(dict.fromkeys(each.name for each in nodes_of(self.node) if isinstance(each, OfOutcome)))

    @property
    def said(self) -> str:
        """The condition, and what becomes of runs in which a date of it did not come."""
        names = _leaving_out_never(self.node)
        return self.text + (f" (without the runs in which {' or '.join(names)} did not come)" if names else "")

    def notes(self, outcomes: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """Say of each date that is compared in how many of the runs it did not come, which are left out."""
        notes = []
        for name in _leaving_out_never(self.node):
            never, runs = int(np.isnan(outcomes[name]).sum()), len(outcomes[name])
            if never:
                notes.append(
                    f'left out: the {never:,} of {runs:,} runs in which {name} did not come ("or never" keeps them)'
                )
        return tuple(notes)

    def holds(self, outcomes: Mapping[str, np.ndarray], series: Series = not_kept) -> np.ndarray:
        """Return (runs,) bool from (runs,) values of each outcome. Raises InputError for a series that is not kept."""
        return np.asarray(evaluate(self.node, _Columns(outcomes, series, self)) == 1)


@dataclass(frozen=True)
class _Columns:
    """Outcomes as results keep them; a date of which nothing is known did not come."""

    outcomes: Mapping[str, np.ndarray]
    series: Series
    condition: Condition

    @property
    def start_date(self) -> date:
        return self.condition.start

    @property
    def days(self) -> int:
        return self.condition.days

    @property
    def runs(self) -> int:
        return len(next(self.outcomes[name] for name in (*self.condition.outcomes, *self.outcomes)))

    def of_series(self, name: str) -> np.ndarray:
        found = self.series(name)
        if found is None:
            said = f"{name} is a daily series, which is not kept of every run: define what you ask of it as an outcome"
            raise InputError(f"--where: {said}, under [outcomes] of the scenario or the sweep")
        return found

    def of_outcome(self, name: str) -> np.ndarray:
        values, node = self.outcomes[name], self.condition.node
        is_date = any(
            isinstance(each, OfOutcome) and each.name == name and each.kind.type == DATE for each in nodes_of(node)
        )
        return np.where(np.isnan(values), np.inf, values) if is_date else values


def read_condition(text: str, start: date, end: date, outcomes: Sequence[Outcome] = OUTCOMES) -> Condition:
    """Read a condition. start: the day dates count from. end: the last one simulated. outcomes: that it may name.

    Raises InputError with the column, also for a date that no run reaches.
    """
    try:
        node = parse_condition(text, names_of({outcome.name: outcome for outcome in outcomes}))
        _check_names_any(node)
        _check_reached(node, start, end)
    except InputError as error:
        raise InputError(f"--where: {error}") from None
    return Condition(text, node, start, (end - start).days)


def condition_on(results: Stored, text: str) -> Condition:
    """Read a condition on what results hold. Raises InputError, also where they lack an outcome that it names."""
    held = read_condition(text, results.base.start_date, results.base.end_date, outcomes_of(results.own))
    for name in held.outcomes:
        results.check_holds(name)
    return held


def _check_names_any(node: Node) -> None:
    if is_fixed(node):
        raise fault(node.first, "names no outcome, as in truce_broken_on < 2026-03-01")


def _check_reached(node: Node, start: date, end: date) -> None:
    """Raise InputError where a date is compared with a day, or a series read on one, that is not simulated."""
    before = start - timedelta(days=1)
    for each in nodes_of(node):
        if isinstance(each, At):
            check_reached(f"column {each.first + 1}: {each.day}", each.day, each.day, before, end)
        if isinstance(each, Over) and each.since is not None and each.until is not None:
            for day in (each.since, each.until):
                check_reached(f"column {each.first + 1}: {day}", day, day, before, end)
        if isinstance(each, Pair) and _compares_dates(each):
            for side in each.parts:
                if isinstance(side, Day):
                    what = f"column {side.first + 1}: {side.day}"
                    check_reached(what, side.day, side.day, before, end)


def _compares_dates(node: Node) -> bool:
    return isinstance(node, Pair) and node.sign not in ("+", "-") and node.left.kind.type == DATE


def _leaving_out_never(node: Node) -> tuple[str, ...]:
    """Return the dates which a run must have to meet a condition: those that one of its parts, joined by and, compares."""
    names: dict[str, None] = {}
    for part in _joined_by_and(node):
        if isinstance(part, Pair) and _compares_dates(part) and not part.or_never and Never not in map(type, part.parts):
            names |= dict.fromkeys(
                each.name for each in nodes_of(part) if isinstance(each, OfOutcome) and each.kind.type == DATE
            )
    return tuple(names)


def _joined_by_and(node: Node) -> Iterator[Node]:
    if isinstance(node, Pair) and node.sign == "and":
        for part in node.parts:
            yield from _joined_by_and(part)
    else:
        yield node
