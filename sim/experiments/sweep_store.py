"""The folder of a sweep: a part per job, named by the points and runs it holds, committed at once.

results/<name>-<hash>/
  manifest.json       what made the numbers: design, base, code, versions; written first, never changed
  sweep.toml          the sweep as it was given
  scenario.toml       the base, complete
  design.parquet      a row per point: its number, its row in the design (-1: the unchanged base), a column per factor
  asked.json          runs of each point in the largest request so far
  series/PART         daily series: quantiles over the runs of each point, or every run
  outcomes/PART       a row per (point, run), a column per outcome; written last, its presence commits the part
  failed.json         jobs that failed when it was last worked on
A part that lies within a larger one is left over from compacting and counts for nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import InputError
from sim.experiments.design import Design, described
from sim.experiments.factors import Factor
from sim.experiments.store import code_digest, machine, read_manifest, write_table
from sim.experiments.sweep_file import Sweep
from sim.outcomes import OUTCOMES
from sim.scenario_export import write_scenario

SCHEMA = 1
KIND = "sweep"
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Levels of the quantiles of the daily series."""

STAMP = b"pullback_sweep"
PART = re.compile(r"(\d+)-(\d+)_(\d+)-(\d+)\.parquet")
KEYS = {"point": pa.int32(), "run": pa.int32()}


@dataclass(frozen=True, order=True)
class Job:
    """The runs [first_run, end_run) of the points [first_point, end_point), played and committed together."""

    first_point: int
    end_point: int
    first_run: int
    end_run: int

    @property
    def size(self) -> int:
        """Number of (point, run)."""
        return (self.end_point - self.first_point) * (self.end_run - self.first_run)

    @property
    def part(self) -> str:
        """Name of its files."""
        return f"{self.first_point:07d}-{self.end_point:07d}_{self.first_run:07d}-{self.end_run:07d}.parquet"

    def holds(self, other: Job) -> bool:
        """Whether every (point, run) of another is of this one."""
        points = self.first_point <= other.first_point and other.end_point <= self.end_point
        return points and self.first_run <= other.first_run and other.end_run <= self.end_run

    def __str__(self) -> str:
        return f"points {self.first_point} to {self.end_point - 1}, runs {self.first_run} to {self.end_run - 1}"


def open_folder(folder: Path, sweep: Sweep) -> None:
    """Make the folder of a sweep, or see that it is this sweep's, by this code. Raises InputError when it is not."""
    if (folder / "manifest.json").is_file():
        known = read_manifest(folder)
        if known.get("kind") != KIND or known["hash"] != sweep.hash:
            raise InputError(
                f"{folder}: holds the results of {known.get('name', known['scenario'])} {known['hash']}; name another"
            )
        if known["schema"] != SCHEMA:
            raise InputError(f"{folder}: has schema {known['schema']}, this version writes {SCHEMA}; name another folder")
        if known["code"] != code_digest():
            raise InputError(f"{folder}: was made by another version of the code; name another folder or remove it")
        return
    if folder.exists() and (not folder.is_dir() or any(path.name != ".lock" for path in folder.iterdir())):
        raise InputError(f"{folder}: exists and is not the folder of a sweep; name another")
    for table in ("outcomes", "series"):
        (folder / table).mkdir(parents=True, exist_ok=True)
    write_scenario(sweep.base, folder)
    (folder / "sweep.toml").write_text(sweep.text, encoding="utf-8")
    write_table(folder / "design.parquet", design_table(sweep.design))
    write_json(folder / "manifest.json", _manifest(sweep))


def _manifest(sweep: Sweep) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": KIND,
        "name": sweep.name,
        "title": sweep.title,
        "asks": sweep.asks,
        "hash": sweep.hash,
        "scenario": sweep.base.name,
        "base_hash": sweep.base.hash,
        "seed": sweep.base.seed,
        "days": sweep.base.days,
        "start": str(sweep.base.start_date),
        "points": sweep.design.points,
        "series": sweep.series,
        "design": {key: value for key, value in described(sweep.recipe).items() if key != "table"},
        "code": code_digest(),
    } | machine()


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, whole or not at all."""
    hidden = path.with_name("." + path.name)
    with hidden.open("w", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(hidden, path)


def design_table(design: Design) -> pa.Table:
    """Return the points as a table."""
    columns: dict[str, Any] = {
        "point": pa.array(range(design.points), pa.int32()),
        "design_row": pa.array(design.row_of_design, pa.int32()),
    }
    return pa.table(columns | {factor.path: design.column(factor.path) for factor in design.factors})


def read_design(folder: Path, manifest: dict[str, Any]) -> Design:
    """Return the points as they are in a folder."""
    made = manifest["design"]
    factors = tuple(
        Factor(**{key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()})
        for raw in made["levers"] + made["uncertainties"]
    )
    table = pq.read_table(folder / "design.parquet")
    rows = tuple(zip(*(table[factor.path].to_pylist() for factor in factors), strict=True))
    return Design(factors, rows, tuple(table["design_row"].to_pylist()))


def write_part(folder: Path, stamp: str, job: Job, outcomes: dict[str, np.ndarray], series: pa.Table | None) -> None:
    """Write the tables of one job, each whole or not at all, the outcomes last.

    stamp: what the folder's manifest is known by. outcomes: (size,) each, by point and then run.
    """
    if series is not None:
        write_table(folder / "series" / job.part, series)
    points, runs = np.arange(job.first_point, job.end_point), np.arange(job.first_run, job.end_run)
    keys = {
        "point": pa.array(np.repeat(points, len(runs)), pa.int32()),
        "run": pa.array(np.tile(runs, len(points)), pa.int32()),
    }
    columns = {name: pa.array(values, pa.float64(), mask=np.isnan(values)) for name, values in outcomes.items()}
    table = pa.table(keys | columns).replace_schema_metadata({STAMP: stamp.encode()})
    write_table(folder / "outcomes" / job.part, table)


def stamp_of(manifest: dict[str, Any]) -> str:
    """Return what every part of a folder carries: the sweep's hash and the code's."""
    return f"{manifest['hash']} {manifest['code']}"


def outcome_schema() -> pa.Schema:
    """Return the schema of the outcomes: readers pass it, so that no file decides for the others."""
    return pa.schema(KEYS | {outcome.name: pa.float64() for outcome in OUTCOMES})


def parts(folder: Path) -> list[Job]:
    """Return the committed parts, sorted, without those that lie within a larger one. Raises InputError for a stray file."""
    found = all_parts(folder)
    if len(found) < 2 or not _overlap(found):
        return found
    return [job for job in found if not any(other != job and other.holds(job) for other in found)]


def all_parts(folder: Path) -> list[Job]:
    """Return the committed parts, sorted, with those that are left over from compacting."""
    found = []
    for path in (folder / "outcomes").iterdir():
        if path.name.startswith("."):
            continue  # a file that was being written when its writer was stopped
        match = PART.fullmatch(path.name)
        if match is None:
            raise InputError(f"{path}: is no part of a sweep; move it elsewhere")
        found.append(Job(*map(int, match.groups())))
    return sorted(found)


def _overlap(found: Sequence[Job]) -> bool:
    return sum(job.size for job in found) > int(np.count_nonzero(_counted(found)))


def _counted(found: Iterable[Job]) -> np.ndarray:
    """Return (points, runs) how often each is there."""
    found = list(found)
    counted = np.zeros((max(job.end_point for job in found), max(job.end_run for job in found)), np.uint8)
    for job in found:
        counted[job.first_point : job.end_point, job.first_run : job.end_run] += 1
    return counted


def times_there(found: Iterable[Job], points: int, runs: int) -> np.ndarray:
    """Return (points, runs) how often each planned (point, run) is there."""
    counted = np.zeros((points, runs), np.uint8)
    for job in found:
        counted[job.first_point : job.end_point, job.first_run : min(job.end_run, runs)] += 1
    return counted


def check_parts(folder: Path, manifest: dict[str, Any], found: Iterable[Job]) -> None:
    """Raise InputError for the first part that is damaged, belongs to another sweep, or holds other than its name says."""
    stamp = stamp_of(manifest).encode()
    for job in found:
        fault = part_fault(folder / "outcomes" / job.part, job, stamp)
        if fault:
            raise InputError(f"{folder / 'outcomes' / job.part}: {fault}")


def part_fault(path: Path, job: Job, stamp: bytes) -> str | None:
    """Return what is wrong with a part by its footer, None where nothing is."""
    try:
        footer = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return "is damaged; remove it and give the same command again"
    if (footer.metadata or {}).get(STAMP) != stamp:
        return "belongs to another sweep or another version of the code; move it elsewhere"
    if footer.num_rows != job.size:
        return f"holds {footer.num_rows} rows where its name says {job.size}; remove it and give the same command again"
    return None
