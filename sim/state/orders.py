"""What the actors want of one day: the only way from a decision to the world, and the record of which rule fired."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from sim.state.arrays import ArrayStruct, code, flag, number
from sim.state.quantity import DAYS
from sim.state.state import CAMPAIGNS, TERMS


@dataclass
class Orders(ArrayStruct):
    """Orders of all actors for one day and a block of runs. Each field is written by one actor only, which it names."""

    # fmt: off
    campaign: np.ndarray = code("runs", "posture of the army", CAMPAIGNS, "damascus")
    offensive: np.ndarray = flag("sectors runs", "attack ordered in the sector", "damascus")
    assault_core: np.ndarray = flag("runs", "the attack does not stop at Kurdish-majority ground", "damascus")
    truce_offered: np.ndarray = number("runs", "term of a truce offered today; 0: none", DAYS, "damascus")
    extension_offered: np.ndarray = number("runs", "days added to an expiring truce; 0: none", DAYS, "damascus")
    terms_offered: np.ndarray = code("runs", "terms of the deal on offer", TERMS, "damascus")
    withdrawal_requested: np.ndarray = flag("runs", "asks Moscow to leave Qamishli", "damascus")
    leave_airfield: np.ndarray = flag("runs", "evacuate the airfield in the northeast and its outposts", "moscow")
    residual_persons: np.ndarray = number("runs", "persons kept at Qamishli when the rest leaves", "persons", "moscow")
    residual_aircraft: np.ndarray = number("runs", "aircraft kept at Qamishli when the rest leaves", "items", "moscow")
    share_to_russia: np.ndarray = number(
        "runs", "share of the day's airlift flown on to Russia", "1", "moscow", high=1, share=True)
    supply_rate: np.ndarray = number("runs", "equipment sent through Tartus", "tonnes/day", "moscow")
    truce_accepted: np.ndarray = flag("runs", "would sign a truce today", "sdf")
    extension_accepted: np.ndarray = flag("runs", "would extend the truce today", "sdf")
    seek_talks: np.ndarray = flag("runs", "asks Damascus for talks", "sdf")
    individual_accepted: np.ndarray = flag("runs", "would sign integration of fighters one by one", "sdf")
    units_accepted: np.ndarray = flag("runs", "would sign integration of whole units", "sdf")
    pull_back: np.ndarray = flag("sectors runs", "leave the sector's Arab-majority and mixed ground", "sdf")
    abandon: np.ndarray = flag("custody_sites runs", "take the guards off the site", "sdf")
    hand_over: np.ndarray = flag("custody_sites runs", "hand the besieged site over to Damascus", "sdf")
    urge_halt: np.ndarray = flag("runs", "asks Damascus to halt", "us")
    shift_partner: np.ndarray = flag("runs", "declares Damascus its partner in place of the SDF", "us")
    leave_base: np.ndarray = flag("us_bases runs", "hand the base over", "us")
    strike: np.ndarray = flag("runs", "a wave of strikes on insurgents", "us")
    run_transfer: np.ndarray = flag("runs", "flies or drives detainees to Iraq today", "us")
    # fmt: on

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
