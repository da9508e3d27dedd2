"""What a sweep would take: one point is played as it would be, and measured."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from sim.experiments import sweep as sweeping
from sim.experiments.sweep_check import disk_used
from sim.experiments.sweep_file import Sweep
from sim.experiments.sweep_store import Job, open_folder

UNIT_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Estimate:
    """What a whole sweep would take. seconds: with all workers busy. memory: of each worker. Sizes in bytes."""

    points: int
    runs: int
    jobs: int
    seconds: float
    memory: int
    disk: int


def estimate(sweep: Sweep, workers: int) -> Estimate:
    """Play point 0 into a temporary folder and scale up what it took."""
    there = np.zeros((sweep.design.points, sweep.runs), bool)
    jobs = sweeping.plan(there, workers)
    with TemporaryDirectory() as name:
        folder = Path(name) / "trial"
        open_folder(folder, sweep)
        before = disk_used(folder)
        sweeping.compute(str(folder), Job(0, 1, 0, 1))  # what is read once is in memory
        warm = disk_used(folder)
        start = perf_counter()
        sweeping.compute(str(folder), Job(0, 1, 0, sweep.runs))
        seconds, used = perf_counter() - start, disk_used(folder) - warm
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT_OF_MAXRSS
    points = sweep.design.points
    return Estimate(
        points, there.size, len(jobs), seconds * points / min(workers, len(jobs)), memory, before + used * points
    )
