"""Talks: an integration deal is signed on the day it is offered and accepted under a truce."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.orders import Orders
from sim.state import State
from sim.theatre import Theatre

NAME = "talks"


@dataclass(frozen=True)
class Rates:
    """[talks] has no values of its own: what the parties want stands under the parties."""


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, luck: Draws, dt: float) -> None:
    """Sign the deal where both want it while a truce holds; it makes the truce open-ended."""
    signed = state.truce & orders.deal_offered & orders.deal_accepted & ~state.deal
    state.deal |= signed
    state.truce_ends[:] = np.where(signed, np.inf, state.truce_ends)
