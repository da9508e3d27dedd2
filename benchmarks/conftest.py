"""What the benchmarks share: the calibrated unit, and how a figure is taken and annotated."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from sim.scenario import Scenario, load_scenario


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return load_scenario("baseline")


def one_unit() -> float:
    """Return seconds of `np.multiply(a, b, out=o)` on a hot float32 (1839, 32) block, which move with the machine."""
    a = np.full((1839, 32), 1.5, np.float32)
    b, out = a.copy(), np.empty_like(a)
    times = []
    for _ in range(300):
        began = perf_counter()
        np.multiply(a, b, out=out)
        times.append(perf_counter() - began)
    return float(np.median(times))


@pytest.fixture
def measure(benchmark: Any) -> Callable[..., float]:
    """Take a figure, with its time in units measured beside it; return the median seconds."""

    def take(
        target: Callable, setup: Callable | None = None, rounds: int = 5, replicate_days: int = 0, **more: Any
    ) -> float:
        before = one_unit()
        benchmark.pedantic(target, setup=setup, rounds=rounds, warmup_rounds=0)
        median = float(benchmark.stats.stats.median)
        benchmark.extra_info["calibrated_units"] = round(2.0 * median / (before + one_unit()), 1)
        if replicate_days:
            benchmark.extra_info["replicate_days_per_second"] = round(replicate_days / median)
        return median

    return take
