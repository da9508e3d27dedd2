"""What a worker of a sweep does: play the (point, run) of a job, in blocks that mix points, and commit its part."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.arrays import own_numerics
from sim.errors import InputError
from sim.experiments.blocks import block_runs
from sim.experiments.design import Design
from sim.experiments.folders import code_digest, read_manifest
from sim.experiments.locks import Pass
from sim.experiments.sweep_store import LEVELS, Job, read_design, stamp_of, write_part
from sim.history import History
from sim.model import TheatreModel
from sim.outcomes import outcome_table
from sim.scenario import Scenario, load_scenario
from sim.values import Columns


@dataclass(frozen=True)
class Task:
    """What every job of a sweep has in common. driver: whom it is done for. stamp: what the manifest is known by."""

    driver: Pass
    stamp: str


@dataclass(frozen=True, eq=False)
class Played:
    """Runs that were played: their outcomes, (runs,) each, and their daily series, (days + 1, runs) each."""

    outcomes: dict[str, np.ndarray]
    series: dict[str, np.ndarray]


@own_numerics
def compute(task: Task, job: Job) -> None:
    """Play one job and commit its part."""
    gc.collect()  # a model and its agents hold each other, and their arrays with them
    manifest, base, design = _opened(task.driver.folder, task.stamp)
    kept, (points, numbers) = manifest["series"], pairs_of(job)
    played = play_points(design, base, points, numbers, kept)
    series = None if kept == "none" else _series_table(job, _by_point(job, played.series, kept), kept)
    with task.driver.committing():
        write_part(Path(task.driver.folder), task.stamp, job, played.outcomes, series)


def pairs_of(job: Job) -> tuple[list[int], np.ndarray]:
    """Return the points and the numbers of the runs of a job, (point, run) by (point, run) as its part holds them."""
    points, runs = range(job.first_point, job.end_point), np.arange(job.first_run, job.end_run)
    return [point for point in points for _ in runs], np.tile(runs, len(points))


def _by_point(job: Job, series: dict[str, np.ndarray], kept: str) -> list[dict[str, np.ndarray]]:
    """Return for each point of a job its daily series as they are kept: (days + 1, runs) or (days + 1, levels)."""
    runs = job.end_run - job.first_run
    spans = [slice(first, first + runs) for first in range(0, job.size, runs)]
    points = [{name: values[:, span] for name, values in series.items()} for span in spans]
    return [_quantiles(point) for point in points] if kept == "quantiles" else points


@lru_cache(maxsize=1)
def _opened(name: str, stamp: str) -> tuple[dict[str, Any], Scenario, Design]:
    """Return manifest, base and design of a folder; a worker reads them once.

    Raises InputError where the folder is no longer the one the job was planned for, or this process has other code.
    """
    folder = Path(name)
    manifest = read_manifest(folder)
    if stamp_of(manifest) != stamp:
        raise InputError(f"{folder}: holds another sweep now")
    if manifest["code"] != code_digest():
        raise InputError(f"{folder}: this worker has another version of the code than the sweep")
    return manifest, load_scenario(folder / "scenario.toml"), read_design(folder, manifest)


def play_points(design: Design, base: Scenario, points: Sequence[int], numbers: np.ndarray, kept: str) -> Played:
    """Play a run of each of these points, of the number that stands beside it. What cannot be mixed is played apart."""
    blocks = design.blocks(points, base)
    made = [play(block.scenario, numbers[block.places], block.columns, kept) for block in blocks]
    if len(made) == 1:
        return made[0]
    back = np.argsort(np.concatenate([block.places for block in blocks]))
    outcomes = {name: np.concatenate([each.outcomes[name] for each in made])[back] for name in made[0].outcomes}
    series = {name: np.concatenate([each.series[name] for each in made], axis=1)[:, back] for name in made[0].series}
    return Played(outcomes, series)


@own_numerics
def play(scenario: Scenario, numbers: np.ndarray, columns: Sequence[Columns] = (), kept: str = "none") -> Played:
    """Play runs of a scenario, a block at a time.

    numbers: (runs,) of the runs. columns: by path, the values of each run that are not the scenario's own, of its last
    stages as TheatreModel takes them. kept: what is kept of the daily series, as in a sweep file; for "none" none are
    returned.
    """
    histories = list(_blocks(scenario, numbers, columns, block_runs(scenario.days, kept)))
    tables = [outcome_table(history) for history in histories]
    outcomes = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    names = () if kept == "none" else histories[0].series
    return Played(outcomes, {name: np.concatenate([h.series[name] for h in histories], axis=1) for name in names})


def _blocks(scenario: Scenario, numbers: np.ndarray, columns: Sequence[Columns], size: int) -> Iterator[History]:
    for first in range(0, len(numbers), size):
        if first > 0:
            gc.collect()  # once a block: collecting costs as much as a few runs
        block = slice(first, first + size)
        own = [{path: values[block] for path, values in stage.items()} for stage in columns]
        model = TheatreModel(scenario, numbers=numbers[block], columns=own)
        model.run_to(scenario.days)
        yield model.history


def _quantiles(series: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return (days + 1, levels) of each series as np.quantile does, in an eighth of its time."""
    last = next(iter(series.values())).shape[1] - 1
    place = np.array(LEVELS) * last
    below = place.astype(int)
    above, share = np.minimum(below + 1, last), place - below
    made = {}
    for name, values in series.items():
        ordered = np.sort(values, axis=1)
        low, high = ordered[:, below].astype(np.float64), ordered[:, above].astype(np.float64)
        made[name] = (low + (high - low) * share).astype(np.float32)
    return made


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
