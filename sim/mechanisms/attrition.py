"""Attrition: losses of both sides where they are in contact, drawn together, and the dead of truce violations.

Lanchester's square law with contact limited by the length of the front: each side's losses are Poisson with a mean in
proportion to the other's engaged fighters; a defender's exchange coefficient is a multiple of an attacker's. Losses do
not move the front.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws, poisson
from sim.ground.theatre import Theatre
from sim.state.measures import fighters_present
from sim.state.orders import Orders
from sim.state.state import ARMY, FIGHTERS, State
from sim.state.values import value

NAME = "attrition"


@dataclass(frozen=True)
class Rates:
    """[attrition]: exchange coefficients, contact and the dead among civilians."""

    attacker_coefficient_per_day: float = value("1/day", 0)
    defender_advantage: float = value("1", 0)
    fighters_per_front_cell: float = value("persons", 0)
    dead_per_violation: float = value("persons", 0)
    readiness_effect: float = value("1", 0)
    civilian_dead_per_fighter: float = value("1", 0)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Add the day's losses of the army, the SDF and civilians. Dead never exceed the fighters present.

    Skipped when no run of the block fights or has a violation: every mean is zero then.
    """
    if not (state.fighting.any() or state.violations.any()):
        return
    present = fighters_present(theatre, state)
    limit = rates.fighters_per_front_cell * state.front_cells
    dead_army, dead_sdf = exchange(
        present, limit, rates, draws, state.day, dt, 1.0 + rates.readiness_effect * state.readiness
    )
    state.losses[ARMY] += dead_army
    state.losses[FIGHTERS] += dead_sdf
    by_violation = rates.dead_per_violation * state.violations
    soldiers = dead_army.sum(axis=0) + poisson(draws.daily("attrition.violation_army", state.day), by_violation)
    fighters = dead_sdf.sum(axis=0) + poisson(draws.daily("attrition.violation_sdf", state.day), by_violation)
    civilians = rates.civilian_dead_per_fighter * (soldiers + fighters)
    state.killed[0] += soldiers
    state.killed[1] += fighters
    state.killed[2] += poisson(draws.daily("attrition.civilians", state.day), civilians)


def exchange(
    present: np.ndarray,
    limit: np.ndarray,
    rates: Rates,
    draws: Draws,
    day: int,
    dt: float,
    skill: np.ndarray | float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return (dead of the army, dead of the SDF), each (sectors, runs), of one day in contact.

    present: (sides, sectors, runs) fighters. limit: (sectors, runs) fighters of a side that the front has room for.
    skill: (runs,) factor of the army's fire by its readiness.
    """
    engaged = np.minimum(present, limit)
    attack = rates.attacker_coefficient_per_day * dt
    mean_army = attack * rates.defender_advantage * engaged[FIGHTERS]
    mean_sdf = attack * engaged[ARMY] * skill
    dead_army = poisson(draws.daily("attrition.army", day, len(limit)), mean_army)
    dead_sdf = poisson(draws.daily("attrition.sdf", day, len(limit)), mean_sdf)
    return np.minimum(dead_army, np.floor(present[ARMY])), np.minimum(dead_sdf, np.floor(present[FIGHTERS]))
