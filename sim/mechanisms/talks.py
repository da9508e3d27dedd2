"""Talks over integration: a deal is signed on the day its terms are offered and accepted; institutions follow one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import INDIVIDUAL, NEVER, UNITS, State
from sim.state.values import value

NAME = "talks"


@dataclass(frozen=True)
class Rates:
    """[talks]: how fast a signed deal is put into practice."""

    implementation_per_day: float = value("1/day", 0)
    implementation_factor_units: float = value("1", 0)
    violations_that_halve: float = value("1/day", 0.01)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Sign a deal where nobody attacks, then hand over institutions while it holds. It makes the truce open-ended.

    Institutions go in the order of the data, one at most a day, at a hazard that yesterday's violations slow.
    """
    wanted = (orders.terms_offered == INDIVIDUAL) & orders.individual_accepted
    wanted |= (orders.terms_offered == UNITS) & orders.units_accepted
    signed = wanted & ~state.deal & ~state.fighting.any(axis=0)
    state.truce_signed_on[:] = np.where(signed & ~state.truce, state.day, state.truce_signed_on)
    state.truces += signed & ~state.truce
    state.truce |= signed
    state.deal |= signed
    state.deal_terms[:] = np.where(signed, orders.terms_offered, state.deal_terms)
    state.deal_signed_on[:] = np.where(signed, state.day, state.deal_signed_on)
    state.truce_ends[:] = np.where(signed, np.inf, state.truce_ends)
    _hand_over(state, signed, rates, draws, dt)


def _hand_over(state: State, signed: np.ndarray, rates: Rates, draws: Draws, dt: float) -> None:
    pace = np.where(state.deal_terms == UNITS, rates.implementation_factor_units, 1.0)
    calm = 1.0 / (1.0 + state.violations / rates.violations_that_halve)
    chance = -np.expm1(-rates.implementation_per_day * pace * calm * dt)
    due = state.deal & ~signed & (draws.daily("talks.implementation", state.day) < chance)
    for index in range(len(state.institution_on)):
        now = due & (state.institution_on[index] == NEVER)
        state.institution_on[index] = np.where(now, state.day, state.institution_on[index])
        due &= ~now
