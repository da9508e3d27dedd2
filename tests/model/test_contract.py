"""What every agent and every mechanism keeps to."""

from __future__ import annotations

import copy
import inspect
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sim.agents import AGENTS
from sim.agents.seen import Seen, see
from sim.mechanisms import AFTERMATH, DIPLOMACY, FIGHTING, LOGISTICS, MECHANISMS, campaign
from sim.model import TheatreModel
from sim.registry import load_scenario, registry
from sim.state.orders import Orders
from sim.state.state import State, sizes
from sim.state.values import declared

RUNS, DAY = 16, 9
NAMES = [mechanism.NAME for mechanism in MECHANISMS]
MAY_BE_INFINITE = {"truce_ends"}


@pytest.fixture(scope="module")
def model() -> TheatreModel:
    """The baseline on the evening of 21 January, with the day's orders given."""
    model = TheatreModel(load_scenario("baseline"), runs=RUNS)
    model.run_to(DAY)
    return model


def copied(state: State) -> State:
    return copy.deepcopy(state)


def arrays(struct: Any) -> dict[str, np.ndarray]:
    return {item.name: getattr(struct, item.name) for item in fields(struct) if "axes" in item.metadata}


def advance(mechanism: ModuleType, model: TheatreModel, state: State, dt: float = 1.0) -> None:
    mechanism.advance(model.theatre, state, model.orders, model.setting[mechanism.NAME], model.draws, dt)


def test_the_day_holds_every_mechanism_once() -> None:
    groups = (DIPLOMACY, LOGISTICS, (campaign,), FIGHTING, AFTERMATH)
    assert tuple(mechanism for group in groups for mechanism in group) == MECHANISMS
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_a_mechanism_says_what_it_is_and_declares_its_rates(mechanism: ModuleType) -> None:
    assert mechanism.__name__.rpartition(".")[2] == mechanism.NAME
    assert mechanism.__doc__ and mechanism.advance.__doc__
    assert is_dataclass(mechanism.Rates) and mechanism.Rates.__doc__.startswith(f"[{mechanism.NAME}]")
    signature = list(inspect.signature(mechanism.advance).parameters)
    assert signature == ["theatre", "state", "orders", "rates", "draws", "dt"]
    for _, kind, says in declared(mechanism.Rates, registry().axes):
        assert kind in (float, int, bool, str) and says["unit"]


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_a_mechanism_moves_the_state_and_nothing_else(mechanism: ModuleType, model: TheatreModel) -> None:
    state, orders = copied(model.state), copy.deepcopy(model.orders)
    kept = {name: array for name, array in vars(model.theatre).items() if isinstance(array, np.ndarray)}
    ground = {name: array.copy() for name, array in kept.items()}
    advance(mechanism, model, state)
    state.check(sizes(model.theatre, RUNS))
    for name, array in arrays(model.orders).items():
        assert np.array_equal(array, getattr(orders, name)), f"{mechanism.NAME} wrote to orders.{name}"
    for name, array in kept.items():
        assert np.array_equal(array, ground[name]), f"{mechanism.NAME} wrote to theatre.{name}"
    for name, array in arrays(state).items():
        assert name in MAY_BE_INFINITE or np.isfinite(array.astype(float)).all(), f"{mechanism.NAME} left {name} infinite"


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_a_mechanism_does_the_same_again(mechanism: ModuleType, model: TheatreModel) -> None:
    first, second = copied(model.state), copied(model.state)
    advance(mechanism, model, first)
    advance(mechanism, model, second)
    for name, array in arrays(first).items():
        assert np.array_equal(array, getattr(second, name), equal_nan=True), name


WRITERS = {
    "army": {"advance"},
    "progress": {"advance"},
    "taken_on": {"advance"},
    "cause": {"advance"},
    "gone_over": {"defection"},
    "patience": {"defection"},
    "truce": {"truce", "talks"},
    "deal": {"truce", "talks"},
    "custody": {"custody"},
    "inmates": {"custody", "transfer"},
    "transferred": {"transfer"},
    "withdrawal": {"withdrawal"},
    "stock": {"withdrawal"},
    "losses": {"attrition"},
    "attacks": {"insurgency"},
    "displaced": {"displacement"},
    "prospects": {"prospects"},
    "relation": {"relations", "summit"},
    "guarantor_absence": {"guarantee"},
    "us_persons": {"us_presence"},
}
"""Who may write a quantity: one process of the world, or two where both are said to."""


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_a_quantity_is_written_by_the_processes_that_may(mechanism: ModuleType) -> None:
    model = TheatreModel(load_scenario("baseline"), runs=RUNS)
    for _ in range(14):
        model.step()
        state = copied(model.state)
        state.day += 1
        advance(mechanism, model, state)
        for name, writers in WRITERS.items():
            if mechanism.NAME not in writers:
                assert np.array_equal(getattr(state, name), getattr(model.state, name)), name


FIRST_ORDER = {"damascus": "campaign", "moscow": "leave_airfield", "sdf": "truce_accepted", "us": "urge_halt"}
"""The first of each actor's orders, in the order in which sim.state.orders lists them."""


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.name for agent in AGENTS])
def test_an_agent_reads_only_and_writes_orders_only(agent: type, model: TheatreModel) -> None:
    actor = next(one for one in model.agents if isinstance(one, agent))
    before, given = copied(model.state), model.orders
    model.seen = see(model.theatre, model.state, model.setting.scenario.waits(model.day))
    model.orders = Orders.zeros(sizes(model.theatre, RUNS))
    actor.step()
    written = {name for name, array in arrays(model.orders).items() if array.any()}
    model.orders = given
    for name, array in arrays(before).items():
        assert np.array_equal(array, getattr(model.state, name), equal_nan=True), f"{agent.name} wrote to the state: {name}"
    names = [item.name for item in fields(Orders) if "axes" in item.metadata]
    starts = [names.index(first) for first in FIRST_ORDER.values()]
    place = list(FIRST_ORDER).index(agent.name)
    mine = names[starts[place] : [*starts, len(names)][place + 1]]
    assert written <= set(mine), f"{agent.name} gave another's orders"


def test_what_an_agent_sees_cannot_be_written(model: TheatreModel) -> None:
    seen = see(model.theatre, model.state, model.setting.scenario.waits(model.day))
    for item in fields(Seen):
        value = getattr(seen, item.name)
        if isinstance(value, np.ndarray) and value.size:
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 0


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.name for agent in AGENTS])
def test_every_policy_decides_every_matter_and_every_rule_says_why(agent: type) -> None:
    assert {"documented", "idle", "random"} <= set(agent.policies) and len(agent.policies) >= 5
    for policy in agent.policies.values():
        assert set(policy) == set(agent.policies["documented"])
        for rules in policy.values():
            for rule in rules:
                assert rule.when.__doc__ and rule.order.__doc__ and rule.evidence


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.name for agent in AGENTS])
def test_a_rule_is_a_pure_condition_and_the_last_always_holds(agent: type, model: TheatreModel) -> None:
    seen = see(model.theatre, model.state, model.setting.scenario.waits(model.day)).but(chance=np.linspace(0.01, 1.0, RUNS))
    values = model.setting[agent.name]
    for policy in agent.policies.values():
        for rules in policy.values():
            for rule in rules:
                first, second = (np.asarray(rule.when(seen, values)) for _ in range(2))
                assert first.dtype == bool and first.shape == (RUNS,), rule.name
                assert np.array_equal(first, second), rule.name
            assert np.asarray(rules[-1].when(seen, values)).all()


def test_the_order_in_which_the_actors_decide_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    one = TheatreModel(load_scenario("baseline"), runs=RUNS)
    monkeypatch.setattr("sim.model.AGENTS", AGENTS[::-1])
    other = TheatreModel(load_scenario("baseline"), runs=RUNS)
    assert [agent.name for agent in other.agents] == [agent.name for agent in one.agents][::-1]
    one.run_to(20)
    other.run_to(20)
    for name, values in one.history.series.items():
        assert np.array_equal(values, other.history.series[name], equal_nan=True), name


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_a_number_that_becomes_none_stops_the_run_and_names_the_mechanism(
    mechanism: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = TheatreModel(load_scenario("baseline"), runs=2)
    model.run_to(4)

    def fails(theatre: Any, state: State, *rest: Any) -> None:
        state.relation[:] = np.zeros(2, np.float32) / np.zeros(2, np.float32)

    monkeypatch.setattr(mechanism, "advance", fails)
    with pytest.raises(FloatingPointError) as caught:
        model.run_to(8)
    assert f"in the mechanism {mechanism.NAME}, on day {model.day}" in caught.value.__notes__
