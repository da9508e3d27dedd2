"""Place names in three languages: a row for each place, each in its own letters."""

from __future__ import annotations

import re

from sim.ground.data_tables import Table
from sim.ground.grid import load_grid

NAMES = Table.read("names.tsv")
ARABIC = re.compile(r"[\u0621-\u064a ]+")
KURDISH = re.compile(r"[A-Za-z\u00c7\u00e7\u00ca\u00ea\u00ce\u00ee\u015e\u015f\u00db\u00fb ]*")


def test_every_province_and_town_of_the_lattice_is_named_once_and_as_it_is_called_there() -> None:
    grid = load_grid()
    places = [("province", each.key, each.name) for each in grid.provinces] + [("town", t.key, t.name) for t in grid.towns]
    listed = list(zip(NAMES.texts("kind"), NAMES.texts("key"), NAMES.texts("english"), strict=True))
    assert sorted(listed) == sorted(places)


def test_each_name_is_in_its_own_letters_and_has_a_source() -> None:
    assert all(ARABIC.fullmatch(name) for name in NAMES.texts("arabic"))
    assert all(KURDISH.fullmatch(name) for name in NAMES.texts("kurdish"))
    assert all(NAMES.texts("source"))


def test_a_key_that_names_a_province_and_a_town_has_one_name_in_each_language() -> None:
    by_key: dict[str, set[tuple[str, str]]] = {}
    for key, arabic, kurdish in zip(NAMES.texts("key"), NAMES.texts("arabic"), NAMES.texts("kurdish"), strict=True):
        by_key.setdefault(key, set()).add((arabic, kurdish))
    assert [key for key, names in by_key.items() if len(names) > 1] == []
