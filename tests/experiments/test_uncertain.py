"""Ensembles whose uncertain values are drawn by run: the values each run has, and what of the spread they bring."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import sim
from sim.analysis.spread import share_of_values
from sim.cli import commands
from sim.experiments.design.uncertain import ALL, ASSUMED, EACH, sets_of, uncertain_of
from sim.experiments.play.check import verify
from sim.experiments.store.ensemble import Results
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record.outcomes import OUTCOMES, outcome_table
from sim.registry import load_scenario

DAYS, RUNS = 9, 6
BREAKDOWN = "truce.breakdown_per_day"
LATER = """
base = "transfer-stalls"
title = "Later"
takes_effect = 2026-01-16
[truce]
breakdown_per_day = 0.015
"""
KILLED = next(outcome for outcome in OUTCOMES if outcome.name == "killed_sdf")
TRUCE = next(outcome for outcome in OUTCOMES if outcome.name == "truce_agreed_on")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a what-if of two stages, played with all uncertain values drawn."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "later.toml").write_text(LATER)
    sim.run(folder / "later.toml", runs=RUNS, sets=[f"days={DAYS}"], out=folder / "u", uncertain="all")
    return folder


@pytest.fixture
def here(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


def pullback(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def set_away(name: str) -> set[str]:
    return set(load_scenario(name).own)


# --- the values -------------------------------------------------------------------------------------------------------


def test_every_run_is_the_scenario_with_the_values_that_it_drew(made: Path) -> None:
    results = Results(made / "u")
    scenario, uncertain = results.scenario, results.uncertain
    assert uncertain is not None and len(scenario.stages) == 2
    for number in (0, 1, 5):
        drawn = {path: float(values[0]) for path, values in uncertain.values(np.array([number])).items()}
        before = scenario.stages[0][1].with_values(drawn, set_by="test")
        later = {path: value for path, value in drawn.items() if path != BREAKDOWN}
        columns = [{path: [value] for path, value in values.items()} for values in (drawn, later)]
        alone = TheatreModel(scenario, numbers=[number], columns=_fit(columns, results))
        alone.run_to(DAYS)
        until = TheatreModel(before, numbers=[number])
        until.run_to(3)
        assert np.array_equal(until.history.series["sdf_share"][:4], alone.history.series["sdf_share"][:4])
        for name, values in outcome_table(alone.history).items():
            assert np.array_equal(values, results.outcomes[name][number : number + 1], equal_nan=True), name
    assert list(verify(results.folder, 1)) == []


def _fit(columns: list[dict[str, list[float]]], results: Results) -> list[dict[str, list[float]]]:
    """Leave out of the later stage what only the first evening reads."""
    late = results.columns(np.array([0]))[1]
    return [columns[0], {path: values for path, values in columns[1].items() if path in late}]


def test_two_runs_share_each_set_of_values_and_no_two_sets_do() -> None:
    drawn = uncertain_of(ALL, load_scenario("baseline")).values(np.arange(8))
    assert EACH == 2 and sets_of(np.arange(8)).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    for path, values in drawn.items():
        assert np.array_equal(values[::2], values[1::2]) and len(set(values.tolist())) == 4, path
        low, high = load_scenario("baseline").entries[path].range
        assert (low <= values).all() and (values <= high).all()


def test_values_fill_their_ranges_evenly_and_apart_from_each_other() -> None:
    scenario = load_scenario("baseline")
    drawn = uncertain_of(ALL, scenario)
    values = drawn.values(np.arange(0, 2000, EACH))
    shares = np.array([(values[path] - low) / (high - low) for path, (low, high) in drawn.ranges.items()])
    assert np.abs(shares.mean(axis=1) - 0.5).max() < 4.5 / np.sqrt(12 * 1000)
    assert np.abs(np.corrcoef(shares) - np.eye(len(shares))).max() < 5.5 / np.sqrt(1000)


def test_run_r_has_the_same_values_in_every_scenario_and_what_a_what_if_sets_is_its_own() -> None:
    numbers = np.arange(6)
    base = uncertain_of(ALL, load_scenario("baseline"))
    for name in ("transfer-stalls", "us-leaves-first", "early-integration"):
        other = uncertain_of(ALL, load_scenario(name))
        assert set(base.paths) - set(other.paths) == set_away(name) & set(base.paths)
        assert base.agrees(other)
        for path, values in other.values(numbers).items():
            assert np.array_equal(values, base.values(numbers)[path]), path
    assert set_away("transfer-stalls") & set(base.paths), "it sets a value that has a range"
    for value in (0.01, load_scenario("baseline").entries[BREAKDOWN].value):
        given = load_scenario("baseline", [f"{BREAKDOWN}={value}"])
        assert set(base.paths) - set(uncertain_of(ALL, given).paths) == {BREAKDOWN}, "--set holds it, whatever it says"


def test_only_what_is_assumed_is_drawn_where_that_is_asked() -> None:
    scenario = load_scenario("baseline")
    assumed = uncertain_of(ASSUMED, scenario)
    assert {scenario.entries[path].grade for path in assumed.paths} == {"assumed"}
    assert set(assumed.paths) < set(uncertain_of(ALL, scenario).paths)


def test_runs_that_are_added_later_are_those_of_a_larger_ensemble(made: Path, tmp_path: Path) -> None:
    for runs in (2, RUNS):
        few = sim.run(made / "later.toml", runs=runs, sets=[f"days={DAYS}"], out=tmp_path / "u", uncertain="all")
    whole = Results(made / "u")
    for name, values in few.outcomes.items():
        assert np.array_equal(values, whole.outcomes[name], equal_nan=True), name


def test_plausible_sets_are_drawn_from_their_file_and_kept_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "sets.csv").write_text(f"{BREAKDOWN},transfer.batch_chance_per_day\n0.004,0.5\n0.006,0.6\n0.008,0.7\n")
    made = sim.run("baseline", runs=8, sets=["days=3"], out=tmp_path / "u", uncertain=str(tmp_path / "sets.csv"))
    (tmp_path / "sets.csv").unlink()
    drawn = made.uncertain
    assert drawn is not None and drawn.what == "sets.csv"
    values = drawn.values(np.arange(40))
    rows = set(zip(values[BREAKDOWN].tolist(), values["transfer.batch_chance_per_day"].tolist(), strict=True))
    assert rows == {(0.004, 0.5), (0.006, 0.6), (0.008, 0.7)}
    assert list(verify(made.folder, 1)) == []
    (made.folder / "sets.parquet").unlink()
    with pytest.raises(InputError, match="the drawn values can no longer be read"):
        Results(made.folder).uncertain  # noqa: B018


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("everything", "--uncertain everything: give all, assumed or the plausible sets that calibrate writes"),
        ("text.csv", "moscow.policy = 'documented' is not an uncertain number"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(what: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.csv").write_text("moscow.policy\nstay\ndocumented\n")
    done = pullback("run", "baseline", "--days", "3", "--runs", "2", "--uncertain", what)
    assert done.exit_code == 2 and said.replace("'", '"') in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "results").exists()


# --- what of the spread they bring ------------------------------------------------------------------------------------


def pairs(share: float, sets: int, seed: int) -> dict[str, np.ndarray]:
    """Return made-up runs in which values bring a share of the variance."""
    random = np.random.default_rng(seed)
    values = np.sqrt(share) * np.repeat(random.standard_normal(sets), 2) + np.sqrt(1 - share) * random.standard_normal(
        2 * sets
    )
    return {"run": np.arange(2 * sets), "killed_sdf": values}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_the_share_of_values_is_found_and_its_interval_covers(share: float) -> None:
    found = [share_of_values(KILLED, pairs(share, 200, seed), DAYS) for seed in range(40)]
    assert np.mean([each.share for each in found]) == pytest.approx(share, abs=0.04)
    covered = np.mean([each.low - 1e-9 <= share <= each.high + 1e-9 for each in found])
    assert covered >= 0.8


def test_nothing_is_said_of_what_does_not_vary_or_comes_in_few_sets() -> None:
    flat = {"run": np.arange(100), "killed_sdf": np.zeros(100)}
    assert share_of_values(KILLED, flat, DAYS) is None
    rare = {"run": np.arange(200), "killed_sdf": np.where(np.arange(200) < 6, 1.0, 0.0)}
    assert share_of_values(KILLED, rare, DAYS) is None
    assert share_of_values(KILLED, pairs(0.5, 10, 1), DAYS) is None
    alone = pairs(0.5, 200, 1)
    assert share_of_values(KILLED, {name: values[::2] for name, values in alone.items()}, DAYS) is None


def test_a_date_that_does_not_come_counts_as_the_last_day() -> None:
    table = {outcome.name: np.full(80, np.nan) for outcome in OUTCOMES} | {"run": np.arange(80)}
    table["truce_agreed_on"] = np.where(np.arange(80) % 4 < 2, np.nan, 5.0)
    made = share_of_values(TRUCE, table, DAYS)
    assert made is not None and made.share == 1.0 and made.sets == 40


# --- the commands -----------------------------------------------------------------------------------------------------


def test_run_shows_the_spread_with_and_without_and_the_share_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = ("run", "baseline", "--days", "10", "--runs", "48", "--uncertain", "all")
    told = pullback(*line)
    assert told.exit_code == 0, told.stderr
    assert "150 uncertain values drawn from their ranges: 24 parameter sets, 2 runs of each" in told.stdout
    rows = told.stdout[told.stdout.index("uncertain values and chance") :]
    assert "as stated" in rows and "due to values" in rows
    (shown,) = [row.split() for row in rows.splitlines() if row.startswith("SDF-held share of Syria, 20 January")]
    monkeypatch.setattr("sim.experiments.play.fill.work_off", lambda *_: pytest.fail("something is played again"))
    made = json.loads(pullback(*line, "--json").stdout)
    assert made["uncertain"] == {"what": "all", "drawn": 150, "each": 2, "sets": 24}
    outcome = next(each for each in made["outcomes"] if each["name"] == "sdf_share_2026_01_20")
    stated = outcome["as_stated"]
    assert stated["p95"] - stated["p05"] < outcome["p95"] - outcome["p05"], "what is not known widens it"
    assert f"{outcome['values']['share']:.0%}" in shown
    page = (Path(made["results"]) / "report.html").read_text()
    assert "Uncertain values and chance" in page
    plain = json.loads(pullback(*line[:-2], "--json").stdout)
    assert "uncertain" not in plain and stated == next(
        each for each in plain["outcomes"] if each["name"] == "sdf_share_2026_01_20"
    )


def test_saved_runs_go_on_with_the_values_they_drew(here: Path, tmp_path: Path) -> None:
    line = ("run", "later.toml", "--days", str(DAYS), "--runs", "4", "--workers", "1")
    saved = pullback(*line, "--uncertain", "all", "--until", "4", "--save", str(tmp_path / "saved"))
    assert saved.exit_code == 0, saved.stderr
    gone_on = pullback("run", "--from", str(tmp_path / "saved"), "--workers", "1", "--out", str(tmp_path / "on"))
    assert gone_on.exit_code == 0, gone_on.stderr
    on, whole = Results(tmp_path / "on"), Results(here / "u")
    for name, values in on.outcomes.items():
        assert np.array_equal(values, whole.outcomes[name][:4], equal_nan=True), name
    refused = pullback("run", "--from", str(tmp_path / "saved"), "--uncertain", "all")
    assert refused.exit_code == 2 and "saved runs keep their values" in refused.stderr


def test_a_comparison_pairs_runs_of_the_same_values_and_refuses_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, uncertain in (("baseline", "all"), ("us-leaves-first", "all"), ("us-leaves-first", None)):
        sim.run(name, runs=8, sets=["days=5"], out=f"{name}-{uncertain}", uncertain=uncertain)
    done = pullback("compare", "baseline-all", "us-leaves-first-all", "--json")
    assert done.exit_code == 0 and json.loads(done.stdout)["n"] == 8
    mixed = pullback("compare", "baseline-all", "us-leaves-first-None")
    assert mixed.exit_code == 2 and "run both with --uncertain, or both without" in mixed.stderr
    unplayed = pullback("compare", "baseline", "us-leaves-first", "--uncertain", "all")
    assert "pullback run baseline --uncertain all writes its results to results/baseline-" in unplayed.stderr


def test_a_hindcast_draws_values_for_the_null_policies_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text('base = "baseline"\ntitle = "Mine"\ndays = 10\nruns = 8\n')
    done = pullback("hindcast", "./mine.toml", "--uncertain", "all", "--json")
    assert done.exit_code == 0, done.stderr
    scored = json.loads(done.stdout)
    assert scored["runs"] == 8 and scored["observations"][0]["null_policies"]
    folders = [Results(path) for path in (tmp_path / "results").iterdir()]
    assert len(folders) == 3 and all(each.uncertain is not None for each in folders)


def test_a_run_is_told_with_the_values_it_drew(here: Path) -> None:
    told = pullback("explain", "u", "--run", "3")
    assert told.exit_code == 0 and "run 3, seed" in told.stdout
    events = pullback("export", "u", "--events")
    assert events.exit_code == 0 and events.stdout.count("\n") > 1
    rows = [line.split(",") for line in events.stdout.splitlines()]
    head = [name.strip('"') for name in rows[0]]
    best, run = head.index("best"), head.index("run")
    dead = sum(int(row[best]) for row in rows[1:] if row[run] == "3")
    results = Results(here / "u")
    killed = sum(results.outcomes[name][3] for name in results.outcomes if name.startswith("killed_"))
    assert dead <= killed and killed > 0
