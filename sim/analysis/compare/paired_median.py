"""The median of paired differences, its interval, its p and the shares of pairs above and below 0, all by one test.

The test is the sign test (Conover 1999, Practical Nonparametric Statistics, 3.4): of the pairs that differ, are more above 0
than below? What it estimates is the median of the pairs that differ, and its interval is made of those values that the same
test would not refuse. The estimate is above 0 just where more pairs are above than below, and the interval leaves 0 out just
where p is below 1 - LEVEL. Nothing of it is a mean, so that a few pairs, or a date cut off at the last day, cannot turn it
round: where one side has not come the sign is known and the size is a least one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sim.analysis.clusters import clustered, independent

LEVEL = 0.95
SAME = 1e-6
"""Part of a value by which the two sides of a pair may be apart and count as the same: the series have seven figures."""
FINE = 0.01
"""The same as a part of the standard deviation of a run: a shift of one person beside hundreds is not counted as a turn."""


@dataclass(frozen=True)
class PairedMedian:
    """The result of the sign test on a sample of paired differences.

    diff: median of the differences that are not 0; 0 where as many are above as below, or all are 0. ci: its interval, None
    where too few pairs differ for one. up, down: share of all pairs above and below 0. differ: number of pairs that are not
    0. at_least: the median is a date cut off at the last day, and would be further from 0 with more days.
    """

    diff: float
    ci: tuple[float, float] | None
    p: float
    up: float
    down: float
    differ: int
    at_least: bool = False


def change(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return (pairs,) b - a of numbers, 0 where they are apart by no more than rounding or a FINE part of their spread."""
    same = np.maximum(SAME * np.maximum(np.abs(a), np.abs(b)), FINE * spread_of(a, b))
    return np.where(np.abs(b - a) <= same, 0.0, b - a)


def spread_of(a: np.ndarray, b: np.ndarray) -> float:
    """Return the standard deviation of a run, of both sides together."""
    return float(np.sqrt((a.var() + b.var()) / 2))


def paired_median(changes: np.ndarray, clusters: np.ndarray, cut: np.ndarray | None = None) -> PairedMedian:
    """Return the median of paired differences, with its interval, p and shares.

    changes: (pairs,) differences, at least one pair. clusters: (pairs, 2) row of the design and number of the run; pairs
    that share one are not independent. cut: (pairs,) bool, one side is cut off at the last day, so that the difference is at
    least so large.
    """
    n, nonzero = len(changes), changes != 0
    values = changes[nonzero]
    up, down = int((values > 0).sum()), int((values < 0).sum())
    if not len(values):
        return PairedMedian(0.0, None, 1.0, 0.0, 0.0, 0)
    ordered = np.sort(values)
    diff = _middle(ordered)
    rank, p = _test(values, up, diff, clusters[nonzero])
    ci = (float(ordered[rank - 1]), float(ordered[-rank])) if rank else None
    far = ordered if cut is None else np.sort(np.where(cut[nonzero], np.sign(values) * np.inf, values))
    at_least = bool(diff != 0 and np.isinf(far[[(len(far) - 1) // 2, len(far) // 2]]).any())
    return PairedMedian(diff, ci, p, up / n, down / n, len(values), at_least)


def _middle(ordered: np.ndarray) -> float:
    """Return the median of numbers none of which is 0; 0 where as many are above as below."""
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return 0.0 if low < 0 < high else float((low + high) / 2)


def _test(values: np.ndarray, up: int, diff: float, clusters: np.ndarray) -> tuple[int, float]:
    """Return the rank of the differences that end the interval, from either side (0: there is none), and p of no difference.

    Both ask how far the number below a value may be from half; pairs of an ensemble exactly, those of a sweep by a t test
    that allows for what they share.
    """
    n, fewer = len(values), min(up, len(values) - up)
    if independent(clusters):
        p = min(1.0, 2 * float(stats.binom.cdf(fewer, n, 0.5)))
        rank = int(stats.binom.ppf((1 - LEVEL) / 2, n, 0.5))
        return (rank if 2 * stats.binom.cdf(rank - 1, n, 0.5) < 1 - LEVEL else rank - 1), p
    error, freedom = clustered((values > diff) - 0.5 + 0.5 * (values == diff), clusters)
    error = max(error, 0.5 / n**0.5)
    p = 2 * float(stats.t.sf(abs(up / n - 0.5) / error, freedom))
    return max(int(np.ceil(n * (0.5 - float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error))), 0), min(p, 1.0)
