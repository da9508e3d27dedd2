"""The reported 95% intervals hold the truth in about 95 of 100 samples of made-up data whose truth is known.

Of 1,000 samples the share that holds it has a standard error of 0.7 points; the tolerance is stated with each.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.analysis.compare.durations import of_sample
from sim.analysis.compare.paired_median import paired_median
from sim.analysis.compare.paired_shares import paired_shares, share_interval
from sim.analysis.sensitivity.main_effects import Layout
from sim.analysis.sensitivity.point_values import PointValues
from sim.analysis.sensitivity.variance import jackknife
from sim.record.statistics import wilson

SAMPLES = 1000
LIMIT = 180.0


def alone(n: int) -> np.ndarray:
    """Return the keys of the pairs of an ensemble."""
    return np.column_stack([np.zeros(n, int), np.arange(n)])


def coverage(interval: Callable[[np.random.Generator], tuple[float, float]], truth: float, samples: int = SAMPLES) -> float:
    """Return the share of samples whose interval holds the truth."""
    random = np.random.default_rng(20260127)
    held = 0
    for _ in range(samples):
        low, high = interval(random)
        held += low <= truth <= high
    return held / samples


# --- paired numbers ---------------------------------------------------------------------------------------------------


def of_median(changes: np.ndarray, key: np.ndarray) -> tuple[float, float]:
    """Return the interval of a median, all numbers where there is none."""
    return paired_median(changes, key).ci or (-np.inf, np.inf)


@pytest.mark.parametrize("n", [16, 64, 256])
def test_of_paired_numbers_whose_differences_are_normal(n: int) -> None:
    """The sign test is exact: never below 95% but for chance, above it where pairs are few."""

    def interval(random: np.random.Generator) -> tuple[float, float]:
        return of_median(2 + random.standard_normal(n), alone(n))

    assert 0.935 <= coverage(interval, 2.0) <= 0.985


@pytest.mark.parametrize("n", [64, 256])
def test_of_paired_numbers_whose_differences_are_skewed(n: int) -> None:
    """Exponential differences in a third of the pairs and none in the others: the median of the pairs that differ."""

    def interval(random: np.random.Generator) -> tuple[float, float]:
        return of_median((random.random(n) < 1 / 3) * random.exponential(6.0, n), alone(n))

    assert 0.935 <= coverage(interval, 6 * np.log(2)) <= 0.985


# --- shares -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("both", "only_b", "only_a"),
    [(0.4, 0.2, 0.1), (0.85, 0.05, 0.05), (0.0, 0.02, 0.0), (0.88, 0.0, 0.1), (0.02, 0.0, 0.0)],
)
@pytest.mark.parametrize("n", [50, 256])
def test_of_paired_shares(both: float, only_b: float, only_a: float, n: int) -> None:
    """Newcombe's method errs to the safe side where few pairs differ: up to 100%, never far below 95%."""

    def interval(random: np.random.Generator) -> tuple[float, float]:
        drawn = random.choice(4, n, p=[both, only_b, only_a, 1 - both - only_b - only_a])
        return paired_shares(np.isin(drawn, (0, 2)), np.isin(drawn, (0, 1)))

    assert 0.935 <= coverage(interval, only_b - only_a) <= 1.0


def test_of_paired_shares_at_no_event() -> None:
    """Where no event is seen, the interval holds every difference that would hide from n pairs half the time."""
    for n in (16, 64, 256):
        low, high = paired_shares(np.zeros(n, bool), np.zeros(n, bool))
        hidden = 1 - 0.5 ** (1 / n)
        assert low < -hidden and hidden < high


@pytest.mark.parametrize("p", [0.0, 0.004, 0.05, 0.5, 1.0])
def test_of_a_share_of_the_runs(p: float) -> None:
    def interval(random: np.random.Generator) -> tuple[float, float]:
        low, high = wilson(int(random.binomial(256, p)), 256)[1]
        return low - 1e-12, high + 1e-12  # its end at 0 or 1 is exact but for rounding

    assert 0.93 <= coverage(interval, p) <= 1.0


# --- dates ------------------------------------------------------------------------------------------------------------


def waits(random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return paired waits of means 100 and 140 days under the same luck, but for one pair in five whose luck is its own."""
    u = random.random(n)
    v = np.where(random.random(n) < 0.2, random.random(n), u)
    return -100 * np.log(u), -140 * np.log(v)


def test_of_dates_that_did_not_come_within_the_horizon() -> None:
    """A sixth to a quarter of the dates do not come; the median of the restricted differences is that of a great many."""

    def changes(random: np.random.Generator, n: int) -> np.ndarray:
        a, b = waits(random, n)
        return np.minimum(b, LIMIT + 1) - np.minimum(a, LIMIT + 1)

    many = changes(np.random.default_rng(1), 1_000_000)
    truth = float(np.median(many[many != 0]))
    assert 0.935 <= coverage(lambda random: of_median(changes(random, 128), alone(128)), truth) <= 0.98


@pytest.mark.parametrize("day", [5, 60, 180])
def test_of_the_share_of_dates_that_have_come(day: int) -> None:
    def interval(random: np.random.Generator) -> tuple[float, float]:
        a, b = waits(random, 128)
        return share_interval(a <= day, b <= day, alone(128))

    assert 0.935 <= coverage(interval, np.exp(-day / 100) - np.exp(-day / 140)) <= 1.0


def test_of_survival_where_the_time_watched_differs() -> None:
    """Waits of mean 60 days watched for 30 to 180: the share still waiting after 45 days is exp(-45 / 60)."""

    def interval(random: np.random.Generator) -> tuple[float, float]:
        wait, watched = random.exponential(60.0, 100), random.uniform(30, 180, 100)
        made = of_sample(np.minimum(wait, watched), wait <= watched)
        last = np.searchsorted(made.days, 45.0, side="right") - 1
        return made.low[last], made.high[last]

    assert coverage(interval, np.exp(-45 / 60), samples=1000) == pytest.approx(0.95, abs=0.025)


# --- the pairs of a sweep ---------------------------------------------------------------------------------------------

ROWS, RUNS = 32, 16
KEYS = np.column_stack([np.repeat(np.arange(ROWS), RUNS), np.tile(np.arange(RUNS), ROWS)])


def of_a_sweep(random: np.random.Generator, by_row: float, by_run: float) -> np.ndarray:
    """Return differences with a mean of 1, of which some is the row's, some the run's, and some the pair's own."""
    rows, runs = by_row * random.standard_normal(ROWS), by_run * random.standard_normal(RUNS)
    return 1 + rows[KEYS[:, 0]] + runs[KEYS[:, 1]] + random.standard_normal(len(KEYS))


@pytest.mark.parametrize(("by_row", "by_run"), [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.5)])
def test_of_pairs_that_share_rows_of_the_design_and_runs(by_row: float, by_run: float) -> None:
    def interval(random: np.random.Generator) -> tuple[float, float]:
        return of_median(of_a_sweep(random, by_row, by_run), KEYS)

    assert coverage(interval, 1.0) == pytest.approx(0.95, abs=0.03)


def test_an_interval_that_took_the_pairs_of_a_sweep_for_independent_would_not_hold() -> None:
    def interval(random: np.random.Generator) -> tuple[float, float]:
        return of_median(of_a_sweep(random, 1.0, 1.0), alone(len(KEYS)))

    assert coverage(interval, 1.0) < 0.5


def test_of_shares_of_the_pairs_of_a_sweep() -> None:
    """Each row has its own chance that b differs, uniform to 0.4: b - a is 0.2 on average."""

    def interval(random: np.random.Generator) -> tuple[float, float]:
        chance = random.uniform(0, 0.4, ROWS)[KEYS[:, 0]]
        return share_interval(np.zeros(len(KEYS), bool), random.random(len(KEYS)) < chance, KEYS)

    assert coverage(interval, 0.2) == pytest.approx(0.95, abs=0.025)


# --- shares of a variance ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0.0, 0.2, 0.6])
def test_of_the_share_of_a_value_in_a_sweep_crossed_with_a_lever(part: float) -> None:
    """The lever makes a fifth of the variance, the value `part` of it by six steps, the rest is others'."""
    points, levels = 128, 6
    held = np.zeros(2)
    samples = 100
    random = np.random.default_rng(3)
    for _ in range(samples):
        step = random.permutation(np.arange(points) % levels)
        effect = np.sqrt(part / ((levels**2 - 1) / 12)) * step
        rest = np.sqrt(0.8 - part) * random.standard_normal(points)
        row = effect + rest
        means = np.concatenate([row, row + 2 * np.sqrt(0.2)])
        found = PointValues(np.arange(2 * points), means[:, None])
        columns = np.tile(step, 2), np.repeat([0, 1], points)
        layout = Layout(found, np.tile(np.arange(points), 2), columns, (False, True), is_grid=False)
        shares = [each.share for each in layout.shares()]
        without = np.array([[each.share for each in part_.shares()] for part_ in layout.without_groups()])
        for place, truth in enumerate((part, 0.2)):
            low, high = jackknife(shares[place], without[:, place])
            held[place] += low <= truth <= high
    assert (held / samples >= 0.88).all()
