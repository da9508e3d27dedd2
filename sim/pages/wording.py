"""Numbers, dates and shares as text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import floor, log10

from sim.record.outcomes import Outcome
from sim.state.quantity import is_counted

FIGURES = 3
"""Significant figures: more would feign a precision that neither the record nor the model has."""


@dataclass(frozen=True)
class Calendar:
    """Dates of a scenario, counted in days from the evening of its start."""

    start: date
    days: int

    @property
    def end(self) -> date:
        """The evening of the last day."""
        return self.start + timedelta(days=self.days)

    def on(self, day: float) -> date:
        """Return the date of a day; part of a day counts to the nearest."""
        return self.start + timedelta(days=round(day))

    def day(self, when: date) -> int | None:
        """Return the day of a date, None outside the scenario."""
        day = (when - self.start).days
        return day if 0 <= day <= self.days else None

    def short(self, day: float | None) -> str:
        """Write a day as in 21 Jan; None as later."""
        return "later" if day is None else self._written(self.on(day), "%b")

    def long(self, day: float | None) -> str:
        """Write a day as in 21 January; None as later."""
        return "later" if day is None else self._written(self.on(day), "%B")

    def span(self, low: float | None, high: float | None) -> str:
        """Write a range of days, the month once where it is the same."""
        first, last = self.short(low), self.short(high)
        if first == last:
            return first
        if low is not None and high is not None and self.on(low).replace(day=1) == self.on(high).replace(day=1):
            return f"{self.on(low).day} to {last}"
        return f"{first} to {last}"

    def _written(self, when: date, month: str) -> str:
        year = "" if self.start.year == self.end.year else f" {when.year}"
        return f"{when.day} {when.strftime(month)}{year}"


def number(value: float) -> str:
    """Write a number to three significant figures, with commas between thousands."""
    if value == 0:
        return "0"
    digits = FIGURES - 1 - floor(log10(abs(value)))
    rounded = round(value, digits)
    if digits <= 0 or rounded == int(rounded):
        return f"{rounded:,.0f}"
    return f"{rounded:,.{digits}f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """Write a share of runs: 0% and 100% only for none and all."""
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 < share < 1:
        return ">99%"
    return f"{100 * share:.0f}%"


def share(value: float) -> str:
    """Write a share of something in percent, with one decimal."""
    return f"{100 * value:.1f}".removesuffix(".0") + "%"


def part(share: float) -> str:
    """Write a part of a variance: below a tenth with one decimal, and only none as 0%."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return f"{100 * share:.0f}%" if abs(share) >= 0.095 else f"{round(100 * share, 1) + 0.0:g}%"


def amount(outcome: Outcome, value: float | None, with_unit: bool = True) -> str:
    """Write one value of a numeric outcome."""
    if value is None:
        return "-"
    if outcome.share:
        return share(value)
    value = round(value) if is_counted(outcome.unit) else value
    return number(value) + (f" {outcome.unit}" if with_unit and outcome.unit != "1" else "")


def unit_beside(outcome: Outcome) -> str:
    """Return the unit to put after an outcome's title, "" where the title says it."""
    needs_none = outcome.unit == "1" or outcome.unit in outcome.title.lower()
    return "" if needs_none else f", {outcome.unit}"


def counted(n: int, noun: str) -> str:
    """Write a number of things, as in 1 run or 2,000 runs."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def words(name: str) -> str:
    """Write a name of the code as words."""
    return name.replace("_", " ")
