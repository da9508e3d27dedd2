"""The summit of Damascus and Moscow: on its date the two settle the coastal bases, leave them open, or fall out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws, normal
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import (
    CONFIRMED,
    DRAWING_DOWN,
    LEFT_OPEN,
    MOSCOW_TIE,
    RIFT,
    SETTLED,
    State,
)
from sim.state.values import value

NAME = "summit"


@dataclass(frozen=True)
class Rates:
    """[summit]: what weighs at the table, and from where on the bases are settled or lost."""

    weight_tie: float = value("1", 0)
    weight_withdrawal: float = value("1", 0)
    weight_supply: float = value("1", 0)
    full_supply_tonnes: float = value("tonnes", 1)
    spread: float = value("1", 0)
    settled_above: float = value("1")
    rift_below: float = value("1")
    shock_settled: float = value("1", 0, 1)
    shock_rift: float = value("1", 0, 1)
    air_base_first: float = value("1", 0)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """On a summit's day, weigh relation, state of the withdrawal and past deliveries, and set the bases' status.

    Agenda: status of Hmeimim and Tartus, logistics, rehabilitation of the army, supply. Hmeimim is settled a little before
    Tartus. Evidence: facts a11, a53 (second meeting: base status not announced).
    """
    if not state.summit_today:
        return
    balance = table(state, rates) + rates.spread * normal(draws.daily("summit.result", state.day))
    settled, rift = balance >= rates.settled_above, balance < rates.rift_below
    state.summit_result[:] = np.where(settled, SETTLED, np.where(rift, RIFT, LEFT_OPEN))
    worst = np.maximum(state.base_status - 1, 0)
    state.base_status[:] = np.where(rift, worst, state.base_status)
    air, port = (theatre.members.having("coastal_bases", role) for role in ("air", "port"))
    first = balance >= rates.settled_above - rates.air_base_first
    state.base_status[air] = np.where(first, CONFIRMED, state.base_status[air])
    state.base_status[port] = np.where(settled, CONFIRMED, state.base_status[port])
    shock = rates.shock_settled * settled - rates.shock_rift * rift
    state.relation[MOSCOW_TIE] = np.clip(state.relation[MOSCOW_TIE] + shock, -1.0, 1.0)


def table(state: State, rates: Rates) -> np.ndarray:
    """Return (runs,) the balance at the table: relation, whether the withdrawal is under way, deliveries so far."""
    under_way = (state.withdrawal >= DRAWING_DOWN).astype(np.float32)
    supplied = np.minimum(state.supply_total / rates.full_supply_tonnes, 1.0)
    weighed = rates.weight_tie * state.relation[MOSCOW_TIE]
    return weighed + rates.weight_withdrawal * under_way + rates.weight_supply * supplied
