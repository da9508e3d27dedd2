"""The guarantor: how absent the United States is as the SDF's guarantor, from 0 (firmly present) to 1 (gone)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import GENERAL, NEVER, State
from sim.state.values import value

NAME = "guarantee"


@dataclass(frozen=True)
class Rates:
    """[guarantee]: what moves the guarantor's absence."""

    rise_per_ignored_request: float = value("1/day", 0, 1)
    absence_after_shift: float = value("1", 0, 1)
    absence_without_troops: float = value("1", 0, 1)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Let the absence rise when a request to halt is ignored, with a new partnership, and when the last base is left.

    Evidence: facts a26 (the request ignored on 17 January), a35 (partnership of 20 January).
    """
    ignored = state.halt_urged & (orders.campaign == GENERAL)
    absence = np.minimum(state.guarantor_absence + rates.rise_per_ignored_request * dt * ignored, 1.0)
    state.partner_shifted |= orders.shift_partner
    gone = (state.us_left_on[theatre.members.having("us_bases", "northeast")] != NEVER).all(axis=0)
    absence = np.where(gone, np.maximum(absence, rates.absence_without_troops), absence).astype(np.float32)
    shifted = np.maximum(absence, rates.absence_after_shift)
    state.guarantor_absence[:] = np.where(state.partner_shifted, shifted, absence)
    state.halt_urged[:] = orders.urge_halt
