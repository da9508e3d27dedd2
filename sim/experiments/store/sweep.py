"""The results folder of a sweep, read on demand: points, outcomes, daily series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.experiments.design.kept import SWEEP
from sim.experiments.design.replicates import SHARED
from sim.experiments.store.partial import warn
from sim.experiments.store.points import design_table
from sim.experiments.store.stored import Stored, checked_kind, read_part
from sim.ground.errors import InputError

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class SweepResults(Stored):
    """The results of a sweep, complete or not. Rows are in order of point, then run."""

    def clusters(self, points: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Return (n, 2) the row of the design (-1: the base) and the run number of (point, run).

        Runs of the same row share uncertain values, runs of the same number share random numbers.
        """
        return np.column_stack([np.array(self.design.row_of_design)[points], self.run_numbers(points, runs)])

    @property
    def missing_runs(self) -> np.ndarray:
        """(n, 2) point and run of the requested runs that are missing."""
        return np.argwhere(self.missing)

    def numbered(self, table: pa.Table) -> pa.Table:
        """Return a table of (point, run), with the column run_number if the points do not share random numbers.

        A row with run_number 5 has the random numbers of run 5 of the point's scenario in an ensemble of its own.
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

        Without pandas, use `numbered(table())` and `design_table`.
        """
        design = self.design_table().to_pandas()
        return self.numbered(self.table(outcomes)).to_pandas().merge(design, on="point", how="left", validate="many_to_one")

    def series(self, names: Sequence[str]) -> pa.Table:
        """Return daily series: a row per point, level of a quantile (or run, if all were kept) and day."""
        self.series_names()
        keys = ["point", "level" if self.manifest["series"] == "quantiles" else "run", "day"]
        return self._read("series", [*keys, *names], keys)

    def series_of_runs(self, name: str) -> np.ndarray | None:
        """Return (days + 1, rows) of a daily series, in order of point, then run; None where it is not kept of every run."""
        if self.manifest["series"] != "full" or name not in self.series_names():
            return None
        return self.series([name])[name].to_numpy().reshape(-1, int(self.manifest["days"]) + 1).T

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the daily series in the folder. Raises InputError if there are none."""
        if self.manifest["series"] == "none" or not self.parts:
            raise InputError(f"{self.folder}: keeps no daily series")
        first = self.folder / "series" / self.parts[0].part
        try:
            columns = pq.read_schema(first).names
        except (pa.ArrowException, OSError, UnicodeError):
            columns = read_part(first, []).column_names  # raises the error with its cause
        return tuple(name for name in columns if name not in ("point", "run", "level", "day"))

    def values(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (rows,) points, runs and float values of one outcome, NaN if it did not occur or does not apply."""
        table = self.table([name])
        return table["point"].to_numpy(), table["run"].to_numpy(), table[name].to_numpy()


def sweep_in(folder: str | Path) -> SweepResults:
    """Return the sweep in a folder. Raises InputError if there is none."""
    return checked_kind(SweepResults(Path(folder)), SWEEP)


def open_sweep(folder: str | Path) -> SweepResults:
    """Open the folder of a sweep. Raises InputError if it is not one; warns of IncompleteResults."""
    results = sweep_in(folder)
    warn(results.folder, results.shortfall)
    warn(results.folder, results.lacks)
    return results
