"""The chart of a hindcast: each observation with its reports, the runs' intervals and the naive forecasts.

Every row has a scale of its own, since shares, persons and dates have nothing in common; its ends are written below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

from sim.analysis.hindcast.hindcast import FITTED, TEST, UNCHANGED
from sim.analysis.hindcast.observation import Observation
from sim.pages.markup import drawing, element, points, text
from sim.pages.wording import Calendar, number

WIDTH, ROW, TITLE_ROW, LEGEND = 860.0, 44.0, 34.0, 30.0
LEFT, RIGHT = 330.0, 760.0
"""Where the scales begin and end; labels are left of it, marks off the scale right."""

RECORD_AT, RUNS_AT = 12.0, 25.0
"""How far below the top of its row the record is drawn, and the runs."""

LATEST = 30.0
"""Days after the record beyond which dates of runs are drawn at the end of the scale: most that come later never came."""

BLOCKS = {
    TEST: 'Not used to fit, and the forecast "nothing changes" is wrong',
    FITTED: "Used to fit: a good score shows no skill",
    UNCHANGED: 'The forecast "nothing changes" is right too',
}


@dataclass(frozen=True)
class Scale:
    """From low to high over the width of a row; where both are equal the value is in the middle."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Return the place of a value across."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return LEFT + share * (RIGHT - LEFT)


def record_chart(
    key: str, title: str, scored: Sequence[Mapping[str, Any]], observations: Mapping[str, Observation], calendar: Calendar
) -> Element:
    """Return the chart. scored: rows as `hindcast` gives them. observations: by name."""
    shapes, descriptions, y = [_legend()], [], LEGEND
    for block, heading in BLOCKS.items():
        rows = [row for row in scored if row["block"] == block]
        if rows:
            shapes.append(text(heading, 0, y + TITLE_ROW - 12, class_="said heading"))
            y += TITLE_ROW
        for row in rows:
            shapes.append(element("g", *_row(row, observations[row["name"]], calendar), transform=f"translate(0 {y:g})"))
            descriptions.append(_in_words(row))
            y += ROW
    return drawing(key, title, " ".join(descriptions), (WIDTH, y + 4), shapes)


def _row(row: Mapping[str, Any], item: Observation, calendar: Calendar) -> list[Element | None]:
    low, observed, high = (_number(x, calendar) for x in item.observed)
    (naive,), past = row["forecasts"]["nothing_changes"], row["forecasts"].get("climatology", [])
    past = [x for x in past if x is not None]
    if row["probability"] is not None:
        scale, ends = Scale(0.0, 1.0), ("no", "yes")
        runs = [_bar(scale, row["probability"])]
        past = [sum(past) / len(past)] if past else []
    else:
        quantiles = [_number(x, calendar) for x in row["quantiles"]]
        if item.is_date:
            quantiles = [min(x, high + LATEST) for x in quantiles]
        shown = [low, high, *quantiles, *past, *([] if naive is None else [naive])]
        scale = Scale(min(shown), max(shown))
        is_cut = item.is_date and scale.high == high + LATEST
        ends = (_written(scale.low, item, calendar), _written(scale.high, item, calendar) + (" or later" if is_cut else ""))
        runs = _intervals(scale, quantiles)
    return [
        text(row["name"], 0, 22, class_="said"),
        element("path", class_="axis", d=points([(LEFT, RUNS_AT), (RIGHT, RUNS_AT)])),
        text(ends[0], LEFT, ROW - 4),
        text(ends[1], RIGHT, ROW - 4, "end") if scale.high > scale.low else None,
        *runs,
        _cross(scale.x(naive), RUNS_AT)
        if naive is not None
        else text("\u00d7 never", RIGHT + 10, RUNS_AT + 4, class_="said"),
        *(_plus(scale.x(x), RUNS_AT) for x in past),
        *_record(scale.x(low), scale.x(observed), scale.x(high)),
    ]


def _intervals(scale: Scale, quantiles: Sequence[float]) -> list[Element]:
    q05, q25, median, q75, q95 = (scale.x(q) for q in quantiles)
    return [
        element("rect", class_="band90", x=q05, y=RUNS_AT - 5, width=max(q95 - q05, 1.0), height=10),
        element("rect", class_="band50", x=q25, y=RUNS_AT - 5, width=max(q75 - q25, 1.0), height=10),
        element("path", class_="median", d=f"M{median:.1f},{RUNS_AT - 7:g}v14"),
    ]


def _bar(scale: Scale, probability: float) -> Element:
    """Return a bar as long as the share of runs with yes."""
    return element("rect", class_="bar", x=LEFT, y=RUNS_AT - 5, width=scale.x(probability) - LEFT, height=10)


def _record(low: float, observed: float, high: float) -> list[Element]:
    y = RECORD_AT
    bar = f"M{low:.1f},{y - 4:g}v8m0,-4H{high:.1f}m0,-4v8"
    diamond = points([(observed, y - 5), (observed + 5, y), (observed, y + 5), (observed - 5, y)], closed=True)
    return [element("path", class_="range", d=bar), element("path", class_="observed", d=diamond)]


def _cross(x: float, y: float) -> Element:
    return element("path", class_="naive", d=f"M{x - 4:.1f},{y - 4:.1f}l8,8m0,-8l-8,8")


def _plus(x: float, y: float) -> Element:
    return element("path", class_="naive", d=f"M{x - 5:.1f},{y:.1f}h10m-5,-5v10")


def _legend() -> Element:
    runs = [
        element("rect", class_="band90", x=6, y=RUNS_AT - 5, width=32, height=10),
        element("rect", class_="band50", x=14, y=RUNS_AT - 5, width=14, height=10),
        element("path", class_="median", d=f"M20,{RUNS_AT - 7:g}v14"),
    ]
    marks = (
        (_record(8, 22, 36), RECORD_AT, "record: low, central, high", 215.0),
        (runs, RUNS_AT, "runs: 50% and 90% interval, or share of yes", 310.0),
        ([_cross(22, RUNS_AT)], RUNS_AT, '"nothing changes"', 165.0),
        ([_plus(22, RUNS_AT)], RUNS_AT, "past cases", 0.0),
    )
    entries, x, y = [], 0.0, 14.0
    for shapes, at, label, width in marks:
        entries += [element("g", *shapes, transform=f"translate({x:g} {y - at:g})"), text(label, x + 46, y + 4)]
        x += width
    return element("g", entries)


def _number(value: Any, calendar: Calendar) -> float:
    """Return a date, or its ISO form, as days since the start, and a number as it is."""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return float((value - calendar.start).days) if isinstance(value, date) else float(value)


def _written(value: float, item: Observation, calendar: Calendar) -> str:
    return calendar.short(value) if item.is_date else number(value)


def _in_words(row: Mapping[str, Any]) -> str:
    low, *_, high = row["quantiles"]
    runs = (
        f"90% of the runs from {low} to {high}"
        if row["probability"] is None
        else f"{row['probability']:.0%} of the runs: yes"
    )
    return f"{row['name']}: recorded {row['observed']}, {runs}."
