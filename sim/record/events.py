"""Events: what changed hands or came to pass on a day, where, by which mechanism, on whose orders, after what.

Each kind watches one quantity of the state of a single run. Whenever a mechanism leaves it changed in the way the kind
names, that is an event at the place of the entry that changed. `ordered` names the matters whose decisions of the day
brought it about, `after` the kinds of event it presupposes. Nothing here moves the state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.state.state import BASE_STATUSES, CAMPAIGNS, CAUSES, CUSTODIES, NEVER, PHASES, SUMMIT_RESULTS, TERMS, State

Read = Callable[[State], np.ndarray]
Happened = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Kind:
    """A kind of event.

    read: (places,) or (1,) numbers off the state of one run. happened: where (before, now) of them is such an event.
    places: the axis of the numbers, "" where there is one alone. text: what is said of it, with {place}, {n} (the size of
    the change) and {now}. minor: too frequent for a story of the main events; only counted there. per_day: the number read
    is the day's own, not a total.
    """

    name: str
    text: str
    read: Read
    happened: Happened
    places: str = ""
    now: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    minor: bool = False
    per_day: bool = False


def rises(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Hold where a number has grown."""
    return now > before


def falls(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Hold where a number has shrunk."""
    return now < before


def changes(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Hold where a number is another."""
    return now != before


def becomes(name: str, names: tuple[str, ...]) -> Happened:
    """Return a test that holds where a code, an index in `names`, has become that of this one."""
    code = names.index(name)
    return lambda before, now: (now == code) & (before != code)


def dated(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Hold where a day has been set that was not before."""
    return (now != before) & (now != NEVER)


def _of(name: str, *index: int) -> Read:
    """Read an array of the state, or one entry of it, of the first run of the block."""

    def read(state: State) -> np.ndarray:
        whole = getattr(state, name)
        return np.atleast_1d(whole[index][..., 0] if index else whole[..., 0]).astype(np.float64)

    return read


ATTACK = ("damascus.campaign",)
TAKEN = ("taken_by_defection", "taken_by_hand_over", "taken_by_assault")

KINDS: tuple[Kind, ...] = (
    Kind("campaign_changed", "Damascus's campaign is now: {now}", _of("campaign"), changes, now=CAMPAIGNS, ordered=ATTACK,
         after=("truce_signed", "deal_signed", "truce_lapsed", "truce_broken")),
    Kind("halt_urged", "the United States asks Damascus to halt", _of("halt_urged"), rises, ordered=("us.mediation",)),
    Kind("partner_shifted", "the United States declares Damascus its partner in place of the SDF", _of("partner_shifted"),
         rises, ordered=("us.partner",)),
    Kind("sector_ordered_out", "the SDF orders its forces out of {place}", _of("pulled_back"), rises, "sectors",
         ordered=("sdf.ground",)),
    Kind("community_gone_over", "communities that go over from the SDF in {place}: {n}", _of("gone_over_on"), dated,
         "cells", ordered=ATTACK, after=("campaign_changed",)),
    Kind("taken_by_hand_over", "cells in {place} that Damascus moves into as the SDF leaves: {n}", _of("cause"),
         becomes("hand_over", CAUSES), "cells", ordered=(*ATTACK, "sdf.ground"),
         after=("sector_ordered_out", "deal_signed")),
    Kind("taken_by_defection", "cells in {place} that Damascus enters, gone over before: {n}", _of("cause"),
         becomes("defection", CAUSES), "cells", ordered=ATTACK, after=("community_gone_over", "campaign_changed")),
    Kind("taken_by_assault", "cells in {place} that Damascus takes by assault: {n}", _of("cause"),
         becomes("assault", CAUSES), "cells", ordered=ATTACK, after=("campaign_changed",)),
    Kind("truce_signed", "a truce is signed", _of("truces"), rises, ordered=("damascus.truce", "sdf.truce")),
    Kind("truce_extended", "the truce is extended", _of("extensions"), rises, ordered=("damascus.truce", "sdf.truce"),
         after=("truce_signed",)),
    Kind("truce_lapsed", "the truce lapses at its expiry", _of("lapsed"), rises, ordered=("damascus.truce", "sdf.truce"),
         after=("truce_signed",)),
    Kind("truce_broken", "the truce breaks within its term", _of("broken"), rises, after=("truce_signed", "violations")),
    Kind("violations", "violations of the truce: {n}", _of("violations"), lambda before, now: (now > 0) & (before != now),
         after=("truce_signed",), minor=True, per_day=True),
    Kind("deal_signed", "an integration deal is signed, terms: {now}", _of("deal_terms"),
         lambda before, now: (now > 0) & (before == 0), now=TERMS, ordered=("damascus.talks", "sdf.talks")),
    Kind("deal_ended", "the deal falls with the truce", _of("deal"), falls, after=("truce_broken", "truce_lapsed")),
    Kind("institution_handed_over", "handed over to Damascus by the deal: {place}", _of("institution_on"), dated,
         "institutions", after=("deal_signed",)),
    Kind("withdrawal_requested", "Damascus asks Moscow to leave Qamishli", _of("requested_on"), dated,
         ordered=("damascus.request",)),
    Kind("withdrawal_announced", "Moscow decides to leave Qamishli and prepares", _of("withdrawal"),
         becomes("announced", PHASES), ordered=("moscow.qamishli",), after=("withdrawal_requested",)),
    Kind("withdrawal_started", "the evacuation of Qamishli begins", _of("withdrawal"), becomes("drawing_down", PHASES),
         after=("withdrawal_announced",)),
    Kind("drawdown_ended", "the drawdown of Qamishli ends; some stay", _of("withdrawal"), becomes("residual", PHASES),
         ordered=("moscow.residual",), after=("withdrawal_started",)),
    Kind("last_russian_left", "the last Russian leaves Qamishli", _of("withdrawal"), becomes("gone", PHASES),
         ordered=("moscow.residual",), after=("withdrawal_started", "drawdown_ended")),
    Kind("cargo_flights", "cargo flights from Qamishli: {n}", _of("sorties"), rises, after=("withdrawal_started",),
         minor=True),
    Kind("convoy", "a convoy leaves Qamishli for the coast", _of("convoys"), rises, after=("withdrawal_started",),
         minor=True),
    Kind("road_closed", "fighting closes the road to a convoy", _of("convoy_days_blocked"), rises,
         after=("withdrawal_started", "campaign_changed"), minor=True),
    Kind("helicopters_flown_out", "helicopters fly out of Qamishli", _of("tonnes_flown_out"), rises,
         after=("withdrawal_started",), minor=True),
    Kind("summit_held", "Damascus and Moscow meet: {now}", _of("summit_result"), changes, now=SUMMIT_RESULTS),
    Kind("base_status_changed", "status of {place}: {now}", _of("base_status"), changes, "coastal_bases", now=BASE_STATUSES,
         after=("summit_held",)),
    Kind("supply_began", "deliveries through Tartus begin", _of("supply"), lambda before, now: (now > 0) & (before == 0),
         ordered=("moscow.supply",)),
    Kind("supply_stopped", "deliveries through Tartus stop", _of("supply"), lambda before, now: (now == 0) & (before > 0),
         ordered=("moscow.supply",)),
    Kind("guard_dropped", "the SDF takes the guards off {place}", _of("custody"), becomes("abandoned", CUSTODIES),
         "custody_sites", ordered=("sdf.guards",)),
    Kind("site_cut_off", "{place} is still guarded, inside ground that Damascus took", _of("custody"),
         becomes("besieged", CUSTODIES), "custody_sites", after=TAKEN),
    Kind("site_with_damascus", "{place} comes into Damascus's custody", _of("custody"), becomes("damascus", CUSTODIES),
         "custody_sites", ordered=("sdf.guards",), after=("guard_dropped", "site_cut_off", "institution_handed_over")),
    Kind("escape", "detainees or residents who get out of {place}: {n}", _of("escaped"), rises, "custody_sites",
         after=("guard_dropped", "site_cut_off"), minor=True),
    Kind("transfer_started", "the first detainees are moved to Iraq", _of("transfer_started_on"), dated,
         ordered=("us.transfer",), after=("guard_dropped", "site_cut_off")),
    Kind("detainees_moved", "detainees moved to Iraq: {n}", _of("transferred"), rises, ordered=("us.transfer",),
         after=("transfer_started",), minor=True),
    Kind("transfer_stopped", "the transfer stalls or is complete", _of("transfer_running"), falls,
         after=("transfer_started",)),
    Kind("us_base_left", "the United States leaves {place}", _of("us_left_on"), dated, "us_bases", ordered=("us.bases",)),
    Kind("us_losses", "US soldiers killed: {n}", _of("us_killed"), rises, after=("attacks",)),
    Kind("us_strikes", "a wave of US strikes on insurgents", _of("strikes"), rises, ordered=("us.strikes",),
         after=("us_losses",)),
    Kind("attacks", "insurgent attacks in {place}: {n}", _of("attacks_total"), rises, "insurgent_provinces", minor=True),
    Kind("asset_with_damascus", "{place} passes to Damascus", _of("asset_taken"), rises, "assets",
         after=("taken_by_hand_over", "taken_by_defection", "taken_by_assault", "institution_handed_over")),
    Kind("asset_with_sdf", "{place} passes back to the SDF", _of("asset_taken"), falls, "assets", after=("deal_ended",)),
)  # fmt: skip

BY_NAME = {kind.name: kind for kind in KINDS}

MOVED_BY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("days_without_gain", "pocket_share_left", "sdf_share_of_start", "arab_share_left"), TAKEN),
    **dict.fromkeys(("core_share_lost", "base_on_taken_ground", "site_nearness"), TAKEN),
    **dict.fromkeys(("campaign", "campaign_days", "days_since_campaign", "attacking"), ("campaign_changed",)),
    **dict.fromkeys(("truces", "truce_age"), ("truce_signed",)),
    **dict.fromkeys(("days_since_us_losses", "us_killed"), ("us_losses",)),
    "truce": ("truce_signed", "truce_lapsed", "truce_broken", "deal_signed"),
    "days_to_expiry": ("truce_signed", "truce_extended"),
    "days_since_truce_ended": ("truce_lapsed", "truce_broken"),
    "truce_term": ("truce_signed", "truce_extended"),
    "deal": ("deal_signed", "deal_ended"),
    "pocket_ordered_out": ("sector_ordered_out",),
    "strategic_gains_in": ("asset_with_damascus", *TAKEN),
    "guarantor_absence": ("partner_shifted", "us_base_left", "halt_urged"),
    "halt_urged": ("halt_urged",),
    "partner_shifted": ("partner_shifted",),
    "tie_to_moscow": ("summit_held", "withdrawal_started", "supply_began", "supply_stopped"),
    "tie_to_sdf": ("campaign_changed", "truce_signed", "truce_broken"),
    "prospects": ("partner_shifted", *TAKEN),
    "request_pending": ("withdrawal_requested",),
    "withdrawal": ("withdrawal_announced", "withdrawal_started", "drawdown_ended", "last_russian_left"),
    "days_since_guarding_failed": ("guard_dropped", "site_cut_off"),
    "transfer_running": ("transfer_started", "transfer_stopped"),
    "transfer_begun": ("transfer_started",),
    "transfer_complete": ("transfer_stopped",),
    "airport_handed_over": ("institution_handed_over",),
    "summit_result": ("summit_held",),
    "port_status": ("base_status_changed",),
    "russian_presence": ("withdrawal_started", "last_russian_left"),
    "uncertainty": ("partner_shifted", "truce_signed"),
    "days_since_strike": ("us_strikes",),
    "base_held": ("us_base_left",),
    "site_custody": ("guard_dropped", "site_cut_off", "site_with_damascus"),
    "site_guards": ("guard_dropped", "site_cut_off"),
}
"""What an actor sees -> the kinds of event that last moved it, for walking back from a decision."""
