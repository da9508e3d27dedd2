"""Play a sweep: every point of its design, by workers that write their own parts.

Whatever is played goes through `fill`: an ensemble is a sweep of one point, a calibration one that keeps
other things of each run.

Resuming is running it again: jobs are planned over the (point, run) that are not there yet, whatever the workers, the size
of jobs or the machine were before. Which random numbers a run has, its point, run and the sweep's `streams` say alone: a
folder goes on with those it was begun with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from sim.experiments.design.replicates import OWN, SHARED, streams_of
from sim.experiments.design.sweep_file import Sweep, find_sweep, load_sweep
from sim.experiments.play.blocks import block_runs, share_runs
from sim.experiments.play.job import Read, Task, compute
from sim.experiments.play.runner import JobsFailed, MakePool, local_pool, work_off
from sim.experiments.play.workers import nothing_left_without_workers, refuse_unguarded
from sim.experiments.store.asked import note_asked, note_failed, read_asked
from sim.experiments.store.begin import is_known, open_folder
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.locks import Shard, alone, held, is_held, take_over
from sim.experiments.store.parts import Job, check_parts, clear_left_overs, left_overs, parts, stamp_of, times_there
from sim.experiments.store.points import SweepResults
from sim.experiments.store.stored import Stored
from sim.ground.checks import WORKERS, whole_number
from sim.ground.errors import InputError
from sim.record.outcomes import outcome_table
from sim.state.arrays import own_numerics

SHARD_RUNS = 512
"""Runs of the points that go to one shard before those of the next; a change would leave shards half done."""


Progress = Callable[[int, int, int], object]
"""Takes the number of runs done, asked for, and of jobs that failed."""


def sweep(name_or_path: str | Path, workers: int = 1, out: str | Path | None = None) -> SweepResults:
    """Play a sweep, or what its folder lacks of it, and open the results.

    name_or_path: as on the command line, a results folder too. With more than one worker, call it from under
    `if __name__ == "__main__":`. out: the folder, results/NAME-HASH when left out, or the one that is named in place of the
    sweep. Raises InputError, FolderBusy, JobsFailed.
    """
    refuse_unguarded()
    loaded = load_sweep(name_or_path)
    folder = (Path(out) if out is not None else folder_of(name_or_path) or default_folder(loaded)).absolute()
    return run_sweep(loaded, folder, workers, lambda done, asked, failed: None)


def folder_of(name_or_path: str | Path) -> Path | None:
    """Return the results folder that stands in place of a sweep, None where it is a name or a file."""
    path = find_sweep(name_or_path)
    return path if path.is_dir() else None


def default_folder(sweep: Sweep) -> Path:
    """Return the folder that a sweep goes to unless asked otherwise.

    Where the sweep file leaves the streams to the number of runs, one that was begun with the others is gone on with.
    """
    folder, other = (_named(each) for each in (sweep, _with_other_streams(sweep)))
    goes_on = not sweep.streams_chosen and not folder.exists() and (other / "manifest.json").is_file()
    return other if goes_on else folder


def _named(sweep: Sweep) -> Path:
    return Path("results") / f"{sweep.name}-{sweep.hash}"


def _with_other_streams(sweep: Sweep) -> Sweep:
    return replace(sweep, streams=OWN if sweep.streams == SHARED else SHARED)


def going_on(sweep: Sweep, folder: Path) -> Sweep:
    """Return a sweep with the streams that its folder was begun with. Raises InputError where its file says the others."""
    if not (folder / "manifest.json").is_file():
        return sweep
    known, other = read_manifest(folder), _with_other_streams(sweep)
    if known.get("hash") != other.hash or streams_of(known, folder) != other.streams:
        return sweep
    if sweep.streams_chosen:
        said = f'was begun with streams = "{other.streams}", the sweep file says "{sweep.streams}"'
        raise InputError(f"{folder}: {said}; name another folder, or leave [replicates] streams out")
    return other


def run_sweep(
    sweep: Sweep,
    folder: Path,
    workers: int,
    on_progress: Progress,
    make_pool: MakePool = local_pool,
    shard: Shard | None = None,
    only: np.ndarray | None = None,
    taken_up: Path | None = None,
) -> SweepResults:
    """Play the (point, run) that `folder` does not hold yet, all or those of a shard, and open the results, as `fill`."""
    fill(sweep, folder, workers, on_progress, make_pool, shard, only=only, taken_up=taken_up)
    return SweepResults(folder)


@own_numerics
def fill(
    sweep: Sweep,
    folder: Path,
    workers: int,
    on_progress: Progress,
    make_pool: MakePool = local_pool,
    shard: Shard | None = None,
    read: Read = outcome_table,
    taken_up: Path | None = None,
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
    sweep = going_on(sweep, folder)
    if _is_there(folder, sweep, only):
        asked = int(sweep.runs * sweep.design.points if sweep.sequential is None else Stored(folder).runs_asked)
        on_progress(asked, asked, 0)
        return
    failed: dict[str, str] = {}
    with nothing_left_without_workers(folder), _made_and_held(folder, shard):
        with alone(folder):
            open_folder(folder, sweep)
            note_asked(folder, sweep.runs if only is None else int(only.sum(axis=1).min()), sweep.sequential)
            driver = take_over(folder, shard)
            if shard is None:
                clear_left_overs(folder)
        manifest = read_manifest(folder)
        check_parts(folder, manifest, parts(folder))
        work = partial(compute, Task(driver, stamp_of(manifest), read, taken_up))
        for there, wanted in _rounds(sweep, folder, shard, only):
            done, asked = int((there & wanted).sum()), int(wanted.sum())
            on_progress(done, asked, 0)
            jobs = plan(there | ~wanted, workers, job_runs(sweep), whole_points=sweep.series == "quantiles")
            for job, why in work_off(work, jobs, min(workers, len(jobs)), make_pool):
                if why is None:
                    done += job.size
                else:
                    failed[str(job) if sweep.design.points > 1 else job.runs_alone] = why
                    note_failed(folder, failed, shard)
                on_progress(done, asked, len(failed))
            if failed:
                break
        note_failed(folder, failed, shard)
    if failed:
        named = ", ".join(f"{job} {why}" for job, why in failed.items())
        raise JobsFailed(f"{named}; {done} of {asked} runs are stored in {folder}")


def _is_there(folder: Path, sweep: Sweep, only: np.ndarray | None) -> bool:
    """Whether there is nothing to write for a sweep: complete results can be shown from a disk that takes no file."""
    if is_held(folder) or not is_known(folder, sweep) or any(folder.glob("failed*.json")) or left_overs(folder):
        return False
    stored = Stored(folder)
    check_parts(folder, stored.manifest, stored.parts)
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
    with held(folder, shard):
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


def job_runs(sweep: Sweep) -> int:
    """Return how many runs a job has at most: a block."""
    return block_runs(sweep.base.days, sweep.series)


def points_of(shard: Shard | None, points: int, runs: int) -> np.ndarray:
    """Return (points,) which points are a shard's: as many as have SHARD_RUNS runs, then as many for the next."""
    if shard is None:
        return np.ones(points, bool)
    return np.arange(points) // max(1, SHARD_RUNS // runs) % shard.of == shard.number - 1


def plan(there: np.ndarray, workers: int, most: int, whole_points: bool = True) -> list[Job]:
    """Cut the (point, run) that are not there into jobs that keep every worker busy.

    there: (points, runs) bool. A job takes points as they follow each other, `most` runs at most, or one point.
    whole_points: however many runs a point lacks, they stay in one job, as quantiles over them need.
    """
    size = share_runs(int(there.size - there.sum()), workers, most)
    jobs: list[Job] = []
    for point, (first, end) in _spans(there):
        if jobs:
            last = jobs[-1]
            follows = (last.end_point, last.first_run, last.end_run) == (point, first, end)
            if follows and last.size + end - first <= size:
                jobs[-1] = Job(last.first_point, point + 1, first, end)
                continue
        step = end - first if whole_points else size
        jobs += [Job(point, point + 1, run, min(run + step, end)) for run in range(first, end, step)]
    return jobs


def _spans(there: np.ndarray) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield each point with each gap in its runs."""
    for point in np.flatnonzero(~there.all(axis=1)).tolist():
        steps = np.diff(np.concatenate([[False], ~there[point], [False]]).astype(np.int8))
        for first, end in zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True):
            yield point, (first, end)
