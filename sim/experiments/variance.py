"""Estimates of variance over the points of a sweep: its parts, and what share of it lies between bins of a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95
GROUPS = 20
MOST_BINS, FEWEST_BINS = 16, 4
DUMMIES = 200


@dataclass(frozen=True)
class Spread:
    """Variance of one run drawn at random from a point drawn at random, in parts that add up to `total`.

    between_points: of the points' means. luck: that all points share. both: what luck does in some points and not in others;
    for runs that do not all have a value, luck is part of it.
    """

    total: float
    between_points: float
    luck: float
    both: float


def variance(values: np.ndarray) -> Spread:
    """Return the variance of (points, runs) values in parts.

    Where every run has a value it is a two-way layout: all points share each run's luck. Otherwise the runs of a point are
    taken as they are (one way, unbalanced).
    """
    if np.isnan(values).any() or values.shape[1] < 2:
        return _one_way(values)
    points, runs = values.shape
    by_point, by_run, all_ = values.mean(axis=1), values.mean(axis=0), values.mean()
    rest = ((values - by_point[:, None] - by_run + all_) ** 2).sum() / ((points - 1) * (runs - 1))
    between = max(float(by_point.var(ddof=1) - rest / runs), 0.0)
    luck = max(float(by_run.var(ddof=1) - rest / points), 0.0)
    return Spread(between + luck + float(rest), between, luck, float(rest))


def _one_way(values: np.ndarray) -> Spread:
    n = (~np.isnan(values)).sum(axis=1)
    means, total = np.nanmean(values, axis=1), n.sum()
    if total == len(n):  # one run a point: nothing tells the points from luck
        return Spread(float(means.var(ddof=1)), float(means.var(ddof=1)), 0.0, 0.0)
    within = np.nansum((values - means[:, None]) ** 2) / (total - len(n))
    typical = (total - (n**2).sum() / total) / (len(n) - 1)
    between = (n * (means - np.nansum(values) / total) ** 2).sum() / (len(n) - 1)
    between = max(float((between - within) / typical), 0.0)
    return Spread(between + float(within), between, 0.0, float(within))


def number_of_bins(points: int) -> int:
    """Return the number of bins for so many points: more points resolve more."""
    return int(np.clip(round(points ** (1 / 3)), FEWEST_BINS, MOST_BINS))


def codes(column: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each point: each value its own where they are few, else bins of as many points each."""
    different, place = np.unique(column, return_inverse=True)
    if len(different) <= bins or column.dtype.kind not in "if":
        return place
    return np.searchsorted(np.quantile(column, np.arange(1, bins) / bins), column, side="right")


def share(code: np.ndarray, means: np.ndarray) -> float:
    """Return the share of the variance of `means` that lies between bins, adjusted for their number: may be below 0."""
    n = np.bincount(code)
    sums = np.bincount(code, means)
    bins, points = int((n > 0).sum()), len(means)
    total = ((means - means.mean()) ** 2).sum()
    if total <= 0 or points <= bins:
        return 0.0
    within = total - (sums[n > 0] ** 2 / n[n > 0]).sum() + points * means.mean() ** 2
    return float(1.0 - (within / (points - bins)) / (total / (points - 1)))


def p_of(code: np.ndarray, adjusted: float, points: int) -> float:
    """Return the probability of a share as large if the value does nothing (F test)."""
    bins = len(np.unique(code))
    if adjusted >= 1.0:
        return 0.0
    ratio = 1.0 - (1.0 - adjusted) * (points - bins) / (points - 1)
    return float(stats.f.sf(ratio / (1 - ratio) * (points - bins) / (bins - 1), bins - 1, points - bins))


def all_but_a_group(points: int) -> list[np.ndarray]:
    """Return for each group of points the places of the others. Groups are drawn at random."""
    order = np.random.default_rng(0).permutation(points)
    groups = min(GROUPS, points)
    return [np.sort(np.delete(order, np.s_[group::groups])) for group in range(groups)]


def jackknife(whole: float, without: np.ndarray) -> tuple[float, float]:
    """Return the interval of an estimate from (groups,) estimates that each leave one group out."""
    groups = len(without)
    error = np.sqrt((groups - 1) / groups * ((without - without.mean()) ** 2).sum())
    half = float(stats.t.ppf((1 + LEVEL) / 2, groups - 1) * error)
    return whole - half, whole + half


def dummy_share(means: np.ndarray, bins: int) -> float:
    """Return the share that 95% of values that do nothing stay below."""
    random = np.random.default_rng(0)
    return float(np.quantile([share(codes(random.random(len(means)), bins), means) for _ in range(DUMMIES)], LEVEL))
