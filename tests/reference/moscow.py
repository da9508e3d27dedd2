"""Moscow decides: in each matter the name of the rule that fires and of the order it gives."""

from __future__ import annotations

from types import SimpleNamespace as Sight
from typing import Any

from sim.state.state import ASKED_TO_LEAVE, STAYING
from tests.reference.chance import F
from tests.reference.damascus import Choice
from tests.reference.state import Orders

ANY_ORDER = {
    "qamishli": ("leave_qamishli", "leave_qamishli", "stay"),
    "residual": ("keep_nothing", "keep_nothing", "keep_a_residual"),
    "supply": ("send_supply", "stay"),
}


def decide(decision: str, s: Sight, v: Any) -> Choice:
    if decision == "qamishli":
        return _qamishli(s, v)
    if decision == "residual":
        return _residual(s, v)
    if s.tie_to_moscow >= v.supply_tie_needed and s.port_status != ASKED_TO_LEAVE:
        return "the_tie_carries_deliveries", "send_supply"
    return "otherwise", "stay"


def _qamishli(s: Sight, v: Any) -> Choice:
    if v.policy == "stay":
        return "otherwise", "stay"
    if v.policy == "leave_entirely":
        if s.withdrawal == STAYING:
            return "the_northeast_is_not_worth_a_base", "leave_qamishli"
        return "otherwise", "stay"
    if s.request_pending and s.tie_to_moscow >= v.tie_needed and s.chance < v.reply_chance_per_day:
        return "damascus_asked_and_ties_matter", "leave_qamishli"
    near = 0 <= s.days_to_summit <= v.irritant_days
    if near and s.withdrawal == STAYING and s.core_share_lost >= v.clear_at_core_share:
        return "a_summit_is_near_and_the_northeast_is_lost", "leave_qamishli"
    return "otherwise", "stay"


def _residual(s: Sight, v: Any) -> Choice:
    if v.policy == "stay":
        return "otherwise", "keep_a_residual"
    if v.policy == "leave_entirely":
        return "otherwise", "keep_nothing"
    if s.airport_handed_over:
        return "the_airport_is_handed_over", "keep_nothing"
    if s.tie_to_moscow < v.residual_tie_needed:
        return "the_tie_does_not_carry_a_residual", "keep_nothing"
    return "otherwise", "keep_a_residual"


def give(order: str, orders: Orders, s: Sight, v: Any) -> None:
    """Write the order down."""
    if order == "leave_qamishli":
        orders.leave_airfield = True
    elif order in ("keep_a_residual", "keep_nothing"):
        orders.share_to_russia = F(v.share_to_russia)
        if order == "keep_a_residual":
            orders.residual_persons, orders.residual_aircraft = F(v.residual_persons), F(v.residual_aircraft)
    elif order == "send_supply":
        orders.supply_rate = F(v.supply_tonnes_per_day)
    else:
        assert order == "stay", order
