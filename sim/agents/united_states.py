"""The United States: no breakout of ISIS detainees, Damascus as a partner, a low-cost exit.

Red line: attacks on US forces, interference with the transfers. Source: facts section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.agents.base import Policy, Rule, Seen, StrategicAgent, otherwise, stay
from sim.orders import Orders
from sim.state import GENERAL, HALTED, IN_POCKET, ZONE
from sim.values import value


@dataclass(frozen=True)
class Values:
    """[us]: what a scenario may set of it."""

    policy: str = value("name")
    observation_error: float = value("1", 0)
    shift_at_share: float = value("1", 0, 1)
    transfer_after_days: float = value("days", 0)
    start_chance_per_day: float = value("1/day", 0, 1)


def the_partners_clash(seen: Seen, values: Values) -> np.ndarray:
    """Damascus threatens or attacks the SDF: mediate and urge a halt, without force."""
    return (seen.campaign == ZONE) | (seen.campaign == IN_POCKET) | (seen.campaign == GENERAL)


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


def shift_partner(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Declare Damascus the partner; tell the SDF to integrate."""
    orders.shift_partner[where] = True


def run_the_transfer(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Fly and drive detainees to Iraq."""
    orders.run_transfer[where] = True


MEDIATION = (
    Rule(the_partners_clash, urge_a_halt, "facts a10, a25, a26"),
    Rule(otherwise, stay, "facts a39"),
)

PARTNER = (
    Rule(the_sdf_has_lost_its_land, shift_partner, "facts a35"),
    Rule(otherwise, stay, "facts a07, a12"),
)

TRANSFER = (
    Rule(fighting_endangers_the_transfer, stay, "facts a37, a44"),
    Rule(guarding_of_a_prison_has_failed, run_the_transfer, "facts a32, a37"),
    Rule(otherwise, stay, "assumed"),
)


class UnitedStates(StrategicAgent):
    """Mediates, shifts partner, secures the detainees."""

    name = "us"
    Values = Values
    policies: dict[str, Policy] = {
        "documented": {"mediation": MEDIATION, "partner": PARTNER, "transfer": TRANSFER},
    }
