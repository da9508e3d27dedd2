"""An observation of the record: value or event, date, range of reports, and its reference forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from sim.record.outcomes import CATEGORY, DATE, Outcome, outcomes_of
from sim.scenario.own_outcomes import OwnOutcome

NEVER_OCCURS, NO_CATEGORY = "never", "none"
"""Forecasts of "nothing changes": a date that does not occur, a category that is not reached."""
BY, END = "by", "end"
"""Evening on which an outcome is read: that of `by`, or the last one."""


@dataclass(frozen=True)
class Climatology:
    """A climatological forecast: values of past cases (for yes_no: shares), and their source."""

    values: tuple[Any, ...]
    source: str


@dataclass(frozen=True)
class Event:
    """A condition on an outcome: it lies in [low, high], or is a category (its index). None: that end is open.

    For a date with an open upper end, never satisfies it. text: the condition in words.
    """

    text: str
    low: Any = None
    high: Any = None
    category: int | None = None

    def holds(self, values: np.ndarray, start: date) -> np.ndarray:
        """Return (...) 1.0 or 0.0, NaN if the outcome does not apply. values: dates in days since start, never as inf."""
        if self.category is not None:
            inside = values == self.category
        else:
            low, high = (None if end is None else as_number(end, start) for end in (self.low, self.high))
            inside = (values >= (-np.inf if low is None else low)) & (values <= (np.inf if high is None else high))
        return np.where(np.isnan(values), np.nan, inside)


@cache
def _by_name(own: tuple[OwnOutcome, ...]) -> dict[str, Outcome]:
    return {outcome.name: outcome for outcome in outcomes_of(own)}


@dataclass(frozen=True)
class Observation:
    """A dated fact with its range of reports.

    observed: (low, central, high), dates as calendar dates; 0 or 1 for an event. event: the observed condition, None if the
    value of the outcome is observed. nothing_changes: that forecast of the outcome, NEVER_OCCURS for a date, NO_CATEGORY for
    a category. by: the evening of the observation, None if not given; for a date it is the date itself. since: the observed
    quantity is the change from that evening to `by`. read: BY or END. disagreement: differences between the reports.
    climatology: None if no past cases are known. own: the user's outcomes, if it is of one.
    """

    name: str
    outcome: str
    observed: tuple[Any, Any, Any]
    unit: str
    score: str
    nothing_changes: Any
    used_to_fit: bool
    confidence: str
    source: str
    by: date | None = None
    since: date | None = None
    read: str = BY
    disagreement: str = ""
    climatology: Climatology | None = None
    event: Event | None = None
    own: tuple[OwnOutcome, ...] = ()

    @property
    def outcome_asked(self) -> Outcome:
        """The outcome that it is of."""
        return _by_name(self.own)[self.outcome]

    @property
    def is_date(self) -> bool:
        """Whether the scored value is a date."""
        return isinstance(self.observed[1], date)

    @property
    def seen_by(self) -> date | None:
        """The last evening that a scenario must cover, None if not given."""
        return self.observed[1] if self.is_date else self.by

    @property
    def unchanged(self) -> bool:
        """Whether "nothing changes" lies within the reports, so that a hit is no evidence of skill."""
        low, _, high = self.observed
        if self.event is None:
            return self.nothing_changes != NEVER_OCCURS and low <= self.nothing_changes <= high
        forecast = self.forecasts(date.min)["nothing_changes"]
        return bool(low <= forecast[0] <= high)

    def lies_within(self, start: date, end: date) -> bool:
        """Whether it lies after the evening of the start and not after the end of the runs."""
        covers = self.since is None or start <= self.since
        return covers and (self.seen_by is None or start < self.seen_by <= end)

    def forecasts(self, start: date) -> dict[str, np.ndarray]:
        """Return the reference forecasts as they are scored: dates in days since start, never as inf."""
        forecasts = {"nothing_changes": (self.nothing_changes,)}
        if self.climatology is not None:
            forecasts["climatology"] = self.climatology.values
        numbers = {name: np.array([as_number(x, start) for x in values]) for name, values in forecasts.items()}
        return {name: self.event.holds(values, start) for name, values in numbers.items()} if self.event else numbers


def as_number(value: Any, start: date) -> float:
    """Return a value of an observation as a number: a date in days since start, never as inf, no category as -1."""
    if value in (NEVER_OCCURS, NO_CATEGORY):
        return np.inf if value == NEVER_OCCURS else -1.0
    return float((value - start).days) if isinstance(value, date) else float(value)


def event_of(item: Mapping[str, Any], kind: str, categories: tuple[str, ...]) -> Event | None:
    """Return the event given by the keys of an observation, None if the outcome's value is observed.

    kind: the outcome's type. The keys are checked.
    """
    if kind == CATEGORY:
        return Event(f"is {item['is']}", category=categories.index(item["is"]))
    if kind == DATE and item["score"] == "brier":
        low = item.get("not_before") or (item["not_by"] + timedelta(1) if "not_by" in item else None)
        high = item.get("came_by", item.get("by") if "observed" in item else None)
    elif "at_least" in item or "at_most" in item:
        low, high = item.get("at_least"), item.get("at_most")
    else:
        return None
    words = [
        f"{key.replace('_', ' ')} {item[key]}"
        for key in ("not_before", "not_by", "came_by", "at_least", "at_most")
        if key in item
    ]
    return Event(" and ".join(words) or f"came by {high}", low, high)
