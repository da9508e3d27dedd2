"""What an ensemble says of an outcome: intervals and quantiles by hand, what did not come kept apart from what did."""

from __future__ import annotations

from datetime import date
from math import sqrt

import numpy as np
import pytest

from sim.record.outcomes import CATEGORY, DATE, NUMBER, YES_NO, Outcome
from sim.record.statistics import summarise, wilson

START = date(2026, 1, 12)
Z = 1.959963984540054
"""Normal quantile of a two-sided 95% interval."""


def outcome(kind: str, *categories: str) -> Outcome:
    return Outcome("it", "unit", kind, "a test", (), lambda history: np.zeros(1), categories)


def wilson_by_hand(successes: int, n: int) -> list[float]:
    """Wilson (1927), as in Brown, Cai and DasGupta (2001), Interval Estimation for a Binomial Proportion, equation 4."""
    share = successes / n
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return [centre - half, centre + half]


@pytest.mark.parametrize(("successes", "n"), [(3, 10), (128, 256), (0, 256), (256, 256), (1, 1)])
def test_a_share_has_its_wilson_interval(successes: int, n: int) -> None:
    share, interval = wilson(successes, n)
    assert share == successes / n
    assert interval == pytest.approx(wilson_by_hand(successes, n), abs=1e-12)


def test_a_share_of_nothing_is_none() -> None:
    assert wilson(0, 0) == (None, None)


def test_no_event_in_all_runs_leaves_the_share_open_above() -> None:
    _, (low, high) = wilson(0, 256)
    assert low == pytest.approx(0, abs=1e-12)
    assert 0.014 < high < 0.015


def test_yes_or_no_counts_the_runs_in_which_the_question_arose() -> None:
    told = summarise(outcome(YES_NO), np.array([1.0, 0.0, np.nan, 1.0]), START, 28)
    assert (told["n"], told["censored"], told["share"]) == (3, 0, 2 / 3)
    assert told["ci"] == pytest.approx(wilson_by_hand(2, 3))


def test_numbers_leave_out_what_did_not_arise() -> None:
    told = summarise(outcome(NUMBER), np.array([4.0, np.nan, 0.0, 8.0, 2.0, 6.0]), START, 28)
    assert told["n"] == 5
    assert [told[key] for key in ("mean", "p05", "p25", "median", "p75", "p95")] == pytest.approx([4, 0.4, 2, 4, 6, 7.6])


def test_a_number_that_never_arose_has_no_quantiles() -> None:
    told = summarise(outcome(NUMBER), np.full(3, np.nan), START, 28)
    assert told["n"] == 0
    assert {told[key] for key in ("mean", "p05", "p25", "median", "p75", "p95")} == {None}


def test_a_date_is_ranked_among_all_runs_those_it_did_not_come_in_last() -> None:
    """20 runs: days 1 to 12, and 8 in which it did not come: three quarters of the runs were not through by the end."""
    days = np.concatenate([np.full(8, np.nan), np.arange(12, 0, -1.0)])
    told = summarise(outcome(DATE), days, START, 28)
    assert (told["n"], told["censored"]) == (20, 8)
    assert [told[key] for key in ("p05", "p25", "median", "p75", "p95")] == [1, 5, 10, None, None]
    assert told["median_date"] == "2026-01-22"


def test_a_date_that_came_in_fewer_than_half_the_runs_has_no_median() -> None:
    told = summarise(outcome(DATE), np.array([3.0, 4.0, np.nan, np.nan, np.nan]), START, 28)
    assert (told["p05"], told["p25"], told["median"], told["median_date"]) == (3, 4, None, None)


def test_a_date_that_came_in_just_half_the_runs_has_one() -> None:
    assert summarise(outcome(DATE), np.array([3.0, 4.0, np.nan, np.nan]), START, 28)["median"] == 4


def test_a_date_is_given_with_its_probability_by_round_days_within_the_horizon() -> None:
    told = summarise(outcome(DATE), np.array([8.0, 9.0, 28.0, np.nan]), START, 28)
    assert told["by"] == {"2026-01-20": 0.25, "2026-01-28": 0.5, "2026-02-09": 0.75}


def test_categories_share_out_the_runs_that_reached_one() -> None:
    told = summarise(outcome(CATEGORY, "open", "settled", "rift"), np.array([1.0, 1.0, np.nan, 2.0]), START, 28)
    assert (told["n"], told["shares"]) == (3, {"open": 0.0, "settled": 2 / 3, "rift": 1 / 3})
