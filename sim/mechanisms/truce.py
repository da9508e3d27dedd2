"""The truce: signature, violations, breakdown within the term, and what follows at expiry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws, poisson
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import NO_TERMS, State
from sim.state.values import value

NAME = "truce"


@dataclass(frozen=True)
class Rates:
    """[truce]: how a truce frays and breaks."""

    breakdown_per_day: float = value("1/day", 0)
    breakdown_rise_per_violation: float = value("1", 0)
    breakdown_factor_shared_task: float = value("1", 0)
    breakdown_factor_guarantor_gone: float = value("1", 0)
    violations_per_day: float = value("1/day", 0)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Settle the truces that expire, break some of those in force, sign new ones, count today's violations."""
    expiring = state.truce & (state.truce_ends <= state.day)
    _settle(state, expiring, extended=expiring & (orders.extension_offered > 0) & orders.extension_accepted, orders=orders)
    chance = -np.expm1(-breakdown_hazard(state, rates) * dt)
    broken = state.truce & (draws.daily("truce.breakdown", state.day) < chance)
    _end(state, broken)
    state.broken += broken
    idle = ~state.truce & (state.truce_ended_on < state.day)
    _sign(state, idle & (orders.truce_offered > 0) & orders.truce_accepted, orders.truce_offered)
    mean = rates.violations_per_day * state.truce
    state.violations[:] = poisson(draws.daily("truce.violations", state.day), mean)


def breakdown_hazard(state: State, rates: Rates) -> np.ndarray:
    """Return (runs,) the hazard of breakdown within the term, 1/day.

    Raised by yesterday's violations above their mean, lowered by a shared task (the detainee transfer), raised as the
    guarantor goes. Source of the base: ETH/PRIO Civil Conflict Ceasefire data, bilateral truces of 3-60 days.
    """
    excess = np.maximum(state.violations - rates.violations_per_day, 0.0)
    task = np.where(state.transfer_running, rates.breakdown_factor_shared_task, 1.0)
    guarantor = 1.0 + (rates.breakdown_factor_guarantor_gone - 1.0) * state.guarantor_absence
    return rates.breakdown_per_day * (1.0 + rates.breakdown_rise_per_violation * excess) * task * guarantor


def _settle(state: State, expiring: np.ndarray, extended: np.ndarray, orders: Orders) -> None:
    first = expiring & (state.extended_first == 0)
    state.extended_first[:] = np.where(first, np.where(extended, 1, -1), state.extended_first)
    state.truce_ends[:] = np.where(extended, state.truce_ends + orders.extension_offered, state.truce_ends)
    state.truce_term[:] = np.where(extended, orders.extension_offered, state.truce_term)
    state.extensions += extended
    lapsed = expiring & ~extended
    _end(state, lapsed)
    state.lapsed += lapsed


def _end(state: State, ended: np.ndarray) -> None:
    state.truce &= ~ended
    state.deal &= ~ended
    state.deal_terms[:] = np.where(ended, NO_TERMS, state.deal_terms)
    state.truce_ended_on[:] = np.where(ended, state.day, state.truce_ended_on)


def _sign(state: State, signed: np.ndarray, term: np.ndarray) -> None:
    state.truce |= signed
    state.truce_signed_on[:] = np.where(signed, state.day, state.truce_signed_on)
    state.truce_term[:] = np.where(signed, term, state.truce_term)
    state.truce_ends[:] = np.where(signed, state.day + term, state.truce_ends)
    state.truces += signed
