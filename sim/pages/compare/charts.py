"""Charts of a comparison as inline SVG: effects, dates, distributions, survival."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import asinh
from xml.etree.ElementTree import Element

import numpy as np

from sim.analysis.compare.durations import Survival
from sim.analysis.compare.paired_shares import share_interval
from sim.pages.charts import Frame, Row, axes, band, came, ceiling, levels, numbers_across, steps
from sim.pages.markup import drawing, element, points, text
from sim.pages.wording import Calendar, number, percent

ROW, LABEL, TEXT, WIDTH = 19.0, 300.0, 170.0, 860.0
"""Height of a row of the forest plot, width of its label, of its text and of the plot."""
EFFECT_TICKS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
LINEAR_TO = 0.5
"""The scale of effects is linear to about here, then compressed, so that small and large ones fit one chart."""
BINS = 24


def forest(key: str, title: str, rows: Sequence[Row]) -> Element:
    """Return effect sizes with intervals, a row each, on one axis."""
    size = (WIDTH, ROW * len(rows) + 44)
    most = max(max(abs(row.low), abs(row.high), abs(row.value)) for row in rows)
    last = next((tick for tick in EFFECT_TICKS if tick >= most), EFFECT_TICKS[-1])
    left, right = LABEL + 8, WIDTH - TEXT - 8

    def x(effect: float) -> float:
        part = asinh(max(-last, min(last, effect)) / LINEAR_TO) / asinh(last / LINEAR_TO)
        return left + (right - left) * (1 + part) / 2

    shapes: list[Element] = []
    bottom = size[1] - 34
    shown = [tick for tick in EFFECT_TICKS if tick <= last]
    for tick in sorted({*shown, *(-tick for tick in shown)}):
        shapes.append(element("path", class_="axis" if tick else "zero", d=f"M{x(tick):.1f},4V{bottom:.1f}"))
        if tick in (0.0, last, -last) or (abs(tick) in (0.5, 2.0) and last > 2 * abs(tick)):
            shapes.append(text(f"{tick:+g}" if tick else "0", x(tick), bottom + 14, "middle"))
    shapes.append(text("B lower or earlier", left, bottom + 29))
    shapes.append(text("B higher or later", right, bottom + 29, "end"))
    for place, row in enumerate(rows):
        shapes += _effect(row, x, 4 + ROW * (place + 0.5))
    description = "; ".join(f"{row.label}: {row.text}" for row in rows[:5])
    return drawing(key, title, description, size, shapes)


def _effect(row: Row, x: Callable[[float], float], y: float) -> list[Element]:
    look = "" if row.is_clear else " unclear"
    bar = f"M{x(row.low):.1f},{y - 4:.1f}v8m0,-4H{x(row.high):.1f}m0,-4v8"
    return [
        text(row.label, LABEL, y + 4, "end", class_="said" if row.is_clear else None),
        element("path", class_=f"effect{look}", d=bar),
        element("circle", class_=f"effect{look}", cx=x(row.value), cy=y, r=3.5),
        text(row.text, WIDTH - TEXT, y + 4, class_="said" if row.is_clear else None),
    ]


def coming_of_two(
    key: str, title: str, calendar: Calendar, a: np.ndarray, b: np.ndarray, pairs: np.ndarray
) -> Element:  # fmt: skip
    """Return the share of the pairs in which a date has come on each side, by day, and their difference below.

    a, b: (pairs,) days since the calendar's start, NaN where it did not come. pairs: (pairs, 2) row and run of each.
    """
    size, high = (360.0, 250.0), 150.0
    upper = Frame(size[0], high, 0, max(calendar.days, 1), 1.0, below=10.0)
    lines = [element("path", class_=name, d=steps(upper, values)) for name, values in (("side-a", a), ("side-b", b))]
    diff, low, up = differences_by_day(a, b, pairs, calendar.days)
    most = ceiling(max(float(np.abs([low, up]).max()), 0.04))
    lower = Frame(size[0], size[1] - high, 0, max(calendar.days, 1), most, bottom=-most, above=12.0)
    days = range(calendar.days + 1)
    below = element(
        "g",
        axes(lower, calendar, lambda value: f"{100 * value:+.0f}" if value else "0", (-most, 0, most)),
        element("path", class_="band90", d=band(lower, days, low, up)),
        element("path", class_="difference", d=points((lower.x(d), lower.y(v)) for d, v in zip(days, diff, strict=True))),
        transform=f"translate(0,{high:g})",
    )
    description = f"By {calendar.long(calendar.days)}: A {percent(came(a))}, B {percent(came(b))} of the pairs."
    return drawing(key, title, description, size, levels(upper, percent, (0, 0.5, 1)), lines, below)


def differences_by_day(
    a: np.ndarray, b: np.ndarray, pairs: np.ndarray, days: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (days + 1,) difference of the shares that have come, b - a, and the ends of its interval."""
    by_day = np.zeros((3, days + 1))
    before = (-1, -1)
    for day in range(days + 1):
        come_a, come_b = a <= day, b <= day
        if (counts := (int(come_a.sum()), int(come_b.sum()))) != before:
            now = (come_b.mean() - come_a.mean(), *share_interval(come_a, come_b, pairs))
            before = counts
        by_day[:, day] = now
    return by_day[0], by_day[1], by_day[2]


def distributions(
    key: str, title: str, a: np.ndarray, b: np.ndarray, diff: float | None, ci: tuple[float, float] | None
) -> Element:  # fmt: skip
    """Return the histograms of both sides over each other, and below that of the pairs' differences with their median.

    diff, ci: the difference and its interval.
    """
    size, high = (360.0, 250.0), 140.0
    edges = bin_edges(np.concatenate([a, b]))
    counts = [np.histogram(each, edges)[0] / len(each) for each in (a, b)]
    upper = Frame(size[0], high, edges[0], edges[-1], ceiling(float(max(each.max() for each in counts))), left=40.0)
    outlines = [
        element("path", class_=f"{name} filled", d=_outline(upper, edges, c)) for name, c in zip(SIDES, counts, strict=True)
    ]
    change = b - a
    around = bin_edges(change)
    share = np.histogram(change, around)[0] / len(change)
    lower = Frame(size[0], size[1] - high, around[0], around[-1], ceiling(float(share.max())), left=40.0, above=16.0)
    zero = (
        [element("path", class_="zero", d=f"M{lower.x(0):.1f},12V{lower.y(0):.1f}")] if around[0] <= 0 <= around[-1] else []
    )
    marks = []
    if diff is not None:
        marks.append(element("path", class_="mean", d=f"M{lower.x(diff):.1f},12V{lower.y(0):.1f}"))
    if ci is not None:
        ends = [lower.x(min(max(end, around[0]), around[-1])) for end in ci]
        marks.append(element("path", class_="mean", d=f"M{ends[0]:.1f},14v-4m0,2H{ends[1]:.1f}m0,-2v4"))
    below = element(
        "g", _values(lower), element("path", class_="change", d=_outline(lower, around, share)), zero, marks,
        transform=f"translate(0,{high:g})",
    )  # fmt: skip
    middles = (number(float(np.median(each))) for each in (a, b, change))
    description = "Medians: A {}, B {}, B - A within pairs {}.".format(*middles)
    return drawing(key, title, description, size, _values(upper), outlines, below)


SIDES = ("side-a", "side-b")


def bin_edges(values: np.ndarray) -> np.ndarray:
    """Return edges of equal bins over the values; of whole numbers, bins of as many whole numbers each."""
    low, high = float(values.min()), float(values.max())
    if (values == np.round(values)).all():
        width = max(1, int(np.ceil((high - low + 1) / BINS)))
        return np.arange(low - 0.5, high + 0.5 + width, width)
    if np.isclose(low, high, rtol=1e-6, atol=0.0):  # nothing to resolve: one bar between two empty ones
        return low + abs(low) * np.array([-0.15, -0.05, 0.05, 0.15])
    return np.linspace(low, high, BINS + 1)


def survival_of_two(key: str, title: str, a: Survival | None, b: Survival | None, longest: int, with_band: bool) -> Element:
    """Return the shares of the runs in which the second event has not come, by days since the first."""
    size = (360.0, 210.0)
    frame = Frame(*size, 0, max(longest, 1), 1.0, right=16.0, below=40.0)
    shapes = []
    for name, side in zip(SIDES, (a, b), strict=True):
        if side is None:
            continue
        if with_band:
            ends = [_stairs(frame, side.days, each, longest) for each in (side.high, side.low)]
            shapes.append(element("path", class_=f"{name} between", d=points(ends[0] + ends[1][::-1], closed=True)))
        shapes.append(element("path", class_=name, d=points(_stairs(frame, side.days, side.share, longest))))
    step = next(s for s in (1, 2, 5, 10, 20, 30, 60, 90, 180, 365) if longest / s <= 7)
    days = [text(str(day), frame.x(day), size[1] - 22, "middle") for day in range(0, longest + 1, step)]
    under = text("days since the first event", (frame.left + size[0]) / 2, size[1] - 5, "middle")
    description = "; ".join(f"{name}: {waiting_in_words(side)}" for name, side in (("A", a), ("B", b)))
    return drawing(key, title, description, size, levels(frame, percent, (0, 0.5, 1)), days, under, shapes)


def waiting_in_words(made: Survival | None) -> str:
    """Describe the median duration, and in how many runs each event came."""
    if made is None:
        return "the first event came in no run"
    middle = "median beyond the last day" if made.median is None else f"median {made.median:g} days"
    return f"{middle}; the first event came in {made.n:,} runs, then the second in {made.ended:,}"


def _stairs(frame: Frame, days: np.ndarray, share: np.ndarray, longest: int) -> list[tuple[float, float]]:
    corners, before = [(frame.x(0), frame.y(1))], 1.0
    for day, now in zip(days.tolist(), share.tolist(), strict=True):
        corners += [(frame.x(day), frame.y(before)), (frame.x(day), frame.y(now))]
        before = now
    return corners


def _outline(frame: Frame, edges: np.ndarray, heights: np.ndarray) -> str:
    corners = [(frame.x(edges[0]), frame.y(0))]
    for left, right, height in zip(edges[:-1], edges[1:], heights, strict=True):
        corners += [(frame.x(left), frame.y(height)), (frame.x(right), frame.y(height))]
    return points([*corners, (frame.x(edges[-1]), frame.y(0))], closed=True)


def _values(frame: Frame) -> list[Element]:
    """Return the axis of values across and shares upwards."""
    return levels(frame, percent, (0, frame.top)) + numbers_across(frame)
