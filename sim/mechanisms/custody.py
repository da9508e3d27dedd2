"""Custody: who guards each prison and camp, who gets out, who is retaken. It belongs to the site, not to its cell.

A site is guarded by the SDF, besieged (guarded inside ground that Damascus took), abandoned, or with Damascus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws, binomial, normal
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import (
    ABANDONED,
    BESIEGED,
    GUARDED,
    NEVER,
    WITH_DAMASCUS,
    State,
)
from sim.state.values import value

NAME = "custody"


@dataclass(frozen=True)
class Rates:
    """[custody]: hazards of escape, recapture, and the new custodian's guards."""

    escape_guarded_per_day: float = value("1/day", 0)
    escape_abandoned_per_day: float = value("1/day", 0)
    escape_camp_abandoned_per_day: float = value("1/day", 0)
    guards_per_inmate_reference: float = value("1", 0.001)
    guards_exponent: float = value("1", 0)
    fighting_factor: float = value("1", 0)
    escape_spread: float = value("1", 0)
    recaptured_share: float = value("1", 0, 0.999)
    takeover_at_nearness: float = value("1", 0, 1)
    takeover_chance_per_day: float = value("1/day", 0, 1)
    damascus_guards_per_inmate: float = value("1", 0)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Change custodians, let detainees escape and retake some."""
    if not len(state.inmates):
        return
    here, camps = site_rows(theatre), theatre.members.of_kind("custody_sites", "camp")
    nearness, taken = state.nearness[here], state.army[here] > 0
    _change_custody(theatre, state, orders, rates, draws, nearness, taken)
    fighting = np.concatenate([state.fighting, np.zeros((1, state.fighting.shape[1]), bool)])[site_sectors(theatre, here)]
    chance = -np.expm1(-escape_hazard(theatre, state, rates, nearness * fighting, draws) * dt)
    out = binomial(draws.daily("custody.escape", state.day, len(state.inmates)), state.inmates, chance)
    back = binomial(draws.daily("custody.recapture", state.day, len(state.inmates)), out, rates.recaptured_share)
    back[camps] = 0.0  # residents who leave a camp are not hunted
    state.escapes_today[:] = out
    state.escaped += out
    state.recaptured += back
    state.inmates -= out - back


def site_rows(theatre: Theatre) -> np.ndarray:
    """Return (custody sites,) rows of the army array: the site's cell, or Damascus's ground outside the theatre."""
    rows = theatre.rows["custody_sites"]
    return np.where(rows < theatre.size, rows, theatre.size + 1)


def site_sectors(theatre: Theatre, rows: np.ndarray) -> np.ndarray:
    """Return (custody sites,) sector of each site; the number of sectors for a site outside the theatre."""
    return np.append(theatre.sector, [theatre.by_sector.shape[0]] * 2)[rows]


def escape_hazard(theatre: Theatre, state: State, rates: Rates, fighting_near: np.ndarray, draws: Draws) -> np.ndarray:
    """Return (custody sites, runs) hazard of escape per inmate, 1/day.

    fighting_near: (custody sites, runs) nearness of an army that attacks, [0, 1]. Rises as guards per inmate fall, with
    fighting near, and to the abandoned level when nobody guards. One luck per run and site spreads it (lognormal).
    """
    ratio = state.guards / np.maximum(state.inmates, 1.0) / rates.guards_per_inmate_reference
    thin = np.maximum(ratio, 0.05) ** -rates.guards_exponent
    guarded = rates.escape_guarded_per_day * thin * (1.0 + rates.fighting_factor * fighting_near)
    is_camp = theatre.members.of_kind("custody_sites", "camp")[:, None]
    abandoned = np.where(is_camp, rates.escape_camp_abandoned_per_day, rates.escape_abandoned_per_day)
    spread = np.exp(rates.escape_spread * normal(draws.once("custody.site", len(state.inmates))))
    return np.where(state.custody == ABANDONED, abandoned * spread, guarded)


def _change_custody(
    theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, nearness: np.ndarray, taken: np.ndarray
) -> None:
    before = state.custody.copy()
    abandoned = ((before == GUARDED) | (before == BESIEGED)) & orders.abandon
    besieged = (before == GUARDED) & ~abandoned & taken
    u = draws.daily("custody.takeover", state.day, len(state.inmates))
    near = taken | (nearness >= rates.takeover_at_nearness)
    reached = (before == ABANDONED) & near & (u < rates.takeover_chance_per_day)
    given = (before == BESIEGED) & orders.hand_over
    by_deal = (state.institution_on[theatre.members.having("institutions", "custody")] == state.day).any(axis=0)
    given |= ((before == GUARDED) | (before == BESIEGED)) & by_deal
    after = np.where(abandoned, ABANDONED, np.where(besieged, BESIEGED, before))
    after = np.where(reached | given, WITH_DAMASCUS, after)
    state.custody[:] = after
    state.custody_since[:] = np.where(after != before, state.day, state.custody_since)
    state.guards[:] = np.where(abandoned, 0.0, state.guards)
    new_guards = rates.damascus_guards_per_inmate * state.inmates
    state.guards[:] = np.where(reached | given, new_guards, state.guards)
    failed = (abandoned | besieged)[theatre.members.of_kind("custody_sites", "prison")].any(axis=0) & (
        state.guarding_failed_on == NEVER
    )
    state.guarding_failed_on[:] = np.where(failed, state.day, state.guarding_failed_on)
