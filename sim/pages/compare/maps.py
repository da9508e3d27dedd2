"""The maps of a comparison's page: differences in the probability that Damascus holds a cell."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from sim.analysis.compare.compare import Comparison
from sim.analysis.compare.pairs import horizon
from sim.analysis.compare.sides import Side
from sim.experiments.export.tables import open_results
from sim.experiments.store.ensemble import Results
from sim.ground.theatre import Theatre
from sim.pages import maps
from sim.pages.markup import element, figure, paragraph, section
from sim.pages.wording import Calendar
from sim.scenario.theatre import theatre_of

SHOWN = tuple(date(2026, 1, day) for day in (18, 20, 28))


def maps_section(made: Comparison, other: Side, place: int, whose: str) -> Element | None:
    """Return maps of the difference in the share of the runs in which Damascus's forces hold a cell.

    None where a side is part of a sweep, which keeps no maps, or where the pairs are conditioned.
    """
    base = made.paired.base
    first, second = (open_results(Path(side.where_from)) for side in (base, other))
    if made.paired.condition is not None or not isinstance(first, Results) or not isinstance(second, Results):
        return None
    theatre = theatre_of(first.scenario)
    if not np.array_equal(theatre.cells, theatre_of(second.scenario).cells):
        return None
    start = max(base.start, other.start)
    calendar = Calendar(start, (horizon(made.paired) - start).days)
    difference = _by_day(second, theatre, start, calendar.days) - _by_day(first, theatre, start, calendar.days)
    if not difference.any():
        return section(f"maps-{place}", f"Where the ground differs{whose}", paragraph("No cell differs on any day."))
    most = int(np.abs(difference).mean(axis=0).argmax())
    wanted = {*(day for when in SHOWN if (day := calendar.day(when))), most, calendar.days}
    figures = []
    for day in sorted(wanted):
        title = calendar.long(day) + (" (largest difference)" if day == most else " (end)" if day == calendar.days else "")
        picture = maps.difference_map(f"difference-{place}-{day}", f"B - A, {title}", difference[:, day], theatre)
        figures.append(figure(title, picture, maps.difference_in_words(difference[:, day])))
    levels = [element("li", maps.swatch(f"d{n}"), " ", name) for n, name in enumerate(maps.DIFFERENCE_NAMES)]
    return section(
        f"maps-{place}",
        f"Where the ground differs{whose}",
        paragraph(
            f"Share of the runs in which Damascus's forces hold a cell, B - A ({first.runs} runs of A, {second.runs} of B). "
            "In colour: the cells of the theatre; point at a cell for its difference."
        ),
        element("ul", levels, class_="legend", aria_label="Legend of the maps"),
        element("div", figures, class_="maps"),
    )


def definitions(made: Comparison) -> Element:
    """Return what all maps of the page share."""
    return maps.definitions(theatre_of(Results(Path(made.paired.base.where_from)).scenario))


def _by_day(results: Results, theatre: Theatre, start: date, days: int) -> np.ndarray:
    """Return (theatre cells, days + 1) probabilities from `start` on."""
    first = (start - results.scenario.start_date) // timedelta(days=1)
    shares = [maps.probability_of_damascus(results, theatre, first + day)[theatre.cells] for day in range(days + 1)]
    return np.stack(shares, axis=1)
