"""What stays the same while a setup is played, as plain values for the page: the ground, the charts, the settings."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np

from dashboards.engine.charts import CHARTS, documented, documented_days
from dashboards.engine.frames import LINES, PLANES
from dashboards.engine.session import Session
from dashboards.engine.setup import Setup, choices, drawn_values, scenario_named
from dashboards.engine.views import ACTOR_NAMES
from dashboards.engine.why import words
from sim.agents import AGENTS
from sim.experiments.design.uncertain import ALL, ASSUMED, EACH
from sim.ground.grid import load_grid, load_lines
from sim.ground.lattice import COLUMNS, HOLDERS, NORTH, ROWS, STEP, WEST, Site
from sim.ground.members import Member
from sim.registry import registry
from sim.scenario.scenario import Scenario

TOWNS = ("qamishli", "hasakah", "kobani", "raqqa", "deir_ez_zor", "aleppo", "manbij", "tabqa", "shaddadi", "ras_al_ayn")
"""Towns that carry their names on the map."""
AIRFIELD = "qamishli_airport"
SITES = {"coastal_bases": "russia", "us_bases": "us", "custody_sites": "custody"}


def ground(session: Session) -> dict[str, Any]:
    """Return the lattice, who holds what from the start, and the lines and places to be drawn over it."""
    theatre = session.ensemble.theatre
    return _country() | {
        "holder": theatre.start_holder.tolist(),
        "theatre": theatre.cells.tolist(),
        "planes": PLANES,
        "sites": [_site("russia", load_grid().site(AIRFIELD))]
        + [_site(kind, member) for axis, kind in SITES.items() for member in theatre.members[axis]],
        "holders": HOLDERS,
    }


@cache
def _country() -> dict[str, Any]:
    grid = load_grid()
    return {
        "rows": ROWS,
        "columns": COLUMNS,
        "row": grid.row.tolist(),
        "col": grid.col.tolist(),
        "province": grid.province.tolist(),
        "provinces": [province.name for province in grid.provinces],
        "rivers": [_points(line) for kind, _, line in load_lines() if kind == "river"],
        "roads": [_points(line) for kind, _, line in load_lines() if kind == "road"],
        "towns": [{"name": (town := grid.town(key)).name} | _place(town.lon, town.lat) for key in TOWNS],
        "near": [[town.name, town.cell] for town in grid.towns],
        "west": WEST,
        "north": NORTH,
        "step": STEP,
    }


def _site(kind: str, site: Site | Member) -> dict[str, Any]:
    return {"key": site.key, "kind": kind, "name": site.name} | _place(site.lon, site.lat)


def _place(lon: float, lat: float) -> dict[str, float]:
    """Return a place in columns and rows of the lattice."""
    return {"x": round((lon - WEST) / STEP, 3), "y": round((NORTH - lat) / STEP, 3)}


def _points(line: np.ndarray) -> list[list[float]]:
    return [[round((lon - WEST) / STEP, 2), round((NORTH - lat) / STEP, 2)] for lon, lat in line.tolist()]


def charts(session: Session) -> dict[str, Any]:
    """Return titles, units and documented marks of the charts, and what their numbers stand for."""
    marks = documented(session.scenario)
    return {
        "lines": LINES,
        "days": session.scenario.days,
        "start": str(session.scenario.start_date),
        "charts": [
            {
                "title": chart.title,
                "unit": chart.unit,
                "top": chart.top,
                "marks": [asdict(mark) for mark in marks[index]],
            }
            for index, chart in enumerate(CHARTS)
        ],
        "documented": [asdict(mark) for mark in documented_days(session.scenario)],
    }


def heading(setup: Setup, scenario: Scenario) -> dict[str, Any]:
    """Return what the page says of the setup as a whole."""
    return {
        "scenario": setup.scenario,
        "title": scenario.title,
        "asks": scenario.question,
        "against": setup.against,
        "choices": [{"name": name, "title": scenario_named(name).title} for name in choices()],
        "runs": setup.runs,
        "seed": scenario.seed,
        "days": scenario.days,
        "start": f"{scenario.start_date.day} {scenario.start_date:%B %Y}",
        "end": f"{scenario.end_date.day} {scenario.end_date:%B %Y}",
        "changed": len(setup.values),
        "uncertain": setup.uncertain,
        "drawn": _drawn_text(setup, scenario),
    }


def _drawn_text(setup: Setup, scenario: Scenario) -> str:
    """Say what is drawn by run; nothing where every value is as stated."""
    uncertain = drawn_values(setup, scenario)
    if uncertain is None:
        return ""
    what = {ALL: "all {} uncertain values", ASSUMED: "the {} assumed values"}[uncertain.what].format(len(uncertain.paths))
    return f"{what} drawn from their ranges, one set for every {EACH} runs"


def settings(setup: Setup, scenario: Scenario) -> list[dict[str, Any]]:
    """Return every value that can be set, by section: what it is, was and may be, and where that is from."""
    declared = registry().declared
    actors = {agent.name for agent in AGENTS}
    own = scenario_named(setup.scenario).entries
    uncertain = drawn_values(setup, scenario)
    drawn = () if uncertain is None else uncertain.paths
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, entry in scenario.entries.items():
        section, _, key = path.partition(".")
        groups.setdefault(section, []).append(
            {
                "path": path,
                "label": words(key).replace(".", ": "),
                "value": entry.value,
                "default": own[path].value,
                "unit": "" if entry.unit in ("1", "name") else entry.unit,
                "low": entry.range[0] if entry.range else None,
                "high": entry.range[1] if entry.range else None,
                "type": declared[path].type.__name__,
                "choices": declared[path].choices,
                "kind": entry.kind,
                "confidence": entry.confidence,
                "source": entry.source,
                "drawn": path in drawn,
            }
        )
    order = sorted(groups, key=lambda name: (name not in actors, name == "start"))
    return [
        {"section": name, "title": ACTOR_NAMES.get(name, words(name).capitalize()), "items": groups[name]} for name in order
    ]
