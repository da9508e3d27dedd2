"""Damascus decides: in each matter the name of the rule that fires and of the order it gives."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log
from types import SimpleNamespace as Sight
from typing import Any

from sim.state.state import GENERAL, HALTED, IN_POCKET, INDIVIDUAL, NONE, STAYING, UNITS, ZONE
from tests.reference.chance import F
from tests.reference.state import Orders
from tests.shipped import POCKET

Choice = tuple[str, str]

ANY_ORDER = {
    "campaign": (
        "hold_fire",
        "halt_and_besiege",
        "attack_everywhere",
        "halt_and_besiege",
        "attack_everywhere",
        "hold_fire",
        "attack_the_pocket",
        "attack_the_pocket",
        "declare_a_zone",
        "attack_everywhere",
        "declare_a_zone",
        "attack_the_pocket",
        "hold_fire",
    ),
    "truce": ("offer_an_extension",) * 2 + ("stay",) + ("offer_a_truce",) * 4 + ("stay",),
    "talks": ("offer_units", "offer_individual", "stay"),
    "request": ("ask_moscow_to_leave", "stay"),
}
"""The documented orders of each matter, from which the random policy draws."""


def decide(decision: str, s: Sight, v: Any) -> Choice:
    if decision == "campaign":
        return _campaign(s, v)
    if decision == "truce":
        return _no_truce(s, v) if v.policy == "press_on" else _truce(s, v)
    return _talks(s, v) if decision == "talks" else _request(s, v)


def _campaign(s: Sight, v: Any) -> Choice:
    if v.policy == "press_on" and not s.truce and s.campaign in (GENERAL, HALTED):
        return "an_offensive_is_on", "assault_everywhere"
    if s.truce:
        return "a_truce_holds", "hold_fire"
    if v.policy == "negotiate_first":
        return "otherwise", "hold_fire"
    if s.campaign == GENERAL:
        if s.arab_share_left <= v.halt_at_arab_share or s.days_without_gain >= v.gainless_days:
            return "cheap_gains_are_exhausted", "halt_and_besiege"
        return "gains_are_cheap", "attack_everywhere"
    if s.campaign == HALTED:
        return "the_city_lines_are_reached", "halt_and_besiege"
    if s.campaign == IN_POCKET:
        return _in_the_pocket(s, v)
    if s.campaign == ZONE:
        if s.campaign_days >= v.ultimatum_days:
            return "the_ultimatum_has_lapsed", "attack_the_pocket"
        return "the_ultimatum_runs", "declare_a_zone"
    return _at_peace(s, v)


def _in_the_pocket(s: Sight, v: Any) -> Choice:
    gives_way = s.pocket_ordered_out or s.pocket_share_left <= 0.5
    resolve = v.escalation_slope * (s.guarantor_absence + _tilt(s, v) - v.escalation_midpoint)
    if gives_way and s.chance < 1.0 / (1.0 + exp(-resolve)):
        return "the_pocket_gives_way", "attack_everywhere"
    if s.campaign_days >= v.pocket_days:
        return "the_pocket_attack_has_run_its_days", "hold_fire"
    return "the_pocket_is_under_attack", "attack_the_pocket"


def _at_peace(s: Sight, v: Any) -> Choice:
    if s.arab_share_left <= 0.8 and s.truces > 0 and not s.deal:
        fresh = s.days_since_truce_ended <= v.resume_fresh_days
        chance = v.resume_chance_fresh_per_day if fresh else v.resume_chance_later_per_day
        if s.chance < chance * (1.0 + 2.0 * _tilt(s, v)):
            return "a_truce_has_ended_and_nothing_is_settled", "attack_everywhere"
    case = not s.deal and s.pocket_share_left > 0 and s.days_since_campaign >= v.rest_days
    if case and s.days_since_deadline > 0 and s.chance < v.opening_chance_per_day:
        return "the_deadline_has_lapsed_without_a_deal", "declare_a_zone"
    if case and s.chance < v.incident_chance_per_day:
        return "an_incident_flares_up", "attack_the_pocket"
    return "otherwise", "hold_fire"


def _tilt(s: Sight, v: Any) -> float:
    """Return how far Turkish pressure above one half and the absence of Russians tilt Damascus to force."""
    turkish = v.urge_by_turkish_pressure * (float(s.turkish_pressure) - 0.5)
    return turkish + v.restraint_by_russian_presence * (1.0 - min(float(s.russian_presence), 1.0))


def _truce(s: Sight, v: Any) -> Choice:
    if s.truce:
        expires = s.days_to_expiry <= 0
        if expires and s.transfer_running and s.chance < _extension_chance(s, v, v.extension_shift_transfer):
            return "the_truce_expires_while_the_transfer_runs", "offer_an_extension"
        talks = _chance_of_a_round(s, v) > 0 and not s.transfer_running
        if expires and talks and s.chance < _extension_chance(s, v, v.extension_shift_talks):
            return "the_truce_expires_while_talks_go_on", "offer_an_extension"
        return "the_truce_runs_or_expires", "stay"
    if s.campaign in (GENERAL, HALTED):
        issue = s.days_since_guarding_failed >= 0
        if s.strategic_gains_in and s.arab_share_left <= v.truce_at_arab_share and issue:
            return "strategic_gains_are_in_and_prisons_at_issue", "offer_a_truce"
        if s.days_without_gain >= v.gainless_days:
            return "days_pass_without_gain", "offer_a_truce"
    urged = s.campaign == IN_POCKET and s.halt_urged
    if urged and s.chance < v.local_truce_chance_per_day * (1.0 - s.guarantor_absence):
        return "the_guarantor_urges_a_local_truce", "offer_a_truce"
    if s.campaign == NONE and s.truces > 0 and s.chance < v.offer_again_chance_per_day:
        return "calm_without_a_truce", "offer_a_truce"
    return "otherwise", "stay"


def _no_truce(s: Sight, v: Any) -> Choice:
    expires = s.truce and s.days_to_expiry <= 0
    if expires and s.transfer_running and s.chance < _extension_chance(s, v, v.extension_shift_transfer):
        return "the_truce_expires_while_the_transfer_runs", "offer_an_extension"
    return ("the_truce_runs_or_expires", "stay") if s.truce else ("otherwise", "stay")


def _extension_chance(s: Sight, v: Any, shift: float) -> float:
    """Return the chance to extend: straight lines between five terms, logit of the share over log of the term."""
    b = v.extension_base
    shares = (b.term_2_3_days, b.term_4_7_days, b.term_8_20_days, b.term_21_60_days, b.term_over_60_days)
    points = [(log(term), log(p / (1.0 - p))) for term, p in zip((2.5, 5.5, 14.0, 40.0, 90.0), shares, strict=True)]
    x = log(max(float(s.truce_term), 1.0))
    logit = points[0][1] if x <= points[0][0] else points[-1][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 < x <= x1:
            logit = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return 1.0 / (1.0 + exp(-(logit + shift)))


def _chance_of_a_round(s: Sight, v: Any) -> float:
    if s.talks_sought and v.talks_chance_per_day > 0:
        return 1.0
    mediated = v.talks_chance_per_day * (1.0 + v.talks_chance_by_mediation * (float(s.mediation) - 0.5))
    return min(mediated * (1.0 + v.talks_chance_by_tie * float(s.tie_to_sdf)), 1.0)


def _talks(s: Sight, v: Any) -> Choice:
    if not s.attacking and not s.deal and s.chance < _chance_of_a_round(s, v):
        if s.sdf_share_of_start > v.units_offered_above_share:
            return "a_round_is_held_and_the_sdf_is_strong", "offer_units"
        return "a_round_is_held_and_the_sdf_is_weak", "offer_individual"
    return "otherwise", "stay"


def _request(s: Sight, v: Any) -> Choice:
    much = s.core_share_lost >= v.request_at_core_share
    if s.withdrawal == STAYING and not s.request_pending and much and s.chance < v.request_chance_per_day:
        return "a_foreign_base_stands_in_newly_held_land", "ask_moscow_to_leave"
    return "otherwise", "stay"


def give(order: str, orders: Orders, s: Sight, v: Any) -> None:
    """Write the order down."""
    postures = {"hold_fire": NONE, "halt_and_besiege": HALTED, "declare_a_zone": ZONE, "attack_the_pocket": IN_POCKET}
    if order in postures:
        orders.campaign = postures[order]
        orders.offensive[POCKET] = order == "attack_the_pocket"
    elif order in ("attack_everywhere", "assault_everywhere"):
        orders.campaign = GENERAL
        orders.offensive = [True] * len(orders.offensive)
        orders.assault_core = order == "assault_everywhere"
    elif order == "offer_a_truce":
        orders.truce_offered = F(v.first_truce_days if s.truces == 0 else v.next_truce_days)
    elif order == "offer_an_extension":
        orders.extension_offered = F(v.extension_days)
    elif order in ("offer_units", "offer_individual"):
        orders.terms_offered = UNITS if order == "offer_units" else INDIVIDUAL
    elif order == "ask_moscow_to_leave":
        orders.withdrawal_requested = True
    else:
        assert order == "stay", order
