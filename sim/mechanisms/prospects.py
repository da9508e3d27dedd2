"""The SDF's estimate of its prospects: ground held, presence of the guarantor, fighters present."""

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
    """[prospects]: speed at which the estimate follows events."""

    adjustment_per_day: float = value("1/day", 0, 1)


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Set the estimate of the first evening."""
    state.prospects[:] = estimate(theatre, state)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Move the estimate towards the unweighted mean of its parts."""
    state.prospects += rates.adjustment_per_day * dt * (estimate(theatre, state) - state.prospects)


def estimate(theatre: Theatre, state: State) -> np.ndarray:
    """Return (runs,) the mean of three shares, in [0, 1].

    The share of its communities' ground that the SDF holds, the guarantor's presence, and the SDF's share of all fighters,
    with the army weighted by readiness (weight 1 at readiness one half).
    """
    communities_share = float(theatre.area_km2[theatre.community].sum()) / theatre.country_area
    ground = np.minimum(sdf_share_of_country(theatre, state) / communities_share, 1.0)
    fighters = fighters_present(theatre, state).sum(axis=1)
    army = fighters[ARMY] * (0.5 + state.readiness)
    force = fighters[FIGHTERS] / np.maximum(fighters[FIGHTERS] + army, 1.0)
    return ((ground + (1.0 - state.guarantor_absence) + force) / 3.0).astype(np.float32)
