"""What the folder of a sweep holds, read as asked for: points, outcomes, daily series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from sim.checks import check_once, texts
from sim.errors import InputError
from sim.experiments.design import Design
from sim.experiments.folders import SCHEMA, check_schema, read_manifest
from sim.experiments.partial import shortfall, warn
from sim.experiments.replicates import SHARED, Sequential, streams_of
from sim.experiments.sweep_store import (
    KEYS,
    KIND,
    Job,
    design_table,
    outcome_schema,
    parts,
    read_asked,
    read_design,
    times_there,
)
from sim.outcomes import OUTCOMES
from sim.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas


CHECKED = ds.ParquetFileFormat(default_fragment_scan_options=ds.ParquetFragmentScanOptions(page_checksum_verification=True))


@dataclass(frozen=True, eq=False)
class SweepResults:
    """The results of a sweep, complete or not. Rows are in order of point, then run."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest.json of the folder. Raises InputError where there is none, or one of another schema."""
        manifest = read_manifest(self.folder)
        check_schema(self.folder, manifest, SCHEMA)
        return manifest

    @cached_property
    def base(self) -> Scenario:
        """The base as it was run."""
        return load_scenario(self.folder / "scenario.toml")

    @cached_property
    def design(self) -> Design:
        """The points."""
        return read_design(self.folder, self.manifest)

    @property
    def streams(self) -> str:
        """Whether the points share random numbers, as the folder was begun with."""
        return streams_of(self.manifest, self.folder)

    def run_numbers(self, points: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Return (n,) the numbers of the runs that were played for (point, run), as `Design.run_numbers` does."""
        return self.design.run_numbers(points, runs, self.streams)

    def clusters(self, points: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Return (n, 2) what (point, run) depend on: the row of the design (-1: the base) and the number of the run.

        Runs of one row share its uncertain values, runs of one number their random numbers.
        """
        return np.column_stack([np.array(self.design.row_of_design)[points], self.run_numbers(points, runs)])

    @cached_property
    def parts(self) -> list[Job]:
        """The committed parts, as they were when first asked for."""
        return parts(self.folder)

    @cached_property
    def wanted(self) -> np.ndarray:
        """(points,) runs that were asked for of each; where a rule says how many, as many as it asks for so far."""
        fixed, sequential = read_asked(self.folder)
        if not fixed and sequential is None:  # the folder does not say: as many as its largest part
            fixed = max((job.end_run for job in self.parts), default=0)
        runs = np.full(self.design.points, fixed)
        return np.maximum(runs, self.wanted_by(sequential)) if sequential else runs

    def wanted_by(self, sequential: Sequential) -> np.ndarray:
        """Return (points,) runs that a rule asks for of each point so far."""
        return sequential.wanted(*self._weighed(sequential))

    @cached_property
    def unsettled(self) -> int:
        """Points that have the most runs a rule gives them and whose outcomes are still not known as closely as it asks."""
        _, sequential = read_asked(self.folder)
        return int(sequential.unsettled(*self._weighed(sequential)).sum()) if sequential else 0

    def _weighed(self, sequential: Sequential) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return (points, runs) what is there, and the outcomes that a rule looks at."""
        names = sorted({criterion.outcome for criterion in sequential.until})
        shape = (self.design.points, sequential.most)
        there, values = np.zeros(shape, bool), {name: np.full(shape, np.nan) for name in names}
        if self.parts:
            table = self.table(names)
            table = table.filter(pc.less(table["run"], sequential.most))
            place = table["point"].to_numpy(), table["run"].to_numpy()
            there[place] = True
            for name in names:
                values[name][place] = table[name].to_numpy()
        return there, values

    @cached_property
    def missing(self) -> np.ndarray:
        """(points, runs) which were asked for and are not there."""
        runs = np.arange(self.wanted.max(initial=0))
        return (runs < self.wanted[:, None]) & (times_there(self.parts, len(self.wanted), len(runs)) == 0)

    @property
    def runs_there(self) -> int:
        """Number of (point, run) that are there."""
        return sum(job.size for job in self.parts)

    @property
    def runs_asked(self) -> int:
        """Number of (point, run) that were asked for."""
        return int(self.wanted.sum())

    @property
    def is_complete(self) -> bool:
        """Whether all that was asked for is there."""
        return not self.missing.any()

    @property
    def missing_runs(self) -> np.ndarray:
        """(n, 2) point and run of those that were asked for and are not there."""
        return np.argwhere(self.missing)

    @property
    def shortfall(self) -> str:
        """How many of the runs that were asked for are there, as in "INCOMPLETE: 24 of 32 runs are there"; "" for all."""
        return shortfall(self.runs_asked - int(self.missing.sum()), self.runs_asked)

    def table(self, outcomes: Sequence[str] | None = None) -> pa.Table:
        """Return a row per (point, run): the two keys and outcomes, all of them unless named. Raises KeyError."""
        names = [outcome.name for outcome in OUTCOMES] if outcomes is None else list(texts("outcomes", outcomes))
        check_once("outcomes:", names)
        schema = outcome_schema()
        for name in names:
            schema.field(name)
        files = [str(self.folder / "outcomes" / job.part) for job in self.parts]
        if not files:
            raise InputError(f"{self.folder}: holds no finished run")
        return self._read(files, [*KEYS, *names], list(KEYS), schema)

    def numbered(self, table: pa.Table) -> pa.Table:
        """Return a table of (point, run) with the column run_number where the points do not share their random numbers.

        It is the number of the run that was played: run 5 of the scenario of the point, played by itself, has the random
        numbers of the rows with run_number 5.
        """
        if self.streams == SHARED or "run" not in table.column_names:
            return table
        numbers = self.run_numbers(table["point"].to_numpy(), table["run"].to_numpy())
        return table.add_column(table.column_names.index("run") + 1, "run_number", pa.array(numbers))

    def design_table(self) -> pa.Table:
        """Return a row per point: its number, its row in the design (-1: the unchanged base), and every factor."""
        return design_table(self.design)

    def frame(self, outcomes: Sequence[str] | None = None) -> pandas.DataFrame:
        """Return a pandas DataFrame with a row per (point, run): keys, every factor, outcomes. Needs pandas.

        `numbered(table())` and `design_table` are the same for those who do without.
        """
        design = self.design_table().to_pandas()
        return self.numbered(self.table(outcomes)).to_pandas().merge(design, on="point", how="left", validate="many_to_one")

    def series(self, names: Sequence[str]) -> pa.Table:
        """Return daily series: a row per point, level of a quantile (or run, where all were kept) and day."""
        files = [str(self.folder / "series" / job.part) for job in self.parts]
        self.series_names()
        key = "level" if self.manifest["series"] == "quantiles" else "run"
        keys = ["point", key, "day"]
        return self._read(files, [*keys, *names], keys)

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the daily series that are kept. Raises InputError where there are none."""
        if self.manifest["series"] == "none" or not self.parts:
            raise InputError(f"{self.folder}: keeps no daily series")
        try:
            kept = pq.read_schema(self.folder / "series" / self.parts[0].part).names
        except (pa.ArrowException, OSError, UnicodeError):
            raise InputError(f"{self.folder}: a part is damaged; pullback verify names it") from None
        return tuple(name for name in kept if name not in ("point", "run", "level", "day"))

    def _read(self, files: list[str], columns: list[str], keys: list[str], schema: pa.Schema | None = None) -> pa.Table:
        """Read parts to the last checksum, in order of their keys."""
        try:
            found = ds.dataset(files, schema=schema, format=CHECKED).to_table(columns=columns)
        except (pa.ArrowException, OSError, UnicodeError):
            raise InputError(f"{self.folder}: a part is damaged; pullback verify names it") from None
        return found.sort_by([(key, "ascending") for key in keys])

    def values(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (rows,) points, runs and float values of one outcome, NaN where it did not come or did not arise."""
        table = self.table([name])
        return table["point"].to_numpy(), table["run"].to_numpy(), table[name].to_numpy()


def sweep_in(folder: str | Path) -> SweepResults:
    """Return the sweep in a folder. Raises InputError where there is none."""
    results = SweepResults(Path(folder))
    if results.manifest.get("kind") != KIND:
        raise InputError(f"{folder}: holds an ensemble, not a sweep; pullback compare and explain read it")
    return results


def open_sweep(folder: str | Path) -> SweepResults:
    """Open the folder of a sweep. Raises InputError where it is none, warns of IncompleteResults."""
    results = sweep_in(folder)
    warn(results.folder, results.shortfall)
    return results
