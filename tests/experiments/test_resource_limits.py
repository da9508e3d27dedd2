"""What a batch takes is told beforehand, and refused where it is more than there is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from sim.cli import commands
from sim.experiments.play import need
from sim.experiments.play.check import disk_used
from sim.experiments.play.need import needs_of
from sim.experiments.play.run import ensemble_of
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.locks import Shard
from sim.experiments.store.parts import parts
from sim.registry import load_scenario
from tests.sweeps import POINTS, RUNS, SWEEP, quiet, run_sweep, written

SHORT = ("run", "baseline", "--runs", "4", "--days", "3", "--workers", "1", "--out")
RULE = """[replicates]
min = 4
step = 4
max = 400
until = [{ outcome = "killed_sdf", stat = "mean", half_width = 1e9 }]
[output]
series = "none"
"""


def called(*arguments: str | Path) -> Result:
    return CliRunner().invoke(commands, [str(word) for word in arguments])


def there_is(monkeypatch: pytest.MonkeyPatch, disk: float = 1e18, memory: float = 1e18) -> None:
    """Let the machine have so many bytes."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=1e18, free=disk))
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": memory}[name])


def test_more_runs_than_the_machine_can_hold_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there_is(monkeypatch, memory=64e9)
    done = called("run", "baseline", "--runs", "10000000", "--out", tmp_path / "it")
    assert done.exit_code == 2 and not (tmp_path / "it").exists()
    assert done.stderr == (
        "this needs about 543 GB of memory and this machine has 64 GB: "
        "give fewer --runs or --days, or fewer --workers, or --anyway to try\n"
    )


def test_what_does_not_fit_is_tried_when_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.experiments.play.need.DISK_PER_RUN_DAY", 1e18)
    done = CliRunner().invoke(commands, (*SHORT, str(tmp_path / "it")))
    assert done.exit_code == 2 and "GB of disk" in done.stderr
    assert CliRunner().invoke(commands, (*SHORT, str(tmp_path / "it"), "--anyway")).exit_code == 0


def test_long_work_says_what_it_will_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(need, "RUN_DAYS_ANNOUNCED", 16)
    done = CliRunner().invoke(commands, (*SHORT, str(tmp_path / "it")))
    assert done.stderr.startswith("4 runs of 3 days: about ") and "of disk" in done.stderr
    assert CliRunner().invoke(commands, (*SHORT, str(tmp_path / "it"))).stderr == ""  # all of them are there


def test_a_folder_takes_no_more_disk_than_is_reckoned(tmp_path: Path) -> None:
    scenario = load_scenario("baseline").with_values({"runs": 256, "days": 60}, set_by="test")
    reckoned = needs_of(ensemble_of(scenario), tmp_path / "it", 1)[0].disk
    arguments = ("run", "baseline", "--runs", "256", "--days", "60", "--workers", "1", "--out", str(tmp_path / "it"))
    assert CliRunner().invoke(commands, arguments).exit_code == 0
    used = sum(path.stat().st_size for path in (tmp_path / "it" / "series").iterdir())
    assert 0.3 * reckoned < used < 1.3 * reckoned


@pytest.mark.parametrize("command", [("run", "baseline"), ("sweep", "SWEEP")])
def test_a_place_where_nothing_can_be_written_is_named(
    command: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = written(tmp_path) if command[1] == "SWEEP" else command[1]
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # nothing is closed to the administrator
    done = called(command[0], what, "--out", tmp_path / "closed" / "it")
    said = f"pullback: {tmp_path / 'closed' / 'it'}: nothing can be written to {tmp_path}; name another folder\n"
    assert (done.exit_code, done.stderr) == (74, said)
    assert not (tmp_path / "closed").exists()


# --- sweeps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "other"), [("disk", "another --out"), ("memory", "fewer --workers")])
def test_a_sweep_that_does_not_fit_is_refused_and_tried_when_told_to(
    what: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path)
    there_is(monkeypatch, **{what: 100_000})
    arguments = ("sweep", file, "--workers", "1", "--out", tmp_path / "it")
    done = called(*arguments)
    assert done.exit_code == 2 and not (tmp_path / "it").exists()
    where = f"{tmp_path} has" if what == "disk" else "this machine has"
    assert f" of {what} and {where} 0.0001 GB: " in done.stderr and done.stderr.count("\n") == 1
    assert done.stderr.endswith(f'give fewer points or runs (or series = "none"), or {other}, or --anyway to try\n')
    assert called(*arguments, "--anyway").exit_code == 0


def test_a_sweep_too_large_to_plan_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of its points and runs alone would take more memory than there is."""
    there_is(monkeypatch, memory=64e9)
    text = (
        SWEEP.replace("points = 4", "points = 4096").replace(f"n = {RUNS}", "n = 10000000") + '[output]\nseries = "none"\n'
    )
    done = called("sweep", written(tmp_path, text), "--out", tmp_path / "it")
    assert done.exit_code == 2 and done.stderr.startswith("this needs about 6")
    assert "of memory and this machine has 64 GB: give fewer points or runs, or fewer" in done.stderr


def test_what_is_there_of_a_sweep_takes_nothing_more(tmp_path: Path) -> None:
    sweep, folder = load_sweep(written(tmp_path)), tmp_path / "it"
    whole, _ = needs_of(sweep, folder, 1)
    assert whole.runs == POINTS * RUNS
    run_sweep(sweep, folder, 1, quiet)
    assert 0.3 * whole.disk < disk_used(folder) < 1.3 * whole.disk
    done, _ = needs_of(sweep, folder, 1)
    assert (done.runs, done.disk, done.is_long) == (0, 0, False)
    lost = parts(folder)[0]
    (folder / "outcomes" / lost.part).unlink()
    assert needs_of(sweep, folder, 1)[0].runs == lost.size


def test_shards_take_together_what_the_whole_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.experiments.play.plan.SHARD_RUNS", 1)
    sweep, folder = load_sweep(written(tmp_path)), tmp_path / "it"
    runs = [needs_of(sweep, folder, 1, Shard(number, 4))[0].runs for number in (1, 2, 3, 4)]
    assert runs == [3 * RUNS, 2 * RUNS, 2 * RUNS, 2 * RUNS]
    run_sweep(sweep, folder, 1, quiet, shard=Shard(2, 4))
    assert [needs_of(sweep, folder, 1, Shard(number, 4))[0].runs for number in (1, 2)] == [3 * RUNS, 0]


def test_a_rule_is_reckoned_by_the_fewest_runs_and_its_most_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SWEEP.replace(f"[replicates]\nn = {RUNS}\n", RULE)
    sweep, folder = load_sweep(written(tmp_path, text)), tmp_path / "it"
    least, most = needs_of(sweep, folder, 1)
    assert (least.runs, most.runs) == (POINTS * 4, POINTS * 400)
    there_is(monkeypatch, disk=(least.disk + most.disk) / 2)
    monkeypatch.setattr(need, "RUN_DAYS_ANNOUNCED", 16)
    done = called("sweep", tmp_path / "small.toml", "--workers", "1", "--out", folder)
    assert done.exit_code == 0 and done.stderr.startswith("36 runs of 9 days: about ")
    assert "; at most 3,600 runs, " in done.stderr.splitlines()[0]  # a slow machine goes on to tell how far it is


def test_on_other_machines_only_the_disk_and_the_planning_are_reckoned(tmp_path: Path) -> None:
    sweep = load_sweep(written(tmp_path))
    here, there = needs_of(sweep, tmp_path / "it", 8)[0], needs_of(sweep, tmp_path / "it", 0)[0]
    assert there.memory < here.memory / 8 and there.runs == here.runs


def test_the_results_of_another_sweep_count_for_nothing(tmp_path: Path) -> None:
    sweep, folder = load_sweep(written(tmp_path)), tmp_path / "it"
    run_sweep(sweep, folder, 1, quiet)
    other = load_sweep(written(tmp_path, SWEEP.replace("seed = 3", "seed = 4")))
    assert needs_of(other, folder, 1)[0].runs == POINTS * RUNS
    done = called("sweep", tmp_path / "small.toml", "--out", folder)
    assert done.exit_code == 2 and "holds the results of small" in done.stderr
