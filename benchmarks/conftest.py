"""Shared by the benchmarks: the calibrated unit, the measurement of a figure, and the printed summary."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from benchmarks.figures import Figure, report
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario

FIGURES = pytest.StashKey[list[Figure]]()


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return load_scenario("baseline")


def one_unit() -> float:
    """Return seconds of `np.multiply(a, b, out=o)` on a hot float32 (1839, 32) block, which depend on the machine."""
    a = np.full((1839, 32), 1.5, np.float32)
    b, out = a.copy(), np.empty_like(a)
    times = []
    for _ in range(300):
        started = perf_counter()
        np.multiply(a, b, out=out)
        times.append(perf_counter() - started)
    return float(np.median(times))


@pytest.fixture
def measure(benchmark: Any, request: pytest.FixtureRequest) -> Callable[..., float]:
    """Measure a figure, with the calibrated unit before and after; return the median seconds.

    replicate_days: computed by one core.
    """

    def take(
        target: Callable, setup: Callable | None = None, rounds: int = 5, replicate_days: int = 0, **more: Any
    ) -> float:
        before = one_unit()
        benchmark.pedantic(target, setup=setup, rounds=rounds, warmup_rounds=0)
        median, unit = float(benchmark.stats.stats.median), (before + one_unit()) / 2.0
        info = benchmark.extra_info
        info.update(calibrated_units=round(median / unit, 1), unit_microseconds=round(1e6 * unit, 2))
        if replicate_days:
            info.update(replicate_days=replicate_days, replicate_days_per_second=round(replicate_days / median))
        request.config.stash.setdefault(FIGURES, []).append(Figure(request.node.name, info))
        return median

    return take


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures instead of pytest-benchmark's table of seconds, with those that are slower and those skipped."""
    skipped = [
        (item.nodeid.rpartition("::")[2], item.longrepr[2].removeprefix("Skipped: "))
        for item in terminalreporter.stats.get("skipped", [])
    ]
    compared = terminalreporter.config._benchmarksession.compared_mapping or {}
    stored = [item for run in compared.values() for item in run.values()]
    before = {item["name"]: item["extra_info"].get("calibrated_units", 0.0) for item in stored}
    terminalreporter.section("benchmarks")
    for line in report(terminalreporter.config.stash.get(FIGURES, []), skipped, before):
        terminalreporter.write_line(line)
