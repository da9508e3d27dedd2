"""Runs that differ in every value and every policy, in one block: each is what it is alone, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from sim.agents import AGENTS
from sim.agents.dated import known_orders
from sim.draws import Draws
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record import snapshot
from sim.record.history import History
from sim.record.outcomes import outcome_table
from sim.registry import load_scenario, registry
from sim.scenario.entries import Value
from sim.scenario.files import scenario_names
from sim.scenario.scenario import Branch, Scenario
from sim.scenario.settings import ORDERS, Settings
from sim.state.orders import DatedOrder
from sim.state.values import interpolate, part_of, rows

FEW, DAYS = 5, 16
MANY, WHOLE = 17, 180
"""Runs of a block are a prime number, so that no size of a piece or of a vector divides it."""

Sets = list[dict[str, Value]]
"""For each run, the values that are its own, by path."""


def drawn_values(scenario: Scenario, runs: int, random: np.random.Generator, first_evening: bool = True) -> Sets:
    """Draw every value of every run: numbers from their ranges, yes or no and names from all there are, policies in turn."""
    register = registry()
    found: Sets = [{} for _ in range(runs)]
    for path, entry in scenario.entries.items():
        if not first_evening and (path.startswith("start.") or path in register.drawn_at_start):
            continue
        choices = register.choices.get(path, (False, True) if isinstance(entry.value, bool) else ())
        if path.endswith(".policy"):
            values: list[Value] = [choices[(run + len(path)) % len(choices)] for run in range(runs)]
        elif choices:
            values = [choices[place] for place in random.integers(len(choices), size=runs)]
        elif entry.range is None:
            continue
        elif isinstance(entry.value, int):
            values = random.integers(int(entry.range[0]), int(entry.range[1]), runs, endpoint=True).tolist()
        else:
            values = random.uniform(*entry.range, runs).tolist()
        for own, value in zip(found, values, strict=True):
            own[path] = value
    return found


def drawn_orders(scenario: Scenario, runs: int, random: np.random.Generator) -> list[tuple[DatedOrder, ...]]:
    """Draw an order to each actor in one matter for each run, of some days in the first weeks; every third run has none."""
    found: list[tuple[DatedOrder, ...]] = []
    for run in range(runs):
        orders = []
        for agent in AGENTS[: run % 3 * 2]:
            decision = random.choice(list(agent.policies["documented"]))
            order = random.choice(list(known_orders(agent.policies, decision)))
            first = scenario.start_date + timedelta(days=int(random.integers(1, 12)))
            orders.append(DatedOrder(agent.name, str(decision), str(order), first, first + timedelta(days=3)))
        found.append(scenario.orders + tuple(orders))
    return found


def columns_of(sets: Sets) -> dict[str, list[Value]]:
    return {path: [own[path] for own in sets] for path in sets[0]}


def assert_alone(alone: History, block: History, run: int) -> None:
    """Compare every series, cell, outcome and name of a rule that fired, bit for bit."""
    for name, values in alone.series.items():
        assert np.array_equal(values[:, 0], block.series[name][:, run], equal_nan=True), (run, name)
    for decision, codes in alone.fired.items():
        ours, theirs = (np.array(history.rule_names[decision]) for history in (alone, block))
        assert (ours[codes[1:, 0]] == theirs[block.fired[decision][1:, run]]).all(), (run, decision)
    assert np.array_equal(alone.taken_on[:, 0], block.taken_on[:, run])
    assert np.array_equal(alone.gone_over_on[:, 0], block.gone_over_on[:, run])


def assert_each_run_is_itself(scenario: Scenario, runs: int, seed: int) -> None:
    """Play a block in which everything differs by run, run numbers that repeat among them, and each run alone."""
    random = np.random.default_rng(seed)
    sets, orders = drawn_values(scenario, runs, random), drawn_orders(scenario, runs, random)
    numbers = random.integers(0, 40, runs)
    numbers[-1] = numbers[0]
    block = TheatreModel(scenario, numbers=numbers, columns=[columns_of(sets) | {ORDERS: orders}])
    block.run_to(scenario.days)
    table = outcome_table(block.history)
    for run, (own, given) in enumerate(zip(sets, orders, strict=True)):
        alone = TheatreModel(replace(scenario.with_values(own, "drawn"), orders=given), 1, int(numbers[run]))
        alone.run_to(scenario.days)
        assert_alone(alone.history, block.history, run)
        for name, values in outcome_table(alone.history).items():
            assert np.array_equal(values, table[name][[run]], equal_nan=True), (run, name)


@pytest.mark.parametrize("name", scenario_names())
def test_a_run_among_runs_of_other_values_is_the_run_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.model.CELLS_TIMES_RUNS", 2500)  # pieces of two
    assert_each_run_is_itself(load_scenario(name, [f"days={DAYS}"]), FEW, len(name))


@pytest.mark.verify
@pytest.mark.parametrize("name", scenario_names())
def test_a_run_among_many_of_other_values_is_the_run_alone_to_the_horizon(name: str) -> None:
    assert_each_run_is_itself(load_scenario(name, [f"days={WHOLE}"]), MANY, 1000 + len(name))


def test_values_of_a_later_stage_differ_by_run_from_its_day_on(tmp_path: Any) -> None:
    text = 'base = "baseline"\ntitle = "Later"\ntakes_effect = 2026-01-17\ndays = 14\n[moscow]\npolicy = "stay"\n'
    (tmp_path / "later.toml").write_text(text)
    scenario, random = load_scenario(tmp_path / "later.toml"), np.random.default_rng(3)
    assert scenario.branch is not None
    origin, numbers = scenario.branch.origin, [4, 0, 4]
    before = drawn_values(origin, 3, random)
    after = drawn_values(scenario, 3, random, first_evening=False)
    block = TheatreModel(scenario, numbers=numbers, columns=[columns_of(before), columns_of(after)])
    block.run_to(14)
    for run, number in enumerate(numbers):
        first = origin.with_values(before[run], "drawn")
        both = before[run] | after[run]
        staged = replace(first.with_values(both, "drawn"), branch=Branch(scenario.branch.day, first), days=14)
        alone = TheatreModel(staged, 1, number)
        alone.run_to(14)
        assert_alone(alone.history, block.history, run)


def test_a_block_of_differing_runs_is_kept_and_taken_up_again() -> None:
    scenario = load_scenario("baseline", ["days=12"])
    columns = [columns_of(drawn_values(scenario, 3, np.random.default_rng(5)))]
    whole, first, again = (TheatreModel(scenario, numbers=[7, 7, 2], columns=columns) for _ in range(3))
    whole.run_to(12)
    first.run_to(6)
    snapshot.restore(again.state, again.history, snapshot.take(first.state, first.history))
    again.catch_up()
    again.run_to(12)
    for name, values in whole.history.series.items():
        assert np.array_equal(values, again.history.series[name]), name


def test_equal_columns_are_the_scenario_itself() -> None:
    scenario = load_scenario("baseline", ["days=10"])
    columns = {path: [entry.value] * 3 for path, entry in scenario.entries.items()}
    setting = Settings(scenario, columns, 3)
    assert setting["advance"].road_factor.shape == (1,) and len(setting.policies["moscow"]) == 1
    one, other = TheatreModel(scenario, 3), TheatreModel(scenario, 3, columns=[columns])
    for model in (one, other):
        model.run_to(10)
    for name, values in one.history.series.items():
        assert np.array_equal(values, other.history.series[name]), name


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"moscow.no_such": [1.0, 2.0]}, "moscow.no_such is not a value of a scenario"),
        ({"moscow.tie_needed": [0.1]}, "moscow.tie_needed: expected a value for each of 2 runs, got 1"),
        ({"moscow.tie_needed": [0.1, 1.5]}, "moscow.tie_needed = 1.5 must be a number from -1 to 1"),
        ({"moscow.tie_needed": [0.1, np.nan]}, "moscow.tie_needed = nan must be a number from -1 to 1"),
        ({"moscow.policy": ["stay", "go"]}, 'moscow.policy = "go" is not one of documented, stay'),
        ({"start.ties.partner_shifted": [0, 1]}, "start.ties.partner_shifted must be true or false in every run"),
        ({"start.forces.sdf_fighters": [1.5, 2]}, "start.forces.sdf_fighters must be a whole number in every run"),
    ],
)
def test_a_column_that_does_not_fit_is_refused(columns: Mapping[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Settings(load_scenario("baseline"), columns, 2)


def test_too_many_rules_for_a_record_are_refused() -> None:
    days = [date(2026, 1, 13) + timedelta(days=day) for day in range(130)]
    orders = [(DatedOrder("moscow", "qamishli", "leave_qamishli", day, day),) for day in days]
    with pytest.raises(InputError, match=r"moscow.qamishli: 133 rules in one block"):
        TheatreModel(load_scenario("baseline"), 130, columns=[{ORDERS: orders}])


@pytest.mark.parametrize("numbers", [[5], [0, 1, 2], [9, 2, 2, 3, 70, 69, 9]])
def test_a_number_draws_the_same_in_any_company(numbers: list[int]) -> None:
    draws, all_of_them = Draws(3, numbers, 8), Draws(3, range(100), 8)
    assert np.array_equal(draws.once("cells", 40), all_of_them.once("cells", 40)[:, numbers])
    assert np.array_equal(draws.once("run", 1), all_of_them.once("run", 1)[:, numbers])
    for day in (1, 70):
        assert np.array_equal(draws.daily("day", day), all_of_them.daily("day", day)[numbers])
        assert np.array_equal(draws.daily("sites", day, 6), all_of_them.daily("sites", day, 6)[:, numbers])
    chosen = np.array([len(numbers) - 1, 0])
    part = draws.part(chosen)
    assert (part.runs, part.numbers.tolist()) == (2, [numbers[-1], numbers[0]])
    assert np.array_equal(part.daily("sites", 70, 6), draws.daily("sites", 70, 6)[:, chosen])


def test_rows_parts_and_lines_of_values_by_run() -> None:
    one, three = np.array([2.0], np.float32), np.array([1.0, 4.0, 9.0], np.float32)
    assert rows(one, one).tolist() == [[2.0], [2.0]]
    assert rows(one, three).tolist() == [[2.0, 2.0, 2.0], [1.0, 4.0, 9.0]]
    setting = Settings(load_scenario("baseline"), {"insurgency.share.raqqa": [0.1, 0.2, 0.3]}, 3)
    part = setting.part(np.array([2, 0]))
    assert part["insurgency"].share[1].tolist() == pytest.approx([0.3, 0.1])
    assert part["advance"] is setting["advance"]
    assert part_of(setting["insurgency"], np.array([1])).share[1].tolist() == pytest.approx([0.2])
    knots, x = np.array([0.0, 1.0, 3.0]), np.array([-1.0, 0.5, 3.0, 7.0])
    table = np.array([[0.0, 1.0, 2.0, 3.0], [10.0, 11.0, 12.0, 13.0], [20.0, 21.0, 22.0, 23.0]])
    assert interpolate(x, knots, table[:, :1]).tolist() == np.interp(x, knots, table[:, 0]).tolist()
    assert interpolate(x, knots, table).tolist() == [0.0, 6.0, 22.0, 23.0]
