"""Check a person's dated orders, as a scenario file gives them under [[orders]]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.scenario.entries import Register
from sim.scenario.files import check_known, near_miss
from sim.state.orders import DatedOrder

KEYS = ("actor", "decision", "order", "from", "to", "note")
MOST_ORDERS = 60
"""Orders of one actor in one decision: each is a rule, and a record keeps a rule's number in a byte."""


def dated_orders(raw: Sequence[Mapping[str, Any]], register: Register) -> tuple[DatedOrder, ...]:
    """Return the orders, checked against what the actors can be ordered. Raises InputError that names the order."""
    orders: list[DatedOrder] = []
    for number, item in enumerate(raw, 1):
        try:
            order = _order(item, register)
            _check_against(order, orders)
        except InputError as error:
            raise InputError(f"order {number}: {error}") from None
        orders.append(order)
    return tuple(orders)


def _order(item: Mapping[str, Any], register: Register) -> DatedOrder:
    check_known(item, KEYS, "")
    missing = [key for key in KEYS[:4] if key not in item]
    if missing:
        raise InputError(f"lacks {', '.join(missing)}")
    decisions = [path.partition(".")[2] for path in register.orders if path.startswith(f"{item['actor']}.")]
    actor = _one_of("actor", item["actor"], register.actors)
    decision = _one_of("decision", item["decision"], decisions)
    order = _one_of("order", item["order"], register.orders[f"{actor}.{decision}"])
    first, last = _date("from", item["from"]), _date("to", item.get("to", item["from"]))
    if last < first:
        raise InputError(f"to = {last} is before from = {first}")
    note = item.get("note", "")
    if not isinstance(note, str):
        raise InputError(f"note = {shown(note)} must be text in quotes")
    return DatedOrder(actor, decision, order, first, last, note)


def _one_of(key: str, raw: Any, known: Sequence[str]) -> str:
    if raw not in known:
        hint = near_miss(raw, known) if isinstance(raw, str) else ""
        raise InputError(f"{key} = {shown(raw)} is not one of {', '.join(known)}{hint}")
    return str(raw)


def _date(key: str, raw: Any) -> date:
    if type(raw) is not date:
        raise InputError(f"{key} = {shown(raw)} must be a date without quotes, as in 2026-01-20")
    return raw


def _check_against(order: DatedOrder, others: Sequence[DatedOrder]) -> None:
    same = [o for o in others if (o.actor, o.decision) == (order.actor, order.decision)]
    for other in same:
        if order.first <= other.last and other.first <= order.last:
            raise InputError(f"overlaps another order of {order.actor}.{order.decision}, from {other.first} to {other.last}")
    if len(same) >= MOST_ORDERS:
        raise InputError(f"is one too many: {order.actor}.{order.decision} takes {MOST_ORDERS} orders at most")
