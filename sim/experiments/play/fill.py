"""Fill the folder of a sweep: play every point of its design, by workers that write their own parts.

Whatever is played goes through `fill`: an ensemble is a sweep of one point, a calibration one that keeps
other things of each run.

Resuming is running it again: jobs are planned over the (point, run) that are not there yet, whatever the workers, the size
of jobs or the machine were before. Which random numbers a run has, its point, run and the sweep's `streams` say alone: a
folder goes on with those it was begun with.
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
from sim.experiments.store.initialise import is_known, open_folder
from sim.experiments.store.completed import parts_lacking
from sim.experiments.store.definitions import read_own
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.locks import Shard, exclusive, locked, is_locked, acquire
from sim.experiments.store.parts import Job, check_parts, clear_left_overs, left_overs, parts, stamp_of, times_there
from sim.experiments.store.stored import Stored
from sim.ground.checks import WORKERS, whole_number
from sim.record.outcomes import outcome_table, outcomes_of
from sim.scenario.own_outcomes import OwnOutcome, over
from sim.state.arrays import own_numerics

Progress = Callable[[int, int, int], object]
"""Takes the number of runs done, asked for, and of jobs that failed."""


def quiet(done: int, asked: int, failed: int) -> None:
    """Take how far it is and say nothing."""


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
    """Play the (point, run) that `folder` does not hold yet, all or those of a shard.

    only: (points, runs) bool, which of them are played in place of all; the folder counts as complete once every point has
    as many runs as the one with the fewest. read, taken_up: as a Task has them. Raises InputError when the folder belongs
    to other results or a part of it is damaged, FolderBusy when another driver holds it, JobsFailed when jobs raised or
    killed their worker.
    """
    refuse_unguarded()
    workers = whole_number("workers", workers, WORKERS)
    sweep = with_streams_of(sweep, folder)
    if _is_there(folder, sweep, only):
        asked = int(sweep.runs * sweep.design.points if sweep.sequential is None else Stored(folder).runs_asked)
        on_progress(asked, asked, 0)
        return
    with nothing_left_without_workers(folder), _made_and_held(folder, shard):
        task = _begun(folder, sweep, shard, only, read, continued_from)
        batch = _Batch(folder, workers, on_progress, make_pool, shard, one_point=sweep.design.points == 1)
        lacking = _lacking(folder, sweep, task.own, shard)
        there = sum(job.size for job in parts(folder))
        if lacking:
            batch.work_off(partial(add_outcomes, task), lacking, there - sum(job.size for job in lacking), there)
        for is_there, wanted in _rounds(sweep, folder, shard, only):
            jobs = plan(is_there | ~wanted, workers, job_runs(sweep), whole_points=sweep.series == "quantiles")
            batch.work_off(partial(compute, task), jobs, int((is_there & wanted).sum()), int(wanted.sum()))
        note_failed(folder, {}, shard)


@dataclass(frozen=True)
class _Batch:
    """How jobs of a folder are worked off, whatever they do. one_point: they are told by their runs alone."""

    folder: Path
    workers: int
    on_progress: Progress
    make_pool: MakePool
    shard: Shard | None
    one_point: bool

    def work_off(self, work: Callable[[Job], None], jobs: Sequence[Job], done: int, asked: int) -> None:
        """Work jobs off, and tell how many runs of those asked for are done. Raises JobsFailed."""
        failed: dict[str, str] = {}
        self.on_progress(done, asked, 0)
        for job, why in work_off(work, jobs, min(self.workers, len(jobs)), self.make_pool):
            if why is None:
                done += job.size
            else:
                failed[job.runs_alone if self.one_point else str(job)] = why
                note_failed(self.folder, failed, self.shard)
            self.on_progress(done, asked, len(failed))
        if failed:
            named = ", ".join(f"{job} {why}" for job, why in failed.items())
            raise JobsFailed(f"{named}; {done} of {asked} runs are stored in {self.folder}")


def _lacking(folder: Path, sweep: Sweep, own: tuple[OwnOutcome, ...], shard: Shard | None) -> list[Job]:
    """Return the parts, all or those of a shard, that lack an outcome which is written as an expression."""
    if sweep.columns:
        return []
    mine = points_of(shard, sweep.design.points, sweep.runs)
    return [job for job in parts_lacking(folder, parts(folder), outcomes_of(own)) if mine[job.first_point]]


def _begun(
    folder: Path, sweep: Sweep, shard: Shard | None, only: np.ndarray | None, read: Read, continued_from: Path | None
) -> Task:
    """Note what is asked of a folder that is held, which is made where it is not there; return what its jobs share."""
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


def _is_there(folder: Path, sweep: Sweep, only: np.ndarray | None) -> bool:
    """Whether there is nothing to write for a sweep: complete results can be shown from a disk that takes no file."""
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
    there = times_there(stored.parts, sweep.design.points, sweep.runs)
    return fixed >= sweep.runs and bool((there > 0).all())


@contextmanager
def _made_and_held(folder: Path, shard: Shard | None) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder, shard):
        yield


def _rounds(
    sweep: Sweep, folder: Path, shard: Shard | None, only: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (points, runs) what is there and what is wanted: once, or anew until no point wants more runs."""
    mine = points_of(shard, sweep.design.points, sweep.runs)
    while True:
        stored = Stored(folder)
        there = times_there(stored.parts, sweep.design.points, sweep.runs) > 0
        runs = stored.wanted_by(sweep.sequential) if sweep.sequential else np.full(len(there), sweep.runs)
        wanted = (np.arange(sweep.runs) < runs[:, None]) & mine[:, None] & (True if only is None else only)
        yield there, wanted
        if sweep.sequential is None or not (wanted & ~there).any():
            return
