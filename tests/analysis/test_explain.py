"""pullback explain as a user meets it: every way to ask, from a scenario and from a results folder, and every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli import commands

SHORT = 'base = "baseline"\ntitle = "Three weeks"\ndays = 21\nruns = 2\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder of two runs over three weeks."""
    here = tmp_path_factory.mktemp("explained")
    (here / "weeks.toml").write_text(SHORT)
    done = pullback("run", str(here / "weeks.toml"), "--workers", "1", "--out", str(here / "out"))
    assert done.exit_code == 0, done.output
    return here / "out"


def pullback(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def test_a_story_is_dated_and_one_of_many(folder: Path) -> None:
    said = pullback("explain", str(folder), "--run", "1").stdout
    assert "Three weeks: run 1, seed" in said
    assert "one of many simulated histories, not a forecast" in said
    assert said.index("2026-01-13") < said.index("2026-01-20")
    assert "based on: " in said and "next rule that held: " in said and "* " in said


def test_the_story_of_one_actor_has_its_decisions_only(folder: Path) -> None:
    said = pullback("explain", str(folder), "--run", "1", "--actor", "moscow").stdout
    assert "Moscow, qamishli" in said
    assert "Damascus, campaign" not in said and "* " not in said


def test_why_walks_back_to_decisions_and_events(folder: Path) -> None:
    lines = pullback("explain", str(folder), "--run", "1", "--why", "truce_signed").stdout.splitlines()
    assert "a truce is signed (truce_signed, by truce)" in lines[0]
    assert any(line.startswith("  2026") and "Damascus, truce" in line for line in lines)


def test_a_folder_parts_from_a_scenario_under_the_names_of_both(folder: Path) -> None:
    done = pullback("explain", str(folder), "--run", "1", "--diverge", "moscow-stays")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("run 1 of weeks and of moscow-stays, with common random numbers")
    assert "set differently: moscow.policy: documented and stay" in done.stdout
    assert "decisions first differ on" in done.stdout


def test_json_is_one_object_under_the_name_of_the_scenario(folder: Path) -> None:
    ledger = json.loads(pullback("explain", str(folder), "--run", "1", "--json").stdout)
    assert (ledger["scenario"], ledger["run"]) == ("weeks", 1)
    assert {"date", "matter", "rule", "order", "evidence", "next_in_line", "readings"} <= set(ledger["decisions"][0])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--run", "9"), "has no run 9; it has 2 runs, counted from 0"),
        (("--run", "-1"), "-1 is not in the range"),
        ((), "Missing option '--run'"),
        (("--run", "1", "--actor", "turkey"), "is not one of damascus, moscow, sdf, us"),
        (("--run", "1", "--why", "truce"), "is not a kind of event"),
        (("--run", "1", "--why", "truce_signed@2030-01-01"), "in run 1 it happened on"),
        (("--run", "1", "--diverge", "moscow-stay"), "did you mean moscow-stays?"),
        (("--run", "1", "--diverge", "quiet-2025"), "the runs have different random numbers"),
        (("--run", "1", "--json", "--why", "truce_signed"), "cannot be combined"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_else(folder: Path, arguments: tuple[str, ...], line: str) -> None:
    done = pullback("explain", str(folder), *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
