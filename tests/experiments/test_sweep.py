"""Sweeps: every planned run once, the same bits however it was stopped and resumed, faults named and nothing overwritten."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sim
from sim.experiments.design.sweep import Sweep
from sim.experiments.export.tables import outcomes_of
from sim.experiments.play import job
from sim.experiments.play.check import compact, status, verify
from sim.experiments.play.plan import plan
from sim.experiments.play.runner import JobsFailed, work_off
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.locks import FolderBusy, locked
from sim.experiments.store.parts import Job, all_parts, parts
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record.outcomes import OUTCOMES, outcome_table
from tests.jobs import full_disk, half
from tests.sweeps import (
    DAYS,
    POINTS,
    ROWS,
    RUNS,
    SWEEP,
    assert_same,
    committed,
    flip,
    quiet,
    run_sweep,
    started,
    wait_until,
    written,
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return load_sweep(written(tmp_path_factory.mktemp("file")))


@pytest.fixture(scope="module")
def whole(small: Sweep, tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    """The small sweep, played at once, in parts of two points. Tests leave its folder as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 2 * RUNS)
        return run_sweep(small, tmp_path_factory.mktemp("sweep") / "whole", 1, quiet)


@pytest.fixture
def copy(whole: SweepResults, tmp_path: Path) -> Path:
    """Return a copy of its folder to harm."""
    return Path(shutil.copytree(whole.folder, tmp_path / "copy"))


# --- the numbers ------------------------------------------------------------------------------------------------------


def test_a_point_is_the_scenario_with_its_values_run_by_run(whole: SweepResults) -> None:
    table = whole.table()
    assert table.num_rows == POINTS * RUNS
    for point in (0, 5):
        values = {} if point == 0 else {f.path: whole.design.column(f.path)[point] for f in whole.design.factors}
        numbers = np.arange(RUNS) if point == 0 else np.arange(RUNS) * ROWS + whole.design.row_of_design[point]
        model = TheatreModel(whole.base.with_values(values, set_by="test"), numbers=numbers)
        model.run_to(DAYS)
        rows = table.slice(point * RUNS, RUNS)
        for name, expected in outcome_table(model.history).items():
            assert np.array_equal(rows[name].to_numpy(), expected, equal_nan=True), name


def test_quantiles_of_a_point_are_those_of_its_runs(whole: SweepResults) -> None:
    numbers = np.arange(RUNS) * ROWS + whole.design.row_of_design[2]
    model = TheatreModel(whole.design.scenario(2, whole.base), numbers=numbers)
    model.run_to(DAYS)
    kept = whole.series(["sdf_share"]).to_pandas()
    median = kept[(kept.point == 2) & (kept.level == 0.5)].sort_values("day")["sdf_share"].to_numpy()
    assert np.array_equal(median, np.median(model.history.series["sdf_share"], axis=1).astype(np.float32))


def test_every_run_can_be_kept_of_the_series_or_none(tmp_path: Path, whole: SweepResults) -> None:
    text = SWEEP.replace("points = 4", "points = 2")
    full = run_sweep(load_sweep(written(tmp_path, text + '[output]\nseries = "full"\n')), tmp_path / "full", 1, quiet)
    assert full.series(["sdf_share"]).num_rows == 5 * RUNS * (DAYS + 1)
    none = run_sweep(load_sweep(written(tmp_path, text + '[output]\nseries = "none"\n')), tmp_path / "none", 1, quiet)
    assert none.table().equals(full.table())
    with pytest.raises(InputError, match="keeps no daily series"):
        none.series(["sdf_share"])


def test_a_frame_has_a_row_for_each_run_with_the_values_of_its_point(whole: SweepResults) -> None:
    frame = sim.open_results(whole.folder).frame(["truce_agreed_on"])
    assert len(frame) == POINTS * RUNS
    assert set(frame["moscow.policy"]) == {"documented", "stay"}
    assert frame.groupby("point")["defection.threshold_other"].nunique().eq(1).all()
    assert pa.Table.from_pandas(frame, preserve_index=False)["point"].equals(outcomes_of(whole.folder)["point"])


# --- resumed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [[(0, 0)], [(p, r) for p in range(3, 7) for r in range(6)], [(2, 3), (2, 4), (8, 0)]])
def test_jobs_cover_what_is_missing_once(missing: list[tuple[int, int]]) -> None:
    there = np.ones((POINTS, RUNS), bool)
    there[tuple(zip(*missing, strict=True))] = False
    covered = [
        (point, run)
        for job in plan(there, 1, 512)
        for point in range(job.first_point, job.end_point)
        for run in range(job.first_run, job.end_run)
    ]
    assert sorted(covered) == missing


def test_workers_and_size_of_jobs_do_not_show_in_the_results(
    small: Sweep, whole: SweepResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 1)
    other = run_sweep(small, tmp_path / "other", 2, quiet)
    assert len(other.parts) > len(whole.parts)
    assert_same(whole, other)


def test_what_is_there_is_not_played_again(small: Sweep, copy: Path, whole: SweepResults) -> None:
    lost = parts(copy)[1]
    kept = {job: (copy / "outcomes" / job.part).stat().st_mtime_ns for job in parts(copy) if job != lost}
    (copy / "outcomes" / lost.part).unlink()
    told: list[int] = []
    assert_same(run_sweep(small, copy, 1, lambda done, asked, failed: told.append(done)), whole)
    assert told[0] == POINTS * RUNS - lost.size
    assert {job: (copy / "outcomes" / job.part).stat().st_mtime_ns for job in kept} == kept


def test_more_runs_add_to_those_that_are_there(tmp_path: Path) -> None:
    text = SWEEP + '[output]\nseries = "none"\n'
    few, many = (load_sweep(written(tmp_path, text.replace(f"n = {RUNS}", f"n = {n}"))) for n in (2, 5))
    run_sweep(few, tmp_path / "grown", 1, quiet)
    grown = run_sweep(many, tmp_path / "grown", 1, quiet)
    assert grown.table().equals(run_sweep(many, tmp_path / "at once", 1, quiet).table())
    assert list(verify(grown.folder, 0)) == []


def test_a_sweep_resumed_after_kill_9_is_the_one_that_was_never_stopped(tmp_path: Path) -> None:
    big = written(tmp_path, SWEEP.replace(f"n = {RUNS}", "n = 32").replace("points = 4", "points = 8"))
    folder, killed = tmp_path / "killed", 0
    for _ in range(2):
        with started(big, folder) as process:
            before = committed(folder)
            wait_until(lambda now=before: committed(folder) > now)
            killed += process.poll() is None
            process.kill()
    resumed = run_sweep(load_sweep(big), folder, 1, quiet)
    assert killed, "it was killed in the middle"
    assert list(verify(folder, 1)) == []
    assert_same(resumed, run_sweep(load_sweep(big), tmp_path / "whole", 1, quiet))


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("after", ["asked.json", "outcomes/[0-9]*.parquet"])
def test_a_stopped_sweep_says_so_in_one_line_and_leaves_no_process(sent: int, code: int, after: str, tmp_path: Path) -> None:
    long = written(tmp_path, SWEEP.replace(f"n = {RUNS}", "n = 512"))
    with started(long, tmp_path / "mine") as process:
        wait_until(lambda: list((tmp_path / "mine").glob(after)))
        os.killpg(process.pid, sent) if sent == signal.SIGINT else process.send_signal(sent)  # Ctrl-C goes to all
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    (line,) = [line for line in stderr.splitlines() if " of disk free" not in line]
    assert line.endswith("the same command continues from there")


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_job_that_raises_or_kills_is_named_and_the_others_are_done() -> None:
    told = dict(work_off(half, range(9), 2))
    assert told == dict.fromkeys(range(9)) | {3: "raised ValueError: three is refused", 5: "killed their worker"}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_stops_the_work_and_is_no_jobs_fault(workers: int) -> None:
    with pytest.raises(OSError, match="No space left"):
        list(work_off(full_disk, range(9), workers))


def test_a_failed_job_is_kept_in_the_folder_until_it_is_done(
    small: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = job._models

    def refuse_one(blocks: Any, *more: Any) -> Any:
        if "stay" in blocks[0].columns[0]["moscow.policy"]:
            raise ArithmeticError("of no use")
        return real(blocks, *more)

    monkeypatch.setattr("sim.experiments.play.job._models", refuse_one)
    monkeypatch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 1)
    with pytest.raises(JobsFailed, match="points 2 to 2, runs 0 to 5 raised ArithmeticError: of no use"):
        run_sweep(small, tmp_path / "mine", 1, quiet)
    made = status(tmp_path / "mine")
    assert (made.points_done, len(made.failed)) == (5, 4)
    monkeypatch.setattr("sim.experiments.play.job._models", real)
    run_sweep(small, tmp_path / "mine", 1, quiet)
    assert status(tmp_path / "mine").failed == {}


def test_a_second_driver_is_turned_away(small: Sweep, copy: Path) -> None:
    with locked(copy), pytest.raises(FolderBusy):
        run_sweep(small, copy, 1, quiet)
    with locked(copy):
        assert status(copy).is_running
    assert not status(copy).is_running


# --- harm -------------------------------------------------------------------------------------------------------------


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def foreign(path: Path) -> None:
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)


def short(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)


@pytest.mark.parametrize(
    ("harm", "said"), [(truncated, "is damaged"), (foreign, "belongs to another sweep"), (short, "rows instead of the")]
)
def test_a_part_that_is_not_as_it_was_written_is_named_and_not_overwritten(
    harm: Any, said: str, small: Sweep, copy: Path
) -> None:
    path = copy / "outcomes" / parts(copy)[0].part
    harm(path)
    harmed = path.read_bytes()
    with pytest.raises(InputError, match=f"{path.name}: .*{said}"):
        run_sweep(small, copy, 1, quiet)
    assert path.read_bytes() == harmed
    assert any(said in fault for fault in verify(copy, 0))


def test_verify_finds_a_byte_changed_within_a_file(copy: Path) -> None:
    path = copy / "series" / parts(copy)[0].part
    path.write_bytes(flip(path.read_bytes()))
    assert any(path.name in fault for fault in verify(copy, 0))


def test_verify_finds_runs_that_are_missing_and_runs_that_come_out_otherwise(copy: Path) -> None:
    lost, changed = parts(copy)[:2]
    (copy / "outcomes" / lost.part).unlink()
    path = copy / "outcomes" / changed.part
    table = pq.read_table(path)
    place = table.column_names.index("killed_sdf")
    other = pa.array(table["killed_sdf"].to_numpy() + 1)
    pq.write_table(table.set_column(place, "killed_sdf", other), path)
    faults = list(verify(copy, POINTS))
    assert faults[0] == f"{lost.size} of {POINTS * RUNS} runs are missing, the first is point 0, run 0"
    assert len(faults) == 1 + changed.end_point - changed.first_point
    assert all("killed_sdf differs" in fault for fault in faults[1:])


def test_another_sweep_or_another_code_is_refused(small: Sweep, copy: Path, tmp_path: Path) -> None:
    other = load_sweep(written(tmp_path, SWEEP.replace("seed = 3", "seed = 4")))
    with pytest.raises(InputError, match="holds the results of small"):
        run_sweep(other, copy, 1, quiet)
    manifest = copy / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"code": "', '"code": "0'))
    with pytest.raises(InputError, match="another version of the code"):
        run_sweep(small, copy, 1, quiet)


def test_a_folder_of_something_else_is_left_alone(small: Sweep, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="exists and is not a results folder"):
        run_sweep(small, tmp_path / "mine", 1, quiet)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


# --- compacting -------------------------------------------------------------------------------------------------------


def test_compacting_changes_no_number_and_the_sweep_goes_on_from_it(copy: Path, small: Sweep, whole: SweepResults) -> None:
    lost = parts(copy)[2]
    (copy / "outcomes" / lost.part).unlink()
    before, after = compact(copy)
    assert after == 2 < before
    assert_same(run_sweep(small, copy, 1, quiet), whole)
    assert compact(copy)[1] == 1
    assert list(verify(copy, 1)) == []


def test_compacting_that_was_stopped_before_it_cleared_up_counts_nothing_twice(copy: Path, whole: SweepResults) -> None:
    loose = {path.name: path.read_bytes() for path in (copy / "outcomes").iterdir()}
    compact(copy)
    for name, content in loose.items():
        (copy / "outcomes" / name).write_bytes(content)
    assert len(all_parts(copy)) == 1 + len(loose)
    assert parts(copy) == [Job(0, POINTS, 0, RUNS)]
    assert SweepResults(copy).table().equals(whole.table())
    assert compact(copy) == (1 + len(loose), 1)


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def program(whole: SweepResults, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run a command line in this process; return exit code, stdout and stderr."""
    from sim.cli import commands

    file = written(tmp_path_factory.mktemp("cli"))

    def call(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            commands([str(file) if word == "SWEEP" else str(whole.folder) if word == "DIR" else word for word in arguments])
        return ended.value.code, *capfd.readouterr()

    return call


def test_plan_says_what_a_sweep_takes_and_keeps_nothing(program: Any, capfd: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    code, stdout, stderr = program(capfd, "plan", "SWEEP", "--workers", "1")
    assert (code, stderr) == (0, "")
    assert f"{POINTS * RUNS}: {RUNS} of each point" in stdout
    assert "own: each row of uncertain values has its own random numbers, the same for every lever" in " ".join(
        stdout.split()
    )
    assert "sobol over 1 lever and 1 uncertainty" in stdout
    assert "points are few for 1 value: a value is detected only if it explains" in stdout
    assert list(tmp_path.iterdir()) == []


def test_the_commands_on_a_folder(program: Any, capfd: Any) -> None:
    assert program(capfd, "sweep", "SWEEP", "--out", "DIR")[:2] == (0, program(capfd, "sweep", "SWEEP", "--out", "DIR")[1])
    code, stdout, _ = program(capfd, "status", "DIR", "--outcome", "killed_sdf")
    assert code == 0 and "complete" in stdout and "Killed: SDF" in stdout and "INCOMPLETE" not in stdout
    assert program(capfd, "verify", "DIR", "--recompute", "1")[0] == 0
    code, stdout, _ = program(capfd, "export", "DIR", "--outcome", "killed_sdf")
    lines = stdout.splitlines()
    assert lines[0] == '"point","run","run_number","design_row","moscow.policy","defection.threshold_other","killed_sdf"'
    assert len(lines) == 1 + POINTS * RUNS
    assert program(capfd, "export", "DIR", "--outcome", "kiled_sdf")[::2] == (
        2,
        "kiled_sdf is not the name of an outcome; did you mean killed_sdf?\n",
    )


def test_status_of_a_sweep_under_way_says_what_came_so_far_and_that_it_is_not_all(
    copy: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from sim.cli import commands

    (copy / "outcomes" / parts(copy)[-1].part).unlink()
    with locked(copy), pytest.raises(SystemExit) as ended:
        commands(["status", str(copy), "--outcome", "killed_sdf"])
    said = " ".join(capfd.readouterr().out.split())
    assert ended.value.code == 0
    assert "state running" in said and "free" in said
    assert f"INCOMPLETE: {status(copy).points_done} of {POINTS} points" in said


class KilledWorker(Exception):
    """Stands in for Dask's error of this name."""


def lose_worker(job: int) -> None:
    if job == 2:
        raise KilledWorker("a task and its last worker, at length")


def test_a_job_that_dask_gave_up_is_said_as_one_that_killed_its_worker() -> None:
    assert dict(work_off(lose_worker, range(4), 1)) == dict.fromkeys(range(4)) | {2: "killed their worker"}


def test_every_outcome_is_a_column(whole: SweepResults) -> None:
    assert whole.table().column_names == ["point", "run"] + [outcome.name for outcome in OUTCOMES]
