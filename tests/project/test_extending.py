"""A rule, an actor, a mechanism, an outcome, a scenario: each is added in one place and one line, as CONTRIBUTING.md says.

Every test adds one to a copy of the program and runs the copy from the command line.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner

from sim.cli import commands

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "tests" / "extensions"
RUNS = ("--runs", "24", "--days", "12", "--workers", "1")
US_IDLE = ("--set", 'us.policy="idle"')

RULE = '''
def the_front_has_reached_hasakah(seen: Seen, values: Values) -> np.ndarray:
    """Some of Hasakah province is lost: leave before the front arrives."""
    return (seen.withdrawal == STAYING) & (seen.core_share_lost > 0.05)


BASE = (
'''
RULE_LINE = '    Rule(the_front_has_reached_hasakah, leave_qamishli, "assumed"),\n'

OUTCOME_LINE = """\
    Outcome("days_of_fighting", "days", NUMBER, "days on which Damascus attacked somewhere", (6,),
            lambda h: (h.series["fighting_sectors"] > 0).sum(axis=0)),
"""

OUTCOME_OF_A_DAY = """
[outcomes.truce_2026_01_22]
title = "Truce in force, 22 January"
of = "truce@2026-01-22"
definition = "a truce is in force on the evening of 22 January 2026"
systems = [8]
"""

SCENARIO = 'base = "baseline"\ntitle = "A slow airlift"\n[withdrawal]\nairlift_sorties_per_day = 1\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the program, with what Python has compiled of it, to which a test adds."""
    for part in ("sim", "scenarios"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


def edit(file: Path, line: str, becomes: str) -> None:
    """Change one line that stands in the file once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(line) == 1, f"{file.name} has no single {line!r}"
    file.write_text(text.replace(line, becomes), encoding="utf-8")


def add(file: Path, lines: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + lines, encoding="utf-8")


LINES = """\
import json, sys
from click.testing import CliRunner
from sim.cli import commands
for line in json.loads(sys.argv[1]):
    done = CliRunner().invoke(commands, line)
    assert done.exit_code == 0, done.stderr
    print(json.dumps(done.stdout))
"""
"""What a process does with command lines, one after the other."""


def pullback(tree: Path, *lines: tuple[str, ...]) -> list[str]:
    """Return what each command line prints, given to the copy in one process."""
    done = subprocess.run(
        [sys.executable, "-c", LINES, json.dumps(lines)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(said) for said in done.stdout.splitlines()]


def run(scenario: str, *more: str) -> tuple[str, ...]:
    return ("run", scenario, *RUNS, *more, "--json")


def outcomes(said: str) -> dict[str, dict[str, Any]]:
    """Return the outcomes that a run tells, by name."""
    return {outcome["name"]: outcome for outcome in json.loads(said)["outcomes"]}


@cache
def unchanged(*more: str) -> dict[str, dict[str, Any]]:
    """Return the outcomes of the baseline on the program as it is."""
    with TemporaryDirectory() as folder:
        done = CliRunner().invoke(commands, run("baseline", *more, "--out", f"{folder}/unchanged"))
    return outcomes(done.stdout)


def add_rule(tree: Path) -> None:
    edit(tree / "sim/agents/moscow.py", "\nBASE = (\n", RULE + RULE_LINE)


def add_actor(tree: Path) -> None:
    shutil.copy(EXAMPLES / "erbil.py", tree / "sim/agents/erbil.py")
    edit(tree / "sim/agents/__init__.py", "import Damascus\n", "import Damascus\nfrom sim.agents.erbil import Erbil\n")
    edit(tree / "sim/agents/__init__.py", "Sdf, UnitedStates)", "Sdf, UnitedStates, Erbil)")
    add(tree / "scenarios/baseline.toml", (EXAMPLES / "erbil.toml").read_text())


def add_mechanism(tree: Path) -> None:
    shutil.copy(EXAMPLES / "onward.py", tree / "sim/mechanisms/onward.py")
    edit(tree / "sim/mechanisms/__init__.py", "    insurgency,\n", "    insurgency,\n    onward,\n")
    edit(tree / "sim/mechanisms/__init__.py", "displacement, assets", "displacement, onward, assets")
    add(tree / "scenarios/baseline.toml", (EXAMPLES / "onward.toml").read_text())


def add_outcome(tree: Path) -> None:
    head = "OUTCOMES: tuple[Outcome, ...] = (\n"
    text = (tree / "sim/record/outcomes.py").read_text(encoding="utf-8")
    assert head in text
    edit(tree / "sim/record/outcomes.py", head, head + OUTCOME_LINE)


def add_outcome_of_a_day(tree: Path) -> None:
    add(tree / "sim/data/outcomes.toml", OUTCOME_OF_A_DAY)


def add_scenario(tree: Path) -> None:
    (tree / "scenarios/slow-airlift.toml").write_text(SCENARIO)


MEMBERS = """
[[custody_sites]]
key = "raqqa_jail"
name = "a jail in Raqqa"
kind = "prison"
lat = 35.95
lon = 39.01
source = "assumed"

[[us_bases]]
key = "himo_base"
roles = ["northeast"]
source = "sites.tsv"

[[towns]]
key = "manbij"
source = "towns.tsv"
"""
VALUES = """
[start.inmates.raqqa_jail]
value = 500
unit = "persons"
range = [500, 500]
kind = "state"
confidence = "-"
source = "assumed"
"""


def add_members(tree: Path) -> None:
    """Add a prison, a base and a town, each a row of data, and the values of the first two."""
    add(tree / "sim/data/theatre.toml", MEMBERS)
    number = VALUES.replace("500", "20")
    custody = (
        VALUES.replace("value = 500", 'value = "guarded"').replace("range = [500, 500]\n", "").replace("persons", "name")
    )
    values = (
        VALUES,
        number.replace("inmates", "guards"),
        custody.replace("inmates", "custody").replace("persons", "name"),
        number.replace("inmates.raqqa_jail", "us_troops.himo_base"),
    )
    add(tree / "scenarios/baseline.toml", "".join(values))


def test_a_prison_a_base_and_a_town_are_rows_of_data(tree: Path) -> None:
    add_members(tree)
    explain = ("explain", "made", "--run", "0", "--json")
    told, story, days = pullback(
        tree, run("baseline", "--out", "made"), explain, ("export", "made", "--series", "manbij_taken")
    )
    made = outcomes(told)
    assert made["raqqa_jail_escapes"]["mean"] > 0 and made["himo_base_left_on"]["n"] == 24
    assert made["us_persons"]["median"] > unchanged()["us_persons"]["median"]
    assert "raqqa_jail" in story and "manbij_taken" in days


def test_a_rule_is_a_function_and_a_line_of_its_policy(tree: Path) -> None:
    add_rule(tree)
    explain = ("explain", "baseline", "--run", "0", "--actor", "moscow")
    rules, story = pullback(tree, ("show", "baseline", "--rules"), explain)
    assert "the_front_has_reached_hasakah" in rules
    assert "Moscow, qamishli: Evacuate the airport and the outposts. the_front_has_reached_hasakah:" in story


def test_an_actor_is_a_file_and_a_line_of_agents(tree: Path) -> None:
    add_actor(tree)
    explain = ("explain", "with", "--run", "0", "--actor", "erbil")
    made, story = pullback(tree, run("baseline", *US_IDLE, "--out", "with"), explain)
    assert outcomes(made) != unchanged(*US_IDLE)
    assert "Erbil, mediation: Ask Damascus to halt. hasakah_is_being_lost:" in story
    assert "Erbil: mediation" in (tree / "with/report.html").read_text(encoding="utf-8")


def test_a_mechanism_is_a_file_and_a_line_of_mechanisms(tree: Path) -> None:
    add_mechanism(tree)
    made, shown = pullback(tree, run("baseline", "--out", "made"), ("show", "baseline"))
    assert outcomes(made)["displaced_end"]["median"] < 0.8 * unchanged()["displaced_end"]["median"]
    assert "[onward]" in shown


def test_an_outcome_is_a_line_of_outcomes(tree: Path) -> None:
    add_outcome(tree)
    export = ("export", "made", "--outcome", "days_of_fighting")
    told, table = pullback(tree, run("baseline", "--out", "made"), export)
    made = outcomes(told)["days_of_fighting"]
    assert (made["n"], made["unit"]) == (24, "days") and 0 < made["median"] <= 12
    assert table.startswith('"run","days_of_fighting"')
    assert "amascus attacked somewhere" in (tree / "made/report.html").read_text(encoding="utf-8")


def test_an_outcome_of_a_day_is_a_table_in_data_and_folders_gain_it(tree: Path) -> None:
    (before,) = pullback(tree, run("baseline", "--out", "made"))
    add_outcome_of_a_day(tree)
    export = ("export", "made", "--outcome", "truce_2026_01_22")
    told, table = pullback(tree, run("baseline", "--out", "made"), export)
    made = outcomes(told)
    assert (made["truce_2026_01_22"]["n"], made["truce_2026_01_22"]["type"]) == (24, "yes_no")
    assert {name: said for name, said in made.items() if name != "truce_2026_01_22"} == outcomes(before)
    assert table.startswith('"run","truce_2026_01_22"')


def test_a_scenario_is_a_file(tree: Path) -> None:
    add_scenario(tree)
    listed, made = pullback(tree, ("list",), run("slow-airlift"))
    assert "slow-airlift" in listed
    assert outcomes(made)["sorties"]["mean"] < unchanged()["sorties"]["mean"]
