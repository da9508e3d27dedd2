"""Complete results on a disk that takes no file: they are shown, and what could not be written is said in one line."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import sim
from sim.cli import commands
from sim.experiments.store.kept import load_sweep
from tests.sweeps import quiet, run_sweep, written

RUN = ("run", "baseline", "--days", "3", "--workers", "1", "--out", "r", "--runs")
NO_PAGE = "was not written (Read-only file system); the results are complete\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an ensemble and a sweep, both complete, and nothing else."""
    folder = tmp_path_factory.mktemp("made")
    sim.run("baseline", runs=2, sets=["days=3"], out=folder / "r")
    run_sweep(load_sweep(written(folder)), folder / "s", 1, quiet)
    return folder


@pytest.fixture
def sealed(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of both on a disk that takes no file, as it seems to this process, also where it may do everything."""
    for name in ("r", "s"):
        shutil.copytree(made / name, tmp_path / name)
    shutil.copy(made / "small.toml", tmp_path)
    monkeypatch.chdir(tmp_path)

    def refusing(real: Callable[..., Any], writes: Callable[..., bool]) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **more: Any) -> Any:
            if not isinstance(path, int) and Path(path).absolute().is_relative_to(tmp_path) and writes(path, *arguments):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            return real(path, *arguments, **more)

        return call

    def opens_to_write(path: Any, mode: Any = "r", *_: Any) -> bool:
        return bool(set(str(mode)) & set("wax+"))

    def is_new(path: Any, *_: Any) -> bool:
        return not Path(path).exists()

    monkeypatch.setattr("io.open", refusing(open, opens_to_write))
    monkeypatch.setattr("os.mkdir", refusing(os.mkdir, is_new))
    monkeypatch.setattr("os.access", refusing_access(tmp_path))
    return tmp_path


def refusing_access(folder: Path) -> Callable[..., bool]:
    real = os.access
    return lambda path, mode, **more: real(path, mode, **more) and not (mode & os.W_OK and folder in Path(path).parents)


def pullback(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def test_the_disk_of_these_tests_takes_nothing(sealed: Path) -> None:
    with pytest.raises(OSError, match="Read-only"):
        (sealed / "r" / "x").write_text("x")
    done = pullback(*RUN, "3")
    assert (done.exit_code, done.stdout) == (74, "") and done.stderr.count("\n") == 1


def test_run_shows_what_is_complete(sealed: Path) -> None:
    done = pullback(*RUN, "2", "--json")
    assert (done.exit_code, done.stderr) == (0, f"pullback: r/report.html: {NO_PAGE}")
    assert json.loads(done.stdout)["runs"] == 2
    done = pullback(*RUN, "2")
    assert done.exit_code == 0 and "2 simulated runs" in done.stdout and "report   " not in done.stdout


def test_hindcast_scores_what_is_complete_without_the_policies_that_it_cannot_play(sealed: Path) -> None:
    done = pullback("hindcast", "r", "--json")
    nulls, page = done.stderr.splitlines(keepends=True)
    assert done.exit_code == 0 and page == f"pullback: r/hindcast.html: {NO_PAGE}"
    assert nulls.endswith(": Read-only file system; the null policies were not played\n")
    assert json.loads(done.stdout)["runs"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "r", "r"),
        ("compare", "s", "--by", "moscow.policy"),
        ("export", "r"),
        ("export", "s"),
        ("explain", "r", "--run", "1"),
        ("status", "s"),
        ("verify", "s", "--recompute", "1"),
        ("sweep", "small.toml", "--workers", "1", "--out", "s"),
    ],
    ids=" ".join,
)
def test_what_reads_needs_to_write_nothing(sealed: Path, arguments: tuple[str, ...]) -> None:
    done = pullback(*arguments)
    assert (done.exit_code, done.stderr) == (0, "") and done.stdout


def test_python_opens_what_is_complete(sealed: Path) -> None:
    assert sim.run("baseline", runs=2, sets=["days=3"], out="r").runs == 2
    assert sim.sweep("small.toml", out="s").is_complete


def test_a_full_disk_shows_the_results_too_but_is_told_by_the_exit_code(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made / "r", tmp_path / "r")
    monkeypatch.chdir(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("sim.ground.files.os.fsync", full)
    done = pullback(*RUN, "2")
    assert done.exit_code == 74 and "2 simulated runs" in done.stdout
    assert done.stderr == "pullback: r/report.html: was not written (No space left on device); the results are complete\n"
