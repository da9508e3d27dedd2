"""The command line: what each command prints, what each mistake costs: one line, its exit code, nothing half-written."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.analysis.measure import outcome_named
from sim.cli import commands
from sim.cli.summary import MAIN_OUTCOMES
from sim.experiments.store.ensemble import open_ensemble
from sim.ground.errors import InputError
from sim.ground.grid import load_grid
from sim.ground.paths import data_folder
from sim.record.history import SERIES
from sim.record.outcomes import OUTCOMES
from sim.registry import load_scenario
from sim.scenario.export import to_toml
from sim.scenario.files import scenario_names
from tests.shipped import CUSTODY_SITES

grid = load_grid()
ROOT = Path(__file__).resolve().parents[2]
SHORT = ("--days", "3", "--runs", "2", "--workers", "1")
WHAT_IF = 'base = "baseline"\ntitle = "Slower"\n[withdrawal]\nairlift_sorties_per_day = 1\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that whatever is written is seen."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pullback(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def process(*arguments: str) -> subprocess.Popen[str]:
    """Start the program as a user does, in the folder of the test and a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


MISTAKES = (
    (("lst",), "pullback: lst is not a command; did you mean list? (see pullback --help)"),
    (("zzz",), "pullback: zzz is not a command; pullback --help lists them (see pullback --help)"),
    ((), "pullback: Missing command (see pullback --help)"),
    (("show", "baselin"), "baselin is not a known scenario; did you mean baseline?"),
    (("run", "baselin"), "baselin is not a known scenario; did you mean baseline?"),
    (("hindcast", "zzz"), "zzz is not a known scenario; pullback list names them (a path needs a slash or .toml)"),
    (("check", "none.toml"), "none.toml: no such file"),
    (("check", "baseline.toml"), "baseline.toml: no such file; the shipped scenario is called baseline"),
    (("check", "."), ". is not a known scenario; pullback list names them (a path needs a slash or .toml)"),
    (("check", "./"), ".: is a folder, not a file"),
    (("run", "baseline", "--runs", "0"), "--runs: runs = 0 must be a whole number from 1 to 10000000"),
    (("run", "baseline", "--days", "-4"), "--days: days = -4 must be a whole number from 1 to 3650"),
    (("run", "baseline", "--seed", "-1"), "--seed: seed = -1 must be a whole number from 0 to 9223372036854775807"),
    (
        ("run", "baseline", "--set", "moscow.policy=stay"),
        "--set moscow.policy=stay: text needs quotes: --set 'moscow.policy=\"stay\"'",
    ),
    (
        ("run", "baseline", "--set", "withdrawal.airlift_sorties_per_da=3"),
        "--set: withdrawal.airlift_sorties_per_da is not a known key; did you mean withdrawal.airlift_sorties_per_day?",
    ),
    (("run", "baseline", "--out", "."), ".: exists and is not a results folder; name another"),
)


@pytest.mark.parametrize(("arguments", "line"), MISTAKES, ids=[" ".join(arguments) or "-" for arguments, _ in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2(here: Path, arguments: tuple[str, ...], line: str) -> None:
    (here / "mine").write_text("something of the user's")
    done = pullback(*arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", line + "\n")
    assert [path.name for path in here.iterdir() if not path.name.startswith(".")] == ["mine"]


@pytest.mark.parametrize(
    "arguments", [("show",), ("run", "baseline", "--rns", "3"), ("run", "baseline", "--runs", "x"), ("list", "x")]
)
def test_wrong_usage_is_one_line_that_points_to_help(here: Path, arguments: tuple[str, ...]) -> None:
    done = pullback(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("pullback: ")
    assert done.stderr.endswith("--help)\n")
    assert done.stderr.count("\n") == 1
    assert not list(here.iterdir())


def test_a_mistyped_option_names_the_nearest() -> None:
    assert "--runs" in pullback("run", "baseline", "--rns", "3").stderr


def test_check_names_every_fault_of_a_file(here: Path) -> None:
    (here / "mine.toml").write_text('base = "baseline"\ndays = 0\n[moscow]\nirritant_days = 99\n')
    done = pullback("check", "mine.toml")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "mine.toml: days = 0 must be a whole number from 1 to 3650",
        "mine.toml: moscow.irritant_days = 99.0 is outside its range [2.0, 10.0]; to widen it give "
        '{ value = 99.0, range = [2.0, 99.0], source = "..." }',
    ]


def test_check_counts_values_and_gives_the_hash(here: Path) -> None:
    (here / "mine.toml").write_text(WHAT_IF)
    entries = load_scenario("baseline").entries.values()
    assumed, fitted = (sum(entry.source.startswith(word) for entry in entries) for word in ("assumed", "fitted"))
    done = pullback("check", "mine.toml")
    expected = f"{len(entries)} values, {assumed} assumed, {fitted} fitted; hash {load_scenario('./mine.toml').hash}"
    assert (done.exit_code, done.stdout) == (0, f"ok: {expected}\n")


def test_list_has_every_shipped_scenario() -> None:
    done = pullback("list")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if line[0] != " "] == ["name", *scenario_names()]


def test_show_has_every_value_and_fits_100_columns() -> None:
    done = pullback("show", "baseline")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    row = lines.index(next(line for line in lines if line.startswith("airlift_sorties_per_day")))
    assert lines[row].split() == ["airlift_sorties_per_day", "1.5", "1/day", "[1,", "3]", "uncertainty", "L"]
    assert lines[row + 1].strip().startswith("facts a41")


def test_show_begins_with_what_differs_from_the_base(here: Path) -> None:
    (here / "mine.toml").write_text(WHAT_IF)
    shown = json.loads(pullback("show", "mine.toml", "--json").stdout)
    assert shown["differs"] == [{"key": "withdrawal.airlift_sorties_per_day", "base": 1.5, "here": 1.0}]
    entry = {value["path"]: value for value in shown["values"]}["withdrawal.airlift_sorties_per_day"]
    assert (entry["value"], entry["set_by"], entry["range"]) == (1.0, "mine", [1.0, 3.0])
    text = pullback("show", "mine.toml").stdout
    assert text.index("in this scenario") < text.index("timeline") < text.index("[damascus]")


def test_run_json_is_one_object_and_the_second_time_nothing_is_computed(here: Path) -> None:
    first = pullback("run", "baseline", *SHORT, "--json")
    assert first.exit_code == 0
    made = json.loads(first.stdout)
    folder = here / made["results"]
    assert (made["schema"], made["runs"], made["days"], made["start"]) == (1, 2, 3, "2026-01-12")
    assert made["results"] == f"results/baseline-{made['hash']}"
    assert [outcome["name"] for outcome in made["outcomes"]] == [outcome.name for outcome in OUTCOMES]
    parts = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    assert json.loads(pullback("run", "baseline", *SHORT, "--json").stdout) == made
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")} == parts


def test_run_says_what_it_is_not(here: Path) -> None:
    done = pullback("run", "baseline", *SHORT, "--seed", "5", "--out", "mine")
    assert done.exit_code == 0
    assert "2 simulated runs, seed 5: an exploration, not a forecast" in done.stdout
    titles = {outcome.name: outcome.title for outcome in OUTCOMES}
    assert all(f"\n{titles[name]} " in done.stdout for name in MAIN_OUTCOMES)
    assert not [name for name in titles if "_" in name and name in done.stdout]
    assert (here / "mine" / "manifest.json").is_file()


def test_a_setting_means_the_same_as_a_file_that_says_it(here: Path) -> None:
    (here / "mine.toml").write_text(WHAT_IF)
    by_file = json.loads(pullback("run", "mine.toml", *SHORT, "--json").stdout)
    setting = ("--set", "withdrawal.airlift_sorties_per_day=1")
    by_setting = json.loads(pullback("run", "baseline", *SHORT, *setting, "--json").stdout)
    assert by_setting["hash"] == by_file["hash"]
    assert by_setting["outcomes"] == by_file["outcomes"]


def test_a_folder_of_other_results_is_left_alone(here: Path) -> None:
    assert pullback("run", "baseline", *SHORT, "--out", "mine").exit_code == 0
    done = pullback("run", "baseline", *SHORT, "--seed", "5", "--out", "mine")
    assert done.exit_code == 2
    assert done.stderr.startswith("mine: holds the results of baseline ")


def test_trouble_with_the_folder_is_exit_code_74(here: Path) -> None:
    (here / "mine").write_text("a file")
    done = pullback("run", "baseline", *SHORT, "--out", "mine")
    assert (done.exit_code, done.stderr) == (74, "pullback: mine: File exists\n")


def test_a_folder_in_use_is_exit_code_75(here: Path) -> None:
    import fcntl

    (here / "mine").mkdir()
    with (here / "mine" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = pullback("run", "baseline", *SHORT, "--out", "mine")
    assert done.exit_code == 75
    assert done.stderr.startswith("pullback: mine: another run is writing here")


def test_jobs_that_failed_are_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.experiments.play.runner import JobsFailed

    def fail(*_: object, **more: object) -> None:
        raise JobsFailed("runs 0 to 1 killed their worker; the other runs are stored in mine")

    monkeypatch.setattr("sim.experiments.play.fill.fill", fail)
    done = pullback("run", "baseline", *SHORT)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "pullback: runs 0 to 1 killed their worker; the other runs are stored in mine\n"


def test_anything_else_is_a_bug_with_its_traceback_and_exit_code_70(monkeypatch: pytest.MonkeyPatch) -> None:

    def break_down(*_: object, **more: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("sim.experiments.play.fill.fill", break_down)
    done = pullback("run", "baseline", *SHORT)
    assert done.exit_code == 70
    assert "ZeroDivisionError: a bug" in done.stderr
    assert done.stderr.endswith("please report it with the lines above\n")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_says_how_to_go_on_and_goes_on(here: Path, sent: signal.Signals, code: int) -> None:
    arguments = ("run", "baseline", "--days", "9", "--out", "mine", "--json", "--workers")
    started = process(*arguments, "2", "--runs", "4096")
    deadline = time.monotonic() + 60
    while not list(here.glob("mine/outcomes/[0-9]*.parquet")):
        assert started.poll() is None, started.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(started.pid, sent)
    stdout, stderr = started.communicate(timeout=30)
    assert (started.returncode, stdout) == (code, "")
    last = stderr.splitlines()[-1]
    stored = int(last.removeprefix("pullback: stopped: ").split()[0])
    assert last.endswith(f"{stored} of 4096 runs are stored in mine; the same command continues from there")
    again = pullback(*arguments, "1", "--runs", str(stored + 2))
    assert again.exit_code == 0
    assert json.loads(again.stdout)["runs"] >= stored + 2


def test_a_closed_pipe_is_no_trouble() -> None:
    shown = process("show", "baseline")
    assert shown.stdout.readline().startswith("baseline: ")
    shown.stdout.close()
    assert (shown.wait(30), shown.stderr.read()) == (0, "")
    shown.stderr.close()


def test_help_comes_at_once() -> None:
    """Nothing that takes a while to import is needed for it."""
    heavy = ("numpy", "scipy", "mesa", "pandas", "pyarrow", "rich", "solara")
    code = f"""
import sys
from sim.cli import commands
try:
    commands(["--help"])
finally:
    print([name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "hindcast" in done.stdout and done.stdout.splitlines()[-1] == "[]"


def test_the_merged_scenario_of_a_run_runs_to_the_same_hash(here: Path) -> None:
    (here / "merged.toml").write_text(to_toml(load_scenario("from-ceasefire")))
    made = json.loads(pullback("run", "merged.toml", *SHORT, "--json").stdout)
    direct = json.loads(pullback("run", "from-ceasefire", *SHORT, "--json").stdout)
    assert made["hash"] == direct["hash"]
    assert made["outcomes"] == direct["outcomes"]


def test_hindcast_scores_the_users_own_record(here: Path) -> None:
    (here / "short.toml").write_text('base = "baseline"\ndays = 3\nruns = 2\n')
    (here / "record.toml").write_text(
        'format = 1\n[[observation]]\nname = "Defections by the third day"\noutcome = "cells_by_defection"\n'
        'observed = [0, 5, 10]\nunit = "cells"\nscore = "crps"\nnothing_changes = 0\nused_to_fit = false\n'
        'confidence = "L"\nsource = "a test"\n'
    )
    done = pullback("hindcast", "short.toml", "--observations", "record.toml", "--json")
    assert done.exit_code == 0
    scored = json.loads(done.stdout)
    assert [(item["name"], item["observed"]) for item in scored["observations"]] == [("Defections by the third day", 5)]
    table = pullback("hindcast", "short.toml", "--observations", "record.toml").stdout
    assert "Hindcast of short: 2 runs, seed" in table
    assert "Defections" in table
    assert set(scored["observations"][0]["null_policies"]) == {"idle", "random"}
    assert len(list((here / "results").glob("short-*/hindcast.html"))) == 1


def test_a_scenario_starts_from_the_users_own_control_map(here: Path) -> None:
    """The shipped map with every SDF-held cell of the north handed to Damascus, beside the scenario that names it."""
    lines = (data_folder() / "control-2026-01-12.txt").read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    north = [line.replace("S", "G") if first <= number < first + 15 else line for number, line in enumerate(lines)]
    (here / "mine").mkdir()
    (here / "mine" / "map.txt").write_text("\n".join(north), encoding="utf-8")
    lines = ['base = "baseline"', 'title = "Mine"', 'control = "map.txt"']
    lines += [f'{key} = "shipped"' for key in ("classes", "sectors", "sites")]
    lines += ["[start.custody]", *(f'{site} = "damascus"' for site in CUSTODY_SITES)]
    (here / "mine" / "map.toml").write_text("\n".join(lines))
    made = json.loads(pullback("run", "mine/map.toml", *SHORT, "--out", "out", "--json").stdout)
    held = open_ensemble(here / "out").series("sdf_share")[0]
    left = sum(grid.area_km2[index] for index, letter in enumerate(letters(north, first)) if letter in "Sx")
    assert held == pytest.approx(left / grid.area_km2.sum(), abs=1e-4)
    assert made["runs"] == 2
    (here / "mine" / "map.txt").write_text("\n".join([*north[: first + 3], "Q" * 70, *north[first + 4 :]]), encoding="utf-8")
    done = pullback("check", "mine/map.toml")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"map.toml: control: map.txt: line {first + 4}, column ")


def letters(lines: list[str], first: int) -> list[str]:
    """Return the letter of each cell of the country in a control map whose rows begin at line `first`."""
    return [lines[first + row][col] for row, col in zip(grid.row, grid.col, strict=True)]


def test_a_page_that_has_nowhere_to_go_is_said_before_anything_runs(here: Path) -> None:
    done = pullback("hindcast", "--html", "pages/mine.html")
    line = "pullback: --html pages/mine.html: there is no folder pages (see pullback hindcast --help)\n"
    assert (done.exit_code, done.stderr) == (2, line)
    assert list(here.iterdir()) == []


def test_progress_into_a_file_is_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.cli import progress

    clock = iter([0.0, 1.0, 4.0, 11.0, 12.0, 25.0])
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    with progress.progress(Path()) as report:
        for done in (0, 10, 20, 30, 40):
            report(done, 100, 0)
    out, err = capsys.readouterr()
    said = [line.rpartition(", ") for line in err.splitlines()]
    assert [line for line, _, _ in said] == [
        "20 of 100 runs, 2 a second, 44 s left",
        "40 of 100 runs, 2 a second, 38 s left",
    ]
    assert out == "" and all(free.endswith(" of disk free") for _, _, free in said)


def test_list_shows_every_outcome_and_series_with_the_name_that_options_take(here: Path) -> None:
    outcomes = pullback("list", "outcomes").stdout
    assert all(re.search(rf"^{re.escape(each.title)} +{each.name}$", outcomes, re.M) for each in OUTCOMES)
    assert all(each.definition in outcomes for each in OUTCOMES)
    rows = json.loads(pullback("list", "series", "--json").stdout)["series"]
    assert [row["name"] for row in rows] == list(SERIES)
    assert all(f"  {name}\n" in pullback("list", "series").stdout for name in list(SERIES)[:3])


def test_a_title_in_place_of_a_name_is_an_error_with_the_name(here: Path) -> None:
    for wrong, hint in (
        ("Truce first agreed", "; did you mean truce_agreed_on (Truce first agreed)?"),
        ("truce_agreed", "; did you mean truce_agreed_on?"),
        ("zzz", "; pullback list outcomes shows them all"),
    ):
        with pytest.raises(InputError) as error:
            outcome_named(wrong)
        assert str(error.value) == f"{wrong} is not the name of an outcome{hint}"


def test_the_status_of_a_folder_that_is_not_there_is_one_line(here: Path) -> None:
    done = pullback("status", "nowhere")
    assert (done.exit_code, done.stderr) == (2, "nowhere: no such results folder\n")
