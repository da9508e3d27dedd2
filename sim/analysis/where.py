"""Conditions on what runs came to, as in "truce_broken_on < 2026-03-01 and deal_terms == units".

A date that did not come within the days simulated is neither before nor after another, nor on another day: such runs are
left out, unless the term ends in "or never".
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from sim.analysis.measure import outcome_named
from sim.ground.checks import check_reached
from sim.ground.errors import InputError
from sim.record.outcomes import DATE, NUMBER, YES_NO, Outcome

TERM = re.compile(r"\s*([a-z_0-9]+)\s*(<=|>=|==|!=|<|>|=)\s*(\S+?)(\s+or\s+never)?\s*")
COMPARE: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
NEVER = "never"
ANSWERS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


@dataclass(frozen=True)
class Term:
    """One outcome compared with one value. or_never: it holds also where a date did not come."""

    outcome: Outcome
    sign: str
    value: float
    or_never: bool = False

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Return (runs,) bool. Where the outcome's question did not arise nothing holds of it."""
        if self.value == np.inf:
            return np.isnan(values) if self.sign != "!=" else ~np.isnan(values)
        return (COMPARE[self.sign](values, self.value) & ~np.isnan(values)) | (self.or_never & np.isnan(values))

    @property
    def leaves_out_never(self) -> bool:
        """Whether it compares with a date, and so leaves out the runs in which none came."""
        return self.outcome.type == DATE and self.value != np.inf and not self.or_never


@dataclass(frozen=True)
class Condition:
    """Terms that all have to hold."""

    text: str
    terms: tuple[Term, ...]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes it reads."""
        return tuple(dict.fromkeys(term.outcome.name for term in self.terms))

    @property
    def said(self) -> str:
        """The condition, and what becomes of runs in which a date of it did not come."""
        names = list(dict.fromkeys(term.outcome.name for term in self.terms if term.leaves_out_never))
        return self.text + (f" (without the runs in which {' or '.join(names)} did not come)" if names else "")

    def notes(self, outcomes: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """Say of each date that is compared in how many of the runs it did not come, which are left out."""
        notes = []
        for name in dict.fromkeys(term.outcome.name for term in self.terms if term.leaves_out_never):
            never, runs = int(np.isnan(outcomes[name]).sum()), len(outcomes[name])
            if never:
                notes.append(
                    f'left out: the {never:,} of {runs:,} runs in which {name} did not come ("or never" keeps them)'
                )
        return tuple(notes)

    def holds(self, outcomes: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return (runs,) bool from (runs,) values of each outcome."""
        return np.logical_and.reduce([term.holds(outcomes[term.outcome.name]) for term in self.terms])


def read_condition(text: str, start: date, end: date) -> Condition:
    """Read a condition. start: the day dates count from. end: the last one simulated.

    Raises InputError that says how to write it, also for a date that no run reaches.
    """
    return Condition(text, tuple(_term(part, start, end) for part in re.split(r"\s+and\s+", text.strip())))


def _term(text: str, start: date, end: date) -> Term:
    match = TERM.fullmatch(text)
    if match is None:
        raise InputError(f'--where "{text}": give OUTCOME SIGN VALUE, as in "truce_broken_on < 2026-03-01", joined by and')
    name, sign, raw, or_never = match.groups()
    try:
        outcome = outcome_named(name)
        if or_never and (outcome.type != DATE or raw == NEVER):
            raise InputError(f"{name}: or never goes with a date")
        return Term(outcome, sign, _value(outcome, sign, raw.strip("\"'"), start, end), bool(or_never))
    except InputError as error:
        raise InputError(f"--where {error}") from None


def _value(outcome: Outcome, sign: str, raw: str, start: date, end: date) -> float:
    if outcome.type == DATE:
        return _day(outcome, sign, raw, start, end)
    if outcome.type == NUMBER:
        return _number(outcome, raw)
    known = ANSWERS if outcome.type == YES_NO else {name: float(i) for i, name in enumerate(outcome.categories)}
    if raw not in known or sign not in ("==", "=", "!="):
        raise InputError(f"{outcome.name}: give == or != and one of {', '.join(known)}")
    return known[raw]


def _number(outcome: Outcome, raw: str) -> float:
    try:
        if math.isfinite(value := float(raw)):
            return value
    except ValueError:
        pass
    raise InputError(f"{outcome.name}: {raw} is not a number")


def _day(outcome: Outcome, sign: str, raw: str, start: date, end: date) -> float:
    if raw == NEVER:
        if sign not in ("==", "=", "!="):
            raise InputError(f"{outcome.name}: never goes with == and !=")
        return np.inf
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        raise InputError(f"{outcome.name}: give a date, as in 2026-03-01, or never, not {raw}") from None
    check_reached(f"{outcome.name}: {day}", day, day, start - timedelta(days=1), end)
    return float((day - start).days)
