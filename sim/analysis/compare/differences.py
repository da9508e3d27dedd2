"""Paired differences of outcomes: of each, a size, an interval, shares of pairs and a p, all by the same test.

Numbers and dates: the median of the pairs that differ, by the sign test (`paired_median`). Shares: their difference, by
Newcombe's interval (`paired_shares`). A difference is taken over the pairs in which the outcome's question arose on both
sides. A date that did not come counts as the day after the last that both sides reach, which cannot change its sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from scipy import stats

from sim.analysis.clusters import independent
from sim.analysis.compare.paired_median import LEVEL, PairedMedian, change, paired_median, spread_of
from sim.analysis.compare.paired_shares import cohens_h, share_interval, share_test
from sim.analysis.compare.pairs import Paired, horizon
from sim.analysis.compare.sides import Side
from sim.record.outcomes import CATEGORY, DATE, OUTCOMES, YES_NO, Outcome, arising
from sim.record.statistics import DATES_BY
from sim.state.arrays import own_numerics

CLEAR = 0.05
"""A difference is distinguishable from chance where q, its p adjusted for the number of outcomes, is below."""


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

    n: pairs in which the outcome's question arose on both sides, of `pairs`; arises: number in which it did on each side;
    arises_apart: whether these differ beyond chance. a, b: mean of a number, share of yes, median of a date in days since
    the base's start (None: it did not come in half of the pairs). They are None too where they move against most pairs
    (sides_apart). diff: b - a; of a number or date, the median over the pairs that differ; at_least: a date that did not
    come would make it larger. ci: its interval, None where too few pairs differ for one. share_greater, share_less: of the
    n pairs, those in which b is greater, or later, and less; differ: their number; numbers that are apart by less than a
    hundredth of a run's standard deviation count as the same. effect: the difference times the share
    of pairs that differ, in standard deviations of a run, or Cohen's h of shares; effect_ci: that of the ends of ci.
    censored: runs of each side whose date did not come. moved: Wasserstein's distance of the two distributions, in the
    outcome's unit or days; gap: the largest between their shares (Kolmogorov). q: p adjusted for the number of outcomes.
    """

    outcome: Outcome
    category: str | None
    scenario: str
    base: str
    n: int
    pairs: int
    arises: tuple[int, int]
    arises_apart: bool = False
    method: str = "none: the question arises on both sides in no pair"
    a: float | None = None
    b: float | None = None
    sides_apart: bool = False
    diff: float | None = None
    at_least: bool = False
    ci: tuple[float, float] | None = None
    effect: float | None = None
    effect_ci: tuple[float, float] | None = None
    share_greater: float | None = None
    share_less: float | None = None
    differ: int = 0
    moved: float | None = None
    gap: float | None = None
    censored: tuple[int, int] = (0, 0)
    p: float = 1.0
    q: float = 1.0
    by: tuple[ByDate, ...] = ()

    @property
    def is_clear(self) -> bool:
        """Whether it is distinguishable from chance among all outcomes compared."""
        return self.diff is not None and self.q < CLEAR


@own_numerics
def differences(paired: Paired, outcomes: tuple[Outcome, ...] = OUTCOMES) -> list[Difference]:
    """Return the differences of each other side from the base, by outcome; of a category, by category."""
    found = [
        difference
        for side in paired.others
        for outcome in outcomes
        for difference in _of_outcome(outcome, paired.base, side, horizon(paired))
    ]
    tested = [place for place, each in enumerate(found) if each.diff is not None]
    adjusted = stats.false_discovery_control([found[place].p for place in tested]) if tested else ()
    for place, q in zip(tested, adjusted, strict=True):
        found[place] = replace(found[place], q=float(max(q, found[place].p)))
    return found


def _of_outcome(outcome: Outcome, base: Side, side: Side, last: date) -> Iterator[Difference]:
    in_a, in_b = (arising(outcome, each.outcomes) for each in (base, side))
    both, counts = in_a & in_b, (int(in_a.sum()), int(in_b.sum()))
    apart = bool((in_a != in_b).any()) and share_test(in_a, in_b, base.clusters)[1] < 1 - LEVEL
    head = Difference(outcome, None, side.name, base.name, int(both.sum()), len(both), counts, apart)
    if not both.any():
        yield head
        return
    base, side = base.kept(both), side.kept(both)
    a, b = base.outcomes[outcome.name], side.outcomes[outcome.name]
    if outcome.type == DATE:
        yield _of_dates(head, base, side, last)
    elif outcome.type == YES_NO:
        yield _of_shares(head, a > 0, b > 0, base.clusters)
    elif outcome.type == CATEGORY:
        for index, category in enumerate(outcome.categories):
            yield _of_shares(replace(head, category=category), a == index, b == index, base.clusters)
    else:
        found = _of_values(head, a, b, paired_median(change(a, b), base.clusters))
        yield _with_sides(found, float(a.mean()), float(b.mean()))


def _of_values(head: Difference, a: np.ndarray, b: np.ndarray, found: PairedMedian) -> Difference:
    spread, n = spread_of(a, b), len(a)
    scale = found.differ / n / spread if spread > 0 else None
    return replace(
        head, diff=found.diff, at_least=found.at_least, ci=found.ci, p=found.p, differ=found.differ,
        share_greater=found.up, share_less=found.down,
        effect=found.diff * scale if scale is not None else 0.0 if found.diff == 0 else None,
        effect_ci=(found.ci[0] * scale, found.ci[1] * scale) if found.ci and scale is not None else None,
        moved=float(stats.wasserstein_distance(a, b)), gap=largest_gap(a, b),
        method="median of the pairs that differ, sign test",
    )  # fmt: skip


def _with_sides(found: Difference, a: float, b: float) -> Difference:
    """Add what the sides came to, unless it moves against most pairs: few large differences against many small ones."""
    if found.diff is not None and (b - a) * found.diff < 0:
        return replace(found, sides_apart=True)
    return replace(found, a=a, b=b)


def largest_gap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference between the shares of two samples that lie at or below a value."""
    values = np.union1d(a, b)
    below = [np.searchsorted(np.sort(each), values, side="right") / len(each) for each in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def _of_shares(head: Difference, a: np.ndarray, b: np.ndarray, clusters: np.ndarray) -> Difference:
    share_a, share_b = float(a.mean()), float(b.mean())
    ci, p = share_test(a, b, clusters)
    up, down = int((b & ~a).sum()), int((a & ~b).sum())
    ends = cohens_h(share_a, share_a + ci[0]), cohens_h(share_a, share_a + ci[1])
    return replace(
        head, a=share_a, b=share_b, diff=(up - down) / len(a), ci=ci, effect_ci=ends,
        effect=cohens_h(share_a, share_b) if up != down else 0.0,
        share_greater=up / len(a), share_less=down / len(a), differ=up + down, p=p,
        method="difference of paired shares, " + ("Newcombe's interval" if independent(clusters) else "t"),
    )  # fmt: skip


def _of_dates(head: Difference, base: Side, side: Side, last: date) -> Difference:
    """Both sides count days since the start of the base, up to the last day that both reach."""
    limit = (last - base.start).days
    a, b = (days_of(head.outcome, each, base, limit) for each in (base, side))
    came = ~np.isnan(a), ~np.isnan(b)
    late_a, late_b = (np.where(there, days, limit + 1.0) for there, days in zip(came, (a, b), strict=True))
    found = _of_values(head, late_a, late_b, paired_median(late_b - late_a, base.clusters, cut=came[0] != came[1]))
    middles = (float(np.quantile(days, 0.5, method="inverted_cdf")) for days in (late_a, late_b))
    found = _with_sides(found, *middles)
    middle_a, middle_b = (
        None if 2 * there.sum() < len(there) else x for there, x in zip(came, (found.a, found.b), strict=True)
    )
    return replace(
        found, a=middle_a, b=middle_b, censored=(int((~came[0]).sum()), int((~came[1]).sum())),
        by=tuple(_by_date(base, day, a <= day, b <= day) for day in sorted({d for d in (*DATES_BY, limit) if d <= limit})),
        method=f"{found.method}; a date that had not come by {last} counts as the day after",
    )  # fmt: skip


def days_of(outcome: Outcome, side: Side, base: Side, limit: int) -> np.ndarray:
    """Return (pairs,) days from the base's start to a dated outcome of a side, NaN where it has not come by `limit`."""
    days = side.outcomes[outcome.name] + (side.start - base.start).days
    return np.where(days <= limit, days, np.nan)


def _by_date(base: Side, day: int, a: np.ndarray, b: np.ndarray) -> ByDate:
    ci = share_interval(a, b, base.clusters)
    return ByDate(base.start + timedelta(days=day), float(a.mean()), float(b.mean()), float(b.mean() - a.mean()), ci)
