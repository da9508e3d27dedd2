"""Results of which runs are missing: the word INCOMPLETE stands wherever they are read."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import sim
from dashboards.compare.question import Question, answer
from dashboards.compare.shelf import ROOT, named, shelf
from sim.analysis.calibrate.run import calibrate, read
from sim.analysis.calibrate.weights import sweep_of
from sim.analysis.compare.compare import compare
from sim.analysis.hindcast.observations import load_observations
from sim.cli import commands
from sim.experiments.store.asked import note_asked, read_asked
from sim.experiments.store.ensemble import Results
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.partial import IncompleteResults
from sim.experiments.store.parts import parts
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.registry import load_scenario
from tests.sweeps import job_of, quiet, run_ensemble, run_sweep

BY = "moscow.policy"
DOCUMENTED, IDLE, STAY = (f'{BY} = "{policy}"' for policy in ("documented", "idle", "stay"))
SHORT = ("run", "baseline", "--days", "3", "--workers", "1")
TOLD = "pullback: r: INCOMPLETE: 8 of 16 runs are there\n"
SWEEP = """\
format = 1
name = "tiny"
base = "baseline"
days = 3
[design]
method = "lhs"
points = 12
include_base = false
[levers]
"moscow.policy" = { values = ["documented", "idle", "stay"] }
[uncertainties]
"withdrawal.airlift_sorties_per_day" = {}
[replicates]
n = 1
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an ensemble of two parts, and a sweep of 36 points of one run, a part each."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "tiny.toml").write_text(SWEEP)
    for runs in (8, 16):
        sim.run("baseline", runs=runs, sets=["days=3"], out=folder / "r")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 1)
        run_sweep(load_sweep(folder / "tiny.toml"), folder / "s", 1, quiet)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of both, the first part of the ensemble deleted."""
    for name in ("r", "s"):
        shutil.copytree(made / name, tmp_path / name)
    shutil.copy(made / "tiny.toml", tmp_path)
    (tmp_path / "r" / "outcomes" / job_of(0, 8).part).unlink()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pullback(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


READERS = (
    ("export", "r"), ("export", "r", "--series", "sdf_share"), ("export", "r", "--priogrid"), ("export", "r", "--events"),
    ("compare", "r", "r", "--json"), ("compare", "r", "r"), ("explain", "r", "--run", "9"),
)  # fmt: skip


@pytest.mark.parametrize("arguments", READERS, ids=" ".join)
def test_every_command_that_reads_says_once_what_is_missing(folder: Path, arguments: tuple[str, ...]) -> None:
    done = pullback(*arguments)
    assert (done.exit_code, done.stderr) == (0, TOLD)


@pytest.mark.parametrize("arguments", READERS[:1], ids=" ".join)
def test_nothing_is_said_of_what_is_whole(made: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    monkeypatch.chdir(made)
    assert pullback(*arguments).stderr == ""


def test_a_comparison_says_it_among_its_notes(folder: Path) -> None:
    assert "INCOMPLETE: baseline has 8 of 16 runs" in json.loads(pullback("compare", "r", "r", "--json").stdout)["notes"]


def test_a_hindcast_says_it_in_json_and_on_its_page(folder: Path) -> None:
    done = pullback("hindcast", "r", "--json", "--no-nulls")
    assert json.loads(done.stdout)["incomplete"] == "INCOMPLETE: 8 of 16 runs are there" and done.stderr == TOLD
    assert '"caution loud">INCOMPLETE: 8 of 16' in (folder / "r" / "hindcast.html").read_text()
    assert "! INCOMPLETE: 8 of 16 runs are there" in pullback("hindcast", "r", "--no-nulls").stdout


def test_fewer_runs_than_were_asked_for_before_are_shown_as_such(made: Path, tmp_path: Path) -> None:
    """A request that was stopped half-way, then a smaller one: what is there is less than was asked for."""
    out = tmp_path / "r"
    shutil.copytree(made / "r", out)

    def stopped(done: int, asked: int, failed: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_ensemble(load_scenario("baseline", ["days=3"]), 32, 1, out, stopped)
    assert read_asked(out) == (32, None)
    done = pullback(*SHORT, "--runs", "16", "--out", str(out), "--json")
    assert done.exit_code == 0 and json.loads(done.stdout)["incomplete"] == "INCOMPLETE: 16 of 32 runs are there"
    assert "INCOMPLETE: 16 of 32 runs are there" in (out / "report.html").read_text()
    assert "! INCOMPLETE" in pullback(*SHORT, "--runs", "16", "--out", str(out)).stdout
    done = pullback(*SHORT, "--runs", "32", "--out", str(out), "--json")
    assert json.loads(done.stdout)["incomplete"] is None and done.stderr == ""


def test_python_is_warned_and_told_which_runs_are_missing(folder: Path, made: Path) -> None:
    with pytest.warns(IncompleteResults, match="r: INCOMPLETE: 8 of 16 runs are there"):
        results = sim.open_results("r")
    assert not results.is_complete and results.missing_runs.tolist() == list(range(8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = sim.open_results(made / "r")
    assert whole.is_complete and whole.shortfall == "" and not len(whole.missing_runs)


def test_a_folder_that_does_not_say_what_was_asked_for_is_known_by_its_gaps(folder: Path) -> None:
    """As those of earlier versions, which kept the first request with the scenario."""
    (folder / "r" / "asked.json").unlink()
    assert Results(folder / "r").missing_runs.tolist() == list(range(8))
    (folder / "r" / "asked.json").write_text('{"runs": "many"}')
    with pytest.raises(InputError, match=r"asked\.json: is damaged"):
        sim.open_results("r")


def test_the_compare_page_offers_it_as_what_it_is(folder: Path) -> None:
    (folder / "s" / "outcomes" / parts(folder / "s")[-1].part).unlink()
    on_offer = shelf({ROOT: str(folder)})
    one, sweep = (named(name, on_offer) for name in ("r", "s"))
    assert one.caption.endswith("(INCOMPLETE: 8 of 16 runs are there)")
    assert sweep.caption.endswith("(INCOMPLETE: 35 of 36 runs are there)")
    for asked, said in (
        (Question(a="r", b="r"), "8 of 16 runs"), (Question(a="s", by=BY), "35 of 36"), (Question(a="s"), "35 of 36"),
    ):  # fmt: skip
        made = answer(asked, on_offer)
        assert made is not None and "INCOMPLETE: " in made.title and said in made.title


@pytest.mark.parametrize("table", ["outcomes", "series", "control", "rules"])
def test_a_part_cut_short_is_named_and_never_read(made: Path, tmp_path: Path, table: str) -> None:
    shutil.copytree(made / "r", tmp_path / "r")
    path = tmp_path / "r" / table / job_of(8, 8).part
    path.write_bytes(path.read_bytes()[:-400])
    done = pullback(*SHORT, "--runs", "16", "--out", str(tmp_path / "r"))
    assert (done.exit_code, done.stdout) == (2, "") and done.stderr.startswith(f"{path}: is damaged; remove ")
    path.unlink()
    if table != "outcomes":
        assert pullback(*SHORT, "--runs", "16", "--out", str(tmp_path / "r")).stderr.startswith(f"{path}: is gone; remove ")


# --- sweeps -----------------------------------------------------------------------------------------------------------


def lose(folder: Path, value: str) -> int:
    """Delete every part of the sweep that has a run with a value; return the number of runs that stay."""
    of_value = [point for point, each in enumerate(SweepResults(folder / "s").design.column(BY)) if each == value]
    for job in parts(folder / "s"):
        if any(job.first_point <= point < job.end_point for point in of_value):
            (folder / "s" / "outcomes" / job.part).unlink()
    return SweepResults(folder / "s").runs_there


def test_a_sweep_with_missing_points_says_so_wherever_it_is_read(folder: Path) -> None:
    (folder / "s" / "outcomes" / parts(folder / "s")[-1].part).unlink()
    there = SweepResults(folder / "s").runs_there
    told = f"s: INCOMPLETE: {there} of 36 runs are there"
    for arguments in (
        ("export", "s"), ("compare", "s", "--by", BY), ("sensitivity", "s", "--outcome", "displaced_end", "--json"),
    ):  # fmt: skip
        done = pullback(*arguments)
        assert (done.exit_code, done.stderr) == (0, f"pullback: {told}\n"), arguments
    assert json.loads(pullback("status", "s", "--json").stdout)["complete"] is False
    assert "INCOMPLETE; the same command, or" in pullback("status", "s").stdout
    with pytest.warns(IncompleteResults, match=told):
        results = sim.open_results("s")
    assert len(results.missing_runs) == 36 - there and results.missing_runs.shape[1] == 2
    done = pullback("hindcast", "s")
    assert done.exit_code == 2 and f"INCOMPLETE: {there} of 36 runs" in done.stderr


def test_a_value_that_was_not_played_is_left_out_of_a_comparison(folder: Path) -> None:
    there = lose(folder, "idle")
    made = compare("s", by=BY)
    assert [side.name for side in (made.paired.base, *made.paired.others)] == [DOCUMENTED, STAY]
    assert made.notes[:2] == (
        f"INCOMPLETE: {there} of 36 runs are there",
        f"INCOMPLETE: left out, as no run of it is there: {IDLE}",
    )
    lose(folder, "stay")
    with pytest.raises(InputError, match=f"none with {IDLE} or {STAY}; play the rest of the sweep"):
        compare("s", by=BY)


# --- calibrations -----------------------------------------------------------------------------------------------------


def test_a_calibration_with_a_damaged_or_missing_part_is_one_line(tmp_path: Path) -> None:
    scenario = load_scenario("baseline", ["days=9"])
    record = [item for item in load_observations() if item.lies_within(scenario.start_date, scenario.end_date)][:1]
    calibrate(scenario, record, tmp_path, 3, 1, 1)
    [part] = (tmp_path / "outcomes").iterdir()
    whole = part.read_bytes()
    part.write_bytes(whole[:-50])
    with pytest.raises(InputError, match="is damaged; remove it and give the same command again"):
        calibrate(scenario, record, tmp_path, 3, 1, 1)
    part.write_bytes(whole)
    note_asked(tmp_path, 2, None)
    with pytest.raises(InputError, match="INCOMPLETE: 3 of 6 runs are there"):
        read(tmp_path, sweep_of(scenario, record, 3, 2), record)
