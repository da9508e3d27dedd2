"""Every place of the record lies in its own sub-district and with the holder that the record names, on both maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.ground.data_tables import Table
from sim.ground.grid import load_control, load_grid
from sim.ground.grid_checks import check_subdistricts
from sim.ground.lattice import HOLDERS
from sim.ground.members import load_sectors
from sim.ground.theatre import make_theatre
from tests.shipped import ASSETS, CUSTODY_SITES, MEMBERS, POCKET, SECTORS, US_BASES

GRID = load_grid()
MAPS = {day: load_control(day) for day in ("2026-01-12", "2026-01-20")}

HELD = {  # place -> holders the record allows on 12 and on 20 January, and the row that says so
    "qamishli": ("sdf", "sdf", "facts section 3"),
    "amuda": ("sdf", "sdf", "facts section 3"),
    "darbasiyah": ("sdf", "sdf", "facts section 3"),
    "qahtaniyah": ("sdf", "sdf", "facts section 3"),
    "malikiyah": ("sdf", "sdf", "facts section 3"),
    "tell_tamr": ("sdf", "sdf", "facts section 3"),
    "hasakah": ("sdf", "sdf", "facts section 3"),
    "kobani": ("sdf", "sdf", "facts section 3, a31"),
    "rmelan": ("sdf", "sdf", "facts 2.5, section 3: still SDF-held on 28 January"),
    "suwaydiyah": ("sdf", "sdf", "facts 2.5: still SDF-held on 28 January"),
    "semalka": ("sdf", "sdf", "facts 2.5"),
    "roj": ("sdf", "sdf", "facts section 3"),
    "qamishli_airport": ("sdf", "sdf", "facts section 3, a40: once it holds Hasakah"),
    "al_sinaa": ("sdf", "sdf", "facts 2.2"),
    "panorama": ("sdf", "sdf", "facts 2.2"),
    "malikiyah_prison": ("sdf", "sdf", "facts 2.2, section 3"),
    "alaya": ("sdf", "sdf", "facts 2.2, section 3"),
    "tell_brak": ("sdf", "sdf contested damascus", "facts section 3: contested or tribal"),
    "tell_hamis": ("sdf", "sdf contested damascus", "facts section 3: contested or tribal"),
    "yarubiyah": ("sdf", "sdf contested damascus", "facts section 3, 2.5: contested"),
    "al_hol": ("sdf", "contested damascus", "facts 2.2: SDF until 20 January, then the state"),
    "al_aqtan": ("sdf", "contested damascus", "facts section 3: SDF-held in a cell of Damascus's until 23 January"),
    "shaddadi": ("sdf", "damascus", "facts a32"),
    "shaddadi_prison": ("sdf", "damascus", "facts a32"),
    "raqqa": ("sdf", "damascus", "facts a28"),
    "tabqa": ("sdf", "damascus", "facts a27"),
    "tabqa_dam": ("sdf", "damascus", "facts a27"),
    "baath_dam": ("sdf", "damascus", "facts a27"),
    "tishrin_dam": ("sdf", "damascus", "facts 2.5: 18-20 January"),
    "deir_hafer": ("sdf", "damascus", "facts a26"),
    "maskana": ("sdf", "damascus", "facts a26"),
    "jirah_air_base": ("sdf", "damascus", "facts a26"),
    "al_omar": ("sdf", "damascus", "facts a29, 2.5"),
    "al_tanak": ("sdf", "damascus", "facts 2.5: all fields of Deir ez-Zor"),
    "al_jafra": ("sdf", "damascus", "facts 2.5: all fields of Deir ez-Zor"),
    "conoco": ("sdf", "damascus", "facts a29, 2.5"),
    "ras_al_ayn": ("turkish_backed", "turkish_backed", "facts section 3: since 2019"),
    "tell_abyad": ("turkish_backed", "turkish_backed", "facts section 3: since 2019"),
}  # fmt: skip

CLASSES = {  # SOURCES.md: the judgement by sub-district; all others are 0
    2: {"SY080300", "SY080301", "SY080202", "SY080203", "SY080401", "SY020600"},
    1: {"SY080200", "SY080000", "SY080001", "SY080400", "SY020602", "SY020601", "SY110200"},
}
AFRIN = "SY0203"


def cell_of(key: str) -> int:
    towns = {town.key: town.cell for town in GRID.towns}
    return towns[key] if key in towns else GRID.site(key).cell


@pytest.mark.parametrize("key", HELD)
def test_the_maps_give_a_place_to_the_holder_of_the_record(key: str) -> None:
    for holders, day in zip(HELD[key], MAPS, strict=False):
        assert HOLDERS[MAPS[day][cell_of(key)]] in holders.split(), (day, HELD[key][2])


def test_every_prison_camp_and_asset_of_the_model_is_among_them() -> None:
    """But Jibsah, taken "by 24 January" (facts 2.5), and the US bases, whose holder on 20 January no row gives."""
    assert set(CUSTODY_SITES) | set(ASSETS) - {"jibsah"} <= set(HELD)
    assert all(MAPS["2026-01-12"][cell_of(key)] == HOLDERS.index("sdf") for key in US_BASES if key != "al_tanf_garrison")


def test_a_town_lies_in_a_cell_of_its_own_subdistrict() -> None:
    of_cells, of_towns = (Table.read(name).texts("subdistrict") for name in ("cells.tsv", "towns.tsv"))
    check_subdistricts(GRID, of_cells, of_towns)
    wrong = {town.key for town, wanted in zip(GRID.towns, of_towns, strict=True) if of_cells[town.cell] != wanted}
    assert wrong == {"shuhayl"}, "which shares its cell with Busayrah"


def test_the_class_of_a_cell_is_that_of_its_subdistrict() -> None:
    for pcode, found in zip(Table.read("cells.tsv").texts("subdistrict"), GRID.allegiance_class, strict=True):
        wanted = 1 if pcode.startswith(AFRIN) else next((code for code, units in CLASSES.items() if pcode in units), 0)
        assert found == wanted, pcode
    assert [GRID.allegiance_class[cell_of(key)] for key in ("rmelan", "jawadiyah", "yarubiyah")] == [2, 2, 0]


def test_a_town_in_another_subdistrict_and_a_subdistrict_of_two_classes_are_found() -> None:
    of_cells = list(Table.read("cells.tsv").texts("subdistrict"))
    of_towns = Table.read("towns.tsv").texts("subdistrict")
    moved = [*of_cells]
    moved[cell_of("rmelan")] = "SY080302"
    with pytest.raises(ValueError, match="rmelan is in sub-district SY080300, its cell in SY080302"):
        check_subdistricts(GRID, moved, of_towns)
    classes = GRID.allegiance_class.copy()
    classes[cell_of("rmelan")] = 0
    with pytest.raises(ValueError, match="sub-district SY080300 has two allegiance classes"):
        check_subdistricts(replace(GRID, allegiance_class=classes), of_cells, of_towns)


def test_the_exposed_pocket_is_one_piece_and_damascuss_on_the_map_of_20_january() -> None:
    theatre = make_theatre(GRID, MAPS["2026-01-12"], MAPS["2026-01-12"], load_sectors("", MEMBERS), MEMBERS)
    pocket = set(theatre.cells[theatre.sector == POCKET].tolist())
    assert {cell_of(key) for key in ("deir_hafer", "maskana", "jirah_air_base")} <= pocket
    assert {HOLDERS[MAPS["2026-01-20"][cell]] for cell in pocket} == {"damascus"}
    reached, found = {cell_of("deir_hafer")}, {cell_of("deir_hafer")}
    while found:
        found = {int(j) for i in found for j in GRID.neighbours[:, i]} & pocket - reached
        reached |= found
    assert reached == pocket
    for key in ("tishrin_dam", "shuyukh_tahtani"):
        assert SECTORS[theatre.sector[theatre.row_of(cell_of(key))]] == "kobani"


def test_a_town_stands_on_its_own_bank() -> None:
    left = ("hajin", "shuyukh_tahtani", "busayrah", "kasrah", "kobani")
    assert np.array([GRID.bank[cell_of(key)] for key in left]).tolist() == [1] * len(left)
