"""What the folder of a sweep holds, read as asked for: points, outcomes, daily series."""

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
        """Return (n, 2) what (point, run) depend on: the row of the design (-1: the base) and the number of the run.

        Runs of one row share its uncertain values, runs of one number their random numbers.
        """
        return np.column_stack([np.array(self.design.row_of_design)[points], self.run_numbers(points, runs)])

    @property
    def missing_runs(self) -> np.ndarray:
        """(n, 2) point and run of those that were asked for and are not there."""
        return np.argwhere(self.missing)

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
        self.series_names()
        keys = ["point", "level" if self.manifest["series"] == "quantiles" else "run", "day"]
        return self._read("series", [*keys, *names], keys)

    def series_of_runs(self, name: str) -> np.ndarray | None:
        """Return (days + 1, rows) of a daily series, in order of point, then run; None where it is not kept of every run."""
        if self.manifest["series"] != "full" or name not in self.series_names():
            return None
        return self.series([name])[name].to_numpy().reshape(-1, int(self.manifest["days"]) + 1).T

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the daily series that are kept. Raises InputError where there are none."""
        if self.manifest["series"] == "none" or not self.parts:
            raise InputError(f"{self.folder}: keeps no daily series")
        first = self.folder / "series" / self.parts[0].part
        try:
            kept = pq.read_schema(first).names
        except (pa.ArrowException, OSError, UnicodeError):
            kept = read_part(first, []).column_names  # says what is wrong with it
        return tuple(name for name in kept if name not in ("point", "run", "level", "day"))

    def values(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (rows,) points, runs and float values of one outcome, NaN where it did not come or did not arise."""
        table = self.table([name])
        return table["point"].to_numpy(), table["run"].to_numpy(), table[name].to_numpy()


def sweep_in(folder: str | Path) -> SweepResults:
    """Return the sweep in a folder. Raises InputError where there is none."""
    return checked_kind(SweepResults(Path(folder)), SWEEP)


def open_sweep(folder: str | Path) -> SweepResults:
    """Open the folder of a sweep. Raises InputError where it is none, warns of IncompleteResults."""
    results = sweep_in(folder)
    warn(results.folder, results.shortfall)
    warn(results.folder, results.lacks)
    return results
