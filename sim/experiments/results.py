"""What the results folder of an ensemble holds, read as asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.checks import check_once, texts
from sim.errors import InputError
from sim.experiments.folders import SCHEMA, check_schema, read_manifest
from sim.experiments.partial import shortfall, warn
from sim.experiments.store import parts, read_asked, runs_done
from sim.history import SERIES
from sim.outcomes import OUTCOMES
from sim.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas

SERIES_KEPT = 8
"""Series of a folder that are held in memory at a time."""


@dataclass(frozen=True, eq=False)
class Results:
    """What a results folder holds, read as asked for. Runs are in order of their number."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest.json of the folder."""
        return read_manifest(self.folder)

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario as it was run. Raises InputError where the file no longer says what was run."""
        path = self.folder / "scenario.toml"
        scenario = load_scenario(path)
        if (scenario.hash, scenario.days) != (self.manifest["hash"], self.manifest["days"]):
            raise InputError(f"{path}: is not what was run; remove the folder and run it again")
        return scenario

    @cached_property
    def outcomes(self) -> dict[str, np.ndarray]:
        """Outcome -> (runs,) float64, NaN where it did not come or did not arise; and "run" -> numbers of the runs."""
        table, names = self._read("outcomes"), ["run"] + [outcome.name for outcome in OUTCOMES]
        lacking = [name for name in names if name not in table.column_names]
        if lacking:
            said = f"lacks outcomes that this version compares ({lacking[0]}); run it again into another folder"
            raise InputError(f"{self.folder}: {said}")
        table = table.sort_by("run")
        return {name: table[name].to_numpy() for name in names}

    @property
    def runs(self) -> int:
        """Number of runs that are there."""
        return len(self.outcomes["run"])

    @cached_property
    def asked(self) -> int:
        """Number of runs, counted from 0, in the largest request so far."""
        return read_asked(self.folder) or max(self.scenario.runs, int(runs_done(self.folder).max()) + 1)

    @property
    def missing_runs(self) -> np.ndarray:
        """Numbers of the runs that were asked for and are not there."""
        return np.setdiff1d(np.arange(self.asked), runs_done(self.folder))

    @property
    def is_complete(self) -> bool:
        """Whether every run that was asked for is there."""
        return not len(self.missing_runs)

    @property
    def shortfall(self) -> str:
        """How many of the runs that were asked for are there, as in "INCOMPLETE: 24 of 32 runs are there"; "" for all."""
        return shortfall(self.asked - len(self.missing_runs), self.asked)

    def frame(self, outcomes: Sequence[str] | None = None) -> pandas.DataFrame:
        """Return a pandas DataFrame with a row per run: its number and outcomes, all of them unless named. Needs pandas."""
        names = [outcome.name for outcome in OUTCOMES] if outcomes is None else list(texts("outcomes", outcomes))
        check_once("outcomes:", names)
        return self._read("outcomes").sort_by("run").select(["run", *names]).to_pandas()

    def series(self, name: str) -> np.ndarray:
        """Return (days + 1, runs) of a series. Raises KeyError."""
        if name not in SERIES:
            raise KeyError(name)
        if name not in self._kept:
            days = int(self.manifest["days"]) + 1
            columns = (_table(path, [name])[name].to_numpy() for path in parts(self.folder, "series"))
            read = np.concatenate([column.reshape(-1, days) for column in columns]).T
            if len(self._kept) == SERIES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = read
        return self._kept[name]

    @cached_property
    def _kept(self) -> dict[str, np.ndarray]:
        """The series read last: all of them together may not fit into memory."""
        return {}

    @cached_property
    def control(self) -> tuple[np.ndarray, np.ndarray]:
        """(cells,) lattice indices and (cells, days + 1, 2) shares of runs: with Damascus, contested."""
        names = ["cell", "day", "damascus", "contested"]
        tables = (_table(path, names) for path in parts(self.folder, "control"))
        first = next(tables)
        total = self._control_counts(first)
        for table in tables:
            total += self._control_counts(table)
        return first["cell"].to_numpy().reshape(total.shape[:2])[:, 0], total / self.runs

    def _control_counts(self, table: pa.Table) -> np.ndarray:
        counts = np.stack([table["damascus"].to_numpy(), table["contested"].to_numpy()], axis=1)
        return counts.reshape(-1, int(self.manifest["days"]) + 1, 2).astype(np.int64)

    @cached_property
    def rules(self) -> dict[str, dict[str, np.ndarray]]:
        """Matter -> rule -> (2, days + 1) numbers of runs in which it fired that day, and fired for the first time."""
        counts: dict[str, dict[str, np.ndarray]] = {}
        days = int(self.manifest["days"]) + 1
        for path in parts(self.folder, "rules"):
            table = _table(path, ["matter", "rule", "day", "runs", "first"])
            runs = np.stack([table[name].to_numpy().reshape(-1, days) for name in ("runs", "first")], axis=1)
            names = zip(table["matter"].to_pylist()[::days], table["rule"].to_pylist()[::days], strict=True)
            for (matter, rule), count in zip(names, runs.astype(np.int64), strict=True):
                row = counts.setdefault(matter, {}).setdefault(rule, np.zeros((2, days), np.int64))
                row += count
        return counts

    def _read(self, table: str) -> pa.Table:
        """Read a table of all parts. Raises InputError for a part whose columns are not those of the others."""
        paths = parts(self.folder, table)
        tables = [_table(path) for path in paths]
        whole = max(tables, key=lambda each: each.num_columns).schema
        for path, each in zip(paths, tables, strict=True):
            if not each.schema.equals(whole):
                raise _damaged(path)
        return pa.concat_tables(tables)


def open_results(folder: str | Path) -> Results:
    """Open a results folder. Raises InputError when it is none or holds no run, warns of IncompleteResults."""
    results = Results(Path(folder))
    check_schema(results.folder, results.manifest, SCHEMA)
    if "kind" in results.manifest:
        raise InputError(f"{folder}: holds a sweep, not an ensemble; pullback compare --by and export read it")
    if not len(runs_done(results.folder)):
        raise InputError(f"{folder}: holds no finished run")
    warn(results.folder, results.shortfall)
    return results


def _table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read one file of a part, or some of its columns. Raises InputError where it is damaged: its pages carry checksums."""
    try:
        table = pq.read_table(path, columns=columns, page_checksum_verification=True)
        if columns is not None:
            table = table.select(columns)  # raises where another file stands in its place
        return table
    except FileNotFoundError:
        raise _damaged(path, "is gone") from None
    except (pa.ArrowException, OSError, UnicodeError, KeyError):
        raise _damaged(path) from None


def _damaged(path: Path, what: str = "is damaged") -> InputError:
    committed = path.parent.parent / "outcomes" / path.name
    return InputError(f"{path}: {what}; remove {committed} and give the same command again")
