"""What the actors want of one day: the only way from a decision to the world, and the record of which rule fired."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from sim.state.arrays import CODE, FLAG, FLOAT, ArrayStruct, array


@dataclass
class Orders(ArrayStruct):
    """Orders of all actors for one day and a block of runs. Each field is written by one actor only."""

    # Damascus
    campaign: np.ndarray = array(CODE, "runs", "posture of the army: index in state.CAMPAIGNS")
    offensive: np.ndarray = array(FLAG, "sectors runs", "attack ordered in the sector")
    assault_core: np.ndarray = array(FLAG, "runs", "the attack does not stop at Kurdish-majority ground")
    truce_offered: np.ndarray = array(FLOAT, "runs", "term of a truce offered today, days; 0: none")
    extension_offered: np.ndarray = array(FLOAT, "runs", "days added to an expiring truce; 0: none")
    terms_offered: np.ndarray = array(CODE, "runs", "index in state.TERMS of the deal on the table")
    withdrawal_requested: np.ndarray = array(FLAG, "runs", "asks Moscow to leave Qamishli")
    # Moscow
    leave_airfield: np.ndarray = array(FLAG, "runs", "evacuate the airfield in the northeast and its outposts")
    residual_persons: np.ndarray = array(FLOAT, "runs", "persons kept at Qamishli when the rest leaves")
    residual_aircraft: np.ndarray = array(FLOAT, "runs", "aircraft kept at Qamishli when the rest leaves")
    share_to_russia: np.ndarray = array(FLOAT, "runs", "share of the day's airlift flown on to Russia")
    supply_rate: np.ndarray = array(FLOAT, "runs", "tonnes of equipment a day sent through Tartus")
    # SDF
    truce_accepted: np.ndarray = array(FLAG, "runs", "would sign a truce today")
    extension_accepted: np.ndarray = array(FLAG, "runs", "would extend the truce today")
    seek_talks: np.ndarray = array(FLAG, "runs", "asks Damascus for talks")
    individual_accepted: np.ndarray = array(FLAG, "runs", "would sign integration of fighters one by one")
    units_accepted: np.ndarray = array(FLAG, "runs", "would sign integration of whole units")
    pull_back: np.ndarray = array(FLAG, "sectors runs", "leave the sector's Arab-majority and mixed ground")
    abandon: np.ndarray = array(FLAG, "custody_sites runs", "take the guards off the site")
    hand_over: np.ndarray = array(FLAG, "custody_sites runs", "hand the besieged site over to Damascus")
    # United States
    urge_halt: np.ndarray = array(FLAG, "runs", "asks Damascus to halt")
    shift_partner: np.ndarray = array(FLAG, "runs", "declares Damascus its partner in place of the SDF")
    leave_base: np.ndarray = array(FLAG, "us_bases runs", "hand the base over")
    strike: np.ndarray = array(FLAG, "runs", "a wave of strikes on insurgents")
    run_transfer: np.ndarray = array(FLAG, "runs", "flies or drives detainees to Iraq today")

    rules: dict[str, np.ndarray] = field(default_factory=dict)
    """Per "actor.decision": (runs,) int8, index of the rule that fired."""

    def give(self, name: str, where: np.ndarray, value: Any) -> None:
        """Order `value`, (1 or runs,) as a scenario's values are, in the runs that (runs,) `where` holds."""
        np.copyto(getattr(self, name), value, where=where)


@dataclass(frozen=True)
class DatedOrder:
    """A person's order to one actor in one matter, from the morning of `first` to the evening of `last`."""

    actor: str
    decision: str
    order: str
    first: date
    last: date
    note: str = ""

    @property
    def rule(self) -> str:
        """Name of the rule that gives the order."""
        return f"ordered_{self.order}_from_{self.first:%Y_%m_%d}"
