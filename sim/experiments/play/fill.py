"""Fill the folder of a sweep: compute every point of its design with workers that write their own parts.

All runs are computed by `fill`: an ensemble is a sweep of one point, a calibration is a sweep that keeps other values of
each run.

The same call again resumes: jobs are planned for the missing (point, run), whatever the workers, the size of jobs or the
machine were before. The random numbers of a run depend only on its point, its run and the sweep's `streams`, which a folder
keeps from its creation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sim.experiments.design.sweep import Sweep
from sim.experiments.play.folder import with_streams_of
from sim.experiments.play.job import Read, Task, add_outcomes, compute
from sim.experiments.play.plan import job_runs, plan, points_of
from sim.experiments.play.runner import JobsFailed, MakePool, local_pool, work_off
from sim.experiments.play.workers import nothing_left_without_workers, refuse_unguarded
from sim.experiments.store.asked import note_asked, note_failed, read_asked
from sim.experiments.store.completed import parts_lacking
from sim.experiments.store.definitions import read_own
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.initialise import is_known, open_folder
from sim.experiments.store.locks import Shard, acquire, exclusive, is_locked, locked
from sim.experiments.store.parts import Job, check_parts, clear_left_overs, left_overs, parts, stamp_of, times_there
from sim.experiments.store.stored import Stored
from sim.ground.checks import WORKERS, whole_number
from sim.record.outcomes import outcome_table, outcomes_of
from sim.scenario.own_outcomes import OwnOutcome, over
from sim.state.arrays import own_numerics

Progress = Callable[[int, int, int], object]
"""Receives the numbers of finished runs, requested runs and failed jobs."""


def quiet(done: int, asked: int, failed: int) -> None:
    """Ignore the progress."""


@own_numerics
def fill(
    sweep: Sweep,
    folder: Path,
    workers: int,
    on_progress: Progress = quiet,
    make_pool: MakePool = local_pool,
    shard: Shard | None = None,
    read: Read = outcome_table,
    continued_from: Path | None = None,
    only: np.ndarray | None = None,
) -> None:
    """Compute the (point, run) missing in `folder`, all or those of a shard.

    only: (points, runs) bool, restricts the runs; the folder is then complete once every point has as many runs as the point
    with the fewest. read, continued_from: see Task. Raises InputError if the folder has other results or a damaged part,
    FolderBusy if another driver has locked it, JobsFailed if jobs raised an error or killed their worker.
    """
    refuse_unguarded()
    workers = whole_number("workers", workers, WORKERS)
    sweep = with_streams_of(sweep, folder)
    if _is_finished(folder, sweep, only):
        asked = int(sweep.runs * sweep.design.points if sweep.sequential is None else Stored(folder).runs_asked)
        on_progress(asked, asked, 0)
        return
    with nothing_left_without_workers(folder), _created_and_locked(folder, shard):
        task = _prepared(folder, sweep, shard, only, read, continued_from)
        batch = _Batch(folder, workers, on_progress, make_pool, shard, one_point=sweep.design.points == 1)
        lacking = _lacking(folder, sweep, task.own, shard)
        stored = sum(job.size for job in parts(folder))
        if lacking:
            batch.work_off(partial(add_outcomes, task), lacking, stored - sum(job.size for job in lacking), stored)
        for present, requested in _rounds(sweep, folder, shard, only):
            jobs = plan(present | ~requested, workers, job_runs(sweep), whole_points=sweep.series == "quantiles")
            batch.work_off(partial(compute, task), jobs, int((present & requested).sum()), int(requested.sum()))
        note_failed(folder, {}, shard)


@dataclass(frozen=True)
class _Batch:
    """Runs jobs of a folder. one_point: messages name a job by its runs alone."""

    folder: Path
    workers: int
    on_progress: Progress
    make_pool: MakePool
    shard: Shard | None
    one_point: bool

    def work_off(self, work: Callable[[Job], None], jobs: Sequence[Job], done: int, asked: int) -> None:
        """Run jobs and report how many of the requested runs are done. Raises JobsFailed."""
        failed: dict[str, str] = {}
        self.on_progress(done, asked, 0)
        for job, fault in work_off(work, jobs, min(self.workers, len(jobs)), self.make_pool):
            if fault is None:
                done += job.size
            else:
                failed[job.runs_alone if self.one_point else str(job)] = fault
                note_failed(self.folder, failed, self.shard)
            self.on_progress(done, asked, len(failed))
        if failed:
            named = ", ".join(f"{job} {fault}" for job, fault in failed.items())
            raise JobsFailed(f"{named}; {done} of {asked} runs are stored in {self.folder}")


def _lacking(folder: Path, sweep: Sweep, own: tuple[OwnOutcome, ...], shard: Shard | None) -> list[Job]:
    """Return the parts, all or those of a shard, that lack an outcome defined by an expression."""
    if sweep.columns:
        return []
    of_shard = points_of(shard, sweep.design.points, sweep.runs)
    return [job for job in parts_lacking(folder, parts(folder), outcomes_of(own)) if of_shard[job.first_point]]


def _prepared(
    folder: Path, sweep: Sweep, shard: Shard | None, only: np.ndarray | None, read: Read, continued_from: Path | None
) -> Task:
    """Initialise a locked folder if it is new, record the requested runs, and return the task that its jobs share."""
    with exclusive(folder):
        open_folder(folder, sweep)
        note_asked(folder, sweep.runs if only is None else int(only.sum(axis=1).min()), sweep.sequential)
        driver = acquire(folder, shard)
        if shard is None:
            clear_left_overs(folder)
    manifest = read_manifest(folder)
    check_parts(folder, manifest, parts(folder))
    own = read_own(folder)
    return Task(
        driver, stamp_of(manifest), partial(outcome_table, own=own) if read is outcome_table else read, continued_from, own
    )


def _is_finished(folder: Path, sweep: Sweep, only: np.ndarray | None) -> bool:
    """Whether a sweep is complete, so that its results can be opened on a read-only disk."""
    if is_locked(folder) or not is_known(folder, sweep) or any(folder.glob("failed*.json")) or left_overs(folder):
        return False
    stored = Stored(folder)
    check_parts(folder, stored.manifest, stored.parts)
    if stored.lacking or over(stored.own, sweep.outcomes) != stored.own:
        return False
    if only is not None:
        return bool((times_there(stored.parts, *only.shape)[only] > 0).all())
    fixed, rule = read_asked(folder)
    if sweep.sequential is not None:
        return stored.is_complete and rule == sweep.sequential
    counts = times_there(stored.parts, sweep.design.points, sweep.runs)
    return fixed >= sweep.runs and bool((counts > 0).all())


@contextmanager
def _created_and_locked(folder: Path, shard: Shard | None) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder, shard):
        yield


def _rounds(
    sweep: Sweep, folder: Path, shard: Shard | None, only: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (points, runs) bool, present and requested: once, or repeatedly until the precision targets are met."""
    of_shard = points_of(shard, sweep.design.points, sweep.runs)
    while True:
        stored = Stored(folder)
        present = times_there(stored.parts, sweep.design.points, sweep.runs) > 0
        runs = stored.wanted_by(sweep.sequential) if sweep.sequential else np.full(len(present), sweep.runs)
        requested = (np.arange(sweep.runs) < runs[:, None]) & of_shard[:, None] & (True if only is None else only)
        yield present, requested
        if sweep.sequential is None or not (requested & ~present).any():
            return
