"""The charts of the live page: the report's fans, and the documented record on the same axes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sim.analysis.hindcast.observation import Observation
from sim.analysis.hindcast.observations import load_observations
from sim.pages.report.pictures import PANELS, SHARE, Panel
from sim.scenario.scenario import Scenario

LEADING = (
    "Russians at Qamishli",
    "Equipment that has left Qamishli",
    "Detainees moved to Iraq",
    "Detainees in SDF prisons",
    "Insurgent attacks so far",
    "Displaced hosted by Hasakah",
    "Killed so far, all parties and civilians",
)
"""The charts shown first, after the SDF's share."""

CHARTS: tuple[Panel, ...] = (
    SHARE,
    *sorted(PANELS, key=lambda panel: LEADING.index(panel.title) if panel.title in LEADING else len(LEADING)),
)

KEPT = frozenset(name for chart in CHARTS for name in chart.series)
"""Series that a session keeps; the others are not even written."""

DATED = {
    "Russians at Qamishli": ("withdrawal_started_on",),
    "Equipment that has left Qamishli": ("qamishli_95_percent_out_on",),
    "Detainees moved to Iraq": ("transfer_started_on",),
    "Killed so far, all parties and civilians": ("truce_agreed_on",),
}
"""Outcomes whose documented days a chart shows, by the chart's title."""


@dataclass(frozen=True)
class Documented:
    """A documented value (low, central, high) on a day, or, where they are None, a documented span of days."""

    first: int
    last: int
    low: float | None
    central: float | None
    high: float | None
    name: str
    source: str


def documented(scenario: Scenario) -> tuple[tuple[Documented, ...], ...]:
    """Return for each chart the documented values within the scenario's days."""
    record = {item.outcome: item for item in load_observations()}
    return tuple(
        tuple(
            mark
            for name in (*chart.marks, *DATED.get(chart.title, ()))
            if name in record and (mark := _mark(record[name], scenario)) is not None
        )
        for chart in CHARTS
    )


def documented_days(scenario: Scenario) -> tuple[Documented, ...]:
    """Return every dated observation within the scenario's days, for the time line."""
    marks = (_mark(item, scenario) for item in load_observations() if isinstance(item.observed[1], date))
    return tuple(mark for mark in marks if mark is not None)


def _mark(item: Observation, scenario: Scenario) -> Documented | None:
    if item.seen_by is None or not item.lies_within(scenario.start_date, scenario.end_date):
        return None
    source = f"{item.source}{'; used to fit' if item.used_to_fit else ''}"
    if isinstance(item.observed[1], date):
        first, last = ((when - scenario.start_date).days for when in (item.observed[0], item.observed[2]))
        return Documented(first, last, None, None, None, item.name, source)
    day = (item.seen_by - scenario.start_date).days
    low, central, high = map(float, item.observed)
    return Documented(day, day, low, central, high, item.name, source)
