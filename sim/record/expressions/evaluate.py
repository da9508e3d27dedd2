"""Work an expression out: one float64 a run, or a row of them an evening within the brackets of a function.

A date is in days since the start, infinity where it did not come; NaN is what does not arise, of any type.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from typing import Protocol

import numpy as np

from sim.record.expressions.kinds import ALWAYS, COVERED, DATE, NUMBER, Names
from sim.record.expressions.tree import (
    At,
    Constant,
    Day,
    Never,
    Node,
    OfOutcome,
    OfSeries,
    Over,
    Pair,
    Prefix,
    is_fixed,
    nodes_of,
)

SIGNS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip


class Runs(Protocol):
    """What an expression is worked out for. days: simulated after the evening of the start date."""

    @property
    def start_date(self) -> date:
        """Date of the first evening."""

    @property
    def days(self) -> int:
        """After the first evening."""

    @property
    def runs(self) -> int:
        """Number of them."""

    def of_series(self, name: str) -> np.ndarray:
        """Return (days + 1, runs) of a series, NaN where a category has none."""

    def of_outcome(self, name: str) -> np.ndarray:
        """Return (runs,) of an outcome: NaN where it does not arise, infinity for a date that did not come."""


def evaluate(node: Node, runs: Runs) -> np.ndarray:
    """Return (runs,) float64 of an expression."""
    with np.errstate(all="ignore"):  # what overflows or has no value is NaN or infinite, and said so below
        made = np.broadcast_to(_of(node, runs), runs.runs).astype(np.float64)
    if node.kind.type == DATE:
        return made
    return np.where(np.isinf(made), np.nan, made)  # a number beyond what a float holds is none


def _of(node: Node, runs: Runs) -> np.ndarray:
    match node:
        case Constant():
            return np.array(node.value)
        case Day():
            return np.array(float((node.day - runs.start_date).days))
        case Never():
            return np.array(np.inf)
        case OfOutcome():
            return np.asarray(runs.of_outcome(node.name), np.float64)
        case OfSeries():
            return np.asarray(runs.of_series(node.name), np.float64)
        case At():
            return _on(node, runs)
        case Over():
            return _over(node, runs)
        case Prefix():
            of = _of(node.of, runs)
            return -of if node.sign == "-" else 1.0 - of
        case Pair():
            return _pair(node, _of(node.left, runs), _of(node.right, runs), runs)
    raise TypeError(node)


def _on(node: At, runs: Runs) -> np.ndarray:
    day = (node.day - runs.start_date).days
    return np.asarray(runs.of_series(node.name)[day], np.float64) if 0 <= day <= runs.days else np.array(np.nan)


def _pair(node: Pair, left: np.ndarray, right: np.ndarray, runs: Runs) -> np.ndarray:
    if node.sign in ("and", "or"):
        return _joined(node.sign, left, right)
    if node.kind.type == NUMBER or node.kind.type == DATE:
        return _reckoned(node, left, right)
    if node.left.kind.type == DATE:
        return _dates(node, left, right, runs)
    return np.where(np.isnan(left) | np.isnan(right), np.nan, SIGNS[node.sign](left, right))


def _joined(word: str, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    decides = 0.0 if word == "and" else 1.0
    missing = np.isnan(left) | np.isnan(right)
    return np.where((left == decides) | (right == decides), decides, np.where(missing, np.nan, 1.0 - decides))


def _reckoned(node: Pair, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    if node.sign == "/":
        return np.where(right == 0, np.nan, left / np.where(right == 0, 1.0, right))
    made = SIGNS[node.sign](left, right)
    if node.kind.type == NUMBER and node.left.kind.type == DATE:
        return np.where(np.isinf(left) | np.isinf(right), np.nan, made)
    return made


def _dates(node: Pair, left: np.ndarray, right: np.ndarray, runs: Runs) -> np.ndarray:
    """Compare dates: one that did not come is neither before, on nor after another."""
    sides = (node.left, left), (node.right, right)
    missing = np.isnan(left) | np.isnan(right)
    if any(isinstance(side, Never) for side, _ in sides):
        return np.where(missing, np.nan, SIGNS[node.sign](left, right))
    for side, values in sides:
        if is_fixed(side):
            missing = missing | (values < 0) | (values > runs.days)
    never = np.isinf(left) | np.isinf(right)
    return np.where(missing, np.nan, np.where(never, node.or_never, SIGNS[node.sign](left, right)))


def _over(node: Over, runs: Runs) -> np.ndarray:
    first = 0 if node.since is None else (node.since - runs.start_date).days
    last = runs.days if node.until is None else (node.until - runs.start_date).days
    if not 0 <= first <= last <= runs.days:
        return np.array(np.nan)
    evenings = np.broadcast_to(_of(node.of, runs), (runs.days + 1, runs.runs))[first : last + 1]
    there = ~np.isnan(evenings)
    if node.function == "change":
        return np.asarray(evenings[-1] - evenings[0])
    if node.function == "first":
        held = evenings == 1
        made = np.where(held.any(axis=0), held.argmax(axis=0) + first, np.inf)
    else:
        made = _taken(node.function, evenings, there)
    return np.where(there.any(axis=0), made, np.nan)


def _taken(function: str, evenings: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return (runs,) of the evenings that are there: all of NaN give what is thrown away."""
    if function in ("min", "max"):
        blank, take = (np.inf, np.min) if function == "min" else (-np.inf, np.max)
        return np.asarray(take(np.where(there, evenings, blank), axis=0))
    if function == "days":
        return np.asarray((evenings == 1).sum(axis=0), np.float64)
    total = np.where(there, evenings, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(there.sum(axis=0), 1) if function == "mean" else total)


def arises(node: Node, names: Names) -> str:
    """Say in which runs an expression arises, as an outcome says it; names of outcomes by what they say."""
    said: list[str] = []
    for one in nodes_of(node):
        match one:
            case At():
                said.append(COVERED)
            case Over() if one.since is not None:
                said.append(COVERED)
            case OfOutcome() if names.arises[one.name] != ALWAYS:
                said.append(names.arises[one.name])
            case Pair(sign="/") if not (isinstance(one.right, Constant) and one.right.value):
                said.append("where the divisor is not 0")
            case Pair(sign="-") if one.left.kind.type == one.right.kind.type == DATE:
                said.append("where both dates came")
            case Pair() if one.left.kind.type == DATE and one.kind.type not in (DATE, NUMBER) and _is_bounded(one):
                said.append(COVERED)
    return " and ".join(dict.fromkeys(said)) or ALWAYS


def _is_bounded(node: Pair) -> bool:
    return any(is_fixed(side) and not isinstance(side, Never) for side in (node.left, node.right))
