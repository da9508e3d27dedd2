"""Play a sweep: every point of its design, each with the same luck, by workers that write their own parts.

Resuming is running it again: jobs are planned over the (point, run) that are not there yet, whatever the workers, the size
of jobs or the machine were before. Every point shares seed and run numbers, so that differences between points are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from sim.arrays import own_numerics
from sim.checks import WORKERS, whole_number
from sim.experiments.blocks import JOBS_PER_WORKER, block_runs
from sim.experiments.folders import read_manifest
from sim.experiments.locks import Shard, alone, held, is_held, take_over
from sim.experiments.runner import JobsFailed, MakePool, local_pool, work_off
from sim.experiments.sweep_file import Sweep, find_sweep, load_sweep
from sim.experiments.sweep_play import Task, compute
from sim.experiments.sweep_results import SweepResults
from sim.experiments.sweep_store import (
    Job,
    check_parts,
    clear_left_overs,
    is_known,
    note_asked,
    note_failed,
    open_folder,
    parts,
    read_asked,
    stamp_of,
    times_there,
)
from sim.experiments.workers import nothing_left_without_workers, refuse_unguarded

SHARD_RUNS = 512
"""Runs of the points that go to one shard before those of the next; a change would leave shards half done."""


Progress = Callable[[int, int, int], None]
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
    """Return the folder that a sweep goes to unless asked otherwise."""
    return Path("results") / f"{sweep.name}-{sweep.hash}"


@own_numerics
def run_sweep(
    sweep: Sweep,
    folder: Path,
    workers: int,
    on_progress: Progress,
    make_pool: MakePool = local_pool,
    shard: Shard | None = None,
) -> SweepResults:
    """Play the (point, run) that `folder` does not hold yet, all or those of a shard, and open the results.

    Raises InputError when the folder belongs to other results or a part of it is damaged, FolderBusy when another driver
    holds it, JobsFailed when jobs raised or killed their worker.
    """
    refuse_unguarded()
    workers = whole_number("workers", workers, WORKERS)
    if _is_there(folder, sweep):
        results = SweepResults(folder)
        on_progress(results.runs_asked, results.runs_asked, 0)
        return results
    failed: dict[str, str] = {}
    with nothing_left_without_workers(folder), _made_and_held(folder, shard):
        with alone(folder):
            open_folder(folder, sweep)
            note_asked(folder, sweep.runs, sweep.sequential)
            driver = take_over(folder, shard)
            if shard is None:
                clear_left_overs(folder)
        manifest = read_manifest(folder)
        check_parts(folder, manifest, parts(folder))
        work = partial(compute, Task(driver, stamp_of(manifest)))
        for there, wanted in _rounds(sweep, folder, shard):
            done, asked = int((there & wanted).sum()), int(wanted.sum())
            on_progress(done, asked, 0)
            jobs = plan(there | ~wanted, workers, job_runs(sweep), whole_points=sweep.series == "quantiles")
            for job, why in work_off(work, jobs, workers, make_pool):
                if why is None:
                    done += job.size
                else:
                    failed[str(job)] = why
                    note_failed(folder, failed, shard)
                on_progress(done, asked, len(failed))
            if failed:
                break
        note_failed(folder, failed, shard)
    if failed:
        named = ", ".join(f"{job} {why}" for job, why in failed.items())
        raise JobsFailed(f"{named}; {done} of {asked} runs are stored in {folder}")
    return SweepResults(folder)


def _is_there(folder: Path, sweep: Sweep) -> bool:
    """Whether there is nothing to write for a sweep: complete results can be shown from a disk that takes no file."""
    left_over = ("failed*.json", "outcomes/.*", "series/.*")
    if is_held(folder) or not is_known(folder, sweep) or any(path for pattern in left_over for path in folder.glob(pattern)):
        return False
    results = SweepResults(folder)
    check_parts(folder, results.manifest, results.parts)
    fixed, rule = read_asked(folder)
    return results.is_complete and (rule == sweep.sequential if sweep.sequential else fixed >= sweep.runs)


@contextmanager
def _made_and_held(folder: Path, shard: Shard | None) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder, shard):
        yield


def _rounds(sweep: Sweep, folder: Path, shard: Shard | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (points, runs) what is there and what is wanted: once, or anew until no point wants more runs."""
    mine = points_of(shard, sweep.design.points, sweep.runs)
    while True:
        results = SweepResults(folder)
        there = times_there(results.parts, sweep.design.points, sweep.runs) > 0
        runs = results.wanted_by(sweep.sequential) if sweep.sequential else np.full(len(there), sweep.runs)
        wanted = (np.arange(sweep.runs) < runs[:, None]) & mine[:, None]
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
    """Cut the (point, run) that are not there into jobs.

    there: (points, runs) bool. A job takes points as they follow each other, `most` runs or one point, but no more than
    keeps every worker busy to the end. whole_points: however many runs a point lacks, they stay in one job, as quantiles
    over them need.
    """
    missing = int(there.size - there.sum())
    size = min(most, -(-missing // (JOBS_PER_WORKER * workers)))
    jobs: list[Job] = []
    for point, (first, end) in _spans(there):
        if jobs:
            last = jobs[-1]
            follows = (last.end_point, last.first_run, last.end_run) == (point, first, end)
            if follows and last.size + end - first <= size:
                jobs[-1] = Job(last.first_point, point + 1, first, end)
                continue
        step = end - first if whole_points else most
        jobs += [Job(point, point + 1, run, min(run + step, end)) for run in range(first, end, step)]
    return jobs


def _spans(there: np.ndarray) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield each point with each gap in its runs."""
    for point in np.flatnonzero(~there.all(axis=1)).tolist():
        steps = np.diff(np.concatenate([[False], ~there[point], [False]]).astype(np.int8))
        for first, end in zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True):
            yield point, (first, end)
