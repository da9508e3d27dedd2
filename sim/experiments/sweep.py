"""Play a sweep: every point of its design, each with the same luck, by workers that write their own parts.

Resuming is running it again: jobs are planned over the (point, run) that are not there yet, whatever the workers, the size
of jobs or the machine were before. Every point shares seed and run numbers, so that differences between points are paired.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.errors import InputError
from sim.experiments.design import Design
from sim.experiments.runner import FolderBusy, JobsFailed, MakePool, held, local_pool, work_off
from sim.experiments.store import read_manifest
from sim.experiments.sweep_file import Sweep, load_sweep
from sim.experiments.sweep_results import SweepResults
from sim.experiments.sweep_store import (
    LEVELS,
    Job,
    check_parts,
    open_folder,
    parts,
    read_design,
    stamp_of,
    times_there,
    write_json,
    write_part,
)
from sim.history import History
from sim.model import BLOCK_RUNS, TheatreModel
from sim.outcomes import outcome_table
from sim.scenario import Scenario, load_scenario

__all__ = ["FolderBusy", "JobsFailed", "run_sweep", "sweep"]

JOB_RUNS = 512
JOBS_PER_WORKER = 4

Progress = Callable[[int, int, int], None]
"""Takes the number of runs done, asked for, and of jobs that failed."""


@dataclass(frozen=True, eq=False)
class Played:
    """One point that was played: its outcomes, (runs,) each, and its daily series, (days + 1, runs) each."""

    outcomes: dict[str, np.ndarray]
    series: dict[str, np.ndarray]


def sweep(name_or_path: str | Path, workers: int = 1, out: str | Path | None = None) -> SweepResults:
    """Play a sweep, or what its folder lacks of it, and open the results.

    name_or_path: as on the command line. With more than one worker, call it from under `if __name__ == "__main__":`.
    out: the folder, results/NAME-HASH when left out. Raises InputError, FolderBusy, JobsFailed.
    """
    loaded = load_sweep(name_or_path)
    folder = Path(out) if out is not None else default_folder(loaded)
    return run_sweep(loaded, folder, workers, lambda done, asked, failed: None)


def default_folder(sweep: Sweep) -> Path:
    """Return the folder that a sweep goes to unless asked otherwise."""
    return Path("results") / f"{sweep.name}-{sweep.hash}"


def run_sweep(
    sweep: Sweep, folder: Path, workers: int, on_progress: Progress, make_pool: MakePool = local_pool
) -> SweepResults:
    """Play the (point, run) that `folder` does not hold yet, and open the results.

    Raises InputError when the folder belongs to other results or a part of it is damaged, FolderBusy when another driver
    holds it, JobsFailed when jobs raised or killed their worker.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder):
        open_folder(folder, sweep)
        manifest = read_manifest(folder)
        found = parts(folder)
        check_parts(folder, manifest, found)
        _note_asked(folder, sweep.runs)
        there = times_there(found, sweep.design.points, sweep.runs) > 0
        done, asked = int(there.sum()), there.size
        on_progress(done, asked, 0)
        failed: dict[str, str] = {}
        for job, why in work_off(partial(compute, str(folder)), plan(there, workers), workers, make_pool):
            if why is None:
                done += job.size
            else:
                failed[str(job)] = why
                write_json(folder / "failed.json", failed)
            on_progress(done, asked, len(failed))
        if not failed:
            (folder / "failed.json").unlink(missing_ok=True)
    if failed:
        named = ", ".join(f"{job} {why}" for job, why in failed.items())
        raise JobsFailed(f"{named}; the others are stored in {folder}")
    return SweepResults(folder)


def plan(there: np.ndarray, workers: int) -> list[Job]:
    """Cut the (point, run) that are not there into jobs.

    there: (points, runs) bool. A job takes points as they follow each other, JOB_RUNS runs or one point, but no more than
    keeps every worker busy to the end.
    """
    missing = int(there.size - there.sum())
    size = min(JOB_RUNS, -(-missing // (JOBS_PER_WORKER * workers)))
    jobs: list[Job] = []
    for point, span in _spans(there):
        last = jobs[-1] if jobs else None
        follows = last and last.end_point == point and (last.first_run, last.end_run) == span
        if follows and last.size + span[1] - span[0] <= size:
            jobs[-1] = Job(last.first_point, point + 1, *span)
        else:
            jobs.append(Job(point, point + 1, *span))
    return jobs


def _spans(there: np.ndarray) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield each point with each gap in its runs."""
    for point in np.flatnonzero(~there.all(axis=1)).tolist():
        steps = np.diff(np.concatenate([[False], ~there[point], [False]]).astype(np.int8))
        for first, end in zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True):
            yield point, (first, end)


def compute(folder: str, job: Job) -> None:
    """Play one job and commit its part."""
    manifest, base, design = _opened(folder)
    kept = manifest["series"]
    played = []
    for point in range(job.first_point, job.end_point):
        made = play(design.scenario(point, base), job.first_run, job.end_run, keep_series=kept != "none")
        played.append(Played(made.outcomes, made.series if kept == "full" else _quantiles(made.series)))
    outcomes = {name: np.concatenate([made.outcomes[name] for made in played]) for name in played[0].outcomes}
    series = None if kept == "none" else _series_table(job, [made.series for made in played], kept)
    write_part(Path(folder), stamp_of(manifest), job, outcomes, series)


@lru_cache(maxsize=1)
def _opened(folder: str) -> tuple[dict[str, Any], Scenario, Design]:
    """Return manifest, base and design of a folder; a worker reads them once."""
    manifest = read_manifest(Path(folder))
    return manifest, load_scenario(Path(folder) / "scenario.toml"), read_design(Path(folder), manifest)


def play(scenario: Scenario, first_run: int, end_run: int, keep_series: bool) -> Played:
    """Play some runs of a scenario, a block at a time."""
    histories = list(_blocks(scenario, first_run, end_run))
    tables = [outcome_table(history) for history in histories]
    outcomes = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    names = histories[0].series if keep_series else ()
    return Played(outcomes, {name: np.concatenate([h.series[name] for h in histories], axis=1) for name in names})


def _blocks(scenario: Scenario, first_run: int, end_run: int) -> Iterator[History]:
    for first in range(first_run, end_run, BLOCK_RUNS):
        gc.collect()  # a model and its agents hold each other, and their arrays with them
        model = TheatreModel(scenario, runs=min(BLOCK_RUNS, end_run - first), first_run=first)
        model.run_to(scenario.days)
        yield model.history


def _quantiles(series: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return (days + 1, levels) of each series."""
    return {name: np.quantile(values, LEVELS, axis=1).T.astype(np.float32) for name, values in series.items()}


def _series_table(job: Job, series: list[dict[str, np.ndarray]], kept: str) -> pa.Table:
    """Return a row per point, level or run, and day."""
    points = np.arange(job.first_point, job.end_point, dtype=np.int32)
    days, columns = next(iter(series[0].values())).shape
    runs = np.arange(job.first_run, job.end_run, dtype=np.int32)
    key, second = ("level", np.array(LEVELS, np.float32)) if kept == "quantiles" else ("run", runs)
    keys = {
        "point": np.repeat(points, columns * days),
        key: np.tile(np.repeat(second, days), len(points)),
        "day": np.tile(np.arange(days, dtype=np.int16), columns * len(points)),
    }
    return pa.table(keys | {name: np.concatenate([made[name].T.ravel() for made in series]) for name in series[0]})


def _note_asked(folder: Path, runs: int) -> None:
    """Keep the largest number of runs of a point that was asked for."""
    path = folder / "asked.json"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else 0
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: is damaged; remove it and give the same command again") from None
    if runs > before:
        write_json(path, {"runs": runs})
