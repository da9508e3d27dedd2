"""Speed of the core and of its parts. `make bench` prints the table, stores it, and compares it with the last stored one.

Beside each figure stands its calibrated unit: its time over that of one numpy multiply of a hot block in the same process,
which hardly moves with the machine's load.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks import BLOCK_RUNS
from sim.agents import AGENTS
from sim.agents.seen import see
from sim.experiments.play.job import Played, commit
from sim.mechanisms import MECHANISMS
from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from sim.state.orders import Orders
from sim.state.state import sizes
from tests.sweeps import job_of, task_for

QUIET_DAY, OFFENSIVE_DAY = 100, 7
SIZES = pytest.mark.parametrize("runs", [1, 32, BLOCK_RUNS], ids=["small", "typical", "large"])


@pytest.fixture(scope="session")
def on_day(scenario: Scenario) -> Callable[[int, int], TheatreModel]:
    """Return a model that stands on the evening before a day, played once and kept."""
    kept: dict[tuple[int, int], TheatreModel] = {}

    def model(day: int, runs: int = BLOCK_RUNS) -> TheatreModel:
        if (day, runs) not in kept:
            kept[day, runs] = TheatreModel(scenario, runs=runs)
            kept[day, runs].run_to(day - 1)
            kept[day, runs].draws.daily("warm", day)
        return kept[day, runs]

    return model


@SIZES
@pytest.mark.parametrize("day", [OFFENSIVE_DAY, QUIET_DAY], ids=["offensive", "quiet"])
def test_one_day(measure: Callable, on_day: Callable, day: int, runs: int) -> None:
    model = on_day(day, runs)
    kept = copy.deepcopy(model.state)

    def setup() -> None:
        model.state = copy.deepcopy(kept)

    measure(model.step, setup=setup, rounds=9, replicate_days=runs)


@SIZES
def test_the_whole_horizon(measure: Callable, scenario: Scenario, runs: int) -> None:
    def play() -> None:
        TheatreModel(scenario, runs=runs).run_to(scenario.days)

    measure(play, rounds=3, replicate_days=runs * scenario.days)


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=[mechanism.NAME for mechanism in MECHANISMS])
def test_a_mechanism_on_a_day_of_the_offensive(measure: Callable, on_day: Callable, mechanism: ModuleType) -> None:
    model = on_day(OFFENSIVE_DAY)
    orders = Orders.zeros(sizes(model.theatre, BLOCK_RUNS))

    def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
        state = copy.deepcopy(model.state)
        return (model.theatre, state, orders, model.setting[mechanism.NAME], model.draws, 1.0), {}

    measure(mechanism.advance, setup=setup, rounds=15, replicate_days=BLOCK_RUNS)


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.name for agent in AGENTS])
def test_an_agent_on_a_day_of_the_offensive(measure: Callable, on_day: Callable, agent: type) -> None:
    model = on_day(OFFENSIVE_DAY)
    actor = next(one for one in model.agents if isinstance(one, agent))
    model.orders = Orders.zeros(sizes(model.theatre, BLOCK_RUNS))
    model.seen = see(model.theatre, model.state, model.setting.scenario.waits(model.day))
    measure(actor.step, rounds=25, replicate_days=BLOCK_RUNS)


def test_what_the_actors_see(measure: Callable, on_day: Callable) -> None:
    model = on_day(OFFENSIVE_DAY)
    waits = model.setting.scenario.waits(model.day)
    measure(lambda: see(model.theatre, model.state, waits), rounds=25, replicate_days=BLOCK_RUNS)


def test_recording_a_day(measure: Callable, on_day: Callable) -> None:
    model = on_day(OFFENSIVE_DAY)
    orders = Orders.zeros(sizes(model.theatre, BLOCK_RUNS))
    measure(lambda: model.history.record(model.theatre, model.state, orders), rounds=25, replicate_days=BLOCK_RUNS)


def test_loading_a_scenario(measure: Callable) -> None:
    measure(lambda: load_scenario("baseline"))


@SIZES
def test_writing_results(measure: Callable, scenario: Scenario, tmp_path: Path, runs: int) -> None:
    model = TheatreModel(scenario, runs=runs)
    model.run_to(scenario.days)
    task, job = task_for(tmp_path / "results", scenario), job_of(0, runs)
    measure(
        lambda: commit(task, job, Played([model.history], np.arange(runs))), rounds=3, replicate_days=runs * scenario.days
    )
