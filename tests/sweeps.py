"""A small sweep of the baseline to test on, the program as a process of its own, and when two sweeps are the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sim.experiments.design.sweep import Sweep
from sim.experiments.design.uncertain import Uncertain
from sim.experiments.play.fill import fill, quiet
from sim.experiments.play.job import Task, compute
from sim.experiments.play.run import ensemble_of
from sim.experiments.store.initialise import open_folder
from sim.experiments.store.ensemble import Results, open_ensemble
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.locks import Lease, acquire
from sim.experiments.store.parts import Job, parts, stamp_of
from sim.experiments.store.sweep import SweepResults
from sim.scenario.scenario import Scenario

__all__ = ["quiet"]

ROOT = Path(__file__).resolve().parent.parent
DAYS, RUNS, POINTS, ROWS = 9, 6, 9, 4
SWEEP = f"""
format = 1
base = "baseline"
title = "A small sweep"
days = {DAYS}

[design]
method = "sobol"
points = 4
seed = 3

[levers]
"moscow.policy" = {{ values = ["documented", "stay"] }}

[uncertainties]
"defection.threshold_other" = {{}}

[replicates]
n = {RUNS}
"""


def written(folder: Path, text: str = SWEEP) -> Path:
    (folder / "small.toml").write_text(text)
    return folder / "small.toml"


def run_sweep(sweep: Sweep, folder: Path, workers: int, *more: Any, **named: Any) -> SweepResults:
    """Play what `folder` lacks of a sweep and open the results."""
    fill(sweep, folder, workers, *more, **named)
    return SweepResults(folder)


def run_ensemble(
    scenario: Scenario, runs: int, workers: int, folder: Path, *more: Any, uncertain: Uncertain | None = None
) -> Results:
    """Play the runs [0, runs) of a scenario that `folder` lacks and open the results."""
    fill(replace(ensemble_of(scenario, uncertain), runs=runs), folder, workers, *more)
    return open_ensemble(folder)


def assert_same(one: SweepResults, other: SweepResults) -> None:
    """Compare outcomes and every series bit for bit."""
    assert one.table().equals(other.table())
    if one.manifest["series"] != "none":
        names = one.series_names()
        assert one.series(names).equals(other.series(names))


class started:  # noqa: N801 - it reads as a verb
    """Start the program on a sweep; when left, wait until nothing of its process group is there any more."""

    def __init__(self, file: Path, folder: Path, *more: str, workers: int = 2) -> None:
        command = [sys.executable, "-m", "sim", "sweep", str(file), "--workers", str(workers), "--out", str(folder), *more]
        self.process = subprocess.Popen(
            command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> subprocess.Popen[str]:
        return self.process

    def __exit__(self, *_: Any) -> None:
        self.process.communicate(timeout=120)
        wait_until(lambda: not group_alive(self.process.pid))


def group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs_in(folder: Path) -> list[int]:
    """Return the numbers of the runs of an ensemble that are there."""
    return sorted(run for part in parts(folder) for run in range(part.first_run, part.end_run))


def task_for(folder: Path, scenario: Scenario) -> Task:
    """Return what jobs of an ensemble are done with, in a folder that is made where it is not there."""
    open_folder(folder, ensemble_of(scenario))
    driver: Lease = acquire(folder)
    return Task(driver, stamp_of(read_manifest(folder)))


def job_of(first_run: int, runs: int) -> Job:
    """Return a job of an ensemble."""
    return Job(0, 1, first_run, first_run + runs)


def play_part(folder: Path, scenario: Scenario, first_run: int, runs: int) -> None:
    """Play some runs of an ensemble and commit their part."""
    compute(task_for(folder, scenario), job_of(first_run, runs))


def flip(content: bytes) -> bytes:
    """Change one bit of the last column's values, which only a checksum can tell."""
    group = pq.ParquetFile(BytesIO(content)).metadata.row_group(0)
    column = group.column(group.num_columns - 1)
    initialise = column.dictionary_page_offset or column.data_page_offset
    changed = bytearray(content)
    changed[initialise + column.total_compressed_size - 3] ^= 1
    return bytes(changed)


def committed(folder: Path) -> int:
    """Return the number of parts that are there."""
    return len(list(folder.glob("outcomes/[0-9]*.parquet")))
