"""An observation of the record: what was so and when, its range of reports, and what forecasts without a model say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from sim.record.outcomes import CATEGORY, DATE, Outcome, outcomes_of
from sim.scenario.own_outcomes import OwnOutcome

NEVER_SAYS, NONE_SAYS = "never", "none"
"""What "nothing changes" says of a date that would not come, and of a category that would not be reached."""
BY, END = "by", "end"
"""Evening on which an outcome is read: that of `by`, or the last one."""


@dataclass(frozen=True)
class Climatology:
    """What the past says: values, an ensemble of past cases (for yes_no: of shares), and where they are from."""

    values: tuple[Any, ...]
    source: str


@dataclass(frozen=True)
class Event:
    """A yes or no asked of an outcome: it lies from low to high, or is a category (its index). None: that end is open.

    Of a date whose upper end is open, never lies within. text: what it asks, in words.
    """

    text: str
    low: Any = None
    high: Any = None
    category: int | None = None

    def holds(self, values: np.ndarray, start: date) -> np.ndarray:
        """Return (...) 1.0 or 0.0, NaN where the outcome says nothing. values: dates in days since start, never as inf."""
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

    observed: (low, central, high), dates as calendar dates; of an event 0 or 1. event: what is asked of the outcome where it
    is not its value. nothing_changes: what that forecast says of the outcome, NEVER_SAYS for a date that would not come,
    NONE_SAYS for a category. by: the evening by which it was so, None where unstated; a date says so itself. since: what is
    observed is the change from that evening to `by`. read: BY or END. disagreement: in what the reports differ. climatology:
    None where no past cases are known. own: where its outcome is the user's own, those that are defined.
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
        """Whether what is scored is a date."""
        return isinstance(self.observed[1], date)

    @property
    def seen_by(self) -> date | None:
        """The last evening a scenario must cover to say anything of it, None where that is not stated."""
        return self.observed[1] if self.is_date else self.by

    @property
    def unchanged(self) -> bool:
        """Whether "nothing changes" lies within the reports, so that being right shows nothing."""
        low, _, high = self.observed
        if self.event is None:
            return self.nothing_changes != NEVER_SAYS and low <= self.nothing_changes <= high
        said = self.forecasts(date.min)["nothing_changes"]
        return bool(low <= said[0] <= high)

    def lies_within(self, start: date, end: date) -> bool:
        """Whether it came after the evening of the start, when it was still open, and before the runs end."""
        covers = self.since is None or start <= self.since
        return covers and (self.seen_by is None or start < self.seen_by <= end)

    def forecasts(self, start: date) -> dict[str, np.ndarray]:
        """Return what each forecast without a model says, as it is scored: dates in days since start, never as inf."""
        told = {"nothing_changes": (self.nothing_changes,)}
        if self.climatology is not None:
            told["climatology"] = self.climatology.values
        numbers = {name: np.array([as_number(x, start) for x in said]) for name, said in told.items()}
        return {name: self.event.holds(said, start) for name, said in numbers.items()} if self.event else numbers


def as_number(said: Any, start: date) -> float:
    """Return a value of an observation as a number: a date in days since start, never as inf, no category as -1."""
    if said in (NEVER_SAYS, NONE_SAYS):
        return np.inf if said == NEVER_SAYS else -1.0
    return float((said - start).days) if isinstance(said, date) else float(said)


def event_of(item: Mapping[str, Any], kind: str, categories: tuple[str, ...]) -> Event | None:
    """Return the event that the keys of an observation ask for, None where it is of the outcome's value.

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
