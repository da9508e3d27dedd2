"""Every run of every point of a sweep as one ensemble: what its base says where its values are as uncertain as the sweep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.clusters import few_histories
from sim.experiments.design.factors import evidence_of
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.record.outcomes import Outcome, columns_read
from sim.scenario.own_outcomes import OwnOutcome
from sim.scenario.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Pooled:
    """A sweep over uncertain values read as the results of an ensemble. The unchanged base, if it is a point, is left out.

    Raises InputError where the sweep is not finished, or where it crosses its points with levers.
    """

    sweep: SweepResults

    def __post_init__(self) -> None:
        if not self.sweep.is_complete:
            more = "the sweep is not finished; the same sweep command goes on with it"
            raise InputError(f"{self.folder}: {self.shortfall}; {more}")
        factors = self.sweep.design.factors
        levers = [factor.path for factor in factors if evidence_of(factor, self.scenario).kind == "lever"]
        if levers:
            raise InputError(f"{self.folder}: varies {levers[0]}, a lever; only sets of uncertain values make one ensemble")

    @property
    def folder(self) -> Path:
        """The folder of the sweep."""
        return self.sweep.folder

    @property
    def scenario(self) -> Scenario:
        """The base that the points differ from."""
        return self.sweep.base

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest of the sweep, which names its base as the scenario."""
        return self.sweep.manifest

    @property
    def shortfall(self) -> str:
        """How many of the runs that were asked for are there, "" for all."""
        return self.sweep.shortfall

    @property
    def known(self) -> tuple[Outcome, ...]:
        """The outcomes that every part of the sweep holds."""
        return self.sweep.known

    @property
    def own(self) -> tuple[OwnOutcome, ...]:
        """The outcomes of the user's own that the sweep is asked for."""
        return self.sweep.own

    @property
    def note(self) -> str:
        """The note that its runs are few random histories, "" where they are not."""
        return few_histories(len(np.unique(self.clusters[:, 1])), self.runs)

    @cached_property
    def clusters(self) -> np.ndarray:
        """(runs, 2) the row of the design and the number of each run, in the order of `outcomes`: what runs share."""
        keys = self.sweep.table([])
        made = self.sweep.clusters(keys["point"].to_numpy(), keys["run"].to_numpy())
        return made[made[:, 0] >= 0]

    @cached_property
    def outcomes(self) -> dict[str, np.ndarray]:
        """Outcome -> (runs,) float64, in order of point, then run."""
        table = self.sweep.table()
        varied = np.array(self.sweep.design.row_of_design)[table["point"].to_numpy()] >= 0
        return {name: table[name].to_numpy()[varied] for name in columns_read(self.known)}

    def series(self, name: str) -> np.ndarray | None:
        """Return (days + 1, runs) of a daily series in the order of `outcomes`; None where it is not kept run by run."""
        found = self.sweep.series_of_runs(name)
        if found is None:
            return None
        return found[:, np.array(self.sweep.design.row_of_design)[self.sweep.table([])["point"].to_numpy()] >= 0]

    @property
    def points(self) -> int:
        """Number of points, without the unchanged base."""
        return sum(number >= 0 for number in self.sweep.design.row_of_design)

    @property
    def runs(self) -> int:
        """Number of runs of all points together."""
        return len(next(iter(self.outcomes.values())))
