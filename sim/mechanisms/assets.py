"""Assets: oil, gas, dams, crossings and the airport go with whoever stands at them, or by a deal's hand-over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.measures import members_taken
from sim.state.orders import Orders
from sim.state.state import NEVER, State
from sim.state.values import value_per

NAME = "assets"


@dataclass(frozen=True)
class Rates:
    """[assets]: weights of the oil fields, as barrels a day."""

    output: Any = value_per("oil_fields", float, "barrels/day", 0, flat=True)


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Note the holders of the first evening."""
    note_holders(theatre, state, rates)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Note the evening's holders."""
    note_holders(theatre, state, rates)


def note_holders(theatre: Theatre, state: State, rates: Rates) -> None:
    """Write who holds each asset, and Damascus's share of the oil fields by weight."""
    state.asset_taken[:] = members_taken(theatre, state, "assets")
    for index, asset in enumerate(theatre.members["assets"]):
        if asset.institution:
            institution = theatre.members.index("institutions", asset.institution)
            state.asset_taken[index] |= state.institution_on[institution] != NEVER
    total, held = np.zeros(1, np.float32), np.zeros(state.truce.shape, np.float32)
    oil_fields = state.asset_taken[theatre.members.of_kind("assets", "oil_field")]
    for weight, taken in zip(rates.output, oil_fields, strict=True):
        total = total + weight
        held += weight * taken
    state.oil_share_damascus[:] = held / np.maximum(total, 1e-6)
