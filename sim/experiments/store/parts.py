"""Parts of a results folder: one per job, named by the points and runs it holds, committed at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.experiments.design.design import MOST_POINTS
from sim.experiments.store.definitions import with_formulas
from sim.experiments.store.folders import write_pieces, write_table
from sim.ground.errors import InputError
from sim.ground.files import whole_file
from sim.record import snapshot
from sim.record.outcomes import OUTCOMES, Outcome, columns_read
from sim.scenario.heading import MOST_RUNS

TABLES = ("series", "control", "rules", "states", "outcomes")
STAMP = b"pullback_sweep"
PART = re.compile(r"(\d+)-(\d+)_(\d+)-(\d+)\.parquet")
KEYS = {"point": pa.int32(), "run": pa.int32()}


@dataclass(frozen=True, order=True)
class Job:
    """The runs [first_run, end_run) of the points [first_point, end_point), computed and committed together."""

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
        """Whether it contains every (point, run) of another job."""
        points = self.first_point <= other.first_point and other.end_point <= self.end_point
        return points and self.first_run <= other.first_run and other.end_run <= self.end_run

    @property
    def runs_alone(self) -> str:
        """The runs as text, for a job of one point."""
        return f"runs {self.first_run} to {self.end_run - 1}"

    def __str__(self) -> str:
        return f"points {self.first_point} to {self.end_point - 1}, {self.runs_alone}"


def write_part(
    folder: Path,
    stamp: str,
    job: Job,
    outcomes: Mapping[str, np.ndarray],
    tables: Mapping[str, Iterable[pa.Table]] | None = None,
    state: Mapping[str, np.ndarray] | None = None,
    formulas: Mapping[str, str] | None = None,
) -> None:
    """Write the tables of one job and, if given, the snapshot of its last evening; the outcomes last.

    Each file is written atomically. stamp: identifies the manifest of the folder. outcomes: (size,) each, by point, then
    run. tables: by name, each as consecutive pieces. formulas: the
    expressions by which outcomes were computed, by name.
    """
    for name, pieces in (tables or {}).items():
        write_pieces(folder / name / job.part, pieces)
    if state is not None:
        with whole_file(_state_file(folder, job)) as file:
            snapshot.write(file, state)
    keys = {name: pa.array(values, pa.int32()) for name, values in zip(KEYS, pairs_of(job), strict=True)}
    columns = {name: column_of(values) for name, values in outcomes.items()}
    table = with_formulas(pa.table(keys | columns), {STAMP: stamp.encode()}, formulas or {})
    write_table(folder / "outcomes" / job.part, table)


def column_of(values: np.ndarray) -> pa.Array:
    """Return values as a column of a part, nothing where they are NaN."""
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def pairs_of(job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Return (size,) points and (size,) runs of a job, in the order of its part."""
    points, runs = np.arange(job.first_point, job.end_point), np.arange(job.first_run, job.end_run)
    return np.repeat(points, len(runs)), np.tile(runs, len(points))


def saved_state(folder: Path, job: Job) -> dict[str, np.ndarray]:
    """Return the snapshot of the runs of a job, in its order. Raises InputError if it is missing."""
    (points, runs), snapshots, places = pairs_of(job), [], []
    for part in parts(folder):
        inside = (part.first_point <= points) & (points < part.end_point) & (part.first_run <= runs) & (runs < part.end_run)
        selected = np.flatnonzero(inside)
        if len(selected) and _state_file(folder, part).exists():
            of_part = (
                (points[selected] - part.first_point) * (part.end_run - part.first_run) + runs[selected] - part.first_run
            )
            snapshots.append(snapshot.read(_state_file(folder, part), of_part))
            places.append(selected)
    if sum(map(len, places)) != job.size:
        raise InputError(f"{folder}: holds no saved state of {job}; run it with --until and --save")
    return snapshot.chosen(snapshot.joined(snapshots), np.argsort(np.concatenate(places)))


def _state_file(folder: Path, job: Job) -> Path:
    return (folder / "states" / job.part).with_suffix(".npz")


def stamp_of(manifest: dict[str, Any]) -> str:
    """Return the stamp of every part of a folder: hash of the sweep and digest of the code."""
    return f"{manifest['hash']} {manifest['code']}"


def columns_of(manifest: Mapping[str, Any], outcomes: Sequence[Outcome] = OUTCOMES) -> tuple[str, ...]:
    """Return the names of the values kept of each run: those of the sweep, or of outcomes."""
    return tuple(manifest["columns"]) or columns_read(outcomes)


def outcome_schema(manifest: Mapping[str, Any], outcomes: Sequence[Outcome] = OUTCOMES) -> pa.Schema:
    """Return the schema of the outcomes; readers pass it, so that it does not depend on the first file."""
    return pa.schema(KEYS | dict.fromkeys(columns_of(manifest, outcomes), pa.float64()))


def parts(folder: Path) -> list[Job]:
    """Return the committed parts, sorted, without those contained in a larger one. Raises InputError for a stray file."""
    kept: list[Job] = []
    committed = all_parts(folder)
    if len(committed) < 2 or not _overlap(committed):
        return committed
    for job in sorted(committed, key=lambda job: -job.size):
        if not any(larger.holds(job) for larger in kept):
            kept.append(job)
    return sorted(kept)


def all_parts(folder: Path) -> list[Job]:
    """Return the committed parts, sorted, including those left over from compacting."""
    jobs = []
    for path in (folder / "outcomes").iterdir():
        if path.name.startswith("."):
            continue  # an unfinished file of an interrupted process
        match = PART.fullmatch(path.name)
        job = None if match is None else Job(*map(int, match.groups()))
        if job is None or job.end_point > MOST_POINTS + 1 or job.end_run > MOST_RUNS:
            raise InputError(f"{path}: is not a part of a results folder; move it elsewhere")
        jobs.append(job)
    return sorted(jobs)


def clear_left_overs(folder: Path) -> None:
    """Remove unfinished files of killed workers; no process may be writing."""
    for path in left_overs(folder):
        path.unlink()


def left_overs(folder: Path) -> list[Path]:
    """Return the unfinished files of interrupted processes."""
    return [path for table in TABLES for path in (folder / table).glob(".*")]


def _overlap(jobs: Sequence[Job]) -> bool:
    """Whether two parts share a (point, run). Counts between the edges of parts; memory does not depend on their size."""
    first_point, end_point, first_run, end_run = np.array([astuple(job) for job in jobs]).T
    points, runs = np.unique([first_point, end_point]), np.unique([first_run, end_run])
    count = np.zeros((len(points), len(runs)), np.int32)
    for point, at_point in ((first_point, 1), (end_point, -1)):
        for run, at_run in ((first_run, 1), (end_run, -1)):
            np.add.at(count, (np.searchsorted(points, point), np.searchsorted(runs, run)), at_point * at_run)
    return bool((count.cumsum(axis=0).cumsum(axis=1) > 1).any())


def times_there(jobs: Iterable[Job], points: int, runs: int) -> np.ndarray:
    """Return (points, runs) the number of parts with each planned (point, run)."""
    counts = np.zeros((points, runs), np.uint8)
    for job in jobs:
        counts[job.first_point : job.end_point, job.first_run : min(job.end_run, runs)] += 1
    return counts


def check_parts(folder: Path, manifest: dict[str, Any], jobs: Iterable[Job]) -> None:
    """Raise InputError for the first part that is damaged, belongs to another sweep, or does not match its name."""
    stamp = stamp_of(manifest).encode()
    for job in jobs:
        fault = part_fault(folder / "outcomes" / job.part, job, stamp)
        if fault:
            raise InputError(f"{folder / 'outcomes' / job.part}: {fault}")


def part_fault(path: Path, job: Job, stamp: bytes) -> str | None:
    """Return the error of a part, from its footer, or None."""
    try:
        footer = pq.read_metadata(path)
    except (pa.ArrowException, OSError, UnicodeError):
        return "is damaged; remove it and give the same command again"
    if (footer.metadata or {}).get(STAMP) != stamp:
        return "belongs to another sweep or another version of the code; move it elsewhere"
    if footer.num_rows != job.size:
        return f"has {footer.num_rows} rows instead of the {job.size} of its name; remove it and give the same command again"
    return None
