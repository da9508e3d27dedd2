"""The folder of results: a part per job, named by the points and runs it holds, committed at once.

results/<name>-<hash>/
  manifest.json       what made the numbers: design, base, code, versions; written first, never changed
  sweep.toml          the sweep as it was given; an ensemble has none
  scenario.toml       the base, complete
  sets.parquet        of an ensemble over plausible sets: a row per set, a column per value
  table.csv           the rows of a design that is a table
  scenarios/          the scenarios of a lever, complete, each in a folder of its own
  design.parquet      a row per point: its number, its row in the design (-1: the unchanged base), a column per factor
  asked.json          runs of each point in the largest request so far, and the latest rule for their number
  series/PART         daily series: quantiles over the runs of each point, or every run
  control/PART        of an ensemble: who holds each cell (play/places.py)
  rules/PART          of an ensemble: which rules fired (play/places.py)
  states/PART         with run --save, the state of every run on the last evening
  outcomes/PART       a row per (point, run), a column per outcome; written last, its presence commits the part
  failed.json         jobs that failed when it was last worked on; failed-K-of-N.json of a shard
A part that lies within a larger one is left over from compacting and counts for nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.experiments.design.design import MOST_POINTS, Design, described
from sim.experiments.design.factors import Factor
from sim.experiments.design.replicates import Criterion, Sequential, streams_of
from sim.experiments.design.rows import Rows, as_column
from sim.experiments.design.sweep_file import Sweep
from sim.experiments.design.uncertain import Uncertain
from sim.experiments.store.digest import code_digest
from sim.experiments.store.folders import (
    FORM,
    machine,
    new_folder,
    read_manifest,
    write_json,
    write_pieces,
    write_table,
)
from sim.experiments.store.kept import SWEEP_FILE, KeptScenarios, scenario_faults, write_scenarios, write_table_of
from sim.experiments.store.locks import Shard
from sim.experiments.store.manifest import ENSEMBLE
from sim.ground.errors import InputError
from sim.ground.files import whole_file, write_text
from sim.record import snapshot
from sim.record.outcomes import OUTCOMES
from sim.registry import load_scenario
from sim.scenario.export import write_scenario
from sim.scenario.heading import MOST_RUNS

TABLES = ("series", "control", "rules", "states", "outcomes")
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

    @property
    def runs_alone(self) -> str:
        """Which runs they are, where there is one point only."""
        return f"runs {self.first_run} to {self.end_run - 1}"

    def __str__(self) -> str:
        return f"points {self.first_point} to {self.end_point - 1}, {self.runs_alone}"


def open_folder(folder: Path, sweep: Sweep) -> None:
    """Make the folder of a sweep, or see that it is this sweep's, by this code. Raises InputError when it is not."""
    if is_known(folder, sweep):
        return
    manifest = _manifest(sweep)
    with new_folder(folder, "a results folder", manifest):
        for table in ("outcomes", *more_of(manifest), *(["states"] if "horizon" in manifest else [])):
            (folder / table).mkdir(exist_ok=True)
        write_scenario(sweep.base, folder)
        write_scenarios(sweep.design.scenarios, folder)
        write_table_of(sweep.recipe, folder)
        if sweep.text:
            write_text(folder / SWEEP_FILE, sweep.text)
        write_table(folder / "design.parquet", design_table(sweep.design))
        if sweep.uncertain is not None and sweep.uncertain.sets:
            write_table(folder / "sets.parquet", pa.table(dict(sweep.uncertain.sets)))


def more_of(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the tables that a folder keeps besides outcomes."""
    series = () if manifest["series"] == "none" else ("series",)
    return (*series, "control", "rules") if manifest["kind"] == ENSEMBLE else series


def is_known(folder: Path, sweep: Sweep) -> bool:
    """Whether a folder holds this sweep by this code. Raises InputError where it holds other results."""
    if not (folder / "manifest.json").is_file():
        return False
    known = read_manifest(folder)
    if (known["kind"], known["hash"]) != (sweep.kind, sweep.hash):
        raise InputError(f"{folder}: holds the results of {known['name']} {known['hash']}; name another folder")
    if known["code"] != code_digest():
        raise InputError(f"{folder}: was made by another version of the code; name another folder or remove it")
    if sweep.horizon is not None and "horizon" not in known:
        raise InputError(f"{folder}: holds these runs without their states; name another folder to save them in")
    if streams_of(known, folder) != sweep.streams:
        raise InputError(f"{folder}: its manifest.json was changed; name another folder")
    design = read_design(folder, known)
    if design != sweep.design or load_scenario(folder / "scenario.toml").hash != sweep.base.hash:
        raise InputError(f"{folder}: its design.parquet or scenario.toml was changed; name another folder")
    for fault in scenario_faults(design.scenarios):
        raise InputError(fault)
    return True


def _manifest(sweep: Sweep) -> dict[str, Any]:
    made = {
        "schema": FORM,
        "kind": sweep.kind,
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
        "streams": sweep.streams,
        "design": {key: value for key, value in described(sweep.recipe).items() if key != "table"},
        "columns": list(sweep.columns),
        "code": code_digest(),
    }
    made |= {} if sweep.horizon is None else {"horizon": sweep.horizon}
    return made | ({} if sweep.uncertain is None else {"uncertain": sweep.uncertain.described()}) | machine()


def design_table(design: Design) -> pa.Table:
    """Return the points as a table."""
    columns: dict[str, Any] = {
        "point": pa.array(range(design.points), pa.int32()),
        "design_row": pa.array(design.row_of_design, pa.int32()),
    }
    values = zip(design.factors, design.rows.columns, strict=True)
    return pa.table(columns | {factor.path: column for factor, column in values})


def read_design(folder: Path, manifest: dict[str, Any]) -> Design:
    """Return the points as they are in a folder. Raises InputError where they cannot be read."""
    try:
        made = manifest["design"]
        factors = tuple(_factor(raw) for raw in made["levers"] + made["uncertainties"])
        table = pq.read_table(folder / "design.parquet", page_checksum_verification=True)
        rows = Rows((_column(table[factor.path]) for factor in factors), len(table))
        kept = KeptScenarios(folder, dict(made.get("scenarios", {}).items()))
        design = Design(factors, rows, tuple(table["design_row"].to_pylist()), kept)
        if not set(design.names(range(design.points))) <= {"", *kept, *(factor.before for factor in factors)}:
            raise KeyError
        return design
    except (pa.ArrowException, OSError, UnicodeError, KeyError, TypeError, AttributeError):
        said = "is damaged or gone, or the manifest no longer says what it holds; name another folder"
        raise InputError(f"{folder / 'design.parquet'}: {said}") from None


def _column(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column as a design holds it."""
    return column.to_numpy() if column.type == pa.float64() and not column.null_count else as_column(column.to_pylist())


def read_uncertain(folder: Path, manifest: Mapping[str, Any]) -> Uncertain | None:
    """Return which values an ensemble draws by run, None for none. Raises InputError where that cannot be read."""
    if "uncertain" not in manifest:
        return None
    try:
        made, sets = manifest["uncertain"], {}
        if not made["ranges"]:
            table = pq.read_table(folder / "sets.parquet", page_checksum_verification=True)
            sets = {name: tuple(table[name].to_pylist()) for name in table.column_names}
        ranges = {path: (low, high) for path, (low, high) in made["ranges"].items()}
        read = Uncertain(made["what"], made["seed"], ranges, sets)
    except (pa.ArrowException, OSError, UnicodeError, KeyError, TypeError, ValueError, AttributeError):
        read = None
    if read is None or read.digest != made["digest"]:
        raise InputError(f"{folder}: which values were drawn can no longer be read; name another folder")
    return read


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
        rule, runs = raw.get("sequential"), int(raw["runs"])
        until = rule and tuple(Criterion(**each) for each in rule.pop("until"))
        if not 0 <= runs <= MOST_RUNS or not (runs or rule):
            raise ValueError(runs)
        return runs, Sequential(**rule, until=until) if rule else None
    except FileNotFoundError:
        return 0, None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
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


def write_part(
    folder: Path,
    stamp: str,
    job: Job,
    outcomes: Mapping[str, np.ndarray],
    tables: Mapping[str, Iterable[pa.Table]] | None = None,
    state: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write the tables of one job, and the snapshot of its last evening where one is kept; the outcomes last.

    Each file appears whole or not at all. stamp: what the folder's manifest is known by. outcomes: (size,) each, by point
    and then run. tables: by name, each in pieces that follow each other.
    """
    for name, pieces in (tables or {}).items():
        write_pieces(folder / name / job.part, pieces)
    if state is not None:
        with whole_file(_state_file(folder, job)) as file:
            snapshot.write(file, state)
    keys = {name: pa.array(values, pa.int32()) for name, values in zip(KEYS, pairs_of(job), strict=True)}
    columns = {name: pa.array(values, pa.float64(), mask=np.isnan(values)) for name, values in outcomes.items()}
    table = pa.table(keys | columns).replace_schema_metadata({STAMP: stamp.encode()})
    write_table(folder / "outcomes" / job.part, table)


def pairs_of(job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Return (size,) points and (size,) runs of a job, in the order in which its part holds them."""
    points, runs = np.arange(job.first_point, job.end_point), np.arange(job.first_run, job.end_run)
    return np.repeat(points, len(runs)), np.tile(runs, len(points))


def saved_state(folder: Path, job: Job) -> dict[str, np.ndarray]:
    """Return the snapshot of the runs of a job, in its order. Raises InputError where it is not there."""
    (points, runs), found, places = pairs_of(job), [], []
    for part in parts(folder):
        inside = (part.first_point <= points) & (points < part.end_point) & (part.first_run <= runs) & (runs < part.end_run)
        mine = np.flatnonzero(inside)
        if len(mine) and _state_file(folder, part).exists():
            of_part = (points[mine] - part.first_point) * (part.end_run - part.first_run) + runs[mine] - part.first_run
            found.append(snapshot.read(_state_file(folder, part), of_part))
            places.append(mine)
    if sum(map(len, places)) != job.size:
        raise InputError(f"{folder}: holds no saved state of {job}; run it with --until and --save")
    return snapshot.chosen(snapshot.joined(found), np.argsort(np.concatenate(places)))


def _state_file(folder: Path, job: Job) -> Path:
    return (folder / "states" / job.part).with_suffix(".npz")


def stamp_of(manifest: dict[str, Any]) -> str:
    """Return what every part of a folder carries: the sweep's hash and the code's."""
    return f"{manifest['hash']} {manifest['code']}"


def columns_of(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of what a folder keeps of each run: those of the sweep, or all outcomes."""
    return tuple(manifest["columns"]) or tuple(outcome.name for outcome in OUTCOMES)


def outcome_schema(manifest: Mapping[str, Any]) -> pa.Schema:
    """Return the schema of the outcomes: readers pass it, so that no file decides for the others."""
    return pa.schema(KEYS | dict.fromkeys(columns_of(manifest), pa.float64()))


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
        job = None if match is None else Job(*map(int, match.groups()))
        if job is None or job.end_point > MOST_POINTS + 1 or job.end_run > MOST_RUNS:
            raise InputError(f"{path}: is no part of a results folder; move it elsewhere")
        found.append(job)
    return sorted(found)


def clear_left_overs(folder: Path) -> None:
    """Remove what workers that were killed while they wrote have left; nobody may be writing."""
    for path in left_overs(folder):
        path.unlink()


def left_overs(folder: Path) -> list[Path]:
    """Return the files of parts that were being written when their writer was stopped."""
    return [path for table in TABLES for path in (folder / table).glob(".*")]


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
