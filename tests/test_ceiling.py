"""What a batch takes is told beforehand, and refused where it is more than there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.cli import commands
from sim.experiments import ceiling
from sim.experiments.ceiling import need_of
from sim.scenario import load_scenario

SHORT = ("run", "baseline", "--runs", "4", "--days", "3", "--workers", "1", "--out")


def test_more_runs_than_the_machine_can_hold_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ("run", "baseline", "--runs", "10000000", "--out", str(tmp_path / "it")))
    assert done.exit_code == 2 and not (tmp_path / "it").exists()
    assert done.stderr.startswith("this would take about 543 GB of memory and there are ")
    assert done.stderr.count("\n") == 1 and "--anyway" in done.stderr


def test_what_does_not_fit_is_tried_when_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "DISK_PER_RUN_DAY", 1e18)
    done = CliRunner().invoke(commands, (*SHORT, str(tmp_path / "it")))
    assert done.exit_code == 2 and "GB of disk" in done.stderr
    assert CliRunner().invoke(commands, (*SHORT, str(tmp_path / "it"), "--anyway")).exit_code == 0


def test_long_work_says_what_it_will_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "RUN_DAYS_TOLD", 16)
    done = CliRunner().invoke(commands, (*SHORT, str(tmp_path / "it")))
    assert done.stderr.startswith("4 runs of 3 days: about ") and "of disk" in done.stderr
    assert CliRunner().invoke(commands, (*SHORT, str(tmp_path / "it"))).stderr == ""  # all of them are there


def test_a_folder_takes_no_more_disk_than_is_reckoned(tmp_path: Path) -> None:
    scenario = load_scenario("baseline").with_values({"runs": 256, "days": 60}, set_by="test")
    reckoned = need_of(scenario, 1, tmp_path / "it").disk
    arguments = ("run", "baseline", "--runs", "256", "--days", "60", "--workers", "1", "--out", str(tmp_path / "it"))
    assert CliRunner().invoke(commands, arguments).exit_code == 0
    used = sum(path.stat().st_size for path in (tmp_path / "it" / "series").iterdir())
    assert 0.3 * reckoned < used < 1.3 * reckoned
