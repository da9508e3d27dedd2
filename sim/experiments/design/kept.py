"""What stands for the names in the sweep file of a results folder, which can be gone on with wherever it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.experiments.design.factors import SCENARIO
from sim.scenario.own_outcomes import OwnOutcome
from sim.scenario.scenario import Scenario

ENSEMBLE, SWEEP, CALIBRATION = KINDS = ("ensemble", "sweep", "calibration")
"""What is played and kept."""

TABLE_FILE = "table.csv"


@dataclass(frozen=True, eq=False)
class Kept:
    """The scenarios that a results folder keeps of a sweep.

    name: of the sweep. listed: names of the scenarios of its lever, in their order. outcomes: of the user's own, that it is
    asked for.
    """

    name: str
    base: Scenario
    scenarios: Mapping[str, Scenario]
    listed: tuple[str, ...]
    outcomes: tuple[OwnOutcome, ...] = ()

    def pointed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the sweep file says, naming what is kept."""
        made = dict(data) | {"base": self.base.name}
        if self.listed:
            made["levers"] = {**data["levers"], SCENARIO: {"values": self.listed}}
        if "table" in data.get("design", {}):
            made["design"] = {**data["design"], "table": TABLE_FILE}
        return made
