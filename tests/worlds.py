"""Small theatres for the tests of the core: a random patch of the lattice, a road through open country, a mixed crowd."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from sim.draws import Draws
from sim.ground.grid import load_grid
from sim.ground.lattice import HOLDERS
from sim.ground.members import load_sectors
from sim.ground.theatre import CONTESTED, DAMASCUS, KURDISH, MIXED, OTHER, SDF, Theatre, make_theatre
from sim.registry import load_scenario, registry
from sim.scenario.scenario import Scenario
from sim.scenario.settings import Settings
from sim.state.orders import Orders
from sim.state.start import initial_state
from sim.state.state import State, sizes
from sim.state.values import as_arrays
from tests.shipped import MEMBERS, SECTORS

DEIR_EZ_ZOR = 3
"""Sector of every cell of the strip and of the crowd."""


@cache
def baseline() -> Scenario:
    return load_scenario("baseline")


def random_theatre(seed: int, rows: int = 9, columns: int = 12) -> Theatre:
    """Return a patch of the northeast with holders, communities and classes at random; Damascus holds some ground in it."""
    random, grid = np.random.default_rng(seed), load_grid()
    north, west = random.integers(2, 22 - rows), random.integers(36, 62 - columns)
    inside = (grid.row >= north) & (grid.row < north + rows) & (grid.col >= west) & (grid.col < west + columns)
    outside = np.array([DAMASCUS, HOLDERS.index("turkish_backed")], np.int8)
    holder = random.choice(outside, grid.cells, p=(0.6, 0.4))
    communities = holder.copy()
    holder[inside] = random.choice(np.array([DAMASCUS, SDF, CONTESTED], np.int8), inside.sum(), p=(0.1, 0.85, 0.05))
    communities[inside] = np.where(random.random(inside.sum()) < 0.9, SDF, holder[inside])
    theatre = make_theatre(grid, holder, communities, load_sectors("", MEMBERS), MEMBERS)
    classes = random.choice(np.array([OTHER, MIXED, KURDISH], np.int8), theatre.size, p=(0.6, 0.2, 0.2))
    return replace(theatre, allegiance_class=classes)


def small_war(seed: int) -> Theatre:
    """Return a random theatre whose columns are dealt out among all sectors, the pocket too, so that wars begin in it."""
    theatre = random_theatre(seed)
    column = theatre.grid.col[theatre.cells] - theatre.grid.col[theatre.cells].min()
    dealt = np.random.default_rng(seed).permutation(len(SECTORS)).astype(np.int8)
    return replace(theatre, sector=dealt[column * len(SECTORS) // (column.max() + 1)])


def crowd(people: int) -> Theatre:
    """Return `people` communities of one class in one province, without neighbours: a well-mixed population."""
    nowhere = np.full((4, people), people)
    return Theatre(
        grid=load_grid(),
        members=MEMBERS,
        start_holder=np.full(max(people, load_grid().cells), SDF, np.int8),
        cells=np.arange(people),
        community=np.ones(people, bool),
        neighbours=nowhere,
        kin=nowhere,
        edge_km=np.full((4, people), 10.0, np.float32),
        road_edge=np.zeros((4, people), bool),
        river_edge=np.zeros((4, people), bool),
        sector=np.full(people, DEIR_EZ_ZOR, np.int8),
        province=np.zeros(people, np.int8),
        allegiance_class=np.zeros(people, np.int8),
        area_km2=np.ones(people, np.float32),
        population=np.ones(people, np.float32),
    )


def strip(cells: int, edge_km: float, road: bool = False) -> Theatre:
    """Return a row of communities from west to east; west of the first stands Damascus's ground."""
    neighbours = np.full((4, cells), cells)
    neighbours[1, :-1] = np.arange(1, cells)
    neighbours[3, 1:] = np.arange(cells - 1)
    kin = neighbours.copy()
    neighbours[3, 0] = cells + 1
    return replace(
        crowd(cells),
        neighbours=neighbours,
        kin=kin,
        edge_km=np.full((4, cells), edge_km, np.float32),
        road_edge=np.full((4, cells), road),
    )


def relabelled(theatre: Theatre, order: np.ndarray) -> Theatre:
    """Return the same ground with its cells listed in another order, (n,) of the old rows.

    Sites and towns are found by the order of the lattice: only for processes that know of none.
    """
    n = theatre.size
    new_row = np.concatenate([np.argsort(order), [n, n + 1]])
    by_cell = ("cells", "community", "sector", "province", "allegiance_class", "area_km2", "population")
    changed: dict[str, Any] = {name: getattr(theatre, name)[order] for name in by_cell}
    changed |= {name: getattr(theatre, name)[:, order] for name in ("edge_km", "road_edge", "river_edge")}
    changed |= {name: new_row[getattr(theatre, name)[:, order]] for name in ("neighbours", "kin")}
    return replace(theatre, **changed)


def evening(theatre: Theatre, runs: int) -> tuple[State, Orders]:
    """Return the baseline's first evening on a theatre, and orders of nothing."""
    return initial_state(theatre, Settings(baseline())["start"], runs), Orders.zeros(sizes(theatre, runs))


def draws(runs: int, seed: int = 1) -> Draws:
    return Draws(seed, range(runs))


def rates(section: str, **changed: Any) -> Any:
    """Return the baseline's values of a section, with some changed, as a block of runs reads them."""
    return as_arrays(replace(baseline()[section], **changed), section, {}, registry().choices)
