"""What the benchmarks share: the calibrated unit, how a figure is taken and annotated, and what is printed of them all."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from benchmarks.figures import Figure, report
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario

TAKEN = pytest.StashKey[list[Figure]]()


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
def measure(benchmark: Any, request: pytest.FixtureRequest) -> Callable[..., float]:
    """Take a figure, with its time in units measured beside it; return the median seconds.

    `replicate_days` are those that one core plays.
    """

    def take(
        target: Callable, setup: Callable | None = None, rounds: int = 5, replicate_days: int = 0, **more: Any
    ) -> float:
        before = one_unit()
        benchmark.pedantic(target, setup=setup, rounds=rounds, warmup_rounds=0)
        median, unit = float(benchmark.stats.stats.median), (before + one_unit()) / 2.0
        found = benchmark.extra_info
        found.update(calibrated_units=round(median / unit, 1), unit_microseconds=round(1e6 * unit, 2))
        if replicate_days:
            found.update(replicate_days=replicate_days, replicate_days_per_second=round(replicate_days / median))
        request.config.stash.setdefault(TAKEN, []).append(Figure(request.node.name, found))
        return median

    return take


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured, in place of pytest-benchmark's table of seconds, what of it is slower, and what was not."""
    skipped = [
        (one.nodeid.rpartition("::")[2], one.longrepr[2].removeprefix("Skipped: "))
        for one in terminalreporter.stats.get("skipped", [])
    ]
    compared = terminalreporter.config._benchmarksession.compared_mapping or {}
    stored = [one for run in compared.values() for one in run.values()]
    before = {one["name"]: one["extra_info"].get("calibrated_units", 0.0) for one in stored}
    terminalreporter.section("benchmarks")
    for line in report(terminalreporter.config.stash.get(TAKEN, []), skipped, before):
        terminalreporter.write_line(line)
