"""Scaling of cost with runs, days, cells and processes: prints the tables of benchmarks/README.md and draws its plot.

    make scaling

takes some minutes on an idle machine and writes benchmarks/scaling.svg.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import BLOCK_RUNS
from sim.experiments.play.run import run
from sim.ground.theatre import Theatre
from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from tests.fine_lattice import fine_theatre

PICTURE = Path(__file__).with_name("scaling.svg")
RUNS = (BLOCK_RUNS, 2 * BLOCK_RUNS, 4 * BLOCK_RUNS)
DAYS = (180, 360, 720)
PLANNED = (1, 256, 10_000, 100_000, 1_000_000)


def play(scenario: Scenario, runs: int = BLOCK_RUNS, theatre: Theatre | None = None) -> float:
    """Return the seconds of runs in blocks, in one process."""
    started = perf_counter()
    for first in range(0, runs, BLOCK_RUNS):
        TheatreModel(scenario, min(BLOCK_RUNS, runs - first), first, theatre=theatre).run_to(scenario.days)
    return perf_counter() - started


def best(*arguments: object, rounds: int = 3) -> float:
    """Return the minimum seconds of a few rounds; other work on the machine only adds time."""
    return min(play(*arguments) for _ in range(rounds))


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the slope of log seconds against log size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def by_runs(scenario: Scenario) -> list[float]:
    """Return seconds for each of RUNS."""
    return [best(scenario, runs) for runs in RUNS]


def by_days() -> list[float]:
    """Return seconds for each of DAYS of equal days: the quiet year with an idle Damascus."""
    idle = 'damascus.policy="idle"'
    return [best(load_scenario("quiet-2025", [f"days={days}", idle])) for days in DAYS]


def by_cells() -> tuple[list[int], list[float]]:
    """Return theatre cells and seconds of ten days of general offensive, on the lattice and with each cell split in four.

    Half of the runs fight at a time on four times the cells, so that block times cells stays what it is.
    """
    scenario = load_scenario("baseline", ["days=10", 'start.course.campaign="general"', 'damascus.policy="press_on"'])
    coarse, fine = TheatreModel(scenario, 1).theatre, fine_theatre(scenario)
    return [coarse.size, fine.size], [best(scenario, BLOCK_RUNS, coarse), best(scenario, BLOCK_RUNS, fine)]


def by_processes(scenario: Scenario, runs: int = 16 * BLOCK_RUNS) -> list[float]:
    """Return seconds of an ensemble with results stored, by one and by two processes."""
    seconds = []
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            started = perf_counter()
            run(scenario, runs, workers=workers, out=Path(folder) / "results")
            seconds.append(perf_counter() - started)
    return seconds


def stored(scenario: Scenario) -> float:
    """Return bytes that a run leaves on disk."""
    with tempfile.TemporaryDirectory() as folder:
        run(scenario, BLOCK_RUNS, out=Path(folder) / "results")
        return sum(path.stat().st_size for path in Path(folder).rglob("*.*")) / BLOCK_RUNS


def draw(days: list[float], runs: list[float], cells: tuple[list[int], list[float]]) -> None:
    """Draw the three curves against their size, both axes logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
    for axis, sizes, seconds, name in zip(
        axes, (RUNS, DAYS, cells[0]), (runs, days, cells[1]), ("runs", "days", "theatre cells"), strict=True
    ):
        axis.loglog(sizes, seconds, "o-", color="#1f4e79")
        axis.set(xlabel=name, ylabel="seconds", title=f"exponent {exponent(sizes, seconds):.2f}")
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    figure.savefig(PICTURE, metadata={"Date": None})


def main() -> None:
    """Measure, print, draw."""
    scenario = load_scenario("baseline")
    play(replace(scenario, days=5))  # imports and caches
    runs, days, cells, processes = by_runs(scenario), by_days(), by_cells(), by_processes(scenario)
    per_run, disk = runs[-1] / RUNS[-1], stored(scenario)
    for name, sizes, seconds in (("runs", RUNS, runs), ("days", DAYS, days), ("cells", *cells)):
        measured = ", ".join(f"{size:,}: {one:.2f} s" for size, one in zip(sizes, seconds, strict=True))
        print(f"| {name} | {measured} | {exponent(sizes, seconds):.2f} |")
    print(f"\none process {processes[0]:.1f} s, two {processes[1]:.1f} s: gain {processes[0] / processes[1]:.2f}")
    print(f"{scenario.days / per_run:,.0f} replicate-days per second and core\n")
    for planned in PLANNED:
        seconds, megabytes = planned * per_run / 2.0, planned * disk / 2**20
        print(f"| {planned:,} | {seconds:,.1f} s | {megabytes:,.1f} MB |")
    draw(days, runs, cells)


if __name__ == "__main__":
    main()
