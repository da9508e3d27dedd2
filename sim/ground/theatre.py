"""The theatre: the cells of the lattice that can change hands, and everything about them that never changes in a run.

A cell belongs to the theatre when the SDF held it, or it was contested, on the raster of the communities (the map before
the offensive) or on the raster the scenario starts from. All other cells keep their holder; next to the theatre they
matter only as ground the army already stands on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from sim.ground.lattice import HOLDERS, Grid
from sim.ground.members import Members

DAMASCUS, SDF, CONTESTED = (HOLDERS.index(name) for name in ("damascus", "sdf", "contested"))

ALLEGIANCE_CLASSES = ("other", "mixed", "kurdish_majority")
OTHER, MIXED, KURDISH = range(3)


@dataclass(frozen=True, eq=False)
class Groups:
    """Communities in groups: `of` (n,) group of each cell, `sums` (groups, n) over its communities, `sizes` (groups, 1)."""

    of: np.ndarray
    sums: csr_array
    sizes: np.ndarray

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return (n, runs): for each cell the mean of (n, runs) `values` over the communities of its group."""
        return ((self.sums @ values) / self.sizes)[self.of]


@dataclass(frozen=True, eq=False)
class Theatre:
    """Static arrays over the n theatre cells, in the lattice's order.

    Neighbour tables have shape (4, n) for north, east, south, west and index an array of n + 2 rows: row n stands for
    ground no army comes from, row n + 1 for ground Damascus holds throughout.
    """

    grid: Grid
    members: Members
    start_holder: np.ndarray  # (lattice cells,) int8 on the evening of the start
    cells: np.ndarray  # (n,) lattice index
    community: np.ndarray  # (n,) bool: SDF-held on the raster of the communities
    neighbours: np.ndarray  # (4, n) rows of the army array
    kin: np.ndarray  # (4, n) rows of a community array of n + 1 rows; row n where the neighbour is no community
    edge_km: np.ndarray  # (4, n) float32
    road_edge: np.ndarray  # (4, n) bool
    river_edge: np.ndarray  # (4, n) bool
    sector: np.ndarray  # (n,) int8 index into the members' sectors
    province: np.ndarray  # (n,) int8
    allegiance_class: np.ndarray  # (n,) int8
    area_km2: np.ndarray  # (n,) float32
    population: np.ndarray  # (n,) float32

    @property
    def size(self) -> int:
        """Number of theatre cells, n."""
        return len(self.cells)

    @cached_property
    def kin_count(self) -> np.ndarray:
        """(n, 1) float32: number of neighbours that are communities, at least 1 so that it can divide."""
        return np.maximum((self.kin < self.size).sum(axis=0), 1).astype(np.float32)[:, None]

    @cached_property
    def by_sector(self) -> csr_array:
        """(sectors, n) sums over the cells of a sector."""
        return sums(self.sector, len(self.members["sectors"]))

    @cached_property
    def by_province(self) -> csr_array:
        """(provinces, n) sums over the cells of a province."""
        return sums(self.province, len(self.grid.provinces))

    @cached_property
    def sector_area(self) -> np.ndarray:
        """(sectors, 1) km2 of the theatre in each sector, at least 1 so that it can divide."""
        return np.maximum(self.by_sector @ self.area_km2, 1.0).astype(np.float32)[:, None]

    @cached_property
    def sector_population(self) -> np.ndarray:
        """(sectors, 1) residents of the theatre in each sector, at least 1 so that it can divide."""
        return np.maximum(self.by_sector @ self.population, 1.0).astype(np.float32)[:, None]

    @cached_property
    def country_area(self) -> float:
        """Area of the whole lattice, km2."""
        return float(self.grid.area_km2.sum(dtype=np.float64))

    @cached_property
    def like_class(self) -> Groups:
        """The communities by class."""
        return self._communities_by(self.allegiance_class.astype(np.int64), len(ALLEGIANCE_CLASSES))

    @cached_property
    def like_class_in_province(self) -> Groups:
        """The communities by class and province."""
        group = self.province.astype(np.int64) * len(ALLEGIANCE_CLASSES) + self.allegiance_class
        return self._communities_by(group, len(self.grid.provinces) * len(ALLEGIANCE_CLASSES))

    def _communities_by(self, group: np.ndarray, groups: int) -> Groups:
        made = sums(group, groups)
        made.data *= self.community[made.indices]
        return Groups(group, made, np.maximum(made.sum(axis=1), 1.0).astype(np.float32)[:, None])

    def row_of(self, lattice_cell: int) -> int:
        """Return the theatre row of a lattice cell, or n when the cell is not in the theatre."""
        row = int(np.searchsorted(self.cells, lattice_cell))
        return row if row < self.size and self.cells[row] == lattice_cell else self.size

    @cached_property
    def rows(self) -> dict[str, np.ndarray]:
        """(members,) theatre row of each member of an axis of places, n where its cell is not in the theatre, by axis."""
        return {
            axis: np.array([self.row_of(member.cell) for member in members], np.int64)
            for axis, members in self.members.of.items()
        }


def sums(group: np.ndarray, groups: int) -> csr_array:
    """Return the float32 (groups, n) matrix that sums n members into their groups. CSR products are bit-safe."""
    members = len(group)
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group, minlength=groups)
    pointers = np.concatenate([[0], np.cumsum(counts)])
    return csr_array((np.ones(members, np.float32), order.astype(np.int32), pointers.astype(np.int32)), (groups, members))


def make_theatre(
    grid: Grid, start_holder: np.ndarray, community_holder: np.ndarray, sector: np.ndarray, members: Members
) -> Theatre:
    """Cut the theatre out of the lattice.

    start_holder, community_holder: (cells,) int8 holder codes of sim.ground.grid. sector: (cells,) int8 index into the
    members' sectors.
    """
    ours = np.isin(start_holder, (SDF, CONTESTED)) | np.isin(community_holder, (SDF, CONTESTED))
    cells = np.flatnonzero(ours)
    n = len(cells)
    row = np.full(grid.cells + 1, n, dtype=np.int64)
    row[cells] = np.arange(n)
    fixed_army = np.append((start_holder == DAMASCUS) & ~ours, False)
    around = grid.neighbours[:, cells]
    kin_row = row.copy()
    community = np.isin(community_holder[cells], (SDF, CONTESTED))
    kin_row[cells[~community]] = n
    return Theatre(
        grid=grid,
        members=members,
        start_holder=start_holder,
        cells=cells,
        community=community,
        neighbours=np.where(fixed_army[around], n + 1, row[around]),
        kin=kin_row[around],
        edge_km=grid.edge_km[:, cells],
        road_edge=grid.road_edge[:, cells],
        river_edge=grid.river_edge[:, cells],
        sector=sector[cells],
        province=grid.province[cells],
        allegiance_class=grid.allegiance_class[cells],
        area_km2=grid.area_km2[cells],
        population=grid.population[cells],
    )
