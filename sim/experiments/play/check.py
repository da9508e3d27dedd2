"""Verify and compact a results folder, and report its status."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.experiments.design.sweep import LEVELS
from sim.experiments.play.job import play
from sim.experiments.store.asked import read_failed
from sim.experiments.store.definitions import formulas_in, with_formulas
from sim.experiments.store.digest import code_digest
from sim.experiments.store.folders import read_manifest, write_table
from sim.experiments.store.initialise import more_of
from sim.experiments.store.kept import scenario_faults
from sim.experiments.store.locks import acquire, exclusive, is_locked, locked
from sim.experiments.store.parts import (
    KEYS,
    STAMP,
    Job,
    all_parts,
    check_parts,
    clear_left_overs,
    pairs_of,
    part_fault,
    parts,
    stamp_of,
    times_there,
)
from sim.experiments.store.stored import Stored, read_part
from sim.ground.checks import POINTS_RECOMPUTED, whole_number
from sim.ground.errors import InputError
from sim.record.outcomes import outcome_table
from sim.registry import load_kept

COMPACT_RUNS = 131_072
"""Largest number of rows of a compacted part."""

RECENT_PARTS = 32
RUNS_RECOMPUTED = 8


@dataclass(frozen=True)
class Status:
    """Progress of a sweep or an ensemble. Sizes in bytes. scenarios: names in the lever of scenarios.

    unsettled: points with the most runs permitted that do not meet the precision targets. rate: recent runs per second, None
    with too few parts.
    """

    is_running: bool
    done: int
    asked: int
    points_done: int
    points: int
    unsettled: int
    failed: dict[str, str]
    used: int
    free: int
    rate: float | None
    scenarios: tuple[str, ...] = ()

    @property
    def seconds_left(self) -> float | None:
        """Seconds until completion at the recent rate."""
        return (self.asked - self.done) / self.rate if self.rate else None


def status(folder: Path) -> Status:
    """Return the progress of results, which another process may be computing. Raises InputError if there are none."""
    results = Stored(folder)
    missing, asked = results.missing, results.runs_asked
    return Status(
        is_running=is_locked(folder),
        done=asked - int(missing.sum()),
        asked=asked,
        points_done=int((~missing.any(axis=1)).sum()),
        points=len(missing),
        unsettled=results.unsettled,
        failed=read_failed(folder),
        used=disk_used(folder),
        free=shutil.disk_usage(folder).free,
        rate=_rate(folder, results.parts),
        scenarios=results.design.scenario_names,
    )


def disk_used(folder: Path) -> int:
    """Return the size of the files of a folder, bytes; files removed meanwhile are ignored."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _rate(folder: Path, jobs: list[Job]) -> float | None:
    """Return runs per second over the latest parts, without the runs of the first."""
    times = sorted(((folder / "outcomes" / job.part).stat().st_mtime, job.size) for job in jobs)[-RECENT_PARTS:]
    if len(times) < 2 or times[-1][0] <= times[0][0]:
        return None
    return sum(size for _, size in times[1:]) / (times[-1][0] - times[0][0])


def verify(folder: Path, points_recomputed: int, seed: int = 0) -> Iterator[str]:
    """Yield the errors in results: none if every planned (point, run) is stored exactly once and intact.

    points_recomputed: number of random points of which some runs are repeated and compared bit by bit; none for a
    calibration, which does not keep outcomes.
    """
    points_recomputed = whole_number("points_recomputed", points_recomputed, POINTS_RECOMPUTED)
    results = Stored(folder)
    manifest = results.manifest
    base = load_kept(folder / "scenario.toml")
    if base.hash != manifest["base_hash"]:
        yield f"{folder / 'scenario.toml'}: is not the base that was run ({base.hash}, not {manifest['base_hash']})"
        return
    yield from (scenario_errors := list(scenario_faults(results.design.scenarios)))
    intact, committed = [], all_parts(folder)
    for job in committed:
        fault = _fault(folder, job, manifest)
        if fault:
            yield fault
        else:
            intact.append(job)
    kept = [job for job in intact if job in set(results.parts)]
    runs = max([results.wanted.max(initial=0), *(job.end_run for job in kept)])
    times = times_there(kept, results.design.points, runs)
    requested = np.arange(runs) < results.wanted[:, None]
    for wrong, fault in ((requested & (times == 0), "missing"), (times > 1, "stored more than once")):
        if wrong.any():
            point, run = np.argwhere(wrong)[0]
            yield f"{int(wrong.sum())} of {requested.sum()} runs are {fault}, the first is point {point}, run {run}"
    if results.lacks:
        yield results.lacks
    if manifest["code"] != code_digest():
        yield "made by another version of the code: runs cannot be repeated for comparison"
    elif (
        len(intact) == len(committed) and not scenario_errors and not manifest["columns"]
    ):  # otherwise there is nothing to compare with
        yield from _recompute(results, kept, points_recomputed, seed)


def _fault(folder: Path, job: Job, manifest: dict[str, Any]) -> str | None:
    """Return the error of a part, which is read completely, or None."""
    path = folder / "outcomes" / job.part
    if fault := part_fault(path, job, stamp_of(manifest).encode()):
        return f"{path}: {fault}"
    try:
        kept = read_part(path)
        if not all(
            np.array_equal(kept[key].to_numpy(), planned_key) for key, planned_key in zip(KEYS, pairs_of(job), strict=True)
        ):
            return f"{path}: has other runs than its name; remove it and give the same command again"
        for name in more_of(manifest):
            rows, file = read_part(folder / name / job.part).num_rows, folder / name / job.part
            if name == "series" and rows != (planned := _series_rows(job, manifest)):
                return f"{file}: has {rows} rows, not {planned}; remove {path} and give the same command again"
    except InputError as error:
        return str(error)
    return None


def _series_rows(job: Job, manifest: dict[str, Any]) -> int:
    points, runs = job.end_point - job.first_point, job.end_run - job.first_run
    return points * (len(LEVELS) if manifest["series"] == "quantiles" else runs) * (int(manifest["days"]) + 1)


def _recompute(results: Stored, kept: list[Job], points: int, seed: int) -> Iterator[str]:
    """Repeat some runs of some points and yield differences."""
    present = np.unique([point for job in kept for point in range(job.first_point, job.end_point)])
    chosen = np.random.default_rng(seed).permutation(present)[:points]
    if not len(chosen):
        return
    table = results.table()
    for point in sorted(chosen.tolist()):
        rows = table.filter(pc.equal(table["point"], point)).slice(0, RUNS_RECOMPUTED)
        runs = rows["run"].to_numpy()
        numbers = results.run_numbers(np.full(len(runs), point), runs)
        repeated = play(results.design.scenario(point, results.base), numbers, results.columns(numbers))
        for name, values in repeated.read(partial(outcome_table, own=results.own)).items():
            if name in rows.column_names and not np.array_equal(values, rows[name].to_numpy(), equal_nan=True):
                yield f"point {point}: {name} differs when its runs {runs[0]} to {runs[-1]} are repeated"


def compact(folder: Path) -> tuple[int, int]:
    """Merge small parts; return the numbers of parts before and after.

    A larger part is committed before those in it are removed; readers ignore these meanwhile. Raises FolderBusy.
    """
    read_manifest(folder)
    with locked(folder), exclusive(folder):
        acquire(folder)
        clear_left_overs(folder)
        manifest = read_manifest(folder)
        before = all_parts(folder)
        check_parts(folder, manifest, before)
        for group in list(_groups(folder, parts(folder))):
            _merge(folder, group, manifest)
        kept = set(parts(folder))
        for job in all_parts(folder):
            if job not in kept:
                for name in ("outcomes", *more_of(manifest)):
                    (folder / name / job.part).unlink(missing_ok=True)
        return len(before), len(kept)


def _groups(folder: Path, jobs: list[Job]) -> Iterator[list[Job]]:
    """Yield groups of parts of the same runs and outcomes and of consecutive points, each for one larger part."""
    for _, same_runs in groupby(sorted(jobs, key=lambda job: (_runs_of(job), job.first_point)), _runs_of):
        group: list[Job] = []
        for job in same_runs:
            follows = group and group[-1].end_point == job.first_point
            if (
                not follows
                or _made_of(folder, group[-1]) != _made_of(folder, job)
                or sum(part.size for part in group) + job.size > COMPACT_RUNS
            ):
                yield group
                group = []
            group.append(job)
        yield group


def _made_of(folder: Path, job: Job) -> tuple[list[str], dict[str, str]]:
    """Return the columns of a part, and the expressions that it was made with."""
    schema = pq.read_schema(folder / "outcomes" / job.part)
    return schema.names, formulas_in(schema)


def _runs_of(job: Job) -> tuple[int, int]:
    return job.first_run, job.end_run


def _merge(folder: Path, group: list[Job], manifest: dict[str, Any]) -> None:
    if len(group) < 2:
        return
    merged = Job(group[0].first_point, group[-1].end_point, *_runs_of(group[0]))
    if manifest["series"] != "none":
        series = pa.concat_tables([read_part(folder / "series" / job.part) for job in group])
        write_table(folder / "series" / merged.part, series)
    first = pq.read_schema(folder / "outcomes" / group[0].part)
    outcomes = pa.concat_tables([read_part(folder / "outcomes" / job.part, first.names) for job in group])
    stamp = {STAMP: stamp_of(manifest).encode()}
    write_table(folder / "outcomes" / merged.part, with_formulas(outcomes, stamp, formulas_in(first)))
