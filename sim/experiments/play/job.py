"""The work of a worker: compute the (point, run) of a job, in blocks that mix points, and commit its part."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.experiments.design.design import Block, Design
from sim.experiments.design.kept import ENSEMBLE
from sim.experiments.design.replicates import streams_of
from sim.experiments.design.sweep import LEVELS
from sim.experiments.design.uncertain import Uncertain
from sim.experiments.play.blocks import block_runs
from sim.experiments.play.places import control_table, rules_table
from sim.experiments.store.completed import complete_part
from sim.experiments.store.definitions import formulas_of
from sim.experiments.store.digest import code_digest
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.locks import Lease
from sim.experiments.store.parts import Job, pairs_of, saved_state, stamp_of, write_part
from sim.experiments.store.points import read_design, read_uncertain
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record import snapshot
from sim.record.history import History
from sim.record.outcomes import outcome_table, outcomes_of
from sim.registry import load_kept
from sim.scenario.own_outcomes import OwnOutcome
from sim.scenario.scenario import Scenario
from sim.state.arrays import own_numerics
from sim.state.values import Columns

Read = Callable[[History], Mapping[str, np.ndarray]]
"""Extracts the values kept of each run from the history of a block; it must be picklable."""

PIECE_ROWS = 32_768
"""Rows of series written at a time, at least those of one run; a full block would be in memory twice."""


@dataclass(frozen=True)
class Task:
    """Settings shared by all jobs of a folder.

    driver: the lease of the driver. stamp: identifies the manifest. read: extracts the values kept of each run.
    continued_from: the folder whose saved runs are continued, None to start from the first evening. own: the user's outcomes
    that are computed.
    """

    driver: Lease
    stamp: str
    read: Read = outcome_table
    continued_from: Path | None = None
    own: tuple[OwnOutcome, ...] = ()


@dataclass(frozen=True, eq=False)
class Played:
    """Runs that were played in blocks. back: (runs,) position of each run in the concatenated blocks."""

    histories: Sequence[History]
    positions: np.ndarray

    @property
    def in_order(self) -> bool:
        """Whether the runs are in the order of the blocks."""
        return bool((np.diff(self.positions) == 1).all())

    def read(self, read: Read = outcome_table) -> dict[str, np.ndarray]:
        """Return name -> (runs,) values extracted from the histories."""
        tables = [read(history) for history in self.histories]
        return {name: np.concatenate([table[name] for table in tables])[self.positions] for name in tables[0]}

    @property
    def outcomes(self) -> dict[str, np.ndarray]:
        """Outcome -> (runs,)."""
        return self.read()

    @property
    def series(self) -> Mapping[str, np.ndarray]:
        """Daily series -> (days + 1, runs)."""
        return {name: self.of_series(name) for name in self.histories[0].series}

    def of_series(self, name: str) -> np.ndarray:
        """Return (days + 1, runs) of a daily series."""
        values = np.concatenate([history.series[name] for history in self.histories], axis=1)
        return values if self.in_order else values[:, self.positions]


@own_numerics
def compute(task: Task, job: Job) -> None:
    """Compute one job and commit its part."""
    gc.collect()  # a model and its agents refer to each other, and keep their arrays alive
    manifest, *_ = _opened(task.driver.folder, task.stamp)
    blocks, models = _played(task, job)
    histories, states = [], []
    for model in models:
        histories.append(model.history)
        if "horizon" in manifest:
            states.append(snapshot.take(model.state, model.history))
    played = Played(histories, np.argsort(np.concatenate([block.places for block in blocks])))
    commit(task, job, played, snapshot.chosen(snapshot.joined(states), played.positions) if states else None)


@own_numerics
def add_outcomes(task: Task, job: Job) -> None:
    """Repeat the runs of a part and add the outcomes that it lacks; the rest of it stays unchanged.

    Raises InputError if the repeated runs differ from its content.
    """
    gc.collect()
    folder = Path(task.driver.folder)
    blocks, models = _played(task, job)
    tables = [task.read(model.history) for model in models]
    positions = np.argsort(np.concatenate([block.places for block in blocks]))
    values = {name: np.concatenate([table[name] for table in tables])[positions] for name in tables[0]}
    with task.driver.committing():
        complete_part(folder, job, values, outcomes_of(task.own))


def _played(task: Task, job: Job) -> tuple[Sequence[Block], Iterator[TheatreModel]]:
    """Return the blocks of the runs of a job, and the models of their pieces, each run to its end."""
    manifest, base, design, uncertain = _opened(task.driver.folder, task.stamp)
    points, runs = pairs_of(job)
    saved = None if task.continued_from is None else saved_state(task.continued_from, job)
    numbers = design.run_numbers(points, runs, streams_of(manifest, Path(task.driver.folder)))
    if uncertain is None:
        blocks = design.blocks(points.tolist(), base)
    else:
        blocks = [Block(np.arange(job.size), base, uncertain.columns(base, numbers))]
    return blocks, _models(blocks, numbers, block_runs(base.days, manifest["series"]), saved)


def commit(task: Task, job: Job, played: Played, state: Mapping[str, np.ndarray] | None = None) -> None:
    """Write the tables of a computed job. state: a snapshot of its last evening."""
    manifest, *_ = _opened(task.driver.folder, task.stamp)
    outcomes, tables = played.read(task.read), _tables(job, played, manifest)
    with task.driver.committing():
        folder = Path(task.driver.folder)
        formulas = {} if manifest["columns"] else formulas_of(outcomes_of(task.own))
        write_part(folder, task.stamp, job, outcomes, tables, state, formulas)


def _tables(job: Job, played: Played, manifest: Mapping[str, Any]) -> dict[str, Iterator[pa.Table]]:
    """Return the tables of a job besides outcomes, generated as they are written."""
    tables: dict[str, Iterator[pa.Table]] = {}
    if manifest["series"] == "full":
        tables["series"] = _series_of_runs(job, played)
    elif manifest["series"] == "quantiles":
        tables["series"] = iter([_series_of_points(job, played)])
    if manifest["kind"] == ENSEMBLE:
        (history,) = played.histories  # no job of an ensemble is larger than a block
        tables |= {"control": iter([control_table(history)]), "rules": iter([rules_table(history)])}
    return tables


@lru_cache(maxsize=1)
def _opened(name: str, stamp: str) -> tuple[dict[str, Any], Scenario, Design, Uncertain | None]:
    """Return manifest, base, design and uncertain values of a folder; a worker reads them once.

    Raises InputError if the folder is not the one the job was planned for, or if this process has other code.
    """
    folder = Path(name)
    manifest = read_manifest(folder)
    if stamp_of(manifest) != stamp:
        raise InputError(f"{folder}: now belongs to another sweep")
    if manifest["code"] != code_digest():
        raise InputError(f"{folder}: this worker has another version of the code than the sweep")
    base = load_kept(folder / "scenario.toml")
    return manifest, base, read_design(folder, manifest), read_uncertain(folder, manifest)


@own_numerics
def play(scenario: Scenario, numbers: np.ndarray, columns: Sequence[Columns] = (), kept: str = "none") -> Played:
    """Compute runs of a scenario, one block at a time.

    numbers: (runs,) of the runs. columns: values that differ by run, see TheatreModel. kept: what is kept of the daily
    series, as in a sweep file; for "none" none are returned.
    """
    block = Block(np.arange(len(numbers)), scenario, tuple(columns))
    models = _models([block], numbers, block_runs(scenario.days, kept))
    return Played([model.history for model in models], block.places)


def _models(
    blocks: Sequence[Block], numbers: np.ndarray, most: int, saved: dict[str, np.ndarray] | None = None
) -> Iterator[TheatreModel]:
    """Yield models that have run to the end, with `most` runs each.

    numbers: (runs,) of all runs, indexed by the places of the blocks. saved: a snapshot of all runs to start from.
    """
    for block in blocks:
        for first in range(0, len(block.places), most):
            if first or block is not blocks[0]:
                gc.collect()  # once per model: a collection costs as much as a few runs
            piece = slice(first, first + most)
            own = [{path: values[piece] for path, values in stage.items()} for stage in block.columns]
            model = TheatreModel(block.scenario, numbers=numbers[block.places[piece]], columns=own)
            if saved is not None:
                snapshot.restore(model.state, model.history, snapshot.chosen(saved, block.places[piece]))
                model.catch_up()
            model.run_to(block.scenario.days)
            yield model


def _series_of_runs(job: Job, played: Played) -> Iterator[pa.Table]:
    """Yield tables with a row per point, run and day, some runs at a time."""
    days, (points, runs), done = played.histories[0].days + 1, pairs_of(job), 0
    day = np.arange(days, dtype=np.int16)
    blocks = [history.series for history in played.histories] if played.in_order else [played.series]
    for series in blocks:
        count = next(iter(series.values())).shape[1]
        for first in range(0, count, max(PIECE_ROWS // days, 1)):
            piece = slice(first, min(first + max(PIECE_ROWS // days, 1), count))
            pairs = slice(done + piece.start, done + piece.stop)
            keys = {name: np.repeat(key[pairs].astype(np.int32), days) for name, key in (("point", points), ("run", runs))}
            keys["day"] = np.tile(day, piece.stop - piece.start)
            yield pa.table(keys | {name: values[:, piece].T.ravel() for name, values in series.items()})
        done += count


def _series_of_points(job: Job, played: Played) -> pa.Table:
    """Return a row per point, level of the quantiles over its runs, and day."""
    points, runs = np.arange(job.first_point, job.end_point, dtype=np.int32), job.end_run - job.first_run
    days, levels = played.histories[0].days + 1, np.array(LEVELS, np.float32)
    keys = {
        "point": np.repeat(points, len(levels) * days),
        "level": np.tile(np.repeat(levels, days), len(points)),
        "day": np.tile(np.arange(days, dtype=np.int16), len(levels) * len(points)),
    }
    columns = {}
    for name in played.histories[0].series:
        values = played.of_series(name)
        by_point = (values[:, first : first + runs] for first in range(0, job.size, runs))
        columns[name] = np.concatenate([_quantiles(runs_of_point).T.ravel() for runs_of_point in by_point])
    return pa.table(keys | columns)


def _quantiles(values: np.ndarray) -> np.ndarray:
    """Return (days + 1, levels) of (days + 1, runs) equal to np.quantile, eight times faster."""
    place = np.array(LEVELS) * (values.shape[1] - 1)
    below = place.astype(int)
    above, share = np.minimum(below + 1, values.shape[1] - 1), place - below
    ordered = np.sort(values, axis=1)
    low, high = ordered[:, below].astype(np.float64), ordered[:, above].astype(np.float64)
    return (low + (high - low) * share).astype(np.float32)
