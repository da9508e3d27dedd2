"""Transfer of detainees to Iraq: a first batch, then lumpy ones within Iraq's intake, until the plan is met."""

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
    """[transfer]: batches, Iraq's intake and when a transfer counts as stalled."""

    planned_persons: float = value("persons", 0)
    first_batch: float = value("persons", 0)
    batch_chance_per_day: float = value("1/day", 0, 1)
    batch_median: float = value("persons", 0)
    batch_spread: float = value("1", 0)
    intake_per_day: float = value("persons/day", 0)
    stalled_after_days: float = value("days", 1)


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Announce the plan."""
    state.transfer_plan[:] = plan(theatre, state, rates)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Move today's batch from the guarded prisons. A transfer without a batch for long does not count as running."""
    state.transfer_plan[:] = plan(theatre, state, rates)
    begun = state.transfer_started_on != NEVER
    size = np.where(begun, batch(rates, draws, state.day), rates.first_batch)
    wanted = np.minimum(size, rates.intake_per_day * dt)
    wanted = np.floor(np.minimum(wanted, state.transfer_plan - state.transferred)) * orders.run_transfer
    moved = take(theatre, state, wanted)
    state.transferred += moved
    some = moved > 0
    state.transfer_started_on[:] = np.where(some & ~begun, state.day, state.transfer_started_on)
    state.last_batch_on[:] = np.where(some, state.day, state.last_batch_on)
    recent = (state.day - state.last_batch_on) <= rates.stalled_after_days
    state.transfer_running[:] = recent & (state.transferred < state.transfer_plan)


def prisons(theatre: Theatre) -> np.ndarray:
    """Return (custody sites,) bool: prisons, not camps."""
    return theatre.members.of_kind("custody_sites", "prison")


def plan(theatre: Theatre, state: State, rates: Rates) -> np.ndarray:
    """Return (runs,) the plan in whole persons, and no more than were moved or are left: more would never be met."""
    left = state.inmates[prisons(theatre)].sum(axis=0)
    return np.minimum(np.floor(rates.planned_persons), state.transferred + left)


def batch(rates: Rates, draws: Draws, day: int) -> np.ndarray:
    """Return (runs,) persons in the day's batch: none on some days, else lognormal."""
    flies = draws.daily("transfer.batch", day) < rates.batch_chance_per_day
    z = normal(draws.daily("transfer.size", day))
    return flies * rates.batch_median * np.exp(rates.batch_spread * z)


def take(theatre: Theatre, state: State, wanted: np.ndarray) -> np.ndarray:
    """Take whole persons out of the prisons that anyone guards, site by site; return (runs,) persons moved."""
    left = wanted.astype(np.float32)
    for site in np.flatnonzero(prisons(theatre)):
        within_reach = (state.custody[site] != ABANDONED) & (state.custody[site] != BESIEGED)
        here = np.minimum(left, state.inmates[site]) * within_reach
        state.inmates[site] -= here
        left -= here
    return wanted.astype(np.float32) - left
