"""Workers that cannot start: a fault of the environment, told in one line, with nothing left behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import current_process, forkserver, resource_tracker, spawn
from pathlib import Path
from typing import Any

import pytest

from sim.analysis.calibrate.run import calibrate
from sim.analysis.hindcast.observations import load_observations
from sim.experiments.play import workers
from sim.experiments.play.workers import GUARD, LocalPool, WorkersCannotStart, refuse_unguarded
from sim.experiments.store.kept import load_sweep
from sim.registry import load_scenario
from tests.jobs import module_and_variables
from tests.sweeps import ROOT, job_of, run_ensemble, run_sweep, written

SCRIPTS = {
    "run": 'sim.run("baseline", runs=64, sets=["days=4"], workers=2, out="results/it")',
    "sweep": 'sim.sweep("./small.toml", workers=2, out="results/it")',
}


@pytest.mark.parametrize("what", SCRIPTS)
def test_a_script_without_a_guard_is_told_so_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "script.py").write_text(f"import sim\n{SCRIPTS[what]}\n")
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == ""
    assert GUARD in lines[-1] and lines[-1].startswith("sim.experiments.play.workers.WorkersCannotStart: ")
    assert sum("Traceback" in line for line in lines) == 1, "only the driver speaks"
    assert sorted(path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts) == before


@pytest.fixture
def no_interpreter() -> Any:
    """An interpreter that is gone."""
    resource_tracker.ensure_running()
    forkserver._forkserver._stop()
    before = spawn.get_executable()
    spawn.set_executable("/none/python")
    yield
    spawn.set_executable(before)


@pytest.mark.usefixtures("no_interpreter")
def test_whatever_plays_runs_says_that_no_worker_starts_and_leaves_nothing(tmp_path: Path) -> None:
    scenario, folder = load_scenario("baseline", ["days=2"]), tmp_path / "results" / "it"
    fitted = [item for item in load_observations() if item.used_to_fit]
    (tmp_path / "own").mkdir()
    sweep = load_sweep(written(tmp_path / "own"))
    for call in (
        lambda: run_ensemble(scenario, 64, 2, folder),
        lambda: run_sweep(sweep, folder, 2, lambda done, asked, failed: None),
        lambda: calibrate(scenario, fitted, folder, 2, 1, 2),
    ):
        with pytest.raises(
            WorkersCannotStart, match=r"^no worker can start: the process from which they are forked ended before it was"
        ):
            call()
        assert not (tmp_path / "results").exists()


@pytest.mark.usefixtures("no_interpreter")
def test_what_was_there_before_stays(tmp_path: Path) -> None:
    scenario = load_scenario("baseline", ["days=2"])
    run_ensemble(scenario, 2, 1, tmp_path / "it")
    with pytest.raises(WorkersCannotStart):
        run_ensemble(scenario, 80, 2, tmp_path / "it")
    assert (tmp_path / "it" / "outcomes" / job_of(0, 2).part).is_file()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "Resource temporarily unavailable"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (ImportError("This platform lacks a functioning sem_open implementation"), "lacks a functioning sem_open"),
        (MemoryError(), "MemoryError"),
    ],
)
@pytest.mark.parametrize("when", ["__init__", "submit"])
def test_a_system_that_gives_nothing_for_workers(fault: Exception, said: str, when: str, monkeypatch: Any) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise fault

    monkeypatch.setattr(ProcessPoolExecutor, when, refuse)
    with pytest.raises(WorkersCannotStart, match=f"no worker can start: the system provides no .*{said}.*; workers=1 works"):
        LocalPool(2)


@pytest.mark.parametrize("fault", [OSError("handle is closed"), ValueError("bad value(s) in fds_to_keep")])
def test_a_worker_that_dies_while_another_starts_breaks_the_pool(fault: Exception, monkeypatch: Any) -> None:
    """What starting says depends on whether the numbers of the closed pipes have been given out again."""
    with LocalPool(1) as pool:

        def refuse(*args: Any, **kwargs: Any) -> None:
            raise fault

        monkeypatch.setattr(ProcessPoolExecutor, "submit", refuse)
        with pytest.raises(BrokenProcessPool):
            pool.submit(abs, 1)


def test_a_script_from_standard_input_has_no_file_that_workers_could_import(monkeypatch: Any) -> None:
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__file__", "<stdin>", raising=False)
    monkeypatch.setattr(main, "__spec__", None)
    with pytest.raises(WorkersCannotStart, match="they import the script again, and <stdin> is not a file; save it as one"):
        LocalPool(2)


def test_a_process_of_somebody_else_is_told_and_not_ended(monkeypatch: Any) -> None:
    monkeypatch.setattr(current_process(), "_inheriting", True, raising=False)
    with pytest.raises(WorkersCannotStart, match=r"put the call under if __name__ == "):
        refuse_unguarded()
    ended: list[int] = []
    monkeypatch.setattr(current_process(), "name", workers.NAME)
    monkeypatch.setattr(workers.os, "_exit", ended.append)
    with pytest.raises(WorkersCannotStart):
        refuse_unguarded()
    assert ended == [workers.UNGUARDED]


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_a_worker_is_forked_with_the_drivers_modules_and_has_its_environment(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "sim.py").write_text("raise SystemExit('that of another')")
    monkeypatch.chdir(tmp_path)
    forkserver._forkserver._stop()
    with LocalPool(1) as pool:
        assert pool.submit(module_and_variables, "sim.model").result() == (
            sys.modules["sim.model"].__file__,
            dict(os.environ),
        )
    monkeypatch.setenv("OF_THE_DRIVER", "later")
    with LocalPool(1) as pool:
        assert pool.submit(module_and_variables, "sim.model").result()[1]["OF_THE_DRIVER"] == "later"


def test_the_next_pool_starts_where_what_forks_was_killed() -> None:
    with LocalPool(1) as pool:
        assert pool.submit(abs, -1).result() == 1
        if sys.platform == "linux":
            forks = forkserver._forkserver._forkserver_pid
            os.kill(forks, signal.SIGKILL)
            os.waitid(os.P_PID, forks, os.WEXITED | os.WNOWAIT)
    with LocalPool(1) as pool:
        assert pool.submit(abs, -2).result() == 2
