"""The United States: no breakout of ISIS detainees, Damascus as a partner, a low-cost exit.

Red line: attacks on US forces, interference with the transfers. Source: facts section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.base import Policy, Rule, StrategicAgent, null_policies, otherwise, no_order
from sim.agents.seen import Seen
from sim.state.orders import Orders
from sim.state.state import GENERAL, HALTED, IN_POCKET, ZONE
from sim.state.values import value


@dataclass(frozen=True)
class Values:
    """[us]: what a scenario may set of it."""

    policy: str = value("name")
    observation_error: float = value("1", 0)
    shift_at_share: float = value("1", 0, 1)
    transfer_after_days: float = value("days", 0)
    start_chance_per_day: float = value("1/day", 0, 1)
    hand_over_base_chance_per_day: float = value("1/day", 0, 1)
    strike_after_days: float = value("days", 0)
    strike_again_after_days: float = value("days", 1)


def the_partners_clash(seen: Seen, values: Values) -> np.ndarray:
    """Damascus threatens or attacks the SDF: mediate and urge a halt, without force."""
    return (seen.campaign == ZONE) | (seen.campaign == IN_POCKET) | (seen.campaign == GENERAL)


def a_base_stands_on_ground_that_changed_hands(seen: Seen, values: Values) -> np.ndarray:
    """Damascus's forces hold the ground around a base and are the partner now: hand it over."""
    somewhere = (seen.base_held & seen.base_on_taken_ground).any(axis=0)
    return somewhere & seen.partner_shifted & (seen.chance < values.hand_over_base_chance_per_day)


def the_partner_has_changed_and_the_prisons_are_empty(seen: Seen, values: Values) -> np.ndarray:
    """The partnership has shifted and the transfer is complete: nothing holds troops in the northeast."""
    done = seen.partner_shifted & seen.transfer_complete & (seen.base_held & seen.base_in_northeast).any(axis=0)
    return done & (seen.chance < values.hand_over_base_chance_per_day)


def troops_are_still_in_the_northeast(seen: Seen, values: Values) -> np.ndarray:
    """Any base is still held: leave now."""
    return np.logical_or.reduce(seen.base_held)


def us_soldiers_were_killed(seen: Seen, values: Values) -> np.ndarray:
    """The days a wave takes to prepare have passed since US soldiers were last killed, and none has followed yet."""
    return (seen.days_since_us_losses >= values.strike_after_days) & (seen.days_since_strike > seen.days_since_us_losses)


def a_second_wave_is_due(seen: Seen, values: Values) -> np.ndarray:
    """Weeks after the first wave that answered losses: strike again."""
    again = values.strike_again_after_days
    answered = (seen.days_since_us_losses < 2 * again) & (seen.days_since_strike >= again)
    return answered & (seen.days_since_strike <= seen.days_since_us_losses)


def the_sdf_has_lost_its_land(seen: Seen, values: Values) -> np.ndarray:
    """The SDF holds too little to serve as the partner against ISIS: shift to Damascus."""
    return ~seen.partner_shifted & (seen.sdf_share_of_start <= values.shift_at_share)


def fighting_endangers_the_transfer(seen: Seen, values: Values) -> np.ndarray:
    """Prisons must be emptied but the offensive is on: wait for a ceasefire."""
    offensive = (seen.campaign == GENERAL) | ((seen.campaign == HALTED) & ~seen.transfer_begun)
    return (seen.days_since_guarding_failed >= 0) & ~seen.truce & offensive


def guarding_of_a_prison_has_failed(seen: Seen, values: Values) -> np.ndarray:
    """Guarding failed some days ago: move detainees to Iraq."""
    due = seen.days_since_guarding_failed >= values.transfer_after_days
    return due & (seen.transfer_begun | (seen.chance < values.start_chance_per_day))


def urge_a_halt(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Ask Damascus to halt."""
    orders.urge_halt[where] = True


def hand_over_taken_bases(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Hand over the bases on ground that changed hands, and finish those already being emptied."""
    orders.leave_base[:, where] = (seen.base_held & seen.base_on_taken_ground)[:, where]


def leave_the_northeast(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Empty the bases of the northeast."""
    orders.leave_base |= seen.base_in_northeast & seen.base_held & where


def leave_every_base(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Empty every base in the country."""
    orders.leave_base[:, where] = seen.base_held[:, where]


def strike(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """A wave of air strikes on insurgents."""
    orders.strike[where] = True


def shift_partner(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Declare Damascus the partner; tell the SDF to integrate."""
    orders.shift_partner[where] = True


def run_the_transfer(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Fly and drive detainees to Iraq."""
    orders.run_transfer[where] = True


MEDIATION = (
    Rule(the_partners_clash, urge_a_halt, "facts a10, a25, a26"),
    Rule(otherwise, no_order, "facts a39"),
)

PARTNER = (
    Rule(the_sdf_has_lost_its_land, shift_partner, "facts a35"),
    Rule(otherwise, no_order, "facts a07, a12"),
)

TRANSFER = (
    Rule(fighting_endangers_the_transfer, no_order, "facts a37, a44"),
    Rule(guarding_of_a_prison_has_failed, run_the_transfer, "facts a32, a37"),
    Rule(otherwise, no_order, "assumed"),
)


BASES = (
    Rule(a_base_stands_on_ground_that_changed_hands, hand_over_taken_bases, "facts a07; pace assumed"),
    Rule(the_partner_has_changed_and_the_prisons_are_empty, leave_the_northeast, "facts a35; pace assumed"),
    Rule(otherwise, no_order, "facts 2.1"),
)

STRIKES = (
    Rule(us_soldiers_were_killed, strike, "facts a15, a16"),
    Rule(a_second_wave_is_due, strike, "facts a21"),
    Rule(otherwise, no_order, "facts section 4"),
)

DOCUMENTED: Policy = {
    "mediation": MEDIATION,
    "partner": PARTNER,
    "transfer": TRANSFER,
    "bases": BASES,
    "strikes": STRIKES,
}

STAYING_ON = {"partner": (Rule(otherwise, no_order, "assumed"),), "bases": (Rule(otherwise, no_order, "assumed"),)}
"""A United States that keeps its partner and its bases."""

LEAVING = {
    "mediation": (Rule(otherwise, no_order, "assumed"),),
    "partner": (Rule(otherwise, shift_partner, "assumed"),),
    "bases": (Rule(troops_are_still_in_the_northeast, leave_every_base, "assumed"), Rule(otherwise, no_order, "assumed")),
}
"""A United States that leaves first: no mediation, no guarantee, no bases."""


class UnitedStates(StrategicAgent):
    """Mediates, shifts partner, secures the detainees."""

    name = "us"
    title = "the United States"
    Values = Values
    policies: ClassVar[dict[str, Policy]] = {
        "documented": DOCUMENTED,
        "stay": DOCUMENTED | STAYING_ON,
        "leave_early": DOCUMENTED | LEAVING,
        **null_policies(DOCUMENTED),
    }
