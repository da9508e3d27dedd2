"""Transfer of detainees to Iraq: a first batch, then irregular batches within Iraq's intake, until the plan is met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws, normal
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import ABANDONED, BESIEGED, NEVER, State
from sim.state.values import value

NAME = "transfer"


@dataclass(frozen=True)
class Rates:
    """[transfer]: batches, Iraq's intake and the time after which a transfer counts as stalled."""

    planned_persons: float = value("persons", 0)
    first_batch: float = value("persons", 0)
    batch_chance_per_day: float = value("1/day", 0, 1)
    batch_median: float = value("persons", 0)
    batch_spread: float = value("1", 0)
    intake_per_day: float = value("persons/day", 0)
    stalled_after_days: float = value("days", 1)


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Set the plan of the first evening."""
    state.transfer_plan[:] = plan(theatre, state, rates)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Move today's batch from the guarded prisons. A transfer stalls after too many days without a batch."""
    state.transfer_plan[:] = plan(theatre, state, rates)
    begun = state.transfer_started_on != NEVER
    size = np.where(begun, batch(rates, draws, state.day), rates.first_batch)
    requested = np.minimum(size, rates.intake_per_day * dt)
    requested = np.floor(np.minimum(requested, state.transfer_plan - state.transferred)) * orders.run_transfer
    moved = take(theatre, state, requested)
    state.transferred += moved
    has_moved = moved > 0
    state.transfer_started_on[:] = np.where(has_moved & ~begun, state.day, state.transfer_started_on)
    state.last_batch_on[:] = np.where(has_moved, state.day, state.last_batch_on)
    recent = (state.day - state.last_batch_on) <= rates.stalled_after_days
    state.transfer_running[:] = recent & (state.transferred < state.transfer_plan)


def prisons(theatre: Theatre) -> np.ndarray:
    """Return (custody sites,) bool: prisons, not camps."""
    return theatre.members.of_kind("custody_sites", "prison")


def plan(theatre: Theatre, state: State, rates: Rates) -> np.ndarray:
    """Return (runs,) the plan in whole persons, limited to those moved or left, so that it can be met."""
    left = state.inmates[prisons(theatre)].sum(axis=0)
    return np.minimum(np.floor(rates.planned_persons), state.transferred + left)


def batch(rates: Rates, draws: Draws, day: int) -> np.ndarray:
    """Return (runs,) persons in the day's batch: none on some days, else lognormal."""
    flies = draws.daily("transfer.batch", day) < rates.batch_chance_per_day
    z = normal(draws.daily("transfer.size", day))
    return flies * rates.batch_median * np.exp(rates.batch_spread * z)


def take(theatre: Theatre, state: State, requested: np.ndarray) -> np.ndarray:
    """Move whole persons out of the guarded prisons, site by site; return (runs,) persons moved."""
    left = requested.astype(np.float32)
    for site in np.flatnonzero(prisons(theatre)):
        within_reach = (state.custody[site] != ABANDONED) & (state.custody[site] != BESIEGED)
        taken = np.minimum(left, state.inmates[site]) * within_reach
        state.inmates[site] -= taken
        left -= taken
    return requested.astype(np.float32) - left
