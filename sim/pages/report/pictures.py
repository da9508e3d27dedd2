"""The report's maps and fan charts: the evenings and series shown, and their captions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element

import numpy as np

from sim.analysis.hindcast.observation import Observation
from sim.experiments.store.ensemble import Results
from sim.ground.grid import load_control, load_grid
from sim.pages import maps
from sim.pages.charts import Mark, fan, holding
from sim.pages.markup import element, figure, paragraph, section
from sim.pages.wording import Calendar, number, share
from sim.scenario.theatre import theatre_of

MAP_DATES = tuple(date(2026, 1, day) for day in (18, 20, 24, 28))
DOCUMENTED = date(2026, 1, 20)
WINDOW_DAYS = 28


@dataclass(frozen=True)
class Panel:
    """A fan.

    unit: share, index, or what is counted. series: what is added up. marks: outcomes whose observations are shown.
    sums_days: the series counts per day. top: upper end of the scale, None for one that fits.
    """

    title: str
    unit: str
    series: tuple[str, ...]
    marks: tuple[str, ...] = ()
    sums_days: bool = False
    top: float | None = None

    @property
    def needs_unit(self) -> bool:
        """Whether the heading needs the unit beside it."""
        return self.unit not in ("share", "index") and self.unit not in self.title.lower()


SHARE = Panel("SDF-held share of Syria", "share", ("sdf_share",), ("sdf_share_2026_01_19", "sdf_share_2026_01_20"))
LEFT = ("tonnes_by_air", "tonnes_by_road", "tonnes_flown_out")
PANELS = (
    Panel("Russians at Qamishli", "persons", ("qamishli_persons",)),
    Panel("Armoured vehicles at Qamishli", "items", ("qamishli_armour",)),
    Panel("Radars and air-defence units at Qamishli", "items", ("qamishli_radars", "qamishli_air_defence")),
    Panel("Helicopters at Qamishli", "items", ("qamishli_helicopters",)),
    Panel("Stores at Qamishli", "tonnes", ("qamishli_stores",)),
    Panel("Equipment that has left Qamishli", "tonnes", LEFT),
    Panel("Convoys from Qamishli so far", "convoys", ("convoys",)),
    Panel("Violations of truces so far", "violations", ("violations",), sums_days=True),
    Panel("Detainees moved to Iraq", "persons", ("detainees_transferred",)),
    Panel("Detainees in SDF prisons", "persons", ("detainees_held_by_sdf",)),
    Panel("Detainees escaped from prisons so far", "persons", ("detainees_escaped",)),
    Panel("Residents of al-Hol", "persons", ("al_hol_residents",)),
    Panel("Insurgent attacks so far", "attacks", ("attacks",), sums_days=True),
    Panel("Insurgent attacks so far in Deir ez-Zor", "attacks", ("attacks_deir_ez_zor",)),
    Panel("Insurgent attacks so far in Raqqa", "attacks", ("attacks_raqqa",)),
    Panel("Insurgent attacks so far in Hasakah", "attacks", ("attacks_hasakah",)),
    Panel("Displaced hosted by Hasakah", "persons", ("displaced_hasakah",), ("displaced_hasakah_2026_01_27",)),
    Panel("Displaced hosted by Aleppo", "persons", ("displaced_aleppo",)),
    Panel("Killed so far, all parties and civilians", "persons", ("killed_damascus", "killed_sdf", "killed_civilians")),
    Panel("The SDF's estimate of its prospects", "index", ("sdf_prospects",), top=1.0),
    Panel("The SDF's uncertainty", "index", ("sdf_uncertainty",), top=1.0),
    Panel("Moscow's influence", "index", ("moscow_influence",), top=1.0),
    Panel("Equipment delivered through Tartus", "tonnes", ("supply_delivered",)),
    Panel("Readiness of the Syrian army", "index", ("army_readiness",), top=1.0),
    Panel("Damascus's authority", "index", ("damascus_authority",), top=1.0),
    Panel("Institutions handed over", "share", ("institutions_handed_over",), top=1.0),
    Panel("Damascus's share of the oil fields", "share", ("oil_share_damascus",), top=1.0),
    Panel("US troops in Syria", "persons", ("us_persons",)),
    Panel("US bases held", "bases", ("us_bases",)),
    Panel("Waves of US strikes so far", "waves", ("us_strikes",)),
    Panel("Absence of the SDF's guarantor", "index", ("guarantor_absence",), top=1.0),
)
HELD = {
    "fighting_sectors": "Damascus attacks somewhere",
    "truce": "A truce is in force",
    "deal": "An integration deal is in force",
}
"""Series that hold or do not on an evening; their chart is the share of the runs in which they do."""


def maps_section(results: Results, calendar: Calendar) -> Element:
    """Return maps of the probability that Damascus's forces hold each cell, and the documented map of 20 January."""
    theatre = theatre_of(results.scenario)
    wanted = [0, *(day for when in MAP_DATES if (day := calendar.day(when)) is not None), calendar.days]
    shown: list[Element] = []
    for day in dict.fromkeys(wanted):
        title = f"{calendar.long(day)}{' (start)' if day == 0 else ' (end)' if day == calendar.days else ''}"
        named = f"Share of the runs in which Damascus's forces hold each cell, {title}"
        picture = maps.probability_map(f"map-{day}", named, results, theatre, day)
        caption = maps.in_words(maps.probability_of_damascus(results, theatre, day)[theatre.cells])
        shown.append(figure(title, picture, caption))
        if calendar.on(day) == DOCUMENTED:
            shown.append(_documented(calendar, day))
    return section(
        "maps",
        "Control of the ground",
        paragraph(
            f"Share of the {results.runs} runs in which Damascus's forces hold a cell of 0.1 degree, about 9 by 11 km. In "
            "colour: the cells of the theatre, which the SDF held or contested at the start; point at a cell for its share. "
            "Fronts are known to about one cell, in places much less precisely."
        ),
        maps.definitions(theatre),
        _legend(),
        element("div", shown, class_="maps"),
    )


def _documented(calendar: Calendar, day: int) -> Element:
    title = f"Documented control, {calendar.long(day)}"
    picture = maps.documented_map("map-documented", title, load_grid(), load_control(str(DOCUMENTED)))
    caption = "Not simulated: drawn by hand from published descriptions. Cross-hatched: SDF-held; dotted: contested."
    return figure(title, picture, caption, class_="documented")


def _legend() -> Element:
    levels = [(f"p{level}", name) for level, name in enumerate(maps.LEVEL_NAMES)]
    rest = [("ground damascus", "Damascus's from before the start")]
    rest += [(f"ground {name}", label) for name, label in maps.FIXED.items()]
    items = [element("li", maps.swatch(class_), " ", label) for class_, label in levels + rest]
    return element("ul", items, class_="legend", aria_label="Legend of the maps")


@dataclass(frozen=True)
class Fans:
    """The source of the fan charts of a report; record: outcome -> observation."""

    results: Results
    calendar: Calendar
    record: Mapping[str, Observation]

    def figure(self, panel: Panel, days: range, part: str = "", size: tuple[float, float] = (360, 200)) -> Element:
        """Return the fan of a panel on each of `days`; part: which part of the horizon these are, in words."""
        values = np.asarray(np.sum([self.results.series(name) for name in panel.series], axis=0, dtype=np.float64))
        values = values.cumsum(axis=0) if panel.sums_days else values
        title = f"{panel.title}{f', {part}' if part else ''}{f', {panel.unit}' if panel.needs_unit else ''}"
        found = [(self.record[name], _mark(self.record[name], self.calendar)) for name in panel.marks]
        marks = [(item, mark) for item, mark in found if mark is not None and mark.day in days]
        key, write = f"fan-{panel.series[0]}-{days.stop}", share if panel.unit == "share" else number
        picture = fan(key, title, self.calendar, days, values, write, [mark for _, mark in marks], size, panel.top)
        return figure(title, picture, *(_source(item, mark, self.calendar, write) for item, mark in marks))


def share_section(fans: Fans) -> Element:
    """Return the fan of the SDF's share, the first weeks and the whole horizon side by side."""
    days, runs = fans.calendar.days, fans.results.runs
    parts = {"whole horizon": range(days + 1)}
    if days > 2 * WINDOW_DAYS:
        parts = {"first four weeks": range(WINDOW_DAYS + 1)} | parts
    return section(
        "share",
        SHARE.title,
        paragraph("SDF-held and contested area, as a share of the area of Syria. ", _how_to_read(runs)),
        element("div", [fans.figure(SHARE, days, part, (480, 280)) for part, days in parts.items()], class_="charts wide"),
    )


def fans_section(fans: Fans) -> Element:
    """Return the fans of the other systems."""
    days = range(fans.calendar.days + 1)
    return section(
        "fans",
        "Other daily series",
        paragraph(_how_to_read(fans.results.runs), " An index from 0 to 1 is the mean of its parts."),
        element("div", [fans.figure(panel, days) for panel in PANELS], class_="charts"),
        paragraph("Fighting, truce and deal: share of the runs in which each holds, by day."),
        element("div", [_held(fans, name, what) for name, what in HELD.items()], class_="charts"),
    )


def _held(fans: Fans, name: str, what: str) -> Element:
    """Return the share of the runs in which a series is more than 0, by day."""
    share_of_runs = (fans.results.series(name) > 0).mean(axis=1)
    return figure(what, holding(f"held-{name}", f"{what}, share of the runs", fans.calendar, share_of_runs))


def _how_to_read(runs: int) -> str:
    if runs == 1:
        return "The line is the one run: one of many possible histories."
    return (
        f"Line: median of the {runs} runs; dark band: 50% of the runs on each day; light band: 90%. Diamond with a bar: the "
        "record, its central report and the range of reports."
    )


def _mark(item: Observation, calendar: Calendar) -> Mark | None:
    day = calendar.day(item.by) if item.by is not None else None
    return None if day is None else Mark(day, *map(float, item.observed))


def _source(item: Observation, mark: Mark, calendar: Calendar, write: Callable[[float], str]) -> str:
    fitted = "; used to fit" if item.used_to_fit else ""
    range_ = f"{write(mark.central)} ({write(mark.low)} to {write(mark.high)})"
    return f"Record, {calendar.long(mark.day)}: {range_}; {item.source}{fitted}"
