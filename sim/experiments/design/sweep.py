"""A sweep: the points of a design, each played so many times. Whatever is played is one."""

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
"""Levels of the quantiles of the daily series. Of no more runs than these, the runs themselves are kept."""


@dataclass(frozen=True)
class Sweep:
    """A checked sweep.

    runs: of each point, the most of them where their number is `sequential`. series: what is kept of the daily series. text:
    the file as it was read, "" where it comes from none. streams: whether the points share random
    numbers; chosen: the file says so. kind: SWEEP, or what else is played as one: an ENSEMBLE is a sweep
    of one point. columns: what is kept of each run, () for all outcomes. horizon: days that runs were to go on for when the
    states of their last evening are kept. uncertain: which values of an ensemble are drawn by run, None for none. outcomes:
    those that its files define beside the program's, no part of what makes numbers.
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
        """8 hex digits over everything that changes numbers. Quantiles depend on the number of runs; nothing else does."""
        if self.kind == ENSEMBLE:
            return self.base.hash if self.uncertain is None else f"{self.base.hash}-{self.uncertain.digest}"
        runs = self.runs if self.series == "quantiles" else None
        numbers: list[Any] = [self.base.hash, described(self.recipe), self.series, runs, *self.columns]
        numbers += [self.streams] if self.streams == OWN else []  # what was played before there was a choice keeps its hash
        return blake2b(json.dumps(numbers, sort_keys=True).encode(), digest_size=4).hexdigest()
