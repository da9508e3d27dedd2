"""The SDF: the Syrian Democratic Forces and the administration they protect.

Interests: units kept whole, decentralised rule, safety of Kurdish towns, US cover. Red line: Kurdish-majority areas.
Source: facts section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.agents.base import Policy, Rule, Seen, StrategicAgent, otherwise, stay
from sim.orders import Orders
from sim.state import BESIEGED, GUARDED, IN_POCKET, ZONE
from sim.theatre import POCKET, SECTORS
from sim.values import value


@dataclass(frozen=True)
class Values:
    """[sdf]: what a scenario may set of it."""

    policy: str = value("name")
    observation_error: float = value("1", 0)
    yields_after_zone_days: float = value("days", 0)
    pull_back_chance_per_day: float = value("1/day", 0, 1)
    overstretched_at_share: float = value("1", 0, 1)
    guards_leave_at_nearness: float = value("1", 0, 1)
    stand_fast_guards: float = value("persons", 0)
    core_threatened_at_prospects: float = value("1", 0, 1)
    hand_over_after_truce_days: float = value("days", 0)
    stake: float = value("1", 0)
    cost_of_fighting: float = value("1", 0)
    value_of_posts: float = value("1", 0)
    temperature: float = value("1", 0.001)


def an_exposed_pocket_is_attacked_and_mediators_ask(seen: Seen, values: Values) -> np.ndarray:
    """The pocket is under attack, or its ultimatum lapses, and the United States asks both sides to stop: trade the ground."""
    lapsing = (seen.campaign == ZONE) & (seen.campaign_days >= values.yields_after_zone_days)
    pressed = lapsing | (seen.campaign == IN_POCKET)
    return pressed & ~seen.pocket_ordered_out & seen.halt_urged & (seen.chance < values.pull_back_chance_per_day)


def a_deal_gives_up_the_south(seen: Seen, values: Values) -> np.ndarray:
    """An integration deal is in force: hand over Raqqa and Deir ez-Zor."""
    return seen.deal


def overstretched_and_the_army_is_near(seen: Seen, values: Values) -> np.ndarray:
    """Much of the ground is lost and the army is near a guarded site outside the Kurdish and mixed towns."""
    return (seen.sdf_share_of_start <= values.overstretched_at_share) & exposed_sites(seen, values).any(axis=0)


def a_besieged_prison_can_be_handed_over_under_the_truce(seen: Seen, values: Values) -> np.ndarray:
    """A prison inside Damascus's ground is still guarded and a truce holds: hand it over for safe passage."""
    besieged = (seen.site_custody == BESIEGED).any(axis=0)
    return besieged & seen.truce & (seen.truce_age >= values.hand_over_after_truce_days)


def the_core_is_threatened(seen: Seen, values: Values) -> np.ndarray:
    """Its own estimate of its prospects is low: take a truce."""
    return seen.prospects <= values.core_threatened_at_prospects


def the_fight_is_over_a_pocket(seen: Seen, values: Values) -> np.ndarray:
    """Only an exposed pocket is fought over: take a truce."""
    return (seen.campaign == ZONE) | (seen.campaign == IN_POCKET)


def a_truce_may_run_on(seen: Seen, values: Values) -> np.ndarray:
    """A truce is in force: ask for more days, extend whenever it is offered."""
    return seen.truce


def terms_reach_the_reservation_value(seen: Seen, values: Values) -> np.ndarray:
    """The posts and rights offered are worth what fighting on promises, with noise (logit).

    Reservation value: win probability times stake, less the cost of fighting (Fearon 1995).
    """
    reservation = seen.prospects * values.stake - values.cost_of_fighting
    chance = 1.0 / (1.0 + np.exp(-(values.value_of_posts - reservation) / values.temperature))
    return seen.truce & (seen.chance < chance)


def exposed_sites(seen: Seen, values: Values) -> np.ndarray:
    """Return (custody sites, runs): sites in exposed communities that the army is near, or has cut off with few guards."""
    near = (seen.site_custody == GUARDED) & (seen.site_nearness >= values.guards_leave_at_nearness)
    cut_off = (seen.site_custody == BESIEGED) & (seen.site_guards < values.stand_fast_guards) & ~seen.truce
    return (near | cut_off) & seen.site_exposed


def leave_the_pocket(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Pull back across the Euphrates."""
    orders.pull_back[POCKET, where] = True


def leave_the_south(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Pull back from Raqqa and Deir ez-Zor."""
    for sector in ("deir_hafer", "raqqa", "deir_ez_zor"):
        orders.pull_back[SECTORS.index(sector), where] = True


def drop_the_guard(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Take the guards off exposed sites to defend the Kurdish towns."""
    orders.abandon[:, where] = exposed_sites(seen, values)[:, where]


def hand_the_prison_over(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Hand besieged sites over to Damascus."""
    orders.hand_over[:, where] = (seen.site_custody == BESIEGED)[:, where]


def accept_a_truce(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Sign if one is offered."""
    orders.truce_accepted[where] = True


def accept_an_extension(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Extend if it is offered."""
    orders.extension_accepted[where] = True


def accept_the_deal(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Sign the integration deal if it is on the table."""
    orders.deal_accepted[where] = True


GROUND = (
    Rule(a_deal_gives_up_the_south, leave_the_south, "facts a30"),
    Rule(an_exposed_pocket_is_attacked_and_mediators_ask, leave_the_pocket, "facts a22, a25"),
    Rule(otherwise, stay, "facts a47, a52"),
)

GUARDS = (
    Rule(overstretched_and_the_army_is_near, drop_the_guard, "facts a32, a34"),
    Rule(a_besieged_prison_can_be_handed_over_under_the_truce, hand_the_prison_over, "facts a42"),
    Rule(otherwise, stay, "facts 2.2"),
)

TRUCE = (
    Rule(a_truce_may_run_on, accept_an_extension, "facts a33, a44"),
    Rule(the_core_is_threatened, accept_a_truce, "facts a34, a36"),
    Rule(the_fight_is_over_a_pocket, accept_a_truce, "facts a10, a22"),
    Rule(otherwise, stay, "facts a33"),
)

TALKS = (
    Rule(terms_reach_the_reservation_value, accept_the_deal, "facts a30, a50"),
    Rule(otherwise, stay, "facts a18, a33"),
)


class Sdf(StrategicAgent):
    """Trades exposed ground, stalls over integration, holds the Kurdish towns."""

    name = "sdf"
    Values = Values
    policies: dict[str, Policy] = {
        "documented": {"ground": GROUND, "guards": GUARDS, "truce": TRUCE, "talks": TALKS},
    }
