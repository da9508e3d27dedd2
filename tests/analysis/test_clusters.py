"""Runs that share values or random numbers: intervals over a pool of them cover, with few random histories as with many."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from sim.analysis.clusters import (
    clustered,
    few_histories,
    fewest,
    independent,
    pooled_mean,
    pooled_share,
    pooled_statistic,
    ways,
)
from sim.analysis.compare.paired_median import paired_median
from sim.analysis.compare.paired_shares import share_test
from sim.analysis.hindcast.hindcast import score
from sim.analysis.sensitivity.variance import variance
from sim.record.statistics import wilson
from tests.analysis.test_hindcast import END, START, observation

TIMES = 300


def pool(rows: int, runs: int, streams: str, levers: int = 1) -> np.ndarray:
    """Return the clusters of a sweep: row by row, lever by lever, run by run."""
    made = itertools.product(range(rows), range(levers), range(runs))
    return np.array([(row, run if streams == "shared" else run * rows + row) for row, _, run in made])


def made_up(random: np.random.Generator, clusters: np.ndarray, of_row: float, of_history: float) -> np.ndarray:
    """Return standard normal numbers of which a part of the variance is the row's, a part the random history's."""
    row, history = (random.standard_normal(column.max() + 1)[column] for column in clusters.T)
    rest = np.sqrt(1 - of_row - of_history) * random.standard_normal(len(clusters))
    return np.sqrt(of_row) * row + np.sqrt(of_history) * history + rest


# --- who shares what --------------------------------------------------------------------------------------------------


def test_runs_depend_on_each_other_by_row_and_by_history_only_where_these_are_crossed() -> None:
    assert [len(ways(pool(8, 3, streams))) for streams in ("shared", "own")] == [2, 1]
    assert [fewest(pool(8, 3, streams)) for streams in ("shared", "own")] == [3, 8]
    assert independent(pool(1, 20, "shared")) and independent(pool(20, 1, "own")) and independent(pool(20, 1, "shared"))
    assert not independent(pool(20, 2, "own")) and not independent(pool(20, 1, "own", levers=2))
    assert fewest(pool(1, 5, "shared", levers=3)) == 5, "levels of a lever are no chance"


def test_the_error_of_a_mean_by_hand() -> None:
    """Four rows of two runs of their own: sums of the rows 4, -2, -1, -1, so 22 x 4 / 3 over 8 squared."""
    centred = np.array([3.0, 1.0, -1.0, -1.0, 0.0, -1.0, -2.0, 1.0])
    assert clustered(centred, pool(4, 2, "own")) == (pytest.approx(np.sqrt(22 * 4 / 3) / 8), 3)
    by_run = (3 - 1 + 0 - 2) ** 2 + (1 - 1 - 1 + 1) ** 2
    square = 22 * 4 / 3 + by_run * 2 - (centred**2).sum()
    assert clustered(centred, pool(4, 2, "shared")) == (pytest.approx(np.sqrt(max(square, 22 * 4 / 3)) / 8), 1)


def test_few_histories_are_said_and_eight_are_not() -> None:
    assert few_histories(4, 1024).startswith("1,024 runs are 4 random histories: every point has the same random numbers.")
    assert "hold for this one only" in few_histories(1, 64)
    assert (few_histories(8, 1024), few_histories(4, 4), few_histories(1024, 1024)) == ("", "", "")


# --- pooled shares, means, scores -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "of_row", "of_history"), [(0.24, 0.1, 0.3), (0.24, 0.05, 0.9), (0.03, 0.2, 0.6)])
@pytest.mark.parametrize(("rows", "runs", "streams", "most"), [(256, 4, "shared", 1.0), (256, 4, "own", 0.985)])
def test_the_interval_of_a_share_over_a_pool_covers(
    rows: int, runs: int, streams: str, most: float, p: float, of_row: float, of_history: float
) -> None:
    clusters, random = pool(rows, runs, streams), np.random.default_rng(1)
    held = 0
    for _ in range(TIMES):
        holds = made_up(random, clusters, of_row, of_history) > norm.isf(p)
        _, ends = pooled_share(holds, clusters)
        held += ends[0] <= p <= ends[1]
    assert 0.925 <= held / TIMES <= most


def test_an_interval_that_took_a_thousand_runs_of_four_histories_for_independent_would_not_hold() -> None:
    clusters, random, held = pool(256, 4, "shared"), np.random.default_rng(1), 0
    for _ in range(60):
        holds = made_up(random, clusters, 0.1, 0.3) > norm.isf(0.24)
        low, high = wilson(int(holds.sum()), len(holds))[1]
        held += low <= 0.24 <= high
    assert held / 60 < 0.5


def test_a_share_of_none_or_all_is_known_as_well_as_so_many_histories_know_it() -> None:
    none = np.zeros(1024, bool)
    assert pooled_share(none, pool(256, 4, "shared")) == (0.0, pytest.approx(wilson(0, 4)[1]))
    assert pooled_share(none, pool(256, 4, "own")) == (0.0, pytest.approx(wilson(0, 256)[1]))
    assert pooled_share(none) == pooled_share(none, pool(1024, 1, "own")) == wilson(0, 1024)
    assert pooled_share(none[:0], pool(2, 2, "own")[:0]) == (None, None)


@pytest.mark.parametrize(("rows", "runs", "streams"), [(64, 4, "shared"), (64, 12, "shared"), (64, 4, "own")])
def test_the_interval_of_a_mean_and_of_any_statistic_over_a_pool_cover(rows: int, runs: int, streams: str) -> None:
    clusters, random, held = pool(rows, runs, streams), np.random.default_rng(2), np.zeros(2)
    for _ in range(TIMES // 3):
        values = made_up(random, clusters, 0.2, 0.5)
        found = pooled_mean(values, clusters)[1], pooled_statistic(lambda some: float(some.mean()), values, clusters)
        held += [low <= 0 <= high for low, high in found]
    assert held / (TIMES // 3) == pytest.approx([0.95, 0.95], abs=0.04)


def test_one_cluster_has_no_interval() -> None:
    assert pooled_mean(np.ones(1), pool(1, 1, "own")) == (1.0, None)
    assert pooled_statistic(lambda some: float(some.mean()), np.ones(1), pool(1, 1, "own")) is None


def test_points_of_unequal_runs_weigh_alike() -> None:
    values, clusters = np.array([1.0, 1.0, 1.0, 4.0]), np.array([[0, 0], [0, 2], [0, 4], [1, 1]])
    assert pooled_mean(values, clusters, np.array([1, 1, 1, 3]) / 3)[0] == pytest.approx(2.5)


def test_the_interval_of_a_skill_over_a_pool_covers() -> None:
    """CRPS of a standard normal at 0 is 0.2337; nothing changes is 1 off."""
    truth, item = 1 - (2 * norm.pdf(0) - 1 / np.sqrt(np.pi)), observation("crps", (0, 0, 0), nothing_changes=1)
    clusters, random, held, naive = pool(100, 4, "own"), np.random.default_rng(3), 0, 0
    for time in range(80):
        values = made_up(random, clusters, 0.9, 0.05)
        low, high = score(item, values, START, END, clusters=clusters)["skill_ci"]
        held += low <= truth <= high
        if time < 20:
            low, high = score(item, values, START, END)["skill_ci"]
            naive += low <= truth <= high
    assert 0.9 <= held / 80 <= 0.99
    assert naive / 20 < held / 80


# --- pairs ------------------------------------------------------------------------------------------------------------


def test_pairs_of_a_row_under_two_levels_of_another_lever_are_no_two_rows() -> None:
    """Nothing differs on average; what a row and its history do is the same under both levels of the other lever."""
    clusters, random, alarms = pool(40, 2, "own", levers=2), np.random.default_rng(4), np.zeros(2)
    for _ in range(TIMES):
        changes = made_up(random, clusters, 0.6, 0.35)
        median = paired_median(changes, clusters)
        share = share_test(changes < -1, changes > 1, clusters)
        alarms += median.p < 0.05, share[1] < 0.05
    assert alarms / TIMES == pytest.approx([0.05, 0.05], abs=0.035)


def test_pairs_of_rows_with_one_run_of_their_own_are_tested_exactly() -> None:
    changes = np.random.default_rng(5).standard_normal(50) + 0.3
    assert paired_median(changes, pool(50, 1, "own")) == paired_median(changes, pool(1, 50, "shared"))


# --- parts of the variance --------------------------------------------------------------------------------------------


def test_points_that_do_not_share_runs_have_no_luck_in_common() -> None:
    """Complete, so that it looks crossed: the mean of 400 points' run r says nothing of run r."""
    random = np.random.default_rng(6)
    values = 2 * random.standard_normal((400, 1)) + 3 * random.standard_normal((400, 8))
    made = variance(values, np.arange(400))
    assert (made.between_points, made.both) == pytest.approx((4, 9), rel=0.12)
    assert not made.is_crossed and made.luck == 0
    assert list(made.named) == ["between points: the values", "chance, alone or jointly with values"]


def test_luck_that_the_levers_of_a_row_share_does_not_set_its_points_apart() -> None:
    """Means of 4 rows under 4 levers: rows 9, levers none, so 9 x (1 - 3 / 15) between points; luck 9, in two runs each."""
    random, found, rows = np.random.default_rng(7), [], np.repeat(np.arange(4), 4)
    for _ in range(4000):
        luck = 3 * random.standard_normal((4, 2))[rows]
        found.append(variance(3 * random.standard_normal(4)[rows][:, None] + luck, rows).between_points)
    assert np.mean(found) == pytest.approx(7.2, abs=0.45), "8.1 less of luck is 6.3 where the points were taken one by one"


def test_one_run_a_point_cannot_tell_values_from_luck() -> None:
    made = variance(np.arange(9.0)[:, None], np.arange(9))
    assert not made.is_identified and np.isnan([made.between_points, made.luck, made.both]).all()
    assert made.named == {"values and chance, not separable with one run a point": 7.5}
