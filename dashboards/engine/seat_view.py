"""The view of a person in a seat: the morning's observations, the available orders, those given, and the final outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from dashboards.engine.seat import Seat, Stop
from dashboards.engine.seat_file import as_toml
from dashboards.engine.setup import Setup
from sim.agents.seen import OBSERVED
from sim.analysis.explain import observation
from sim.pages.wording import Calendar, amount, words
from sim.record.outcomes import CATEGORY, DATE, YES_NO, Outcome, arising, outcome_table, outcomes_of

HIDDEN = ("day", "chance")
"""Inputs of an actor's rules that a person does not observe: the day and its random number."""


def seat_view(seat: Seat, setup: Setup) -> dict[str, Any]:
    """Return the seat as plain values."""
    return {
        "actor": seat.actor,
        "run": seat.story.run,
        "began": seat.began,
        "over": seat.over,
        "stop": None if seat.stop is None else _stop(seat, seat.stop),
        "given": [_given(order) for order in seat.dated_orders()],
        "file": as_toml(seat, setup) if seat.orders else "",
        "uncertain": setup.uncertain,
        "reckoning": reckoning(seat) if seat.over else [],
    }


def _stop(seat: Seat, stop: Stop) -> dict[str, Any]:
    when = seat.story.scenario.start_date + timedelta(days=stop.day)
    seen = [observation(name, getattr(stop.seen, name)) for name in OBSERVED if name not in HIDDEN]
    return {
        "day": stop.day,
        "date": f"{when.day} {when:%B %Y}",
        "seen": [{"name": found[0], "value": found[1]} for found in seen if found is not None],
        "matters": [
            {
                "matter": item.decision,
                "title": words(item.decision),
                "policy": item.policy.order,
                "rule": words(item.policy.rule),
                "because": item.policy.explanation,
                "orders": [{"order": order, "title": words(order), "text": text} for order, text in item.orders],
            }
            for item in stop.decisions
        ],
    }


def _given(order: Any) -> dict[str, str]:
    when = f"{order.first:%d %b}" if order.first == order.last else f"{order.first:%d %b} to {order.last:%d %b}"
    return {"when": when, "matter": words(order.decision), "order": words(order.order)}


def reckoning(seat: Seat) -> list[dict[str, Any]]:
    """Compare every outcome of the run as it was played with the same run left to the policy."""
    scenario = seat.story.scenario
    calendar = Calendar(scenario.start_date, scenario.days)
    histories, own = (seat.story.model.history, seat.left_to_policy), scenario.outcomes
    played, left = (outcome_table(history, own) for history in histories)
    return [
        {
            "name": outcome.title,
            "definition": outcome.definition,
            "seat": _of_table(outcome, played, calendar),
            "policy": _of_table(outcome, left, calendar),
            "same": bool(np.array_equal(played[outcome.name], left[outcome.name], equal_nan=True)),
        }
        for outcome in outcomes_of(own)
    ]


def _of_table(outcome: Outcome, table: Mapping[str, np.ndarray], calendar: Calendar) -> str:
    return written(outcome, float(table[outcome.name][0]), calendar) if arising(outcome, table)[0] else "does not arise"


def written(outcome: Outcome, value: float, calendar: Calendar) -> str:
    """Write one value of an outcome."""
    if outcome.type == DATE:
        return "not by the end" if np.isnan(value) else calendar.long(value)
    if np.isnan(value):
        return "does not arise"
    if outcome.type == YES_NO:
        return "yes" if value else "no"
    return words(outcome.categories[int(value)]) if outcome.type == CATEGORY else amount(outcome, value)
