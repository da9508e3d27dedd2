"""Moscow: Russian forces in the northeast and the bases on the coast.

Interests: Hmeimim and Tartus, logistics to Africa, contracts, a role with Damascus. Red lines: security of the bases; it
shelters Assad. Source: facts section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.agents.base import Policy, Rule, Seen, StrategicAgent, otherwise, stay
from sim.orders import Orders
from sim.state import STAYING
from sim.values import value


@dataclass(frozen=True)
class Values:
    """[moscow]: what a scenario may set of it."""

    policy: str = value("name")
    observation_error: float = value("1", 0)
    tie_needed: float = value("1", -1, 1)
    reply_chance_per_day: float = value("1/day", 0, 1)
    irritant_days: float = value("days", 0)
    clear_at_hasakah_share: float = value("1", 0, 1)
    share_to_russia: float = value("1", 0, 1)
    residual_persons: float = value("persons", 0)
    residual_aircraft: float = value("items", 0)
    residual_tie_needed: float = value("1", -1, 1)


def damascus_asked_and_ties_matter(seen: Seen, values: Values) -> np.ndarray:
    """Damascus has asked, and the tie to it is worth more than the remote base."""
    return seen.request_pending & (seen.tie_to_moscow >= values.tie_needed) & (seen.chance < values.reply_chance_per_day)


def a_summit_is_near_and_the_northeast_is_lost(seen: Seen, values: Values) -> np.ndarray:
    """A summit is days away and much of Hasakah province is not the SDF's: clear the irritant before it."""
    near = 0 <= seen.days_to_summit <= values.irritant_days
    return near & (seen.withdrawal == STAYING) & (seen.hasakah_share_lost >= values.clear_at_hasakah_share)


def the_tie_does_not_carry_a_residual(seen: Seen, values: Values) -> np.ndarray:
    """Moscow reads the tie as too weak for flags and aircraft to be tolerated in the northeast."""
    return seen.tie_to_moscow < values.residual_tie_needed


def leave_qamishli(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Evacuate the airport and the outposts."""
    orders.leave_qamishli[where] = True


def keep_a_residual(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Keep a few persons and aircraft when the rest leaves."""
    orders.residual_persons[where] = values.residual_persons
    orders.residual_aircraft[where] = values.residual_aircraft
    orders.share_to_russia[where] = values.share_to_russia


def keep_nothing(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Take everything and everybody out."""
    orders.share_to_russia[where] = values.share_to_russia


QAMISHLI = (
    Rule(damascus_asked_and_ties_matter, leave_qamishli, "facts a40-a41"),
    Rule(a_summit_is_near_and_the_northeast_is_lost, leave_qamishli, "facts a49, a53"),
    Rule(otherwise, stay, "facts a04, a09"),
)

RESIDUAL = (
    Rule(the_tie_does_not_carry_a_residual, keep_nothing, "facts a49 (AFP: base stripped)"),
    Rule(otherwise, keep_a_residual, "facts a48, a49 (Reuters, AP: flags, two aircraft)"),
)


class Moscow(StrategicAgent):
    """Leaves when asked, clears irritants before a summit, otherwise holds."""

    name = "moscow"
    Values = Values
    policies: dict[str, Policy] = {"documented": {"qamishli": QAMISHLI, "residual": RESIDUAL}}
