"""Sweeps beyond one machine: Dask workers that are lost, and the shards of a job array, come to the same results."""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from sim.experiments.play.check import status, verify
from sim.experiments.play.cluster import MALLOC, WorkerReport, check_workers, connected, slow_workers
from sim.experiments.play.plan import points_of
from sim.experiments.store.digest import code_digest
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.locks import FolderBusy, Shard, exclusive, locked, is_locked, acquire
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from tests.sweeps import POINTS, ROOT, RUNS, SWEEP, assert_same, committed, quiet, run_sweep, started, wait_until, written

MANY = SWEEP.replace("points = 4", "points = 8").replace("days = 9", "days = 12").replace(f"n = {RUNS}", "n = 256")


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """Return examples/dask_cluster.py as a module."""
    pytest.importorskip("distributed", reason="Dask needs the [cluster] extra")
    spec = spec_from_file_location("dask_cluster", ROOT / "examples" / "dask_cluster.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- Dask -------------------------------------------------------------------------------------------------------------


def test_a_sweep_by_dask_that_lost_a_worker_is_that_of_this_machine(
    example: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    file, folder = written(tmp_path, MANY), tmp_path / "dask"
    with example.cluster(workers=2) as (address, workers):
        with started(file, folder, "--engine", "dask", "--scheduler", address) as process:
            wait_until(lambda: committed(folder) > 1 or process.poll() is not None)
            assert process.poll() is None, "it was killed in the middle"
            os.killpg(workers[0].pid, signal.SIGKILL)
            _, stderr = process.communicate(timeout=300)
        assert (process.returncode, "slower" in stderr) == (0, False), stderr
    assert list(verify(folder, 1)) == []
    assert_same(SweepResults(folder), run_sweep(load_sweep(file), tmp_path / "here", 1, quiet))


def test_a_worker_of_other_code_or_on_another_disk_is_refused(tmp_path: Path) -> None:
    fits = WorkerReport(code_digest(), MALLOC, sees=True)
    check_workers({"tcp://a": fits}, tmp_path)
    with pytest.raises(InputError, match="worker tcp://b has another version of the code"):
        check_workers({"tcp://a": fits, "tcp://b": WorkerReport("0", MALLOC, sees=True)}, tmp_path)
    with pytest.raises(InputError, match=f"worker tcp://b does not see {tmp_path}"):
        check_workers({"tcp://b": WorkerReport(code_digest(), MALLOC, sees=False)}, tmp_path)


def test_workers_that_would_be_slow_are_told() -> None:
    fits, low = (WorkerReport("", malloc, sees=True) for malloc in (MALLOC, MALLOC | {"MALLOC_TRIM_THRESHOLD_": 65536}))
    assert list(slow_workers({"a": fits}, {"a": 1})) == []
    (said,) = slow_workers({"a": fits, "b": low}, {"a": 1, "b": 1})
    assert said.startswith("1 of 2 workers may be several times slower; start them with MALLOC_TRIM_THRESHOLD_=268435456")
    (said,) = slow_workers({"a": fits}, {"a": 4})
    assert said.startswith("1 of 1 workers have several threads")


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(InputError, match=r"needs Dask: pip install 'pullback\[cluster\]'"),
        connected("tcp://a", tmp_path, print),
    ):
        pass


# --- job arrays -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("runs", [1, 100, 512, 4000])
def test_the_shards_of_a_sweep_are_all_of_it_once(runs: int) -> None:
    shards = [points_of(Shard(number, 3), 1000, runs) for number in (1, 2, 3)]
    assert (sum(shard.astype(int) for shard in shards) == 1).all()


def test_a_sweep_by_shards_is_that_played_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.experiments.play.plan.SHARD_RUNS", RUNS)
    sweep = load_sweep(written(tmp_path))
    for number in (2, 1, 3):
        told: list[tuple[int, int]] = []
        made = run_sweep(
            sweep,
            tmp_path / "array",
            1,
            lambda done, asked, _, told=told: told.append((done, asked)),
            shard=Shard(number, 3),
        )
        assert told[-1] == (POINTS * RUNS // 3, POINTS * RUNS // 3)
    assert list(verify(made.folder, 0)) == []
    assert_same(made, run_sweep(sweep, tmp_path / "at once", 1, quiet))


def test_shards_work_beside_each_other_and_with_nobody_else(tmp_path: Path) -> None:
    with locked(tmp_path, Shard(1, 2)), locked(tmp_path, Shard(2, 2)):
        assert is_locked(tmp_path)
        for other in (Shard(1, 2), Shard(1, 3), None):
            with pytest.raises(FolderBusy), locked(tmp_path, other):
                pass
    assert not is_locked(tmp_path)
    with locked(tmp_path), pytest.raises(FolderBusy), locked(tmp_path, Shard(1, 2)):
        pass


def test_a_worker_that_outlived_its_driver_commits_nothing(tmp_path: Path) -> None:
    """Its part could overlap with what the next driver has planned, and runs be counted twice."""
    with exclusive(tmp_path):
        whole, first, second = acquire(tmp_path), acquire(tmp_path, Shard(1, 2)), acquire(tmp_path, Shard(2, 2))
    with pytest.raises(FolderBusy, match="another driver has taken over"), whole.committing():
        pass
    with first.committing(), second.committing():
        pass
    again = acquire(tmp_path, Shard(1, 2))
    with pytest.raises(FolderBusy), first.committing():
        pass
    with second.committing(), again.committing():
        pass


def test_two_shards_as_processes_at_the_same_time(tmp_path: Path) -> None:
    file, folder = written(tmp_path, SWEEP.replace(f"n = {RUNS}", "n = 128")), tmp_path / "array"
    with (
        started(file, folder, "--shard", "1/2", workers=1) as one,
        started(file, folder, "--shard", "2/2", workers=1) as two,
    ):
        for process in (one, two):
            _, stderr = process.communicate(timeout=300)
            assert process.returncode == 0, stderr
    made = status(folder)
    assert (made.done, made.asked, made.points_done) == (POINTS * 128, POINTS * 128, POINTS)
    assert_same(SweepResults(folder), run_sweep(load_sweep(file), tmp_path / "at once", 1, quiet))


@pytest.mark.parametrize("shard", ["0/2", "3/2", "2", "a/b", "1/0"])
def test_a_shard_that_is_none_is_one_line(shard: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from sim.cli import commands

    with pytest.raises(SystemExit) as ended:
        commands(["sweep", str(written(tmp_path)), "--shard", shard])
    assert ended.value.code == 2
    assert f"--shard {shard}: give K/N, as in 1/8 to 8/8" in capfd.readouterr().err
