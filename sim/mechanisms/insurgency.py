"""Insurgent attacks: a self-exciting count per province (Hawkes), raised by vacuums and escapes.

Counts are of the kind SOHR publishes for the SDF's areas in 2025; they are not comparable with other counters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.draws import Draws, poisson
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import BORDER, NEVER, RECENT_DAYS, State
from sim.state.survey import taken_lately
from sim.state.values import value, value_per

NAME = "insurgency"


@dataclass(frozen=True)
class Rates:
    """[insurgency]: quiet rate, self-excitation, and what raises or lowers attacks."""

    attacks_per_day: float = value("1/day", 0)
    branching_ratio: float = value("1", 0, 0.99)
    memory_days: float = value("days", 1)
    vacuum_factor: float = value("1", 0)
    vacuum_days: float = value("days", 1, RECENT_DAYS - 2)
    escapee_factor_per_hundred: float = value("1", 0)
    border_effect: float = value("1", 0, 1)
    strike_factor: float = value("1", 0, 1)
    strike_days: float = value("days", 0)
    share: Any = value_per("insurgent_provinces", float, "1", 0, 1)


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Let the weeks before have left their mark, the mean of a long quiet time, so that the first day has its rate."""
    state.excitation[:] = rates.branching_ratio * rates.attacks_per_day * rates.share


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Draw the day's attacks and let them feed the days to come.

    The mean follows mu + n sum g(k) N(t - k) with an exponential g of mean `memory_days`; without vacuums and escapes its
    long-run mean is the quiet rate. Source: Lewis et al. 2012 for Iraq 2003-07; rate and split facts 2.3.
    """
    if not len(state.attacks):
        return
    quiet = rates.attacks_per_day * (1.0 - rates.branching_ratio) * rates.share
    at_large = (state.escaped - state.recaptured)[theatre.members.of_kind("custody_sites", "prison")].sum(axis=0) / 100.0
    at_large = at_large * (1.0 - rates.border_effect * state.outside[BORDER])
    raised = 1.0 + rates.vacuum_factor * vacuum(theatre, state, rates.vacuum_days)
    raised += rates.escapee_factor_per_hundred * at_large
    struck = (state.struck_on != NEVER) & (state.day - state.struck_on <= rates.strike_days)
    mean = (quiet * raised * np.where(struck, rates.strike_factor, 1.0) + state.excitation) * dt
    state.attacks[:] = poisson(draws.daily("insurgency.attacks", state.day, len(state.attacks)), mean)
    state.attacks_total += state.attacks
    fade = np.exp(-dt / rates.memory_days)
    state.excitation[:] = fade * state.excitation + rates.branching_ratio * (1.0 - fade) * state.attacks


def vacuum(theatre: Theatre, state: State, days: float) -> np.ndarray:
    """Return (insurgent provinces, runs): share of the province's theatre that changed hands in the last `days`."""
    provinces = [member.province for member in theatre.members["insurgent_provinces"]]
    count = np.maximum(np.bincount(theatre.province, minlength=theatre.by_province.shape[0]), 1)[provinces, None]
    return taken_lately(state, days)[:-1] / count.astype(np.float32)
