"""The difference of two shares of the same pairs, its interval, and the p that goes with that interval.

Newcombe's interval (1998, Statistics in Medicine 17, 2635, method 10) holds at no event too. p is found from it: the level
at which the interval just meets 0, so that it leaves 0 out just where p is below 1 - LEVEL. The pairs of a sweep share rows
of the design and random numbers; their interval and p are those of a t test that allows for both.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from sim.analysis.clusters import clustered, fewest, independent
from sim.analysis.compare.paired_median import LEVEL

Z = float(stats.norm.ppf((1 + LEVEL) / 2))
FARTHEST = 38.0
"""Normal quantile beyond which p is 0 in double precision."""


def share_test(a: np.ndarray, b: np.ndarray, clusters: np.ndarray) -> tuple[tuple[float, float], float]:
    """Return the interval of b's share less a's, and p of no difference.

    a, b: (pairs,) bool. clusters: (pairs, 2) row of the design and number of the run.
    """
    if independent(clusters):
        return _of_counts(*_counts(a, b))
    change = b.astype(float) - a
    mean = float(change.mean())
    error, freedom = clustered(change - mean, clusters)
    error = max(error, float(change.std()) / len(change) ** 0.5)
    if error == 0:  # all pairs are equal: the interval that so few clusters leave, each taken as one observation
        return _of_counts(*(round(count * fewest(clusters) / len(a)) for count in _counts(a, b)))
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    return (max(mean - half, -1.0), min(mean + half, 1.0)), float(2 * stats.t.sf(abs(mean) / error, freedom))


def share_interval(a: np.ndarray, b: np.ndarray, clusters: np.ndarray) -> tuple[float, float]:
    """Return the interval of the difference of two shares of the same pairs, b - a, of an ensemble or of a sweep."""
    return _newcombe(*_counts(a, b), Z) if independent(clusters) else share_test(a, b, clusters)[0]


def paired_shares(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Return Newcombe's interval of the difference of two shares of the same runs, b - a. a, b: (pairs,) bool."""
    return _newcombe(*_counts(a, b), Z)


def cohens_h(a: float, b: float) -> float:
    """Return the effect size of two shares: the difference of their angles, of use near 0 and 1 too (Cohen 1988)."""
    angle_a, angle_b = (np.arcsin(np.sqrt(np.clip(share, 0, 1))) for share in (a, b))
    return float(2 * (angle_b - angle_a))


def _counts(a: np.ndarray, b: np.ndarray) -> tuple[int, int, int, int]:
    """Return the number of pairs that are yes on both sides, on b alone, on a alone, on neither."""
    both, only_b, only_a = int((a & b).sum()), int((b & ~a).sum()), int((a & ~b).sum())
    return both, only_b, only_a, len(a) - both - only_b - only_a


@lru_cache(maxsize=10_000)
def _of_counts(both: int, only_b: int, only_a: int, neither: int) -> tuple[tuple[float, float], float]:
    ci = _newcombe(both, only_b, only_a, neither, Z)
    if only_a == only_b:
        return ci, 1.0

    def short_of(z: float) -> float:
        """Return how far the interval is from meeting 0."""
        low, high = _newcombe(both, only_b, only_a, neither, z)
        return low if only_b > only_a else -high

    bracket = (Z, FARTHEST) if short_of(Z) > 0 else (0.0, Z)
    if short_of(bracket[1]) > 0:
        return ci, 0.0
    z = bracket[0] if short_of(bracket[0]) <= 0 else float(optimize.brentq(short_of, *bracket))
    return ci, min(1.0, 2 * float(stats.norm.sf(z)))


@lru_cache(maxsize=10_000)
def _newcombe(both: int, only_b: int, only_a: int, neither: int, z: float) -> tuple[float, float]:
    n = both + only_b + only_a + neither
    (share_b, low_b, high_b), (share_a, low_a, high_a) = _wilson(both + only_b, n, z), _wilson(both + only_a, n, z)
    product = (both + only_b) * (only_a + neither) * (both + only_a) * (only_b + neither)
    excess = float(both * neither - only_b * only_a)
    excess = max(excess - n / 2, 0.0) if excess > 0 else excess
    phi = excess / product**0.5 if product else 0.0
    down, up = _joined(share_b - low_b, high_a - share_a, phi), _joined(high_b - share_b, share_a - low_a, phi)
    diff = (only_b - only_a) / n
    return diff - down, diff + up


def _wilson(successes: int, n: int, z: float) -> tuple[float, float, float]:
    """Return a share and the ends of its interval (Wilson 1927)."""
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return share, min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def _joined(one: float, other: float, phi: float) -> float:
    return max(one**2 - 2 * phi * one * other + other**2, 0.0) ** 0.5
