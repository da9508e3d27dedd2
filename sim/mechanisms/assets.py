"""Assets: oil, gas, dams, crossings and the airport go with whoever stands at them, or by a deal's hand-over."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.measures import held_by_damascus
from sim.state.orders import Orders
from sim.state.state import AIRPORT, ASSETS, CROSSINGS, NEVER, OIL, State
from sim.state.values import value

NAME = "assets"

BY_DEAL = {"rmelan": OIL, "suwaydiyah": OIL, "semalka": CROSSINGS, "yarubiyah": CROSSINGS, "qamishli_airport": AIRPORT}
"""Assets that an institution's hand-over brings to Damascus wherever the front is."""


@dataclass(frozen=True)
class Rates:
    """[assets]: weights of the oil fields, as barrels a day."""

    al_omar: float = value("barrels/day", 0)
    al_tanak: float = value("barrels/day", 0)
    al_jafra: float = value("barrels/day", 0)
    rmelan: float = value("barrels/day", 0)
    suwaydiyah: float = value("barrels/day", 0)


def begin(theatre: Theatre, state: State, rates: Rates, luck: Draws) -> None:
    """Note the holders of the first evening."""
    note_holders(theatre, state, rates)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, luck: Draws, dt: float) -> None:
    """Note the evening's holders."""
    note_holders(theatre, state, rates)


def note_holders(theatre: Theatre, state: State, rates: Rates) -> None:
    """Write who holds each asset, and Damascus's share of the oil fields by weight."""
    for index, key in enumerate(ASSETS):
        by_deal = state.institution_on[BY_DEAL[key]] != NEVER if key in BY_DEAL else False
        state.asset_taken[index] = held_by_damascus(theatre, state, theatre.grid.site(key).cell) | by_deal
    total, held = np.zeros(1, np.float32), np.zeros(state.truce.shape, np.float32)
    for item in fields(rates):
        weight = getattr(rates, item.name)
        total = total + weight
        held += weight * state.asset_taken[ASSETS.index(item.name)]
    state.oil_share_damascus[:] = held / np.maximum(total, 1e-6)
