"""The values of an outcome by point of a sweep, and their means over two factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.clusters import Ends, few_histories, pooled_mean
from sim.analysis.measure import Measure
from sim.analysis.sensitivity.variance import codes, number_of_bins
from sim.analysis.where import Condition
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.record.outcomes import read_for
from sim.scenario.files import near_miss

MOST_CELLS = 8


@dataclass(frozen=True, eq=False)
class PointValues:
    """The values of the design's points: (points,) numbers, means, and the (points, runs) values with NaN."""

    points: np.ndarray
    values: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """(points,) mean over the runs that have a value."""
        return np.nanmean(self.values, axis=1)


def point_values(results: SweepResults, measure: Measure, where: Condition | None = None) -> PointValues:
    """Return the values of a measure by point, of the runs that meet a condition; points without any are left out."""
    name = measure.outcome.name
    columns = list(dict.fromkeys((*read_for(measure.outcome), *(where.outcomes if where else ()))))
    table = results.table(columns)
    points, runs = table["point"].to_numpy(), table["run"].to_numpy()
    values = measure.of_table({each: table[each].to_numpy() for each in read_for(measure.outcome)})
    if where is not None:
        met = where.holds({each: table[each].to_numpy() for each in columns}, results.series_of_runs)
        values = np.where(met, values, np.nan)
    known = np.unique(points)
    matrix = np.full((len(known), runs.max() + 1), np.nan)
    matrix[np.searchsorted(known, points), runs] = values
    kept = ~np.isnan(matrix).all(axis=1)
    if not kept.any():
        raise InputError(
            f"{name}: has no value in any run of {results.folder}" + (f' where "{where.text}"' if where else "")
        )
    return PointValues(known[kept], matrix[kept])


def of_the_design(results: SweepResults, found: PointValues) -> PointValues:
    """Leave out the unchanged base, which no design drew."""
    rows = np.array(results.design.row_of_design)[found.points]
    return PointValues(found.points[rows >= 0], found.values[rows >= 0])


@dataclass(frozen=True)
class OverPoints:
    """Mean of the points' means, its interval (None where it cannot be given), lowest and highest of them, and a note."""

    mean: float
    ends: Ends | None
    low: float
    high: float
    note: str


def over_points(results: SweepResults, measure: Measure) -> OverPoints:
    """Return the mean of a measure over the points of the design played so far; over the base where it is alone."""
    found = point_values(results, measure)
    found = of_the_design(results, found) if len(found.points) > 1 else found
    present = ~np.isnan(found.values)
    place, run = np.nonzero(present)
    clusters = results.clusters(found.points[place], run)
    mean, ends = pooled_mean(found.values[present], clusters, 1.0 / present.sum(axis=1)[place])
    note = few_histories(len(np.unique(clusters[:, 1])), len(run))
    return OverPoints(mean, ends, float(found.means.min()), float(found.means.max()), note)


@dataclass(frozen=True, eq=False)
class Heat:
    """Means over two values: names of the bins, (bins of a, bins of b) means and numbers of points; NaN where none is."""

    paths: tuple[str, str]
    names: tuple[tuple[str, ...], tuple[str, ...]]
    means: np.ndarray
    points: np.ndarray


def heat(results: SweepResults, measure: Measure, paths: tuple[str, str], where: Condition | None = None) -> Heat:
    """Return the mean of a measure over two factors, the unchanged base left out. Raises InputError for no factor."""
    known = [factor.path for factor in results.design.factors]
    for path in paths:
        if path not in known:
            raise InputError(f"{path} does not vary in {results.folder}{near_miss(path, known)}")
    found = of_the_design(results, point_values(results, measure, where))
    columns = [np.array(results.design.column(path))[found.points] for path in paths]
    bins = min(number_of_bins(len(found.points)), MOST_CELLS)
    first, second = (codes(column, bins) for column in columns)
    shape = (first.max() + 1, second.max() + 1)
    count, total = np.zeros(shape, int), np.zeros(shape)
    np.add.at(count, (first, second), 1)
    np.add.at(total, (first, second), found.means)
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Heat(paths, (_names(columns[0], first), _names(columns[1], second)), means, count)


@dataclass(frozen=True, eq=False)
class Response:
    """(points,) values of one number and means there; (bins,) centres of its bins and means of the means."""

    path: str
    column: np.ndarray
    means: np.ndarray
    centres: np.ndarray
    bin_means: np.ndarray


def response(results: SweepResults, measure: Measure, path: str, where: Condition | None = None) -> Response:
    """Return the mean of a measure by a number that varies, the unchanged base left out."""
    found = of_the_design(results, point_values(results, measure, where))
    column, means = np.array(results.design.column(path))[found.points], found.means
    code = codes(column, number_of_bins(len(found.points)))
    centres, bin_means = (np.bincount(code, each) / np.bincount(code) for each in (column.astype(float), means))
    return Response(path, column, means, centres, bin_means)


def _names(column: np.ndarray, code: np.ndarray) -> tuple[str, ...]:
    """Name bins by their value, or by the range of their points."""
    names = []
    for each in range(code.max() + 1):
        values = column[code == each]
        if column.dtype.kind not in "if" or values.min() == values.max():
            names.append(f"{values[0]:.4g}" if column.dtype.kind in "if" else str(values[0]))
        else:
            names.append(f"{values.min():.3g} to {values.max():.3g}")
    return tuple(names)
