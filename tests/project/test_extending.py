"""A rule, an actor, a mechanism, a series, an outcome, an observation, a scenario: each is added in one place and one line.

Every test adds one to a copy of the program and runs the copy from the command line.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import traceback
import warnings
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

import pytest
from click.testing import CliRunner

from sim.cli import commands
from tests.forked import SECONDS

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
            lambda h: (h.series["fighting_sectors"] > 0).sum(axis=0), title="Days of fighting"),
    _end("arab_cells", "the same on the last evening", (6,), "arab_cells_end"),
"""

OUTCOME_OF_A_DAY = """
[outcomes.truce_2026_01_22]
title = "Truce in force, 22 January"
of = "truce@2026-01-22"
definition = "a truce is in force on the evening of 22 January 2026"
systems = [8]
"""
OBSERVATION = """\
    area_held: np.ndarray = observed(
        "area that the SDF holds", "km2", lambda m: m.state.held_area.sum(axis=0), TAKEN)
"""
READER = RULE.replace("seen.core_share_lost > 0.05", "seen.area_held < 48000")

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


def pullback(tree: Path, *lines: tuple[str, ...]) -> list[str]:
    """Return what each command line prints, given to the copy in one process: a child that imports the program anew."""
    with TemporaryFile("w+") as told, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a child that forks from threads: it uses none of them
        child = os.fork()
        if child == 0:
            be_the_copy(tree, lines, told)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told.seek(0)
        said = told.read()
        assert code == 0, said
        return json.loads(said)


def be_the_copy(tree: Path, lines: tuple[tuple[str, ...], ...], told: IO[str]) -> None:
    """Give a child's copy of the program command lines, one after the other; write what they print. Never returns."""
    code = 1
    try:
        signal.alarm(SECONDS)
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        for name in [name for name in sys.modules if name.partition(".")[0] == "sim"]:
            del sys.modules[name]
        copy = import_module("sim.cli")
        assert Path(copy.__file__).is_relative_to(tree), copy.__file__
        said = [CliRunner().invoke(copy.commands, line, catch_exceptions=False) for line in lines]
        assert [done.exit_code for done in said] == [0] * len(said), [done.stderr for done in said]
        json.dump([done.stdout for done in said], told)
        told.flush()
        code = 0
    except BaseException:
        traceback.print_exc(file=told)
        told.flush()
    finally:
        os._exit(code)


def odd(tree: Path, part: str) -> str:
    """Return a part of docs/MODEL.md as the copy makes it."""
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.odd_page import {part}; print({part}())"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tree), str(ROOT))), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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
    head = "BUILT_IN: tuple[Outcome, ...] = (\n"
    text = (tree / "sim/record/built_in.py").read_text(encoding="utf-8")
    assert head in text
    edit(tree / "sim/record/built_in.py", head, head + OUTCOME_LINE)


def add_series(tree: Path) -> None:
    """Name a series on the field of the state that it shows."""
    field = '"Arab-majority communities\' cells without an army of Damascus", "cells", "survey"'
    edit(tree / "sim/state/state.py", field, f'{field}, "arab_cells"')


def add_observation(tree: Path) -> None:
    edit(tree / "sim/agents/seen.py", "    talks_sought: np.ndarray", f"{OBSERVATION}    talks_sought: np.ndarray")
    edit(tree / "sim/agents/moscow.py", "\nBASE = (\n", READER + RULE_LINE)


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


def test_a_series_is_a_name_on_its_field_and_an_outcome_a_line_of_outcomes(tree: Path) -> None:
    add_series(tree)
    add_outcome(tree)
    exports = ("export", "made", "--outcome", "days_of_fighting"), ("export", "made", "--series", "arab_cells")
    told, table, days = pullback(tree, run("baseline", "--out", "made"), *exports)
    made = outcomes(told)["days_of_fighting"]
    assert (made["n"], made["unit"]) == (24, "days") and 0 < made["median"] <= 12
    assert table.startswith('"run","days_of_fighting"')
    assert outcomes(told)["arab_cells_end"]["unit"] == "cells" and "arab_cells" in days
    report = (tree / "made/report.html").read_text(encoding="utf-8")
    assert "amascus attacked somewhere" in report
    page = odd(tree, "outcomes")
    title = "Arab-majority communities' cells without an army of Damascus"
    assert f"| `arab_cells` | {title} | cells" in page and f"| `arab_cells_end` | {title} at the end | cells |" in page
    assert "| `days_of_fighting` | Days of fighting | days |" in page


def test_an_observation_is_a_field_of_what_actors_see(tree: Path) -> None:
    add_observation(tree)
    (tree / "scenarios/weeks.toml").write_text('base = "baseline"\ntitle = "Two weeks"\ndays = 14\n')
    (story,) = pullback(tree, ("explain", "weeks", "--run", "0", "--actor", "moscow"))
    story = " ".join(story.split())
    assert re.search(r"the_front_has_reached_hasakah: .* area that the SDF holds: [0-9,]+ km2", story), story[:2000]
    assert "| `area_held` | runs | area that the SDF holds | km2, at least 0 | `taken_by_defection`" in odd(tree, "seen")


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
