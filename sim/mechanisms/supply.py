"""Supply: Russian-made equipment through the port, and the readiness of the Syrian army that rises with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import ASKED_TO_LEAVE, CONFIRMED, State
from sim.state.values import value

NAME = "supply"


@dataclass(frozen=True)
class Rates:
    """[supply]: what the port passes and what equipment does for the army."""

    port_tonnes_per_day: float = value("tonnes/day", 0)
    factor_confirmed: float = value("1", 0)
    readiness_per_thousand_tonnes: float = value("1", 0)
    readiness_wear_per_day: float = value("1/day", 0, 1)
    readiness_floor: float = value("1", 0, 1)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Land the day's deliveries unless Moscow has been asked to leave it; let readiness rise with them and wear off."""
    port = state.base_status[theatre.members.having("coastal_bases", "port")]
    open_port = (port != ASKED_TO_LEAVE).any(axis=0)
    more = np.where((port == CONFIRMED).any(axis=0), rates.factor_confirmed, 1.0)
    state.supply[:] = np.minimum(orders.supply_rate * more, rates.port_tonnes_per_day) * open_port * dt
    state.supply_total += state.supply
    gained = rates.readiness_per_thousand_tonnes * state.supply / 1000.0 * (1.0 - state.readiness)
    worn = rates.readiness_wear_per_day * dt * np.maximum(state.readiness - rates.readiness_floor, 0.0)
    state.readiness[:] = np.clip(state.readiness + gained - worn, 0.0, 1.0)
