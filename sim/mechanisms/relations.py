"""Relations between the parties: slow drift to a base, and shocks, of which the bad ones weigh more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import MOSCOW_TIE, SDF_TIE, STAYING, State
from sim.state.values import rows, value

NAME = "relations"


@dataclass(frozen=True)
class Rates:
    """[relations]: bases, drift and shocks."""

    damascus_moscow_base: float = value("1", -1, 1)
    damascus_sdf_base: float = value("1", -1, 1)
    drift_per_day: float = value("1/day", 0, 1)
    request_granted: float = value("1", 0, 1)
    request_unanswered_per_day: float = value("1/day", 0, 1)
    fighting_per_day: float = value("1/day", 0, 1)
    violation: float = value("1", 0, 1)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Drift each relation to its base and add the day's shocks, within [-1, 1]."""
    asked_and_waiting = (state.requested_on >= 0) & (state.withdrawal == STAYING)
    granted = asked_and_waiting & orders.leave_airfield
    base = rows(rates.damascus_moscow_base, rates.damascus_sdf_base)
    shock = np.zeros_like(state.relation)
    shock[MOSCOW_TIE] = rates.request_granted * granted
    shock[MOSCOW_TIE] -= rates.request_unanswered_per_day * dt * (asked_and_waiting & ~granted)
    shock[SDF_TIE] = -rates.fighting_per_day * dt * state.fighting.any(axis=0) - rates.violation * state.violations
    drifted = state.relation + rates.drift_per_day * dt * (base - state.relation)
    state.relation[:] = np.clip(drifted + shock, -1.0, 1.0)
