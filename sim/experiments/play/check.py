"""Verify, compact and watch a folder of results."""

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
from sim.experiments.store.initialise import more_of
from sim.experiments.store.definitions import formulas_in, with_formulas
from sim.experiments.store.digest import code_digest
from sim.experiments.store.folders import read_manifest, write_table
from sim.experiments.store.kept import scenario_faults
from sim.experiments.store.locks import exclusive, locked, is_locked, acquire
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
from sim.registry import load_scenario

COMPACT_RUNS = 131_072
"""Rows that a compacted part is filled up to."""

RECENT_PARTS = 32
RUNS_RECOMPUTED = 8


@dataclass(frozen=True)
class Status:
    """How far a sweep or an ensemble is. Sizes in bytes. scenarios: names of those of the lever of a sweep.

    unsettled: points at the end of a rule's runs whose outcomes are not known as closely as it asks. rate: runs per second
    lately, None where too few parts are there to tell.
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
        """Seconds until all is there, at the rate of late."""
        return (self.asked - self.done) / self.rate if self.rate else None


def status(folder: Path) -> Status:
    """Return how far results are; they may be under way in another process. Raises InputError where there are none."""
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
    """Return the bytes of the files of a folder; those that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _rate(folder: Path, found: list[Job]) -> float | None:
    """Return runs per second over the latest parts: what came after the first of them."""
    times = sorted(((folder / "outcomes" / job.part).stat().st_mtime, job.size) for job in found)[-RECENT_PARTS:]
    if len(times) < 2 or times[-1][0] <= times[0][0]:
        return None
    return sum(size for _, size in times[1:]) / (times[-1][0] - times[0][0])


def verify(folder: Path, points_recomputed: int, seed: int = 0) -> Iterator[str]:
    """Yield what is wrong with results: nothing where every planned (point, run) is there once and whole.

    points_recomputed: points drawn at random of which some runs are played again and compared bit for bit; none of a
    calibration, which does not keep outcomes.
    """
    points_recomputed = whole_number("points_recomputed", points_recomputed, POINTS_RECOMPUTED)
    results = Stored(folder)
    manifest = results.manifest
    base = load_scenario(folder / "scenario.toml")
    if base.hash != manifest["base_hash"]:
        yield f"{folder / 'scenario.toml'}: is not the base that was run ({base.hash}, not {manifest['base_hash']})"
        return
    yield from (strange := list(scenario_faults(results.design.scenarios)))
    whole, found = [], all_parts(folder)
    for job in found:
        fault = _fault(folder, job, manifest)
        if fault:
            yield fault
        else:
            whole.append(job)
    kept = [job for job in whole if job in set(results.parts)]
    runs = max([results.wanted.max(initial=0), *(job.end_run for job in kept)])
    times = times_there(kept, results.design.points, runs)
    wanted = np.arange(runs) < results.wanted[:, None]
    for wrong, said in ((wanted & (times == 0), "not there"), (times > 1, "there more than once")):
        if wrong.any():
            point, run = np.argwhere(wrong)[0]
            yield f"{int(wrong.sum())} of {wanted.sum()} runs are {said}, the first is point {point}, run {run}"
    if results.lacks:
        yield results.lacks
    if manifest["code"] != code_digest():
        yield "made by another version of the code: no run can be played again to compare"
    elif len(whole) == len(found) and not strange and not manifest["columns"]:  # damaged, there is nothing to compare with
        yield from _recompute(results, kept, points_recomputed, seed)


def _fault(folder: Path, job: Job, manifest: dict[str, Any]) -> str | None:
    """Return what is wrong with a part, read to its last byte."""
    path = folder / "outcomes" / job.part
    if fault := part_fault(path, job, stamp_of(manifest).encode()):
        return f"{path}: {fault}"
    try:
        kept = read_part(path)
        if not all(np.array_equal(kept[key].to_numpy(), its) for key, its in zip(KEYS, pairs_of(job), strict=True)):
            return f"{path}: holds other runs than its name says; remove it and give the same command again"
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
    """Play some runs of some points again."""
    there = np.unique([point for job in kept for point in range(job.first_point, job.end_point)])
    chosen = np.random.default_rng(seed).permutation(there)[:points]
    if not len(chosen):
        return
    table = results.table()
    for point in sorted(chosen.tolist()):
        rows = table.filter(pc.equal(table["point"], point)).slice(0, RUNS_RECOMPUTED)
        runs = rows["run"].to_numpy()
        numbers = results.run_numbers(np.full(len(runs), point), runs)
        again = play(results.design.scenario(point, results.base), numbers, results.columns(numbers))
        for name, values in again.read(partial(outcome_table, own=results.own)).items():
            if name in rows.column_names and not np.array_equal(values, rows[name].to_numpy(), equal_nan=True):
                yield f"point {point}: {name} comes out otherwise when its runs {runs[0]} to {runs[-1]} are played again"


def compact(folder: Path) -> tuple[int, int]:
    """Put small parts together; return the numbers of parts before and after.

    A larger part is committed before those within it are removed; readers leave these out meanwhile. Raises FolderBusy.
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


def _groups(folder: Path, found: list[Job]) -> Iterator[list[Job]]:
    """Yield parts of the same runs and outcomes whose points follow each other, as many as make a larger part."""
    for _, same_runs in groupby(sorted(found, key=lambda job: (_runs_of(job), job.first_point)), _runs_of):
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
    whole = Job(group[0].first_point, group[-1].end_point, *_runs_of(group[0]))
    if manifest["series"] != "none":
        series = pa.concat_tables([read_part(folder / "series" / job.part) for job in group])
        write_table(folder / "series" / whole.part, series)
    first = pq.read_schema(folder / "outcomes" / group[0].part)
    outcomes = pa.concat_tables([read_part(folder / "outcomes" / job.part, first.names) for job in group])
    stamp = {STAMP: stamp_of(manifest).encode()}
    write_table(folder / "outcomes" / whole.part, with_formulas(outcomes, stamp, formulas_in(first)))
