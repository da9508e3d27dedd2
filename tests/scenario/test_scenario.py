"""Scenario files: what a file says is what a run gets, with its evidence and its hash."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest
from small_world import COMPLETE, REGISTER, Rates, load, what_if

from sim.ground.errors import InputError
from sim.ground.grid import load_control
from sim.ground.paths import data_folder
from sim.registry import load_scenario
from sim.scenario.export import to_toml
from sim.scenario.files import scenario_names
from sim.scenario.scenario import read_scenario


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.toml").write_text(COMPLETE)
    return tmp_path


def test_a_complete_file_gives_every_value_with_its_evidence(folder: Path) -> None:
    scenario = read_scenario(folder / "base.toml", REGISTER)
    entry = scenario.entries["withdrawal.airlift_sorties_per_day"]
    assert (entry.value, entry.unit, entry.range, entry.kind) == (1.5, "1/day", (1.0, 3.0), "uncertainty")
    assert (entry.confidence, entry.source, entry.set_by) == ("L", "facts a41", "base")
    assert scenario["withdrawal"] == Rates(1.5, 2, True)
    assert scenario["start"].inmates.al_sinaa == 3000
    assert (scenario.start_date, scenario.days, scenario.end_date) == (date(2026, 1, 12), 180, date(2026, 7, 11))
    assert list(scenario.entries) == list(REGISTER.declared)


def test_an_int_is_taken_where_a_float_is_declared_and_becomes_one(folder: Path) -> None:
    whole, point = (load(folder, what_if(f"[moscow]\nresidual_persons = {text}")) for text in ("30", "30.0"))
    assert isinstance(whole["moscow"].residual_persons, float)
    assert whole.hash == point.hash


def test_a_bare_value_keeps_unit_range_and_source_and_is_marked(folder: Path) -> None:
    scenario = load(folder, what_if('title = "More"\n[withdrawal]\nairlift_sorties_per_day = 3'), name="more.toml")
    entry = scenario.entries["withdrawal.airlift_sorties_per_day"]
    assert (entry.value, entry.range, entry.source, entry.set_by) == (3.0, (1.0, 3.0), "facts a41", "more")
    assert scenario.entries["withdrawal.lots"].set_by == "base"
    assert (scenario.name, scenario.title, scenario.base) == ("more", "More", "base.toml")


def test_a_table_in_a_what_if_widens_the_range(folder: Path) -> None:
    lines = '[withdrawal]\nairlift_sorties_per_day = { value = 8, range = [1, 8], source = "the surge of 2015" }'
    entry = load(folder, what_if(lines)).entries["withdrawal.airlift_sorties_per_day"]
    assert (entry.value, entry.range, entry.source, entry.unit) == (8.0, (1.0, 8.0), "the surge of 2015", "1/day")


def test_a_chain_of_bases_is_applied_from_the_complete_file_upwards(folder: Path) -> None:
    (folder / "middle.toml").write_text(what_if('title = "M"\nquestion = "Middle?"\ndays = 90\n[withdrawal]\nlots = 3'))
    top = load(folder, 'base = "middle.toml"\n[moscow]\npolicy = "stay"')
    assert (top.days, top["withdrawal"].lots, top["moscow"].policy) == (90, 3, "stay")
    assert (top.title, top.question) == ("mine", "")  # what a file asks is its own


def test_a_timeline_in_a_what_if_replaces_that_of_the_base(folder: Path) -> None:
    event = '[[timeline]]\ndate = 2026-02-20\nevent = "deadline"\nnote = "later"\nsource = "assumed"'
    moved = load(folder, what_if(event))
    assert [item.event for item in moved.timeline] == ["deadline"]
    assert load(folder, what_if("timeline = []")).timeline == ()
    assert [item.event for item in load(folder, what_if("days = 10")).timeline] == ["summit"]


def test_the_scenario_pickles_and_keeps_its_hash(folder: Path) -> None:
    scenario = load(folder, what_if('[moscow]\npolicy = "stay"'))
    copy = pickle.loads(pickle.dumps(scenario))
    assert copy == scenario
    assert {copy: "found"}[scenario] == "found"


NOT_NUMBERS = (
    'title = "Another"',
    'question = "Anything?"',
    "runs = 9",
    'expected = { collapse_day = "later" }',
    '[withdrawal]\nlots = { value = 2, range = [0, 9], source = "elsewhere", confidence = "H" }',
)
NUMBERS = (
    "days = 179",
    "seed = 1",
    "start_date = 2026-01-20",
    "epoch = 2026-01-11",
    'control = "2026-01-20"',
    'communities = "2026-01-20"',
    "timeline = []",
    "[withdrawal]\nlots = 3",
    '[moscow]\npolicy = "stay"',
    "[start.inmates]\nal_sinaa = 3001",
)


@pytest.mark.parametrize("lines", NOT_NUMBERS)
def test_the_hash_does_not_know_what_cannot_change_numbers(folder: Path, lines: str) -> None:
    assert load(folder, what_if(lines)).hash == read_scenario(folder / "base.toml", REGISTER).hash


@pytest.mark.parametrize("lines", NUMBERS)
def test_the_hash_knows_everything_that_changes_numbers(folder: Path, lines: str) -> None:
    changed = load(folder, what_if(lines)).hash
    assert changed != read_scenario(folder / "base.toml", REGISTER).hash
    assert len(changed) == 8
    assert int(changed, 16) >= 0


def test_a_raster_of_the_users_own_is_found_beside_the_scenario_and_hashed_by_content(folder: Path) -> None:
    shipped = (data_folder() / "control-2026-01-20.txt").read_text()
    (folder / "mine.txt").write_text(shipped)
    own = load(folder, what_if('control = "mine.txt"\nclasses = "shipped"\nsectors = "shipped"\nsites = "shipped"'))
    assert own.hash == load(folder, what_if('control = "2026-01-20"')).hash
    assert (load_control(own.control) == load_control("2026-01-20")).all()


def test_the_merged_file_loads_back_to_the_same_scenario(folder: Path) -> None:
    lines = 'title = "Quotes \\" and \\u007f and é"\nexpected = { collapse_day = "later" }\n[moscow]\npolicy = "stay"'
    scenario = load(folder, what_if(lines), "withdrawal.lots=3")
    back = load(folder, to_toml(scenario), name="back.toml")
    assert back.hash == scenario.hash
    assert (back.title, back.expected, back.timeline, back.runs) == (
        scenario.title, scenario.expected, scenario.timeline, scenario.runs
    )  # fmt: skip
    assert [entry.source for entry in back.entries.values()] == [entry.source for entry in scenario.entries.values()]


def test_what_is_set_is_checked_marked_and_hashed_like_a_file(folder: Path) -> None:
    sets = ('moscow.policy="stay"', "withdrawal.lots=3", "days=30", "start_date=2026-01-20")
    scenario = load(folder, what_if(""), *sets)
    assert (scenario["moscow"].policy, scenario.days, scenario.start_date) == ("stay", 30, date(2026, 1, 20))
    assert scenario.entries["withdrawal.lots"].set_by == "--set"
    lines = 'days = 30\nstart_date = 2026-01-20\n[moscow]\npolicy = "stay"\n[withdrawal]\nlots = 3'
    assert scenario.hash == load(folder, what_if(lines)).hash


def test_values_set_in_python_leave_the_scenario_and_its_sections_as_they_were(folder: Path) -> None:
    base = read_scenario(folder / "base.toml", REGISTER)
    changed = base.with_values({"withdrawal.lots": 3, "start.inmates.al_sinaa": 4000, "seed": 7}, "sweep")
    assert (changed["withdrawal"].lots, changed["start"].inmates.al_sinaa, changed.seed) == (3, 4000, 7)
    assert changed.entries["withdrawal.lots"].set_by == "sweep"
    assert (base["withdrawal"].lots, base.seed) == (2, 20260112)
    back = changed.with_values({"withdrawal.lots": 2, "start.inmates.al_sinaa": 3000, "seed": 20260112}, "x")
    assert back.hash == base.hash
    with pytest.raises(InputError, match=r"^sweep: withdrawal.lots = 9 is outside its range \[1, 3\]; to widen it give"):
        base.with_values({"withdrawal.lots": 9}, "sweep")


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_loads_and_its_merged_file_means_the_same(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    (tmp_path / "merged.toml").write_text(to_toml(scenario))
    assert load_scenario(tmp_path / "merged.toml").hash == scenario.hash
    assert scenario.title
    assert scenario.question
