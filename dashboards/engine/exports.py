"""Exports of a session: the series as CSV, the map as SVG."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from xml.etree.ElementTree import Element, tostring

import numpy as np

from dashboards.engine.charts import CHARTS
from dashboards.engine.frames import LINES, lines
from dashboards.engine.session import Session
from sim.ground.lattice import COLUMNS, HOLDERS, ROWS
from sim.ground.theatre import DAMASCUS, Theatre
from sim.pages.markup import element, text

FROM_THE_START = "Damascus_from_the_start"
COLOURS = {
    FROM_THE_START: "#e3e8ec",
    "damascus": "#5b93c7",
    "sdf": "#f2bd4b",
    "contested": "#b9a6d3",
    "turkish_backed": "#c9c9c4",
    "druze_held": "#ddd6c8",
    "israeli_held": "#aeb4b8",
}
HATCHES = {
    "sdf": "M3,3h0.1", "contested": "M0,6L6,0M-1,1L1,-1M5,7L7,5", "turkish_backed": "M0,3H6M3,0V6", "druze_held": "M0,0L6,6",
    "israeli_held": "M0,3H6",
}  # fmt: skip
"""Hatching that distinguishes holders without colour: a path in a field of 6 by 6."""
TALL, WIDE = 10.0, 8.2
BELOW = 46.0


def series_csv(session: Session) -> str:
    """Return a row per chart and day so far: quantiles over the runs, the watched run, and what it is compared with."""
    days = range(session.last + 1)
    raw = lines(session.ensemble, session.other, session.seat, days, session.place.run)
    values = np.frombuffer(raw, "<f4").reshape(len(days), len(CHARTS), LINES)
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    other = "run_by_policy" if session.seat is not None else "median_of_" + (session.place.setup.against or "nothing")
    writer.writerow(["chart", "unit", "day", "date", "p05", "p25", "median", "p75", "p95", "watched_run", other])
    start = session.scenario.start_date
    for index, chart in enumerate(CHARTS):
        for day in days:
            numbers = ["" if np.isnan(value) else f"{value:.6g}" for value in values[day, index]]
            writer.writerow([chart.title, chart.unit, day, start + timedelta(days=day), *numbers])
    return out.getvalue()


def map_svg(session: Session) -> str:
    """Return the map of the watched run on the day as a drawing of its own, in colour and hatched."""
    theatre = session.ensemble.theatre
    held = theatre.start_holder.copy()
    held[theatre.cells] = session.held()
    looks = np.array(HOLDERS, object)[held]
    looks[(theatre.start_holder == DAMASCUS)] = FROM_THE_START
    looks[theatre.cells] = np.array(HOLDERS, object)[held[theatre.cells]]
    cells = [_cell(theatre, cell, look) for cell, look in enumerate(looks)]
    over = [_box(theatre, cell, f"url(#{name})") for name in HATCHES for cell in np.flatnonzero(looks == name).tolist()]
    caption, size = _caption(session), (COLUMNS * WIDE, ROWS * TALL + BELOW)
    drawn = element(
        "svg", element("title", caption), element("defs", _hatches()), cells, over, _legend(),
        text(caption, 8, ROWS * TALL + 38), xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {size[0]:g} {size[1]:g}",
        font_family="system-ui, sans-serif", font_size="10", shape_rendering="crispEdges",
    )  # fmt: skip
    return tostring(drawn, encoding="unicode") + "\n"


def _caption(session: Session) -> str:
    date, name = session.scenario.start_date + timedelta(days=session.day), session.scenario.name
    whose = f"run {session.place.run}, one of {session.ensemble.runs} runs"
    whose += ", with a person's orders" if session.seat is not None else ""
    whose += f", {session.place.setup.uncertain} uncertain values drawn" if session.uncertain is not None else ""
    return f"{name}, {date.day} {date:%B %Y}: {whose}, seed {session.scenario.seed}. Simulated, not a forecast."


def _legend() -> list[Element]:
    made, x = [], 8.0
    for name, colour in COLOURS.items():
        fills = [colour, *([f"url(#{name})"] if name in HATCHES else [])]
        made += [element("rect", x=x, y=ROWS * TALL + 10, width=14, height=10, fill=fill, stroke="#333") for fill in fills]
        made.append(text(name.replace("_", " "), x + 18, ROWS * TALL + 19))
        x += 25 + 4.9 * len(name)
    return made


def _cell(theatre: Theatre, cell: int, look: str) -> Element:
    """Return a cell of the lattice in its colour; pointing at it says whose it is."""
    province = theatre.grid.provinces[theatre.grid.province[cell]].name
    made = _box(theatre, cell, COLOURS[look])
    made.append(element("title", f"{look.replace('_', ' ')}: {province}"))
    return made


def _box(theatre: Theatre, cell: int, fill: str) -> Element:
    x, y = float(theatre.grid.col[cell]) * WIDE, float(theatre.grid.row[cell]) * TALL
    behind = "none" if fill.startswith("url") else None  # the cell below the hatching says whose it is
    return element("rect", x=x, y=y, width=WIDE, height=TALL, fill=fill, pointer_events=behind)


def _hatches() -> list[Element]:
    return [
        element("pattern", element("path", d=path, stroke="#222", stroke_width=0.9, stroke_linecap="round"),
                id=name, width=6, height=6, patternUnits="userSpaceOnUse")
        for name, path in HATCHES.items()
    ]  # fmt: skip
