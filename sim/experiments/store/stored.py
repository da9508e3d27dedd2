"""A results folder, read on demand: finished runs, their outcomes, and missing runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from sim.experiments.design.design import Design
from sim.experiments.design.kept import CALIBRATION, ENSEMBLE, SWEEP
from sim.experiments.design.replicates import Sequential, streams_of
from sim.experiments.design.uncertain import Uncertain
from sim.experiments.store.asked import read_asked
from sim.experiments.store.definitions import lacking, read_own
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.partial import shortfall
from sim.experiments.store.parts import KEYS, Job, columns_of, outcome_schema, parts, times_there
from sim.experiments.store.points import read_design, read_uncertain
from sim.ground.checks import check_once, texts
from sim.ground.errors import InputError
from sim.ground.paths import shown_path
from sim.record.outcomes import Outcome, outcomes_of
from sim.registry import load_kept
from sim.scenario.own_outcomes import OwnOutcome
from sim.scenario.scenario import Scenario
from sim.state.values import Columns

OfKind = TypeVar("OfKind", bound="Stored")
CHECKED = ds.ParquetFileFormat(default_fragment_scan_options=ds.ParquetFragmentScanOptions(page_checksum_verification=True))


A_KIND = {ENSEMBLE: "an ensemble", SWEEP: "a sweep", CALIBRATION: "a calibration"}
READ_BY = {
    ENSEMBLE: "pullback compare and explain read an ensemble",
    SWEEP: "pullback compare --by and export read a sweep",
    CALIBRATION: "pullback calibrate continues it",
}


@dataclass(frozen=True, eq=False)
class Stored:
    """The runs of a folder, complete or not. Rows are in order of point, then run."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest.json of the folder. Raises InputError if there is none, or one of another format."""
        return read_manifest(self.folder)

    @cached_property
    def base(self) -> Scenario:
        """The base of the points, as it was run. Raises InputError if its file was changed."""
        path = self.folder / "scenario.toml"
        base = load_kept(path)
        if base.hash != self.manifest["base_hash"]:
            raise InputError(f"{path}: is not what was run; remove the folder and run it again")
        return base

    @cached_property
    def design(self) -> Design:
        """The points."""
        return read_design(self.folder, self.manifest)

    @cached_property
    def uncertain(self) -> Uncertain | None:
        """The values that an ensemble draws by run, None for none."""
        return read_uncertain(self.folder, self.manifest)

    def columns(self, numbers: np.ndarray) -> tuple[Columns, ...]:
        """Return the columns for TheatreModel that repeat these runs of an ensemble: the values they drew."""
        return () if self.uncertain is None else self.uncertain.columns(self.base, numbers)

    @property
    def streams(self) -> str:
        """Whether the points share random numbers, as set when the folder was created."""
        return streams_of(self.manifest, self.folder)

    def run_numbers(self, points: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Return (n,) run numbers of (point, run); see `Design.run_numbers`."""
        return self.design.run_numbers(points, runs, self.streams)

    @cached_property
    def own(self) -> tuple[OwnOutcome, ...]:
        """The outcomes of the user's own that it is asked for. Raises InputError."""
        return () if self.manifest["columns"] else read_own(self.folder)

    @cached_property
    def lacking(self) -> tuple[str, ...]:
        """Names of the outcomes, written as expressions, that it is asked for and that some part does not hold."""
        asked = outcomes_of(self.own)
        if self.manifest["columns"]:
            return ()
        found = lacking((self.folder / "outcomes" / job.part for job in self.parts), asked)
        names = {name for each in found.values() for name in each}
        return tuple(outcome.name for outcome in asked if outcome.name in names)

    @cached_property
    def known(self) -> tuple[Outcome, ...]:
        """The outcomes that every part holds: the program's, and the user's own."""
        return tuple(outcome for outcome in outcomes_of(self.own) if outcome.name not in self.lacking)

    @property
    def lacks(self) -> str:
        """Which outcomes it lacks, and the command that adds them; "" for none."""
        if not self.lacking:
            return ""
        names = f"{', '.join(self.lacking[:3])}{f' and {len(self.lacking) - 3} more' if len(self.lacking) > 3 else ''}"
        return f"lacks {names}; {self.command} adds {'it' if len(self.lacking) == 1 else 'them'}"

    def check_holds(self, name: str) -> None:
        """Raise InputError for an outcome that it lacks, with the command that adds it."""
        if name in self.lacking:
            raise InputError(f"{shown_path(self.folder)}: {self.lacks}")

    @property
    def adds(self) -> str:
        """How an outcome of the user's own gets into the folder, as a message ends with it."""
        is_sweep = self.manifest["kind"] == SWEEP
        file, command = ("the sweep", "sweep") if is_sweep else ("the scenario", "run")
        how = f"pullback {command} FILE --out {shown_path(self.folder)}"
        return f"; one of your own goes under [outcomes] in the file of {file}, and {how} adds it"

    @property
    def command(self) -> str:
        """The command that goes on with the folder, and adds the outcomes it lacks."""
        folder = shown_path(self.folder)
        if self.manifest["kind"] == SWEEP:
            return f"pullback sweep {folder}"
        drawn = self.manifest.get("uncertain")
        more = f" --uncertain {drawn['what']}" if drawn else ""
        return f"pullback run {folder}/scenario.toml --out {folder}{more}"

    @cached_property
    def parts(self) -> list[Job]:
        """The committed parts at the first use."""
        return parts(self.folder)

    @cached_property
    def wanted(self) -> np.ndarray:
        """(points,) runs requested of each; with precision targets, the number needed so far."""
        fixed, sequential = read_asked(self.folder)
        if not fixed and sequential is None:
            fixed = self._asked_at_least
        runs = np.full(self.design.points, fixed)
        return np.maximum(runs, self.wanted_by(sequential)) if sequential else runs

    @property
    def _asked_at_least(self) -> int:
        """Runs requested per point if there is no record of it: the number in the largest part."""
        return max((job.end_run for job in self.parts), default=0)

    def wanted_by(self, sequential: Sequential) -> np.ndarray:
        """Return (points,) runs that the precision targets need so far."""
        return sequential.wanted(*self._weighed(sequential))

    @cached_property
    def unsettled(self) -> int:
        """Number of points with the most runs permitted that do not meet the precision targets."""
        _, sequential = read_asked(self.folder)
        return int(sequential.unsettled(*self._weighed(sequential)).sum()) if sequential else 0

    def _weighed(self, sequential: Sequential) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return (points, runs) bool, finished runs, and the outcomes of the precision targets."""
        names = sorted({criterion.outcome for criterion in sequential.until})
        shape = (self.design.points, sequential.most)
        present, values = np.zeros(shape, bool), {name: np.full(shape, np.nan) for name in names}
        if self.parts:
            table = self.table(names)
            table = table.filter(pc.less(table["run"], sequential.most))
            place = table["point"].to_numpy(), table["run"].to_numpy()
            present[place] = True
            for name in names:
                values[name][place] = table[name].to_numpy()
        return present, values

    @cached_property
    def missing(self) -> np.ndarray:
        """(points, runs) bool: requested and missing."""
        runs = np.arange(self.wanted.max(initial=0))
        return (runs < self.wanted[:, None]) & (times_there(self.parts, len(self.wanted), len(runs)) == 0)

    @property
    def runs_there(self) -> int:
        """Number of finished (point, run)."""
        return sum(job.size for job in self.parts)

    @property
    def runs_asked(self) -> int:
        """Number of requested (point, run)."""
        return int(self.wanted.sum())

    @property
    def is_complete(self) -> bool:
        """Whether all requested runs are finished."""
        return not self.missing.any()

    @property
    def shortfall(self) -> str:
        """Text with the finished and requested runs, as in "INCOMPLETE: 24 of 32 runs are there"; "" if complete."""
        return shortfall(self.runs_asked - int(self.missing.sum()), self.runs_asked)

    def table(self, outcomes: Sequence[str] | None = None) -> pa.Table:
        """Return a row per (point, run): the two keys and outcomes, by default all. Raises KeyError."""
        known = columns_of(self.manifest, self.known)
        names = list(known) if outcomes is None else list(texts("outcomes", outcomes))
        check_once("outcomes:", names)
        schema = outcome_schema(self.manifest, self.known)
        for name in names:
            self.check_holds(name)
            schema.field(name)
        return self._read("outcomes", [*KEYS, *names], list(KEYS), schema)

    def _read(self, table: str, columns: list[str], keys: list[str], schema: pa.Schema | None = None) -> pa.Table:
        """Read a table of all parts, verifying checksums, in order of its keys. Raises InputError."""
        files = [str(self.folder / table / job.part) for job in self.parts]
        if not files:
            raise InputError(f"{self.folder}: holds no finished run")
        try:
            dataset = ds.dataset(files, schema=schema, format=CHECKED)
            lacking = [set(columns) - set(fragment.physical_schema.names) for fragment in dataset.get_fragments()]
            if not any(lacking):
                return dataset.to_table(columns=columns).sort_by([(key, "ascending") for key in keys])
        except (pa.ArrowException, OSError, UnicodeError):
            lacking = []
        for job in self.parts:
            read_part(self.folder / table / job.part, [] if lacking and all(lacking) else columns)
        raise InputError(
            f"{self.folder}: lacks {min(set.union(*lacking)) if lacking else table}, which this version reads; "
            "run it again into another folder"
        )


def read_part(path: Path, columns: Iterable[str] | None = None) -> pa.Table:
    """Read one file of a part, some columns or all. Raises InputError if it is damaged, by its checksums."""
    names, committed = None if columns is None else list(columns), path.parent.parent / "outcomes" / path.name
    fault = "is damaged"
    try:
        table = pq.read_table(path, columns=names, page_checksum_verification=True)
        return table if names is None else table.select(names)
    except FileNotFoundError:
        fault = "is gone"
    except (pa.ArrowException, OSError, UnicodeError, KeyError):  # a missing column: another file in its place
        pass
    raise InputError(f"{path}: {fault}; remove {committed} and give the same command again")


def checked_kind(results: OfKind, kind: str) -> OfKind:
    """Return the results if they are of this kind. Raises InputError with the command that reads them otherwise."""
    if (actual := results.manifest["kind"]) != kind:
        raise InputError(f"{results.folder}: holds {A_KIND[actual]}, not {A_KIND[kind]}; {READ_BY[actual]}")
    return results
