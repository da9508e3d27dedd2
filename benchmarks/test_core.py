"""Speed of the core. Each figure also stands in calibrated units: its time over that of one numpy multiply of a hot block.

`make bench` prints the table, stores it under .benchmarks with the machine named, and compares it with the last stored one.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
import pytest

from sim.model import BLOCK_RUNS, TheatreModel
from sim.scenario import Scenario, load_scenario

QUIET_DAY, OFFENSIVE_DAY, ROUNDS = 100, 7, 8


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("baseline")


@pytest.fixture(scope="module")
def unit() -> float:
    """Seconds of `np.multiply(a, b, out=o)` on a hot float32 (1839, 32) block: the unit that moves with the machine."""
    a = np.full((1839, 32), 1.5, np.float32)
    b, out = a.copy(), np.empty_like(a)
    times = []
    for _ in range(300):
        began = perf_counter()
        np.multiply(a, b, out=out)
        times.append(perf_counter() - began)
    return float(np.median(times))


def _model_on(scenario: Scenario, day: int) -> TheatreModel:
    model = TheatreModel(scenario, runs=BLOCK_RUNS)
    model.run_to(day - 1)
    return model


def _measure(benchmark: Callable, unit: float, replicate_days: int, **how: object) -> None:
    benchmark.pedantic(warmup_rounds=0, **how)
    median = benchmark.stats.stats.median
    benchmark.extra_info["calibrated_units"] = round(median / unit, 1)
    benchmark.extra_info["replicate_days_per_second"] = round(replicate_days / median)


@pytest.mark.parametrize("day", [OFFENSIVE_DAY, QUIET_DAY], ids=["offensive", "quiet"])
def test_one_day(benchmark: Callable, unit: float, scenario: Scenario, day: int) -> None:
    def setup() -> tuple[tuple[TheatreModel], dict]:
        return (_model_on(scenario, day),), {}

    runs = BLOCK_RUNS
    _measure(benchmark, unit, runs, target=TheatreModel.step, setup=setup, rounds=ROUNDS)


@pytest.mark.parametrize("runs", [1, 32, 112])
def test_a_whole_block_of_60_days(benchmark: Callable, unit: float, scenario: Scenario, runs: int) -> None:
    def block() -> None:
        TheatreModel(scenario, runs=runs).run_to(60)

    _measure(benchmark, unit, runs * 60, target=block, rounds=3)


def test_loading_a_scenario(benchmark: Callable, unit: float) -> None:
    _measure(benchmark, unit, 0, target=load_scenario, args=("baseline",), rounds=5)
