"""Paired differences of outcomes with intervals and effect sizes; dates with censoring.

Numbers: mean of the differences, t interval; pairs of a sweep share rows of the design and runs, and their interval allows
for both (two-way cluster-robust, Cameron, Gelbach and Miller 2011). Shares: Newcombe's interval for paired proportions
(1998, method 10), which holds at no event too. Dates: difference of the means restricted to the horizon, to which all runs
are observed, so that a date that did not come counts as the horizon. p: Wilcoxon's signed ranks, or McNemar's exact test.
A t interval of a mean that few pairs make holds less often than it says; `differ` counts the pairs it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from scipy import stats

from sim.analysis.pairs import Paired, Side, horizon
from sim.arrays import own_numerics
from sim.experiments.statistics import DATES_BY
from sim.outcomes import CATEGORY, DATE, OUTCOMES, YES_NO, Outcome

LEVEL = 0.95
MOST_SIGNS = 13
"""Differences whose signs are all gone through for an exact test."""


@dataclass(frozen=True)
class ByDate:
    """Share of the runs in which a date has come by a day: of the base, of the other, their difference and its interval."""

    date: date
    a: float
    b: float
    diff: float
    ci: tuple[float, float]


@dataclass(frozen=True)
class Difference:
    """How one outcome of a scenario differs from the base's, pair by pair.

    a, b: mean, share of the runs, or days since the base's start, restricted. diff: b - a, ci its interval. effect: the
    difference in standard deviations of a run, or Cohen's h of shares; effect_ci: that of the ends of ci. share_greater: of
    the pairs in which b is greater, or later; differ: pairs in which b is not a. n: pairs in which the outcome's question
    arose on both sides. arises: shares of the pairs in which it did on each. censored: runs of each side whose date did not
    come. moved: Wasserstein's distance of the two distributions, in the outcome's unit or days; gap: the largest between
    their shares (Kolmogorov). q: p adjusted for the number of outcomes. ci is None where there is one pair.
    """

    outcome: Outcome
    category: str | None
    scenario: str
    base: str
    n: int
    arises: tuple[float, float]
    method: str
    a: float | None = None
    b: float | None = None
    diff: float | None = None
    ci: tuple[float, float] | None = None
    effect: float | None = None
    effect_ci: tuple[float, float] | None = None
    share_greater: float | None = None
    differ: int = 0
    moved: float | None = None
    gap: float | None = None
    censored: tuple[int, int] = (0, 0)
    p: float = 1.0
    q: float = 1.0
    by: tuple[ByDate, ...] = ()


@own_numerics
def differences(paired: Paired, outcomes: tuple[Outcome, ...] = OUTCOMES) -> list[Difference]:
    """Return the differences of each other side from the base, by outcome; of a category, by category."""
    made = [
        difference
        for side in paired.others
        for outcome in outcomes
        for difference in _of_outcome(outcome, paired.base, side, horizon(paired))
    ]
    tested = [place for place, each in enumerate(made) if each.diff is not None]
    adjusted = stats.false_discovery_control([made[place].p for place in tested]) if tested else ()
    for place, q in zip(tested, adjusted, strict=True):
        made[place] = replace(made[place], q=float(q))
    return made


def _of_outcome(outcome: Outcome, base: Side, side: Side, last: date) -> Iterator[Difference]:
    a, b = base.outcomes[outcome.name], side.outcomes[outcome.name]
    if outcome.type == DATE:
        yield _of_dates(outcome, base, side, last)
        return
    both = ~np.isnan(a) & ~np.isnan(b)
    arises = float(1 - np.isnan(a).mean()), float(1 - np.isnan(b).mean())
    head = Difference(outcome, None, side.name, base.name, int(both.sum()), arises, "none: the question does not arise")
    a, b, key = a[both], b[both], base.key[both]
    if not len(a):
        yield head
    elif outcome.type == YES_NO:
        yield _of_shares(head, a > 0, b > 0, key)
    elif outcome.type == CATEGORY:
        for index, category in enumerate(outcome.categories):
            yield _of_shares(replace(head, category=category), a == index, b == index, key)
    else:
        yield _of_numbers(head, a, b, key)


def _of_numbers(head: Difference, a: np.ndarray, b: np.ndarray, key: np.ndarray) -> Difference:
    ci, p, method = mean_interval(b - a, key)
    spread = np.sqrt((a.var() + b.var()) / 2)
    diff = float((b - a).mean())
    effect = diff / float(spread) if spread > 0 else 0.0 if diff == 0 else None
    ends = (ci[0] / float(spread), ci[1] / float(spread)) if ci and spread > 0 else None
    return replace(
        head, a=float(a.mean()), b=float(b.mean()), diff=diff, ci=ci, effect=effect, effect_ci=ends,
        share_greater=float((b > a).mean()), differ=int((a != b).sum()), p=p, method=method,
        moved=float(stats.wasserstein_distance(a, b)), gap=largest_gap(a, b),
    )  # fmt: skip


def largest_gap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference between the shares of two samples that lie at or below a value."""
    values = np.union1d(a, b)
    below = [np.searchsorted(np.sort(each), values, side="right") / len(each) for each in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def _of_shares(head: Difference, a: np.ndarray, b: np.ndarray, key: np.ndarray) -> Difference:
    share_a, share_b = float(a.mean()), float(b.mean())
    ci, method = share_interval(a, b, key), "Newcombe's interval for paired shares"
    if rows_of(key) > 1:
        _, p, method = mean_interval(b.astype(float) - a, key)
    else:
        up, down = int((b & ~a).sum()), int((a & ~b).sum())
        p = float(stats.binomtest(up, up + down).pvalue) if up + down else 1.0
    ends = cohens_h(share_a, share_a + ci[0]), cohens_h(share_a, share_a + ci[1])
    return replace(
        head, a=share_a, b=share_b, diff=share_b - share_a, ci=ci, effect=cohens_h(share_a, share_b), effect_ci=ends,
        share_greater=float((b & ~a).mean()), differ=int((a != b).sum()), p=p, method=method,
    )  # fmt: skip


def cohens_h(a: float, b: float) -> float:
    """Return the effect size of two shares: the difference of their angles, of use near 0 and 1 too (Cohen 1988)."""
    angle_a, angle_b = (np.arcsin(np.sqrt(np.clip(share, 0, 1))) for share in (a, b))
    return float(2 * (angle_b - angle_a))


def _of_dates(outcome: Outcome, base: Side, side: Side, last: date) -> Difference:
    """Both sides count days since the start of the base, up to the last day that both reach."""
    limit = (last - base.start).days
    a, b = (days_of(outcome, each, base, limit) for each in (base, side))
    head = Difference(outcome, None, side.name, base.name, len(a), (1.0, 1.0), "")
    censored = int(np.isnan(a).sum()), int(np.isnan(b).sum())
    restricted_a, restricted_b = (np.where(np.isnan(days), float(limit), days) for days in (a, b))
    made = _of_numbers(head, restricted_a, restricted_b, base.key)
    days = sorted({day for day in (*DATES_BY, limit) if 0 <= day <= limit})
    by = tuple(_by_date(base, day, a <= day, b <= day) for day in days)
    return replace(made, censored=censored, by=by, method=f"means restricted to {last}; {made.method}")


def days_of(outcome: Outcome, side: Side, base: Side, limit: int) -> np.ndarray:
    """Return (pairs,) days from the base's start to a dated outcome of a side, NaN where it has not come by `limit`."""
    days = side.outcomes[outcome.name] + (side.start - base.start).days
    return np.where(days <= limit, days, np.nan)


def _by_date(base: Side, day: int, a: np.ndarray, b: np.ndarray) -> ByDate:
    ci = share_interval(a, b, base.key)
    return ByDate(base.start + timedelta(days=day), float(a.mean()), float(b.mean()), float(b.mean() - a.mean()), ci)


def rows_of(key: np.ndarray) -> int:
    """Return the number of rows of the design among the pairs."""
    return len(np.unique(key[:, 0]))


def mean_interval(diff: np.ndarray, key: np.ndarray) -> tuple[tuple[float, float] | None, float, str]:
    """Return the interval of the mean of differences, p of no difference, and the method.

    diff: (pairs,). key: (pairs, 2) row of the design and run; pairs that share one are not independent.
    """
    mean, n = float(diff.mean()), len(diff)
    if n == 1:
        return None, 1.0, "one pair has no interval"
    if rows_of(key) > 1:
        error, freedom = _clustered(diff - mean, key)
        p = float(2 * stats.t.sf(abs(mean) / error, freedom)) if error > 0 else float(mean == 0)
        method = "paired t interval, clustered by row of the design and run"
    else:
        error, freedom = float(diff.std(ddof=1) / np.sqrt(n)), n - 1
        p = signed_ranks(diff)
        method = "paired t interval; Wilcoxon signed ranks"
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    return (mean - half, mean + half), p, method


def signed_ranks(diff: np.ndarray) -> float:
    """Return p of Wilcoxon's test of paired differences, those of 0 left out (Wilcoxon 1945; Pratt's zeros are not kept).

    Few differences are taken exactly, by all their signs, so that ties may stand.
    """
    changed = diff[diff != 0]
    if len(changed) > MOST_SIGNS:
        return float(stats.wilcoxon(changed, method="asymptotic" if len(changed) > 50 else "auto").pvalue)
    ranks = stats.rankdata(np.abs(changed))
    signs = np.arange(2 ** len(changed))[:, None] >> np.arange(len(changed)) & 1
    strays = np.abs(signs @ ranks - ranks.sum() / 2)
    return float((strays >= abs(ranks[changed > 0].sum() - ranks.sum() / 2) - 1e-9).mean())


def _clustered(centred: np.ndarray, key: np.ndarray) -> tuple[float, int]:
    """Return the standard error of a mean and its degrees of freedom, allowing for what rows and what runs share."""
    sums, sizes = [], []
    for place in (0, 1):
        _, cluster = np.unique(key[:, place], return_inverse=True)
        size = cluster.max() + 1
        sums.append(float((np.bincount(cluster, centred) ** 2).sum()) * size / max(size - 1, 1))
        sizes.append(size)
    alone = float((centred**2).sum())
    square = max(sums[0] + sums[1] - alone, sums[0], sums[1]) if min(sizes) > 1 else max(sums)
    return float(np.sqrt(square)) / len(centred), max(min(sizes) - 1, 1)


def share_interval(a: np.ndarray, b: np.ndarray, key: np.ndarray) -> tuple[float, float]:
    """Return the interval of the difference of two shares of the same pairs, b - a, of an ensemble or of a sweep.

    Where no pair of a sweep differs, it is what so many rows of the design leave possible, each taken as one observation.
    """
    if rows_of(key) == 1:
        return paired_shares(a, b)
    if (a == b).all():
        most = _wilson(0, rows_of(key))[2]
        return -most, most
    low, high = mean_interval(b.astype(float) - a, key)[0] or (-1.0, 1.0)
    return max(low, -1.0), min(high, 1.0)


def paired_shares(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Return the interval of the difference of two shares of the same runs, b - a.

    a, b: (pairs,) bool. Source: Newcombe 1998, Statistics in Medicine 17, 2635, method 10.
    """
    n, both = len(a), int((a & b).sum())
    only_b, only_a = int((b & ~a).sum()), int((a & ~b).sum())
    neither = n - both - only_b - only_a
    (share_b, low_b, high_b), (share_a, low_a, high_a) = _wilson(both + only_b, n), _wilson(both + only_a, n)
    product = (both + only_b) * (only_a + neither) * (both + only_a) * (only_b + neither)
    excess = float(both * neither - only_b * only_a)
    excess = max(excess - n / 2, 0.0) if excess > 0 else excess
    phi = excess / product**0.5 if product else 0.0
    down, up = _joined(share_b - low_b, high_a - share_a, phi), _joined(high_b - share_b, share_a - low_a, phi)
    return share_b - share_a - down, share_b - share_a + up


@lru_cache(maxsize=10_000)
def _wilson(successes: int, n: int) -> tuple[float, float, float]:
    """Return a share and the ends of its interval; a page asks for the same ones day after day."""
    ends = stats.binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return successes / n, float(ends.low), float(ends.high)


def _joined(one: float, other: float, phi: float) -> float:
    return max(one**2 - 2 * phi * one * other + other**2, 0.0) ** 0.5
