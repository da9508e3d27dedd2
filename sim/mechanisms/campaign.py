"""The campaign: Damascus's ordered posture takes effect where no truce holds, and ordered pull-backs begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import KURDISH, Theatre
from sim.state.orders import Orders
from sim.state.state import GENERAL, IN_POCKET, NONE, State

NAME = "campaign"


@dataclass(frozen=True)
class Rates:
    """[campaign] has no values of its own: they stand under the parties."""


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Put the ordered posture into effect. A truce signed today stops an attack ordered this morning."""
    ordered = np.where(state.truce, NONE, orders.campaign).astype(np.int8)
    changed = ordered != state.campaign
    attacking = (ordered == IN_POCKET) | (ordered == GENERAL)
    resumed = attacking & (state.resumed_on < state.truce_ended_on)  # by whatever way: at once, or after an ultimatum
    state.resumed_on[:] = np.where(resumed, state.day, state.resumed_on)
    state.campaign_ended_on[:] = np.where(changed & (ordered == NONE), state.day, state.campaign_ended_on)
    state.campaign_since[:] = np.where(changed, state.day, state.campaign_since)
    state.campaign[:] = ordered
    state.fighting[:] = orders.offensive & ~state.truce
    state.assault_core[:] = orders.assault_core & ~state.truce
    state.talks_sought[:] = orders.seek_talks
    state.pulled_back |= orders.pull_back
    state.handing_over[:] = state.pulled_back
    if state.pulled_back.any():
        beside = (state.nearness[:-2] >= 1.0) & (state.army[:-2] == 0) & (theatre.allegiance_class != KURDISH)[:, None]
        state.handing_over &= (theatre.by_sector @ beside.astype(np.float32)) > 0
