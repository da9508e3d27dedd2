"""Run an ensemble: runs cut into jobs of a block each, jobs worked off by processes that write their own result files.

Whatever is asked, the same command again goes on where it was stopped: jobs are planned over the runs that are not there
yet. A larger number of runs later adds to the same folder.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sim import snapshot
from sim.arrays import own_numerics
from sim.checks import RUNS, WORKERS, whole_number
from sim.errors import InputError
from sim.experiments.blocks import block_runs, share_runs
from sim.experiments.locks import held, is_held
from sim.experiments.results import Results, open_results
from sim.experiments.runner import JobsFailed, work_off
from sim.experiments.store import is_known, note_asked, open_folder, read_asked, runs_done, saved_state, write_part
from sim.experiments.workers import nothing_left_without_workers, refuse_unguarded
from sim.model import TheatreModel
from sim.scenario import Scenario, as_scenario, load_scenario

Progress = Callable[[int, int], object]


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


def run(
    name_or_path: str | Path | Scenario,
    runs: int | None = None,
    sets: Sequence[str] = (),
    workers: int = 1,
    out: str | Path | None = None,
) -> Results:
    """Run a scenario many times, or what its folder lacks of it, and open the results; `frame` of them is a DataFrame.

    name_or_path and sets: as on the command line; or a scenario as load_scenario returns it, which takes no sets. runs: the
    scenario's own number when left out. With more than one worker, call it from under `if __name__ == "__main__":`. out:
    the folder, results/NAME-HASH when left out. Raises InputError, FolderBusy, JobsFailed.
    """
    refuse_unguarded()
    if isinstance(name_or_path, Scenario) and sets:
        raise InputError("sets go with the name or path of a scenario; give them to load_scenario")
    loaded = load_scenario(name_or_path, sets) if isinstance(name_or_path, (str, Path)) else as_scenario(name_or_path)
    if runs is not None:
        loaded = loaded.with_values({"runs": whole_number("runs", runs, RUNS)}, set_by="runs")
    folder = Path(out).absolute() if out is not None else default_folder(loaded).absolute()
    return run_ensemble(loaded, loaded.runs, workers, folder, lambda done, asked: None)


def default_folder(scenario: Scenario) -> Path:
    """Return the folder that results of a scenario go to unless asked otherwise."""
    return Path("results") / f"{scenario.name}-{scenario.hash}"


@own_numerics
def run_ensemble(
    scenario: Scenario, runs: int, workers: int, folder: Path, on_progress: Progress, states: States = States()
) -> Results:
    """Compute the runs [0, runs) that `folder` does not hold yet, and open the results.

    states: whether the runs start from saved states, and whether their last evening is kept.
    on_progress is called with the number of runs done and asked for. Raises InputError when the folder belongs to other
    results, FolderBusy when another driver holds it, JobsFailed when jobs killed their worker or raised.
    """
    refuse_unguarded()
    runs, workers = whole_number("runs", runs, RUNS), whole_number("workers", workers, WORKERS)
    if _is_there(folder, scenario, runs, states.horizon):
        on_progress(runs, runs)
        return open_results(folder)
    with nothing_left_without_workers(folder), _made_and_held(folder):
        open_folder(folder, scenario, states.horizon)
        note_asked(folder, runs)
        done = runs_done(folder)
        jobs = plan(runs, done, workers, block_runs(scenario.days))
        on_progress(runs - sum(job.runs for job in jobs), runs)
        _work_off(Task(scenario, folder, states), jobs, min(workers, len(jobs)), runs, on_progress)
    return open_results(folder)


def _is_there(folder: Path, scenario: Scenario, runs: int, horizon: int | None) -> bool:
    """Whether there is nothing to write for a request: complete results can be shown from a disk that takes no file."""
    if is_held(folder) or not is_known(folder, scenario, horizon) or runs > (read_asked(folder) or runs):
        return False
    return not len(np.setdiff1d(np.arange(runs), runs_done(folder)))


@contextmanager
def _made_and_held(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder):
        yield


def plan(runs: int, done: np.ndarray, workers: int, block: int) -> list[Job]:
    """Cut the runs below `runs` that are not in `done` into jobs that keep every worker busy.

    block: runs that a job has at most.
    """
    missing = np.setdiff1d(np.arange(runs), done)
    if not len(missing):
        return []
    size = share_runs(len(missing), workers, block)
    gaps = np.flatnonzero(np.diff(missing) > 1) + 1
    return [
        Job(int(piece[start]), len(piece[start : start + size]))
        for piece in np.split(missing, gaps)
        for start in range(0, len(piece), size)
    ]


@own_numerics
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
    failed = []
    for job, why in work_off(partial(compute, task), jobs, workers):
        if why is not None:
            failed.append(f"runs {job.first_run} to {job.first_run + job.runs - 1} {why}")
        on_progress(int((runs_done(task.folder) < runs).sum()), runs)
    if failed:
        there = int((runs_done(task.folder) < runs).sum())
        raise JobsFailed(f"{', '.join(failed)}; {there} of {runs} runs are stored in {task.folder}")
