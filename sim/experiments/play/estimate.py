"""What a sweep would take: one job is played as it would be, and measured."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from sim.experiments.design.sweep import Sweep
from sim.experiments.play.check import disk_used
from sim.experiments.play.job import Task, compute
from sim.experiments.play.plan import job_runs, plan
from sim.experiments.store.initialise import open_folder
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.locks import acquire
from sim.experiments.store.parts import Job, stamp_of
from sim.ground.checks import WORKERS, whole_number

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
    """Play the first job of each round into a temporary folder and scale up what it took to all points."""
    workers = whole_number("workers", workers, WORKERS)
    rounds = [(first, times, _jobs(sweep, end - first, workers)) for first, end, times in _rounds(sweep)]
    jobs, points = sum(times * len(planned) for _, times, planned in rounds), sweep.design.points
    with TemporaryDirectory() as name:
        folder = Path(name) / "trial"
        open_folder(folder, sweep)
        task = Task(acquire(folder), stamp_of(read_manifest(folder)))
        before = disk_used(folder)
        compute(task, Job(0, 1, 0, 1))  # what is read once is in memory
        seconds, used = 0.0, 0
        for first, times, planned in rounds:
            job = replace(planned[0], first_run=first + planned[0].first_run, end_run=first + planned[0].end_run)
            warm, start = disk_used(folder), perf_counter()
            compute(task, job)
            seconds += times * sum(each.size for each in planned) / job.size * (perf_counter() - start)
            used += times * len(planned) * (disk_used(folder) - warm)  # no job is larger than the first
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT_OF_MAXRSS
    return Estimate(
        points,
        points * (sweep.sequential.least if sweep.sequential else sweep.runs),
        points * sweep.runs,
        jobs,
        seconds / min(workers, jobs),
        memory,
        before + used,
    )


def _rounds(sweep: Sweep) -> list[tuple[int, int, int]]:
    """Return the runs [first, end) that a point is given at a time, and how often: all at once, or as a rule has it."""
    rule = sweep.sequential
    if rule is None:
        return [(0, sweep.runs, 1)]
    more = -(-(rule.most - rule.least) // rule.step)
    return [(0, rule.least, 1)] + ([(rule.least, min(rule.least + rule.step, rule.most), more)] if more else [])


def _jobs(sweep: Sweep, runs: int, workers: int) -> list[Job]:
    """Return the jobs that so many runs of every point are cut into."""
    return plan(np.zeros((sweep.design.points, runs), bool), workers, job_runs(sweep), sweep.series == "quantiles")
