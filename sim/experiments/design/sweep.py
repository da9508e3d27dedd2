"""A sweep: the points of a design with a number of runs each. Every batch of runs is a sweep."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from sim.experiments.design.design import Design, Recipe, described, make_design
from sim.experiments.design.kept import ENSEMBLE, SWEEP
from sim.experiments.design.replicates import OWN, SHARED, Sequential
from sim.experiments.design.uncertain import Uncertain
from sim.scenario.own_outcomes import OwnOutcome
from sim.scenario.scenario import Scenario

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Levels of the quantiles of the daily series. With no more runs than levels, the series of the runs are kept."""


@dataclass(frozen=True)
class Sweep:
    """A checked sweep.

    question: the question it answers. runs: of each point, the maximum if their number is `sequential`. series: form in
    which daily series are kept. text: the file as it was read, "" without a file. streams: whether the points share random
    numbers; streams_chosen: the file sets it. kind: SWEEP, ENSEMBLE (a sweep of one point) or CALIBRATION. columns: values
    kept of each run, () for all outcomes. horizon: last day to which the runs may be continued, if the states of their last
    evening are kept. uncertain: values of an ensemble that are drawn by run, None for none. outcomes:
    those that its files define.
    """

    name: str
    title: str
    question: str
    base: Scenario
    recipe: Recipe
    runs: int
    series: str
    text: str
    sequential: Sequential | None = None
    streams: str = SHARED
    streams_chosen: bool = False
    kind: str = SWEEP
    columns: tuple[str, ...] = ()
    horizon: int | None = None
    uncertain: Uncertain | None = None
    outcomes: tuple[OwnOutcome, ...] = ()

    @cached_property
    def design(self) -> Design:
        """The points."""
        return make_design(self.recipe)

    @cached_property
    def hash(self) -> str:
        """8 hex digits over everything that changes results. Only quantiles depend on the number of runs."""
        if self.kind == ENSEMBLE:
            return self.base.hash if self.uncertain is None else f"{self.base.hash}-{self.uncertain.digest}"
        runs = self.runs if self.series == "quantiles" else None
        numbers: list[Any] = [self.base.hash, described(self.recipe), self.series, runs, *self.columns]
        numbers += [self.streams] if self.streams == OWN else []  # sweeps older than this setting keep their hash
        return blake2b(json.dumps(numbers, sort_keys=True).encode(), digest_size=4).hexdigest()
