"""What the folder of a sweep holds, read as asked for: points, outcomes, daily series."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from sim.errors import InputError
from sim.experiments.design import Design
from sim.experiments.store import read_manifest
from sim.experiments.sweep_store import KEYS, Job, outcome_schema, parts, read_design, times_there
from sim.outcomes import OUTCOMES
from sim.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class SweepResults:
    """The results of a sweep, complete or not. Rows are in order of point, then run."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest.json of the folder."""
        return read_manifest(self.folder)

    @cached_property
    def base(self) -> Scenario:
        """The base as it was run."""
        return load_scenario(self.folder / "scenario.toml")

    @cached_property
    def design(self) -> Design:
        """The points."""
        return read_design(self.folder, self.manifest)

    @cached_property
    def parts(self) -> list[Job]:
        """The committed parts, as they were when first asked for."""
        return parts(self.folder)

    @cached_property
    def asked(self) -> int:
        """Runs of each point that were asked for."""
        return int(json.loads((self.folder / "asked.json").read_text(encoding="utf-8"))["runs"])

    @property
    def runs_there(self) -> int:
        """Number of (point, run) that are there."""
        return sum(job.size for job in self.parts)

    @property
    def runs_asked(self) -> int:
        """Number of (point, run) that were asked for."""
        return self.design.points * self.asked

    @property
    def is_complete(self) -> bool:
        """Whether all that was asked for is there."""
        return bool((times_there(self.parts, self.design.points, self.asked) > 0).all())

    def table(self, outcomes: Sequence[str] | None = None) -> pa.Table:
        """Return a row per (point, run): the two keys and outcomes, all of them unless named. Raises KeyError."""
        names = [outcome.name for outcome in OUTCOMES] if outcomes is None else list(outcomes)
        schema = outcome_schema()
        for name in names:
            schema.field(name)
        files = [str(self.folder / "outcomes" / job.part) for job in self.parts]
        if not files:
            raise InputError(f"{self.folder}: holds no finished run")
        try:
            found = ds.dataset(files, schema=schema, format="parquet").to_table(columns=[*KEYS, *names])
        except (pa.ArrowException, OSError):
            raise InputError(f"{self.folder}: a part is damaged; pullback verify names it") from None
        return found.sort_by([(key, "ascending") for key in KEYS])

    def design_table(self) -> pa.Table:
        """Return a row per point: its number, its row in the design (-1: the unchanged base), and every factor."""
        return pq.read_table(self.folder / "design.parquet")

    def frame(self, outcomes: Sequence[str] | None = None) -> pandas.DataFrame:
        """Return a pandas DataFrame with a row per (point, run): keys, every factor, outcomes. Needs pandas.

        `table` and `design_table` are the same for those who do without.
        """
        design = self.design_table().to_pandas()
        return self.table(outcomes).to_pandas().merge(design, on="point", how="left", validate="many_to_one")

    def series(self, names: Sequence[str]) -> pa.Table:
        """Return daily series: a row per point, level of a quantile (or run, where all were kept) and day."""
        files = [str(self.folder / "series" / job.part) for job in self.parts]
        if self.manifest["series"] == "none" or not files:
            raise InputError(f"{self.folder}: keeps no daily series")
        key = "level" if self.manifest["series"] == "quantiles" else "run"
        found = ds.dataset(files, format="parquet").to_table(columns=["point", key, "day", *names])
        return found.sort_by([(name, "ascending") for name in ("point", key, "day")])

    def values(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (rows,) points, runs and float values of one outcome, NaN where it did not come or did not arise."""
        table = self.table([name])
        return table["point"].to_numpy(), table["run"].to_numpy(), table[name].to_numpy()
