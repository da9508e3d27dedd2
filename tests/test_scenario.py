"""Scenario files: what a file says is what a run gets, and anything else is one clear line."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.grid import load_control
from sim.scenario import Scenario, list_scenarios, load_scenario
from sim.scenario_entries import Register
from sim.scenario_export import to_toml
from sim.scenario_file import InputErrors
from sim.values import value


@dataclass(frozen=True)
class Policy:
    policy: str = value("name")
    residual_persons: float = value("persons", 0)


@dataclass(frozen=True)
class Rates:
    airlift_sorties_per_day: float = value("1/day", 0)
    lots: int = value("items", 0, 10)
    by_road: bool = value("yes_no")


@dataclass(frozen=True)
class Persons:
    al_sinaa: int = value("persons", 0)


@dataclass(frozen=True)
class Start:
    inmates: Persons


REGISTER = Register(
    sections={"moscow": Policy, "withdrawal": Rates, "start": Start},
    actors=("moscow",),
    choices={"moscow.policy": ("documented", "stay")},
    outcomes=("collapse_day", "deal_reached_on"),
)

HEADING = """\
format = 1
title = "A small world"
asks = "Does the loader hold?"
epoch = 2026-01-12
start_date = 2026-01-12
days = 180
runs = 256
seed = 20260112
control = "2026-01-12"
"""
TIMELINE = """
[[timeline]]
date = 2026-01-28
event = "summit"
note = "Sharaa in Moscow"
source = "facts a50"
"""
SORTIES = 'airlift_sorties_per_day = { value = 1.5, unit = "1/day", range = [1, 3], kind = "uncertainty", confidence = "L", source = "facts a41" }'
SECTIONS = f"""
[moscow]
policy = {{ value = "documented", unit = "name", kind = "lever", confidence = "-", source = "facts a40" }}
residual_persons = {{ value = 20, unit = "persons", range = [0, 100], kind = "lever", confidence = "L", source = "assumed" }}

[withdrawal]
{SORTIES}
lots = {{ value = 2, unit = "items", range = [1, 3], kind = "uncertainty", confidence = "M", source = "fitted" }}
by_road = {{ value = true, unit = "yes_no", kind = "uncertainty", confidence = "-", source = "assumed" }}

[start.inmates]
al_sinaa = {{ value = 3000, unit = "persons", range = [2000, 5000], kind = "state", confidence = "M", source = "facts" }}
"""
COMPLETE = HEADING + TIMELINE + SECTIONS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.toml").write_text(COMPLETE)
    return tmp_path


def load(folder: Path, text: str, *sets: str, name: str = "mine.toml") -> Scenario:
    """Load `text` as a file beside base.toml."""
    (folder / name).write_text(text)
    return load_scenario(folder / name, sets, REGISTER)


def what_if(lines: str) -> str:
    return f'base = "base.toml"\n{lines}\n'


def test_a_complete_file_gives_every_value_with_its_evidence(folder: Path) -> None:
    scenario = load_scenario(folder / "base.toml", register=REGISTER)
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
    (folder / "middle.toml").write_text(what_if('title = "M"\nasks = "Middle?"\ndays = 90\n[withdrawal]\nlots = 3'))
    top = load(folder, 'base = "middle.toml"\n[moscow]\npolicy = "stay"')
    assert (top.days, top["withdrawal"].lots, top["moscow"].policy) == (90, 3, "stay")
    assert (top.title, top.asks) == ("mine", "")  # what a file asks is its own


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
    'asks = "Anything?"',
    "runs = 9",
    'expect = { collapse_day = "later" }',
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
    assert load(folder, what_if(lines)).hash == load_scenario(folder / "base.toml", register=REGISTER).hash


@pytest.mark.parametrize("lines", NUMBERS)
def test_the_hash_knows_everything_that_changes_numbers(folder: Path, lines: str) -> None:
    changed = load(folder, what_if(lines)).hash
    assert changed != load_scenario(folder / "base.toml", register=REGISTER).hash
    assert len(changed) == 8 and int(changed, 16) >= 0


def test_a_raster_of_the_users_own_is_found_beside_the_scenario_and_hashed_by_content(folder: Path) -> None:
    from sim.paths import data_folder

    shipped = (data_folder() / "control-2026-01-20.txt").read_text()
    (folder / "mine.txt").write_text(shipped)
    own = load(folder, what_if('control = "mine.txt"'))
    assert own.hash == load(folder, what_if('control = "2026-01-20"')).hash
    assert (load_control(own.control) == load_control("2026-01-20")).all()


def test_the_merged_file_loads_back_to_the_same_scenario(folder: Path) -> None:
    lines = 'title = "Quotes \\" and \\u007f and é"\nexpect = { collapse_day = "later" }\n[moscow]\npolicy = "stay"'
    scenario = load(folder, what_if(lines), "withdrawal.lots=3")
    back = load(folder, to_toml(scenario), name="back.toml")
    assert back.hash == scenario.hash
    assert (back.title, back.expect, back.timeline, back.runs) == (
        scenario.title, scenario.expect, scenario.timeline, scenario.runs
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
    base = load_scenario(folder / "base.toml", register=REGISTER)
    changed = base.with_values({"withdrawal.lots": 3, "start.inmates.al_sinaa": 4000, "seed": 7}, "sweep", REGISTER)
    assert (changed["withdrawal"].lots, changed["start"].inmates.al_sinaa, changed.seed) == (3, 4000, 7)
    assert changed.entries["withdrawal.lots"].set_by == "sweep"
    assert (base["withdrawal"].lots, base.seed) == (2, 20260112)
    back = changed.with_values({"withdrawal.lots": 2, "start.inmates.al_sinaa": 3000, "seed": 20260112}, "x", REGISTER)
    assert back.hash == base.hash
    with pytest.raises(InputError, match=r"^sweep: withdrawal.lots = 9 is outside its range \[1, 3\]; to widen it give"):
        base.with_values({"withdrawal.lots": 9}, "sweep", REGISTER)


SORTIES_PATH = "withdrawal.airlift_sorties_per_day"
BAD_VALUES = (
    ("[withdrawal]\nairlift_sorties_per_da = 3", f"withdrawal.airlift_sorties_per_da is not a known key; did you mean {SORTIES_PATH}?"),
    ("[moscow]\nlots = 3", "moscow.lots is not a known key; did you mean withdrawal.lots?"),
    ('[moscw]\npolicy = "stay"', "moscw.policy is not a known key; did you mean moscow.policy?"),
    ("[zzz]\nqqqq = 1", "zzz.qqqq is not a known key; pullback show baseline lists them all"),
    ("dayz = 3", "dayz is not a known key; did you mean days?"),
    ("moscow = 3", "moscow must be a table of values, as in [moscow]"),
    ("[start]\ninmates = 3", "start.inmates must be a table of values, as in [start.inmates]"),
    ("[withdrawal]\nlots = 3.0", "withdrawal.lots = 3.0 must be a whole number"),
    ("[withdrawal]\nlots = true", "withdrawal.lots = true must be a whole number"),
    ('[withdrawal]\nlots = "3"', 'withdrawal.lots = "3" must be a whole number'),
    ("[withdrawal]\nlots = [3]", "withdrawal.lots = [3] must be a whole number"),
    ("[withdrawal]\nby_road = 1", "withdrawal.by_road = 1 must be true or false"),
    ("[withdrawal]\nairlift_sorties_per_day = true", f"{SORTIES_PATH} = true must be a number"),
    ("[withdrawal]\nairlift_sorties_per_day = nan", f"{SORTIES_PATH} = nan must be a finite number"),
    ("[withdrawal]\nairlift_sorties_per_day = inf", f"{SORTIES_PATH} = inf must be a finite number"),
    ("[withdrawal]\nairlift_sorties_per_day = -1", f"{SORTIES_PATH} = -1 must be 0 or more"),
    ("[withdrawal]\nlots = 11", "withdrawal.lots = 11 must be 10 or less"),
    ("[withdrawal]\nlots = 5", 'withdrawal.lots = 5 is outside its range [1, 3]; to widen it give { value = 5, range = [1, 5], source = "..." }'),
    ("[moscow]\npolicy = 3", "moscow.policy = 3 must be text in quotes"),
    ('[moscow]\npolicy = "sty"', 'moscow.policy = "sty" is not one of documented, stay; did you mean stay?'),
    ('[moscow]\npolicy = { value = "stay", range = [0, 1], source = "x" }', "moscow.policy takes no range; only numbers have one"),
    ("[withdrawal]\nlots = { valu = 3 }", "withdrawal.lots: valu is not a known key; did you mean value?"),
    ('[withdrawal]\nlots = { source = "x" }', "withdrawal.lots lacks value"),
    ('[withdrawal]\nlots = { value = 2, unit = "km" }', 'withdrawal.lots: unit = "km" must be "items"'),
    ('[withdrawal]\nlots = { value = 2, kind = "lever" }', 'withdrawal.lots: kind = "lever" must be "uncertainty"'),
    ('[withdrawal]\nlots = { value = 2, confidence = "X" }', 'withdrawal.lots: confidence = "X" must be "H" or "M" or "L" or "-"'),
    ('[withdrawal]\nlots = { value = 2, source = " " }', 'withdrawal.lots: source = " " must be text in quotes, and not empty'),
    ("[withdrawal]\nlots = { value = 2, range = [1, 4] }", "withdrawal.lots has a new range; say where it is from with source = ..."),
    ('[withdrawal]\nlots = { value = 2, range = [3, 1], source = "x" }', "withdrawal.lots: range = [3, 1] must be [low, high], the low end first"),
    ('[withdrawal]\nlots = { value = 2, range = [1], source = "x" }', "withdrawal.lots: range = [1] must be [low, high]"),
    ('[withdrawal]\nlots = { value = 2, range = [1, 99], source = "x" }', "withdrawal.lots: high end of the range = 99 must be 10 or less"),
    ("days = 0", "days = 0 must be a whole number from 1 to 3650"),
    ("days = true", "days = true must be a whole number from 1 to 3650"),
    ("runs = 0", "runs = 0 must be a whole number from 1 to 10000000"),
    ("runs = 2.0", "runs = 2.0 must be a whole number from 1 to 10000000"),
    ("seed = -1", "seed = -1 must be a whole number from 0 to 9223372036854775807"),
    (f"seed = {2**63}", "seed = 9223372036854775808 must be a whole number from 0 to 9223372036854775807"),
    ('start_date = "2026-01-12"', 'start_date = "2026-01-12" must be a date without quotes, as in 2026-01-12'),
    ("epoch = 2026-01-12T00:00:00", "epoch = 2026-01-12 00:00:00 must be a date without quotes, as in 2026-01-12"),
    ("start_date = 9999-12-01", "start_date = 9999-12-01 and days = 180 end after the last date there is"),
    ("format = 2", "format = 2 is not one this version reads; it reads 1"),
    ("title = 3", "title = 3 must be text in quotes, and not empty"),
    ("control = 2026-01-12", "control = 2026-01-12 must be text in quotes, and not empty"),
    ('expect = "up"', 'expect must be a table, as in { collapse_day = "later" }'),
    ('expect = { colapse_day = "up" }', "expect: colapse_day is not a known outcome; did you mean collapse_day?"),
    ('expect = { collapse_day = "better" }', 'expect: collapse_day = "better" is not one of up, down, earlier, later, same'),
    ("timeline = 3", "timeline must be tables, each under [[timeline]]"),
    (TIMELINE.replace("summit", "sumit"), 'timeline event 1: event = "sumit" is not one of summit, deadline; did you mean summit?'),
    (TIMELINE.replace("note", "notes"), "timeline event 1: notes is not a known key; did you mean note?"),
    (TIMELINE.replace('note = "Sharaa in Moscow"', ""), "timeline event 1: lacks note"),
    (TIMELINE.replace("2026-01-28", '"28 January"'), 'timeline event 1: date = "28 January" must be a date without quotes, as in 2026-01-12'),
)  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), BAD_VALUES, ids=[message[:60] for _, message in BAD_VALUES])
def test_a_bad_value_is_refused_in_one_line_that_names_it(folder: Path, lines: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(folder, what_if(lines))
    assert str(caught.value) == f"mine.toml: {message}"


BAD_COMPLETE = (
    (COMPLETE.replace("seed = 20260112\n", ""), "seed is missing; a scenario without a base gives it"),
    (COMPLETE.replace(SORTIES, ""), f"{SORTIES_PATH} is missing; a scenario without a base states every value"),
    (COMPLETE.replace(', source = "facts a41"', ""), f"{SORTIES_PATH} lacks source"),
    (COMPLETE.replace('unit = "1/day", range = [1, 3], ', ""), f"{SORTIES_PATH} lacks unit, range"),
    (COMPLETE.replace("[1, 3], kind = \"uncertainty\", confidence = \"L\"", "[2, 3], kind = \"uncertainty\", confidence = \"L\""),
     f'{SORTIES_PATH} = 1.5 is outside its range [2.0, 3.0]; to widen it give {{ value = 1.5, range = [1.5, 3.0], source = "..." }}'),
    (COMPLETE.replace(SORTIES, "airlift_sorties_per_day = 1.5"),
     f"{SORTIES_PATH} needs its evidence: {{ value = ..., unit = ..., range = ..., kind = ..., confidence = ..., source = ... }}"),
    (COMPLETE.replace('kind = "state"', 'kind = "lever"'), 'start.inmates.al_sinaa: kind = "lever" must be "state"'),
    (COMPLETE.replace('kind = "lever", confidence = "L"', 'kind = "state", confidence = "L"'),
     'moscow.residual_persons: kind = "state" must be "lever" or "uncertainty"'),
)  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_COMPLETE, ids=[message[:60] for _, message in BAD_COMPLETE])
def test_a_complete_file_states_everything(folder: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(folder, text)
    assert str(caught.value) == f"mine.toml: {message}"


def test_all_faults_of_a_file_are_found_at_once(folder: Path) -> None:
    with pytest.raises(InputErrors) as caught:
        load(folder, what_if('days = 0\n[withdrawal]\nlots = 11\n[moscow]\npolicy = "go"'))
    assert [line.split()[1] for line in caught.value.lines] == ["days", "withdrawal.lots", "moscow.policy"]
    assert str(caught.value).endswith("from 1 to 3650 (and 2 more; pullback check lists them)")
    assert pickle.loads(pickle.dumps(caught.value)).lines == caught.value.lines


def test_a_fault_in_the_base_is_named_with_the_base(folder: Path) -> None:
    (folder / "base.toml").write_text(COMPLETE.replace("days = 180", "days = -1"))
    with pytest.raises(InputError, match=r"^base.toml: days = -1 must be"):
        load(folder, what_if("days = 10"))


BAD_FILES = (
    (b"days = = 3", "mine.toml: not TOML: Invalid value (at line 1, column 8)"),
    (b'title = "a"\ntitle = "b"\n', "mine.toml: not TOML: Cannot overwrite a value (at line 2, column 12)"),
    (b'title = "\xff"', "mine.toml: not UTF-8 (at line 1); save it as UTF-8"),
    (b"a = " + b"[" * 5000, "mine.toml: not TOML: nested too deeply"),
    (b"base = 3", "mine.toml: base must be the name of a scenario or a path, in quotes"),
    (b'base = "no-such-scenario-at-all"', "mine.toml: base: no-such-scenario-at-all is not a known scenario; pullback list names them (a path needs a slash or .toml)"),
    (b'base = "mine.toml"', "mine.toml: the chain of bases is circular: mine -> mine"),
)  # fmt: skip


@pytest.mark.parametrize(("content", "message"), BAD_FILES, ids=[message[:60] for _, message in BAD_FILES])
def test_a_file_that_cannot_be_read_is_refused_in_one_line(folder: Path, content: bytes, message: str) -> None:
    (folder / "mine.toml").write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_scenario(folder / "mine.toml", register=REGISTER)
    assert str(caught.value) == message


def test_a_missing_file_a_folder_and_a_missing_base_are_told_apart(folder: Path) -> None:
    (folder / "sub.toml").mkdir()
    (folder / "mine.toml").write_text('base = "gone.toml"')
    for name, message in (
        ("none.toml", f"{folder / 'none.toml'}: no such file"),
        ("sub.toml", f"{folder / 'sub.toml'}: is a folder, not a scenario file"),
        ("mine.toml", f"{folder / 'gone.toml'}: no such file"),
    ):
        with pytest.raises(InputError) as caught:
            load_scenario(folder / name, register=REGISTER)
        assert str(caught.value) == message


def test_a_circle_of_two_bases_is_found(folder: Path) -> None:
    (folder / "a.toml").write_text('base = "b.toml"')
    (folder / "b.toml").write_text('base = "a.toml"')
    with pytest.raises(InputError, match=r"^b.toml: the chain of bases is circular: a -> b -> a$"):
        load_scenario(folder / "a.toml", register=REGISTER)


BAD_SETS = (
    ("moscow.policy=stay", "--set moscow.policy=stay: text needs quotes: --set 'moscow.policy=\"stay\"'"),
    ("moscow.policy", "--set moscow.policy: give KEY=VALUE, as in --set withdrawal.airlift_sorties_per_day=3"),
    ("=3", "--set =3: give KEY=VALUE, as in --set withdrawal.airlift_sorties_per_day=3"),
    ("withdrawal.lots=3,4", "--set withdrawal.lots=3,4: not TOML: Expected newline or end of document after a statement (at line 1, column 18)"),
    ("withdrawal.lots=11", "--set: withdrawal.lots = 11 must be 10 or less"),
    ("withdrawal.lot=2", "--set: withdrawal.lot is not a known key; did you mean withdrawal.lots?"),
    ('title="x"', "--set: title can only be given in a file"),
    ("days=1.5", "--set: days = 1.5 must be a whole number from 1 to 3650"),
)  # fmt: skip


@pytest.mark.parametrize(("expression", "message"), BAD_SETS, ids=[expression for expression, _ in BAD_SETS])
def test_a_bad_setting_is_refused_in_one_line(folder: Path, expression: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(folder, what_if(""), expression)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", list_scenarios())
def test_every_shipped_scenario_loads_and_its_merged_file_means_the_same(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    (tmp_path / "merged.toml").write_text(to_toml(scenario))
    assert load_scenario(tmp_path / "merged.toml").hash == scenario.hash
    assert scenario.title and scenario.asks and (scenario.base is None or scenario.expect)


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"^baselin is not a known scenario; did you mean baseline\?$"):
        load_scenario("baselin")
