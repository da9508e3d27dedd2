"""The Compare page: folders on offer, what is asked of them, what the page shows, and what it says when it cannot."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from dashboards.compare import question as ask
from dashboards.compare.question import Question
from dashboards.compare.shelf import FOLDERS, MOST_RUNS, ROOT, Shelved, named, shelf
from sim.experiments.play.run import sweep
from sim.ground.errors import InputError
from sim.registry import load_scenario
from tests.sweeps import run_ensemble

RUNS = 6
SWEEP = """
format = 1
name = "small"
base = "baseline"
question = "Does a longer truce help?"
[design]
method = "sobol"
points = 16
seed = 1
[levers]
"moscow.policy" = { values = ["documented", "stay"] }
[uncertainties]
"truce.breakdown_per_day" = {}
[replicates]
n = 2
[output]
series = "none"
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with two ensembles, one of another seed, a sweep, and folders that hold none."""
    root = tmp_path_factory.mktemp("results")
    for name, sets in (("baseline", ()), ("moscow-stays", ()), ("unpaired", ("seed=5",))):
        scenario = load_scenario("baseline" if name == "unpaired" else name, ["days=20", *sets])
        run_ensemble(scenario, RUNS, 1, root / name)
    (root.parent / "small.toml").write_text(SWEEP)
    sweep(root.parent / "small.toml", workers=1, out=root / "small")
    (root / "empty").mkdir()
    (root / "broken").mkdir()
    (root / "broken" / "manifest.json").write_text("{")
    half = root / "half"
    half.mkdir()
    (half / "manifest.json").write_text(json.dumps({"schema": 1, "scenario": "<b>x</b>"}))
    return root


@pytest.fixture
def on_offer(root: Path) -> tuple[Shelved, ...]:
    return shelf({ROOT: str(root)})


def test_the_folders_of_the_root_are_on_offer_the_baseline_first(on_offer: tuple[Shelved, ...]) -> None:
    assert on_offer[0].name == "baseline"
    assert {each.name for each in on_offer} == {"baseline", "moscow-stays", "unpaired", "small", "broken", "half"}
    assert {each.name for each in on_offer if each.trouble} == {"broken", "half"}
    small = next(each for each in on_offer if each.is_sweep)
    assert small.levers == ("moscow.policy",) and "truce.breakdown_per_day" in small.varied
    assert f"({RUNS} runs)" in on_offer[0].caption


def test_folders_of_the_command_line_come_first_and_keep_apart(root: Path, tmp_path: Path) -> None:
    twin = tmp_path / "moscow-stays"
    shutil.copytree(root / "moscow-stays", twin)
    folders = os.pathsep.join(map(str, (root / "moscow-stays", twin)))
    names = [each.name for each in shelf({ROOT: str(root), FOLDERS: folders})]
    assert names[:2] == [f"{root.name}/moscow-stays", f"{tmp_path.name}/moscow-stays"]
    assert names.count("moscow-stays") == 0


def test_a_root_that_is_not_there_offers_nothing(tmp_path: Path) -> None:
    assert shelf({ROOT: str(tmp_path / "nowhere")}) == ()


@pytest.mark.parametrize("name", ["../baseline", "/etc", "nowhere", "broken", "half"])
def test_only_what_is_on_offer_and_whole_is_opened(name: str, on_offer: tuple[Shelved, ...]) -> None:
    with pytest.raises(InputError) as told:
        named(name, on_offer)
    assert len(str(told.value).splitlines()) == 1


def test_a_folder_that_is_too_large_is_for_the_command_line(
    on_offer: tuple[Shelved, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.compare.shelf.MOST_RUNS", RUNS - 1)
    with pytest.raises(InputError, match="on the command line"):
        named("baseline", on_offer)
    assert MOST_RUNS > RUNS


def test_two_folders_are_compared_pair_by_pair(on_offer: tuple[Shelved, ...]) -> None:
    made = ask.answer(Question(a="baseline", b="moscow-stays"), on_offer)
    assert made is not None and made.title == "moscow-stays (B) against baseline (A)"
    rows = {row[0][0]: row for row in made.rows}
    assert all(len(row) == len(made.columns) for row in made.rows)
    assert rows["Equipment flown out of Qamishli"][3][1] < 0  # nothing leaves where Moscow stays
    table = list(csv.DictReader(io.StringIO(made.csv)))
    assert {row["name"] for row in table} >= {"tonnes_by_air"}
    assert made.html.startswith("<!DOCTYPE html>") and "<svg" in made.html and "<script" not in made.html
    assert made.command.startswith("pullback compare ")


def test_the_command_gives_the_same_in_a_shell(on_offer: tuple[Shelved, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(on_offer[0].path.parent)
    made = ask.answer(Question(a="baseline", b="moscow-stays", where="tonnes_by_road < 1e9"), on_offer)
    assert made is not None
    assert made.command == "pullback compare baseline moscow-stays --where 'tonnes_by_road < 1e9'"


def test_a_sweep_is_compared_by_a_lever_and_asked_what_an_outcome_rests_on(on_offer: tuple[Shelved, ...]) -> None:
    by = ask.answer(Question(a="small", by="moscow.policy"), on_offer)
    rests = ask.answer(Question(a="small", outcome="tonnes_by_air"), on_offer)
    assert by is not None and "stay" in by.title
    assert rests is not None and rests.rows[0][0][0] == "moscow.policy"
    assert rests.rows[-1][0][0] == "(value without effect)"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Question(a="baseline", b="unpaired"), "have different random numbers"),
        (Question(a="baseline", b="small"), "sweep"),
        (Question(a="baseline", b="moscow-stays", where="sdf_share <"), "column 12: the expression ends where"),
        (Question(a="small", outcome="nothing"), "nothing"),
    ],
)
def test_what_cannot_be_answered_is_one_line(asked: Question, said: str, on_offer: tuple[Shelved, ...]) -> None:
    with pytest.raises(InputError, match=said):
        ask.answer(asked, on_offer)


@pytest.mark.parametrize("asked", [Question(), Question(a="baseline")])
def test_a_question_that_is_not_complete_has_no_answer_yet(asked: Question, on_offer: tuple[Shelved, ...]) -> None:
    assert ask.answer(asked, on_offer) is None


def test_an_address_holds_the_question_and_nothing_else() -> None:
    asked = Question(a="baseline", b="moscow-stays", where="truce_broken_on < 2026-03-01")
    assert ask.read(f"?{ask.write(asked)}") == asked
    assert ask.read("a=x&evil=1&where=" + "y" * 999) == Question(a="x", where="y" * ask.LONGEST)
    assert ask.read(None) == Question()


def test_a_form_changes_known_parts_only() -> None:
    assert ask.asked(Question(), {"a": "x"}).a == "x"
    for wish in ({"path": "/etc"}, {"a": 3}, {3: "a"}):
        with pytest.raises(InputError):
            ask.asked(Question(), wish)


def test_what_does_not_fit_another_folder_is_taken_out(on_offer: tuple[Shelved, ...]) -> None:
    asked = Question(a="small", b="baseline", by="moscow.policy", across="truce.breakdown_per_day", down="nothing")
    fitted = ask.fitting(asked, on_offer)
    assert (fitted.b, fitted.by, fitted.across, fitted.down) == ("", "moscow.policy", "truce.breakdown_per_day", "")
    assert ask.fitting(Question(a="baseline", by="moscow.policy"), on_offer).by == ""


def test_an_answer_is_kept_until_a_folder_changes(on_offer: tuple[Shelved, ...]) -> None:
    asked = Question(a="baseline", b="moscow-stays")
    first = ask.remembered(asked, on_offer, ask.stamps(asked, on_offer))
    assert ask.remembered(asked, on_offer, ask.stamps(asked, on_offer)) is first
    os.utime(on_offer[0].path / "outcomes")
    assert ask.remembered(asked, on_offer, ask.stamps(asked, on_offer)) is not first


# --- without a browser ------------------------------------------------------------------------------------------------


def shown(query: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Draw the page at an address, wait for its answer, and return what its parts were given."""
    solara = pytest.importorskip("solara", reason="the [dashboard] extra is not installed")
    from dashboards.compare.page import ComparePage

    monkeypatch.setenv(ROOT, str(root))
    monkeypatch.setattr(solara, "use_router", lambda: solara.routing.Router(f"/compare?{query}", [], lambda path: None))
    box, context = solara.render(ComparePage(), handle_error=False)
    try:
        deadline = time.monotonic() + 60
        while any(getattr(widget, "busy", False) for widget in parts(box)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return {name: getattr(widget, name) for widget in parts(box) for name in widget.keys if name in SHOWN}
    finally:
        context.close()


SHOWN = ("busy", "trouble", "title", "rows")


def parts(widget: Any) -> list[Any]:
    below = [each for each in getattr(widget, "children", ()) if not isinstance(each, str)]
    return [widget, *(part for each in below for part in parts(each))]


def test_the_page_draws_the_answer_to_its_address(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = shown("a=baseline&b=moscow-stays", root, monkeypatch)
    assert (drawn["busy"], drawn["trouble"]) == (False, "")
    assert drawn["title"] == "moscow-stays (B) against baseline (A)" and len(drawn["rows"].value) > 50


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("a=baseline&b=unpaired", "have different random numbers"),
        ("a=broken", "broken"),
        ("a=../../etc", "there is no results folder"),
        ("a=%3Cscript%3E", "there is no results folder"),
    ],
)
def test_the_page_says_in_a_line_what_it_cannot_show(
    query: str, said: str, root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    drawn = shown(query, root, monkeypatch)
    assert said in drawn["trouble"] and "title" not in drawn
    assert "Traceback" not in "".join(capfd.readouterr())


def test_where_there_are_no_results_the_page_says_how_to_make_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pullback run baseline" in shown("", tmp_path, monkeypatch)["trouble"]


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compared(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Pages that offer the root; the address."""
    pytest.importorskip("solara", reason="the [dashboard] extra is not installed")
    from tests.browser import serving

    with serving(tmp_path_factory.mktemp("served"), "--results", str(root)) as address:
        yield address


def test_two_folders_are_compared_in_a_browser(browser: Any, compared: str, tmp_path: Path) -> None:
    from tests.browser import visiting

    with visiting(browser, compared) as open_page:
        page = open_page("/compare?a=baseline&b=moscow-stays")
        page.get_by_role("heading", name="moscow-stays (B) against baseline (A)").wait_for()
        page.get_by_label("Filter the rows").fill("flown out")
        page.locator("tbody tr").first.wait_for()
        assert page.locator("tbody tr").count() == 1
        page.get_by_label("Filter the rows").fill("")
        page.get_by_role("button", name="q", exact=True).click()
        assert page.locator('th[aria-sort="descending"]').count() == 1
        with page.expect_download() as coming:
            page.get_by_role("button", name="CSV").click()
        coming.value.save_as(tmp_path / "taken.csv")
        assert (tmp_path / "taken.csv").read_text().startswith("name,")
        pictures = page.frame_locator("iframe.cp-pictures")
        pictures.get_by_role("heading", name="How large the differences are").wait_for()
        page.get_by_label("B", exact=True).select_option("unpaired")
        page.get_by_text("have different random numbers").wait_for()
        assert "b=unpaired" in page.url
        page.get_by_label("A", exact=True).select_option("small")
        page.get_by_role("heading", name="Sensitivity: SDF-held share of Syria at the end").wait_for()
        page.get_by_label("Compare by lever").select_option("moscow.policy")
        page.get_by_role("heading", name="moscow.policy").first.wait_for()
