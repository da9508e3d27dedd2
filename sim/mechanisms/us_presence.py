"""The US presence: troops by base, bases handed over, losses, and waves of strikes on insurgents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws, poisson
from sim.ground.theatre import Theatre
from sim.state.measures import total
from sim.state.orders import Orders
from sim.state.state import NEVER, State
from sim.state.values import value

NAME = "us_presence"


@dataclass(frozen=True)
class Rates:
    """[us_presence]: exposure, and how fast a base is emptied."""

    killed_per_attack: float = value("persons", 0)
    leaves_per_day: float = value("persons/day", 1)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Empty the bases that are being handed over, draw losses among those who stay, carry out strikes.

    Losses follow yesterday's insurgent attacks in proportion to the troops left.
    """
    leaving = orders.leave_base & (state.us_left_on == NEVER)
    state.us_persons -= np.minimum(state.us_persons, rates.leaves_per_day * dt) * leaving
    left = leaving & (state.us_persons <= 0)
    state.us_left_on[:] = np.where(left, state.day, state.us_left_on)
    exposed = total(state.us_persons) / np.float32(1000.0)
    dead = poisson(
        draws.daily("us_presence.losses", state.day), rates.killed_per_attack * total(state.attacks) * exposed * dt
    )
    state.us_killed += dead
    state.us_losses_on[:] = np.where(dead > 0, state.day, state.us_losses_on)
    state.strikes += orders.strike
    state.struck_on[:] = np.where(orders.strike, state.day, state.struck_on)
