"""Sensitivity of an outcome: variance between points and by chance, a ranking of the values, shares by their evidence.

The points are those of a sweep; no more runs are played. The share of a value is its first-order Sobol index from given
data: the correlation ratio over bins of the value, adjusted for the number of bins so that a value without effect has 0
on average (epsilon squared, Kelley 1935; given data: Plischke, Borgonovo and Smith 2013). A rise and fall within a bin is
not resolved. Intervals: delete-a-group jackknife over the rows of the design, or over the runs of a grid. Random dummies
show how large a share a value without effect reaches by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from scipy import stats

from sim.analysis.clusters import few_histories
from sim.analysis.measure import Measure, measure_of
from sim.analysis.sensitivity.main_effects import Layout
from sim.analysis.sensitivity.point_values import Heat, PointValues, Response, heat, of_the_design, point_values, response
from sim.analysis.sensitivity.resolution import too_few_points
from sim.analysis.sensitivity.variance import LEVEL, Share, Spread, jackknife, number_of_bins, variance
from sim.analysis.where import Condition, condition_on
from sim.experiments.design.factors import evidence_of
from sim.experiments.design.replicates import SHARED
from sim.experiments.store.sweep import SweepResults, open_sweep
from sim.ground.errors import InputError
from sim.scenario.entries import Entry
from sim.state.arrays import own_numerics

if TYPE_CHECKING:
    import pandas

SCHEMA = 1
FEWEST_POINTS = 16
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
    """What an outcome rests on.

    bins: of each value. dummy: 95% of the dummies' shares lie below. drivers: by share. warning: that the points are few for
    so many values, or their random histories few, "" where they are not.
    """

    results: SweepResults
    measure: Measure
    where: Condition | None
    points: int
    runs: int
    bins: int
    spread: Spread
    drivers: tuple[Driver, ...]
    dummy: float
    grades: tuple[GradeShare, ...]
    is_complete: bool
    warning: str = ""

    @property
    def together(self) -> float:
        """Share of all variance that lies between points and rests on no value by itself, or on each too little to tell.

        With one run a point chance is part of it.
        """
        if not self.spread.total:
            return 0.0
        if not self.spread.is_identified:
            return 1.0 - sum(grade.share for grade in self.grades)
        return self.spread.between_points / self.spread.total - sum(grade.share for grade in self.grades)

    @property
    def left_over(self) -> str:
        """What `together` is the share of."""
        return "joint effects of values, or effects too small to attribute" + (
            "" if self.spread.is_identified else ", and chance"
        )

    def heat(self, a: str, b: str) -> Heat:
        """Return the mean of the outcome over two of the values. Raises InputError where one does not vary."""
        return heat(self.results, self.measure, (a, b), self.where)

    def response(self, path: str) -> Response:
        """Return the mean of the outcome by one of the values, which must be a number."""
        return response(self.results, self.measure, path, self.where)

    def frame(self) -> pandas.DataFrame:
        """Return a row per value, the largest share first, as a pandas DataFrame. Needs pandas."""
        return self.table().to_pandas()

    def table(self) -> pa.Table:
        """Return the same as a table of pyarrow."""
        return pa.Table.from_pylist([asdict(driver) for driver in self.drivers])


@own_numerics
def sensitivity(folder: str | Path, outcome: str, where: str | None = None) -> Sensitivity:
    """Return the sensitivity of an outcome of a sweep to the values that the sweep varies.

    outcome: a name, of a category NAME=CATEGORY. where: a condition that runs must meet. Raises InputError, also where the
    design cannot give it.
    """
    results = open_sweep(Path(folder))
    condition = condition_on(results, where) if where else None
    return of_measure(results, measure_of(outcome, results), condition)


def of_measure(results: SweepResults, measure: Measure, where: Condition | None = None) -> Sensitivity:
    """Return the sensitivity of a measure in a sweep. Raises InputError where its design cannot give it."""
    method = results.manifest["design"]["method"]
    if method == "one-at-a-time":
        raise InputError(
            f"{results.folder}: a one-at-a-time design has no shares of variance; use method lhs, sobol or grid"
        )
    found = of_the_design(results, point_values(results, measure, where))
    if len(found.points) < FEWEST_POINTS:
        raise InputError(f"{results.folder}: {len(found.points)} points are too few; at least {FEWEST_POINTS} are needed")
    layout, entries = _layout(results, found)
    if layout.is_grid and (~np.isnan(found.values)).any(axis=0).sum() < 2:
        reason = "a grid with one run a point has no intervals, because its points are fixed and only its runs are random"
        raise InputError(f"{results.folder}: {reason}; play two or more runs of each point")
    rows = None if results.streams == SHARED else layout.rows
    spread, shares = variance(found.values, rows), layout.shares()
    groups = np.array([[each.share for each in without.shares()] for without in layout.without_groups()])
    of_all = float(found.means.var() / spread.total) if spread.total else 0.0
    return Sensitivity(
        results, measure, where, len(found.points), int((~np.isnan(found.values)).sum()),
        number_of_bins(layout.observations), spread, _drivers(entries, layout, shares, groups), layout.dummy(),
        _grades(entries, shares, groups, of_all), results.is_complete, _warning(results, layout),
    )  # fmt: skip


def _warning(results: SweepResults, layout: Layout) -> str:
    """Return what limits the shares: few points for so many values, few random histories."""
    present = ~np.isnan(layout.found.values)
    warnings = [
        "" if layout.is_grid else too_few_points(layout.observations, len(layout.columns) - sum(layout.is_lever)),
        few_histories(int(present.any(axis=0).sum()), int(present.sum())) if results.streams == SHARED else "",
    ]
    return "; ".join(warning for warning in warnings if warning)


def _layout(results: SweepResults, found: PointValues) -> tuple[Layout, list[tuple[Entry, str]]]:
    """Return the points as observations of the factors that vary among them, and the factors' entries with their grades.

    A source that the sweep gives for a range of its own replaces the base's. For a value that a what-if itself sets, the
    value drawn for the row counts: the effect of the what-if belongs to the lever.
    """
    recipe = results.manifest["design"]
    levers = {raw["path"] for raw in recipe["levers"]}
    columns, entries = [], []
    for factor in results.design.factors:
        column = np.array(results.design.drawn(factor.path, results.base))[found.points]
        if len(np.unique(column)) > 1:
            entry = evidence_of(factor, results.base)
            columns.append(column)
            grade = "lever" if factor.path in levers else grade_of(replace(entry, source=factor.source or entry.source))
            entries.append((entry, grade))
    if not columns:
        raise InputError(f"{results.folder}: no value varies between the points played so far")
    rows = np.array(results.design.row_of_design)[found.points]
    is_grid = recipe["method"] == "grid" or len(np.unique(rows)) == 1
    return Layout(found, rows, tuple(columns), tuple(grade == "lever" for _, grade in entries), is_grid), entries


def grade_of(entry: Entry) -> str:
    """Return the grade of a value's evidence: assumed, fitted, or the confidence of its source."""
    for word in ("assumed", "fitted"):
        if entry.source.startswith(word):
            return word
    return entry.confidence if entry.confidence in GRADES else "assumed"


def _drivers(
    entries: Sequence[tuple[Entry, str]], layout: Layout, shares: Sequence[Share], groups: np.ndarray
) -> tuple[Driver, ...]:
    q = stats.false_discovery_control([each.p for each in shares])
    means = layout.found.means
    drivers = [
        Driver(entry.path, grade, each.share, *jackknife(each.share, without), float(chance), _rank(column, means))
        for (entry, grade), each, without, chance, column in zip(entries, shares, groups.T, q, layout.columns, strict=True)
    ]
    return tuple(sorted(drivers, key=lambda driver: -driver.share))


def _rank(column: np.ndarray, means: np.ndarray) -> float | None:
    if column.dtype.kind not in "if" or means.min() == means.max():
        return None
    return float(stats.spearmanr(column, means).statistic)


def _grades(
    entries: Sequence[tuple[Entry, str]], shares: Sequence[Share], groups: np.ndarray, of_all: float
) -> tuple[GradeShare, ...]:
    """of_all: variance of the points' means over that of all runs."""
    by_grade = []
    for grade in GRADES:
        members = np.array([each == grade for _, each in entries])
        if members.any():
            total = sum(share.share for share, is_member in zip(shares, members, strict=True) if is_member)
            ends = jackknife(total, groups[:, members].sum(axis=1))
            by_grade.append(GradeShare(grade, int(members.sum()), *(float(part * of_all) for part in (total, *ends))))
    return tuple(by_grade)


def as_object(made: Sensitivity, map_: Heat | None = None) -> dict[str, Any]:
    """Return the object that `pullback sensitivity --json` prints."""
    result = {
        "schema": SCHEMA,
        "outcome": made.measure.name,
        "caption": made.measure.caption,
        "where": made.where.text if made.where else None,
        "complete": made.is_complete,
        "points": made.points,
        "runs": made.runs,
        "bins": made.bins,
        "warning": made.warning or None,
        "level": LEVEL,
        "variance": asdict(made.spread),
        "dummy": made.dummy,
        "drivers": [asdict(driver) for driver in made.drivers],
        "grades": [asdict(grade) for grade in made.grades],
        "together": made.together,
        "heat": None,
    }
    if map_ is not None:
        result["heat"] = {
            "paths": list(map_.paths),
            "names": [list(names) for names in map_.names],
            "means": map_.means.tolist(),
            "points": map_.points.tolist(),
        }
    return result
