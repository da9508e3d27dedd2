"""The lattice with each cell split in four, for the proof that outcomes do not hang on the cell and for scaling figures."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cached_property

import numpy as np

from sim.ground.lattice import NEIGHBOUR_STEPS, Grid
from sim.ground.members import Members, load_sectors
from sim.ground.theatre import Theatre, make_theatre
from sim.scenario.scenario import Scenario


class FineGrid(Grid):
    """A lattice of half the step: quarters keep what their cell is, and share out its area and people."""

    @cached_property
    def neighbours(self) -> np.ndarray:
        index = np.full((int(self.row.max()) + 3, int(self.col.max()) + 3), self.cells, np.int32)
        index[self.row + 1, self.col + 1] = np.arange(self.cells)
        return np.stack([index[self.row + 1 + dr, self.col + 1 + dc] for dr, dc in NEIGHBOUR_STEPS])

    @cached_property
    def edge_km(self) -> np.ndarray:
        coarse: np.ndarray = Grid.edge_km.func(self)
        return coarse / np.float32(2.0)


def split(grid: Grid) -> tuple[FineGrid, np.ndarray]:
    """Return the lattice with each cell split in four, and (fine cells,) the cell that each was."""
    parent = np.repeat(np.arange(grid.cells), 4)
    row = 2 * grid.row[parent].astype(np.int32) + np.tile([0, 0, 1, 1], grid.cells)
    col = 2 * grid.col[parent].astype(np.int32) + np.tile([0, 1, 0, 1], grid.cells)
    order = np.lexsort((col, row))
    parent, row, col = parent[order], row[order], col[order]
    first = np.full(grid.cells, len(parent))
    np.minimum.at(first, parent, np.arange(len(parent)))
    arrays = {f.name: getattr(grid, f.name)[parent] for f in fields(Grid) if isinstance(getattr(grid, f.name), np.ndarray)}
    arrays |= {"row": row, "col": col}
    arrays |= {name: arrays[name] / np.float32(4.0) for name in ("area_km2", "population")}
    places = {
        "sites": tuple(replace(site, cell=int(first[site.cell])) for site in grid.sites),
        "towns": tuple(replace(town, cell=int(first[town.cell])) for town in grid.towns),
        "provinces": grid.provinces,
    }
    return FineGrid(**arrays, **places), parent


def moved(members: Members, cells: np.ndarray) -> Members:
    """Return the members on another lattice. cells: for each cell of the old one, the new one."""
    placed = {
        axis: tuple(replace(m, cell=int(cells[m.cell])) if m.cell >= 0 else m for m in of_axis)
        for axis, of_axis in members.of.items()
    }
    return Members(placed)


def fine_theatre(scenario: Scenario) -> Theatre:
    """Return the theatre of a scenario on the lattice with each cell split in four."""
    from sim.ground.grid import load_control, load_grid

    grid, parent = split(load_grid())
    rasters = (load_control(scenario.control), load_control(scenario.communities), load_sectors("", scenario.members))
    first = np.unique(parent, return_index=True)[1]
    return make_theatre(grid, *(raster[parent] for raster in rasters), moved(scenario.members, first))
