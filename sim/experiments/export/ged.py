"""The deadly events of an ensemble in the columns of the UCDP Georeferenced Event Dataset (GED), simulated and by run.

As in GED, an event has at least one death. The model has deaths of the army and the SDF by sector and day; deaths in truce
violations and of civilians and US soldiers by day only. The latter are placed at the centre of the theatre, with where_prec
6. Insurgent attacks without US deaths are not included: the model counts no other deaths in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from sim.experiments.play.blocks import block_runs
from sim.experiments.store.digest import code_digest
from sim.experiments.store.ensemble import Results
from sim.ground.errors import InputError
from sim.ground.theatre import Theatre
from sim.model import TheatreModel
from sim.state.state import State

SYRIA = 652
"""Gleditsch and Ward's state number."""

STATE_BASED = 1
GOVERNMENT, SDF, UNITED_STATES, ISIS = "Government of Syria", "SDF", "Government of United States of America", "IS"
PROVINCE_PRECISION, COUNTRY_PRECISION = 4, 6

SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "simulated": pa.bool_(),
        "scenario": pa.string(),
        "run": pa.int32(),
        "year": pa.int16(),
        "type_of_violence": pa.int8(),
        "conflict_name": pa.string(),
        "dyad_name": pa.string(),
        "side_a": pa.string(),
        "side_b": pa.string(),
        "where_prec": pa.int8(),
        "where_coordinates": pa.string(),
        "adm_1": pa.string(),
        "latitude": pa.float64(),
        "longitude": pa.float64(),
        "priogrid_gid": pa.int32(),
        "country": pa.string(),
        "country_id": pa.int16(),
        "region": pa.string(),
        "date_prec": pa.int8(),
        "date_start": pa.date32(),
        "date_end": pa.date32(),
        "deaths_a": pa.int32(),
        "deaths_b": pa.int32(),
        "deaths_civilians": pa.int32(),
        "deaths_unknown": pa.int32(),
        "best": pa.int32(),
        "high": pa.int32(),
        "low": pa.int32(),
    }
)


@dataclass(frozen=True)
class Place:
    """Location of an event: a sector, or the theatre."""

    name: str
    province: str | None
    precision: int
    latitude: float
    longitude: float
    gid: int | None


@dataclass(frozen=True)
class Dead:
    """Cumulative deaths in a block: by side and sector, by party, and of US soldiers."""

    fighters: np.ndarray  # (sides, sectors, runs)
    parties: np.ndarray  # (parties, runs)
    us: np.ndarray  # (runs,)

    @classmethod
    def of(cls, state: State) -> Dead:
        """Copy them from a state."""
        return cls(state.losses.copy(), state.killed.copy(), state.us_killed.copy())

    def since(self, before: Dead) -> Dead:
        """Return the deaths since `before`."""
        return Dead(self.fighters - before.fighters, self.parties - before.parties, self.us - before.us)


def violent_events(results: Results) -> pa.Table:
    """Repeat the runs of an ensemble and return a row per event, by run and day.

    Raises InputError if the code is not that of the results.
    """
    if results.manifest["code"] != code_digest():
        raise InputError(f"{results.folder}: was made by another version of the code; its events cannot be reproduced")
    rows: list[dict[str, Any]] = []
    runs = set(results.outcomes["run"].tolist())
    size = block_runs(results.scenario.days)
    for first in range(min(runs), max(runs) + 1, size):
        block = range(first, min(first + size, max(runs) + 1))
        rows += [row for row in _of_block(results, block) if row["run"] in runs]
    rows.sort(key=lambda row: row["run"])
    for number, row in enumerate(rows):
        row["id"] = f"sim-{results.manifest['hash']}-{number}"
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _of_block(results: Results, runs: range) -> Iterator[dict[str, Any]]:
    scenario = results.scenario
    model = TheatreModel(scenario, numbers=np.array(runs), columns=results.columns(np.array(runs)))
    places = _places(model.theatre)
    before = Dead.of(model.state)
    for day in range(1, scenario.days + 1):
        model.run_to(day)
        now = Dead.of(model.state)
        dead, before = now.since(before), now
        if not (dead.parties.any() or dead.us.any()):
            continue
        event_date = scenario.start_date + timedelta(days=day)
        for sides, place, run, counts in _events(dead, places):
            yield _row(results.manifest["scenario"], runs.start + run, event_date, sides, place, counts)


def _events(dead: Dead, places: tuple[Place, ...]) -> Iterator[tuple[tuple[str, str], Place, int, tuple[int, int, int]]]:
    """Yield sides, place, index of the run in the block, and deaths of side a, of side b and of civilians."""
    for sector, place in enumerate(places[:-1]):
        for run in np.flatnonzero(dead.fighters[:, sector].any(axis=0)).tolist():
            army, sdf = dead.fighters[:, sector, run]
            yield (GOVERNMENT, SDF), place, run, (int(army), int(sdf), 0)
    unplaced = dead.parties.copy()
    unplaced[:2] -= dead.fighters.sum(axis=1)
    for run in np.flatnonzero((unplaced >= 0.5).any(axis=0)).tolist():
        army, sdf, civilians = np.rint(unplaced[:, run])
        yield (GOVERNMENT, SDF), places[-1], run, (int(army), int(sdf), int(civilians))
    for run in np.flatnonzero(dead.us).tolist():
        yield (UNITED_STATES, ISIS), places[-1], run, (int(dead.us[run]), 0, 0)


def _places(theatre: Theatre) -> tuple[Place, ...]:
    """Return the sectors in order, then the theatre."""
    sectors = [_place(theatre, theatre.sector == i, sector.key) for i, sector in enumerate(theatre.members["sectors"])]
    return (*sectors, _place(theatre, np.ones(theatre.size, bool), "the northeast"))


def _place(theatre: Theatre, selected: np.ndarray, name: str) -> Place:
    if not selected.any():
        selected = np.ones(theatre.size, bool)
    cells, grid = theatre.cells[selected], theatre.grid
    lat, lon = float(grid.lat[cells].mean()), float(grid.lon[cells].mean())
    provinces = np.unique(grid.province[cells])
    if len(provinces) > 1:
        return Place(name, None, COUNTRY_PRECISION, round(lat, 3), round(lon, 3), None)
    nearest = cells[np.argmin((grid.lat[cells] - lat) ** 2 + (grid.lon[cells] - lon) ** 2)]
    province = grid.provinces[int(provinces[0])].name
    return Place(name, province, PROVINCE_PRECISION, round(lat, 3), round(lon, 3), int(grid.priogrid[nearest]))


def _row(
    scenario: str, run: int, day: date, sides: tuple[str, str], place: Place, counts: tuple[int, int, int]
) -> dict[str, Any]:
    total = sum(counts)
    return {
        "simulated": True,
        "scenario": scenario,
        "run": run,
        "year": day.year,
        "type_of_violence": STATE_BASED,
        "conflict_name": f"simulated: {sides[0]} - {sides[1]}",
        "dyad_name": f"{sides[0]} - {sides[1]}",
        "side_a": sides[0],
        "side_b": sides[1],
        "where_prec": place.precision,
        "where_coordinates": f"centre of {place.name.replace('_', ' ')}",
        "adm_1": place.province,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "priogrid_gid": place.gid,
        "country": "Syria",
        "country_id": SYRIA,
        "region": "Middle East",
        "date_prec": 1,
        "date_start": day,
        "date_end": day,
        "deaths_a": counts[0],
        "deaths_b": counts[1],
        "deaths_civilians": counts[2],
        "deaths_unknown": 0,
        "best": total,
        "high": total,
        "low": total,
    }
