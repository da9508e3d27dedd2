"""Ensembles: the same runs whatever computes them, resumed where they were stopped, one driver to a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.experiments.play.plan import plan
from sim.experiments.play.runner import JobsFailed
from sim.experiments.store.ensemble import Results
from sim.experiments.store.locks import FolderBusy, locked
from sim.experiments.store.parts import Job
from sim.registry import load_scenario
from tests.forked import pullback
from tests.sweeps import job_of, run_ensemble, runs_in

ROOT = Path(__file__).resolve().parents[2]
DAYS = 9
BLOCK = 1000
MANY = 1536
"""Runs of an ensemble of several jobs, large enough to be killed in the middle."""


def computed(folder: Path, runs: int, workers: int = 1) -> Results:
    scenario = load_scenario("baseline", [f"days={DAYS}"])
    return run_ensemble(scenario, runs, workers, folder)


def assert_same(one: Results, other: Results) -> None:
    """Compare all tables bit for bit."""
    for name, values in one.outcomes.items():
        assert np.array_equal(values, other.outcomes[name], equal_nan=True), name
    for name in ("sdf_share", "attacks", "detainees_escaped"):
        assert np.array_equal(one.series(name), other.series(name)), name
    assert all(np.array_equal(a, b) for a, b in zip(one.control, other.control, strict=True))
    for decision, rules in one.rules.items():
        assert all(np.array_equal(count, other.rules[decision][rule]) for rule, count in rules.items()), decision


def line(folder: Path, runs: int, workers: int) -> tuple[str, ...]:
    """Return the command line of an ensemble."""
    return ("run", "baseline", f"--days={DAYS}", f"--workers={workers}", f"--out={folder}", f"--runs={runs}")


@contextmanager
def started(folder: Path, runs: int, workers: int = 2) -> Iterator[subprocess.Popen[str]]:
    """Start the program in a process group of its own; end what is left of it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", *line(folder, runs, workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        if alive(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


def alive(process: subprocess.Popen[str]) -> bool:
    """Whether anything of the process group is left that has not ended."""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- the same runs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "done", "workers", "jobs"),
    [
        (10, [], 2, [(0, 5), (5, 5)]),
        (10, [3, 4], 1, [(0, 3), (5, 5)]),
        (10, range(10), 4, []),
        (4, range(10), 4, []),
        (100, [], 2, [(0, 50), (50, 50)]),
        (100, range(40), 3, [(40, 20), (60, 20), (80, 20)]),
        (4 * BLOCK, [], 1, [(first, BLOCK) for first in range(0, 4 * BLOCK, BLOCK)]),
        (4 * BLOCK + 2, [], 1, [(0, 801), (801, 801), (1602, 801), (2403, 801), (3204, 798)]),
        (600, [], 1, [(0, 300), (300, 300)]),  # cut evenly, so that no worker waits for another
        (6000, [], 2, [(first, 750) for first in range(0, 6000, 750)]),  # a share in four, to show how far it is
    ],
)
def test_jobs_cover_what_is_missing_once(runs: int, done: list[int], workers: int, jobs: list[tuple[int, int]]) -> None:
    planned = plan(np.isin(np.arange(runs), done)[None, :], workers, BLOCK, whole_points=False)
    covered = [run for job in planned for run in range(job.first_run, job.end_run)]
    assert sorted(covered) == sorted(set(range(runs)) - set(done))
    assert [(job.first_run, job.size) for job in planned] == jobs
    assert all(job.size <= BLOCK for job in planned)


def test_the_same_results_whatever_the_number_of_workers(tmp_path: Path) -> None:
    alone = computed(tmp_path / "one", 70, workers=1)
    several = computed(tmp_path / "three", 70, workers=3)
    assert len(list((several.folder / "outcomes").glob("*.parquet"))) == 3
    assert alone.manifest["hash"] == several.manifest["hash"]
    assert_same(alone, several)


def test_the_same_results_run_by_run_as_in_one_block(tmp_path: Path) -> None:
    for runs in range(1, 6):
        singly = computed(tmp_path / "singly", runs)
    assert len(list((singly.folder / "outcomes").glob("*.parquet"))) == 5
    assert_same(computed(tmp_path / "at once", 5), singly)


def test_a_larger_number_of_runs_adds_to_those_that_are_there(tmp_path: Path) -> None:
    few = computed(tmp_path / "mine", 6)
    (part,) = (few.folder / "outcomes").iterdir()
    written = part.stat().st_mtime_ns
    more = computed(tmp_path / "mine", 10)
    assert part.stat().st_mtime_ns == written
    assert more.runs == 10
    assert_same(more, computed(tmp_path / "at once", 10))


def test_fewer_runs_than_are_there_compute_nothing_and_lose_nothing(tmp_path: Path) -> None:
    computed(tmp_path / "mine", 6)
    told = []
    scenario = load_scenario("baseline", [f"days={DAYS}"])
    again = run_ensemble(scenario, 4, 2, tmp_path / "mine", lambda done, asked, failed: told.append((done, asked)))
    assert again.runs == 6
    assert told == [(4, 4)]


def test_the_same_from_python_as_a_data_frame(tmp_path: Path) -> None:
    results = sim.run("baseline", runs=3, sets=[f"days={DAYS}"], out=tmp_path / "mine")
    assert results.frame(["killed_sdf"])["run"].tolist() == [0, 1, 2]
    assert_same(results, computed(tmp_path / "other", 3))


# --- stopped ----------------------------------------------------------------------------------------------------------


def test_an_ensemble_resumed_after_kill_9_is_the_one_that_was_never_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    with started(folder, MANY) as process:
        wait_until(lambda: list(folder.glob("outcomes/[0-9]*.parquet")))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        wait_until(lambda: not alive(process))  # its workers have left with it
    assert 0 < len(runs_in(folder)) < MANY, "it was killed in the middle"
    assert_same(computed(folder, MANY), computed(tmp_path / "whole", MANY))


class Deadly(Job):
    """A job that ends the process that takes it up, as a crash in compiled code or the system's memory killer would."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


def test_a_job_that_kills_its_worker_is_named_and_the_rest_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [job_of(0, 2), Deadly(0, 1, 2, 4), job_of(4, 2)]
    monkeypatch.setattr("sim.experiments.play.fill.plan", lambda *asked, **more: jobs)
    with pytest.raises(JobsFailed) as told:
        run_ensemble(load_scenario("baseline", ["days=2"]), 6, 2, tmp_path / "mine")
    assert str(told.value) == f"runs 2 to 3 killed their worker; 4 of 6 runs are stored in {tmp_path / 'mine'}"
    assert runs_in(tmp_path / "mine") == [0, 1, 4, 5]


# --- the folder -------------------------------------------------------------------------------------------------------


def test_a_second_driver_is_turned_away_in_one_line_and_the_first_is_not_disturbed(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    with started(folder, 8192, workers=1) as first:
        wait_until(lambda: (folder / "manifest.json").exists())
        second = pullback(*line(folder, 2, workers=1), folder=tmp_path)
        assert (second.code, second.stdout) == (75, b"")
        said = f"pullback: {folder}: another run is writing here; wait for it, or name another folder\n"
        assert second.stderr == said
        before = len(runs_in(folder))
        wait_until(lambda: len(runs_in(folder)) > before)
        assert first.poll() is None


def test_the_lock_is_free_again_after_a_run(tmp_path: Path) -> None:
    computed(tmp_path / "mine", 1)
    with locked(tmp_path / "mine"), pytest.raises(FolderBusy), locked(tmp_path / "mine"):
        pass
    assert computed(tmp_path / "mine", 2).runs == 2


def test_a_folder_that_cannot_be_made_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file of the user's")
    ended = pullback(*line(tmp_path / "file" / "results", 1, workers=1), folder=tmp_path)
    assert (ended.code, ended.stdout) == (74, b"")
    assert ended.stderr == f"pullback: {tmp_path / 'file' / 'results'}: Not a directory\n"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to writing for the administrator")
def test_a_folder_closed_to_writing_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    ended = pullback(*line(tmp_path / "closed" / "results", 1, workers=1), folder=tmp_path)
    assert (ended.code, ended.stdout) == (74, b"")
    assert ended.stderr == f"pullback: {tmp_path / 'closed' / 'results'}: Permission denied\n"
    assert not list((tmp_path / "closed").iterdir())
