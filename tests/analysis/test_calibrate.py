"""Calibration: values stay in their ranges, what the record says is found and what it does not say is not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from sim.analysis.calibrate.identified import combined, identified, paired
from sim.analysis.calibrate.plausible import write_plausible
from sim.analysis.calibrate.run import calibrate, write_outcome
from sim.analysis.calibrate.weights import Calibration, SampledPoints, design_of, meets, sweep_of
from sim.analysis.hindcast.answers import answers_in
from sim.analysis.hindcast.observations import Observation, load_observations
from sim.cli import commands
from sim.experiments.play.job import compute
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.locks import locked
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario

POINTS, RUNS = 24, 4


def fitted() -> list[Observation]:
    return [item for item in load_observations() if item.used_to_fit]


def made_design(scenario: Scenario, points: int) -> SampledPoints:
    return design_of(sweep_of(scenario, fitted(), points, 1))


def uncertain(scenario: Scenario) -> tuple[str, ...]:
    """Return the paths of the values that a calibration moves."""
    entries = scenario.entries.items()
    numbers = [path for path, entry in entries if entry.kind == "uncertainty" and isinstance(entry.value, float)]
    return tuple(path for path in numbers if scenario.entries[path].range[0] < scenario.entries[path].range[1])


def quiet(done: int, asked: int, failed: int) -> None:
    """Take the progress and say nothing."""


def held_against(wanted: np.ndarray, points: int = 512) -> Calibration:
    """Return a calibration in which the runs of the wanted points meet the record."""
    design = made_design(load_scenario("baseline"), points)
    return Calibration(design, (), wanted(unit_of(design)).astype(float)[:, None])


def met_by_chance(share: Callable[[np.ndarray], np.ndarray], seed: int, points: int = 10_000) -> Calibration:
    """Return a calibration of one run a point, each of which meets the record with the probability that its values give."""
    random = np.random.default_rng(seed)
    return held_against(lambda unit: random.random(len(unit)) < share(unit), points)


def unit_of(design: object) -> np.ndarray:
    return (design.points - design.low) / (design.high - design.low)


def test_every_point_lies_within_the_stated_ranges_and_moves_uncertainties_only() -> None:
    scenario = load_scenario("baseline")
    design = made_design(scenario, 64)
    assert design.paths == uncertain(scenario)
    assert {scenario.entries[path].kind for path in design.paths} == {"uncertainty"}
    low, high = np.array([scenario.entries[path].range for path in design.paths]).T
    assert ((design.points >= low) & (design.points <= high)).all()
    assert np.array_equal(design.points, made_design(scenario, 64).points)
    scenario.with_values(design.settings(5), set_by="test")


def test_a_point_meets_the_same_observations_in_any_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load_scenario("baseline")
    together = calibrate(scenario, fitted(), tmp_path / "together", 5, RUNS, 1, quiet)
    monkeypatch.setattr("sim.experiments.play.job.block_runs", lambda days, kept: RUNS)
    alone = calibrate(scenario, fitted(), tmp_path / "alone", 5, RUNS, 1, quiet)
    assert together.met.shape == (5, len(fitted()) + 1)
    assert np.array_equal(together.met, alone.met) and len({tuple(row) for row in together.met.tolist()}) > 1
    changed = scenario.with_values({**together.design.settings(3), "days": 13}, set_by="test")
    model = TheatreModel(changed, numbers=3 + 5 * np.arange(RUNS))
    model.run_to(13)
    said = answers_in(fitted(), model.history)
    met = [meets(item, value, changed.start_date) for item, value in zip(fitted(), said.values(), strict=True)]
    assert np.array_equal(np.mean([*met, np.all(met, axis=0)], axis=1), together.met[3])


def test_a_value_the_record_speaks_of_is_identified_and_no_other() -> None:
    found = identified(held_against(lambda unit: unit[:, 3] > 0.6))
    assert [value.path for value in found if value.identified] == [found[0].path]
    assert found[0].path == uncertain(load_scenario("baseline"))[3]
    assert found[0].p05 > found[0].low + 0.55 * (found[0].high - found[0].low)


def test_a_record_that_says_nothing_identifies_nothing() -> None:
    calibration = held_against(lambda unit: np.ones(len(unit)))
    assert not any(value.identified for value in identified(calibration))
    assert paired(calibration) == []
    assert calibration.effective == pytest.approx(512)


def test_values_that_only_fit_together_are_found_tied() -> None:
    calibration = held_against(lambda unit: (np.abs(unit[:, 3] + unit[:, 7] - 1.3) < 0.15) & (unit[:, 3] < 0.9), points=2048)
    paths = uncertain(load_scenario("baseline"))
    tied = paired(calibration)
    assert {frozenset(pair[:2]) for pair in tied} == {frozenset((paths[3], paths[7]))}
    assert tied[0][2] < -0.3


def test_a_sum_of_values_that_the_record_narrows_is_found_with_its_shares() -> None:
    calibration = held_against(lambda unit: np.clip(0.2 + 0.6 * (unit[:, 3] - 0.5) - 0.3 * (unit[:, 7] - 0.5), 0, 1), 1024)
    paths = uncertain(load_scenario("baseline"))
    (found,) = combined(calibration)
    assert (found.observation, found.paths) == ("all", (paths[3], paths[7]))
    assert found.shares == pytest.approx((2 / 3, -1 / 3), abs=0.03)
    assert found.spread < 0.95
    assert combined(held_against(lambda unit: np.ones(len(unit)), 1024)) == []
    assert combined(held_against(lambda unit: unit[:, 3], 512)) == [], "too few points for so many values"


def test_one_run_a_point_finds_what_many_points_say_and_nothing_else() -> None:
    paths = uncertain(load_scenario("baseline"))
    calibration = met_by_chance(lambda unit: 0.05 + 0.06 * (unit[:, 3] - 0.5) - 0.03 * (unit[:, 7] - 0.5), seed=1)
    assert set(np.unique(calibration.met)) == {0.0, 1.0}
    found = identified(calibration)
    assert {value.path for value in found if value.identified} == {paths[3], paths[7]}
    assert paired(calibration) == []
    (sums,) = combined(calibration)
    assert sums.paths == (paths[3], paths[7])
    assert sums.shares == pytest.approx((2 / 3, -1 / 3), abs=0.1)
    assert sums.spread is not None and 0.85 < sums.spread < 1.05
    tied = met_by_chance(lambda unit: 0.3 * (np.abs(unit[:, 3] - unit[:, 7]) < 0.2) * (unit[:, 3] < 0.8), seed=2)
    (pair,) = paired(tied)
    assert set(pair[:2]) == {paths[3], paths[7]}
    kept = unit_of(tied.design)[tied.met[:, 0] > 0]
    assert pair[2] == pytest.approx(spearmanr(kept[:, 3], kept[:, 7]).statistic, abs=1e-3)


@pytest.mark.parametrize("share", [0.003, 0.03, 0.997])
def test_runs_that_meet_the_record_by_chance_alone_identify_nothing(share: float) -> None:
    made = [met_by_chance(lambda unit: np.full(len(unit), share), seed, points=1200) for seed in range(6)]
    assert not any(value.identified for calibration in made for value in identified(calibration))
    assert [pair for calibration in made for pair in paired(calibration)] == []
    assert [sums for calibration in made for sums in combined(calibration)] == []


@pytest.mark.parametrize("meeting", [1, 2, 12])
def test_a_record_that_few_points_meet_gives_figures_that_can_be_written(meeting: int, tmp_path: Path) -> None:
    calibration = held_against(lambda unit: np.argsort(np.argsort(-unit[:, 3])) < meeting, points=1024)
    found = write_outcome(tmp_path, calibration, "baseline", 8, seed=1)
    assert json.loads((tmp_path / "calibration.json").read_text()) == json.loads(json.dumps(found, allow_nan=False))
    assert found["effective_points"] == pytest.approx(meeting)
    assert [sums["spread"] for sums in found["combinations"]] == ([None] if meeting == 12 else [])
    needed = 1024 * 50 / meeting
    assert f"give about {math.ceil(needed / 1000) * 1000:,} or more --points" in found["warning"]


def test_a_sum_is_said_also_where_every_other_point_alone_meets_the_record() -> None:
    calibration = held_against(lambda unit: (unit[:, 3] > 0.9) & (np.arange(len(unit)) % 2 == 0), points=1024)
    (sums,) = combined(calibration)
    assert (sums.paths, sums.spread) == ((uncertain(load_scenario("baseline"))[3],), None)


def test_effective_points_are_those_of_equal_weight_that_say_as_much() -> None:
    assert held_against(lambda unit: np.arange(len(unit)) < 50).effective == pytest.approx(50)
    assert held_against(lambda unit: np.arange(len(unit)) < 50).warning == ""
    assert "below 50" in held_against(lambda unit: np.arange(len(unit)) < 49).warning
    halves = held_against(lambda unit: np.where(np.arange(len(unit)) < 100, 1.0, 0.5) * (np.arange(len(unit)) < 200))
    assert halves.effective == pytest.approx(150**2 / 125)
    assert held_against(lambda unit: np.zeros(len(unit))).effective == 0.0


def test_points_are_drawn_as_often_as_their_runs_meet_the_record() -> None:
    calibration = held_against(lambda unit: np.arange(len(unit)) % 4)
    counts = np.bincount(calibration.draw(5120, seed=1), minlength=512)
    assert np.abs(counts - 5120 * calibration.weight).max() < 1.0 + 1e-9


def test_a_run_meets_an_observation_within_the_reports_and_the_tolerance() -> None:
    scenario = load_scenario("baseline")
    share = next(item for item in fitted() if item.outcome == "sdf_share_2026_01_20")
    beyond = 0.1 * (0.285 - 0.058)
    inside = [0.052 - beyond + 1e-9, 0.058, 0.093 + beyond - 1e-9]
    outside = [0.052 - beyond - 1e-6, 0.093 + beyond + 1e-6, np.nan]
    assert meets(share, np.array(inside + outside), scenario.start_date).tolist() == [True] * 3 + [False] * 3


def stop_after(jobs: int, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Cut calibrations into jobs of 32 runs and have the next one stopped once so many are done; return those begun."""
    played: list[object] = []

    def until_stopped(task: object, job: object) -> None:
        played.append(job)
        if len(played) == jobs + 1:
            raise KeyboardInterrupt
        compute(task, job)

    monkeypatch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 32)
    monkeypatch.setattr("sim.experiments.play.fill.compute", until_stopped)
    return played


def test_a_calibration_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(folder: Path) -> Calibration:
        return calibrate(load_scenario("baseline"), fitted(), folder, POINTS, RUNS, 1, quiet)

    whole = run(tmp_path / "whole")
    played = stop_after(1, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "stopped")
    again = run(tmp_path / "stopped")
    assert [str(job) for job in played] == [f"points {first} to {first + 7}, runs 0 to 3" for first in (0, 8, 8, 16)]
    assert np.array_equal(again.met, whole.met)


def test_more_runs_of_each_point_add_to_those_that_are_there(tmp_path: Path) -> None:
    scenario = load_scenario("baseline")
    calibrate(scenario, fitted(), tmp_path / "cal", 3, 1, 1, quiet)
    more = calibrate(scenario, fitted(), tmp_path / "cal", 3, 3, 1, quiet)
    at_once = calibrate(scenario, fitted(), tmp_path / "at once", 3, 3, 1, quiet)
    assert np.array_equal(more.met, at_once.met)
    assert more.interval == at_once.interval
    low, high = more.interval
    assert low <= more.met[:, -1].mean() <= high


def test_the_command_writes_sets_that_a_scenario_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["calibrate", "baseline", "--points", "64", "--runs", "8", "--sets", "10", "--workers", "1"]
    for extra in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            commands.main([*arguments, "--out", str(tmp_path / "cal"), *extra])
        assert ended.value.code == 0
    *table, last = capsys.readouterr().out.splitlines()
    found = json.loads(last)
    words = [line.split() for line in table]
    assert ["Kobani", "is", "Damascus's,", "20", "January", "no"] in [line[:6] for line in words]
    assert Path(next(line[5] for line in words if line[:3] == ["run", "one", "set"])).is_file()
    assert found == json.loads((tmp_path / "cal" / "calibration.json").read_text())
    header, *rows = (tmp_path / "cal" / "plausible.csv").read_text().splitlines()
    assert len(rows) == 10
    settings = dict(zip(header.split(","), map(float, rows[0].split(",")), strict=True))
    drawn = load_scenario("baseline").with_values(settings, set_by="plausible")
    assert found["last_observation"] == "2026-01-20"
    low, high = found["interval_of_that_share"]
    assert 0 <= low < found["share_of_runs_that_meet_the_record"] < high <= 1
    said = " ".join(" ".join(table).split())
    assert f"effective sample size {found['effective_points']:.0f}" in said
    assert "an effective sample size below 50" in said
    sweep = load_sweep(tmp_path / "cal" / "plausible.toml")
    assert (sweep.design.points, sweep.runs, sweep.base.hash) == (10, 8, load_scenario("baseline").hash)
    assert sweep.series == "full", "a hindcast reads evenings before the last"
    sets = [load_scenario(path) for path in (tmp_path / "cal" / "sets").glob("*.toml")]
    assert len(sets) == found["distinct_sets"]
    assert drawn.hash in {scenario.hash for scenario in sets}
    assert not list((tmp_path / "cal").rglob(".*.*")), "nothing half-written"


def test_sets_of_a_users_own_scenario_find_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "baseline"\ntitle = "Mine"\n[withdrawal]\nairlift_sorties_per_day = 2.5\n')
    scenario = load_scenario(tmp_path / "mine.toml")
    made = Calibration(made_design(scenario, 4), (), np.array([[0.0], [1.0], [0.0], [1.0]]))
    folder = tmp_path / "out" / "cal"
    folder.mkdir(parents=True)
    write_plausible(folder, made, made.draw(4, seed=1), str(tmp_path / "mine.toml"))
    assert sorted(path.name for path in (folder / "sets").iterdir()) == ["00001.toml", "00003.toml"]
    values = made.design.settings(3)
    assert load_scenario(folder / "sets" / "00003.toml").hash == scenario.with_values(values, set_by="test").hash
    assert load_sweep(folder / "plausible.toml").base.hash == scenario.hash


def test_other_points_go_to_a_folder_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for points in ("2", "3"):
        with pytest.raises(SystemExit) as ended:
            commands.main(["calibrate", "baseline", "--points", points, "--workers", "1"])
        assert ended.value.code == 2
        assert f"no run of {points} points met every observation" in capsys.readouterr().err
    assert len(list(tmp_path.glob("results/calibrate-baseline-*"))) == 2


def test_another_calibration_is_not_written_over(tmp_path: Path) -> None:
    scenario = load_scenario("baseline")
    calibrate(scenario, fitted(), tmp_path / "cal", 2, 1, 1, quiet)
    with pytest.raises(InputError, match="holds the results of calibrate-baseline"):
        calibrate(scenario, fitted(), tmp_path / "cal", 3, 1, 1, quiet)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("keep")
    with pytest.raises(InputError, match="exists and is not a results folder"):
        calibrate(scenario, fitted(), tmp_path / "mine", 2, 1, 1, quiet)


def test_a_folder_that_another_process_works_in_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "cal"
    folder.mkdir()
    with locked(folder), pytest.raises(SystemExit) as ended:
        commands.main(["calibrate", "baseline", "--points", "2", "--runs", "1", "--out", str(folder)])
    assert ended.value.code == 75
    assert f"{folder}: " in capsys.readouterr().err
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []


def test_a_stopped_calibration_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stop_after(1, monkeypatch)
    folder = tmp_path / "cal"
    with pytest.raises(SystemExit) as ended:
        commands.main(["calibrate", "baseline", "--points", "64", "--runs", "1", "--workers", "1", "--out", str(folder)])
    assert ended.value.code == 130
    said = f"pullback: stopped: 32 of 64 runs are stored in {folder}; the same command continues from there\n"
    assert capsys.readouterr().err.endswith(said)  # a slow machine tells before how far it is
