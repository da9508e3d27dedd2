"""Runs saved on an evening and taken up again: bit for bit the runs that never stopped."""

from __future__ import annotations

import gc
import json
import weakref
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sim.cli import commands
from sim.experiments.store.ensemble import open_ensemble
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record import snapshot
from sim.registry import load_scenario

UNTIL, DAYS, RUNS = 8, 20, 6


def pullback(folder: Path, *arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(commands, arguments)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    done = pullback(
        folder, "run", "baseline", "--runs", str(RUNS), "--until", "2026-01-20", "--save", "kept", "--workers", "2"
    )
    assert done.exit_code == 0, done.stderr
    assert "continue  pullback run --from kept --set KEY=VALUE\n" in done.stdout
    assert "later to later" not in done.stdout
    return folder


def test_a_model_taken_up_again_is_the_one_that_never_stopped() -> None:
    scenario = load_scenario("baseline")
    whole = TheatreModel(scenario, runs=RUNS)
    whole.run_to(DAYS)
    first = TheatreModel(scenario, runs=RUNS)
    first.run_to(UNTIL)
    again = TheatreModel(scenario, runs=RUNS)
    snapshot.restore(again.state, again.history, snapshot.take(first.state, first.history))
    again.catch_up()
    again.run_to(DAYS)
    taken = snapshot.take(again.state, again.history)
    for name, values in snapshot.take(whole.state, whole.history).items():
        assert np.array_equal(values, taken[name]), name


def test_runs_go_on_bit_for_bit_when_nothing_is_changed(saved: Path) -> None:
    horizon = ("--days", str(DAYS), "--workers", "1")
    assert pullback(saved, "run", "--from", "kept", *horizon, "--out", "on").exit_code == 0
    assert pullback(saved, "run", "baseline", "--runs", str(RUNS), *horizon, "--out", "whole").exit_code == 0
    on, whole = open_ensemble(saved / "on"), open_ensemble(saved / "whole")
    assert on.manifest["hash"] == whole.manifest["hash"]
    for name, values in whole.outcomes.items():
        assert np.array_equal(values, on.outcomes[name], equal_nan=True), name
    assert np.array_equal(on.series("sdf_share"), whole.series("sdf_share"))


def test_a_policy_swapped_from_that_day_on_is_explained_like_any_what_if(saved: Path) -> None:
    swap = ("--set", 'moscow.policy="stay"', "--days", str(DAYS), "--workers", "1")
    done = pullback(saved, "run", "--from", "kept", *swap, "--out", "swapped")
    assert done.exit_code == 0 and '\nwith moscow.policy="stay", from 2026-01-21 on\n' in done.stdout
    swapped = open_ensemble(saved / "swapped")
    assert [day for day, _ in swapped.scenario.stages] == [0, UNTIL + 1]
    assert np.isnan(swapped.outcomes["withdrawal_started_on"]).all()
    told = pullback(saved, "explain", "swapped", "--run", "1", "--json")
    ledger = json.loads(told.stdout)
    rules = {d["rule"] for d in ledger["decisions"] if d["matter"] == "moscow.qamishli" and d["date"] > "2026-01-20"}
    assert rules == {"otherwise"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "nowhere"), "nowhere: is not a results folder"),
        (("--from", "kept", "--set", "seed=3"), "seed and start_date cannot change; the runs keep their random numbers"),
        (("--from", "kept", "--seed", "3"), "saved runs keep their random numbers"),
        (("--from", "kept", "--runs", "7"), "--runs 7: kept holds 6 saved runs"),
        (("--from", "kept", "--set", "start.forces.sdf_fighters=50000"), "belongs to the first evening"),
        (
            ("--from", "kept", "--until", "2026-01-19"),
            "was saved on the evening of 2026-01-20; its runs cannot end before it",
        ),
        (("--from", "kept", "--days", "7", "--out", "x"), "its runs cannot end before it"),
        (("baseline", "--until", "soon", "--save", "x"), "--until soon: give a date, as in 2026-01-20, or a number of days"),
        (("baseline", "--until", "2026-01-12", "--save", "x"), "must be after the first evening, 2026-01-12"),
        (("baseline", "--save", "x"), "--save DIR needs --until DAY"),
        (("baseline", "--from", "kept"), "name a scenario, or the folder of saved runs to continue"),
    ],
)
def test_what_cannot_be_taken_up_is_said_in_one_line(saved: Path, arguments: tuple[str, ...], said: str) -> None:
    done = pullback(saved, "run", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (saved / "x").exists()


def test_a_damaged_state_is_refused(saved: Path, tmp_path: Path) -> None:
    part = next((saved / "kept" / "states").glob("*.npz"))
    for kept in (10, part.stat().st_size // 2):
        broken = tmp_path / "broken.npz"
        broken.write_bytes(part.read_bytes()[:kept])
        with pytest.raises(InputError, match="is not a saved state"):
            snapshot.read(broken, np.arange(1))


def test_a_state_of_another_world_is_refused() -> None:
    model = TheatreModel(load_scenario("baseline"), runs=2)
    model.run_to(2)
    fresh = TheatreModel(load_scenario("baseline"), runs=2)
    kept = snapshot.take(model.state, model.history) | {"state.army": model.state.army[:-1]}
    with pytest.raises(InputError, match="the saved state does not fit the scenario: expected float32"):
        snapshot.restore(fresh.state, fresh.history, kept)


def test_a_model_that_is_done_with_leaves_memory() -> None:
    model = weakref.ref(TheatreModel(load_scenario("baseline"), runs=1))
    gc.collect()
    assert model() is None
