"""Estimated time, memory and disk of a sweep, for the runs that its folder lacks, and the resource limits.

Long batches print the estimate first; batches that exceed the resource limits are refused.
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
"""From this many, about ten seconds, a batch prints its estimate first."""

DAY_AS_RUNS = 60
"""Fixed cost of a day of a block, expressed in runs; measured."""

TRIAL_RUNS, TRIAL_DAYS = 256, 30

DISK_PER_RUN, DISK_PER_PART = 220, 100_000
"""Bytes of the outcomes, and of the files of a job independent of content; measured for 2 to 2,048 runs of a point."""

DISK_PER_LEVEL_DAY = 85
"""Bytes of the quantiles; 65 to 94 were measured for 30 to 180 days."""

DISK_PER_VALUE, MEMORY_PER_VALUE = 20, 50
"""Bytes of a factor's value at a point, in every process."""

MEMORY_PER_RUN = 8
"""Bytes in the driver for every run of every point; as much again for each outcome of a precision target."""

SUMMED_UP_PER_RUN_DAY = 300
"""Bytes in the process that summarises an ensemble; 290 were measured for 4,096 to 8,192 runs of 180 days."""


@dataclass(frozen=True)
class Need:
    """Estimated upper limits of the resources of a batch.

    runs: missing runs, or runs to repeat for outcomes that they lack, of `evenings` evenings each.
    at_once: runs that a worker computes together. disk, memory: bytes.
    less: the quantities to reduce if that is too much.
    """

    runs: int
    evenings: int
    at_once: int
    disk: float
    memory: float
    less: str

    @property
    def is_long(self) -> bool:
        """Whether it takes long enough to print the estimate first."""
        return self.runs * self.evenings * (1 + DAY_AS_RUNS / self.at_once) >= RUN_DAYS_ANNOUNCED


def needs_of(
    sweep: Sweep, folder: Path, workers_here: int, shard: Shard | None = None, only: np.ndarray | None = None
) -> tuple[Need, Need]:
    """Return the lower and upper estimate for the runs of a sweep, or of a shard, that `folder` lacks.

    They differ with precision targets. workers_here: 0 if only other machines compute. only: (points, runs) bool, restricts
    the runs.
    """
    of_shard, committed = points_of(shard, sweep.design.points, sweep.runs), _committed_parts(folder, sweep)
    repeated = sum(job.size for job in _parts_to_complete(folder, sweep, committed) if of_shard[job.first_point])
    less = "points or runs" + ("" if sweep.series == "none" else ' (or series = "none")')
    less = "--runs or --days" if sweep.kind == ENSEMBLE else less

    def need(runs: int) -> Need:
        if only is None:
            missing = max(int(of_shard.sum()) * runs - sum(_of_part(job, of_shard, runs) for job in committed), 0)
        else:
            missing = int((only & (times_there(committed, *only.shape) == 0)).sum())
        of_job = _of_job(sweep, missing, runs, workers_here)
        disk = _disk(sweep, missing, runs, of_job) + (0 if committed else DISK_PER_VALUE * _values(sweep))
        at_once = min(of_job, job_runs(sweep))
        return Need(missing + repeated, sweep.base.days + 1, at_once, disk, _memory(sweep, of_job, workers_here), less)

    return need(sweep.sequential.least if sweep.sequential else sweep.runs), need(sweep.runs)


def _values(sweep: Sweep) -> int:
    return sweep.design.points * len(sweep.design.factors)


def _disk(sweep: Sweep, missing: int, runs: int, of_job: int) -> float:
    """Return the disk space of `missing` runs in jobs of `of_job` runs, bytes. runs: of each point."""
    of_series = {
        "none": 0.0,
        "quantiles": DISK_PER_LEVEL_DAY * len(LEVELS) * missing / runs,
        "full": DISK_PER_RUN_DAY * missing,
    }
    return of_series[sweep.series] * (sweep.base.days + 1) + DISK_PER_RUN * missing + DISK_PER_PART * -(-missing // of_job)


def _memory(sweep: Sweep, of_job: int, workers_here: int) -> float:
    """Return the memory of the processes of this machine, bytes; one of them summarises an ensemble."""
    processes = workers_here + (workers_here != 1)  # a single worker is the driver itself
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


def _committed_parts(folder: Path, sweep: Sweep) -> list[Job]:
    """Return the committed parts of a sweep; parts of another sweep in the folder are ignored."""
    is_its = (folder / "manifest.json").is_file() and read_manifest(folder).get("hash") == sweep.hash
    return parts(folder) if is_its else []


def _parts_to_complete(folder: Path, sweep: Sweep, committed: list[Job]) -> list[Job]:
    """Return the parts that lack an outcome defined by an expression."""
    if not committed or sweep.columns:
        return []
    return parts_lacking(folder, committed, outcomes_of(asked_own(folder, sweep.outcomes)))


def _of_part(job: Job, of_shard: np.ndarray, runs: int) -> int:
    """Return the number of (point, run) of a part that are of the shard's points, (points,) bool, and below `runs`."""
    return int(of_shard[job.first_point : job.end_point].sum()) * max(min(job.end_run, runs) - job.first_run, 0)


def _of_job(sweep: Sweep, missing: int, runs: int, workers: int) -> int:
    """Return the number of runs of a job under `plan`: complete points as far as they fit."""
    size = share_runs(missing, workers, job_runs(sweep))
    if runs <= size:
        return size // runs * runs
    return runs if sweep.series == "quantiles" else size


def seconds_per_run(scenario: Scenario, need: Need) -> float:
    """Return the approximate time of a run in a worker, seconds, scaled up from a block of a month."""
    runs = min(TRIAL_RUNS, need.at_once)
    model = TheatreModel(scenario, runs=runs)
    model.step()  # what is read once is in memory
    start, days = perf_counter(), min(TRIAL_DAYS, scenario.days)
    model.run_to(days)
    return (perf_counter() - start) / (runs * max(days - 1, 1)) * need.evenings


def check_resource_limits(need: Need, folder: Path, otherwise: str = "") -> None:
    """Check the resource limits of a batch; writes nothing. otherwise: advice of the message instead of fewer runs.

    Raises InputError if the batch needs more disk than is free or more memory than the machine has; OSError if runs are to
    be added to a folder that cannot be written.
    """
    existing = next(candidate for candidate in (folder, *folder.absolute().parents) if candidate.exists())
    disk = shutil.disk_usage(existing)
    if need.runs and existing.is_dir() and not (disk.total and os.access(existing, os.W_OK | os.X_OK)):  # /proc has no space
        advice = "" if otherwise else "; name another folder"
        raise OSError(errno.EACCES, f"nothing can be written to {existing.absolute()}{advice}", str(folder))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for resource, needed, available, owner, alternative in (
        ("disk", need.disk, disk.free, f"{existing.absolute()} has", "another --out"),
        ("memory", need.memory, memory, "this machine has", "fewer --workers"),
    ):
        if needed > available:
            raise InputError(
                f"this needs about {_gigabytes(needed)} of {resource} and {owner} {_gigabytes(available)}: "
                + (otherwise or f"give fewer {need.less}, or {alternative}, or --anyway to try")
            )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 1e10 else f"{size / 1e9:.2g} GB"
