"""What a sweep takes of disk and memory, reckoned before it is played: of what its folder does not hold yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.experiments.design.sweep import LEVELS, Sweep
from sim.experiments.play.blocks import MEMORY_AT_REST, memory_of, share_runs
from sim.experiments.play.ceiling import DISK_PER_RUN_DAY, Need
from sim.experiments.play.plan import job_runs, points_of
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.locks import Shard
from sim.experiments.store.manifest import ENSEMBLE
from sim.experiments.store.parts import Job, parts, times_there

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


@dataclass(frozen=True, eq=False)
class _Lacking:
    """What is yet to play of a sweep.

    missing: number of (point, run). runs: of each point. of_job: runs that a job has. found: whether a part is there.
    """

    sweep: Sweep
    missing: int
    runs: int
    of_job: int
    found: bool

    @property
    def evenings(self) -> int:
        return self.sweep.base.days + 1

    @property
    def values(self) -> int:
        return self.sweep.design.points * len(self.sweep.design.factors)

    def disk(self) -> float:
        """Return bytes."""
        days = {
            "none": 0.0,
            "quantiles": DISK_PER_LEVEL_DAY * len(LEVELS) * self.missing / self.runs,
            "full": DISK_PER_RUN_DAY * self.missing,
        }[self.sweep.series] * self.evenings
        jobs = -(-self.missing // self.of_job)
        return days + DISK_PER_RUN * self.missing + DISK_PER_PART * jobs + (not self.found) * DISK_PER_VALUE * self.values

    def memory(self, workers_here: int) -> float:
        """Return bytes, of the processes of this machine; an ensemble is summed up by one of them."""
        processes = workers_here + (workers_here != 1)  # a single one plays by itself
        rule = self.sweep.sequential
        planned = 1 + len({criterion.outcome for criterion in rule.until} if rule else ())
        played = (
            workers_here * memory_of(self.of_job, self.sweep.base.days, self.sweep.series)
            + (processes - workers_here) * MEMORY_AT_REST
            + processes * MEMORY_PER_VALUE * self.values
            + MEMORY_PER_RUN * planned * self.sweep.design.points * self.sweep.runs
        )
        if self.sweep.kind != ENSEMBLE:
            return played
        return max(played, MEMORY_AT_REST + SUMMED_UP_PER_RUN_DAY * self.sweep.runs * self.evenings)


def needs_of(
    sweep: Sweep, folder: Path, workers_here: int, shard: Shard | None = None, only: np.ndarray | None = None
) -> tuple[Need, Need]:
    """Return what is taken by what `folder` does not hold yet of a sweep, or of a shard of it: at least, and at most.

    They differ where a rule says how many runs a point is given. workers_here: 0 where other machines play. only: (points,
    runs) bool, which of them are played in place of all.
    """
    mine, found = points_of(shard, sweep.design.points, sweep.runs), _parts_there(folder, sweep)
    less = "points or runs" + ("" if sweep.series == "none" else ' (or series = "none")')
    less = "--runs or --days" if sweep.kind == ENSEMBLE else less

    def need(runs: int) -> Need:
        if only is None:
            missing = max(int(mine.sum()) * runs - sum(_of_part(job, mine, runs) for job in found), 0)
        else:
            missing = int((only & (times_there(found, *only.shape) == 0)).sum())
        lacking = _Lacking(sweep, missing, runs, _of_job(sweep, missing, runs, workers_here), bool(found))
        at_once = min(lacking.of_job, job_runs(sweep))
        return Need(missing, lacking.evenings, at_once, lacking.disk(), lacking.memory(workers_here), less)

    return need(sweep.sequential.least if sweep.sequential else sweep.runs), need(sweep.runs)


def _parts_there(folder: Path, sweep: Sweep) -> list[Job]:
    """Return the parts of a sweep that are there; those of another one in its place count for nothing."""
    is_its = (folder / "manifest.json").is_file() and read_manifest(folder).get("hash") == sweep.hash
    return parts(folder) if is_its else []


def _of_part(job: Job, mine: np.ndarray, runs: int) -> int:
    """Return how many (point, run) of a part are of the (points,) that are mine and below `runs`."""
    return int(mine[job.first_point : job.end_point].sum()) * max(min(job.end_run, runs) - job.first_run, 0)


def _of_job(sweep: Sweep, missing: int, runs: int, workers: int) -> int:
    """Return how many runs a job has, as `sweep.plan` cuts them: whole points as far as they fit."""
    size = share_runs(missing, workers, job_runs(sweep))
    if runs <= size:
        return size // runs * runs
    return runs if sweep.series == "quantiles" else size
