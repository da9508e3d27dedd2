"""A run is the same history whatever block, place in the block, start of the calendar or process it is computed in."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from sim.model import TheatreModel
from sim.record.history import History
from sim.record.outcomes import OUTCOMES, outcome_table
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario

DAYS, RUNS = 60, 40
SCENARIOS = ("baseline", "damascus-presses-on", "us-leaves-first")


def played(scenario: Scenario, runs: int, first_run: int = 0, days: int = DAYS) -> History:
    model = TheatreModel(scenario, runs=runs, first_run=first_run)
    model.run_to(days)
    return model.history


@cache
def together(name: str) -> History:
    return played(load_scenario(name, [f"days={DAYS}"]), RUNS)


def assert_same(part: History, whole: History, first: int) -> None:
    """Compare every series, rule, cell and outcome, bit for bit."""
    runs = slice(first, first + part.runs)
    for name, values in part.series.items():
        assert np.array_equal(values, whole.series[name][:, runs], equal_nan=True), name
    for name, codes in part.fired.items():
        assert np.array_equal(codes, whole.fired[name][:, runs]), name
    assert np.array_equal(part.taken_on, whole.taken_on[:, runs])
    assert np.array_equal(part.gone_over_on, whole.gone_over_on[:, runs])
    table = outcome_table(whole)
    for name, values in outcome_table(part).items():
        assert np.array_equal(values, table[name][runs], equal_nan=True), name


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize(("first", "runs"), [(0, 1), (17, 1), (39, 1), (3, 7), (8, 32)])
def test_a_run_alone_is_the_run_in_any_block(name: str, first: int, runs: int) -> None:
    scenario = load_scenario(name, [f"days={DAYS}"])
    assert_same(played(scenario, runs, first), together(name), first)


def test_pieces_of_the_fighting_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.model.CELLS_TIMES_RUNS", 2200)
    assert_same(played(load_scenario("baseline", [f"days={DAYS}"]), RUNS), together("baseline"), 0)


def test_a_shift_of_every_date_by_30_days_changes_nothing() -> None:
    scenario, shift = load_scenario("baseline", [f"days={DAYS}"]), timedelta(days=30)
    shifted = replace(
        scenario,
        epoch=scenario.epoch + shift,
        start_date=scenario.start_date + shift,
        timeline=tuple(replace(event, date=event.date + shift) for event in scenario.timeline),
    )
    one, other = together("baseline"), played(shifted, RUNS)
    for name, values in one.series.items():
        assert np.array_equal(values, other.series[name], equal_nan=True), name
    table = outcome_table(other)
    undated = [outcome.name for outcome in OUTCOMES if "_2026_" not in outcome.name and "_jan" not in outcome.name]
    for name in undated:
        assert np.array_equal(outcome_table(one)[name], table[name], equal_nan=True), name


def test_a_later_start_reads_the_luck_of_its_dates() -> None:
    """Scenarios that start on other days stay paired: luck counts from the epoch."""
    model = TheatreModel(load_scenario("from-ceasefire"), runs=3)
    early = TheatreModel(load_scenario("baseline"), runs=3)
    gap = (model.setting.scenario.start_date - early.setting.scenario.start_date).days
    assert gap == 8
    assert np.array_equal(model.draws.daily("truce.breakdown", 2), early.draws.daily("truce.breakdown", 2 + gap))


def test_a_longer_horizon_changes_no_earlier_day() -> None:
    longer = played(load_scenario("baseline"), RUNS, days=DAYS)
    for name, values in together("baseline").series.items():
        assert np.array_equal(values, longer.series[name][: DAYS + 1], equal_nan=True), name


def test_a_scenario_that_was_pickled_plays_the_same() -> None:
    again = pickle.loads(pickle.dumps(load_scenario("baseline", [f"days={DAYS}"])))
    assert_same(played(again, 4), together("baseline"), 0)


def test_another_seed_and_another_run_are_another_history() -> None:
    other = played(load_scenario("baseline", [f"days={DAYS}", "seed=1"]), RUNS)
    assert not np.array_equal(other.series["sdf_share"], together("baseline").series["sdf_share"])
    assert len({column.tobytes() for column in together("baseline").series["sdf_share"].T}) > RUNS // 2
