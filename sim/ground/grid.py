"""The lattice as it is read: cells, sites, towns and lines from the tables, control from a raster of letters.

Cells stand row-major from the north; PRIO-GRID cells are blocks of 5 x 5. Sources, licences and limits of every column:
docs/SOURCES.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from sim.ground.data_tables import Table
from sim.ground.errors import InputError
from sim.ground.grid_checks import check_grid, check_subdistricts
from sim.ground.lattice import COLUMNS, NORTH, ROWS, STEP, WEST, Grid, Province, Site, Town, fixed
from sim.ground.paths import data_folder
from sim.ground.user_text import read_text

HOLDER_LETTERS = "GSxTDI"
OUTSIDE = "."
BANKS = "-LR"
ALLEGIANCE_LETTERS = "012"


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
        row=fixed(row),
        col=fixed(col),
        lat=fixed(NORTH - (row + 0.5) * STEP),
        lon=fixed(WEST + (col + 0.5) * STEP),
        province=fixed(cells.codes("province", isos)),
        priogrid=fixed(cells.numbers("gid", np.int32)),
        area_km2=fixed(cells.numbers("km2", np.float32)),
        population=fixed(cells.numbers("population", np.float32)),
        road=fixed(cells.flags("road")),
        euphrates=fixed(cells.flags("euphrates")),
        khabur=fixed(cells.flags("khabur")),
        crossing=fixed(cells.flags("crossing")),
        bank=fixed(cells.codes("bank", BANKS)),
        allegiance_class=fixed(cells.codes("class", ALLEGIANCE_LETTERS)),
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
    return tuple(zip(table.texts("kind"), table.texts("name"), map(fixed, points), strict=True))


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
    return _raster(path.name, text, letters)


def read_raster(path: Path, letters: Sequence[str]) -> np.ndarray:
    """Read any raster as load_control does, from a path. Returns (cells,) int8 indices into `letters`."""
    return _raster(path.name, read_text(path), letters)


def _raster(name: str, text: str, letters: Sequence[str]) -> np.ndarray:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if not line.startswith("#")]
    while lines and not lines[-1][1].strip():
        lines.pop()
    if len(lines) != ROWS:
        raise InputError(f"{name}: expected {ROWS} rows of letters, found {len(lines)}")
    return _read_letters(name, lines, letters)


def _read_letters(name: str, lines: list[tuple[int, str]], letters: Sequence[str]) -> np.ndarray:
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
