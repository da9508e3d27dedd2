"""The scenarios in a results folder that replace the names in its sweep file, so that a moved folder can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.experiments.design.factors import SCENARIO
from sim.scenario.own_outcomes import OwnOutcome
from sim.scenario.scenario import Scenario

ENSEMBLE, SWEEP, CALIBRATION = KINDS = ("ensemble", "sweep", "calibration")
"""Kinds of results folders."""

TABLE_FILE = "table.csv"


@dataclass(frozen=True, eq=False)
class Kept:
    """The scenarios of a sweep in its results folder.

    name: of the sweep. listed: names of the scenarios of its lever, in order. outcomes: the user's outcomes that it
    is asked for.
    """

    name: str
    base: Scenario
    scenarios: Mapping[str, Scenario]
    listed: tuple[str, ...]
    outcomes: tuple[OwnOutcome, ...] = ()

    def pointed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tables of the sweep file with names replaced by those in the folder."""
        replaced = dict(data) | {"base": self.base.name}
        if self.listed:
            replaced["levers"] = {**data["levers"], SCENARIO: {"values": self.listed}}
        if "table" in data.get("design", {}):
            replaced["design"] = {**data["design"], "table": TABLE_FILE}
        return replaced
