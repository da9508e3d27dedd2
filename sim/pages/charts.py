"""Charts of the report as inline SVG: fans of daily series, dated outcomes, counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from xml.etree.ElementTree import Element

import numpy as np

from sim.pages.markup import drawing, element, points, text
from sim.pages.wording import Calendar, number, percent

BANDS = ((0.05, 0.95), (0.25, 0.75))
"""Ends of the 90% and the 50% band, the wider first."""
TICKS = 4
MOST_DATES = 4
STEPS_OF_DAYS = (1, 2, 4, 7, 14)
MEDIAN_LETTER = 6.6
"""Width of a letter in a drawing's units, to keep labels apart."""


@dataclass(frozen=True)
class Mark:
    """An observation in a chart: its day, and its (low, central, high)."""

    day: int
    low: float
    central: float
    high: float


@dataclass(frozen=True)
class Row:
    """A row of a chart of intervals: label, value with the ends of its interval, and the text beside it."""

    label: str
    value: float
    low: float
    high: float
    text: str
    is_clear: bool


@dataclass(frozen=True)
class Frame:
    """The axes of a chart: days from `first` to `last` across, values from `bottom` to `top` upwards, in drawing units."""

    width: float
    height: float
    first: float
    last: float
    top: float
    left: float = 54.0
    right: float = 12.0
    above: float = 10.0
    below: float = 26.0
    bottom: float = 0.0

    def x(self, day: float) -> float:
        """Return the place of a day across."""
        return self.left + (day - self.first) / (self.last - self.first) * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        """Return the place of a value, counted from above."""
        part = (value - self.bottom) / (self.top - self.bottom)
        return self.height - self.below - part * (self.height - self.above - self.below)


def fan(
    key: str, title: str, calendar: Calendar, days: range, values: np.ndarray, write: Callable[[float], str],
    marks: Sequence[Mark] = (), size: tuple[float, float] = (360, 200), top: float | None = None,
) -> Element:  # fmt: skip
    """Return the fan of a series: its 90% and 50% band and median on each of `days`.

    values: (days + 1, runs) over the whole scenario. write: how a value is written. top: upper end of the scale, None for
    one that fits.
    """
    shown = values[days.start : days.stop]
    if top is None:
        top = ceiling(max(float(np.quantile(shown, BANDS[0][1], axis=1).max()), *(mark.high for mark in marks), 0.0))
    frame = Frame(*size, days.start, max(days.stop - 1, days.start + 1), top)
    median = np.quantile(shown, 0.5, axis=1)
    bands = [
        element("path", class_=name, d=band(frame, days, *np.quantile(shown, ends, axis=1)))
        for name, ends in zip(("band90", "band50"), BANDS, strict=True)
    ]
    line = element("path", class_="median", d=points((frame.x(d), frame.y(v)) for d, v in zip(days, median, strict=True)))
    description = _fan_in_words(calendar, days, shown, write)
    return drawing(
        key, title, description, size, axes(frame, calendar, write), bands, line, [_mark(frame, mark) for mark in marks]
    )


def _fan_in_words(calendar: Calendar, days: range, shown: np.ndarray, write: Callable[[float], str]) -> str:
    first, last = np.quantile(shown[0], 0.5), np.quantile(shown[-1], (0.05, 0.5, 0.95))
    return (
        f"Median on {calendar.long(days.start)}: {write(first)}; on {calendar.long(days.stop - 1)}: {write(last[1])}, "
        f"90% of the runs from {write(last[0])} to {write(last[2])}."
    )


def coming(
    key: str, title: str, calendar: Calendar, values: np.ndarray, recorded: tuple[date, date] | None,
    size: tuple[float, float] = (300, 150),
) -> Element:  # fmt: skip
    """Return the share of runs in which a dated outcome has come, by day.

    values: (runs,) days since the start, NaN where it did not come. recorded: first and last date the reports give.
    """
    frame = Frame(*size, 0, max(calendar.days, 1), 1.0, above=20.0, right=16.0)
    share = came(values)
    label = text(percent(share), size[0] - 4, max(frame.y(share) - 5, 11), "end", class_="said")
    description = f"It came in {percent(share)} of the runs by {calendar.long(calendar.days)}."
    shapes = [_recorded(frame, calendar, recorded), element("path", class_="median", d=steps(frame, values)), label]
    return drawing(key, title, description, size, axes(frame, calendar, percent, (0, 0.5, 1)), shapes)


def holding(
    key: str, title: str, calendar: Calendar, share: np.ndarray, size: tuple[float, float] = (360, 200)
) -> Element:  # fmt: skip
    """Return the share of the runs in which something holds, (days + 1,), by day."""
    frame = Frame(*size, 0, max(calendar.days, 1), 1.0)
    line = element("path", class_="median", d=points((frame.x(d), frame.y(v)) for d, v in enumerate(share.tolist())))
    most = int(share.argmax())
    description = f"Highest: {percent(share[most])} of the runs, on {calendar.long(most)}; {percent(share[-1])} at the end."
    return drawing(key, title, description, size, axes(frame, calendar, percent), line)


def _recorded(frame: Frame, calendar: Calendar, recorded: tuple[date, date] | None) -> Element | None:
    if recorded is None or calendar.day(recorded[0]) is None:
        return None
    first, last = (frame.x((when - calendar.start).days) for when in recorded)
    bottom = frame.y(0)
    bar = element("path", class_="record", d=f"M{first - 1:.1f},{bottom:.1f}V{frame.y(1):.1f}H{last + 1:.1f}V{bottom:.1f}z")
    return element("g", bar, text("record", min(first, frame.width - 60), frame.y(1) - 5, class_="said"))


def counts(key: str, title: str, heights: np.ndarray, runs: int, size: tuple[float, float] = (480, 190)) -> Element:
    """Return bars of (n + 1,) numbers of runs in which 0 to n observations are met."""
    frame = Frame(*size, -0.6, len(heights) - 0.4, float(max(heights.max(), 1)), above=22.0)
    wide = frame.x(0.8) - frame.x(0)
    bars, bottom = [], frame.y(0)
    for held, height in enumerate(heights.tolist()):
        middle, top = frame.x(held), frame.y(height)
        if height:
            bars.append(element("rect", class_="bar", x=middle - wide / 2, y=top, width=wide, height=bottom - top))
            bars.append(text(percent(height / runs).rstrip("%"), middle, top - 4, "middle", class_="said"))
        if held % max(1, len(heights) // 10) == 0:
            bars.append(text(str(held), middle, frame.height - 8, "middle"))
    most = int(heights.argmax())
    description = f"Most runs meet {most}; " + ", ".join(f"{n}: {h} runs" for n, h in enumerate(heights.tolist()) if h) + "."
    base = element("path", class_="axis", d=points([(frame.left, bottom), (frame.width - frame.right, bottom)]))
    return drawing(key, title, description, size, base, bars)


def came(values: np.ndarray) -> float:
    """Return the share of dates that came."""
    return float(1 - np.isnan(values).mean())


def steps(frame: Frame, values: np.ndarray) -> str:
    """Return the `d` of the share of (runs,) days, NaN where they did not come, that have come by each day."""
    corners, share = [(frame.x(0), frame.y(0))], 0.0
    for day, count in zip(*np.unique(values[~np.isnan(values)], return_counts=True), strict=True):
        corners.append((frame.x(day), frame.y(share)))
        share += count / len(values)
        corners.append((frame.x(day), frame.y(share)))
    return points([*corners, (frame.x(frame.last), frame.y(share))])


def band(frame: Frame, days: range, low: np.ndarray, high: np.ndarray) -> str:
    """Return the `d` of the field between two series."""
    top = [(frame.x(d), frame.y(v)) for d, v in zip(days, high, strict=True)]
    bottom = [(frame.x(d), frame.y(v)) for d, v in zip(days, low, strict=True)]
    return points(top + bottom[::-1], closed=True)


def _mark(frame: Frame, mark: Mark) -> Element:
    x, low, middle, high = frame.x(mark.day), frame.y(mark.low), frame.y(mark.central), frame.y(mark.high)
    bar = f"M{x - 4:.1f},{high:.1f}h8m-4,0V{low:.1f}m-4,0h8"
    diamond = points([(x, middle - 5), (x + 5, middle), (x, middle + 5), (x - 5, middle)], closed=True)
    return element("g", element("path", class_="range", d=bar), element("path", class_="observed", d=diamond))


def axes(
    frame: Frame, calendar: Calendar, write: Callable[[float], str], at: Sequence[float] | None = None
) -> list[Element]:
    """Return lines at levels, TICKS steps from 0 to the top unless given, with their values, and the dates across."""
    shapes = levels(frame, write, np.linspace(0, frame.top, TICKS + 1).tolist() if at is None else at)
    for day in _dates(calendar, frame):
        x, when = frame.x(day), calendar.on(day)
        label = f"{when.day} {when:%b}"
        shapes.append(element("path", class_="tick", d=f"M{x:.1f},{frame.y(frame.bottom):.1f}v4"))
        half = MEDIAN_LETTER * len(label) / 2
        shapes.append(text(label, min(max(x, half), frame.width - half), frame.height - 8, "middle"))
    return shapes


def levels(frame: Frame, write: Callable[[float], str], at: Sequence[float]) -> list[Element]:
    """Return lines across at values, with those values."""
    shapes = []
    for level in at:
        y = frame.y(level)
        shapes.append(element("path", class_="axis", d=points([(frame.left, y), (frame.width - frame.right, y)])))
        shapes.append(text(write(level), frame.left - 5, y + 4, "end"))
    return shapes


def _dates(calendar: Calendar, frame: Frame) -> list[int]:
    """Return the days to label: the first, then first days of months where there are several, else every few days."""
    first, last = int(frame.first), int(frame.last)
    clear = first + (last - first) / MOST_DATES
    months = [day for day in range(first, last + 1) if calendar.on(day).day == 1 and day >= clear]
    if len(months) >= 3:
        return [first, *months[:: ceil(len(months) / MOST_DATES)]]
    step = next((s for s in STEPS_OF_DAYS if (last - first) / s <= MOST_DATES), STEPS_OF_DAYS[-1])
    return list(range(first, last + 1, step))


def ceiling(highest: float) -> float:
    """Return a round number that TICKS steps reach and that is not below `highest`."""
    step = (highest or float(TICKS)) / TICKS
    size = 10.0 ** floor(log10(step))
    return TICKS * size * next(n for n in (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10) if n * size >= step * (1 - 1e-9))


def ticks(first: float, last: float) -> list[float]:
    """Return round numbers between two ends, two to six of them."""
    size = 10.0 ** floor(log10(last - first))
    step = next(size * n for n in (0.2, 0.5, 1, 2) if (last - first) / (size * n) <= 5)
    return [round(place * step, 12) for place in range(ceil(first / step), floor(last / step) + 1)]


def numbers_across(frame: Frame) -> list[Element]:
    """Return round numbers below the axis."""
    return [text(number(at), frame.x(at), frame.height - 8, "middle") for at in ticks(frame.first, frame.last)]
