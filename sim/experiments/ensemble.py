"""Run an ensemble: runs cut into jobs of a block each, jobs worked off by processes that write their own result files.

Whatever is asked, the same command again goes on where it was stopped: jobs are planned over the runs that are not there
yet. A larger number of runs later adds to the same folder.
"""

from __future__ import annotations

import fcntl
import gc
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np

from sim import snapshot
from sim.experiments.store import Results, open_folder, open_results, runs_done, saved_state, write_part
from sim.model import BLOCK_RUNS, TheatreModel
from sim.scenario import Scenario

SMALLEST_JOB = 32
WINDOW_PER_WORKER = 2

Progress = Callable[[int, int], None]


class FolderBusy(RuntimeError):
    """Another run is writing to the results folder."""


class JobsFailed(RuntimeError):
    """Some jobs failed; the rest is stored."""


@dataclass(frozen=True)
class Job:
    """Runs [first_run, first_run + runs) of the scenario, computed and committed together."""

    first_run: int
    runs: int


@dataclass(frozen=True)
class States:
    """Saved states.

    taken_up: the results folder whose runs are taken up again, None to start afresh. horizon: days the runs were to go on
    for when the states of their last evening are kept, None to keep none.
    """

    taken_up: Path | None = None
    horizon: int | None = None


@dataclass(frozen=True)
class Task:
    """What every job of an ensemble has in common."""

    scenario: Scenario
    folder: Path
    states: States


def run_ensemble(
    scenario: Scenario, runs: int, workers: int, folder: Path, on_progress: Progress, states: States = States()
) -> Results:
    """Compute the runs [0, runs) that `folder` does not hold yet, and open the results.

    states: whether the runs start from saved states, and whether their last evening is kept.
    on_progress is called with the number of runs done and asked for. Raises InputError when the folder belongs to other
    results, FolderBusy when another driver holds it, JobsFailed when jobs killed their worker or raised.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _held(folder):
        open_folder(folder, scenario, states.horizon)
        done = runs_done(folder)
        jobs = plan(runs, done, workers)
        on_progress(runs - sum(job.runs for job in jobs), runs)
        _work_off(Task(scenario, folder, states), jobs, min(workers, len(jobs)), runs, on_progress)
    return open_results(folder)


def plan(runs: int, done: np.ndarray, workers: int) -> list[Job]:
    """Cut the runs below `runs` that are not in `done` into jobs that keep every worker busy.

    Jobs are as large as their result file is worth a second or more, but no larger than a worker's fair share.
    """
    missing = np.setdiff1d(np.arange(runs), done)
    if not len(missing):
        return []
    share = -(-len(missing) // max(workers, 1))
    size = max(min(SMALLEST_JOB, share), min(BLOCK_RUNS, share))
    gaps = np.flatnonzero(np.diff(missing) > 1) + 1
    return [
        Job(int(piece[start]), len(piece[start : start + size]))
        for piece in np.split(missing, gaps)
        for start in range(0, len(piece), size)
    ]


def compute(task: Task, job: Job) -> Job:
    """Run one job, a block of runs, and commit its part."""
    gc.collect()  # a model and its agents hold each other, and their arrays with them
    model = TheatreModel(task.scenario, runs=job.runs, first_run=job.first_run)
    if task.states.taken_up is not None:
        snapshot.restore(model, saved_state(task.states.taken_up, job.first_run, job.runs))
    model.run_to(task.scenario.days)
    kept = snapshot.take(model) if task.states.horizon is not None else None
    write_part(task.folder, model.history, kept)
    return job


def _work_off(task: Task, jobs: list[Job], workers: int, runs: int, on_progress: Progress) -> None:
    if workers <= 1:
        done = runs - sum(job.runs for job in jobs)
        for job in jobs:
            compute(task, job)
            done += job.runs
            on_progress(done, runs)
        return
    suspects, failed = _in_pool(task, jobs, workers, runs, on_progress), []
    for job in suspects:  # a worker died; try what was under way one by one, to name the job that kills
        failed += _in_pool(task, [job], 1, runs, on_progress)
    if failed:
        named = ", ".join(f"runs {job.first_run} to {job.first_run + job.runs - 1}" for job in failed)
        raise JobsFailed(f"{named} killed their worker; the other runs are stored in {task.folder}")


def _in_pool(task: Task, jobs: list[Job], workers: int, runs: int, on_progress: Progress) -> list[Job]:
    """Work jobs off in a pool through a bounded window; return those lost with a worker that died."""
    waiting = iter(jobs)
    under_way: dict[Future[Job], Job] = {}
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare_worker)
    try:
        while True:
            while len(under_way) < WINDOW_PER_WORKER * workers and (job := next(waiting, None)) is not None:
                under_way[pool.submit(compute, task, job)] = job
            if not under_way:
                return []
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                del under_way[future]
            on_progress(int((runs_done(task.folder) < runs).sum()), runs)
    except BrokenProcessPool:
        done = set(runs_done(task.folder).tolist())
        return [job for job in [*under_way.values(), *waiting] if job.first_run not in done]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _prepare_worker() -> None:
    """End this worker when the driver is gone, so that a killed driver leaves nothing running."""
    driver = parent_process()

    def leave_with_the_driver() -> None:
        driver.join()
        os._exit(1)

    threading.Thread(target=leave_with_the_driver, daemon=True).start()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. Raises FolderBusy when another driver holds it."""
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderBusy(
                f"{folder}: another run is writing here; wait for it, or name another folder "
                "(on a network disk without locks, see that no other machine writes here)"
            ) from None
        yield
