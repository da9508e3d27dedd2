"""Conditions on what runs came to, as in "truce_broken_on < 2026-03-01 and deal_terms == units"."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.analysis.measure import outcome_named
from sim.errors import InputError
from sim.outcomes import DATE, NUMBER, YES_NO, Outcome

TERM = re.compile(r"\s*([a-z_0-9]+)\s*(<=|>=|==|!=|<|>|=)\s*(\S+)\s*")
COMPARE: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
NEVER = "never"
ANSWERS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


@dataclass(frozen=True)
class Term:
    """One outcome compared with one value; a date that did not come is later than any date."""

    outcome: Outcome
    sign: str
    value: float

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Return (runs,) bool. Where the outcome's question did not arise nothing holds of it."""
        if self.outcome.type == DATE:
            return COMPARE[self.sign](np.where(np.isnan(values), np.inf, values), self.value)
        return COMPARE[self.sign](values, self.value) & ~np.isnan(values)


@dataclass(frozen=True)
class Condition:
    """Terms that all have to hold."""

    text: str
    terms: tuple[Term, ...]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes it reads."""
        return tuple(dict.fromkeys(term.outcome.name for term in self.terms))

    def holds(self, outcomes: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return (runs,) bool from (runs,) values of each outcome."""
        return np.logical_and.reduce([term.holds(outcomes[term.outcome.name]) for term in self.terms])


def read_condition(text: str, start: date) -> Condition:
    """Read a condition. start: the day dates count from. Raises InputError that says how to write it."""
    return Condition(text, tuple(_term(part, start) for part in re.split(r"\s+and\s+", text.strip())))


def _term(text: str, start: date) -> Term:
    match = TERM.fullmatch(text)
    if match is None:
        raise InputError(f'--where "{text}": give OUTCOME SIGN VALUE, as in "truce_broken_on < 2026-03-01", joined by and')
    name, sign, raw = match.groups()
    try:
        outcome = outcome_named(name)
        return Term(outcome, sign, _value(outcome, sign, raw.strip("\"'"), start))
    except InputError as error:
        raise InputError(f"--where {error}") from None


def _value(outcome: Outcome, sign: str, raw: str, start: date) -> float:
    if outcome.type == DATE:
        return _day(outcome, sign, raw, start)
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


def _day(outcome: Outcome, sign: str, raw: str, start: date) -> float:
    if raw == NEVER:
        if sign not in ("==", "=", "!="):
            raise InputError(f"{outcome.name}: never goes with == and !=")
        return np.inf
    try:
        return float((date.fromisoformat(raw) - start).days)
    except ValueError:
        raise InputError(f"{outcome.name}: give a date, as in 2026-03-01, or never, not {raw}") from None
