"""What a person in a seat sees: the morning's observations, the orders open, the orders given, and the reckoning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

import numpy as np

from dashboards.engine.seat import Seat, Stop
from dashboards.engine.seat_file import as_toml
from dashboards.engine.setup import Setup
from dashboards.engine.why import plain, words
from sim.pages.wording import Calendar, amount
from sim.record.outcomes import CATEGORY, DATE, YES_NO, Outcome, arising, outcome_table, outcomes_of

HIDDEN = ("day", "chance")
"""What an actor's rules read that a person does not observe: the day's lot."""


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
    seen = ((item.name, plain(item.name, getattr(stop.seen, item.name))) for item in fields(stop.seen))
    return {
        "day": stop.day,
        "date": f"{when.day} {when:%B %Y}",
        "seen": [{"name": words(name), "value": value} for name, value in seen if value is not None and name not in HIDDEN],
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
    """Compare every outcome of the run as it was played with the same run, under the same luck, left to the policy."""
    scenario = seat.story.scenario
    calendar = Calendar(scenario.start_date, scenario.days)
    histories, own = (seat.story.model.history, seat.left_to_policy), scenario.outcomes
    played, left = (outcome_table(history, own) for history in histories)
    return [
        {
            "name": words(outcome.name),
            "definition": outcome.definition,
            "seat": _of_table(outcome, played, calendar),
            "policy": _of_table(outcome, left, calendar),
            "same": bool(np.array_equal(played[outcome.name], left[outcome.name], equal_nan=True)),
        }
        for outcome in outcomes_of(own)
    ]


def _of_table(outcome: Outcome, table: Mapping[str, np.ndarray], calendar: Calendar) -> str:
    return said(outcome, float(table[outcome.name][0]), calendar) if arising(outcome, table)[0] else "does not arise"


def said(outcome: Outcome, value: float, calendar: Calendar) -> str:
    """Write one value of an outcome in words."""
    if outcome.type == DATE:
        return "not by the end" if np.isnan(value) else calendar.long(value)
    if np.isnan(value):
        return "does not arise"
    if outcome.type == YES_NO:
        return "yes" if value else "no"
    return words(outcome.categories[int(value)]) if outcome.type == CATEGORY else amount(outcome, value)
