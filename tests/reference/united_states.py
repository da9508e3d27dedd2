"""The United States decides: in each matter the name of the rule that fires and of the order it gives."""

from __future__ import annotations

from types import SimpleNamespace as Sight
from typing import Any

from sim.state.state import GENERAL, HALTED, IN_POCKET, ZONE
from tests.reference.damascus import Choice
from tests.reference.state import Orders
from tests.shipped import TANF

ANY_ORDER = {
    "mediation": ("urge_a_halt", "stay"),
    "partner": ("shift_partner", "stay"),
    "transfer": ("stay", "run_the_transfer", "stay"),
    "bases": ("hand_over_taken_bases", "leave_the_northeast", "stay"),
    "strikes": ("strike", "strike", "stay"),
}


def decide(decision: str, s: Sight, v: Any) -> Choice:
    if decision == "transfer":
        return _transfer(s, v)
    if decision == "strikes":
        return _strikes(s, v)
    if v.policy == "leave_early":
        return _leaving(decision, s)
    if decision == "mediation":
        clash = s.campaign in (ZONE, IN_POCKET, GENERAL)
        return ("the_partners_clash", "urge_a_halt") if clash else ("otherwise", "stay")
    if v.policy == "stay":
        return "otherwise", "stay"
    if decision == "partner":
        lost = not s.partner_shifted and s.sdf_share_of_start <= v.shift_at_share
        return ("the_sdf_has_lost_its_land", "shift_partner") if lost else ("otherwise", "stay")
    return _bases(s, v)


def _leaving(decision: str, s: Sight) -> Choice:
    if decision == "partner":
        return "otherwise", "shift_partner"
    if decision == "bases" and any(s.base_held):
        return "troops_are_still_in_the_northeast", "leave_every_base"
    return "otherwise", "stay"


def _bases(s: Sight, v: Any) -> Choice:
    if s.partner_shifted and s.chance < v.hand_over_base_chance_per_day:
        if any(held and taken for held, taken in zip(s.base_held, s.base_on_taken_ground, strict=True)):
            return "a_base_stands_on_ground_that_changed_hands", "hand_over_taken_bases"
        if s.transfer_complete and any(held for base, held in enumerate(s.base_held) if base != TANF):
            return "the_partner_has_changed_and_the_prisons_are_empty", "leave_the_northeast"
    return "otherwise", "stay"


def _transfer(s: Sight, v: Any) -> Choice:
    offensive = s.campaign == GENERAL or (s.campaign == HALTED and not s.transfer_begun)
    if s.days_since_guarding_failed >= 0 and offensive and not s.truce:
        return "fighting_endangers_the_transfer", "stay"
    due = s.days_since_guarding_failed >= v.transfer_after_days
    if due and (s.transfer_begun or s.chance < v.start_chance_per_day):
        return "guarding_of_a_prison_has_failed", "run_the_transfer"
    return "otherwise", "stay"


def _strikes(s: Sight, v: Any) -> Choice:
    since_losses, since_strike = s.days_since_us_losses, s.days_since_strike
    if since_losses >= v.strike_after_days and since_strike > since_losses:
        return "us_soldiers_were_killed", "strike"
    again = v.strike_again_after_days
    if since_losses < 2 * again and again <= since_strike <= since_losses:
        return "a_second_wave_is_due", "strike"
    return "otherwise", "stay"


def give(order: str, orders: Orders, s: Sight, v: Any) -> None:
    """Write the order down."""
    if order == "urge_a_halt":
        orders.urge_halt = True
    elif order == "shift_partner":
        orders.shift_partner = True
    elif order == "run_the_transfer":
        orders.run_transfer = True
    elif order == "strike":
        orders.strike = True
    elif order == "hand_over_taken_bases":
        orders.leave_base = [a and b for a, b in zip(s.base_held, s.base_on_taken_ground, strict=True)]
    elif order == "leave_the_northeast":
        orders.leave_base = [held and base != TANF for base, held in enumerate(s.base_held)]
    elif order == "leave_every_base":
        orders.leave_base = list(s.base_held)
    else:
        assert order == "stay", order
