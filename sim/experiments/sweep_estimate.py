"""What a sweep would take: one point is played as it would be, and measured."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from sim.experiments.folders import read_manifest
from sim.experiments.locks import take_over
from sim.experiments.sweep import plan
from sim.experiments.sweep_check import disk_used
from sim.experiments.sweep_file import Sweep
from sim.experiments.sweep_play import Task, compute
from sim.experiments.sweep_store import Job, open_folder, stamp_of

UNIT_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Estimate:
    """What a whole sweep would take at most. seconds: with all workers busy. memory: of each worker. Sizes in bytes.

    least_runs: where a rule says how many runs a point is given, those that every point has.
    """

    points: int
    least_runs: int
    runs: int
    jobs: int
    seconds: float
    memory: int
    disk: int


def estimate(sweep: Sweep, workers: int) -> Estimate:
    """Play point 0 into a temporary folder and scale up what it took."""
    there = np.zeros((sweep.design.points, sweep.runs), bool)
    jobs = plan(there, workers, whole_points=sweep.series == "quantiles")
    with TemporaryDirectory() as name:
        folder = Path(name) / "trial"
        open_folder(folder, sweep)
        task = Task(take_over(folder), stamp_of(read_manifest(folder)))
        before = disk_used(folder)
        compute(task, Job(0, 1, 0, 1))  # what is read once is in memory
        warm = disk_used(folder)
        start = perf_counter()
        compute(task, Job(0, 1, 0, sweep.runs))
        seconds, used = perf_counter() - start, disk_used(folder) - warm
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT_OF_MAXRSS
    points = sweep.design.points
    return Estimate(
        points,
        points * (sweep.sequential.least if sweep.sequential else sweep.runs),
        there.size,
        len(jobs),
        seconds * points / min(workers, len(jobs)),
        memory,
        before + used * points,
    )
