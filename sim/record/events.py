"""Events: what changed hands or came to pass on a day, where, by which mechanism, on whose orders, after what.

Each kind watches one quantity of the state of a single run. Whenever a mechanism leaves it changed in the way the kind
names, that is an event at the place of the entry that changed. `ordered` names the matters whose decisions of the day
brought it about, `after` the kinds of event it presupposes. Nothing here moves the state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.state.quantity import Quantity
from sim.state.state import (
    ABANDONED,
    ANNOUNCED,
    BESIEGED,
    BY_ASSAULT,
    BY_DEFECTION,
    BY_HAND_OVER,
    DRAWING_DOWN,
    GONE,
    NEVER,
    RESIDUAL,
    WITH_DAMASCUS,
    State,
)

Happened = Callable[[np.ndarray, np.ndarray], np.ndarray]

ARRAYS = {item.name: item.metadata for item in State.arrays()}
"""What is said of each array of the state on its field."""


@dataclass(frozen=True)
class Kind:
    """A kind of event.

    text: what is said of it, with {place}, {n} (the size of the change) and {now}. of: the array of the state that it
    watches, which names its places and codes. happened: where (before, now) of its numbers is such an event. minor: too
    frequent for a story of the main events; only counted there. per_day: the number read is the day's own, not a total.
    """

    name: str
    text: str
    of: str
    happened: Happened
    ordered: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    minor: bool = False
    per_day: bool = False

    @property
    def places(self) -> str:
        """The axis of the numbers, "" where there is one alone."""
        axis: str = ARRAYS[self.of]["axes"][0]
        return "" if axis == "runs" else axis

    @property
    def codes(self) -> tuple[str, ...]:
        """Names of the numbers, where they are codes."""
        quantity: Quantity = ARRAYS[self.of]["quantity"]
        return quantity.codes

    def read(self, state: State) -> np.ndarray:
        """Return (places,) or (1,) numbers off the first run of the block."""
        return np.atleast_1d(getattr(state, self.of)[..., 0]).astype(np.float64)


def rises(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Hold where a number has grown."""
    return now > before


def falls(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Hold where a number has shrunk."""
    return now < before


def changes(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Hold where a number is another."""
    return now != before


def becomes(code: int) -> Happened:
    """Return a test that holds where a code has become this one."""
    return lambda before, now: (now == code) & (before != code)


def dated(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Hold where a day has been set that was not before."""
    return (now != before) & (now != NEVER)


ATTACK = ("damascus.campaign",)
TAKEN = ("taken_by_defection", "taken_by_hand_over", "taken_by_assault")

KINDS: tuple[Kind, ...] = (
    Kind("campaign_changed", "Damascus's campaign is now: {now}", "campaign", changes, ordered=ATTACK,
         after=("truce_signed", "deal_signed", "truce_lapsed", "truce_broken")),
    Kind("halt_urged", "the United States asks Damascus to halt", "halt_urged", rises, ordered=("us.mediation",)),
    Kind("partner_shifted", "the United States declares Damascus its partner in place of the SDF", "partner_shifted", rises,
         ordered=("us.partner",)),
    Kind("sector_ordered_out", "the SDF orders its forces out of {place}", "pulled_back", rises, ordered=("sdf.ground",)),
    Kind("community_gone_over", "communities that go over from the SDF in {place}: {n}", "gone_over_on", dated,
         ordered=ATTACK, after=("campaign_changed",)),
    Kind("taken_by_hand_over", "cells in {place} that Damascus moves into as the SDF leaves: {n}", "cause",
         becomes(BY_HAND_OVER), ordered=(*ATTACK, "sdf.ground"), after=("sector_ordered_out", "deal_signed")),
    Kind("taken_by_defection", "cells in {place} that Damascus enters, gone over before: {n}", "cause",
         becomes(BY_DEFECTION), ordered=ATTACK, after=("community_gone_over", "campaign_changed")),
    Kind("taken_by_assault", "cells in {place} that Damascus takes by assault: {n}", "cause", becomes(BY_ASSAULT),
         ordered=ATTACK, after=("campaign_changed",)),
    Kind("truce_signed", "a truce is signed", "truces", rises, ordered=("damascus.truce", "sdf.truce")),
    Kind("truce_extended", "the truce is extended", "extensions", rises, ordered=("damascus.truce", "sdf.truce"),
         after=("truce_signed",)),
    Kind("truce_lapsed", "the truce lapses at its expiry", "lapsed", rises, ordered=("damascus.truce", "sdf.truce"),
         after=("truce_signed",)),
    Kind("truce_broken", "the truce breaks within its term", "broken", rises, after=("truce_signed", "violations")),
    Kind("violations", "violations of the truce: {n}", "violations", lambda before, now: (now > 0) & (before != now),
         after=("truce_signed",), minor=True, per_day=True),
    Kind("deal_signed", "an integration deal is signed, terms: {now}", "deal_terms", lambda before,
         now: (now > 0) & (before == 0), ordered=("damascus.talks", "sdf.talks")),
    Kind("deal_ended", "the deal falls with the truce", "deal", falls, after=("truce_broken", "truce_lapsed")),
    Kind("institution_handed_over", "handed over to Damascus by the deal: {place}", "institution_on", dated,
         after=("deal_signed",)),
    Kind("withdrawal_requested", "Damascus asks Moscow to leave Qamishli", "requested_on", dated,
         ordered=("damascus.request",)),
    Kind("withdrawal_announced", "Moscow decides to leave Qamishli and prepares", "withdrawal", becomes(ANNOUNCED),
         ordered=("moscow.qamishli",), after=("withdrawal_requested",)),
    Kind("withdrawal_started", "the evacuation of Qamishli begins", "withdrawal", becomes(DRAWING_DOWN),
         after=("withdrawal_announced",)),
    Kind("drawdown_ended", "the drawdown of Qamishli ends; some stay", "withdrawal", becomes(RESIDUAL),
         ordered=("moscow.residual",), after=("withdrawal_started",)),
    Kind("last_russian_left", "the last Russian leaves Qamishli", "withdrawal", becomes(GONE), ordered=("moscow.residual",),
         after=("withdrawal_started", "drawdown_ended")),
    Kind("cargo_flights", "cargo flights from Qamishli: {n}", "sorties", rises, after=("withdrawal_started",), minor=True),
    Kind("convoy", "a convoy leaves Qamishli for the coast", "convoys", rises, after=("withdrawal_started",), minor=True),
    Kind("road_closed", "fighting closes the road to a convoy", "convoy_days_blocked", rises,
         after=("withdrawal_started", "campaign_changed"), minor=True),
    Kind("helicopters_flown_out", "helicopters fly out of Qamishli", "tonnes_flown_out", rises,
         after=("withdrawal_started",), minor=True),
    Kind("summit_held", "Damascus and Moscow meet: {now}", "summit_result", changes),
    Kind("base_status_changed", "status of {place}: {now}", "base_status", changes, after=("summit_held",)),
    Kind("supply_began", "deliveries through Tartus begin", "supply", lambda before, now: (now > 0) & (before == 0),
         ordered=("moscow.supply",)),
    Kind("supply_stopped", "deliveries through Tartus stop", "supply", lambda before, now: (now == 0) & (before > 0),
         ordered=("moscow.supply",)),
    Kind("guard_dropped", "the SDF takes the guards off {place}", "custody", becomes(ABANDONED), ordered=("sdf.guards",)),
    Kind("site_cut_off", "{place} is still guarded, inside ground that Damascus took", "custody", becomes(BESIEGED),
         after=TAKEN),
    Kind("site_with_damascus", "{place} comes into Damascus's custody", "custody", becomes(WITH_DAMASCUS),
         ordered=("sdf.guards",), after=("guard_dropped", "site_cut_off", "institution_handed_over")),
    Kind("escape", "detainees or residents who get out of {place}: {n}", "escaped", rises,
         after=("guard_dropped", "site_cut_off"), minor=True),
    Kind("transfer_started", "the first detainees are moved to Iraq", "transfer_started_on", dated, ordered=("us.transfer",),
         after=("guard_dropped", "site_cut_off")),
    Kind("detainees_moved", "detainees moved to Iraq: {n}", "transferred", rises, ordered=("us.transfer",),
         after=("transfer_started",), minor=True),
    Kind("transfer_stopped", "the transfer stalls or is complete", "transfer_running", falls, after=("transfer_started",)),
    Kind("us_base_left", "the United States leaves {place}", "us_left_on", dated, ordered=("us.bases",)),
    Kind("us_losses", "US soldiers killed: {n}", "us_killed", rises, after=("attacks",)),
    Kind("us_strikes", "a wave of US strikes on insurgents", "strikes", rises, ordered=("us.strikes",),
         after=("us_losses",)),
    Kind("attacks", "insurgent attacks in {place}: {n}", "attacks_total", rises, minor=True),
    Kind("asset_with_damascus", "{place} passes to Damascus", "asset_taken", rises,
         after=("taken_by_hand_over", "taken_by_defection", "taken_by_assault", "institution_handed_over")),
    Kind("asset_with_sdf", "{place} passes back to the SDF", "asset_taken", falls, after=("deal_ended",)),
)  # fmt: skip

BY_NAME = {kind.name: kind for kind in KINDS}
