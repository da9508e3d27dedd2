"""The lattice: 1,839 cells of 0.1 degree in the 14 provinces of Syria, their neighbours, sites, towns and lines.

Cells stand row-major from the north; PRIO-GRID cells are blocks of 5 x 5. Sources, licences and limits of every column:
docs/SOURCES.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.ground.data_tables import Table
from sim.ground.errors import InputError
from sim.ground.grid_checks import COLUMNS, ROWS, check_grid, check_subdistricts
from sim.ground.paths import data_folder
from sim.ground.user_text import read_text

if TYPE_CHECKING:
    from scipy.sparse import csr_array

WEST, NORTH, STEP = 35.5, 37.5, 0.1
HOLDERS = ("damascus", "sdf", "contested", "turkish_backed", "druze_held", "israeli_held")
HOLDER_LETTERS = "GSxTDI"
OUTSIDE = "."
BANKS = "-LR"
ALLEGIANCE_CLASSES = "012"
KM_PER_DEGREE_NORTH, KM_PER_DEGREE_EAST = 111.2, 111.32
SIDES = ((-1, 0), (0, 1), (1, 0), (0, -1))
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
        return _fixed(np.stack([index[self.row + 1 + dr, self.col + 1 + dc] for dr, dc in SIDES]))

    @cached_property
    def edge_km(self) -> np.ndarray:
        """(4, cells) float32 km from the cell's centre to the neighbour's: 11.1 north-south, about 9.0 east-west."""
        north = np.full(self.cells, KM_PER_DEGREE_NORTH * STEP)
        east = KM_PER_DEGREE_EAST * np.cos(np.radians(self.lat)) * STEP
        return _fixed(np.stack([north, east, north, east]).astype(np.float32))

    @cached_property
    def road_edge(self) -> np.ndarray:
        """(4, cells) bool: a listed road runs through both cells."""
        return _fixed(self.road & self._of_neighbours(self.road, False))

    @cached_property
    def river_edge(self) -> np.ndarray:
        """(4, cells) bool: the edge crosses the Euphrates where neither cell has a dam or bridge."""
        other = self._of_neighbours(self.bank, 0)
        banks_differ = (self.bank > 0) & (other > 0) & (self.bank != other)
        return _fixed(banks_differ & ~self.crossing & ~self._of_neighbours(self.crossing, False))

    @cached_property
    def _by_province(self) -> csr_array:
        from scipy.sparse import csr_array  # here, so that reading the lattice needs numpy alone

        order = np.argsort(self.province, kind="stable")
        pointers = np.searchsorted(self.province[order], np.arange(len(self.provinces) + 1))
        return csr_array((np.ones(self.cells, np.float32), order, pointers), (len(self.provinces), self.cells))

    def sum_by_province(self, values: np.ndarray) -> np.ndarray:
        """Return (provinces, ...) sums of (cells, ...) values."""
        return self._by_province @ values

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


@cache
def load_grid() -> Grid:
    """Read the lattice and check it; its arrays cannot be written to, since every model shares them.

    Raises ValueError naming file and line, or what does not hold, when a data file is not what it should be.
    """
    provinces = _provinces(Table.read("provinces.tsv"))
    cells, towns = Table.read("cells.tsv"), Table.read("towns.tsv")
    isos = [province.iso for province in provinces]
    row, col = cells.numbers("row", np.int16), cells.numbers("col", np.int16)
    at = {place: index for index, place in enumerate(zip(row.tolist(), col.tolist(), strict=True))}
    grid = Grid(
        row=_fixed(row),
        col=_fixed(col),
        lat=_fixed(NORTH - (row + 0.5) * STEP),
        lon=_fixed(WEST + (col + 0.5) * STEP),
        province=_fixed(cells.codes("province", isos)),
        priogrid=_fixed(cells.numbers("gid", np.int32)),
        area_km2=_fixed(cells.numbers("km2", np.float32)),
        population=_fixed(cells.numbers("population", np.float32)),
        road=_fixed(cells.flags("road")),
        euphrates=_fixed(cells.flags("euphrates")),
        khabur=_fixed(cells.flags("khabur")),
        crossing=_fixed(cells.flags("crossing")),
        bank=_fixed(cells.codes("bank", BANKS)),
        allegiance_class=_fixed(cells.codes("class", ALLEGIANCE_CLASSES)),
        provinces=provinces,
        sites=_sites(Table.read("sites.tsv"), at, isos),
        towns=_towns(towns, at),
    )
    check_grid(grid)
    check_subdistricts(grid, cells.texts("subdistrict"), towns.texts("subdistrict"))
    return grid


@cache
def load_lines() -> tuple[tuple[str, str, np.ndarray], ...]:
    """Return (kind, name, (points, 2) lon and lat) of the coarse roads and rivers; kind is road or river."""
    table = Table.read("lines.tsv")
    points = (np.array([point.split(",") for point in line.split()], float) for line in table.texts("points"))
    return tuple(zip(table.texts("kind"), table.texts("name"), map(_fixed, points), strict=True))


def load_control(name_or_path: str, letters: str = HOLDER_LETTERS) -> np.ndarray:
    """Read a control raster: a shipped one by its date, or the user's own by path.

    Returns (cells,) int8 indices into `letters`, which are those of HOLDERS, or the classes of allegiance. The file has 55
    rows of 70 of them, "." outside the country; lines that begin with # are comments. Raises InputError naming line and
    column.
    """
    shipped = data_folder() / f"control-{name_or_path}.txt"
    path = shipped if shipped.is_file() else Path(name_or_path)
    try:
        text = read_text(path)
    except InputError as error:
        known = ", ".join(sorted(p.stem.removeprefix("control-") for p in data_folder().glob("control-*.txt")))
        raise InputError(f"{error}; shipped ones are {known}") from None
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if not line.startswith("#")]
    while lines and not lines[-1][1].strip():
        lines.pop()
    if len(lines) != ROWS:
        raise InputError(f"{path.name}: expected {ROWS} rows of letters, found {len(lines)}")
    return _read_letters(path.name, lines, letters)


def _read_letters(name: str, lines: list[tuple[int, str]], letters: str) -> np.ndarray:
    for number, line in lines:
        if len(line) != COLUMNS:
            raise InputError(f"{name}: line {number} has {len(line)} letters, expected {COLUMNS}")
    grid = load_grid()
    signs = np.array([list(line) for _, line in lines])
    cells, codes = signs[grid.row, grid.col], np.full(grid.cells, -1, np.int8)
    for code, letter in enumerate(letters):
        codes[cells == letter] = code
    for index in np.flatnonzero(codes < 0)[:1]:
        row, col = grid.row[index], grid.col[index]
        wanted = ", ".join(letters)
        raise InputError(f"{name}: line {lines[row][0]}, column {col + 1}: {lines[row][1][col]!r} is not one of {wanted}")
    stray = signs != OUTSIDE
    stray[grid.row, grid.col] = False
    for row, col in np.argwhere(stray)[:1]:
        raise InputError(f"{name}: line {lines[row][0]}, column {col + 1}: {lines[row][1][col]!r} lies outside the country")
    return codes


def _provinces(table: Table) -> tuple[Province, ...]:
    names = (table.texts(name) for name in ("iso", "pcode", "key", "name", "letter"))
    area, population = table.numbers("area_ne").tolist(), table.numbers("population").tolist()
    rows = zip(*names, area, table.numbers("cells", int).tolist(), population, strict=True)
    return tuple(Province(*row) for row in rows)


def _sites(table: Table, at: dict[tuple[int, int], int], isos: list[str]) -> tuple[Site, ...]:
    names = (table.texts(name) for name in ("key", "name", "kind"))
    numbers = (table.numbers(name).tolist() for name in ("lat", "lon", "precision"))
    iso = [isos[index] for index in table.codes("province", isos)]
    notes = (table.texts("note"), table.texts("source"))
    rows = zip(*names, *numbers, iso, _cells_of(table, at), *notes, strict=True)
    return tuple(Site(*row) for row in rows)


def _towns(table: Table, at: dict[tuple[int, int], int]) -> tuple[Town, ...]:
    names = (table.texts(name) for name in ("key", "name"))
    numbers = (table.numbers(name).tolist() for name in ("lat", "lon"))
    rows = zip(*names, *numbers, _cells_of(table, at), strict=True)
    return tuple(Town(*row) for row in rows)


def _cells_of(table: Table, at: dict[tuple[int, int], int]) -> list[int]:
    places = list(zip(table.numbers("row", int).tolist(), table.numbers("col", int).tolist(), strict=True))
    for line, (row, col) in zip(table.lines, places, strict=True):
        if (row, col) not in at:
            raise ValueError(f"{table.name}, line {line}: row {row}, col {col} is not a cell of the country")
    return [at[place] for place in places]


def _fixed(values: np.ndarray) -> np.ndarray:
    values.setflags(write=False)
    return values
