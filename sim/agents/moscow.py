"""Moscow: Russian forces in the northeast and the bases on the coast.

Interests: the bases on the coast, logistics to Africa, contracts, a role with Damascus. Red lines: security of the bases; it
shelters Assad. Source: facts section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.base import Policy, Rule, StrategicAgent, null_policies, otherwise, no_order
from sim.agents.seen import Seen
from sim.state.orders import Orders
from sim.state.state import ASKED_TO_LEAVE, STAYING
from sim.state.values import value


@dataclass(frozen=True)
class Values:
    """[moscow]: what a scenario may set of it."""

    policy: str = value("name")
    observation_error: float = value("1", 0)
    tie_needed: float = value("1", -1, 1)
    reply_chance_per_day: float = value("1/day", 0, 1)
    irritant_days: float = value("days", 0)
    clear_at_core_share: float = value("1", 0, 1)
    share_to_russia: float = value("1", 0, 1)
    residual_persons: float = value("persons", 0)
    residual_aircraft: float = value("items", 0)
    residual_tie_needed: float = value("1", -1, 1)
    supply_tonnes_per_day: float = value("tonnes/day", 0)
    supply_tie_needed: float = value("1", -1, 1)


def damascus_asked_and_ties_matter(seen: Seen, values: Values) -> np.ndarray:
    """Damascus has asked, and the tie to it is worth more than the remote base."""
    return seen.request_pending & (seen.tie_to_moscow >= values.tie_needed) & (seen.chance < values.reply_chance_per_day)


def a_summit_is_near_and_the_northeast_is_lost(seen: Seen, values: Values) -> np.ndarray:
    """A summit is days away and much of the core province is not the SDF's: clear the irritant before it."""
    near = (seen.days_to_summit >= 0) & (seen.days_to_summit <= values.irritant_days)
    return near & (seen.withdrawal == STAYING) & (seen.core_share_lost >= values.clear_at_core_share)


def the_airport_is_handed_over(seen: Seen, values: Values) -> np.ndarray:
    """The airport has passed to Damascus by a deal: keep nobody there."""
    return seen.airport_handed_over


def the_tie_carries_deliveries(seen: Seen, values: Values) -> np.ndarray:
    """Damascus is worth equipping, and the port is open: send Russian-made equipment."""
    return (seen.tie_to_moscow >= values.supply_tie_needed) & (seen.port_status != ASKED_TO_LEAVE)


def the_northeast_is_not_worth_a_base(seen: Seen, values: Values) -> np.ndarray:
    """The base is there: leave it before anybody asks."""
    return seen.withdrawal == STAYING


def the_tie_does_not_carry_a_residual(seen: Seen, values: Values) -> np.ndarray:
    """Moscow reads the tie as too weak for flags and aircraft to be tolerated in the northeast."""
    return seen.tie_to_moscow < values.residual_tie_needed


def send_supply(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Send equipment through the port."""
    orders.give("supply_rate", where, values.supply_tonnes_per_day)


def leave_qamishli(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Evacuate the airport and the outposts."""
    orders.leave_airfield[where] = True


def keep_a_residual(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Keep a few persons and aircraft when the rest leaves."""
    orders.give("residual_persons", where, values.residual_persons)
    orders.give("residual_aircraft", where, values.residual_aircraft)
    orders.give("share_to_russia", where, values.share_to_russia)


def keep_nothing(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Take everything and everybody out."""
    orders.give("share_to_russia", where, values.share_to_russia)


BASE = (
    Rule(damascus_asked_and_ties_matter, leave_qamishli, "facts a40-a41"),
    Rule(a_summit_is_near_and_the_northeast_is_lost, leave_qamishli, "facts a49, a53"),
    Rule(otherwise, no_order, "facts a04, a09"),
)

RESIDUAL = (
    Rule(the_airport_is_handed_over, keep_nothing, "facts a40, a50"),
    Rule(the_tie_does_not_carry_a_residual, keep_nothing, "facts a49 (AFP: base stripped)"),
    Rule(otherwise, keep_a_residual, "facts a48, a49 (Reuters, AP: flags, two aircraft)"),
)


SUPPLY = (
    Rule(the_tie_carries_deliveries, send_supply, "facts a11, a53; the news report's account of continued supply"),
    Rule(otherwise, no_order, "assumed"),
)

DOCUMENTED: Policy = {"qamishli": BASE, "residual": RESIDUAL, "supply": SUPPLY}

HOLDING = {"qamishli": (Rule(otherwise, no_order, "assumed"),), "residual": (Rule(otherwise, keep_a_residual, "assumed"),)}

LEAVING = {
    "qamishli": (Rule(the_northeast_is_not_worth_a_base, leave_qamishli, "assumed"), Rule(otherwise, no_order, "assumed")),
    "residual": (Rule(otherwise, keep_nothing, "assumed"),),
}


class Moscow(StrategicAgent):
    """Leaves when asked, clears irritants before a summit, otherwise holds."""

    name = "moscow"
    title = "Moscow"
    Values = Values
    policies: ClassVar[dict[str, Policy]] = {
        "documented": DOCUMENTED,
        "stay": DOCUMENTED | HOLDING,
        "leave_entirely": DOCUMENTED | LEAVING,
        **null_policies(DOCUMENTED),
    }
