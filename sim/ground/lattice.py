"""The lattice: 1,839 cells of 0.1 degree in the 14 provinces of Syria, their neighbours, sites and towns.

Cells stand row-major from the north; PRIO-GRID cells are blocks of 5 x 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

ROWS, COLUMNS = 55, 70
WEST, NORTH, STEP = 35.5, 37.5, 0.1
HOLDERS = ("damascus", "sdf", "contested", "turkish_backed", "druze_held", "israeli_held")
KM_PER_DEGREE_NORTH, KM_PER_DEGREE_EAST = 111.2, 111.32
NEIGHBOUR_STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""Steps in (row, column) to the neighbours in the north, east, south and west."""


@dataclass(frozen=True)
class Province:
    """A governorate: ISO 3166-2, OCHA P-code, an identifier, and published figures (km2, persons of 2016)."""

    iso: str
    pcode: str
    key: str
    name: str
    letter: str
    area_natural_earth: float
    cells: int
    population: float


@dataclass(frozen=True)
class Site:
    """A base, prison, camp, field, dam, bridge, airport, crossing or junction, and its lattice cell."""

    key: str
    name: str
    kind: str
    lat: float
    lon: float
    precision: float
    province: str
    cell: int
    note: str
    source: str


@dataclass(frozen=True)
class Town:
    """A town and its lattice cell."""

    key: str
    name: str
    lat: float
    lon: float
    cell: int


@dataclass(frozen=True, eq=False)
class Grid:
    """Static arrays over the lattice cells; side tables have shape (4, cells) for north, east, south, west."""

    row: np.ndarray  # (cells,) int16
    col: np.ndarray  # (cells,) int16
    lat: np.ndarray  # (cells,) float64, centre
    lon: np.ndarray  # (cells,) float64, centre
    province: np.ndarray  # (cells,) int8 index into provinces
    priogrid: np.ndarray  # (cells,) int32 PRIO-GRID id
    area_km2: np.ndarray  # (cells,) float32
    population: np.ndarray  # (cells,) float32, 2016
    road: np.ndarray  # (cells,) bool
    euphrates: np.ndarray  # (cells,) bool
    khabur: np.ndarray  # (cells,) bool
    crossing: np.ndarray  # (cells,) bool: a dam or bridge over the Euphrates
    bank: np.ndarray  # (cells,) int8: 0 none, 1 left, 2 right of the Euphrates
    allegiance_class: np.ndarray  # (cells,) int8: 0 Arab or other majority, 1 mixed, 2 Kurdish majority
    provinces: tuple[Province, ...]
    sites: tuple[Site, ...]
    towns: tuple[Town, ...]

    @property
    def cells(self) -> int:
        """Number of cells in the country."""
        return len(self.row)

    @cached_property
    def neighbours(self) -> np.ndarray:
        """(4, cells) int32 index of the neighbour, `cells` where there is none."""
        index = np.full((ROWS + 2, COLUMNS + 2), self.cells, np.int32)
        index[self.row + 1, self.col + 1] = np.arange(self.cells)
        return fixed(np.stack([index[self.row + 1 + dr, self.col + 1 + dc] for dr, dc in NEIGHBOUR_STEPS]))

    @cached_property
    def edge_km(self) -> np.ndarray:
        """(4, cells) float32 km from the cell's centre to the neighbour's: 11.1 north-south, about 9.0 east-west."""
        north = np.full(self.cells, KM_PER_DEGREE_NORTH * STEP)
        east = KM_PER_DEGREE_EAST * np.cos(np.radians(self.lat)) * STEP
        return fixed(np.stack([north, east, north, east]).astype(np.float32))

    @cached_property
    def road_edge(self) -> np.ndarray:
        """(4, cells) bool: a listed road runs through both cells."""
        return fixed(self.road & self._of_neighbours(self.road, False))

    @cached_property
    def river_edge(self) -> np.ndarray:
        """(4, cells) bool: the edge crosses the Euphrates where neither cell has a dam or bridge."""
        other = self._of_neighbours(self.bank, 0)
        banks_differ = (self.bank > 0) & (other > 0) & (self.bank != other)
        return fixed(banks_differ & ~self.crossing & ~self._of_neighbours(self.crossing, False))

    def site(self, key: str) -> Site:
        """Return the site of that key. Raises KeyError."""
        return self._sites[key]

    def town(self, key: str) -> Town:
        """Return the town of that key. Raises KeyError."""
        return self._towns[key]

    def province_index(self, key: str) -> int:
        """Return the index of the province of that key, such as hasakah. Raises KeyError."""
        return self._provinces[key]

    @cached_property
    def _sites(self) -> dict[str, Site]:
        return {site.key: site for site in self.sites}

    @cached_property
    def _towns(self) -> dict[str, Town]:
        return {town.key: town for town in self.towns}

    @cached_property
    def _provinces(self) -> dict[str, int]:
        return {province.key: index for index, province in enumerate(self.provinces)}

    def _of_neighbours(self, values: np.ndarray, nowhere: object) -> np.ndarray:
        return np.append(values, values.dtype.type(nowhere))[self.neighbours]


def fixed(values: np.ndarray) -> np.ndarray:
    """Return an array that cannot be written to any more, since every model shares it."""
    values.setflags(write=False)
    return values
