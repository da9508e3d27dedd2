"""Sweeps on a disk or in a folder that fails: one line, the exit code that fits, nothing overwritten or counted twice."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.cli import commands
from sim.experiments.design.sweep import Sweep
from sim.experiments.play.check import status, verify
from sim.experiments.store.folders import BEGUN
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.parts import Job, _overlap, parts, times_there
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from tests.sweeps import POINTS, RUNS, SWEEP, assert_same, committed, quiet, run_sweep, written

LARGE = SWEEP.replace(f"n = {RUNS}", "n = 64") + '[output]\nseries = "full"\n'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return load_sweep(written(tmp_path_factory.mktemp("file")))


@pytest.fixture(scope="module")
def whole(small: Sweep, tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    return run_sweep(small, tmp_path_factory.mktemp("sweep") / "whole", 1, quiet)


@pytest.fixture
def copy(whole: SweepResults, tmp_path: Path) -> Path:
    """Return a copy of the folder to harm."""
    return Path(shutil.copytree(whole.folder, tmp_path / "copy"))


def called(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Run a command line in this process; return its exit code and what it said on stderr."""
    with pytest.raises(SystemExit) as ended:
        commands([str(word) for word in arguments])
    return ended.value.code, capfd.readouterr().err


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but the locks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith((".lock", ".driver"))
    }


# --- the disk ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a disk of 0.6 MB. Only the administrator may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only the administrator may mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_is_one_line_and_the_sweep_goes_on_once_there_is_room(
    workers: str, small_disk: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 64)
    file, folder = written(tmp_path, LARGE), small_disk / "mine"
    code, said = called(capfd, "sweep", file, "--workers", workers, "--out", folder, "--anyway")
    (line,) = [line for line in said.splitlines() if " of disk free" not in line]
    assert code == 74 and line.startswith(f"pullback: {folder}/") and line.endswith(": No space left on device")
    before = committed(folder)
    assert before > 0
    assert {path.name[0] for path in (folder / "outcomes").iterdir()} == {"0"}, "no half file takes room"
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    kept = content(folder / "outcomes")
    made = run_sweep(load_sweep(file), folder, 1, quiet)
    assert kept.items() <= content(folder / "outcomes").items()
    assert list(verify(folder, 1)) == []
    assert made.table().num_rows == POINTS * 64


def test_a_file_that_cannot_be_written_whole_does_not_count(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A limit on the size of files stands in for a full disk: the series of the first job do not fit."""
    file, folder = written(tmp_path, LARGE), tmp_path / "mine"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))
    try:
        code, said = called(capfd, "sweep", file, "--workers", "1", "--out", folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 74 and said.count("\n") == 1 and said.endswith("File too large\n")
    assert committed(folder) == 0 and list((folder / "series").iterdir()) == []
    assert run_sweep(load_sweep(file), folder, 1, quiet).is_complete


def test_a_folder_that_became_read_only_is_one_line_and_stays_as_it_is(
    copy: Path, small: Sweep, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = parts(copy)[0]
    (copy / "outcomes" / lost.part).unlink()
    before = content(copy)
    for table in ("outcomes", "series"):
        (copy / table).chmod(0o555)
    if not os.geteuid():  # nothing is closed to the administrator
        monkeypatch.setattr("pyarrow.parquet.ParquetWriter", refuse)
    code, said = called(capfd, "sweep", written(tmp_path), "--workers", "1", "--out", copy)
    for table in ("outcomes", "series"):
        (copy / table).chmod(0o755)
    assert code == 74 and said.count("\n") == 1
    assert said.startswith(f"pullback: {copy / 'series'}/") and said.endswith(": Permission denied\n")
    assert {name for name, data in content(copy).items() if before.get(name) != data} == set()


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


# --- the manifest -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["sweep", "status", "verify", "compact", "export"])
def test_a_folder_of_another_schema_is_named_and_left_alone(
    command: str, copy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
    before = content(copy)
    arguments = [written(tmp_path), "--out", copy] if command == "sweep" else [copy]
    code, said = called(capfd, command, *arguments)
    assert (code, said) == (2, f"{copy}: has schema 99, this version reads 2; name another folder\n")
    assert content(copy) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1', '"schema"'])
def test_a_manifest_that_is_none_is_named_and_left_alone(text: str, copy: Path, small: Sweep) -> None:
    (copy / "manifest.json").write_text(text)
    before = content(copy)
    with pytest.raises(InputError, match=r"is not a results folder|is not the manifest"):
        run_sweep(small, copy, 1, quiet)
    assert content(copy) == before


def test_a_changed_design_or_base_is_refused(copy: Path, small: Sweep) -> None:
    design, base = copy / "design.parquet", copy / "scenario.toml"
    whole = design.read_bytes()
    pq.write_table(pq.read_table(design).slice(0, 5), design)
    with pytest.raises(InputError, match=r"its design.parquet or scenario.toml was changed"):
        run_sweep(small, copy, 1, quiet)
    design.write_bytes(whole[:-50])
    with pytest.raises(InputError, match=r"design.parquet: is damaged or missing"):
        run_sweep(small, copy, 1, quiet)
    design.write_bytes(whole)
    base.write_text(base.read_text().replace("breakdown_per_day = { value = 0.0035", "breakdown_per_day = { value = 0.004"))
    with pytest.raises(InputError, match=r"its design.parquet or scenario.toml was changed"):
        run_sweep(small, copy, 1, quiet)


def test_a_note_of_what_was_asked_that_is_damaged_says_what_to_do(copy: Path, small: Sweep, whole: SweepResults) -> None:
    (copy / "asked.json").write_text('{"runs"')
    with pytest.raises(InputError, match=r"asked.json: is damaged; remove it and give the same command again"):
        run_sweep(small, copy, 1, quiet)
    (copy / "asked.json").unlink()
    assert_same(run_sweep(small, copy, 1, quiet), whole)


# --- stopped while the folder was made ----------------------------------------------------------------------------------


def test_a_folder_whose_making_was_stopped_is_made_again(small: Sweep, whole: SweepResults, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "outcomes").mkdir(parents=True)
    (folder / BEGUN).touch()
    (folder / "scenario.toml").write_text("half")
    assert_same(run_sweep(small, folder, 1, quiet), whole)
    assert not (folder / BEGUN).exists()


def test_half_files_of_workers_that_were_killed_are_cleared_away(copy: Path, small: Sweep, whole: SweepResults) -> None:
    for table in ("outcomes", "series"):
        (copy / table / f".{parts(copy)[0].part}.0123abcd").write_bytes(b"half")
    assert status(copy).done == POINTS * RUNS
    assert_same(run_sweep(small, copy, 1, quiet), whole)
    assert not list(copy.glob("*/.*"))


def test_a_part_of_a_file_the_user_put_there_is_named(copy: Path, small: Sweep) -> None:
    (copy / "outcomes" / "mine.parquet").write_bytes(b"dear")
    with pytest.raises(InputError, match=r"mine.parquet: is not a part of a results folder; move it elsewhere"):
        run_sweep(small, copy, 1, quiet)
    assert (copy / "outcomes" / "mine.parquet").read_bytes() == b"dear"


def test_parts_that_share_a_run_are_found_however_large_their_names_say_they_are() -> None:
    small = [Job(0, 2, 0, 4), Job(0, 2, 4, 8), Job(2, 3, 0, 8), Job(3, 4, 2, 4)]
    assert not _overlap(small)
    assert _overlap([*small, Job(1, 3, 7, 8)])
    assert _overlap([*small, Job(0, 9_999_999, 0, 9_999_999)])
    rng = np.random.default_rng(3)
    for _ in range(300):
        initialise, size = rng.integers(0, 6, (4, 2)), rng.integers(1, 4, (4, 2))
        found = [Job(p, p + m, r, r + n) for (p, r), (m, n) in zip(initialise.tolist(), size.tolist(), strict=True)]
        assert _overlap(found) == (int(times_there(found, 10, 10).max()) > 1)
