"""What the actors observe on the morning of a day: the same for all four, before each one's error of observation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from sim.ground.theatre import OTHER, Theatre
from sim.state.measures import (
    arab_share_left,
    core_share_lost,
    mean_of_parts,
    members_taken,
    sdf_share_of_country,
    share_left,
)
from sim.state.state import (
    AIRFIELD,
    ASKED_TO_LEAVE,
    MEDIATION,
    MOSCOW_TIE,
    NEVER,
    PERSONS,
    SDF_TIE,
    STAYING,
    TURKISH,
    State,
)

AS_THEY_ARE = (
    "truce", "truces", "deal", "campaign", "guarantor_absence", "halt_urged", "partner_shifted", "prospects", "withdrawal",
    "transfer_running", "truce_term", "talks_sought", "summit_result", "us_killed",
)  # fmt: skip
"""Fields of the state that every actor sees as they are."""


@dataclass(frozen=True)
class Seen:
    """What an actor observes on the morning of a day. Arrays are (runs,) unless said otherwise; days are whole days.

    A day that has not come is a large negative age (see state.NEVER) or an infinite wait.
    """

    day: int
    days_since_deadline: float  # days since the integration deadline lapsed; negative before, -inf without one
    days_to_summit: float  # days until the next summit; inf without one
    truce: np.ndarray
    days_to_expiry: np.ndarray  # inf without a truce or with an open-ended one
    days_since_truce_ended: np.ndarray  # large when none has ended
    truces: np.ndarray
    deal: np.ndarray
    campaign: np.ndarray  # index in state.CAMPAIGNS
    campaign_days: np.ndarray
    days_since_campaign: np.ndarray  # since the last one ended; large when none has
    days_without_gain: np.ndarray
    pocket_share_left: np.ndarray  # of the exposed sectors' area
    pocket_ordered_out: np.ndarray
    exposed: np.ndarray  # (sectors, 1) bool: the pocket that a limited attack is about
    traded: np.ndarray  # (sectors, 1) bool: what the SDF gives up under a deal
    sdf_share_of_start: np.ndarray  # share of its communities' ground the SDF still holds, [0, 1]
    arab_share_left: np.ndarray  # share of Arab-majority communities' cells not taken, [0, 1]
    core_share_lost: np.ndarray  # share of the core province's cells that are not the SDF's, [0, 1]
    strategic_gains_in: np.ndarray  # all gains are Damascus's
    guarantor_absence: np.ndarray
    halt_urged: np.ndarray
    partner_shifted: np.ndarray
    tie_to_moscow: np.ndarray  # relation of Damascus and Moscow, [-1, 1]
    tie_to_sdf: np.ndarray  # relation of Damascus and the SDF, [-1, 1]
    prospects: np.ndarray  # the SDF's estimate, [0, 1]
    request_pending: np.ndarray  # Damascus has asked and Moscow has not begun to leave
    withdrawal: np.ndarray  # index in state.PHASES
    days_since_guarding_failed: np.ndarray  # negative while it has not
    transfer_running: np.ndarray
    transfer_begun: np.ndarray
    truce_term: np.ndarray
    truce_age: np.ndarray
    attacking: np.ndarray  # Damascus attacked yesterday
    talks_sought: np.ndarray  # the SDF asked for talks yesterday
    airport_handed_over: np.ndarray  # by a deal
    summit_result: np.ndarray  # index in state.SUMMIT_RESULTS
    port_status: np.ndarray  # index in state.BASE_STATUSES
    russian_presence: np.ndarray  # share of the Russians of the start still at the airfield, [0, 1]
    uncertainty: np.ndarray  # the SDF's uncertainty index, [0, 1]
    turkish_pressure: np.ndarray  # [0, 1]
    mediation: np.ndarray  # by the Kurdistan Region and France, [0, 1]
    days_since_us_losses: np.ndarray  # large when there were none
    days_since_strike: np.ndarray  # large when there was none
    us_killed: np.ndarray
    transfer_complete: np.ndarray  # begun, and no longer running nor stalled
    base_on_taken_ground: np.ndarray  # (us bases, runs) bool
    base_held: np.ndarray  # (us bases, runs) bool: troops are there
    base_in_northeast: np.ndarray  # (us bases, 1) bool: in the SDF's area
    site_custody: np.ndarray  # (custody sites, runs) index in state.CUSTODIES
    site_guards: np.ndarray  # (custody sites, runs) guards
    site_nearness: np.ndarray  # (custody sites, runs) nearness of the army
    site_exposed: np.ndarray  # (custody sites, 1) bool: the site's community is not of Kurdish or mixed majority
    chance: np.ndarray  # the day's uniform number of this actor and matter

    def but(self, **changes: np.ndarray) -> Seen:
        """Return the same observation with some fields changed. It is dataclasses.replace without its checks."""
        changed = object.__new__(Seen)
        changed.__dict__.update(self.__dict__, **changes)
        return changed


def see(theatre: Theatre, state: State, waits: Mapping[str, float]) -> Seen:
    """Return what can be observed of `state` on the morning of the day that now begins.

    waits: days from the scenario's start to the timeline's next event of each name.
    """
    day = state.day + 1
    ours = float(theatre.area_km2[theatre.community].sum()) / theatre.country_area
    having = theatre.members.having
    exposed, traded = (having("sectors", role)[:, None] for role in ("exposed", "traded"))
    airfield, port = having("institutions", "airfield"), having("coastal_bases", "port")
    gain = np.maximum(state.last_gain_on, state.campaign_since)
    return read_only(
        Seen(
            **{name: getattr(state, name).copy() for name in AS_THEY_ARE},
            day=day,
            days_since_deadline=day - waits.get("deadline", np.inf),
            days_to_summit=waits.get("summit", np.inf) - day,
            days_to_expiry=np.where(state.truce, state.truce_ends - day, np.inf),
            days_since_truce_ended=_age(day, state.truce_ended_on),
            campaign_days=_age(day, state.campaign_since),
            days_since_campaign=_age(day, state.campaign_ended_on),
            days_without_gain=_age(day, gain),
            pocket_share_left=share_left(theatre, state, exposed),
            pocket_ordered_out=(state.pulled_back & exposed).any(axis=0),
            exposed=exposed,
            traded=traded,
            sdf_share_of_start=sdf_share_of_country(theatre, state) / ours,
            arab_share_left=arab_share_left(theatre, state),
            core_share_lost=core_share_lost(theatre, state),
            strategic_gains_in=np.logical_and.reduce(members_taken(theatre, state, "gains")),
            tie_to_moscow=state.relation[MOSCOW_TIE].copy(),
            tie_to_sdf=state.relation[SDF_TIE].copy(),
            request_pending=(state.requested_on != NEVER) & (state.withdrawal == STAYING),
            days_since_guarding_failed=np.where(state.guarding_failed_on == NEVER, -1, _age(day, state.guarding_failed_on)),
            transfer_begun=state.transfer_started_on != NEVER,
            truce_age=_age(day, state.truce_signed_on),
            attacking=np.logical_or.reduce(state.fighting),
            airport_handed_over=(state.institution_on[airfield] != NEVER).any(axis=0),
            port_status=state.base_status[port].max(axis=0, initial=ASKED_TO_LEAVE),
            russian_presence=state.stock[AIRFIELD, PERSONS] / np.maximum(state.persons_at_start, 1.0),
            uncertainty=mean_of_parts(state.uncertainty_parts),
            turkish_pressure=state.outside[TURKISH].copy(),
            mediation=state.outside[MEDIATION].copy(),
            days_since_us_losses=_age(day, state.us_losses_on),
            days_since_strike=_age(day, state.struck_on),
            transfer_complete=state.transferred >= state.transfer_plan,
            **_places(theatre, state),
            chance=np.empty(0),
        )
    )


def _places(theatre: Theatre, state: State) -> dict[str, np.ndarray]:
    """Return what is seen of each US base and of each custody site."""
    return {
        "base_on_taken_ground": _base_ground(theatre, state),
        "base_held": state.us_persons > 0,
        "base_in_northeast": theatre.members.having("us_bases", "northeast")[:, None],
        "site_custody": state.custody.copy(),
        "site_guards": state.guards.copy(),
        "site_nearness": _at_sites(theatre, state.nearness),
        "site_exposed": site_exposed(theatre),
    }


def _age(day: int, since: np.ndarray) -> np.ndarray:
    return (day - since).astype(np.int16)


def _base_ground(theatre: Theatre, state: State) -> np.ndarray:
    """Return (us bases, runs): Damascus's forces took the base's cell in this run or before its start."""
    return members_taken(theatre, state, "us_bases") & (theatre.rows["us_bases"] < theatre.size)[:, None]


def _at_sites(theatre: Theatre, rows: np.ndarray) -> np.ndarray:
    """Return (custody sites, runs) of an array over army rows; 1 for a site outside the theatre."""
    at = theatre.rows["custody_sites"]
    return np.where((at < theatre.size)[:, None], rows[at], np.float32(1.0))


def site_exposed(theatre: Theatre) -> np.ndarray:
    """Return (custody sites, 1) bool: the site's cell is of Arab or other majority."""
    cells = [member.cell for member in theatre.members["custody_sites"]]
    return (theatre.grid.allegiance_class[cells] == OTHER)[:, None]


def read_only(seen: Seen) -> Seen:
    """Return the same observation with every array closed to writing."""
    for item in fields(seen):
        array = getattr(seen, item.name)
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return seen
