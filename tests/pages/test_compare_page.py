"""The page of a comparison: one well-formed file that says what the differences say; survival with what was censored."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from report_page import Page, sound

from sim.analysis.compare.compare import Comparison, compare
from sim.analysis.compare.durations import DURATIONS, Survival, of_sample, survival
from sim.cli import commands
from sim.pages.charts import ticks
from sim.pages.compare import wording as words
from sim.pages.compare.charts import EFFECT_TICKS, bin_edges, differences_by_day, waiting_in_words
from sim.pages.compare.page import write_comparison
from sim.record.outcomes import DATE, OUTCOMES
from sim.registry import load_scenario
from tests.sweeps import job_of, run_ensemble

RUNS, DAYS = 16, 30


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = []
    for name in ("baseline", "no-defection", "moscow-stays"):
        folder = tmp_path_factory.mktemp("pages") / name
        run_ensemble(load_scenario(name, [f"days={DAYS}", f"runs={RUNS}"]), RUNS, 1, folder)
        made.append(folder)
    return made


@pytest.fixture(scope="module")
def comparison(folders: list[Path]) -> Comparison:
    return compare(*folders[:2])


def written(made: Comparison, folder: Path) -> Page:
    write_comparison(folder / "page.html", made)
    return Page((folder / "page.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Page:
    return written(comparison, tmp_path_factory.mktemp("page"))


def test_it_is_one_sound_file(page: Page) -> None:
    sound(page)
    for heading in (
        "In short",
        "How large the differences are",
        "Dates",
        "Durations",
        "Where the ground",
    ):
        assert heading in page.text


def test_every_difference_is_there_as_it_was_computed(page: Page, comparison: Comparison) -> None:
    rows = [row for row in page.rows if len(row) == 8]
    for made in comparison.differences:
        found = next(row for row in rows if row[0].startswith(words.label(made) + made.outcome.definition))
        if made.diff is None:
            assert set(found[1:]) == {"-"}
        else:
            assert (found[3], found[4], found[5], found[6]) == (
                words.size(made),
                words.interval(made),
                words.pairs(made),
                words.effect(made),
            )


def test_dates_that_are_the_same_in_every_pair_have_no_picture(page: Page, comparison: Comparison) -> None:
    dated = [made for made in comparison.differences if made.outcome.type == DATE]
    drawn = {made.outcome.name for made in dated if f'id="coming-0-{made.outcome.name}-title"' in page.source}
    assert drawn == {made.outcome.name for made in dated if made.differ}
    assert drawn


def test_each_other_side_has_its_sections_and_the_maps_their_hatches_once(folders: list[Path], tmp_path: Path) -> None:
    page = written(compare(*folders), tmp_path)
    sound(page)
    assert page.source.count('id="map-ground"') == 1
    for name in ("no-defection", "moscow-stays"):
        assert f"In short: {name}" in page.text


def test_a_comparison_of_an_ensemble_with_itself_has_nothing_to_draw(folders: list[Path], tmp_path: Path) -> None:
    page = written(compare(folders[0], folders[0]), tmp_path)
    sound(page)
    assert "0 differ beyond chance" in page.text
    assert 'role="img"' not in page.source or "Dates" not in page.text


def test_what_stands_in_the_way_stands_at_the_top(folders: list[Path], tmp_path: Path) -> None:
    made = compare(*folders[:2], where="collapse_day < 2026-02-01")
    page = written(made, tmp_path)
    sound(page)
    header = page.source[: page.source.index("<nav")]
    assert "meets collapse_day &lt; 2026-02-01" in header
    assert "Where the ground differs" not in page.text, "maps are of all runs"
    few = tmp_path / "few"
    for runs in (8, RUNS):
        run_ensemble(load_scenario("no-defection", [f"days={DAYS}", f"runs={RUNS}"]), runs, 1, few)
    (few / "outcomes" / job_of(8, 8).part).unlink()
    loud = written(compare(folders[0], few), tmp_path).source
    assert re.search(r'<p class="caution loud">INCOMPLETE: no-defection has 8 of 16 runs</p>', loud)


def test_the_command_writes_the_page(folders: list[Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["compare", *map(str, folders[:2]), "--html", str(tmp_path / "c.html")])
    assert done.exit_code == 0
    assert (tmp_path / "c.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in tmp_path.iterdir()] == ["c.html"]


def test_a_page_into_a_folder_that_is_not_there_is_refused(folders: list[Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["compare", *map(str, folders[:2]), "--html", str(tmp_path / "no" / "c.html")])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1 and f"there is no folder {tmp_path / 'no'}" in done.stderr


# --- what the pictures are drawn from ---------------------------------------------------------------------------------


def test_the_difference_by_day_by_hand() -> None:
    a, b = np.array([1.0, 1.0, 3.0, np.nan]), np.array([2.0, np.nan, 3.0, np.nan])
    diff, low, high = differences_by_day(a, b, np.column_stack([np.zeros(4, int), np.arange(4)]), 3)
    assert diff.tolist() == [0.0, -0.5, -0.25, -0.25]
    assert (low <= diff).all() and (diff <= high).all()


def test_survival_is_kaplans_and_meiers() -> None:
    """Waits of 1, 3 and 4 days ended, of 2 and 5 not: 4/5, then two of three, then one of two."""
    made = of_sample(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([True, False, True, True, False]))
    assert made.days.tolist() == [1, 2, 3, 4, 5]
    assert made.share == pytest.approx([4 / 5, 4 / 5, 8 / 15, 4 / 15, 4 / 15])
    assert made.median == 4
    assert (made.low <= made.share).all() and (made.share <= made.high).all()


def test_a_wait_that_had_not_ended_counts_as_long_as_it_was_watched() -> None:
    nan = np.nan
    outcomes = {"truce_agreed_on": np.array([5.0, 5.0, nan, 28.0]), "fighting_resumed_on": np.array([9.0, nan, nan, 40.0])}
    made = survival(DURATIONS[0], outcomes, 30)
    assert (made.n, made.ended) == (3, 1)
    assert dict(zip(made.days.tolist(), made.share.tolist(), strict=True)) == pytest.approx({2: 1.0, 4: 0.5, 25: 0.5})
    assert survival(DURATIONS[0], outcomes, 4) is None


def test_durations_are_between_dated_outcomes() -> None:
    dated = {outcome.name for outcome in OUTCOMES if outcome.type == DATE}
    assert {name for each in DURATIONS for name in (each.first, each.second)} <= dated


def test_every_value_is_in_a_bin_and_whole_numbers_are_not_split() -> None:
    samples = np.arange(7.0), np.array([2.0, 2.0]), np.array([0.1, 0.7, 0.7]), np.array([-0.46, -0.46]), np.arange(1000.0)
    for values in samples:
        edges = bin_edges(values)
        assert np.histogram(values, edges)[0].sum() == len(values)
        assert len(edges) <= 26
    assert bin_edges(np.arange(7.0)).tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]


@pytest.mark.parametrize(("first", "last"), [(0.0, 1.0), (-0.5, 2.5), (-7.5, 0.1), (0.04, 0.27), (0.0, 12345.0)])
def test_ticks_are_few_round_and_within(first: float, last: float) -> None:
    made = ticks(first, last)
    assert 2 <= len(made) <= 7
    assert first <= made[0] and made[-1] <= last


def test_the_scale_of_effects_has_zero_and_rises() -> None:
    assert EFFECT_TICKS[0] == 0 and list(EFFECT_TICKS) == sorted(EFFECT_TICKS)


def test_a_number_of_runs_does_not_look_like_a_year() -> None:
    curve = np.array([0.0, 9.0]), np.array([1.0, 0.4])
    said = waiting_in_words(Survival(*curve, curve[1], curve[1], n=2016, ended=1200))
    assert said == "median 9 days; the first event came in 2,016 runs, then the second in 1,200"
