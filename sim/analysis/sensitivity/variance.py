"""Estimates of variance over the points of a sweep: its parts, and what share of it lies between bins of a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95
MOST_BINS, FEWEST_BINS = 16, 4
DUMMIES = 200


@dataclass(frozen=True)
class Share:
    """A part of a variance, and the probability of one as large where there is none (F test)."""

    share: float
    p: float


@dataclass(frozen=True)
class Error:
    """Residual mean square, and its degrees of freedom."""

    square: float
    freedom: int


@dataclass(frozen=True)
class Spread:
    """Variance of one run drawn at random from a point drawn at random, in parts that add up to `total`.

    between_points: of the points' means. luck: by chance, common to all points that share random numbers. both: chance that
    acts differently from point to point; where is_crossed does not hold, as the points do not share their random numbers or
    not every run has a value in every point, all chance is part of it. NaN where one run a point cannot separate the parts.
    """

    total: float
    between_points: float
    luck: float
    both: float
    is_crossed: bool = True

    @property
    def is_identified(self) -> bool:
        """Whether the parts can be separated: some point has two runs."""
        return not np.isnan(self.between_points)

    @property
    def named(self) -> dict[str, float]:
        """The parts by name; values and chance in one where they cannot be separated."""
        if not self.is_identified:
            return {"values and chance, not separable with one run a point": self.total}
        between = {"between points: the values": self.between_points}
        if not self.is_crossed:
            return between | {"chance, alone or jointly with values": self.both}
        return between | {
            "chance common to all points": self.luck,
            "chance and values jointly, and the remainder": self.both,
        }


def variance(values: np.ndarray, rows: np.ndarray | None = None) -> Spread:
    """Return the variance of (points, runs) values in parts.

    rows: (points,) row of the design, within which points have common random numbers; None where all points do. Runs
    without a value in any point are left out. Where every other run has one in every point and all points have common random
    numbers it is a two-way layout. Otherwise the runs of a point are taken as they are (one way, nested, unbalanced).
    """
    values = values[:, ~np.isnan(values).all(axis=0)]
    if np.isnan(values).any() or values.shape[1] < 2:
        return _one_way(values)
    if rows is not None:
        return _nested(values, rows)
    points, runs = values.shape
    by_point, by_run, all_ = values.mean(axis=1), values.mean(axis=0), values.mean()
    rest = ((values - by_point[:, None] - by_run + all_) ** 2).sum() / ((points - 1) * (runs - 1))
    between = max(float(by_point.var(ddof=1) - rest / runs), 0.0)
    luck = max(float(by_run.var(ddof=1) - rest / points), 0.0)
    return Spread(between + luck + float(rest), between, luck, float(rest))


def _nested(values: np.ndarray, rows: np.ndarray) -> Spread:
    """Return the parts where the runs of each row have random numbers of their own, common to the points of the row."""
    points, runs = values.shape
    by_point = values.mean(axis=1)
    left = values - by_point[:, None]
    alone = float((left**2).sum())
    row = np.unique(rows, return_inverse=True)[1]
    by_row = np.zeros((row.max() + 1, runs))
    np.add.at(by_row, row, left)
    with_others = float((by_row**2).sum()) - alone  # what levers crossed with a row share does not set its points apart
    noise = (alone - with_others / (points - 1)) / (points * runs * (runs - 1))
    between, within = max(float(by_point.var(ddof=1)) - noise, 0.0), alone / (points * (runs - 1))
    return Spread(between + within, between, 0.0, within, is_crossed=False)


def _one_way(values: np.ndarray) -> Spread:
    n = (~np.isnan(values)).sum(axis=1)
    means, total = np.nanmean(values, axis=1), n.sum()
    if total == len(n):  # one run a point: nothing separates the points from chance
        return Spread(float(means.var(ddof=1)), np.nan, np.nan, np.nan, is_crossed=False)
    within = np.nansum((values - means[:, None]) ** 2) / (total - len(n))
    typical = (total - (n**2).sum() / total) / (len(n) - 1)
    between = (n * (means - np.nansum(values) / total) ** 2).sum() / (len(n) - 1)
    between = max(float((between - within) / typical), 0.0)
    return Spread(between + float(within), between, 0.0, float(within), is_crossed=False)


def number_of_bins(points: int) -> int:
    """Return the number of bins for so many points: more points resolve more."""
    return int(np.clip(round(points ** (1 / 3)), FEWEST_BINS, MOST_BINS))


def codes(column: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each point: each value its own where they are few, else bins of as many points each."""
    different, place = np.unique(column, return_inverse=True)
    if len(different) <= bins or column.dtype.kind not in "if":
        return place
    place = np.searchsorted(np.quantile(column, np.arange(1, bins) / bins), column, side="right")
    return np.unique(place, return_inverse=True)[1]  # ties can leave a bin empty


def share(code: np.ndarray, values: np.ndarray, total: float | None = None, error: Error | None = None) -> Share:
    """Return the share of a variance that lies between bins, adjusted for their number: 0 on average if there is none.

    total: the variance it is a share of, that of the values when left out. error: the residual variance, that within bins
    when left out.
    """
    n = np.bincount(code)
    bins, points = int((n > 0).sum()), len(values)
    centred = values - values.mean()
    square = float((centred**2).sum())
    between = float((np.bincount(code, centred)[n > 0] ** 2 / n[n > 0]).sum())
    total = square / points if total is None else total
    if error is None:
        error = Error((square - between) / max(points - bins, 1), points - bins)
    if total <= 0 or bins < 2 or error.freedom < 1:
        return Share(0.0, 1.0)
    if error.square <= 1e-12 * square / points:
        return Share(between / points / total, 0.0 if between > 1e-9 * square else 1.0)
    p = float(stats.f.sf(between / (bins - 1) / error.square, bins - 1, error.freedom))
    return Share((between - (bins - 1) * error.square) / points / total, p)


def jackknife(estimate: float, without: np.ndarray) -> tuple[float, float]:
    """Return the interval of a share, within 0 and 1, from (groups,) estimates that each leave one group out."""
    groups = len(without)
    error = np.sqrt((groups - 1) / groups * ((without - without.mean()) ** 2).sum())
    half = float(stats.t.ppf((1 + LEVEL) / 2, groups - 1) * error)
    return float(np.clip(estimate - half, 0, 1)), float(np.clip(estimate + half, 0, 1))


def left_over(codes_: list[np.ndarray], values: np.ndarray, lost: int = 0) -> Error:
    """Return the residual when each bin of each factor has its own effect. lost: degrees of freedom taken before."""
    effects = [np.eye(code.max() + 1)[code][:, 1:] for code in codes_]
    model = np.column_stack([np.ones(len(values)), *effects])
    fitted, _, rank, _ = np.linalg.lstsq(model, values, rcond=None)
    freedom = len(values) - int(rank) - lost
    return Error(float(((values - model @ fitted) ** 2).sum() / max(freedom, 1)), freedom)


def dummy_share(values: np.ndarray, bins: int) -> float:
    """Return the share that 95% of values without effect stay below."""
    random = np.random.default_rng(0)
    return float(np.quantile([share(codes(random.random(len(values)), bins), values).share for _ in range(DUMMIES)], LEVEL))
