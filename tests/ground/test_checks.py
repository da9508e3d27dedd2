"""What a caller gives: numbers within limits, dates against the days simulated, nothing named twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import sim
from sim.analysis.calibrate.run import calibrate
from sim.analysis.hindcast.observations import load_observations
from sim.cli import commands
from sim.experiments.design.sweep_file import safe_name
from sim.experiments.play import check
from sim.experiments.play.estimate import estimate
from sim.experiments.play.replay import keep_ledger
from sim.experiments.store.ensemble import Results
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.locks import Shard
from sim.ground import checks
from sim.ground.checks import RUNS, WORKERS, first_repeated, whole_number
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.scenario.export import write_scenario
from sim.scenario.files import HEADING_KEYS
from tests.sweeps import SWEEP, written

ROOT = Path(__file__).resolve().parents[2]
BAD = (-3, 2.5, 8.0, "8", True, np.bool_(True), float("nan"), None, [4], 10**30)
BREAKDOWN = "truce.breakdown_per_day"

# --- numbers ----------------------------------------------------------------------------------------------------------


def calibrated(folder: Path, **given: Any) -> object:
    fitted = [item for item in load_observations() if item.used_to_fit]
    asked = {"points": 2, "runs": 1, "workers": 1} | given
    return calibrate(load_scenario("baseline"), fitted, folder, on_progress=print, **asked)


CALLS: dict[str, Callable[[Any, Path], object]] = {
    "runs of run": lambda given, folder: sim.run("baseline", runs=given, sets=["days=1"], out=folder / "it"),
    "workers of run": lambda given, folder: sim.run("baseline", runs=1, workers=given, out=folder / "it"),
    "workers of sweep": lambda given, folder: sim.sweep(written(folder), workers=given, out=folder / "it"),
    "workers of plan": lambda given, folder: estimate(load_sweep(written(folder)), given),
    "runs of a model": lambda given, folder: TheatreModel("baseline", runs=given),
    "a day of a model": lambda given, folder: TheatreModel("baseline", runs=1).run_to(given),
    "run of a ledger": lambda given, folder: keep_ledger("baseline", given),
    "days of a scenario": lambda given, folder: load_scenario("baseline").with_values({"days": given}, "it"),
    "seed of a scenario": lambda given, folder: load_scenario("baseline").with_values({"seed": given}, "it"),
    "runs of a scenario": lambda given, folder: load_scenario("baseline").with_values({"runs": given}, "it"),
    "a shard": lambda given, folder: Shard(given, 4),
    "of shards": lambda given, folder: Shard(1, given),
    "points of verify": lambda given, folder: list(check.verify(folder, given)),
    "points of calibrate": lambda given, folder: calibrated(folder / "it", points=given),
    "runs of calibrate": lambda given, folder: calibrated(folder / "it", runs=given),
    "workers of calibrate": lambda given, folder: calibrated(folder / "it", workers=given),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_number_that_is_none_is_one_line_and_leaves_nothing(call: str, tmp_path: Path) -> None:
    for given in BAD:
        if given is None and call == "runs of run":
            continue  # left out
        with pytest.raises(InputError, match=r"^(it: )?[\w ]+ = .* must be a whole number from \d+ to \d+$"):
            CALLS[call](given, tmp_path)
    assert not (tmp_path / "it").exists()


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    for kind in (np.int8, np.int64, np.uint16):
        number = whole_number("runs", kind(8), RUNS)
        assert number == 8 and type(number) is int
    for wrong in (0, RUNS.most + 1):
        with pytest.raises(InputError, match=f"runs = {wrong} must be a whole number from 1 to 10000000"):
            whole_number("runs", wrong, RUNS)


def test_the_command_line_has_the_limits_of_the_functions() -> None:
    for arguments in (["run", "baseline"], ["sweep", "x"], ["plan", "x"], ["calibrate", "baseline"]):
        for wrong in (0, WORKERS.most + 1):
            done = CliRunner().invoke(commands, [*arguments, "--workers", str(wrong)])
            assert done.exit_code == 2 and f"1<=x<={WORKERS.most}" in done.stderr


def test_a_text_in_place_of_a_list_is_not_taken_letter_by_letter() -> None:
    with pytest.raises(InputError, match='sets = "days=3" must be a list of texts, as in sets='):
        load_scenario("baseline", sets="days=3")
    with pytest.raises(InputError, match='outcomes = "killed_sdf" must be a list of texts, as in outcomes='):
        sim.compare("a", "b", outcomes="killed_sdf")


# --- the same value ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "twice"),
    [
        ([1, 1.0], 1.0), ([0.1, 0.10], 0.1), ([1, True], None), (["a", " a"], " a"), (["a", "A"], None), ([0.0, -0.0], -0.0),
        ([[1, 2], [1.0, 2]], [1.0, 2]), (["1", 1], None), ([np.float64(2), 2], 2), ([{}, {}], {}),
    ],
)  # fmt: skip
def test_the_same_is_the_same_by_value_and_not_by_spelling(items: list[Any], twice: Any) -> None:
    assert first_repeated(items) == twice


def with_table(folder: Path, rows: str, more: str = "") -> Path:
    (folder / "points.csv").write_text(rows)
    text = f'format = 1\nbase = "baseline"\n[design]\nmethod = "table"\ntable = "points.csv"\n{more}'
    (folder / "sweep.toml").write_text(text)
    return folder / "sweep.toml"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (f'{BREAKDOWN},"{BREAKDOWN}"\n0.004,0.005\n', f"row 1: two columns set {BREAKDOWN}"),
        (f"{BREAKDOWN}, {BREAKDOWN}\n0.004,0.005\n", f"row 1: two columns set {BREAKDOWN}"),
        (f"{BREAKDOWN}\n0.004\n\n0.0040\n", "row 4 sets the same values as row 2; leave one out"),
    ],
)
def test_a_table_names_nothing_twice(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        load_sweep(with_table(tmp_path, rows))
    assert said in str(told.value)


def test_a_table_may_say_that_its_rows_repeat(tmp_path: Path) -> None:
    made = load_sweep(with_table(tmp_path, f"{BREAKDOWN}\n0.004\n0.004\n", "repeated = true\ninclude_base = false\n"))
    assert made.design.points == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["documented", "stay"]', '["stay", "stay"]', "names a value twice"),
        ('"defection.threshold_other" = {}', f'"{BREAKDOWN}" = {{ values = [0.004, 0.0040] }}', "names a value twice"),
        ("[uncertainties]", '[levers.moscow]\npolicy = { values = ["stay"] }\n[uncertainties]', "is given twice"),
        ("[uncertainties]", '[uncertainties]\n"*" = { scale = "linear" }\n"truce.*" = {}', "both match truce."),
    ],
)
def test_a_sweep_names_nothing_twice(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SWEEP
    with pytest.raises(InputError) as told:
        load_sweep(written(tmp_path, SWEEP.replace(old, new)))
    assert said in str(told.value)


def test_a_scenario_names_nothing_twice(tmp_path: Path) -> None:
    event = "[[timeline]]\ndate = 2026-01-28\nevent = 'summit'\nnote = 'a'\nsource = 'assumed'\n"
    for text, said in (
        (f'"{BREAKDOWN}" = 0.004\n[truce]\nbreakdown_per_day = 0.005\n', f"{BREAKDOWN} is given twice"),
        (event + event, "timeline: summit on 2026-01-28 is given twice"),
    ):
        (tmp_path / "mine.toml").write_text('base = "baseline"\n' + text)
        with pytest.raises(InputError) as told:
            load_scenario(tmp_path / "mine.toml")
        assert said in str(told.value)
    for sets in (["days=3", "days = 3"], [f"{BREAKDOWN}=0.004", "truce={breakdown_per_day=0.004}"], ['"days"=4', "days=5"]):
        with pytest.raises(InputError, match=r"--set [\w.]+ is given twice; give it once"):
            load_scenario("baseline", sets)


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "baseline", "--runs", "2", "--runs", "3"),
        ("run", "baseline", "--days", "2", "--set", "days=3"),
        ("run", "baseline", "--set", "days=2", "--set", "days=3"),
        ("compare", "baseline", "no-defection", "--outcome", "killed_sdf", "--outcome", "killed_sdf"),
        ("export", ".", "--csv", "a.csv", "--csv", "b.csv"),
        ("sensitivity", ".", "--outcome", "killed_sdf", "--outcome", "killed_civilians"),
    ],
)
def test_an_option_given_twice_is_one_line(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(commands, arguments)
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1
    assert "twice" in done.stderr or "set the same" in done.stderr
    assert not list(tmp_path.iterdir())


def test_no_side_of_a_comparison_is_named_twice(tmp_path: Path) -> None:
    sim.run("baseline", runs=2, sets=["days=2"], out=tmp_path / "a")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(InputError, match="is named twice; compare takes each B once"):
        sim.compare(tmp_path / "a", tmp_path / "a", tmp_path / "b")
    assert not any(each.differ for each in sim.compare(tmp_path / "a", tmp_path / "b").differences)
    with pytest.raises(InputError, match="outcomes: killed_sdf is given twice"):
        Results(tmp_path / "a").frame(["killed_sdf", "killed_sdf"])


def test_a_record_says_nothing_twice(tmp_path: Path) -> None:
    item = (
        '[[observation]]\nname = "{}"\noutcome = "collapse_day"\nobserved = [2026-01-18, 2026-01-18, 2026-01-18]\n'
        'unit = "date"\n'
        'score = "crps"\nnothing_changes = "never"\nused_to_fit = false\nconfidence = "H"\nsource = "a20"\n'
    )
    for second, said in (("One ", "another one has the name"), ("Two", "another one has the same value of collapse_day")):
        (tmp_path / "record.toml").write_text("format = 1\n" + item.format("One") + item.format(second))
        with pytest.raises(InputError, match=said):
            load_observations(tmp_path / "record.toml")


# --- dates ------------------------------------------------------------------------------------------------------------

ORDER = '[[orders]]\nactor = "moscow"\ndecision = "supply"\norder = "stay"\nfrom = {}\nto = {}\n'
EVENT = "[[timeline]]\ndate = {1}\nevent = '{0}'\nnote = 'a'\nsource = 'assumed'\n"


@pytest.mark.parametrize(
    ("head", "dated", "said"),
    [
        ("", ORDER.format("2030-01-01", "2030-01-02"), "order 1: from 2030-01-01 to 2030-01-02 is after the last day"),
        ("", ORDER.format("2026-01-01", "2026-01-12"), "order 1: from 2026-01-01 to 2026-01-12 is not after 2026-01-12"),
        ("takes_effect = 2026-01-20\n", ORDER.format("2026-01-14", "2026-01-19"), "is not after 2026-01-19"),
        ("days = 20\n", ORDER.format("2026-02-02", "2026-02-03"), "the days simulated are 2026-01-13 to 2026-02-01"),
        ("", EVENT.format("summit", "1999-05-01"), "timeline: summit on 1999-05-01 is not after 2026-01-12"),
        ("", EVENT.format("deadline", "1999-05-01"), "timeline: deadline on 1999-05-01 is not after 2025-01-11"),
        ("", EVENT.format("deadline", "2031-05-01"), "timeline: deadline on 2031-05-01 is after the last day"),
    ],
)
def test_a_date_that_no_run_reaches_is_told_by_check(tmp_path: Path, head: str, dated: str, said: str) -> None:
    (tmp_path / "mine.toml").write_text(f'base = "baseline"\n{head}{dated}')
    done = CliRunner().invoke(commands, ["check", str(tmp_path / "mine.toml")])
    assert done.exit_code == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("head", "dated"),
    [
        ("", ORDER.format("2026-01-12", "2026-01-13")),
        ("", ORDER.format("2026-07-11", "2027-01-01")),
        ("takes_effect = 2026-01-20\n", ORDER.format("2026-01-14", "2026-01-20")),
        ("", EVENT.format("deadline", "2025-12-31")),
        ("days = 3\n", ""),
    ],
)
def test_a_date_that_is_reached_in_part_is_taken(tmp_path: Path, head: str, dated: str) -> None:
    (tmp_path / "mine.toml").write_text(f'base = "baseline"\n{head}{dated}')
    loaded = load_scenario(tmp_path / "mine.toml")
    assert len(loaded.orders) == dated.count("[[orders]]")
    assert len(loaded.timeline) == (dated.count("[[timeline]]") or len(load_scenario("baseline").timeline))


def test_runs_that_were_cut_short_load_again_and_their_base_is_still_checked(tmp_path: Path) -> None:
    made = load_scenario("baseline", ["days=3"])
    write_scenario(made, tmp_path)
    assert load_scenario(tmp_path / "scenario.toml").hash == made.hash
    write_scenario(load_scenario("baseline"), tmp_path, "whole")
    assert "as_run" not in (tmp_path / "whole.toml").read_text()


@pytest.mark.parametrize(
    ("until", "said"),
    [("2026-09-01", "after the last day"), ("181", "after the last day"), ("0", "must be after the first evening")],
)
def test_until_is_a_day_of_the_runs(until: str, said: str, tmp_path: Path) -> None:
    arguments = ["run", "baseline", "--until", until, "--save", str(tmp_path / "saved")]
    done = CliRunner().invoke(commands, arguments)
    assert done.exit_code == 2 and said in done.stderr and not (tmp_path / "saved").exists()


def test_calibrate_says_which_observations_its_days_do_not_cover(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text('base = "baseline"\ndays = 7\n')
    arguments = ["calibrate", str(tmp_path / "short.toml"), "--points", "2", "--runs", "1", "--sets", "1", "--workers", "1"]
    done = CliRunner().invoke(commands, [*arguments, "--out", str(tmp_path / "it")])
    said = [item.name for item in load_observations() if item.used_to_fit]
    told = next(
        line for line in done.stderr.splitlines() if "left out, as not within the scenario's days (2026-01-12" in line
    )
    assert 0 < sum(name in told for name in said) < len(said)


# --- names and files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "name"), [("my sweep", "my-sweep"), ("v1.2", "v1-2"), ("été_3", "été_3"), ("...", "sweep")]
)
def test_a_sweep_file_of_any_name_is_taken(tmp_path: Path, file: str, name: str) -> None:
    (tmp_path / f"{file}.toml").write_text(SWEEP)
    assert load_sweep(tmp_path / f"{file}.toml").name == safe_name(file) == name


def test_the_keys_that_the_readme_of_scenarios_names_are_there() -> None:
    text = (ROOT / "scenarios" / "README.md").read_text(encoding="utf-8")
    said = text.split("# so can ")[1].split(" be set")[0].replace(" and ", ", ")
    assert set(said.split(", ")) <= set(HEADING_KEYS)
    assert checks.DAYS.most == 3650
