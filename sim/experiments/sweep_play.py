"""What a worker does: play the (point, run) of a job, in blocks that mix points, and commit its part."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim import snapshot
from sim.arrays import own_numerics
from sim.errors import InputError
from sim.experiments.blocks import block_runs
from sim.experiments.design import Design
from sim.experiments.folders import code_digest, read_manifest
from sim.experiments.locks import Pass
from sim.experiments.manifest import ENSEMBLE
from sim.experiments.places import control_table, rules_table
from sim.experiments.replicates import streams_of
from sim.experiments.sweep_store import LEVELS, Job, pairs_of, read_design, read_uncertain, saved_state, stamp_of, write_part
from sim.experiments.uncertain import Uncertain
from sim.history import History
from sim.model import TheatreModel
from sim.outcomes import outcome_table
from sim.scenario import Scenario, load_scenario
from sim.values import Columns

Read = Callable[[History], Mapping[str, np.ndarray]]
"""Reads what is kept of each run off the record of a block: a function that pickles."""

PIECE_ROWS = 32_768
"""Rows of series that are written together, or those of one run: a whole block of them would be in memory twice."""


@dataclass(frozen=True)
class Task:
    """What every job of a folder has in common.

    driver: whom it is done for. stamp: what the manifest is known by. read: what is kept of each run. taken_up: the folder
    whose saved runs are taken up again, None to start afresh.
    """

    driver: Pass
    stamp: str
    read: Read = outcome_table
    taken_up: Path | None = None


@dataclass(frozen=True, eq=False)
class Played:
    """Runs that were played: their outcomes, (runs,) each, and their daily series, (days + 1, runs) each."""

    outcomes: dict[str, np.ndarray]
    series: dict[str, np.ndarray]


@own_numerics
def compute(task: Task, job: Job) -> None:
    """Play one job and commit its part."""
    gc.collect()  # a model and its agents hold each other, and their arrays with them
    manifest, base, design, uncertain = _opened(task.driver.folder, task.stamp)
    points, runs = pairs_of(job)
    saved = None if task.taken_up is None else saved_state(task.taken_up, job)
    numbers = design.run_numbers(points, runs, streams_of(manifest, Path(task.driver.folder)))
    columns = (design.columns(points.tolist()),) if uncertain is None else uncertain.columns(base, numbers)
    histories, states = [], []
    for model in _blocks(base, numbers, columns, block_runs(base.days, manifest["series"]), saved):
        histories.append(model.history)
        if "horizon" in manifest:
            states.append(snapshot.take(model))
    commit(task, job, histories, snapshot.joined(states) if states else None)


def commit(task: Task, job: Job, histories: Sequence[History], state: Mapping[str, np.ndarray] | None = None) -> None:
    """Write what a folder keeps of a job that was played. state: a snapshot of its last evening."""
    manifest, *_ = _opened(task.driver.folder, task.stamp)
    outcomes, tables = _joined(histories, task.read), _tables(job, histories, manifest)
    with task.driver.committing():
        write_part(Path(task.driver.folder), task.stamp, job, outcomes, tables, state)


def _tables(job: Job, histories: Sequence[History], manifest: Mapping[str, Any]) -> dict[str, Iterator[pa.Table]]:
    """Return what a folder keeps of a job besides outcomes, made as it is written."""
    tables: dict[str, Iterator[pa.Table]] = {}
    if manifest["series"] == "full":
        tables["series"] = _series_of_runs(job, histories)
    elif manifest["series"] == "quantiles":
        tables["series"] = iter([_series_of_points(job, histories)])
    if manifest["kind"] == ENSEMBLE:
        (history,) = histories  # no job of an ensemble is larger than a block
        tables |= {"control": iter([control_table(history)]), "rules": iter([rules_table(history)])}
    return tables


@lru_cache(maxsize=1)
def _opened(name: str, stamp: str) -> tuple[dict[str, Any], Scenario, Design, Uncertain | None]:
    """Return manifest, base, design and what is uncertain of a folder; a worker reads them once.

    Raises InputError where the folder is no longer the one the job was planned for, or this process has other code.
    """
    folder = Path(name)
    manifest = read_manifest(folder)
    if stamp_of(manifest) != stamp:
        raise InputError(f"{folder}: holds another sweep now")
    if manifest["code"] != code_digest():
        raise InputError(f"{folder}: this worker has another version of the code than the sweep")
    base = load_scenario(folder / "scenario.toml")
    return manifest, base, read_design(folder, manifest), read_uncertain(folder, manifest)


@own_numerics
def play(scenario: Scenario, numbers: np.ndarray, columns: Sequence[Columns] = (), kept: str = "none") -> Played:
    """Play runs of a scenario, a block at a time.

    numbers: (runs,) of the runs. columns: by path, the values of each run that are not the scenario's own, of its last
    stages as TheatreModel takes them. kept: what is kept of the daily series, as in a sweep file; for "none" none are
    returned.
    """
    histories = [model.history for model in _blocks(scenario, numbers, columns, block_runs(scenario.days, kept))]
    names = () if kept == "none" else histories[0].series
    series = {name: np.concatenate([h.series[name] for h in histories], axis=1) for name in names}
    return Played(_joined(histories, outcome_table), series)


def _joined(histories: Sequence[History], read: Read) -> dict[str, np.ndarray]:
    tables = [read(history) for history in histories]
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _blocks(
    scenario: Scenario,
    numbers: np.ndarray,
    columns: Sequence[Columns],
    size: int,
    saved: dict[str, np.ndarray] | None = None,
) -> Iterator[TheatreModel]:
    """Yield models that have run to the end. saved: a snapshot of all the runs to start from, which fit into one block."""
    for first in range(0, len(numbers), size):
        if first > 0:
            gc.collect()  # once a block: collecting costs as much as a few runs
        block = slice(first, first + size)
        own = [{path: values[block] for path, values in stage.items()} for stage in columns]
        model = TheatreModel(scenario, numbers=numbers[block], columns=own)
        if saved is not None:
            snapshot.restore(model, saved)
        model.run_to(scenario.days)
        yield model


def _series_of_runs(job: Job, histories: Sequence[History]) -> Iterator[pa.Table]:
    """Yield a row per point, run and day, some runs at a time."""
    days, (points, runs), done = histories[0].days + 1, pairs_of(job), 0
    step = max(PIECE_ROWS // days, 1)
    for history in histories:
        for first in range(0, history.runs, step):
            piece = slice(first, min(first + step, history.runs))
            pairs = slice(done + piece.start, done + piece.stop)
            keys = {
                "point": np.repeat(points[pairs].astype(np.int32), days),
                "run": np.repeat(runs[pairs].astype(np.int32), days),
                "day": np.tile(np.arange(days, dtype=np.int16), piece.stop - piece.start),
            }
            yield pa.table(keys | {name: values[:, piece].T.ravel() for name, values in history.series.items()})
        done += history.runs


def _series_of_points(job: Job, histories: Sequence[History]) -> pa.Table:
    """Return a row per point, level of the quantiles over its runs, and day."""
    points, runs = np.arange(job.first_point, job.end_point, dtype=np.int32), job.end_run - job.first_run
    days, levels = histories[0].days + 1, np.array(LEVELS, np.float32)
    keys = {
        "point": np.repeat(points, len(levels) * days),
        "level": np.tile(np.repeat(levels, days), len(points)),
        "day": np.tile(np.arange(days, dtype=np.int16), len(levels) * len(points)),
    }
    made = {}
    for name in histories[0].series:
        values = np.concatenate([history.series[name] for history in histories], axis=1)
        by_point = (values[:, first : first + runs] for first in range(0, job.size, runs))
        made[name] = np.concatenate([_quantiles(each).T.ravel() for each in by_point])
    return pa.table(keys | made)


def _quantiles(values: np.ndarray) -> np.ndarray:
    """Return (days + 1, levels) of (days + 1, runs) as np.quantile does, in an eighth of its time."""
    place = np.array(LEVELS) * (values.shape[1] - 1)
    below = place.astype(int)
    above, share = np.minimum(below + 1, values.shape[1] - 1), place - below
    ordered = np.sort(values, axis=1)
    low, high = ordered[:, below].astype(np.float64), ordered[:, above].astype(np.float64)
    return (low + (high - low) * share).astype(np.float32)
