"""What an outcome rests on: variance between points against luck, a ranking of the values, shares by their evidence.

The points are those of a sweep; nothing more is played. The share of a value is its first-order Sobol index from given
data: the correlation ratio over bins of the value, adjusted for the number of bins so that a value that does nothing has 0
on average (epsilon squared, Kelley 1935; given data: Plischke, Borgonovo and Smith 2013). Intervals: delete-a-group
jackknife over the points. Beside the values stands a dummy, drawn at random, which shows what nothing looks like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sim.errors import InputError
from sim.experiments.measure import Measure
from sim.experiments.point_values import of_the_design, point_values
from sim.experiments.sweep_results import SweepResults
from sim.experiments.variance import (
    Spread,
    all_but_a_group,
    codes,
    dummy_share,
    jackknife,
    number_of_bins,
    p_of,
    share,
    variance,
)
from sim.experiments.where import Condition
from sim.scenario_entries import Entry

FEWEST_POINTS = 16
DUMMY = "(dummy)"
GRADES = ("H", "M", "L", "fitted", "assumed", "lever")
"""Grades of evidence, the best first: confidence of what is sourced, then what is fitted, assumed, or chosen."""


@dataclass(frozen=True)
class Driver:
    """What rests on one value: its share of the variance between points with its interval, and the way it works.

    q: of a share as large from a value that does nothing, adjusted for the number of values. rank_correlation: with the
    outcome, None for text.
    """

    path: str
    grade: str
    share: float
    low: float
    high: float
    q: float
    rank_correlation: float | None


@dataclass(frozen=True)
class GradeShare:
    """What share of the variance of all runs rests on the values of one grade by themselves."""

    grade: str
    values: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Sensitivity:
    """What an outcome rests on. bins: of each value. dummy: 95% of the dummies' shares lie below. drivers: by share."""

    measure: Measure
    points: int
    runs: int
    bins: int
    spread: Spread
    drivers: tuple[Driver, ...]
    dummy: float
    grades: tuple[GradeShare, ...]
    is_complete: bool


def sensitivity(results: SweepResults, measure: Measure, where: Condition | None = None) -> Sensitivity:
    """Return what a measure rests on in a sweep. Raises InputError where its design cannot tell."""
    method = results.manifest["design"]["method"]
    if method == "one-at-a-time":
        raise InputError(f"{results.folder}: one value at a time says nothing of shares; sweep with lhs, sobol or grid")
    found = of_the_design(results, point_values(results, measure, where))
    if len(found.points) < FEWEST_POINTS:
        raise InputError(f"{results.folder}: {len(found.points)} points are too few to tell; {FEWEST_POINTS} at least")
    spread = variance(found.values)
    bins = number_of_bins(len(found.points))
    columns, entries = _columns(results, found.points)
    means = found.means
    shares = np.array([share(codes(column, bins), means) for column in columns])
    groups = np.array([[share(codes(c, bins)[kept], means[kept]) for c in columns] for kept in all_but_a_group(len(means))])
    of_all = float(means.var(ddof=1) / spread.total) if spread.total else 0.0
    drivers = _drivers(entries, columns, bins, means, shares, groups)
    return Sensitivity(
        measure, len(found.points), int((~np.isnan(found.values)).sum()), bins, spread, drivers,
        dummy_share(means, bins), _grades(entries, shares, groups, of_all),
        results.is_complete,
    )  # fmt: skip


def _columns(results: SweepResults, points: np.ndarray) -> tuple[list[np.ndarray], list[tuple[Entry, str]]]:
    """Return for each factor that varies its values and its entry with its grade."""
    columns, entries = [], []
    levers = {raw["path"] for raw in results.manifest["design"]["levers"]}
    for factor in results.design.factors:
        column = np.array(results.design.column(factor.path))[points]
        if len(np.unique(column)) > 1:
            entry = results.base.entries[factor.path]
            columns.append(column)
            entries.append((entry, "lever" if factor.path in levers else grade_of(entry)))
    if not columns:
        raise InputError(f"{results.folder}: nothing varies between the points that are there")
    return columns, entries


def grade_of(entry: Entry) -> str:
    """Return the grade of a value's evidence: assumed, fitted, or the confidence of its source."""
    for word in ("assumed", "fitted"):
        if entry.source.startswith(word):
            return word
    return entry.confidence if entry.confidence in GRADES else "assumed"


def _drivers(
    entries: Sequence[tuple[Entry, str]],
    columns: Sequence[np.ndarray],
    bins: int,
    means: np.ndarray,
    shares: np.ndarray,
    groups: np.ndarray,
) -> tuple[Driver, ...]:
    p = np.array([p_of(codes(column, bins), each, len(means)) for column, each in zip(columns, shares, strict=True)])
    q = stats.false_discovery_control(p)
    drivers = [
        Driver(
            entry.path, grade, float(shares[i]), *jackknife(shares[i], groups[:, i]), float(q[i]), _rank(columns[i], means)
        )
        for i, (entry, grade) in enumerate(entries)
    ]
    return tuple(sorted(drivers, key=lambda driver: -driver.share))


def _rank(column: np.ndarray, means: np.ndarray) -> float | None:
    if column.dtype.kind not in "if" or means.min() == means.max():
        return None
    return float(stats.spearmanr(column, means).statistic)


def _grades(
    entries: Sequence[tuple[Entry, str]], shares: np.ndarray, groups: np.ndarray, of_all: float
) -> tuple[GradeShare, ...]:
    """of_all: variance of the points' means over that of all runs."""
    made = []
    for grade in GRADES:
        mine = np.array([each == grade for _, each in entries])
        if mine.any():
            whole = float(shares[mine].sum())
            ends = jackknife(whole, groups[:, mine].sum(axis=1))
            made.append(GradeShare(grade, int(mine.sum()), *(float(each * of_all) for each in (whole, *ends))))
    return tuple(made)
