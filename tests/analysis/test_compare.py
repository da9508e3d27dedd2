"""Comparison: hand-computed differences, pairs that are pairs, and what stands in the way said aloud."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

import sim
from sim.analysis.compare.compare import Comparison, compare
from sim.analysis.compare.differences import Difference, differences, largest_gap
from sim.analysis.compare.paired_median import paired_median
from sim.analysis.compare.paired_shares import paired_shares
from sim.analysis.compare.pairs import _matched, condition_on
from sim.analysis.compare.sides import Side
from sim.analysis.where import read_condition
from sim.cli import commands
from sim.ground.errors import InputError
from sim.record.outcomes import OUTCOMES
from sim.record.statistics import FEW_RUNS, wilson
from sim.registry import load_scenario
from tests.sweeps import run_ensemble

RUNS = 12
START, END = date(2026, 1, 12), date(2026, 2, 11)
BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}


def side(name: str = "a", start: date = START, end: date = END, seed: int = 1, **outcomes: list[float]) -> Side:
    """Return a side with the given values of outcomes, the others 0."""
    runs = len(next(iter(outcomes.values())))
    values = {outcome.name: np.zeros(runs) for outcome in OUTCOMES}
    values |= {given: np.array(of, float) for given, of in outcomes.items()}
    key = np.column_stack([np.zeros(runs, int), np.arange(runs)])
    return Side(name, name, seed, START, start, end, "code", key, values)


def ensemble_keys(n: int) -> np.ndarray:
    """Return the keys of the pairs of an ensemble."""
    return np.column_stack([np.zeros(n, int), np.arange(n)])


def one(a: Side, b: Side, outcome: str, category: str | None = None) -> Difference:
    """Return the one difference of an outcome."""
    found = differences(_matched([a, b]), (BY_NAME[outcome],))
    return next(each for each in found if each.category == category)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_difference_of_numbers_by_hand() -> None:
    made = one(side(killed_sdf=[1, 2, 3, 4]), side("b", killed_sdf=[2, 4, 4, 4]), "killed_sdf")
    assert (made.a, made.b, made.diff, made.n, made.differ) == (2.5, 3.5, 1.0, 4, 3)  # the median of 1, 2, 1
    assert made.ci is None, "of three signs none is rare enough for an interval of 95%"
    assert made.effect == pytest.approx(0.75 / np.sqrt((1.25 + 0.75) / 2))
    assert (made.share_greater, made.share_less) == (0.75, 0.0)
    assert made.moved == pytest.approx(1.0)
    assert made.gap == pytest.approx(0.5)  # at or below 3: 3/4 against 1/4
    assert made.p == pytest.approx(0.25)  # three of three go up: 2 / 2^3


def test_the_sign_test_and_its_interval_by_hand_and_as_in_scipy() -> None:
    """Of ten differences the second from either end: at most one sign of ten is as rare as 2 (1 + 10) / 2^10."""
    ten = np.array([-3.0, 0.5, 1, 2, 3, 4, 5, 6, 7, 9])
    made = paired_median(np.append(ten, [0.0, 0.0]), ensemble_keys(12))
    assert (made.diff, made.ci, made.differ) == (3.5, (0.5, 7.0), 10)
    assert (made.up, made.down, made.p) == (pytest.approx(9 / 12), pytest.approx(1 / 12), pytest.approx(22 / 1024))
    assert paired_median(np.zeros(5), ensemble_keys(5)).p == 1.0
    random = np.random.default_rng(0)
    for n in (5, 6, 14, 40, 81):
        diff = random.standard_normal(n) + 0.3
        found = paired_median(diff, ensemble_keys(n))
        assert found.p == pytest.approx(stats.binomtest(int((diff > 0).sum()), n).pvalue)
        assert found.diff == np.median(diff) or int((diff > 0).sum()) * 2 == n
    assert found.ci == pytest.approx(tuple(stats.quantile_test(diff).confidence_interval(0.95)))


def test_as_many_up_as_down_is_no_difference() -> None:
    assert paired_median(np.array([-9.0, -8.0, 1.0, 2.0]), ensemble_keys(4)).diff == 0.0


def test_the_largest_gap_is_kolmogorovs() -> None:
    assert largest_gap(np.array([1.0, 2.0, 2.0, 9.0]), np.array([2.0, 3.0, 4.0, 5.0])) == 0.5


def shares_of(both: int, only_b: int, only_a: int, neither: int) -> tuple[float, float]:
    """Return the interval of the difference of two paired shares with the given numbers of pairs."""
    counts = [both, only_b, only_a, neither]
    return paired_shares(np.repeat([True, False, True, False], counts), np.repeat([True, True, False, False], counts))


def test_the_interval_of_paired_shares_at_its_ends_and_in_the_middle() -> None:
    """Where pairs are uncorrelated, Newcombe's method 10 squares and adds the ends of two Wilson intervals."""
    z2 = 1.959963985**2
    wide = z2 / (54 + z2)  # of Wilson's interval of 54 of 54
    assert shares_of(54, 0, 0, 0) == pytest.approx((-wide, wide))
    assert shares_of(0, 54, 0, 0) == pytest.approx((1 - wide * np.sqrt(2), 1.0))
    (low_b, high_b), (low_a, high_a) = wilson(30, 50)[1], wilson(20, 50)[1]
    assert shares_of(12, 18, 8, 12) == pytest.approx(
        (0.2 - np.hypot(0.6 - low_b, high_a - 0.4), 0.2 + np.hypot(high_b - 0.6, 0.4 - low_a))
    )


def test_the_interval_of_paired_shares_turns_with_the_sides_and_narrows_with_their_correlation() -> None:
    low, high = shares_of(36, 12, 2, 10)
    assert shares_of(36, 2, 12, 10) == pytest.approx((-high, -low))
    apart_low, apart_high = shares_of(28, 20, 10, 2)  # the same shares, 48 and 38 of 60, with less in common
    assert high - low < apart_high - apart_low


def test_a_date_that_did_not_come_is_later_by_at_least_what_was_left() -> None:
    nan = np.nan
    made = one(side(truce_agreed_on=[2, 8, nan, nan]), side("b", truce_agreed_on=[4, nan, nan, 20]), "truce_agreed_on")
    assert (made.share_greater, made.share_less, made.differ) == (0.5, 0.25, 3)
    assert (made.diff, made.at_least) == (2.0, False)  # of +2, at least +23, at least -11
    assert (made.a, made.b) == (8, 20)
    assert made.censored == (2, 2)
    assert [(row.a, row.b) for row in made.by] == [(0.5, 0.25), (0.5, 0.25), (0.5, 0.5)]
    assert [str(row.date) for row in made.by] == ["2026-01-20", "2026-01-28", "2026-02-11"]
    never = one(side(truce_agreed_on=[2, 8, 30]), side("b", truce_agreed_on=[nan] * 3), "truce_agreed_on")
    assert (never.diff, never.at_least, never.share_greater, never.b) == (23, True, 1.0, None)


def test_dates_of_scenarios_with_different_starts_are_compared_as_dates() -> None:
    a, b = side(truce_agreed_on=[10.0, 12.0]), side("b", date(2026, 1, 20), truce_agreed_on=[2.0, 2.0])
    paired = _matched([a, b])
    made = differences(paired, (BY_NAME["truce_agreed_on"],))[0]
    assert (made.a, made.b, made.diff) == (10.0, 10.0, -2.0)
    assert any("start on different days" in note for note in paired.notes)


def test_a_side_that_ends_earlier_sets_the_horizon() -> None:
    a, b = side(truce_agreed_on=[10.0, 25.0]), side("b", end=date(2026, 2, 1), truce_agreed_on=[10.0, np.nan])
    paired = _matched([a, b])
    made = differences(paired, (BY_NAME["truce_agreed_on"],))[0]
    assert (made.diff, made.censored) == (0.0, (1, 1))
    assert any("dates after 2026-02-01 count as not come" in note for note in paired.notes)


def test_sides_without_a_day_in_common_are_refused() -> None:
    earlier = side("b", date(2025, 7, 1), date(2025, 12, 1), killed_sdf=[1.0])
    with pytest.raises(InputError, match=r"no day in common.*: a 2026-01-12 to 2026-02-11, b 2025-07-01 to 2025-12-01"):
        _matched([side(killed_sdf=[1.0]), earlier])


def test_an_outcome_whose_question_arises_on_one_side_only_has_no_difference() -> None:
    made = one(side(truce_extended=[np.nan] * 3), side("b", truce_extended=[1, 0, 1]), "truce_extended")
    assert (made.n, made.diff, made.ci, made.arises) == (0, None, None, (0, 3))


def test_pairs_in_which_the_question_arises_on_both_sides_are_compared() -> None:
    made = one(side(truce_extended=[np.nan, 0, 0, 1]), side("b", truce_extended=[1, 1, np.nan, 1]), "truce_extended")
    assert (made.n, made.a, made.b, made.arises) == (2, 0.5, 1.0, (3, 3))


def test_a_category_is_compared_share_by_share() -> None:
    a, b = side(summit_result=[0, 0, 1, 2]), side("b", summit_result=[0, 1, 1, 1])
    shares = {each.category: (each.a, each.b) for each in differences(_matched([a, b]), (BY_NAME["summit_result"],))}
    assert shares == dict(zip(BY_NAME["summit_result"].categories, [(0.5, 0.25), (0.25, 0.75), (0.25, 0.0)], strict=True))


def test_one_pair_has_no_interval() -> None:
    made = one(side(killed_sdf=[1.0]), side("b", killed_sdf=[3.0]), "killed_sdf")
    assert (made.diff, made.ci, made.p) == (2.0, None, 1.0)


def test_a_share_that_no_pair_moves_has_an_interval_all_the_same() -> None:
    made = one(side(truce_extended=[1.0] * 50), side("b", truce_extended=[1.0] * 50), "truce_extended")
    assert made.diff == 0
    assert made.ci[0] < -0.05 and made.ci[1] > 0.05


# --- pairs ------------------------------------------------------------------------------------------------------------


def test_sides_that_do_not_share_their_luck_are_refused() -> None:
    with pytest.raises(InputError, match=r"a and b have different random numbers \(seeds 1 and 2\).*same --seed"):
        _matched([side(killed_sdf=[1.0]), side("b", seed=2, killed_sdf=[1.0])])
    with pytest.raises(InputError, match=r"epochs 2026-01-12 and 2025-07-01"):
        _matched([side(killed_sdf=[1.0]), replace(side("b", killed_sdf=[1.0]), epoch=date(2025, 7, 1))])


def test_runs_are_matched_by_number_and_a_missing_one_is_said() -> None:
    a, b = side(killed_sdf=[0.0, 1.0, 2.0, 3.0]), side("b", killed_sdf=[13.0, 11.0, 10.0])
    b = replace(b, key=np.array([[0, 3], [0, 1], [0, 0]]))
    paired = _matched([a, b])
    assert paired.base.outcomes["killed_sdf"].tolist() == [0.0, 1.0, 3.0]
    assert paired.others[0].outcomes["killed_sdf"].tolist() == [10.0, 11.0, 13.0]
    assert paired.notes == ("INCOMPLETE: 3 pairs of runs are compared; there are a 4, b 3",)


def test_sides_made_by_different_code_are_marked() -> None:
    paired = _matched([side(killed_sdf=[1.0]), replace(side("b", killed_sdf=[1.0]), code="other")])
    assert paired.notes == ("the sides were computed by different versions of the code, which may explain differences",)


def test_a_condition_selects_pairs_by_the_run_of_the_first() -> None:
    a = side(truce_broken_on=[3, np.nan, 20], killed_sdf=[1, 2, 3])
    b = side("b", truce_broken_on=[np.nan] * 3, killed_sdf=[11, 12, 13])
    kept = condition_on(_matched([a, b]), read_condition("truce_broken_on < 2026-01-20", START, END))
    assert kept.others[0].outcomes["killed_sdf"].tolist() == [11.0]
    assert "only the 1 of 3 pairs whose run of a meets truce_broken_on < 2026-01-20" in kept.notes
    with pytest.raises(InputError, match="no run of a meets"):
        condition_on(_matched([a, b]), read_condition("killed_sdf > 99", START, END))


def test_several_sides_are_compared_with_the_first_and_adjusted_together() -> None:
    a, b, c = (side(name, killed_sdf=values) for name, values in zip("abc", [[0] * 8, range(8), [1] * 8], strict=True))
    made = Comparison(_matched([a, b, c]), (BY_NAME["killed_sdf"],)).differences
    assert [(each.scenario, each.base, each.diff) for each in made] == [("b", "a", 4.0), ("c", "a", 1.0)]
    p_c, p_b = sorted(each.p for each in made)
    assert sorted(each.q for each in made) == pytest.approx([min(2 * p_c, p_b), p_b])  # Benjamini and Hochberg 1995


# --- from folders, and from the command line --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two small ensembles of what differs in Moscow's policy, under the same luck."""
    made = []
    for name in ("baseline", "moscow-stays"):
        folder = tmp_path_factory.mktemp("compare") / name
        scenario = load_scenario(name, ["days=30", f"runs={RUNS}"])
        run_ensemble(scenario, RUNS, 1, folder)
        made.append(folder)
    return made[0], made[1]


def test_a_comparison_from_python_has_a_row_per_difference(folders: tuple[Path, Path]) -> None:
    frame = sim.compare(*folders, outcomes=["tonnes_by_air", "summit_result"]).frame()
    row = frame[frame["name"] == "tonnes_by_air"].iloc[0]
    assert row["a"] > 0 == row["b"] and row["share_less"] == 1
    assert row["ci_low"] <= row["diff"] <= row["ci_high"] < 0
    assert len(frame) == 1 + len(BY_NAME["summit_result"].categories)


def test_an_ensemble_does_not_differ_from_its_copy(folders: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(folders[0], tmp_path / "copy")
    for made in compare(folders[0], tmp_path / "copy").differences:
        assert made.differ == 0 and made.q == 1.0
        assert made.diff in (0.0, None)


def test_few_pairs_are_said_to_be_few(folders: tuple[Path, Path]) -> None:
    assert compare(*folders).notes == (f"{RUNS} pairs are few: intervals are wide and shares rough",)
    many = side(killed_sdf=list(range(FEW_RUNS)))
    assert Comparison(_matched([many, replace(many, name="b")]), (BY_NAME["killed_sdf"],)).notes == ()


def test_the_command_prints_one_object(folders: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "differences.csv"
    done = CliRunner().invoke(commands, ["compare", *map(str, folders), "--json", "--csv", str(file)])
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    assert (made["schema"], made["paired"], made["n"]) == (1, True, RUNS)
    keys = {
        "name",
        "scenario",
        "base",
        "a",
        "b",
        "diff",
        "ci",
        "level",
        "effect",
        "share_greater",
        "share_less",
        "n",
        "censored",
        "method",
    }
    assert all(keys <= set(outcome) for outcome in made["outcomes"])
    assert {outcome["name"] for outcome in made["outcomes"]} == set(BY_NAME)
    with file.open(encoding="utf-8") as lines:
        assert len(list(csv.DictReader(lines))) == len(made["outcomes"])


def test_the_command_names_what_differs_and_what_does_not(folders: tuple[Path, Path]) -> None:
    done = CliRunner().invoke(commands, ["compare", *map(str, folders)])
    assert done.exit_code == 0
    assert "moscow-stays (B) against baseline (A)" in done.stdout
    shown, _, same = done.stdout.partition("equal in every pair: ")
    assert "Equipment first left" in shown and "SDF's ground first halved" in " ".join(same.split())
    assert f"{RUNS} pairs of simulated runs" in done.stdout


def test_the_probability_of_a_date_is_shown_by_date(folders: tuple[Path, Path]) -> None:
    done = CliRunner().invoke(commands, ["compare", *map(str, folders), "--outcome", "withdrawal_started_on"])
    assert done.exit_code == 0
    assert "Equipment first left Qamishli by" in done.stdout and "2026-02-11" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{a}"], "a comparison needs two sides"),
        (["{a}", "nowhere/at-all"], "nowhere/at-all: no such results folder"),
        (["{a}", "moscow-stay"], "is neither a results folder nor a shipped scenario; did you mean moscow-stays?"),
        (
            ["{a}", "{b}", "--outcome", "collapse_da"],
            "collapse_da is not the name of an outcome; did you mean collapse_day?",
        ),
        (["{a}", "{b}", "--where", "collapse_day < soon"], "--where: column 16: soon is not a series or outcome"),
        (["{a}", "{b}", "--by", "moscow.policy"], "--by goes with the folder of one sweep"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments: list[str], said: str, folders: tuple[Path, Path]) -> None:
    names = {"a": str(folders[0]), "b": str(folders[1])}
    done = CliRunner().invoke(commands, ["compare", *(argument.format(**names) for argument in arguments)])
    assert done.exit_code == 2
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_a_scenario_that_has_not_been_run_says_how_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="baseline has not been run; pullback run baseline writes its results to"):
        compare("baseline", "moscow-stays")
    (tmp_path / "results" / "baseline-01234567").mkdir(parents=True)
    with pytest.raises(InputError, match="other results are in results/baseline-01234567: name the folder"):
        compare("baseline", "moscow-stays")


def test_a_scenario_of_ones_own_is_compared_by_its_folder(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text('base = "baseline"\n')
    with pytest.raises(InputError, match="is a scenario file; name the results folder that pullback run"):
        compare(folders[0], "./mine.toml")
    (tmp_path / "results" / "mine-01234567").mkdir(parents=True)
    with pytest.raises(InputError, match="; its results are in results/mine-01234567: name the folder"):
        compare(folders[0], "mine")
