"""The page of a sensitivity: one well-formed file that says what the sweep says, complete or not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from made_up_sweep import BREAKDOWN, POLICY, RISE, made_up
from report_page import Page, sound

from sim.analysis.sensitivity.sensitivity import Sensitivity, sensitivity
from sim.cli import commands
from sim.experiments.store.folders import write_json
from sim.pages.charts import Row
from sim.pages.sensitivity.charts import Part, parts_bar, ranking
from sim.pages.sensitivity.page import write_sensitivity


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sensitivity:
    folder = tmp_path_factory.mktemp("sensitivity") / "sweep"
    made_up(folder, lambda x, luck: 4 * x[RISE] - 2 * x[BREAKDOWN] + x[POLICY] + luck, points=64)
    return sensitivity(folder, "killed_sdf")


def written(made: Sensitivity, folder: Path) -> Page:
    write_sensitivity(folder / "page.html", made)
    return Page((folder / "page.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(made: Sensitivity, tmp_path_factory: pytest.TempPathFactory) -> Page:
    return written(made, tmp_path_factory.mktemp("page"))


def test_it_is_one_sound_file_with_all_that_it_promises(page: Page) -> None:
    sound(page)
    for heading in (
        "Values and chance",
        "Effect of each value",
        "Outcome by value",
        "Outcome by two values",
        "Variance by evidence",
    ):
        assert heading in page.text
    assert "INCOMPLETE" not in page.text


def test_every_value_and_every_grade_is_there(page: Page, made: Sensitivity) -> None:
    rows = {row[0]: row[1:] for row in page.rows}
    for driver in made.drivers:
        assert rows[driver.path][3] == ("-" if driver.rank_correlation is None else f"{driver.rank_correlation:+.2f}")
    assert rows["assumed"][0] == "1" and rows["confidence medium"][0] == "1" and rows["levers: what is chosen"][0] == "1"
    assumed = next(grade for grade in made.grades if grade.grade == "assumed")
    assert rows["assumed"][1] == f"{100 * assumed.share:.0f}%"
    assert f"Values that are only assumed explain {100 * assumed.share:.0f}% of all variance" in page.text


def test_the_heat_map_is_of_the_two_largest_unless_others_are_asked_for(
    page: Page, made: Sensitivity, tmp_path: Path
) -> None:
    first, second = (driver.path for driver in made.drivers[:2])
    assert f"Mean by {first} and {second}" in page.text
    write_sensitivity(tmp_path / "page.html", made, made.heat(POLICY, RISE))
    asked = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert f"Mean by {POLICY} and {RISE}" in asked.text
    assert asked.source.count('class="heat p') == 2 * len(made.heat(POLICY, RISE).names[1])
    assert "each pair of bins; 12 to 13 points per field" in asked.text
    even = replace(made.heat(POLICY, RISE), points=np.full((2, 5), 8))
    write_sensitivity(tmp_path / "even.html", made, even)
    assert "each pair of bins; 8 points per field" in Page((tmp_path / "even.html").read_text(encoding="utf-8")).text


def test_every_word_of_the_ranking_lies_inside_its_picture() -> None:
    drawn = ranking("r", "Shares", [Row("one", 0.5, 0.4, 0.6, "50%", True)], 0.01)
    height = float(drawn.get("viewBox", "").split()[3])
    depth_of_letters = 4.0
    assert all(float(word.get("y", "")) + depth_of_letters <= height for word in drawn.iter("text"))


def test_an_unfinished_sweep_is_marked_at_the_top(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    made_up(folder, lambda x, luck: x[RISE] + luck, points=64)
    write_json(folder / "asked.json", {"runs": 9})
    page = written(sensitivity(folder, "killed_sdf"), tmp_path)
    assert re.search(r'<p class="caution loud">INCOMPLETE: the sweep is not finished', page.source)
    done = CliRunner().invoke(commands, ["sensitivity", str(folder), "--outcome", "killed_sdf"])
    assert done.exit_code == 0 and "INCOMPLETE: the sweep is not finished" in done.stdout


@pytest.mark.parametrize("constant", [0.0, 7.0])
def test_an_outcome_that_never_varies_has_a_page_that_says_so(constant: float, tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    made_up(folder, lambda x, luck: constant + 0 * luck, points=32)
    page = written(sensitivity(folder, "killed_sdf"), tmp_path)
    sound(page)
    assert "The outcome is the same in every run." in page.text


def test_the_mean_by_a_value_is_by_hand_what_the_points_have(made: Sensitivity) -> None:
    found = made.response(RISE)
    assert len(found.column) == len(found.means) == made.points
    low = found.column <= np.quantile(found.column, 1 / len(found.centres))
    assert found.bin_means[0] == pytest.approx(found.means[low].mean(), rel=0.05)
    assert (np.diff(found.centres) > 0).all() and (np.diff(found.bin_means) > 0).all()


def test_a_part_that_sampling_made_negative_is_not_drawn() -> None:
    bar = parts_bar("bar", "Bar", [Part("a", -0.02, "a"), Part("b", 0.5, "b"), Part("c", 0.52, "c")])
    widths = {rect.get("class"): float(rect.get("width")) for rect in bar.iter("rect")}
    assert set(widths) == {"part b", "part c"}
    assert sum(widths.values()) == pytest.approx(758, abs=0.1)


def test_the_command_writes_page_and_table(made: Sensitivity, tmp_path: Path) -> None:
    files = tmp_path / "s.html", tmp_path / "s.csv"
    arguments = ["sensitivity", str(made.results.folder), "--outcome", "killed_sdf", "--over", POLICY, RISE]
    done = CliRunner().invoke(commands, [*arguments, "--html", str(files[0]), "--csv", str(files[1])])
    assert done.exit_code == 0
    assert f"mean by {POLICY} (rows)" in done.stdout
    assert files[0].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(files[1].read_text(encoding="utf-8").splitlines()) == 1 + len(made.drivers)
    assert sorted(tmp_path.iterdir()) == sorted(files)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--outcome", "killed_sd"], "killed_sd is not the name of an outcome; did you mean killed_sdf?"),
        (["--outcome", "deal_terms"], "deal_terms: choose one of"),
        (["--outcome", "killed_sdf", "--over", "moscow.polcy", RISE], "moscow.polcy does not vary in"),
        (["--outcome", "killed_sdf", "--where", "killed_sdf"], "column 1: killed_sdf is a number, not a condition"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments: list[str], said: str, made: Sensitivity) -> None:
    done = CliRunner().invoke(commands, ["sensitivity", str(made.results.folder), *arguments])
    assert done.exit_code == 2
    assert said in done.stderr and done.stderr.count("\n") == 1
