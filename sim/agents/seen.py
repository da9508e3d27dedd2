"""What the actors observe on the morning of a day: the same for all four, before each one's error of observation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from sim.agents.observed import LONGEST, Morning, Observed, as_it_is, observed
from sim.ground.theatre import OTHER, Theatre
from sim.state.measures import (
    arab_share_left,
    core_share_lost,
    mean_of_parts,
    members_taken,
    sdf_share_of_country,
    share_left,
)
from sim.state.quantity import CODE_UNIT, DAY, DAYS, YES_NO
from sim.state.state import (
    AIRFIELD,
    ASKED_TO_LEAVE,
    BASE_STATUSES,
    MEDIATION,
    MOSCOW_TIE,
    NEVER,
    PERSONS,
    SDF_TIE,
    STAYING,
    TURKISH,
    State,
)

TAKEN = "taken_by_defection taken_by_hand_over taken_by_assault"


def _age(morning: Morning, since: np.ndarray) -> np.ndarray:
    return (morning.day - since).astype(np.int16)


def _having(morning: Morning, axis: str, role: str) -> np.ndarray:
    return morning.theatre.members.having(axis, role)


def _sectors(morning: Morning, role: str) -> np.ndarray:
    return _having(morning, "sectors", role)[:, None]


def _share_of_start(morning: Morning) -> np.ndarray:
    theatre = morning.theatre
    ours = float(theatre.area_km2[theatre.community].sum()) / theatre.country_area
    return sdf_share_of_country(theatre, morning.state) / ours


def _since_guarding_failed(morning: Morning) -> np.ndarray:
    failed_on = morning.state.guarding_failed_on
    return np.where(failed_on == NEVER, -1, _age(morning, failed_on))


def _base_ground(morning: Morning) -> np.ndarray:
    """Return (us bases, runs): Damascus's forces took the base's cell in this run or before its start."""
    theatre = morning.theatre
    return members_taken(theatre, morning.state, "us_bases") & (theatre.rows["us_bases"] < theatre.size)[:, None]


def _near_sites(morning: Morning) -> np.ndarray:
    """Return (custody sites, runs): nearness of the army; 1 for a site outside the theatre."""
    at, size = morning.theatre.rows["custody_sites"], morning.theatre.size
    return np.where((at < size)[:, None], morning.state.nearness[at], np.float32(1.0))


def _site_exposed(morning: Morning) -> np.ndarray:
    """Return (custody sites, 1) bool: the site's cell is of Arab or other majority."""
    theatre = morning.theatre
    cells = [member.cell for member in theatre.members["custody_sites"]]
    return (theatre.grid.allegiance_class[cells] == OTHER)[:, None]


@dataclass(frozen=True)
class Seen:
    """What an actor observes on the morning of a day. Arrays are (runs,) unless said otherwise; days are whole days.

    A day that has not come is a large age (see state.NEVER), or an infinite wait.
    """

    # fmt: off
    day: int = observed("day", DAY, lambda m: m.day)
    days_since_deadline: float = observed(
        "days since the integration deadline", DAYS, lambda m: m.day - m.waits.get("deadline", np.inf), low=-LONGEST,
        timeline="deadline")
    days_to_summit: float = observed(
        "days until the next summit", DAYS, lambda m: m.waits.get("summit", np.inf) - m.day, timeline="summit")
    truce: np.ndarray = as_it_is("truce", "truce_signed truce_lapsed truce_broken deal_signed")
    days_to_expiry: np.ndarray = observed(
        "days until the truce expires", DAYS, lambda m: np.where(m.state.truce, m.state.truce_ends - m.day, np.inf),
        "truce_signed truce_extended")
    days_since_truce_ended: np.ndarray = observed(
        "days since the last truce ended", DAYS, lambda m: _age(m, m.state.truce_ended_on), "truce_lapsed truce_broken")
    truces: np.ndarray = as_it_is("truces", "truce_signed")
    deal: np.ndarray = as_it_is("deal", "deal_signed deal_ended")
    campaign: np.ndarray = as_it_is("campaign", "campaign_changed")
    campaign_days: np.ndarray = observed(
        "days in the present posture", DAYS, lambda m: _age(m, m.state.campaign_since), "campaign_changed")
    days_since_campaign: np.ndarray = observed(
        "days since the last campaign ended", DAYS, lambda m: _age(m, m.state.campaign_ended_on), "campaign_changed")
    days_without_gain: np.ndarray = observed(
        "days without a gain of Damascus", DAYS, lambda m: _age(m, np.maximum(m.state.last_gain_on, m.state.campaign_since)),
        TAKEN)
    pocket_share_left: np.ndarray = observed(
        "share of the exposed sectors' area left to the SDF", "1",
        lambda m: share_left(m.theatre, m.state, _sectors(m, "exposed")), TAKEN, high=1)
    pocket_ordered_out: np.ndarray = observed(
        "the SDF has ordered an exposed sector out", YES_NO,
        lambda m: (m.state.pulled_back & _sectors(m, "exposed")).any(axis=0), "sector_ordered_out")
    exposed: np.ndarray = observed(
        "the pocket of a limited attack", YES_NO, lambda m: _sectors(m, "exposed"), axes="sectors 1")
    traded: np.ndarray = observed(
        "what the SDF gives up under a deal", YES_NO, lambda m: _sectors(m, "traded"), axes="sectors 1")
    sdf_share_of_start: np.ndarray = observed(
        "share of its communities' ground the SDF still holds", "1", _share_of_start, TAKEN, high=1,
        with_error=True)
    arab_share_left: np.ndarray = observed(
        "share of Arab-majority communities' cells not taken", "1", lambda m: arab_share_left(m.theatre, m.state), TAKEN,
        high=1, with_error=True)
    core_share_lost: np.ndarray = observed(
        "share of the core province's cells the SDF does not hold", "1", lambda m: core_share_lost(m.theatre, m.state),
        TAKEN, high=1, with_error=True)
    strategic_gains_in: np.ndarray = observed(
        "Damascus has all its strategic gains", YES_NO,
        lambda m: np.logical_and.reduce(members_taken(m.theatre, m.state, "gains")), f"asset_with_damascus {TAKEN}")
    guarantor_absence: np.ndarray = as_it_is("guarantor_absence", "partner_shifted us_base_left halt_urged")
    halt_urged: np.ndarray = as_it_is("halt_urged", "halt_urged")
    partner_shifted: np.ndarray = as_it_is("partner_shifted", "partner_shifted")
    prospects: np.ndarray = as_it_is("prospects", f"partner_shifted {TAKEN}", with_error=True)
    tie_to_moscow: np.ndarray = observed(
        "relation of Damascus and Moscow", "1", lambda m: m.state.relation[MOSCOW_TIE].copy(),
        "summit_held withdrawal_started supply_began supply_stopped", low=-1, high=1, with_error=True)
    tie_to_sdf: np.ndarray = observed(
        "relation of Damascus and the SDF", "1", lambda m: m.state.relation[SDF_TIE].copy(),
        "campaign_changed truce_signed truce_broken", low=-1, high=1)
    request_pending: np.ndarray = observed(
        "Damascus has asked Moscow to leave, and it has not begun to", YES_NO,
        lambda m: (m.state.requested_on != NEVER) & (m.state.withdrawal == STAYING), "withdrawal_requested")
    withdrawal: np.ndarray = as_it_is(
        "withdrawal", "withdrawal_announced withdrawal_started drawdown_ended last_russian_left")
    days_since_guarding_failed: np.ndarray = observed(
        "days since guarding of a prison first failed", DAYS, _since_guarding_failed,
        "guard_dropped site_cut_off")
    transfer_running: np.ndarray = as_it_is("transfer_running", "transfer_started transfer_stopped")
    transfer_begun: np.ndarray = observed(
        "the transfer to Iraq has begun", YES_NO, lambda m: m.state.transfer_started_on != NEVER, "transfer_started")
    truce_term: np.ndarray = as_it_is("truce_term", "truce_signed truce_extended")
    truce_age: np.ndarray = observed(
        "days since the truce was signed", DAYS, lambda m: _age(m, m.state.truce_signed_on), "truce_signed",
        high=2 * LONGEST)
    attacking: np.ndarray = observed(
        "Damascus attacked yesterday", YES_NO, lambda m: np.logical_or.reduce(m.state.fighting), "campaign_changed")
    talks_sought: np.ndarray = as_it_is("talks_sought")
    airport_handed_over: np.ndarray = observed(
        "the airport has been handed over by a deal", YES_NO,
        lambda m: (m.state.institution_on[_having(m, "institutions", "airfield")] != NEVER).any(axis=0),
        "institution_handed_over")
    summit_result: np.ndarray = as_it_is("summit_result", "summit_held")
    port_status: np.ndarray = observed(
        "status of Russia's port", CODE_UNIT,
        lambda m: m.state.base_status[_having(m, "coastal_bases", "port")].max(axis=0, initial=ASKED_TO_LEAVE),
        "base_status_changed", codes=BASE_STATUSES)
    russian_presence: np.ndarray = observed(
        "share of the Russians of the start still at the airfield", "1",
        lambda m: m.state.stock[AIRFIELD, PERSONS] / np.maximum(m.state.persons_at_start, 1.0),
        "withdrawal_started last_russian_left", high=1)
    uncertainty: np.ndarray = observed(
        "the SDF's uncertainty", "1", lambda m: mean_of_parts(m.state.uncertainty_parts), "partner_shifted truce_signed",
        high=1)
    turkish_pressure: np.ndarray = observed("Turkish pressure", "1", lambda m: m.state.outside[TURKISH].copy(), high=1)
    mediation: np.ndarray = observed(
        "mediation by the Kurdistan Region and France", "1", lambda m: m.state.outside[MEDIATION].copy(), high=1)
    days_since_us_losses: np.ndarray = observed(
        "days since US troops were last killed", DAYS, lambda m: _age(m, m.state.us_losses_on), "us_losses")
    days_since_strike: np.ndarray = observed(
        "days since the last wave of US strikes", DAYS, lambda m: _age(m, m.state.struck_on), "us_strikes")
    us_killed: np.ndarray = as_it_is("us_killed", "us_losses")
    transfer_complete: np.ndarray = observed(
        "all detainees of the plan have been moved to Iraq", YES_NO, lambda m: m.state.transferred >= m.state.transfer_plan,
        "transfer_stopped")
    base_on_taken_ground: np.ndarray = observed(
        "Damascus's forces are on the base's ground", YES_NO, _base_ground, TAKEN, axes="us_bases runs")
    base_held: np.ndarray = observed(
        "US troops are at the base", YES_NO, lambda m: m.state.us_persons > 0, "us_base_left", axes="us_bases runs")
    base_in_northeast: np.ndarray = observed(
        "the base is in the SDF's area", YES_NO, lambda m: _having(m, "us_bases", "northeast")[:, None], axes="us_bases 1")
    site_custody: np.ndarray = as_it_is("custody", "guard_dropped site_cut_off site_with_damascus")
    site_guards: np.ndarray = as_it_is("guards", "guard_dropped site_cut_off")
    site_nearness: np.ndarray = observed(
        "nearness of the army", "1", _near_sites, TAKEN, high=1, axes="custody_sites runs")
    site_exposed: np.ndarray = observed(
        "the site's community is not of Kurdish or mixed majority", YES_NO, _site_exposed, axes="custody_sites 1")
    chance: np.ndarray = observed(
        "the day's uniform number of this actor and matter", "1", lambda m: np.empty(0), high=1, lot=True)
    # fmt: on

    def but(self, **changes: np.ndarray) -> Seen:
        """Return the same observation with some fields changed. It is dataclasses.replace without its checks."""
        changed = object.__new__(Seen)
        changed.__dict__.update(self.__dict__, **changes)
        return changed


OBSERVED: dict[str, Observed] = {item.name: item.metadata["observed"] for item in fields(Seen)}
"""What each field of Seen is, by name."""


def see(theatre: Theatre, state: State, waits: Mapping[str, float]) -> Seen:
    """Return what can be observed of `state` on the morning of the day that now begins.

    waits: days from the scenario's start to the timeline's next event of each name.
    """
    morning = Morning(theatre, state, state.day + 1, waits)
    return read_only(Seen(**{name: item.read(morning) for name, item in OBSERVED.items()}))


def read_only(seen: Seen) -> Seen:
    """Return the same observation with every array closed to writing."""
    for item in fields(seen):
        array = getattr(seen, item.name)
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return seen
