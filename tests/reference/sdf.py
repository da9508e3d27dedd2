"""The SDF decides: in each matter the name of the rule that fires and of the order it gives."""

from __future__ import annotations

from math import exp
from types import SimpleNamespace as Sight
from typing import Any

from sim.state.state import BESIEGED, GUARDED, IN_POCKET, ZONE
from tests.reference.damascus import Choice
from tests.reference.state import Orders
from tests.shipped import POCKET, SECTORS

ANY_ORDER = {
    "ground": ("leave_the_south", "leave_the_pocket", "stay"),
    "guards": ("drop_the_guard", "hand_the_prison_over", "stay"),
    "truce": ("accept_an_extension", "accept_a_truce", "accept_a_truce", "stay"),
    "talks": ("accept_any_terms", "stay", "accept_units_only", "stay"),
}


def decide(decision: str, s: Sight, v: Any) -> Choice:
    if v.policy == "resist":
        return ("a_truce_may_run_on", "accept_an_extension") if decision == "truce" and s.truce else ("otherwise", "stay")
    return {"ground": _ground, "guards": _guards, "truce": _truce, "talks": _talks}[decision](s, v)


def _ground(s: Sight, v: Any) -> Choice:
    if s.deal:
        return "a_deal_gives_up_the_south", "leave_the_south"
    pressed = s.campaign == IN_POCKET or (s.campaign == ZONE and s.campaign_days >= v.yields_after_zone_days)
    asked = pressed and s.halt_urged and not s.pocket_ordered_out
    if asked and s.chance < v.pull_back_chance_per_day:
        return "an_exposed_pocket_is_attacked_and_mediators_ask", "leave_the_pocket"
    return "otherwise", "stay"


def _guards(s: Sight, v: Any) -> Choice:
    if s.sdf_share_of_start <= v.overstretched_at_share and any(_exposed(s, v)):
        return "overstretched_and_the_army_is_near", "drop_the_guard"
    if s.truce and s.truce_age >= v.hand_over_after_truce_days and BESIEGED in s.site_custody:
        return "a_besieged_prison_can_be_handed_over_under_the_truce", "hand_the_prison_over"
    return "otherwise", "stay"


def _exposed(s: Sight, v: Any) -> list[bool]:
    """Return for each site whether it lies among Arab-majority people and the army is near or has cut few guards off."""
    return [
        exposed
        and (
            (custody == GUARDED and nearness >= v.guards_leave_at_nearness)
            or (custody == BESIEGED and guards < v.stand_fast_guards and not s.truce)
        )
        for exposed, custody, nearness, guards in zip(
            s.site_exposed, s.site_custody, s.site_nearness, s.site_guards, strict=True
        )
    ]


def _truce(s: Sight, v: Any) -> Choice:
    if s.truce:
        return "a_truce_may_run_on", "accept_an_extension"
    if s.prospects <= v.core_threatened_at_prospects:
        return "the_core_is_threatened", "accept_a_truce"
    if s.campaign in (ZONE, IN_POCKET):
        return "the_fight_is_over_a_pocket", "accept_a_truce"
    return "otherwise", "stay"


def _talks(s: Sight, v: Any) -> Choice:
    if v.policy == "integrate_early":
        return ("otherwise", "stay") if s.deal else ("integration_is_wanted", "ask_to_integrate")
    if s.chance < _acceptance(s, v, v.value_of_posts):
        return "even_single_posts_reach_the_reservation_value", "accept_any_terms"
    p, q = 1.0 - float(s.prospects), 1.0 - float(s.prospects) * (1.0 - v.power_given_up)
    if v.discount * q - p > v.cost_of_fighting / (1.0 - v.cost_of_fighting):
        return "a_deal_would_shift_power_too_fast", "stay"
    if s.chance < _acceptance(s, v, v.value_of_posts + v.value_of_units):
        return "whole_units_reach_the_reservation_value", "accept_units_only"
    return "otherwise", "stay"


def _acceptance(s: Sight, v: Any, offered: float) -> float:
    """Return the logit chance that an offer beats the reservation value: win probability times stake, less the cost."""
    reservation = float(s.prospects) * v.stake - v.cost_of_fighting
    noise = v.temperature * (1.0 + v.noise_by_uncertainty * float(s.uncertainty))
    return 1.0 / (1.0 + exp(-(offered - reservation) / noise))


def give(order: str, orders: Orders, s: Sight, v: Any) -> None:
    """Write the order down."""
    if order == "leave_the_pocket":
        orders.pull_back[POCKET] = True
    elif order == "leave_the_south":
        for sector in ("deir_hafer", "raqqa", "deir_ez_zor"):
            orders.pull_back[SECTORS.index(sector)] = True
    elif order == "drop_the_guard":
        orders.abandon = _exposed(s, v)
    elif order == "hand_the_prison_over":
        orders.hand_over = [custody == BESIEGED for custody in s.site_custody]
    elif order == "accept_a_truce":
        orders.truce_accepted = True
    elif order == "accept_an_extension":
        orders.extension_accepted = True
    elif order in ("accept_any_terms", "ask_to_integrate"):
        orders.individual_accepted = orders.units_accepted = True
        orders.seek_talks = order == "ask_to_integrate"
    elif order == "accept_units_only":
        orders.units_accepted = True
    else:
        assert order == "stay", order
