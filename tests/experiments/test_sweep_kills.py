"""Sweeps of the real baseline whose driver and workers are killed at random moments are those that were never stopped.

Each is done in a short form; the long one, with 50 kills in one sweep, is among what `make verify` runs.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from sim.experiments.play.check import status, verify
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.sweep import SweepResults
from tests.sweeps import ROOT, SWEEP, assert_same, committed, quiet, run_sweep, started, wait_until, written

psutil = pytest.importorskip("psutil", reason="looks for the workers of a driver; comes with the [cluster] extra")

SHORT = SWEEP.replace("days = 9\n", "days = 60\n").replace("n = 6", "n = 64")
LONG = SWEEP.replace("days = 9\n", "").replace("n = 6", "n = 256").replace("points = 4", "points = 64")
LATEST = 0.3
"""Share of what the whole sweep takes by which a process is killed at the latest."""

Form = tuple[Path, int, SweepResults, float]
"""A sweep's file, the number of kills, its results when it was never stopped, and the seconds that they took."""

Record = Callable[[str, object], None]

FORMS = [pytest.param((SHORT, 3), id="short"), pytest.param((LONG, 50), id="long", marks=pytest.mark.verify)]


@pytest.fixture(scope="module", params=FORMS)
def form(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Form:
    """Play the sweep without a stop."""
    text, kills = request.param
    file = written(tmp_path_factory.mktemp("file"), text)
    began = time.monotonic()
    whole = run_sweep(load_sweep(file), tmp_path_factory.mktemp("whole") / "whole", 1, quiet)
    return file, kills, whole, time.monotonic() - began


def kill(pid: int) -> bool:
    """Kill a process; return whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def workers_of(driver: int) -> list[int]:
    """Return the workers of a driver: forked from a process that it has started, or started by itself."""
    try:
        below = psutil.Process(driver).children(recursive=True)
        return [each.pid for each in below if each.ppid() != driver or "spawn_main" in " ".join(each.cmdline())]
    except psutil.NoSuchProcess:  # it has ended meanwhile
        return []


def kill_at_random(form: Form, folder: Path, kills: int, workers: int, seed: int, *more: str) -> dict[str, int]:
    """Start the sweep again and again and kill its driver, every third time after one of its workers; count what died.

    Every other time it is killed within seconds of its start, from before it has made its folder on; otherwise some time
    after it has committed something. A sweep that is done before its time has come is begun again.
    """
    chance, died, latest = random.Random(seed), {"drivers": 0, "workers": 0}, LATEST * form[3]
    while sum(died.values()) < kills:
        with started(form[0], folder, *more, workers=workers) as driver:
            if chance.random() < 0.5:
                before = committed(folder)
                wait_until(lambda: committed(folder) > before or driver.poll() is not None, seconds=600)  # noqa: B023
            time.sleep(chance.uniform(0.0, latest))
            if chance.random() < 0.4 and driver.poll() is None and (found := workers_of(driver.pid)):
                died["workers"] += kill(chance.choice(found))
                time.sleep(chance.uniform(0.0, latest))
            if driver.poll() is None:
                died["drivers"] += kill(driver.pid)
                continue
        assert driver.returncode in (0, 1)  # done, or done but for the jobs of the worker that was killed
        shutil.rmtree(folder)
    return died


def assert_whole(folder: Path, whole: SweepResults) -> None:
    made = status(folder)
    assert (made.done, made.failed) == (whole.runs_asked, {})
    assert list(verify(folder, 2)) == []
    assert_same(SweepResults(folder), whole)


def say(record_property: Record, whole: SweepResults, died: dict[str, int], parts: int) -> None:
    """Keep what was measured."""
    record_property("runs", whole.runs_asked)
    record_property("killed", died)
    record_property("parts after the last kill", parts)


def test_killed_and_resumed_to_the_end(form: Form, tmp_path: Path, record_property: Record) -> None:
    file, kills, whole, _ = form
    died = kill_at_random(form, tmp_path / "killed", kills, workers=2, seed=kills)
    left = committed(tmp_path / "killed")
    with started(file, tmp_path / "killed") as process:
        _, stderr = process.communicate(timeout=1800)
    assert process.returncode == 0, stderr
    assert_whole(tmp_path / "killed", whole)
    say(record_property, whole, died, left)


def test_killed_and_resumed_with_other_workers_and_other_blocks(
    form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    file, kills, whole, _ = form
    died = kill_at_random(form, tmp_path / "killed", max(kills // 5, 1), workers=2, seed=1)
    left = committed(tmp_path / "killed")
    monkeypatch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 96)
    monkeypatch.setattr("sim.experiments.play.job.block_runs", lambda days, kept: 25)
    run_sweep(load_sweep(file), tmp_path / "killed", 1, quiet)
    assert_whole(tmp_path / "killed", whole)
    say(record_property, whole, died, left)


@pytest.mark.verify
def test_killed_and_resumed_by_dask(
    form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    """Drivers are killed while their workers go on, then a worker with all it has under way."""
    pytest.importorskip("distributed", reason="Dask needs the [cluster] extra")
    file, kills, whole, _ = form
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with example().cluster(workers=2) as (address, workers):
        by_dask = ("--engine", "dask", "--scheduler", address)
        died = kill_at_random(form, tmp_path / "killed", max(kills // 5, 1), 2, 2, *by_dask)
        with started(file, tmp_path / "killed", *by_dask) as process:
            left = committed(tmp_path / "killed")
            wait_until(lambda: committed(tmp_path / "killed") > left or process.poll() is not None, seconds=300)
            assert process.poll() is None
            os.killpg(workers[0].pid, signal.SIGKILL)
            _, stderr = process.communicate(timeout=1800)
        assert process.returncode == 0, stderr
    assert_whole(tmp_path / "killed", whole)
    say(record_property, whole, died | {"workers": 1}, left)


def example() -> Any:
    """Return examples/dask_cluster.py as a module."""
    spec = spec_from_file_location("dask_cluster", ROOT / "examples" / "dask_cluster.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
