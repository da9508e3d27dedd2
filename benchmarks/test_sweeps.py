"""Sweeps: what engine and storage add to the compute of the real baseline, and how soon a folder of many parts goes on.

Figures are of processor time, which other work on the machine moves little, and are printed and stored as `ratio`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pytest

from sim.experiments.design.sweep import Sweep
from sim.experiments.play import job
from sim.experiments.play.fill import fill
from sim.experiments.play.job import Task, compute
from sim.experiments.store.asked import note_asked
from sim.experiments.store.initialise import open_folder
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.locks import acquire
from sim.experiments.store.parts import Job, stamp_of

PARTS = 5_000
FILE = """
format = 1
base = "baseline"
[design]
method = "sobol"
points = {points}
[uncertainties]
"defection.threshold_other" = {{}}
[replicates]
n = {runs}
"""


def sweep_of(folder: Path, points: int, runs: int) -> Sweep:
    """Return a sweep of the real baseline with its default outputs: outcomes, and quantiles of every series."""
    (folder / "sweep.toml").write_text(FILE.format(points=points, runs=runs))
    return load_sweep(folder / "sweep.toml")


def seconds(call: Callable[[], object], clock: Callable[[], float] = process_time) -> float:
    began = clock()
    call()
    return clock() - began


@pytest.mark.parametrize("runs", [64, 256])
def test_engine_and_storage_over_compute(
    runs: int, measure: Callable, benchmark: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole sweep, from opening the folder to the last part, over what of it is playing the runs."""
    sweep, rounds, inside, real = (
        sweep_of(tmp_path, points=1024 // runs, runs=runs),
        iter(range(100)),
        [0.0],
        job._models,
    )

    def timed(*args: object, **more: object) -> object:
        began = process_time()
        made = list(real(*args, **more))
        inside[0] += process_time() - began
        return made

    monkeypatch.setattr("sim.experiments.play.job._models", timed)

    def whole() -> float:
        inside[0] = 0.0
        total = seconds(lambda: fill(sweep, tmp_path / str(next(rounds)), 1))
        return total / inside[0]

    ratios = [whole() for _ in range(3)]
    measure(whole, rounds=1, replicate_days=sweep.design.points * runs * sweep.base.days)
    reads = "times the processor time of playing its runs"
    benchmark.extra_info.update(ratio=round(float(np.median(ratios)), 3), reads=reads)


@pytest.fixture
def many_parts(tmp_path: Path) -> tuple[Sweep, Path]:
    """Return a sweep and its folder with a part for each of 5,000 of its points; one point is not there."""
    sweep, folder = sweep_of(tmp_path, points=8192, runs=1), tmp_path / "many"
    open_folder(folder, sweep)
    note_asked(folder, 1, None)
    compute(Task(acquire(folder), stamp_of(read_manifest(folder))), Job(0, 1, 0, 1))
    for table in ("outcomes", "series"):
        first = folder / table / Job(0, 1, 0, 1).part
        for point in range(1, PARTS):
            shutil.copy(first, folder / table / Job(point, point + 1, 0, 1).part)
    return sweep, folder


def test_a_folder_of_many_parts_goes_on_at_once(
    many_parts: tuple[Sweep, Path], measure: Callable, benchmark: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the command to the first job handed out."""
    sweep, folder = many_parts

    class Started(Exception):
        pass

    def hand_out(*_: object) -> None:
        raise Started

    monkeypatch.setattr("sim.experiments.play.fill.work_off", hand_out)

    def resume() -> None:
        with pytest.raises(Started):
            fill(sweep, folder, 1)

    measure(partial(resume), rounds=5)
    benchmark.extra_info["seconds"] = round(seconds(resume, perf_counter), 2)
