"""Sensitivity: known functions get their known shares, parts of variance add up, intervals cover, conditions select."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from made_up_sweep import BREAKDOWN, POLICY, RISE, RUNS, VIOLATIONS, made_up
from scipy.stats import qmc

from sim.analysis.measure import measure_named
from sim.analysis.sensitivity.point_values import heat, point_values
from sim.analysis.sensitivity.resolution import smallest_share, too_few_points
from sim.analysis.sensitivity.sensitivity import as_object, sensitivity
from sim.analysis.sensitivity.variance import codes, dummy_share, jackknife, number_of_bins, share, variance
from sim.analysis.where import read_condition
from sim.cli import commands
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError


def of(results: SweepResults, outcome: str = "killed_sdf") -> Any:
    return sensitivity(results.folder, outcome)


# --- resolution -------------------------------------------------------------------------------------------------------


def test_forty_points_for_150_values_are_few_and_a_thousand_are_not() -> None:
    said = too_few_points(40, 150)
    assert said.startswith("40 points are few for 150 values: a value is detected only if it explains 35% of the variance")
    assert said.endswith("and the effects of different values cannot be separated")
    assert "mixed" not in too_few_points(16, 3) and too_few_points(16, 3)
    assert (too_few_points(1024, 150), too_few_points(64, 5), too_few_points(64, 0)) == ("", "", "")


def test_a_value_with_the_smallest_share_stands_out_half_of_the_time() -> None:
    points, values = 128, 20
    least, found, random = smallest_share(points, values), 0, np.random.default_rng(2)
    for _ in range(400):
        step = random.permutation(np.arange(points) % 5)
        y = np.sqrt(least / np.var(np.arange(5))) * step + np.sqrt(1 - least) * random.standard_normal(points)
        found += share(step, y).p < 0.05 / values
    assert found / 400 == pytest.approx(0.5, abs=0.12)


def test_the_command_and_the_page_warn_where_points_are_few(tmp_path: Path) -> None:
    results = made_up(tmp_path / "few", lambda x, luck: x[BREAKDOWN] + 0.1 * luck, points=20)
    done = CliRunner().invoke(commands, ["sensitivity", str(results.folder), "--outcome", "killed_sdf"])
    assert done.exit_code == 0
    assert "! 20 points are few for 3 values" in done.stdout
    assert as_object(of(results))["warning"].startswith("20 points are few for 3 values")
    many = made_up(tmp_path / "many", lambda x, luck: x[BREAKDOWN] + 0.1 * luck, points=128)
    assert of(many).warning == ""


def test_a_point_in_which_a_question_does_not_arise_has_no_mean_of_it(tmp_path: Path) -> None:
    """Fighting resumes on day 20 of half the runs; in the other half there was no truce, and it does not resume late."""
    nan, half = np.nan, np.arange(RUNS) % 2 == 0
    results = made_up(
        tmp_path / "it", lambda x, luck: x[BREAKDOWN] + 0 * luck, points=16,
        fighting_resumed_on=np.where(half, 20.0, nan), truce_violations=np.where(half, 3.0, nan),
    )  # fmt: skip
    assert set(point_values(results, measure_named("fighting_resumed_on", results.base)).means) == {20.0}


# --- shares -----------------------------------------------------------------------------------------------------------


def test_the_ishigami_function_gets_its_first_order_indices() -> None:
    """Ishigami and Homma 1990 with a = 7, b = 0.1: 0.3139, 0.4424, 0."""
    x = qmc.scale(qmc.Sobol(3, rng=np.random.default_rng(0)).random(4096), [-np.pi] * 3, [np.pi] * 3)
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    bins = number_of_bins(len(y))
    assert [share(codes(column, bins), y).share for column in x.T] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.03)


def test_a_value_that_does_nothing_has_no_share_on_average_and_q_says_so() -> None:
    random = np.random.default_rng(1)
    y = random.standard_normal(64)
    found = [share(codes(random.random(64), 4), y) for _ in range(4000)]
    shares = [each.share for each in found]
    assert np.mean(shares) == pytest.approx(0.0, abs=0.003)
    assert np.mean(np.array(shares) < dummy_share(y, 4)) == pytest.approx(0.95, abs=0.03)
    assert np.mean([each.p < 0.05 for each in found]) == pytest.approx(0.05, abs=0.01)


def test_the_jackknife_interval_covers_the_share_of_a_line_in_noise() -> None:
    covered = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        x = random.random(256)
        y = np.sqrt(12) * x + random.standard_normal(256)  # half of the variance is x
        code, order = codes(x, 6), random.permutation(256)
        without = np.array([share(np.delete(code, order[g::20]), np.delete(y, order[g::20])).share for g in range(20)])
        low, high = jackknife(share(code, y).share, without)
        covered += low <= 0.5 <= high
    assert 0.90 <= covered / 300 <= 0.99


def test_text_and_few_values_are_bins_of_their_own() -> None:
    y = np.array([1.0, 1.0, 5.0, 5.0, 9.0, 9.0])
    assert share(codes(np.array(["a", "a", "b", "b", "c", "c"]), 4), y).share == pytest.approx(1.0)
    assert share(codes(np.array([1, 1, 2, 2, 3, 3]), 4), y).share == pytest.approx(1.0)


# --- parts of the variance --------------------------------------------------------------------------------------------


def test_the_parts_of_the_variance_are_found_where_all_points_share_the_luck() -> None:
    random = np.random.default_rng(2)
    values = 2 * random.standard_normal((400, 1)) + 3 * random.standard_normal((1, 300)) + random.standard_normal((400, 300))
    made = variance(values)
    assert (made.between_points, made.luck, made.both) == pytest.approx((4, 9, 1), rel=0.12)
    assert made.total == pytest.approx(made.between_points + made.luck + made.both)


def test_the_parts_of_the_variance_where_runs_have_no_value() -> None:
    random = np.random.default_rng(3)
    values = 2 * random.standard_normal((2000, 1)) + random.standard_normal((2000, 10))
    values[random.random(values.shape) < 0.3] = np.nan
    made = variance(values)
    assert (made.between_points, made.both) == pytest.approx((4, 1), rel=0.1)
    assert list(made.named) == ["between points: the values", "chance, alone or jointly with values"]


def test_runs_that_have_no_value_in_any_point_leave_the_others_luck_shared() -> None:
    luck = np.random.default_rng(4).standard_normal(50)
    values = np.tile(np.where(luck > 0, luck, np.nan), (20, 1))
    assert variance(values).luck == pytest.approx(luck[luck > 0].var(ddof=1))
    assert list(variance(values).named.values()) == pytest.approx([0, luck[luck > 0].var(ddof=1), 0], abs=1e-12)


def test_luck_alone_leaves_nothing_to_the_points() -> None:
    values = np.tile(np.random.default_rng(4).standard_normal(50), (20, 1))
    assert variance(values).between_points == pytest.approx(0, abs=1e-12)
    assert variance(values).luck == pytest.approx(values[0].var(ddof=1))


# --- a whole sweep ----------------------------------------------------------------------------------------------------


def test_drivers_are_ranked_with_what_they_rest_on(tmp_path: Path) -> None:
    found = of(made_up(tmp_path / "s", lambda x, luck: 4 * x[RISE] - 2 * x[BREAKDOWN] + luck))
    assert [driver.path for driver in found.drivers[:2]] == [RISE, BREAKDOWN]
    first, second = found.drivers[:2]
    assert (first.share, second.share) == pytest.approx((0.8, 0.2), abs=0.04)
    assert first.low < 0.8 < first.high + 0.04
    assert (first.rank_correlation > 0.8) and (second.rank_correlation < -0.2)
    assert [driver.path for driver in found.drivers if driver.q < 0.05] == [RISE, BREAKDOWN]
    assert found.dummy < 0.05
    assert found.points == 512, "the unchanged base is no point of the design"


def test_the_share_of_all_variance_that_rests_on_assumed_values_is_said(tmp_path: Path) -> None:
    luck = np.random.default_rng(5).standard_normal(RUNS).var(ddof=1)
    found = of(made_up(tmp_path / "s", lambda x, luck: 4 * x[RISE] - 2 * x[BREAKDOWN] + luck))
    parts = {grade.grade: grade for grade in found.grades}
    total = 16 / 12 + 4 / 12 + luck
    assert parts["assumed"].share == pytest.approx(16 / 12 / total, abs=0.03)
    assert parts["M"].share == pytest.approx(4 / 12 / total, abs=0.03)
    assert parts["L"].share == pytest.approx(0, abs=0.02)
    assert parts["lever"].share == pytest.approx(0, abs=0.02)
    assert found.spread.luck == pytest.approx(luck)
    assert found.together == pytest.approx(0, abs=0.05)


def test_the_source_that_a_sweep_gives_for_a_range_of_its_own_grades_the_value(tmp_path: Path) -> None:
    uncertain = {BREAKDOWN: {}, VIOLATIONS: {"range": [1.0, 40.0], "source": "assumed: as bad as it gets"}}
    found = of(made_up(tmp_path / "s", lambda x, luck: x[VIOLATIONS] + luck, uncertainties=uncertain))
    grades = {driver.path: driver.grade for driver in found.drivers}
    assert grades == {BREAKDOWN: "M", VIOLATIONS: "assumed", POLICY: "lever"}


def test_rows_crossed_with_levers_are_counted_once(tmp_path: Path) -> None:
    """A value that does nothing may not gain by the same rows being played under several policies."""
    noise = np.repeat(np.random.default_rng(8).standard_normal(64), 2)
    chances = []
    for seed in range(20):
        shuffled = np.append(0.0, np.random.default_rng(seed).permutation(noise.reshape(64, 2)).ravel())[:, None]
        found = of(made_up(tmp_path / str(seed), lambda x, luck, y=shuffled: y + x[POLICY] + 0 * luck, points=64))
        drivers = {driver.path: driver for driver in found.drivers}
        assert drivers[POLICY].q < 1e-6
        chances.append(min(drivers[path].q for path in (BREAKDOWN, RISE, VIOLATIONS)))
    assert np.mean(np.array(chances) < 0.05) <= 0.15


def test_a_grid_is_taken_apart_as_an_analysis_of_variance(tmp_path: Path) -> None:
    rise, breakdown = {"levels": 4}, {"levels": 6}
    results = made_up(
        tmp_path / "s",
        lambda x, luck: 3 * x[RISE] + x[BREAKDOWN] + 2 * x[POLICY] + luck,
        design={"method": "grid"},
        uncertainties={RISE: rise, BREAKDOWN: breakdown},
    )
    parts = {driver.path: driver.share for driver in of(results).drivers}
    by_hand = {RISE: 9 * np.linspace(0, 1, 4).var(), BREAKDOWN: np.linspace(0, 1, 6).var(), POLICY: 1.0}
    total = sum(by_hand.values())
    assert parts == pytest.approx({path: part / total for path, part in by_hand.items()})


def test_what_two_values_do_only_together_rests_on_neither(tmp_path: Path) -> None:
    found = of(made_up(tmp_path / "s", lambda x, luck: (x[RISE] - 0.5) * (x[BREAKDOWN] - 0.5) + 0 * luck))
    assert max(driver.share for driver in found.drivers) < 0.05
    assert found.together > 0.9


def test_an_outcome_that_never_varies_has_no_drivers(tmp_path: Path) -> None:
    found = of(made_up(tmp_path / "s", lambda x, luck: 7 + 0 * luck))
    assert found.spread.total == 0
    assert {driver.share for driver in found.drivers} == {0.0}
    assert found.together == 0


def test_a_heat_map_has_the_mean_over_two_values(tmp_path: Path) -> None:
    results = made_up(tmp_path / "s", lambda x, luck: 10 * x[POLICY] + (x[RISE] > 0.5) + 0 * luck)
    found = heat(results, measure_named("killed_sdf", results.base), (POLICY, RISE))
    assert found.names[0] == ("documented", "stay")
    assert found.points.sum() == 512
    assert np.allclose(found.means[1] - found.means[0], 10)
    assert (found.means[0, 0], found.means[0, -1]) == (0, 1)
    with pytest.raises(InputError, match=r"moscow.polcy does not vary in .*; did you mean moscow.policy"):
        heat(results, measure_named("killed_sdf", results.base), ("moscow.polcy", RISE))


def test_the_object_is_json(tmp_path: Path) -> None:
    results = made_up(tmp_path / "s", lambda x, luck: x[RISE] + luck)
    found = json.loads(json.dumps(as_object(of(results)), allow_nan=False))
    assert found["variance"]["total"] > 0 and found["complete"] is True


# --- measures and conditions ------------------------------------------------------------------------------------------


def test_a_date_that_did_not_come_counts_as_the_horizon(tmp_path: Path) -> None:
    results = made_up(tmp_path / "s", lambda x, luck: luck, truce_broken_on=np.array([10.0] * 4 + [np.nan] * 4))
    found = point_values(results, measure_named("truce_broken_on", results.base))
    assert set(found.means) == {(10 + results.base.days) / 2}


def test_a_category_is_counted_by_name() -> None:
    from sim.registry import load_scenario

    base = load_scenario("baseline")
    measure = measure_named("summit_result=rift", base)
    index = measure.outcome.categories.index("rift")
    assert measure.of(np.array([index, index + 1, np.nan])) == pytest.approx([1, 0, np.nan], nan_ok=True)
    with pytest.raises(InputError, match="summit_result: choose one of"):
        measure_named("summit_result", base)


START, END = date(2026, 1, 12), date(2026, 7, 11)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("truce_broken_on < 2026-01-20", [True, False, False]),
        ("truce_broken_on >= 2026-01-20", [False, True, False]),
        ("truce_broken_on >= 2026-01-20 or never", [False, True, True]),
        ("truce_broken_on > 2026-01-20 or never and killed_sdf > 6", [False, False, True]),
        ("truce_broken_on == never", [False, False, True]),
        ("truce_broken_on != never", [True, True, False]),
        ("killed_sdf > 5", [False, True, True]),
        ("killed_sdf > 5 and truce_broken_on != never", [False, True, False]),
        ("truce_extended == yes", [True, False, False]),
        ("truce_extended != yes", [False, True, False]),
        ("truce_extended = no", [False, True, False]),
        ("truce_extended == true", [True, False, False]),
        ("truce_extended != false", [True, False, False]),
        ("truce_broken_on <= 2026-01-15", [True, False, False]),
        ("truce_broken_on > 2026-01-15", [False, True, False]),
        ("truce_broken_on = 2026-01-20", [False, True, False]),
        ("truce_broken_on != 2026-01-20", [True, False, False]),
        ("killed_sdf >= 6", [False, True, True]),
        ("killed_sdf<=6", [True, True, False]),
        ("killed_sdf < 1e1", [True, True, True]),
        ("killed_sdf == 6.0", [False, True, False]),
        ("killed_sdf != 6", [True, False, True]),
        ('deal_terms == "units"', [False, True, False]),
        ("deal_terms != units", [True, False, False]),
        ("deal_terms = individual and truce_extended = yes and killed_sdf < 2", [True, False, False]),
        ("killed_sdf < 5 or killed_sdf > 6", [True, False, True]),
        ("truce_extended == yes or truce_broken_on == never", [True, False, True]),
        ("not (truce_broken_on < 2026-01-20)", [False, True, True]),
        ("truce_broken_on < '2026-01-20' and 'killed_sdf' < '2'", [True, False, False]),
        ("killed_sdf / 2 >= 3 and truce_broken_on + 2 > 2026-01-18", [False, True, False]),
    ],
)
def test_a_condition_selects_runs(text: str, holds: list[bool]) -> None:
    runs = {
        "truce_broken_on": np.array([3.0, 8.0, np.nan]),
        "killed_sdf": np.array([1.0, 6.0, 7.0]),
        "truce_extended": np.array([1.0, 0.0, np.nan]),
        "deal_terms": np.array([0.0, 1.0, np.nan]),
    }
    assert read_condition(text, START, END).holds(runs).tolist() == holds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "truce_brokn_on < 2026-03-01",
            "--where: column 1: truce_brokn_on is not a series or outcome; did you mean truce_broken_on?",
        ),
        ("truce_broken_on < March", "--where: column 19: March is not a series or outcome"),
        ("killed_sdf < many", "--where: column 14: many is not a series or outcome"),
        ("killed_sdf > 2026-03-01", "--where: column 12: killed_sdf is a number and 2026-03-01 is a date"),
        ("deal_terms == unit", "--where: column 15: unit is not a category of deal_terms; did you mean units?"),
        ("deal_terms > units", "--where: column 12: > goes with numbers and dates; deal_terms is a category: use == or !="),
        ("truce_extended < yes", "--where: column 16: < goes with numbers and dates; truce_extended is yes or no"),
        ("killed_sdf < nan", "--where: column 14: nan is not a series or outcome"),
        ("truce_broken_on < 2026-02-30", "--where: column 19: 2026-02-30 is not a date"),
        ("", "--where: is empty; write an expression"),
        ("truce_broken_on", "--where: column 1: truce_broken_on is a date, not a condition; compare it, as in"),
        ("truce_broken_on > 2099-01-01", "--where: column 19: 2099-01-01 is after the last day; the days"),
        ("truce_broken_on > 1999-01-01", "--where: column 19: 1999-01-01 is not after 2026-01-11"),
        ("killed_sdf > 3 or never", "--where: column 19: or never goes with the comparison of a date with another"),
        ("truce_broken_on < never", "--where: column 17: never goes with == and !="),
        ("truce@2026-12-01 == yes", "--where: column 1: 2026-12-01 is after the last day; the days"),
        ("days(truce, 2026-01-11, 2026-02-01) > 3", "--where: column 1: 2026-01-11 is not after 2026-01-11"),
        ("3 > 2", "--where: column 1: names no outcome, as in truce_broken_on < 2026-03-01"),
    ],
)
def test_a_fault_of_a_condition_is_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        read_condition(text, START, END)
    assert str(told.value).startswith(said) and "\n" not in str(told.value)


def test_a_condition_narrows_the_runs_of_a_sweep(tmp_path: Path) -> None:
    results = made_up(tmp_path / "s", lambda x, luck: x[RISE] + luck, killed_damascus=np.arange(8.0))
    found = sensitivity(results.folder, "killed_damascus", where="killed_damascus < 4")
    assert found.runs == found.points * 4
    with pytest.raises(InputError, match="--where: truce is a daily series, which is not kept of every run: define"):
        sensitivity(results.folder, "killed_damascus", where="days(truce) > 3")
    with pytest.raises(InputError, match=r"has no value in any run of .* where"):
        sensitivity(results.folder, "killed_damascus", where="killed_damascus > 40")
