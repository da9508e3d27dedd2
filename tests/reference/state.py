"""The state of one run: the fields of sim.state.state.State without their axis of runs, and the orders of one day."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from sim.ground.theatre import Theatre
from sim.state.start import Start, initial_state
from sim.state.state import NO_TERMS, NONE
from sim.state.values import as_arrays, declared
from tests.shipped import CUSTODY_SITES, MEMBERS, SECTORS, US_BASES

CHOICES = {path: says["choices"] for path, _, says in declared(Start, MEMBERS.axes, "start.")}
"""Names that a value of the first evening may take."""


class Run:
    """One run. A field without other axes is a number that keeps its declared type whatever is written to it."""

    def __init__(self, theatre: Theatre, start: Start) -> None:
        self.__dict__["types"] = {}
        first = initial_state(theatre, as_arrays(start, "start", {}, CHOICES), 1)
        for item in fields(first):
            value = getattr(first, item.name)
            if isinstance(value, np.ndarray):
                self.types[item.name] = value.dtype.type
                value = value[..., 0].copy()[()]
            self.__dict__[item.name] = value

    def __setattr__(self, name: str, value: Any) -> None:
        assert name in self.__dict__, f"{name} is no field of the state"
        now = self.__dict__[name]
        if isinstance(now, np.ndarray):
            now[:] = value
        else:
            self.__dict__[name] = self.types[name](value) if name in self.types else value


class Orders:
    """What the actors want of the day."""

    def __init__(self) -> None:
        self.campaign = NONE
        self.offensive = [False] * len(SECTORS)
        self.assault_core = False
        self.truce_offered = np.float32(0)
        self.extension_offered = np.float32(0)
        self.terms_offered = NO_TERMS
        self.withdrawal_requested = False
        self.leave_airfield = False
        self.residual_persons = np.float32(0)
        self.residual_aircraft = np.float32(0)
        self.share_to_russia = np.float32(0)
        self.supply_rate = np.float32(0)
        self.truce_accepted = False
        self.extension_accepted = False
        self.seek_talks = False
        self.individual_accepted = False
        self.units_accepted = False
        self.pull_back = [False] * len(SECTORS)
        self.abandon = [False] * len(CUSTODY_SITES)
        self.hand_over = [False] * len(CUSTODY_SITES)
        self.urge_halt = False
        self.shift_partner = False
        self.leave_base = [False] * len(US_BASES)
        self.strike = False
        self.run_transfer = False
