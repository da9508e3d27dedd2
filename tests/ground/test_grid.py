"""The lattice is what its sources say, and a damaged file is found when it is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import sim.ground.data_tables
from sim.ground.data_tables import Table
from sim.ground.errors import InputError
from sim.ground.grid import load_control, load_grid, load_lines
from sim.ground.lattice import HOLDERS
from sim.ground.paths import data_folder, scenario_folder

GRID = load_grid()
NORTHEAST = ("hasakah", "raqqa", "deir_ez_zor", "aleppo")
SDF, CONTESTED = HOLDERS.index("sdf"), HOLDERS.index("contested")


def area_of(cells: np.ndarray) -> float:
    return float(GRID.area_km2[cells].sum(dtype=np.float64))


def test_the_country_has_1839_cells_and_the_northeast_867_of_them() -> None:
    counts = {province.key: int((GRID.province == i).sum()) for i, province in enumerate(GRID.provinces)}
    assert GRID.cells == sum(counts.values()) == 1839
    assert sum(counts[key] for key in NORTHEAST) == 867
    assert len(GRID.provinces) == 14 and counts["hasakah"] == 225


def test_the_sdf_held_531_cells_on_12_january_which_is_28_5_percent_of_the_country() -> None:
    held = load_control("2026-01-12") == SDF
    assert held.sum() == 531
    assert area_of(held) == pytest.approx(53061, abs=2)
    assert area_of(held) / area_of(np.ones(GRID.cells, bool)) == pytest.approx(0.285, abs=5e-4)


def test_the_sdf_held_97_cells_on_20_january_and_12_were_contested() -> None:
    holder = load_control("2026-01-20")
    assert ((holder == SDF).sum(), (holder == CONTESTED).sum()) == (97, 12)
    assert area_of(holder == SDF) == pytest.approx(9597, abs=2)


def test_only_cells_the_sdf_held_changed_hands_between_the_two_maps() -> None:
    before, after = load_control("2026-01-12"), load_control("2026-01-20")
    assert set(before[before != after]) == {SDF}


def test_priogrid_ids_are_those_computed_by_hand() -> None:
    # Qamishli airport, 37.02 N 41.19 E: row floor(127.02 / 0.5) + 1 = 255, column floor(221.19 / 0.5) + 1 = 443.
    assert GRID.priogrid[GRID.site("qamishli_airport").cell] == (255 - 1) * 720 + 443 == 183323
    # Al-Tanf, 33.50 N 38.62 E, is on a line of PRIO-GRID; its lattice cell lies south of it: row 247, column 438.
    assert GRID.priogrid[GRID.site("al_tanf_garrison").cell] == (247 - 1) * 720 + 438 == 177558


@pytest.mark.parametrize(
    ("lat", "lon", "gid"),
    [
        pytest.param(37.05, 41.22, 183323, id="Qamishli"),
        pytest.param(36.51, 40.75, 182602, id="Hasakah"),
        pytest.param(35.95, 39.01, 181159, id="Raqqa"),
        pytest.param(35.34, 40.14, 180441, id="Deir ez-Zor"),
        pytest.param(35.41, 35.94, 180432, id="Hmeimim"),
        pytest.param(33.51, 36.29, 178273, id="Damascus"),
    ],
)
def test_priogrid_ids_of_six_places(lat: float, lon: float, gid: int) -> None:
    """Ids of Tollefsen et al. (2012): 720 columns of half a degree, counted from 1 in the south-west."""
    assert int((lat + 90) // 0.5) * 720 + int((lon + 180) // 0.5) + 1 == gid
    nearest = np.argmin((GRID.lat - lat) ** 2 + (GRID.lon - lon) ** 2)
    assert GRID.priogrid[nearest] == gid


def test_a_priogrid_cell_holds_at_most_25_cells() -> None:
    assert np.bincount(GRID.priogrid - GRID.priogrid.min()).max() == 25


def test_the_centres_in_the_file_are_those_of_rows_and_columns() -> None:
    table = Table.read("cells.tsv")
    np.testing.assert_allclose(table.numbers("lat"), GRID.lat, atol=1e-9)
    np.testing.assert_allclose(table.numbers("lon"), GRID.lon, atol=1e-9)


def test_neighbours_are_symmetric_one_step_away_and_missing_only_at_the_border() -> None:
    place = {(r, c): i for i, (r, c) in enumerate(zip(GRID.row.tolist(), GRID.col.tolist(), strict=True))}
    for side, (dr, dc) in enumerate(((-1, 0), (0, 1), (1, 0), (0, -1))):
        wanted = [place.get((r + dr, c + dc), GRID.cells) for r, c in place]
        assert GRID.neighbours[side].tolist() == wanted
        back = [GRID.neighbours[(side + 2) % 4][j] for j in wanted if j < GRID.cells]
        assert back == [i for i, j in enumerate(wanted) if j < GRID.cells]


def test_an_edge_is_11_1_km_north_to_south_and_9_km_east_to_west() -> None:
    assert GRID.edge_km[0] == pytest.approx(11.12, abs=0.01)
    assert GRID.edge_km[1][GRID.town("raqqa").cell] == pytest.approx(11.132 * np.cos(np.radians(35.95)), abs=1e-3)
    np.testing.assert_allclose(GRID.edge_km[0] * GRID.edge_km[1], GRID.area_km2, rtol=0.003)


def test_the_river_bars_every_way_between_its_banks_but_the_seven_crossings() -> None:
    crossing = set(np.flatnonzero(GRID.crossing).tolist())
    keys = ("tabqa_dam", "baath_dam", "tishrin_dam", "qara_qawzaq_bridge", "raqqa_bridges", "deir_ez_zor_bridge")
    assert crossing == {GRID.site(key).cell for key in (*keys, "mayadin_dhiban_crossing")}
    for side in range(4):
        for cell, other in enumerate(GRID.neighbours[side].tolist()):
            banks = {int(GRID.bank[cell]), int(GRID.bank[other])} if other < GRID.cells else set()
            barred = banks == {1, 2} and not {cell, other} & crossing
            assert GRID.river_edge[side, cell] == barred
    assert GRID.river_edge.sum() > 0


def test_towns_stand_on_the_bank_they_stand_on() -> None:
    left = ("kobani", "ain_issa", "qamishli", "busayrah", "kasrah", "khasham")
    right = ("deir_hafer", "maskana", "manbij", "deir_ez_zor", "mayadin", "abu_kamal", "maadan")
    assert {GRID.bank[GRID.town(key).cell] for key in left} == {1}
    assert {GRID.bank[GRID.town(key).cell] for key in right} == {2}


def test_a_road_edge_is_seen_alike_from_both_its_cells_and_needs_a_road_in_both() -> None:
    here, there = np.nonzero(GRID.road_edge)[1], GRID.neighbours[GRID.road_edge]
    assert GRID.road[here].all() and GRID.road[there].all()
    assert sorted(zip(here, there, strict=True)) == sorted(zip(there, here, strict=True))


def test_the_allegiance_class_is_a_judgement_by_subdistrict() -> None:
    of = {}
    for subdistrict, code in zip(Table.read("cells.tsv").texts("subdistrict"), GRID.allegiance_class, strict=True):
        of.setdefault(subdistrict, set()).add(int(code))
    assert all(len(classes) == 1 for classes in of.values())
    assert sum(classes == {2} for classes in of.values()) == 6


def test_every_site_and_town_has_its_key_and_a_source() -> None:
    assert (len(GRID.sites), len(GRID.towns)) == (86, 44)
    assert all(site.key.isidentifier() and site.source for site in GRID.sites)
    assert GRID.site("al_sinaa").kind == "detention"
    assert GRID.provinces[GRID.province[GRID.town("kobani").cell]].key == "aleppo"


def test_the_shared_arrays_cannot_be_written_to() -> None:
    for values in (GRID.area_km2, GRID.neighbours, GRID.edge_km, GRID.road_edge, GRID.river_edge):
        with pytest.raises(ValueError, match="read-only"):
            values[..., 0] = 0


def test_lines_run_through_the_lattice_as_longitude_and_latitude() -> None:
    kinds = {kind for kind, _, _ in load_lines()}
    points = np.concatenate([points for _, _, points in load_lines()])
    assert kinds == {"river", "road"} and points.shape[1] == 2
    assert (points.min(axis=0) >= (35.5, 32.0)).all() and (points.max(axis=0) <= (42.5, 37.5)).all()


def raster(folder: Path, row: int, col: int, letters: str) -> str:
    """Write the map of 12 January with other letters from (row, col) on; return its path."""
    lines = (data_folder() / "control-2026-01-12.txt").read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    line = lines[first + row]
    lines[first + row] = line[:col] + letters + line[col + 1 :]
    (folder / "mine.txt").write_text("\n".join(lines))
    return str(folder / "mine.txt")


@pytest.mark.parametrize(
    ("row", "col", "letters", "says"),
    [
        (2, 66, "Q", "mine.txt: line 8, column 67: 'Q' is not one of G, S, x, T, D, I"),
        (2, 66, ".", "mine.txt: line 8, column 67: '.' is not one of"),
        (0, 0, "S", "mine.txt: line 6, column 1: 'S' lies outside the country"),
        (3, 0, "", "mine.txt: line 9 has 69 letters, expected 70"),
        (3, 69, ".\n.", "mine.txt: expected 55 rows of letters, found 56"),
    ],
)
def test_a_bad_raster_is_refused_by_line_and_column(tmp_path: Path, row: int, col: int, letters: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        load_control(raster(tmp_path, row, col, letters))
    assert str(caught.value).startswith(says)


def test_a_raster_of_the_users_own_may_name_other_holders(tmp_path: Path) -> None:
    holder = load_control(raster(tmp_path, 2, 66, "x"))
    assert holder[0] == CONTESTED
    assert (holder[1:] == load_control("2026-01-12")[1:]).all()


def test_a_raster_that_is_not_there_names_the_shipped_ones() -> None:
    with pytest.raises(InputError, match=r"2026-01-13: .*shipped ones are 2026-01-12, 2026-01-20"):
        load_control("2026-01-13")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("cells.tsv", "98.4\t6585", "many\t6585", r"cells.tsv, line 4: km2 is 'many', expected a number"),
        ("cells.tsv", "2\t66\t37.25", "2.5\t66\t37.25", "line 4: row is '2.5', expected a whole number"),
        (
            "cells.tsv",
            "SY-HA\tSY080300\t183325",
            "SY-XX\tSY080300\t183325",
            "line 4: province is 'SY-XX', expected one of",
        ),
        ("cells.tsv", "\t183325\t", "\t183324\t", "a PRIO-GRID id does not fit its cell"),
        ("cells.tsv", "98.4\t6585", "89.4\t6585", "an area does not fit its latitude"),
        ("cells.tsv", "\t6585\t", "\t65850\t", "population of hasakah is off"),
        ("cells.tsv", "\tpopulation\t", "\tpeople\t", "cells.tsv: has no column population"),
        ("sites.tsv", "\tRoj camp", "", "expected 11 entries, got 10"),
        (
            "sites.tsv",
            "37.02\t41.19\t0.01\tSY-HA\t4\t56",
            "37.02\t41.19\t0.01\tSY-RA\t4\t56",
            "qamishli_airport is listed in SY-RA",
        ),
        ("sites.tsv", "37.02\t41.19\t", "36.02\t41.19\t", "qamishli_airport lies .* degrees from its cell"),
        ("sites.tsv", "hmeimim\t", "tartus\t", "sites.tsv: a key is given twice"),
        ("towns.tsv", "SY-HA\t4\t57", "SY-HA\t0\t0", "row 0, col 0 is not a cell of the country"),
    ],
)
def test_a_damaged_table_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, says: str
) -> None:
    folder = shutil.copytree(data_folder(), tmp_path / "data")
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    monkeypatch.setattr(sim.ground.data_tables, "data_folder", lambda: folder)
    with pytest.raises(ValueError, match=says):
        load_grid.__wrapped__()


def test_the_shipped_scenarios_are_found() -> None:
    assert (scenario_folder() / "baseline.toml").is_file()
