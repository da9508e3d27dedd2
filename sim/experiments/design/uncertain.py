"""Uncertain values that differ by run: drawn from their sourced ranges, or from plausible sets.

EACH consecutive runs use the same set of values: with one run per set, the effect of values could not be separated from
chance. A set depends only on the seed, the path and its number, so that run r has the same values in every scenario that is
compared, whatever else is drawn, and runs can be added later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sim.draws import Draws
from sim.experiments.design.design_table import read_design_table
from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.registry import registry
from sim.scenario.scenario import Scenario
from sim.state.values import Columns

ALL, ASSUMED = "all", "assumed"
EACH = 2
PLAUSIBLE = "plausible.csv"


@dataclass(frozen=True)
class Uncertain:
    """The values that are drawn by run, and their distributions.

    what: ALL, ASSUMED, or the name of a file of sets. ranges: path -> (low, high), uniform. sets: path -> its value in each
    set of the file; empty without a file.
    """

    what: str
    seed: int
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    sets: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the values that are drawn."""
        return tuple(self.sets or self.ranges)

    @property
    def digest(self) -> str:
        """8 hex digits over everything that changes the values."""
        return blake2b(json.dumps([self.seed, EACH, dict(self.ranges), dict(self.sets)]).encode(), digest_size=4).hexdigest()

    def agrees(self, other: Uncertain) -> bool:
        """Whether the values drawn by both are equal in every run."""
        same = (self.what, self.seed, not self.sets) == (other.what, other.seed, not other.sets)
        shared = set(self.paths) & set(other.paths)
        return same and all((self.sets or self.ranges)[path] == (other.sets or other.ranges)[path] for path in shared)

    def described(self) -> dict[str, Any]:
        """Return the description for a manifest."""
        ranges = {path: list(ends) for path, ends in self.ranges.items()}
        counted = {"each": EACH, "drawn": len(self.paths)}
        return {"what": self.what, "seed": self.seed, **counted, "ranges": ranges, "digest": self.digest}

    def values(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Return path -> (runs,) values of the runs of these numbers."""
        drawn = Draws(self.seed, sets_of(numbers))
        if not self.sets:
            shares = {path: drawn.once(f"value/{path}", 1)[0] for path in self.ranges}
            return {path: low + shares[path] * (high - low) for path, (low, high) in self.ranges.items()}
        number = len(next(iter(self.sets.values())))
        chosen = (drawn.once("set", 1)[0] * number).astype(int)
        return {path: np.array(values)[chosen] for path, values in self.sets.items()}

    def columns(self, scenario: Scenario, numbers: np.ndarray) -> tuple[Columns, ...]:
        """Return the columns of each stage of a scenario.

        Values that a later stage changes are part of the scenario and not drawn.
        """
        values, start, drawn_at_start = self.values(numbers), scenario.stages[0][1].entries, registry().drawn_at_start
        stages = []
        for place, (_, stage) in enumerate(scenario.stages):
            excluded = {
                path
                for path in values
                if stage.entries[path].value != start[path].value or (place and path in drawn_at_start)
            }
            stages.append({path: of_runs for path, of_runs in values.items() if path not in excluded})
        return tuple(stages)


def sets_of(numbers: np.ndarray) -> np.ndarray:
    """Return (runs,) the number of the set of values of each run."""
    return np.asarray(numbers) // EACH


def uncertain_of(what: str, scenario: Scenario) -> Uncertain:
    """Return the values of a scenario to draw: ALL uncertain ones, those that are ASSUMED, or those of a file of sets.

    Values that the scenario sets differently from the root of its bases define the scenario and are not drawn. Raises
    InputError.
    """
    entries = scenario.stages[0][1].entries
    if what in (ALL, ASSUMED):
        ranges = {
            path: entry.range
            for path, entry in entries.items()
            if entry.is_uncertain and entry.range and path not in scenario.own and (what == ALL or entry.grade == ASSUMED)
        }
        return Uncertain(what, scenario.seed, ranges)
    path = Path(what) / PLAUSIBLE if Path(what).is_dir() else Path(what)
    if not path.is_file():
        raise InputError(f"--uncertain {what}: give {ALL}, {ASSUMED} or the plausible sets that calibrate writes")
    factors, rows = read_design_table(path, scenario, may_repeat=True)
    text = [factor.path for factor in factors if not isinstance(factor.before, float)]
    if text:
        raise InputError(f"{path}: {text[0]} = {shown(entries[text[0]].value)} is not an uncertain number")
    columns = zip(factors, zip(*rows, strict=True), strict=True)
    sets = {factor.path: tuple(map(float, values)) for factor, values in columns if factor.path not in scenario.own}
    return Uncertain(path.name, scenario.seed, sets=sets)
