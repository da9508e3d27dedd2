"""The SDF: the Syrian Democratic Forces and the administration they protect.

Interests: units kept whole, decentralised rule, safety of Kurdish towns, US cover. Red line: Kurdish-majority areas.
Source: facts section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.base import Policy, Rule, StrategicAgent, logistic, null_policies, otherwise, no_order
from sim.agents.seen import Seen
from sim.state.orders import Orders
from sim.state.state import BESIEGED, GUARDED, IN_POCKET, ZONE
from sim.state.values import value


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
    cost_of_fighting: float = value("1", 0, 0.99)
    value_of_posts: float = value("1", 0)
    value_of_units: float = value("1", 0)
    temperature: float = value("1", 0.001)
    noise_by_uncertainty: float = value("1", 0)
    discount: float = value("1", 0, 1)
    power_given_up: float = value("1", 0, 1)


def an_exposed_pocket_is_attacked_and_mediators_ask(seen: Seen, values: Values) -> np.ndarray:
    """The pocket is attacked, or its ultimatum lapses, and the United States asks both sides to stop: trade the ground."""
    lapsing = (seen.campaign == ZONE) & (seen.campaign_days >= values.yields_after_zone_days)
    pressed = lapsing | (seen.campaign == IN_POCKET)
    return pressed & ~seen.pocket_ordered_out & seen.halt_urged & (seen.chance < values.pull_back_chance_per_day)


def a_deal_gives_up_the_south(seen: Seen, values: Values) -> np.ndarray:
    """An integration deal is in force: hand over what it gives up."""
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


def a_deal_would_shift_power_too_fast(seen: Seen, values: Values) -> np.ndarray:
    """The declining side fights now rather than sign what the other can break later (Powell 2006).

    With p the other's win probability now and q after the SDF gave up `power_given_up` of its own, at cost w and discount
    d: fight if d q - p > w / (1 - w).
    """
    now = 1.0 - seen.prospects
    later = 1.0 - seen.prospects * (1.0 - values.power_given_up)
    return values.discount * later - now > values.cost_of_fighting / (1.0 - values.cost_of_fighting)


def even_single_posts_reach_the_reservation_value(seen: Seen, values: Values) -> np.ndarray:
    """Posts for fighters who join one by one are worth what fighting on promises, with noise."""
    return seen.chance < acceptance(seen, values, values.value_of_posts)


def whole_units_reach_the_reservation_value(seen: Seen, values: Values) -> np.ndarray:
    """Posts with units kept whole are worth what fighting on promises, with noise."""
    return seen.chance < acceptance(seen, values, values.value_of_posts + values.value_of_units)


def acceptance(seen: Seen, values: Values, offered: float) -> np.ndarray:
    """Return (runs,) the chance to accept terms worth `offered`: logit of the distance to the reservation value.

    Reservation value: win probability times stake, less the cost of fighting (Fearon 1995). Uncertainty adds noise.
    """
    reservation = seen.prospects * values.stake - values.cost_of_fighting
    noise = values.temperature * (1.0 + values.noise_by_uncertainty * seen.uncertainty)
    return logistic((offered - reservation) / noise)


def integration_is_wanted(seen: Seen, values: Values) -> np.ndarray:
    """No deal is in force and nobody attacks: integrate while the terms are still good."""
    return ~seen.deal


def exposed_sites(seen: Seen, values: Values) -> np.ndarray:
    """Return (custody sites, runs): sites in exposed communities that the army is near, or has cut off with few guards."""
    near = (seen.site_custody == GUARDED) & (seen.site_nearness >= values.guards_leave_at_nearness)
    cut_off = (seen.site_custody == BESIEGED) & (seen.site_guards < values.stand_fast_guards) & ~seen.truce
    return (near | cut_off) & seen.site_exposed


def leave_the_pocket(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Pull back from the exposed pocket."""
    orders.pull_back |= seen.exposed & where


def leave_the_south(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Pull back from what the deal gives up."""
    orders.pull_back |= seen.traded & where


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


def accept_any_terms(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Sign whatever integration is on the table."""
    orders.individual_accepted[where] = True
    orders.units_accepted[where] = True


def accept_units_only(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Sign if units stay whole."""
    orders.units_accepted[where] = True


def ask_to_integrate(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Ask Damascus for talks and sign whatever integration is on the table."""
    orders.seek_talks[where] = True
    accept_any_terms(orders, where, seen, values)


GROUND = (
    Rule(a_deal_gives_up_the_south, leave_the_south, "facts a30"),
    Rule(an_exposed_pocket_is_attacked_and_mediators_ask, leave_the_pocket, "facts a22, a25"),
    Rule(otherwise, no_order, "facts a47, a52"),
)

GUARDS = (
    Rule(overstretched_and_the_army_is_near, drop_the_guard, "facts a32, a34"),
    Rule(a_besieged_prison_can_be_handed_over_under_the_truce, hand_the_prison_over, "facts a42"),
    Rule(otherwise, no_order, "facts 2.2"),
)

TRUCE = (
    Rule(a_truce_may_run_on, accept_an_extension, "facts a33, a44"),
    Rule(the_core_is_threatened, accept_a_truce, "facts a34, a36"),
    Rule(the_fight_is_over_a_pocket, accept_a_truce, "facts a10, a22"),
    Rule(otherwise, no_order, "facts a33"),
)

TALKS = (
    Rule(even_single_posts_reach_the_reservation_value, accept_any_terms, "facts a30, a50"),
    Rule(a_deal_would_shift_power_too_fast, no_order, "facts a18, a33"),
    Rule(whole_units_reach_the_reservation_value, accept_units_only, "facts a05, a12"),
    Rule(otherwise, no_order, "facts a18, a33"),
)


DOCUMENTED: Policy = {"ground": GROUND, "guards": GUARDS, "truce": TRUCE, "talks": TALKS}

EARLY = {"talks": (Rule(integration_is_wanted, ask_to_integrate, "assumed"), Rule(otherwise, no_order, "assumed"))}
"""An SDF that integrates while the terms are good."""

RESISTING: Policy = {
    "ground": (Rule(otherwise, no_order, "assumed"),),
    "guards": (Rule(otherwise, no_order, "assumed"),),
    "truce": (Rule(a_truce_may_run_on, accept_an_extension, "assumed"), Rule(otherwise, no_order, "assumed")),
    "talks": (Rule(otherwise, no_order, "assumed"),),
}
"""An SDF that trades no ground, keeps its guards and signs neither truce nor deal."""


class Sdf(StrategicAgent):
    """Trades exposed ground, stalls over integration, holds the Kurdish towns."""

    name = "sdf"
    title = "the SDF"
    Values = Values
    policies: ClassVar[dict[str, Policy]] = {
        "documented": DOCUMENTED,
        "integrate_early": DOCUMENTED | EARLY,
        "resist": RESISTING,
        **null_policies(DOCUMENTED),
    }
