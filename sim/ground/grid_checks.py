"""Checks of the lattice at load, so that an accidentally changed data file is reported before a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.ground.lattice import COLUMNS, ROWS, Grid

CELLS = 1839
NORTHEAST = ("hasakah", "raqqa", "deir_ez_zor", "aleppo")
NORTHEAST_CELLS = 867
AREA_TOLERANCE = 0.05
COARSE_TOLERANCE = {"tartus": 0.15, "quneitra": 0.3, "damascus": np.inf}
"""Small provinces, whose outline the lattice cannot follow (docs/SOURCES.md)."""

POPULATION, POPULATION_TOLERANCE = 21.3e6, 0.005
CROSSINGS = 7
NEAREST_CELL = 0.1
"""Degrees of latitude or longitude: half a cell, plus half a cell for a place just outside the country's cells."""
ACROSS_THE_LINE = {"abu_al_duhur_air_base": "SY-HL", "mezzeh_air_base": "SY-RD"}
"""Sites whose cell has its centre across the boundary, in the next province."""

IN_A_CELL_OF_ANOTHER = {"shuhayl": "SY090102"}
"""Towns that share a cell with a town of another sub-district: the location of Busayrah is better known than Shuhayl's."""


def check_grid(grid: Grid) -> None:
    """Raise ValueError with the first check that fails."""
    _must(grid.cells == CELLS, f"cells.tsv: expected {CELLS} cells, got {grid.cells}")
    inside = (grid.row >= 0) & (grid.row < ROWS) & (grid.col >= 0) & (grid.col < COLUMNS)
    _must(bool(inside.all()), "cells.tsv: a cell lies outside the lattice")
    order = grid.row.astype(int) * COLUMNS + grid.col
    _must(bool((np.diff(order) > 0).all()), "cells.tsv: cells are not row-major or not unique")
    fits = np.array_equal(grid.priogrid, priogrid_id(grid.lat, grid.lon))
    _must(fits, "cells.tsv: a PRIO-GRID id does not fit its cell")
    box = grid.edge_km[0] * grid.edge_km[1]
    _must(bool((np.abs(grid.area_km2 / box - 1) < 0.005).all()), "cells.tsv: an area does not fit its latitude")
    _check_neighbours(grid)
    _check_provinces(grid)
    _check_places(grid)


def _check_places(grid: Grid) -> None:
    for kind, items in (("sites.tsv", grid.sites), ("towns.tsv", grid.towns)):
        keys = [item.key for item in items]
        _must(len(set(keys)) == len(keys), f"{kind}: a key is given twice")
        for item in items:
            off = max(abs(item.lat - grid.lat[item.cell]), abs(item.lon - grid.lon[item.cell]))
            _must(off <= NEAREST_CELL, f"{kind}: {item.key} lies {off:.2f} degrees from its cell's centre")
    for site in grid.sites:
        actual = grid.provinces[grid.province[site.cell]].iso
        expected = ACROSS_THE_LINE.get(site.key, site.province)
        _must(actual == expected, f"sites.tsv: {site.key} is listed in {site.province}, its cell is in {actual}")


def check_subdistricts(grid: Grid, of_cells: Sequence[str], of_towns: Sequence[str]) -> None:
    """Raise ValueError if a town's cell is assigned to another sub-district, or a sub-district to two allegiance classes.

    of_cells, of_towns: the P-code of each cell's and each town's sub-district.
    """
    for town, expected in zip(grid.towns, of_towns, strict=True):
        actual = of_cells[town.cell]
        fits = actual == IN_A_CELL_OF_ANOTHER.get(town.key, expected)
        _must(fits, f"towns.tsv: {town.key} is in sub-district {expected}, its cell in {actual}")
    classes: dict[str, int] = {}
    for pcode, code in zip(of_cells, grid.allegiance_class.tolist(), strict=True):
        _must(classes.setdefault(pcode, code) == code, f"cells.tsv: sub-district {pcode} has two allegiance classes")


def priogrid_id(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Return the id of the 0.5 degree PRIO-GRID cell: counted from the south pole and 180 W, both from 1."""
    rows = np.floor((lat + 90.0) / 0.5).astype(np.int32)
    columns = np.floor((lon + 180.0) / 0.5).astype(np.int32)
    return rows * 720 + columns + 1


def _check_neighbours(grid: Grid) -> None:
    for side in range(4):
        neighbour = grid.neighbours[side]
        inside = neighbour < grid.cells
        back = grid.neighbours[(side + 2) % 4][neighbour[inside]]
        _must(np.array_equal(back, np.flatnonzero(inside)), "cells.tsv: neighbours are not symmetric")


def _check_provinces(grid: Grid) -> None:
    area = np.bincount(grid.province, grid.area_km2, len(grid.provinces))
    population = np.bincount(grid.province, grid.population, len(grid.provinces))
    for index, province in enumerate(grid.provinces):
        count = int((grid.province == index).sum())
        _must(count == province.cells, f"cells.tsv: {province.key} has {count} cells, expected {province.cells}")
        off = abs(float(area[index]) / province.area_natural_earth - 1.0)
        limit = COARSE_TOLERANCE.get(province.key, AREA_TOLERANCE)
        _must(off <= limit, f"cells.tsv: area of {province.key} is off by {off:.1%}")
        if province.key in NORTHEAST:
            lost = abs(float(population[index]) / province.population - 1.0)
            _must(lost <= 0.01, f"cells.tsv: population of {province.key} is off by {lost:.1%}")
    _must(int(grid.crossing.sum()) == CROSSINGS, f"cells.tsv: expected {CROSSINGS} crossings of the Euphrates")
    total = float(population.sum()) / POPULATION - 1.0
    _must(abs(total) <= POPULATION_TOLERANCE, f"cells.tsv: population of the country is off by {total:.1%}")
    northeast = np.isin(grid.province, [grid.province_index(key) for key in NORTHEAST])
    _must(int(northeast.sum()) == NORTHEAST_CELLS, "cells.tsv: the four northeastern provinces lost cells")


def _must(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)
