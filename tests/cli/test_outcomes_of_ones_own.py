"""Outcomes of one's own on the command line and in a seat: wherever outcomes are, and one line where they do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboards.compare.question import outcome_choices
from dashboards.compare.shelf import Shelved
from dashboards.engine.seat import Seat
from dashboards.engine.seat_view import reckoning
from sim.cli import commands
from sim.experiments.export.summary import summary
from sim.experiments.play.run import run
from sim.experiments.store.ensemble import open_ensemble
from sim.registry import load_scenario

MINE = """
base = "baseline"
title = "Mine"
days = 9
runs = 4
expected = { fought = "up" }

[outcomes]
fought = { title = "Days of fighting", of = "days(fighting_sectors > 0)" }
few = "fought < 3"
"""
POLICY = 'damascus.policy="documented"'
RECORD = """
format = 1
[outcomes]
low = { title = "Low", of = "min(sdf_share, 2026-01-14, 2026-01-19)" }
[[observation]]
name = "Held little"
outcome = "low"
observed = [0.05, 0.16, 0.2]
by = 2026-01-19
unit = "1"
score = "crps"
nothing_changes = 0.285
used_to_fit = false
confidence = "L"
source = "a test"
[[observation]]
name = "Fought on"
outcome = "fought"
observed = [3, 6, 9]
by = 2026-01-20
unit = "days"
score = "crps"
nothing_changes = 0
used_to_fit = false
confidence = "L"
source = "a test"
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mine")
    (folder / "mine.toml").write_text(MINE)
    (folder / "record.toml").write_text(RECORD)
    for out, policy in (("A", "documented"), ("B", "idle")):
        run(folder / "mine.toml", sets=[POLICY.replace("documented", policy)], out=folder / out)
    return folder


@pytest.fixture(autouse=True)
def there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)


def pullback(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def test_they_are_shown_wherever_outcomes_are(here: Path) -> None:
    assert "Days of fighting  days(fighting_sectors > 0)" in pullback("show", "mine.toml").stdout
    assert json.loads(pullback("show", "mine.toml", "--json").stdout)["outcomes"]["few"] == {"of": "fought < 3"}
    assert ", 2 outcomes of its own; hash" in pullback("check", "mine.toml").stdout
    table = pullback("run", "mine.toml", "--set", POLICY, "--out", "A").stdout
    assert "\nDays of fighting " in table and "\nfew " in table
    made = {each["name"]: each for each in summary(open_ensemble(here / "A"))["outcomes"]}
    assert made["fought"]["unit"] == "days" and made["fought"]["median"] > 0
    assert made["few"]["expression"] == "fought < 3 where fought = days(fighting_sectors > 0)"
    assert "Days(fighting_sectors &gt; 0). Defined by the user" in (here / "A" / "report.html").read_text(encoding="utf-8")
    assert pullback("export", "A", "--outcome", "fought").stdout.startswith('"run","fought"')
    mistake = pullback("export", "A", "--outcome", "fough")
    said = "fough is not the name of an outcome; did you mean fought?"
    assert (mistake.exit_code, mistake.stderr.strip()) == (2, said)
    names = {each["name"] for each in outcome_choices("A", (Shelved("A", here / "A"),))}
    assert {"fought", "few", "collapse_day"} <= names


def test_compared_and_asked_for_and_answered(here: Path) -> None:
    told = json.loads(pullback("compare", "A", "B", "--outcome", "fought", "--where", "not few", "--json").stdout)
    assert [each["name"] for each in told["outcomes"]] == ["fought"] and told["where"] == "not few"
    assert [each["name"] for each in told["expected"]] == ["fought"]
    wrong = pullback("compare", "A", "B", "--where", "fewer")
    assert wrong.stderr.strip() == "--where: column 1: fewer is not a series or outcome; did you mean few?"


def test_a_record_of_ones_own_is_scored_by_them(here: Path) -> None:
    done = pullback("hindcast", "mine.toml", "--observations", "record.toml", "--where", "fought > 0", "--json")
    assert done.exit_code == 0, done.stderr
    scored = json.loads(done.stdout)
    assert [each["name"] for each in scored["observations"]] == ["Held little", "Fought on"]
    folder = next((here / "results").glob("mine-*"))
    assert set(json.loads((folder / "outcomes.json").read_text())) == {"fought", "few", "low"}
    again = pullback("hindcast", "A", "--observations", "record.toml", "--no-nulls", "--json")
    scores = [{each["name"]: each["score"] for each in s["observations"]} for s in (scored, json.loads(again.stdout))]
    assert scores[0] == scores[1], "worked out of the series of a folder that was not asked for it"


def test_a_seat_ends_with_them(here: Path) -> None:
    seat = Seat(load_scenario(here / "mine.toml"), 2, "damascus", 0, 3)
    while not seat.over:
        seat.step()
        if seat.stop is not None:
            seat.decide({})
    assert [row["name"] for row in reckoning(seat)][-2:] == ["Days of fighting", "few"]


def test_a_fault_costs_one_line_before_anything_is_written(here: Path) -> None:
    (here / "wrong.toml").write_text(MINE.replace("fighting_sectors", "fighting_sector"))
    done = pullback("run", "wrong.toml", "--out", "C")
    said = (
        "wrong.toml: outcomes: fought: column 6: fighting_sector is not a series or outcome; did you mean fighting_sectors?"
    )
    assert (done.exit_code, done.stderr.strip().split(" (and ")[0]) == (2, said) and not (here / "C").exists()
