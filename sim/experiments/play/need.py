"""What a sweep takes of disk, memory and time, reckoned before it is played: of what its folder does not hold yet.

It is told before long work, and refused where it is more than there is.
"""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from sim.experiments.design.kept import ENSEMBLE
from sim.experiments.design.sweep import LEVELS, Sweep
from sim.experiments.play.blocks import MEMORY_AT_REST, memory_of, share_runs
from sim.experiments.play.plan import job_runs, points_of
from sim.experiments.store.completed import parts_lacking
from sim.experiments.store.definitions import asked_own
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.locks import Shard
from sim.experiments.store.parts import Job, parts, times_there
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record.outcomes import outcomes_of
from sim.scenario.scenario import Scenario

DISK_PER_RUN_DAY = 40
"""Bytes; 28 to 34 were measured for 60 to 720 days, more where a job is small."""

RUN_DAYS_ANNOUNCED = 1_000_000
"""From this many on, ten seconds or so, a batch says beforehand what it will take."""

DAY_AS_RUNS = 60
"""A day of a block takes its time whatever the number of runs, as if there were so many more of them; measured."""

TRIAL_RUNS, TRIAL_DAYS = 256, 30

DISK_PER_RUN, DISK_PER_PART = 220, 100_000
"""Bytes of the outcomes, and of the files of a job however little they hold; measured for 2 to 2,048 runs of a point."""

DISK_PER_LEVEL_DAY = 85
"""Bytes of the quantiles; 65 to 94 were measured for 30 to 180 days."""

DISK_PER_VALUE, MEMORY_PER_VALUE = 20, 50
"""Bytes of a factor's value at a point, which every process holds."""

MEMORY_PER_RUN = 8
"""Bytes in the process that hands out the jobs, for every run of every point; as much again for each outcome in a rule."""

SUMMED_UP_PER_RUN_DAY = 300
"""Bytes in the process that sums an ensemble up; 290 were measured for 4,096 to 8,192 runs of 180 days."""


@dataclass(frozen=True)
class Need:
    """What a batch takes at most.

    runs: that are yet to play, or to play again for outcomes that they lack, of so many evenings each. at_once: runs that a
    worker plays together. disk, memory: bytes. less: what to give less of where that is too much.
    """

    runs: int
    evenings: int
    at_once: int
    disk: float
    memory: float
    less: str

    @property
    def is_long(self) -> bool:
        """Whether it takes long enough to be told beforehand."""
        return self.runs * self.evenings * (1 + DAY_AS_RUNS / self.at_once) >= RUN_DAYS_ANNOUNCED


def needs_of(
    sweep: Sweep, folder: Path, workers_here: int, shard: Shard | None = None, only: np.ndarray | None = None
) -> tuple[Need, Need]:
    """Return what is taken by what `folder` does not hold yet of a sweep, or of a shard of it: at least, and at most.

    They differ where a rule says how many runs a point is given. workers_here: 0 where other machines play. only: (points,
    runs) bool, which of them are played in place of all.
    """
    mine, found = points_of(shard, sweep.design.points, sweep.runs), _parts_there(folder, sweep)
    again = sum(job.size for job in _parts_to_complete(folder, sweep, found) if mine[job.first_point])
    less = "points or runs" + ("" if sweep.series == "none" else ' (or series = "none")')
    less = "--runs or --days" if sweep.kind == ENSEMBLE else less

    def need(runs: int) -> Need:
        if only is None:
            missing = max(int(mine.sum()) * runs - sum(_of_part(job, mine, runs) for job in found), 0)
        else:
            missing = int((only & (times_there(found, *only.shape) == 0)).sum())
        of_job = _of_job(sweep, missing, runs, workers_here)
        disk = _disk(sweep, missing, runs, of_job) + (0 if found else DISK_PER_VALUE * _values(sweep))
        at_once = min(of_job, job_runs(sweep))
        return Need(missing + again, sweep.base.days + 1, at_once, disk, _memory(sweep, of_job, workers_here), less)

    return need(sweep.sequential.least if sweep.sequential else sweep.runs), need(sweep.runs)


def _values(sweep: Sweep) -> int:
    return sweep.design.points * len(sweep.design.factors)


def _disk(sweep: Sweep, missing: int, runs: int, of_job: int) -> float:
    """Return bytes of so many runs, which jobs of so many write. runs: of each point."""
    of_series = {
        "none": 0.0,
        "quantiles": DISK_PER_LEVEL_DAY * len(LEVELS) * missing / runs,
        "full": DISK_PER_RUN_DAY * missing,
    }
    return of_series[sweep.series] * (sweep.base.days + 1) + DISK_PER_RUN * missing + DISK_PER_PART * -(-missing // of_job)


def _memory(sweep: Sweep, of_job: int, workers_here: int) -> float:
    """Return bytes, of the processes of this machine; an ensemble is summed up by one of them."""
    processes = workers_here + (workers_here != 1)  # a single one plays by itself
    rule = sweep.sequential
    planned = 1 + len({criterion.outcome for criterion in rule.until} if rule else ())
    played = (
        workers_here * memory_of(of_job, sweep.base.days, sweep.series)
        + (processes - workers_here) * MEMORY_AT_REST
        + processes * MEMORY_PER_VALUE * _values(sweep)
        + MEMORY_PER_RUN * planned * sweep.design.points * sweep.runs
    )
    if sweep.kind != ENSEMBLE:
        return played
    return max(played, MEMORY_AT_REST + SUMMED_UP_PER_RUN_DAY * sweep.runs * (sweep.base.days + 1))


def _parts_there(folder: Path, sweep: Sweep) -> list[Job]:
    """Return the parts of a sweep that are there; those of another one in its place count for nothing."""
    is_its = (folder / "manifest.json").is_file() and read_manifest(folder).get("hash") == sweep.hash
    return parts(folder) if is_its else []


def _parts_to_complete(folder: Path, sweep: Sweep, found: list[Job]) -> list[Job]:
    """Return the parts that lack an outcome which is written as an expression."""
    if not found or sweep.columns:
        return []
    return parts_lacking(folder, found, outcomes_of(asked_own(folder, sweep.outcomes)))


def _of_part(job: Job, mine: np.ndarray, runs: int) -> int:
    """Return how many (point, run) of a part are of the (points,) that are mine and below `runs`."""
    return int(mine[job.first_point : job.end_point].sum()) * max(min(job.end_run, runs) - job.first_run, 0)


def _of_job(sweep: Sweep, missing: int, runs: int, workers: int) -> int:
    """Return how many runs a job has, as `sweep.plan` cuts them: whole points as far as they fit."""
    size = share_runs(missing, workers, job_runs(sweep))
    if runs <= size:
        return size // runs * runs
    return runs if sweep.series == "quantiles" else size


def seconds_per_run(scenario: Scenario, need: Need) -> float:
    """Return about how long a worker takes for a run: a few of them are played for a month, and their pace is scaled up."""
    runs = min(TRIAL_RUNS, need.at_once)
    model = TheatreModel(scenario, runs=runs)
    model.step()  # what is read once is in memory
    start, days = perf_counter(), min(TRIAL_DAYS, scenario.days)
    model.run_to(days)
    return (perf_counter() - start) / (runs * max(days - 1, 1)) * need.evenings


def check_resource_limits(need: Need, folder: Path, otherwise: str = "") -> None:
    """See that what a batch takes is there. Nothing is written. otherwise: what the message advises in place of fewer runs.

    Raises InputError where it takes more disk than is free, or more memory than the machine has; OSError where the folder
    cannot be written and runs are to be added to it.
    """
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    disk = shutil.disk_usage(there)
    if need.runs and there.is_dir() and not (disk.total and os.access(there, os.W_OK | os.X_OK)):  # /proc has no room at all
        advice = "" if otherwise else "; name another folder"
        raise OSError(errno.EACCES, f"nothing can be written to {there.absolute()}{advice}", str(folder))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for what, takes, has, at, other in (
        ("disk", need.disk, disk.free, f"{there.absolute()} has", "another --out"),
        ("memory", need.memory, memory, "this machine has", "fewer --workers"),
    ):
        if takes > has:
            raise InputError(
                f"this would take about {_gigabytes(takes)} of {what} and {at} {_gigabytes(has)}: "
                + (otherwise or f"give fewer {need.less}, or {other}, or --anyway to try")
            )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 1e10 else f"{size / 1e9:.2g} GB"
