"""The null policies of a sweep: each run once more with the values of its own point, kept, and scored like with like."""

from __future__ import annotations

import json
import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sim.analysis.pooled import Pooled
from sim.cli import commands
from sim.experiments.play.check import verify
from sim.experiments.play.job import play
from sim.experiments.play.need import needs_of
from sim.experiments.play.null_policies import POLICIES, null_folder, null_sweep, played_runs, under_null_policy
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.sweep import SweepResults
from sim.model import TheatreModel
from sim.record.outcomes import outcome_table
from tests.sweeps import quiet, run_sweep

DAYS = 10
OBSERVED = 1
"""Attacks by 22 January: nearer to the 0.05 a day of one point than to the 6 of the other."""

SWEEP = f"""
format = 1
base = "baseline"
days = {DAYS}
[design]
method = "grid"
[uncertainties]
"insurgency.attacks_per_day" = {{ values = [0.05, 6.0], source = "a test" }}
[replicates]
min = 2
step = 1
max = 4
until = [{{ outcome = "insurgent_attacks", stat = "mean", half_width = 2.0 }}]
[output]
series = "full"
"""
"""A rule gives the points different numbers of runs, and every outcome that follows attacks differs between them."""

RECORD = f"""
format = 1
[[observation]]
name = "Attacks"
outcome = "insurgent_attacks"
observed = [{OBSERVED}, {OBSERVED}, {OBSERVED}]
unit = "attacks"
by = 2026-01-22
score = "crps"
nothing_changes = 3
used_to_fit = false
confidence = "H"
source = "a test"
[[observation]]
name = "Attacks by the 17th"
outcome = "insurgent_attacks"
observed = [{OBSERVED}, {OBSERVED}, {OBSERVED}]
unit = "attacks"
by = 2026-01-17
score = "crps"
nothing_changes = 3
used_to_fit = false
confidence = "H"
source = "a test"
"""


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.cli.batch.processors", lambda: 1)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sweep s whose null policies are there, and a record."""
    folder = tmp_path_factory.mktemp("played")
    (folder / "mine.toml").write_text(SWEEP)
    (folder / "record.toml").write_text(RECORD)
    sweep = run_sweep(load_sweep(folder / "mine.toml"), folder / "s", 1, quiet)
    for policy in POLICIES:
        run_sweep(null_sweep(sweep, policy), null_folder(sweep, policy), 1, quiet, only=played_runs(sweep))
    return folder


@pytest.fixture
def mine(played: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return shutil.copytree(played, tmp_path / "mine")


def refuse(*_: Any) -> Any:
    raise AssertionError("something is played")


def hindcast(folder: Path, *more: str) -> Result:
    record = str(folder / "record.toml")
    return CliRunner().invoke(commands, ["hindcast", str(folder / "s"), "--observations", record, "--json", *more])


def scored(folder: Path, *more: str) -> dict[str, Any]:
    done = hindcast(folder, *more)
    assert done.exit_code == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def parts(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


@cache
def one_by_one(folder: Path, policy: str) -> dict[tuple[int, int], dict[str, float]]:
    """Play each run of the points alone, as a scenario of its own: (point, run) -> outcomes."""
    sweep = SweepResults(folder / "s")
    played = {}
    for point, run in np.argwhere(played_runs(sweep)).tolist():
        if sweep.design.row_of_design[point] < 0:
            continue
        number = sweep.run_numbers(np.array([point]), np.array([run]))
        model = TheatreModel(under_null_policy(sweep.design.scenario(point, sweep.base), policy), numbers=number)
        model.run_to(DAYS)
        table = outcome_table(model.history)
        early = model.history.series["attacks"][:6].sum()
        played[point, run] = {name: float(values[0]) for name, values in table.items()} | {"early": float(early)}
    return played


def crps(values: list[float]) -> float:
    given = np.array(values)
    return float(np.abs(given - OBSERVED).mean() - np.abs(given[:, None] - given).mean() / 2)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_run_of_a_null_policy_is_that_of_its_own_point_and_number_played_alone(played: Path, policy: str) -> None:
    alone, sweep = one_by_one(played, policy), SweepResults(played / "s")
    table = Pooled(sweep).sweep.table()
    varied = [(p, r) for p, r in zip(*(table[k].to_pylist() for k in ("point", "run")), strict=True) if p > 0]
    assert list(alone) == varied
    assert len({run for _, run in varied}) > 2 and len(varied) < 8, "the points have different numbers of runs"
    null = Pooled(SweepResults(null_folder(sweep, policy)))
    for name, values in null.outcomes.items():
        assert np.array_equal(values, [each[name] for each in alone.values()], equal_nan=True), name
    made = {row["name"]: row["null_policies"][policy] for row in scored(played)["observations"]}
    assert made["Attacks"] == pytest.approx(crps([each["insurgent_attacks"] for each in alone.values()]))
    assert made["Attacks by the 17th"] == pytest.approx(crps([each["early"] for each in alone.values()]))


def test_what_a_null_policy_comes_to_follows_the_values_of_the_points(played: Path) -> None:
    """At the base's 0.6 a day there are 6 attacks in 10 days; at 0.05 and 6.0 about none and 60."""
    sweep = SweepResults(played / "s")
    attacks = Pooled(SweepResults(null_folder(sweep, "idle"))).outcomes["insurgent_attacks"]
    at_base = play(under_null_policy(sweep.base, "idle"), np.arange(6), {}).outcomes["insurgent_attacks"]
    assert attacks.min() <= 2 < at_base.min() <= at_base.max() < 20 < attacks.max()
    made = scored(played)
    assert made["nulls_are"] == (
        f"null policies idle and random: each of the {made['runs']} runs of 2 points was repeated "
        "with the values of its point"
    )
    assert not any("base" in note for note in made["notes"])


def test_a_second_hindcast_plays_nothing(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = parts(mine)
    monkeypatch.setattr("sim.experiments.play.fill.work_off", refuse)
    first = scored(mine)
    assert parts(mine) == before and scored(mine) == first


def test_a_hindcast_that_was_stopped_goes_on_with_what_is_there(mine: Path) -> None:
    whole, before = scored(mine), parts(mine)
    gone = max(before, key=lambda path: ("idle" in path.parts, "outcomes" in path.parts, path.name))
    gone.unlink()
    assert scored(mine) == whole
    assert {path for path, written in parts(mine).items() if before[path] == written} == {
        path for path in before if path.name != gone.name or "idle" not in path.parts
    }
    shutil.rmtree(mine / "s" / "nulls")
    assert scored(mine) == whole and parts(mine).keys() == before.keys()
    assert all(not list(verify(mine / "s" / "nulls" / policy, 1)) for policy in POLICIES)


def test_a_condition_holds_of_the_runs_of_each_null_policy_too(played: Path) -> None:
    made = scored(played, "--where", "insurgent_attacks < 20")
    for policy in POLICIES:
        values = [each["insurgent_attacks"] for each in one_by_one(played, policy).values()]
        kept = [value for value in values if value < 20]
        assert 0 < len(kept) < len(values)
        assert made["observations"][0]["null_policies"][policy] == pytest.approx(crps(kept))
        assert f"{len(kept)} {policy}" in made["notes"][0]


def test_what_the_null_policies_take_is_told_and_can_be_left_out(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(mine / "s" / "nulls")
    monkeypatch.setattr("sim.experiments.play.need.RUN_DAYS_ANNOUNCED", 0)
    pooled = Pooled(SweepResults(mine / "s"))
    sweep, runs = pooled.sweep, played_runs(pooled.sweep)
    need, _ = needs_of(null_sweep(sweep, "idle"), null_folder(sweep, "idle"), 1, only=runs)
    assert need.runs == runs.sum() < runs.size
    nulls = scored(mine, "--no-nulls")
    assert not (mine / "s" / "nulls").exists() and nulls["nulls_are"] is None
    assert all(row["null_policies"] == {} for row in nulls["observations"])
    done = hindcast(mine)
    told = f"{2 * runs.sum()} runs of {DAYS} days: about "
    assert done.stderr.startswith(told)
    assert done.stderr.endswith(" for the null policies (--no-nulls leaves them out)\n")
    assert hindcast(mine).stderr == "", "nothing is left to play"


def test_null_policies_that_do_not_fit_are_refused_before_anything_is_played(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(mine / "s" / "nulls")
    monkeypatch.setattr("sim.experiments.play.need.DISK_PER_RUN", 1e18)
    done = hindcast(mine)
    assert done.exit_code == 2 and done.stderr.endswith(
        ": free some, or use --no-nulls to score without the null policies\n"
    )
    assert done.stderr.count("\n") == 1 and not (mine / "s" / "nulls").exists()


def test_on_a_disk_that_takes_no_file_what_was_played_is_scored_and_what_was_not_is_left_out(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scored(mine)
    monkeypatch.setattr("os.access", lambda path, mode, **_: mode == os.R_OK)
    assert scored(mine) == whole
    shutil.rmtree(mine / "s" / "nulls")
    done = hindcast(mine)
    assert done.exit_code == 0 and json.loads(done.stdout)["nulls_are"] is None
    said = done.stderr.splitlines()[0]
    assert said.startswith(f"pullback: {mine / 's' / 'nulls' / 'idle'}: nothing can be written to ")
    assert said.endswith("; the null policies were not played") and not (mine / "s" / "nulls").exists()
