"""The world as plain lists, and what is read off the ground: who stands where, how much of it is whose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.ground.theatre import KURDISH, OTHER, Theatre
from sim.state.state import ARMY, FIGHTERS, NEVER, RECENT_DAYS
from tests.reference.chance import F
from tests.reference.state import Run
from tests.shipped import INSURGENT_PROVINCES, SECTORS


@dataclass(frozen=True)
class Edge:
    """One side of a cell: rows of the army's and of the communities' arrays beyond it, km, road, river."""

    army: int
    kin: int
    km: np.float32
    road: bool
    river: bool


class World:
    """A theatre as lists over its cells."""

    def __init__(self, theatre: Theatre) -> None:
        self.theatre, self.grid, self.n = theatre, theatre.grid, theatre.size
        self.cells = range(self.n)
        self.sector, self.province = theatre.sector.tolist(), theatre.province.tolist()
        self.allegiance_class, self.community = theatre.allegiance_class.tolist(), theatre.community.tolist()
        self.area, self.population = list(theatre.area_km2), list(theatre.population)
        self.provinces = [province.key for province in self.grid.provinces]
        self.rows = {int(cell): row for row, cell in enumerate(theatre.cells)}
        insurgent = [self.provinces.index(key) for key in INSURGENT_PROVINCES]
        self.counted = [[i for i in self.cells if self.province[i] == index] for index in insurgent] + [list(self.cells)]
        self.edges = [
            [
                Edge(
                    int(theatre.neighbours[side, i]),
                    int(theatre.kin[side, i]),
                    theatre.edge_km[side, i],
                    bool(theatre.road_edge[side, i]),
                    bool(theatre.river_edge[side, i]),
                )
                for side in range(4)
            ]
            for i in self.cells
        ]
        self.army_at_start = [bool(holder == 0) for holder in self.theatre.start_holder[: self.grid.cells]]
        self.of_sector = [[i for i in self.cells if self.sector[i] == s] for s in range(len(SECTORS))]
        self.of_province = [[i for i in self.cells if self.province[i] == p] for p in range(len(self.provinces))]
        self.country_area = sum(float(area) for area in self.grid.area_km2)
        self.sector_area = [self._total(self.area, s) for s in range(len(SECTORS))]
        self.sector_population = [self._total(self.population, s) for s in range(len(SECTORS))]

    def _total(self, of: list[np.float32], sector: int) -> np.float32:
        return max(added(of[i] for i in self.cells if self.sector[i] == sector), F(1.0))

    def of_ours(self) -> float:
        """Return the communities' ground as a share of the country."""
        return sum(float(self.area[i]) for i in self.cells if self.community[i]) / self.country_area

    def row_at(self, lattice_cell: int) -> int | None:
        """Return the theatre row of a lattice cell, None outside the theatre."""
        return self.rows.get(lattice_cell)

    def site_row(self, key: str) -> int | None:
        return self.row_at(self.grid.site(key).cell)

    def army_at(self, run: Run, lattice_cell: int) -> bool:
        """Say whether Damascus's forces stand in a lattice cell."""
        row = self.row_at(lattice_cell)
        if row is None:
            return bool(self.theatre.start_holder[lattice_cell] == 0)
        return bool(run.army[row] > 0)

    def army_everywhere(self, run: Run) -> list[bool]:
        """Say of each lattice cell whether Damascus's forces stand in it."""
        whose = list(self.army_at_start)
        for lattice_cell, row in self.rows.items():
            whose[lattice_cell] = bool(run.army[row] > 0)
        return whose


def added(numbers: object) -> np.float32:
    """Add up one by one in single precision."""
    total = F(0.0)
    for number in numbers:
        total = total + number
    return total


def free(run: Run, cell: int) -> bool:
    """Say whether no army stands in the theatre cell."""
    return bool(run.army[cell] == 0)


def survey(world: World, run: Run) -> None:
    """Sum up the ground, cell by cell."""
    arab = 0
    for sector in range(len(SECTORS)):
        mine = world.of_sector[sector]
        held = [i for i in mine if free(run, i)]
        run.held_area[sector] = added(world.area[i] for i in held)
        run.held_people[sector] = added(world.population[i] for i in held)
        run.gone_people[sector] = added(world.population[i] for i in mine if run.gone_over[i] > 0)
        run.front_cells[sector] = sum(in_front(world, run, i) for i in mine)
        arab += sum(world.community[i] and world.allegiance_class[i] == OTHER for i in held)
    run.held_arab = arab
    for province in range(len(world.provinces)):
        run.held_cells[province] = sum(free(run, i) for i in world.of_province[province])
    for index, cells in enumerate(world.counted):
        run.taken_cells[index] = sum(bool(run.taken_on[i] != NEVER) for i in cells)


def in_front(world: World, run: Run, cell: int) -> bool:
    """Say whether the cell is under attack, beside the army, and its community holds."""
    if not run.fighting[world.sector[cell]] or (world.allegiance_class[cell] == KURDISH and not run.assault_core):
        return False
    beside = any(run.army[edge.army] > 0 for edge in world.edges[cell])
    return bool(beside and run.gone_over[cell] == 0 and free(run, cell))


def close_evening(run: Run) -> None:
    """Remember the evening's count of cells taken."""
    run.taken_cells_then[run.day % RECENT_DAYS] = run.taken_cells


def taken_in_the_last(world: World, run: Run, days: float) -> list[int]:
    """Return the cells taken today or in the last whole `days`, by insurgent province and in all."""
    first, taken_on = run.day - int(days), run.taken_on.tolist()
    return [sum(taken_on[i] >= first for i in cells) for cells in world.counted]


def sdf_share(world: World, run: Run) -> np.float32:
    """Return the SDF-held and contested ground as a share of the country."""
    return added(run.held_area) / world.country_area


def fighters_left(world: World, run: Run, side: int, sector: int) -> np.float32:
    """Return a side's fighters in a sector: the first evening's, less losses and the units gone over with their people."""
    left = run.strength[side, sector] - run.losses[side, sector]
    if side == FIGHTERS:
        left = left - run.gone_people[sector] / world.sector_population[sector] * run.leavers[sector]
    assert side in (ARMY, FIGHTERS)
    return max(left, F(0.0))


def share_not_the_sdfs(world: World, run: Run, province: str) -> np.float32:
    """Return the share of a whole province's cells that the SDF does not hold, contested cells counted as held."""
    index = world.provinces.index(province)
    cells = int((world.grid.province == index).sum())
    return F(1.0) - run.held_cells[index] / cells
