"""A person's orders: what an actor does on stated dates, whatever its policy says, for as long as the order stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from sim.agents.base import Policy, Rule, named
from sim.agents.seen import Seen
from sim.state.orders import DatedOrder

EVIDENCE = "a person's order"


def known_orders(policies: Mapping[str, Policy], decision: str) -> dict[str, Rule]:
    """Return the orders that any policy of an actor gives in a matter, by name, each with a rule that gives it."""
    return {rule.order.__name__: rule for policy in policies.values() for rule in policy.get(decision, ())}


def with_orders(policy: Policy, policies: Mapping[str, Policy], orders: Sequence[DatedOrder], start_date: date) -> Policy:
    """Return the policy with the dated orders of its actor before its own rules; start_date: the evening of day 0."""
    ordered = dict(policy)
    for decision, rules in policy.items():
        mine = [order for order in orders if order.decision == decision]
        known = known_orders(policies, decision)
        first = tuple(Rule(_stands(order, start_date), known[order.order].order, EVIDENCE) for order in mine)
        ordered[decision] = first + rules
    return ordered


def _stands(order: DatedOrder, start_date: date) -> Callable[[Seen, Any], np.ndarray]:
    first, last = (order.first - start_date).days, (order.last - start_date).days
    said = order.note or f"Ordered from {order.first} to {order.last}: {order.order.replace('_', ' ')}."
    return named(partial(_in_force, first, last), order.rule, said)


def _in_force(first: int, last: int, seen: Seen, values: Any) -> np.ndarray:
    return np.full(seen.truce.shape, first <= seen.day <= last)
