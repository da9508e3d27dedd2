"""The results folder of an ensemble, read on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from sim.experiments.design.kept import ENSEMBLE
from sim.experiments.design.uncertain import sets_of
from sim.experiments.store.partial import warn
from sim.experiments.store.stored import Stored, checked_kind, read_part
from sim.ground.errors import InputError
from sim.record.history import SERIES
from sim.record.outcomes import columns_read
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas

SERIES_KEPT = 8
"""Largest number of series of a folder in memory at a time."""


@dataclass(frozen=True, eq=False)
class Results(Stored):
    """The results of an ensemble, a sweep of one point. Runs are in order of their number."""

    @property
    def scenario(self) -> Scenario:
        """The scenario as it was run. Raises InputError if its file was changed."""
        return self.base

    @cached_property
    def outcomes(self) -> dict[str, np.ndarray]:
        """Outcome -> (runs,) float64, NaN if it did not occur or does not apply; and "run" -> numbers of the runs."""
        table = self.table()
        return {name: table[name].to_numpy() for name in ("run", *columns_read(self.known))}

    @property
    def runs(self) -> int:
        """Number of finished runs."""
        return self.runs_there

    @property
    def _asked_at_least(self) -> int:
        return max(self.scenario.runs, super()._asked_at_least)

    @property
    def clusters(self) -> np.ndarray | None:
        """(runs, 2) set of values and number of each run, if runs share drawn values; None if no values are drawn."""
        if self.uncertain is None:
            return None
        return np.column_stack([sets_of(self.outcomes["run"]), self.outcomes["run"]])

    @property
    def missing_runs(self) -> np.ndarray:
        """Numbers of the runs that were requested and are missing."""
        return np.flatnonzero(self.missing)

    def frame(self, outcomes: Sequence[str] | None = None) -> pandas.DataFrame:
        """Return a pandas DataFrame with a row per run: its number and outcomes, by default all. Needs pandas."""
        return self.table(outcomes).drop_columns("point").to_pandas()

    def series(self, name: str) -> np.ndarray:
        """Return (days + 1, runs) of a series. Raises KeyError."""
        if name not in SERIES:
            raise KeyError(name)
        if name not in self._kept:
            columns = (table[name].to_numpy().reshape(-1, self._days) for table in self._tables("series", [name]))
            values = np.concatenate(list(columns)).T
            if len(self._kept) == SERIES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = values
        return self._kept[name]

    @cached_property
    def _kept(self) -> dict[str, np.ndarray]:
        """The series read most recently; all of them may not fit into memory."""
        return {}

    @property
    def _days(self) -> int:
        """Number of evenings."""
        return int(self.manifest["days"]) + 1

    def _tables(self, name: str, columns: list[str]) -> list[pa.Table]:
        """Return one table per part, in order of runs."""
        return [read_part(self.folder / name / job.part, columns) for job in self.parts]

    @cached_property
    def control(self) -> tuple[np.ndarray, np.ndarray]:
        """(cells,) lattice indices and (cells, days + 1, 2) shares of runs: with Damascus, contested."""
        first, *others = self._tables("control", ["cell", "day", "damascus", "contested"])
        total = sum((self._control_counts(table) for table in others), self._control_counts(first))
        return first["cell"].to_numpy().reshape(total.shape[:2])[:, 0], total / self.runs

    def _control_counts(self, table: pa.Table) -> np.ndarray:
        counts = np.stack([table["damascus"].to_numpy(), table["contested"].to_numpy()], axis=1)
        return counts.reshape(-1, self._days, 2).astype(np.int64)

    @cached_property
    def rules(self) -> dict[str, dict[str, np.ndarray]]:
        """Decision -> rule -> (2, days + 1) number of runs in which it fired that day, and fired for the first time."""
        counts: dict[str, dict[str, np.ndarray]] = {}
        for table in self._tables("rules", ["matter", "rule", "day", "runs", "first"]):
            runs = np.stack([table[name].to_numpy().reshape(-1, self._days) for name in ("runs", "first")], axis=1)
            names = (table[name].to_pylist()[:: self._days] for name in ("matter", "rule"))
            for decision, rule, count in zip(*names, runs.astype(np.int64), strict=True):
                row = counts.setdefault(decision, {}).setdefault(rule, np.zeros((2, self._days), np.int64))
                row += count
        return counts


def open_ensemble(folder: str | Path) -> Results:
    """Open the folder of an ensemble. Raises InputError if it is none or has no finished run; warns of IncompleteResults."""
    results = checked_kind(Results(Path(folder)), ENSEMBLE)
    if not results.runs:
        raise InputError(f"{folder}: holds no finished run")
    warn(results.folder, results.shortfall)
    warn(results.folder, results.lacks)
    return results
