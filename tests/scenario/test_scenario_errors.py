# ruff: noqa: E501 - a row of the tables of bad inputs is one line, like the message it expects
"""Scenario files: whatever is wrong with one is said in one line that names the place."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from small_world import COMPLETE, REGISTER, SORTIES, TIMELINE, load, what_if

from sim.ground.errors import InputError
from sim.registry import load_scenario
from sim.scenario.files import InputErrors
from sim.scenario.scenario import read_scenario

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
    ('expected = "up"', 'expected must be a table, as in { collapse_day = "later" }'),
    ('expected = { colapse_day = "up" }', "expected: colapse_day is not a known outcome; did you mean collapse_day?"),
    ('expected = { collapse_day = "better" }', 'expected: collapse_day = "better" is not one of up, down, earlier, later, same'),
    ("timeline = 3", "timeline must be tables, each under [[timeline]]"),
    (TIMELINE.replace("summit", "sumit"), 'timeline event 1: event = "sumit" is not one of summit, deadline; did you mean summit?'),
    (TIMELINE.replace("note", "notes"), "timeline event 1: notes is not a known key; did you mean note?"),
    (TIMELINE.replace('note = "Sharaa in Moscow"', ""), "timeline event 1: lacks note"),
    (TIMELINE.replace("2026-01-28", '"28 January"'), 'timeline event 1: date = "28 January" must be a date without quotes, as in 2026-01-12'),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.toml").write_text(COMPLETE)
    return tmp_path


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
        read_scenario(folder / "mine.toml", REGISTER)
    assert str(caught.value) == message


def test_a_missing_file_a_folder_and_a_missing_base_are_told_apart(folder: Path) -> None:
    (folder / "sub.toml").mkdir()
    (folder / "mine.toml").write_text('base = "gone.toml"')
    for name, message in (
        ("none.toml", f"{folder / 'none.toml'}: no such file"),
        ("sub.toml", f"{folder / 'sub.toml'}: is a folder, not a file"),
        ("mine.toml", f"{folder / 'gone.toml'}: no such file"),
    ):
        with pytest.raises(InputError) as caught:
            read_scenario(folder / name, REGISTER)
        assert str(caught.value) == message


def test_a_circle_of_two_bases_is_found(folder: Path) -> None:
    (folder / "a.toml").write_text('base = "b.toml"')
    (folder / "b.toml").write_text('base = "a.toml"')
    with pytest.raises(InputError, match=r"^b.toml: the chain of bases is circular: a -> b -> a$"):
        read_scenario(folder / "a.toml", REGISTER)


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


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"^baselin is not a known scenario; did you mean baseline\?$"):
        load_scenario("baselin")
