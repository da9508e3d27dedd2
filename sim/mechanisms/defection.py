"""Defection: a threshold cascade of communities (Granovetter 1978; Kuran 1991).

A community goes over when the pressure on it exceeds its own threshold, and only where an offensive gives the opening:
without one people hide their preference. Pressure sums what the neighbours did, what communities of like class did, how
near the army is and how absent the guarantor is. The threshold rises with the allegiance of the community's class. The
river is no barrier to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws, exponential, normal
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import NEVER, State
from sim.state.values import rows, value

NAME = "defection"


DRAWN_AT_START = (
    "threshold_other",
    "threshold_rise",
    "allegiance_other",
    "allegiance_mixed",
    "allegiance_kurdish_majority",
    "community_spread",
    "run_spread",
    "province_spread",
)
"""Values that make the thresholds, which a run draws once."""


@dataclass(frozen=True)
class Rates:
    """[defection]: weights of the pressure, thresholds and pace."""

    weight_neighbours: float = value("1", 0)
    weight_like_class: float = value("1", 0)
    weight_army: float = value("1", 0)
    weight_guarantor: float = value("1", 0)
    own_province_share: float = value("1", 0, 1)
    threshold_other: float = value("1", 0)
    threshold_rise: float = value("1", 0)
    allegiance_other: float = value("1", 0, 1)
    allegiance_mixed: float = value("1", 0, 1)
    allegiance_kurdish_majority: float = value("1", 0, 1)
    community_spread: float = value("1", 0)
    run_spread: float = value("1", 0)
    province_spread: float = value("1", 0)
    going_over_per_day: float = value("1/day", 0)


def draw_thresholds(theatre: Theatre, rates: Rates, draws: Draws) -> np.ndarray:
    """Return (cells, runs) float32 thresholds: the class's mean, the community's own shift, the run's and province's."""
    by_class = rows(rates.allegiance_other, rates.allegiance_mixed, rates.allegiance_kurdish_majority)
    allegiance = by_class[theatre.allegiance_class]
    mean = rates.threshold_other + rates.threshold_rise * (allegiance - rates.allegiance_other)
    own = normal(draws.once("defection.community", theatre.grid.cells)[theatre.cells])
    run = normal(draws.once("defection.run", 1))
    province = normal(draws.once("defection.province", len(theatre.grid.provinces))[theatre.province])
    shift = rates.community_spread * own + rates.run_spread * run + rates.province_spread * province
    return (mean + shift).astype(np.float32)


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Draw each community's threshold and clock, once for the run."""
    state.threshold[:] = draw_thresholds(theatre, rates, draws)
    state.patience[:] = exponential(draws.once("defection.clock", theatre.grid.cells)[theatre.cells])


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Run the clocks of the communities under more pressure than they bear; those whose clock ends go over.

    Without an opening no clock runs, so a run that is not under attack may be left out.
    """
    over = state.gone_over
    opening = state.fighting[theatre.sector]
    ready = opening & (pressure(theatre, state, rates, opening) > state.threshold) & (over[:-1] == 0)
    ready &= theatre.community[:, None]
    state.patience -= rates.going_over_per_day * dt * ready
    goes = ready & (state.patience <= 0)
    over[:-1] += goes
    state.gone_over_on[:] = np.where(goes & (state.gone_over_on == NEVER), state.day, state.gone_over_on)


def pressure(theatre: Theatre, state: State, rates: Rates, opening: np.ndarray) -> np.ndarray:
    """Return (cells, runs) float32 pressure to go over, 0 to the sum of the weights.

    opening: (cells, runs) bool, an offensive is ordered in the cell's sector.
    """
    over = state.gone_over
    neighbours = over[theatre.kin[0]] + over[theatre.kin[1]] + over[theatre.kin[2]] + over[theatre.kin[3]]
    neighbours /= theatre.kin_count
    total = rates.weight_neighbours * neighbours
    total += rates.weight_like_class * share_of_like_class(theatre, over[:-1], rates.own_province_share)
    total += rates.weight_army * state.nearness[:-2] * opening
    total += rates.weight_guarantor * state.guarantor_absence
    return total


def share_of_like_class(theatre: Theatre, over: np.ndarray, own_province_share: float) -> np.ndarray:
    """Return (cells, runs): share gone over among communities of the same class, in the province and in the theatre.

    own_province_share: (1 or runs,) weight of the province, [0, 1].
    """
    near, far = theatre.like_class_in_province.mean(over), theatre.like_class.mean(over)
    return own_province_share * near + (1.0 - own_province_share) * far
