"""The folder of a sweep: a part per job, named by the points and runs it holds, committed at once.

results/<name>-<hash>/
  manifest.json       what made the numbers: design, base, code, versions; written first, never changed
  sweep.toml          the sweep as it was given
  scenario.toml       the base, complete
  table.csv           the rows of a design that is a table
  scenarios/          the scenarios of a lever, complete, each in a folder of its own
  design.parquet      a row per point: its number, its row in the design (-1: the unchanged base), a column per factor
  asked.json          runs of each point in the largest request so far, and the latest rule for their number
  series/PART         daily series: quantiles over the runs of each point, or every run
  outcomes/PART       a row per (point, run), a column per outcome; written last, its presence commits the part
  failed.json         jobs that failed when it was last worked on; failed-K-of-N.json of a shard
A part that lies within a larger one is left over from compacting and counts for nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import InputError
from sim.experiments.design import Design, described
from sim.experiments.factors import Factor
from sim.experiments.folders import (
    SCHEMA,
    check_schema,
    code_digest,
    machine,
    new_folder,
    read_manifest,
    write_json,
    write_table,
)
from sim.experiments.locks import Shard
from sim.experiments.replicates import Criterion, Sequential
from sim.experiments.sweep_file import Sweep
from sim.experiments.sweep_kept import SWEEP_FILE, KeptScenarios, scenario_faults, write_scenarios, write_table_of
from sim.files import write_text
from sim.outcomes import OUTCOMES
from sim.scenario import load_scenario
from sim.scenario_export import write_scenario

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
    if is_known(folder, sweep):
        return
    with new_folder(folder, "the folder of a sweep", _manifest(sweep)):
        for table in ("outcomes", "series"):
            (folder / table).mkdir(exist_ok=True)
        write_scenario(sweep.base, folder)
        write_scenarios(sweep.design.scenarios, folder)
        write_table_of(sweep.recipe, folder)
        write_text(folder / SWEEP_FILE, sweep.text)
        write_table(folder / "design.parquet", design_table(sweep.design))


def is_known(folder: Path, sweep: Sweep) -> bool:
    """Whether a folder holds this sweep by this code. Raises InputError where it holds other results."""
    if not (folder / "manifest.json").is_file():
        return False
    known = read_manifest(folder)
    check_schema(folder, known, SCHEMA)
    if known.get("kind") != KIND or known.get("hash") != sweep.hash:
        name = known.get("name", known.get("scenario"))
        raise InputError(f"{folder}: holds the results of {name} {known.get('hash')}; name another folder")
    if known.get("code") != code_digest():
        raise InputError(f"{folder}: was made by another version of the code; name another folder or remove it")
    design = read_design(folder, known)
    if design != sweep.design or load_scenario(folder / "scenario.toml").hash != sweep.base.hash:
        raise InputError(f"{folder}: its design.parquet or scenario.toml was changed; name another folder")
    for fault in scenario_faults(design.scenarios):
        raise InputError(fault)
    return True


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


def design_table(design: Design) -> pa.Table:
    """Return the points as a table."""
    columns: dict[str, Any] = {
        "point": pa.array(range(design.points), pa.int32()),
        "design_row": pa.array(design.row_of_design, pa.int32()),
    }
    return pa.table(columns | {factor.path: design.column(factor.path) for factor in design.factors})


def read_design(folder: Path, manifest: dict[str, Any]) -> Design:
    """Return the points as they are in a folder. Raises InputError where they cannot be read."""
    try:
        made = manifest["design"]
        factors = tuple(_factor(raw) for raw in made["levers"] + made["uncertainties"])
        table = pq.read_table(folder / "design.parquet", page_checksum_verification=True)
        rows = tuple(zip(*(table[factor.path].to_pylist() for factor in factors), strict=True))
        kept = KeptScenarios(folder, dict(made.get("scenarios", {}).items()))
        design = Design(factors, rows, tuple(table["design_row"].to_pylist()), kept)
        if not set(design.names(range(design.points))) <= {"", *kept, *(factor.before for factor in factors)}:
            raise KeyError
        return design
    except (pa.ArrowException, OSError, UnicodeError, KeyError, TypeError, AttributeError):
        said = "is damaged or gone, or the manifest no longer says what it holds; name another folder"
        raise InputError(f"{folder / 'design.parquet'}: {said}") from None


def _factor(raw: dict[str, Any]) -> Factor:
    """Return a factor as the manifest keeps it. Raises TypeError for one that is none."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Factor(**values)


def note_asked(folder: Path, runs: int, sequential: Sequential | None) -> None:
    """Keep the largest number of runs of a point that was asked for, or the latest rule for their number."""
    fixed, before = read_asked(folder)
    asked, rule = (fixed, sequential) if sequential else (max(runs, fixed), before)
    if (asked, rule) != (fixed, before):
        write_json(folder / "asked.json", {"runs": asked, "sequential": asdict(rule) if rule else None})


def read_asked(folder: Path) -> tuple[int, Sequential | None]:
    """Return the number of runs of each point that was asked for, and the rule for their number. Raises InputError."""
    path = folder / "asked.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        rule = raw.get("sequential")
        until = rule and tuple(Criterion(**each) for each in rule.pop("until"))
        return int(raw["runs"]), Sequential(**rule, until=until) if rule else None
    except FileNotFoundError:
        return 0, None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise InputError(f"{path}: is damaged; remove it and give the same command again") from None


def note_failed(folder: Path, failed: dict[str, str], shard: Shard | None) -> None:
    """Keep the jobs that failed and why, or forget those of an earlier time."""
    path = folder / (f"failed-{shard}.json" if shard else "failed.json")
    if failed:
        write_json(path, failed)
    elif shard is None:
        for each in folder.glob("failed*.json"):
            each.unlink()
    else:
        path.unlink(missing_ok=True)


def read_failed(folder: Path) -> dict[str, str]:
    """Return the jobs that failed and why, of all shards."""
    failed: dict[str, str] = {}
    for path in sorted(folder.glob("failed*.json")):
        try:
            failed |= json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, TypeError, RecursionError):
            raise InputError(f"{path}: is damaged; remove it") from None
    return failed


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
    kept: list[Job] = []
    found = all_parts(folder)
    if len(found) < 2 or not _overlap(found):
        return found
    for job in sorted(found, key=lambda job: -job.size):
        if not any(larger.holds(job) for larger in kept):
            kept.append(job)
    return sorted(kept)


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


def clear_left_overs(folder: Path) -> None:
    """Remove what workers that were killed while they wrote have left; nobody may be writing."""
    for table in ("outcomes", "series"):
        for path in (folder / table).glob(".*"):
            path.unlink()


def _overlap(found: Sequence[Job]) -> bool:
    """Whether two parts share a (point, run). Counts between the edges of parts, so that a large name takes no memory."""
    first_point, end_point, first_run, end_run = np.array([astuple(job) for job in found]).T
    points, runs = np.unique([first_point, end_point]), np.unique([first_run, end_run])
    count = np.zeros((len(points), len(runs)), np.int32)
    for point, at_point in ((first_point, 1), (end_point, -1)):
        for run, at_run in ((first_run, 1), (end_run, -1)):
            np.add.at(count, (np.searchsorted(points, point), np.searchsorted(runs, run)), at_point * at_run)
    return bool((count.cumsum(axis=0).cumsum(axis=1) > 1).any())


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
    except (pa.ArrowException, OSError, UnicodeError):
        return "is damaged; remove it and give the same command again"
    if (footer.metadata or {}).get(STAMP) != stamp:
        return "belongs to another sweep or another version of the code; move it elsewhere"
    if footer.num_rows != job.size:
        return f"holds {footer.num_rows} rows where its name says {job.size}; remove it and give the same command again"
    return None
