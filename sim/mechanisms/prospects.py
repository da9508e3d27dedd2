"""The SDF's estimate of its prospects, which its rules read: ground held, guarantor's presence, fighters present."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.measures import fighters_present, sdf_share_of_country
from sim.state.orders import Orders
from sim.state.state import ARMY, FIGHTERS, State
from sim.state.values import value

NAME = "prospects"


@dataclass(frozen=True)
class Rates:
    """[prospects]: how fast the estimate follows events."""

    adjustment_per_day: float = value("1/day", 0, 1)


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Let the estimate of the first evening be what its parts say."""
    state.prospects[:] = estimate(theatre, state)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Move the estimate towards the unweighted mean of its parts."""
    state.prospects += rates.adjustment_per_day * dt * (estimate(theatre, state) - state.prospects)


def estimate(theatre: Theatre, state: State) -> np.ndarray:
    """Return (runs,) in [0, 1]: mean of the share of its communities' ground that the SDF holds, the guarantor's presence,
    and its fighters' share of all fighters, the army's weighed by readiness (1 at one half).
    """
    ours = float(theatre.area_km2[theatre.community].sum()) / theatre.country_area
    ground = np.minimum(sdf_share_of_country(theatre, state) / ours, 1.0)
    fighters = fighters_present(theatre, state).sum(axis=1)
    army = fighters[ARMY] * (0.5 + state.readiness)
    force = fighters[FIGHTERS] / np.maximum(fighters[FIGHTERS] + army, 1.0)
    return ((ground + (1.0 - state.guarantor_absence) + force) / 3.0).astype(np.float32)
