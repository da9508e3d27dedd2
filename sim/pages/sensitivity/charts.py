"""Pictures of a sensitivity as inline SVG: parts of a variance, ranked shares, what a value does, a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np

from sim.analysis.sensitivity.point_values import Heat, Response
from sim.pages.charts import Frame, Row, ceiling, levels, numbers_across, ticks
from sim.pages.markup import drawing, element, points, text
from sim.pages.wording import number, percent

WIDTH, ROW, LABEL, TEXT = 760.0, 22.0, 300.0, 120.0
NARROWEST = 0.05
"""A part narrower than this share of the bar has no label."""
SHADES = 6
DARK_FROM = 3
"""Shade from which on writing is light."""


@dataclass(frozen=True)
class Part:
    """A part of a total: its name, its share and its CSS class."""

    name: str
    share: float
    look: str


def parts_bar(key: str, title: str, parts: Sequence[Part]) -> Element:
    """Return a bar of the parts of a total; a share that sampling made negative is drawn as none."""
    size = (WIDTH, 46.0)
    shown = [part for part in parts if part.share > 0]
    total = sum(part.share for part in shown)
    shapes, left = [], 1.0
    for part in shown:
        width = part.share / total * (WIDTH - 2)
        shapes.append(element("rect", element("title", f"{part.name}: {percent(part.share)}"), class_=f"part {part.look}",
                              x=left, y=4.0, width=width, height=24.0))  # fmt: skip
        if part.share / total >= NARROWEST:
            shapes.append(text(percent(part.share), left + width / 2, 43.0, "middle", class_="said"))
        left += width
    description = "; ".join(f"{part.name}: {percent(part.share)}" for part in shown)
    return drawing(key, title, description, size, shapes)


def ranking(key: str, title: str, rows: Sequence[Row], dummy: float) -> Element:
    """Return the shares of values with their intervals, a row each, and the 95% limit of values without effect."""
    size = (WIDTH, ROW * len(rows) + 46)
    last = min(max(ceiling(max(max(row.high for row in rows), dummy, 0.01)), 0.02), 1.0)
    left, right = LABEL + 8, WIDTH - TEXT - 8

    def x(share: float) -> float:
        return left + max(0.0, min(last, share)) / last * (right - left)

    bottom = size[1] - 36
    shapes = []
    for tick in ticks(0.0, last):
        shapes.append(element("path", class_="axis", d=f"M{x(tick):.1f},4V{bottom:.1f}"))
        shapes.append(text(f"{100 * tick:g}%", x(tick), bottom + 14, "middle"))
    for place, row in enumerate(rows):
        y, look = 4 + ROW * (place + 0.5), "" if row.is_clear else " unclear"
        shapes += [
            text(row.label, LABEL, y + 4, "end", class_="said" if row.is_clear else None),
            element("rect", class_=f"share{look}", x=left, y=y - 6, width=x(row.value) - left, height=12.0),
            element("path", class_=f"effect{look}", d=f"M{x(row.low):.1f},{y - 4:.1f}v8m0,-4H{x(row.high):.1f}m0,-4v8"),
            text(row.text, WIDTH - TEXT, y + 4, class_="said" if row.is_clear else None),
        ]
    shapes.append(element("path", class_="zero", d=f"M{x(dummy):.1f},4V{bottom:.1f}"))
    shapes.append(text("95% of values without effect lie left of the broken line", left, bottom + 28))
    return drawing(key, title, "; ".join(f"{row.label}: {row.text}" for row in rows[:5]), size, shapes)


def response_chart(key: str, title: str, found: Response, floor: float, top: float) -> Element:
    """Return the mean of each point by a number, with the means of bins as a line. floor, top: ends of the scale."""
    size = (360.0, 210.0)
    low, high = float(found.column.min()), float(found.column.max())
    frame = Frame(*size, low, high, top, bottom=floor, below=26.0)
    dots = [
        element("circle", class_="dot", cx=frame.x(x), cy=frame.y(y), r=2)
        for x, y in zip(found.column.tolist(), found.means.tolist(), strict=True)
    ]
    line = points((frame.x(x), frame.y(y)) for x, y in zip(found.centres, found.bin_means, strict=True))
    lowest, highest = number(float(found.bin_means[0])), number(float(found.bin_means[-1]))
    description = f"Mean {lowest} at the lowest values, {highest} at the highest."
    return drawing(key, title, description, size, levels(frame, number, ticks(floor, top)), numbers_across(frame), dots,
                   element("path", class_="side-b", d=line))  # fmt: skip


def heat_map(key: str, title: str, found: Heat) -> Element:
    """Return a field of means over the bins of two values, each with its number."""
    rows, columns = found.means.shape
    left, high = 130.0, 34.0
    wide = (WIDTH - left) / columns
    size = (WIDTH, high * rows + 44)
    known = found.means[~np.isnan(found.means)]
    low, span = float(known.min()), float(np.ptp(known))
    shapes = [text(found.paths[1], left, 12.0, class_="said")]
    shapes += [text(name, left + wide * (place + 0.5), 30.0, "middle") for place, name in enumerate(found.names[1])]
    for row, name in enumerate(found.names[0]):
        y = 38.0 + high * row
        shapes.append(text(name, left - 6, y + high / 2 + 4, "end"))
        for column in range(columns):
            mean = float(found.means[row, column])
            if np.isnan(mean):
                continue
            shade = min(int((mean - low) / span * SHADES), SHADES - 1) if span else 0
            x = left + wide * column
            shapes.append(element("rect", class_=f"heat p{shade}", x=x, y=y, width=wide, height=high))
            ink = "light" if shade >= DARK_FROM else "dark"
            shapes.append(text(number(mean), x + wide / 2, y + high / 2 + 4, "middle", class_=ink))
    axes = f"{found.paths[0]} (down) and {found.paths[1]} (across)"
    return drawing(key, title, f"Means from {number(low)} to {number(low + span)} over {axes}.", size, shapes)
