"""Outcomes that a scenario file defines: inherited, redefined, written out again, and refused in a line."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from sim.ground.errors import InputError
from sim.record.outcomes import OUTCOMES, outcomes_of
from sim.registry import load_scenario
from sim.scenario.export import write_scenario
from sim.scenario.own_outcomes import OwnOutcome
from sim.scenario.scenario import Scenario


def scenario_of(folder: Path, own: str, base: str = "baseline", name: str = "mine", top: str = "") -> Scenario:
    (folder / f"{name}.toml").write_text(f'base = "{base}"\n{top}\n[outcomes]\n{own}\n')
    return load_scenario(folder / f"{name}.toml")


def test_a_what_if_adds_and_redefines_what_its_base_defines(tmp_path: Path) -> None:
    scenario_of(tmp_path, 'a = "days(truce)"\nb = "a / 7"\nc = { of = "first(deal)", title = "Deal" }', name="below")
    made = scenario_of(tmp_path, 'a = "days(not truce)"\nd = "b + 1"', base="./below.toml", top='expected = { d = "up" }')
    assert [(own.name, own.of) for own in made.outcomes] == [
        ("a", "days(not truce)"), ("b", "a / 7"), ("c", "first(deal)"), ("d", "b + 1")
    ]  # fmt: skip
    assert dict(made.expected) == {"d": "up"}
    (tmp_path / "above.toml").write_text('base = "./mine.toml"\nexpected = { b = "down" }\n')
    assert load_scenario(tmp_path / "above.toml").outcomes == made.outcomes
    formulas = {outcome.name: outcome.formula for outcome in outcomes_of(made.outcomes)}
    assert formulas["d"] == "b + 1 where b = a / 7 where a = days(not truce)"


def test_it_is_written_out_and_read_again(tmp_path: Path) -> None:
    own = (
        'a = { of = "max(sdf_share)", title = "The \\"most\\"", unit = "share", definition = "of any evening" }\nb = "a + 1"'
    )
    made = scenario_of(tmp_path, own)
    (tmp_path / "out").mkdir()
    write_scenario(made, tmp_path / "out")
    again = load_scenario(tmp_path / "out" / "scenario.toml")
    assert again.outcomes == made.outcomes == pickle.loads(pickle.dumps(made)).outcomes and again.hash == made.hash
    (tmp_path / "later.toml").write_text('base = "./mine.toml"\ntakes_effect = 2026-01-20\n[outcomes]\nb = "a + 2"\n')
    later = load_scenario(tmp_path / "later.toml")
    (tmp_path / "later").mkdir()
    write_scenario(later, tmp_path / "later")
    assert load_scenario(tmp_path / "later" / "scenario.toml").outcomes == later.outcomes
    assert [own.of for own in later.outcomes] == ["max(sdf_share)", "a + 2"]


def test_an_outcome_says_what_it_is(tmp_path: Path) -> None:
    own = 'a = "fighting_resumed_on + 3"\nb = { of = "deal_terms", title = "Terms" }\nc = "first(sdf_share < 0.1)"'
    made = {outcome.name: outcome for outcome in outcomes_of(scenario_of(tmp_path, own).outcomes)}
    assert (made["a"].type, made["a"].unit, made["a"].title, made["a"].definition) == (
        "date", "date", "a", "fighting_resumed_on + 3"
    )  # fmt: skip
    assert (made["a"].arises, made["a"].as_in) == ("where a truce was in force on some evening", "a_arises")
    assert (made["b"].title, made["b"].categories) == ("Terms", ("individual", "units"))
    assert (made["c"].arises, made["c"].as_in) == ("always", "")
    assert tuple(made.values())[: len(OUTCOMES)] == OUTCOMES


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ('a = "truc@2026-06-01"', "outcomes: a: column 1: truc is not a series; did you mean truce?"),
        ('a = "1 + sdf_shar"', "outcomes: a: column 5: sdf_shar is not a series or outcome; did you mean sdf_share?"),
        ('sdf_share = "days(truce)"', "outcomes: sdf_share: is the name of a daily series; give another name"),
        ('collapse_day = "first(truce)"', "outcomes: collapse_day: is a shipped outcome; give another name"),
        ('min = "days(truce)"', "outcomes: min: is a word of the grammar; give another name"),
        ('run = "days(truce)"', "outcomes: run: is the name of another column; give another name"),
        (
            'b = "truce_broken_on + 1"\nb_arises = "days(truce)"',
            "outcomes: b_arises: is the name of a column that goes with",
        ),
        ('a = "a + 1"', "outcomes: a: column 1: is made of itself"),
        ('a = "b + 1"\nb = "a + 1"', "outcomes: a: column 1: is made of b, which stands below it; put b above"),
        ('a = "3 + 4"', "outcomes: a: names no series and no outcome: it would be the same in every run"),
        ('a = { of = "first(truce)", unit = "days" }', "outcomes: a: is a date; a unit goes with a number"),
        ('a = { title = "A" }', 'outcomes: a: lacks of = "...", the expression that it is'),
        ('a = { off = "days(truce)" }', "outcomes: a: off is not a known key; did you mean of?"),
        ('a = { of = "days(truce)", member = "towns.raqqa" }', "outcomes: a: member is not a known key"),
        ('a = { of = "days(truce)", title = "" }', 'outcomes: a: title = "" must be text in quotes, and not empty'),
        ("a = 3", "outcomes: a = 3 must be an expression in quotes or a table, as in truce_on_1_june"),
        ('"A b" = "days(truce)"', "outcomes: A b: a name is up to 60 small letters, digits and underscores"),
        ('a = ""', 'outcomes: a: of = "" must be text in quotes, and not empty'),
        ("\n".join(f'a{n} = "days(truce)"' for n in range(201)), "outcomes: 201 are defined; at most 200 are kept"),
    ],
)
def test_a_fault_is_one_line_that_names_the_file_the_outcome_and_the_column(tmp_path: Path, own: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        scenario_of(tmp_path, own)
    assert str(told.value).startswith(f"mine.toml: {said}") and "\n" not in str(told.value)


def test_it_goes_into_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--set: outcomes can only be given in a file"):
        load_scenario("baseline", ['outcomes={a="days(truce)"}'])
    (tmp_path / "x.toml").write_text('base = "baseline"\noutcomes = "days(truce)"\n')
    with pytest.raises(InputError, match=r"x.toml: outcomes must be a table, as in \[outcomes\] with"):
        load_scenario(tmp_path / "x.toml")
    assert OwnOutcome("a", "days(truce)").as_table() == {"of": "days(truce)"}
