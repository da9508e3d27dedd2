"""What a reader can take along of a session: the series as CSV, the map as SVG."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from xml.etree.ElementTree import Element, tostring

import numpy as np

from dashboards.engine.charts import CHARTS
from dashboards.engine.ensemble import holder
from dashboards.engine.frames import LINES, lines
from dashboards.engine.session import Session
from sim.experiments.markup import element, text
from sim.grid import HOLDERS
from sim.grid_checks import COLUMNS, ROWS
from sim.theatre import Theatre

COLOURS = {
    "damascus": "#4f81b3", "sdf": "#f2bd4b", "contested": "#b9a6d3", "turkish_backed": "#c9c9c4", "druze_held": "#ddd6c8",
    "israeli_held": "#aeb4b8",
}  # fmt: skip
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
    """Return the map of the watched run on the day, each cell in its holder's colour, as a drawing of its own."""
    theatre, day = session.ensemble.theatre, session.day
    held = theatre.start_holder.copy()
    seat = session.seat
    now = session.ensemble.holder(day, session.place.run) if seat is None else holder(seat.story.model.history, day, 0)
    held[theatre.cells] = now
    cells = [_cell(theatre, cell, HOLDERS[code]) for cell, code in enumerate(held.tolist())]
    date = session.scenario.start_date + timedelta(days=day)
    whose = f"run {session.place.run}, one of {session.ensemble.runs} runs" + (", with a person's orders" if seat else "")
    said = f"{session.scenario.name}, {date.day} {date:%B %Y}: {whose}, seed {session.scenario.seed}"
    said += ". Simulated, not a forecast."
    legend = [
        [
            element("rect", x=8.0 + 95 * index, y=ROWS * TALL + 10, width=14, height=10, fill=COLOURS[name], stroke="#333"),
            text(name.replace("_", " "), 26.0 + 95 * index, ROWS * TALL + 19),
        ]
        for index, name in enumerate(HOLDERS)
    ]
    size = (COLUMNS * WIDE, ROWS * TALL + BELOW)
    drawn = element(
        "svg", element("title", said), cells, legend, text(said, 8, ROWS * TALL + 38), xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size[0]:g} {size[1]:g}", font_family="system-ui, sans-serif", font_size="11",
        shape_rendering="crispEdges",
    )  # fmt: skip
    return tostring(drawn, encoding="unicode") + "\n"


def _cell(theatre: Theatre, cell: int, holder: str) -> Element:
    """Return a cell of the lattice in its holder's colour; pointing at it says whose it is."""
    grid = theatre.grid
    said = f"{holder.replace('_', ' ')}: {grid.provinces[grid.province[cell]].name}"
    x, y = float(grid.col[cell]) * WIDE, float(grid.row[cell]) * TALL
    return element("rect", element("title", said), x=x, y=y, width=WIDE, height=TALL, fill=COLOURS[holder])
