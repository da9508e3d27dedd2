"""The report of a run: one well-formed file that says what the results say, loads nothing, and fits every scenario."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_page import Page, reported

from sim.analysis.hindcast.answers import answers_of
from sim.analysis.hindcast.observations import load_observations
from sim.analysis.hindcast.record import Agreement, agreement
from sim.experiments.store.ensemble import Results
from sim.model import TheatreModel
from sim.pages import maps
from sim.pages.report.outcomes import SYSTEMS
from sim.pages.report.report import FILE, write_report
from sim.pages.report.values import plain
from sim.pages.wording import Calendar, amount, number, percent, share
from sim.record.outcomes import DATE, NUMBER, OUTCOMES
from sim.record.statistics import summaries
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from sim.scenario.theatre import theatre_of

RUNS, DAYS = 24, 16


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("baseline", [f"days={DAYS}", f"runs={RUNS}"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report") / "baseline"


@pytest.fixture(scope="module")
def made(folder: Path, scenario: Scenario) -> tuple[Page, Results]:
    return reported(folder, scenario)


@pytest.fixture(scope="module")
def page(made: tuple[Page, Results]) -> Page:
    return made[0]


@pytest.fixture(scope="module")
def results(made: tuple[Page, Results]) -> Results:
    return made[1]


def test_every_tag_is_closed_in_its_turn(page: Page) -> None:
    assert page.open_tags == []
    assert page.source.startswith("<!DOCTYPE html>")


def test_every_identifier_is_there_once_and_whatever_points_to_one_finds_it(page: Page) -> None:
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    pointed = [value[1:] for _, name, value in page.attributes if name == "href"]
    pointed += [key for _, name, value in page.attributes if name == "aria-labelledby" for key in value.split()]
    pointed += re.findall(r"url\(#([\w-]+)\)", page.source)
    assert pointed
    assert set(pointed) <= set(ids)


def test_it_loads_nothing_from_outside_and_has_no_script(page: Page) -> None:
    assert all(value.startswith("#") for _, name, value in page.attributes if name in ("href", "src", "xlink:href"))
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _, _ in page.attributes}
    assert not re.search(r"@import|url\((?!#)", page.source)


def test_it_is_small(folder: Path, page: Page) -> None:
    assert 100_000 < (folder / FILE).stat().st_size < 2_000_000


def test_pictures_have_a_name_and_tables_their_headers(page: Page) -> None:
    pictures = page.source.count('role="img"')
    assert pictures > 30
    assert len(re.findall(r"<svg aria-hidden|<svg [^>]*aria-hidden", page.source)) + pictures == page.source.count("<svg")
    assert page.source.count("<caption>") == page.source.count("<table>") > 10
    assert all('scope="' in tag for tag in re.findall(r"<th\b[^>]*>", page.source))


def test_it_says_what_it_is_and_of_what(page: Page, results: Results, scenario: Scenario) -> None:
    for said in (scenario.title, scenario.question, scenario.hash, str(scenario.seed), str(scenario.end_date)):
        assert said in page.text
    assert "An exploration, not a forecast; not for targeting." in page.text
    assert f"Runs{RUNS}, seed" in page.text
    assert results.manifest["code"] in page.text
    for licence in ("CC BY 3.0 IGO", "GeoNames", "US Census Bureau", "Natural Earth", "MIT"):
        assert licence in page.text


@pytest.mark.parametrize("outcome", OUTCOMES, ids=[outcome.name for outcome in OUTCOMES])
def test_every_outcome_is_there_as_the_results_have_it(outcome, page: Page, results: Results, scenario: Scenario) -> None:
    summary = summaries(results.outcomes, scenario.start_date, DAYS)[outcome.name]
    median, span, remark = next(
        row[1:] for row in page.rows if len(row) == 4 and row[0].startswith(f"{outcome.name}{outcome.definition}")
    )
    calendar = Calendar(scenario.start_date, DAYS)
    if outcome.type == DATE:
        assert (median, span) == (calendar.short(summary["median"]), calendar.span(summary["p05"], summary["p95"]))
        assert percent(1 - summary["censored"] / summary["n"]) in remark
        assert ("arises in" in remark) == (summary["n"] < RUNS)
    elif summary["n"] == 0:
        assert (median, remark) == ("-", "does not arise")
    elif outcome.type == NUMBER:
        assert median == amount(outcome, summary["median"])
        assert span.startswith(amount(outcome, summary["p05"], with_unit=False))
        assert span.endswith(amount(outcome, summary["p95"], with_unit=False))
    else:
        shares = summary.get("shares", {"yes": summary.get("share")})
        assert percent(max(shares.values())) in median + span


def test_every_value_is_there_with_its_evidence(page: Page, scenario: Scenario) -> None:
    rows = {row[0].split(" ")[0]: row[1:] for row in page.rows if len(row) == 5}
    assert set(scenario.entries) <= set(rows)
    for path, entry in scenario.entries.items():
        here, bounds, kind, source = rows[path]
        assert here.startswith(plain(entry.value))
        assert bounds == ("-" if entry.range is None else f"{plain(entry.range[0])} to {plain(entry.range[1])}")
        assert (kind, source) == (f"{entry.kind}, {entry.confidence}", entry.source)
    assumed = sum(entry.source.startswith("assumed") for entry in scenario.entries.values())
    assert f"{len(scenario.entries)} values: {assumed} are assumed" in page.text


def test_every_rule_is_there_with_the_share_of_the_runs_in_which_it_fired(page: Page, scenario: Scenario) -> None:
    model = TheatreModel(scenario, runs=RUNS)
    model.run_to(DAYS)
    calendar = Calendar(scenario.start_date, DAYS)
    for decision, names in model.history.rule_names.items():
        tables = [row for row in page.rows if len(row) == 4]
        for index, name in enumerate(names):
            fired = model.history.fired[decision] == index
            share_of_runs = percent(fired.any(axis=0).mean()) if fired.any() else "never"
            days = np.sort(fired.argmax(axis=0)[fired.any(axis=0)])
            first = calendar.short(int(days[int(np.ceil(0.5 * len(days))) - 1])) if fired.any() else "-"
            assert [
                row for row in tables if row[0].startswith(name) and row[1] == share_of_runs and row[2].startswith(first)
            ]
            if not fired.any():
                assert f"{decision}: {name}" in page.text


@pytest.mark.parametrize("day", [0, 6, 8, 12, DAYS])
def test_a_cell_of_a_map_says_the_share_of_the_runs_that_hold_it(
    day: int, page: Page, results: Results, scenario: Scenario
) -> None:
    model = TheatreModel(scenario, runs=RUNS)
    model.run_to(DAYS)
    held = (model.history.holder_on(day) == 0).mean(axis=1)
    theatre = theatre_of(scenario)
    np.testing.assert_allclose(maps.probability_of_damascus(results, theatre, day), held)
    drawn = page.source[page.source.index(f'id="map-{day}-title"') :]
    cells = re.findall(r'<rect class="p(\d)"[^>]*><title>([^<]*)</title>', drawn[: drawn.index("</svg>")])
    assert len(cells) == theatre.size
    for (level, said), probability in zip(cells, held[theatre.cells], strict=True):
        assert said.replace("&gt;", ">").replace("&lt;", "<") == percent(probability)
        assert int(level) == maps.level_of(np.array([probability]))[0]


def test_a_level_of_the_map_is_certain_only_where_all_runs_agree() -> None:
    levels = maps.level_of(np.array([0.0, 0.001, 0.1, 0.35, 0.65, 0.9, 0.999, 1.0]))
    assert levels.tolist() == [0, 1, 1, 2, 3, 4, 5, 6]
    assert len(maps.LEVEL_NAMES) == 7


def test_the_observations_are_scored_and_those_after_the_end_are_not(page: Page, scenario: Scenario) -> None:
    covered = [item for item in load_observations() if item.lies_within(scenario.start_date, scenario.end_date)]
    assert len(covered) == len(load_observations())
    scored = [row[0] for row in page.rows if len(row) == 6]
    for item in covered:
        assert any(name.startswith(item.name) for name in scored)
        assert any(name.startswith(item.name) and f" fitted{item.source}" in name for name in scored) == item.used_to_fit


def test_a_run_agrees_with_the_record_when_it_lies_within_every_range(results: Results, scenario: Scenario) -> None:
    record = load_observations()
    agreed = agreement(results, record)
    for item, met in zip(agreed.observations, agreed.met, strict=True):
        low, high = item.observed[0], item.observed[2]
        values = results.outcomes[item.outcome]
        if item.outcome.startswith("shaddadi_") and item.by is not None and item.outcome != "shaddadi_damascus_2026_01_20":
            values = answers_of(item, results)  # on the evening that it is of
        if item.unit == "date":
            low, high = (low - scenario.start_date).days, (high - scenario.start_date).days
        assert met.tolist() == [bool(low <= value <= high) for value in values.tolist()]


def test_runs_that_meet_everything_meet_what_the_model_was_fitted_to() -> None:
    fitted = tuple(item for item in load_observations() if item.used_to_fit)[:1]
    others = tuple(item for item in load_observations() if not item.used_to_fit)[:2]
    met = np.array([[True, True, True, False], [True, False, True, True], [True, False, False, True]])
    agreed = Agreement(fitted + others, met)
    assert (agreed.all_met(), agreed.all_met(only_fitted=True)) == (1, 3)
    assert agreed.count_by_run.tolist() == [3, 1, 2, 2]
    assert agreed.median_met == 2
    assert agreed.share_by_observation.tolist() == [0.75, 0.75, 0.5]


def test_an_observation_counts_only_while_it_is_open(scenario: Scenario) -> None:
    item = next(item for item in load_observations() if item.outcome == "truce_extended")
    start, end = scenario.start_date, scenario.end_date
    assert item.lies_within(start, end)
    assert not item.lies_within(item.by, end), "what the scenario starts from is no forecast"
    assert not item.lies_within(start, start), "the runs end before"
    assert replace(item, by=None).lies_within(start, start), "a user's observation without a day is always scored"


def test_texts_of_a_scenario_are_escaped(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    said = '<script>alert(1)</script> & \\"more\\"'
    file.write_text(f'base = "baseline"\ntitle = "{said}"\nquestion = "<b>?"\ndays = 2\nruns = 1\n', encoding="utf-8")
    page, _ = reported(tmp_path / "out", load_scenario(file))
    assert "<script" not in page.source
    assert '<script>alert(1)</script> & "more"' in page.text
    assert "<b>?" in page.text


def test_it_is_written_whole_or_not_at_all(
    folder: Path, results: Results, scenario: Scenario, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("sim.ground.files.os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(results, replace(scenario, title="Another"))
    assert (folder / FILE).read_text(encoding="utf-8") == page.source


@pytest.mark.parametrize("runs", [1, 2])
def test_it_fits_an_ensemble_of_one_or_two_runs(runs: int, tmp_path: Path) -> None:
    page, _ = reported(tmp_path / "out", load_scenario("baseline", ["days=20", f"runs={runs}"]))
    assert page.open_tags == []
    assert ("One run is one of many" in page.text) == (runs == 1)
    assert ("2 runs are few" in page.text) == (runs == 2)
    assert not re.search(r"\b(nan|inf|None)\b", page.source.split("</style>")[1])


def test_a_scenario_of_other_dates_has_no_observations_and_no_map_of_january(tmp_path: Path) -> None:
    page, _ = reported(tmp_path / "out", load_scenario("quiet-2025", ["days=30", "runs=2"]))
    assert page.open_tags == []
    assert "nothing to score" in page.text
    assert "Documented control" not in page.text
    assert page.source.count('id="map-') == 2 * 2 + 2  # title and description of two evenings; what maps share


def test_the_documented_map_stands_beside_the_day_it_shows(page: Page) -> None:
    titles = re.findall(r"<figcaption>([^<]*)</figcaption>", page.source)
    assert titles.index("Documented control, 20 January") == titles.index("20 January") + 1


def test_a_what_if_says_what_differs_and_what_it_should_move(tmp_path: Path) -> None:
    scenario = load_scenario("moscow-stays", ["days=3", "runs=1", "damascus.pocket_days=3"])
    page, _ = reported(tmp_path / "out", scenario)
    for outcome, direction in scenario.expected.items():
        assert f"{outcome} {direction}" in page.text
    assert "Setdamascus.pocket_days = 3" in page.text
    differ = [row for row in page.rows if len(row) == 4 and row[0] in ("moscow.policy", "damascus.pocket_days")]
    assert [row[1:3] for row in differ] == [["4 days", "3 days"], ["documented", "stay"]]
    assert page.text.index("What differs from baseline") < page.text.index("Values of damascus")


def test_a_branch_says_from_when_on_it_differs_and_lists_the_orders_given(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    orders = 'actor = "moscow"\ndecision = "qamishli"\norder = "leave_qamishli"\nfrom = 2026-01-14\nnote = "Clear out"\n'
    heading = 'base = "baseline"\ntitle = "Out"\ntakes_effect = 2026-01-14\ndays = 4\nruns = 2\n'
    file.write_text(f"{heading}[[orders]]\n{orders}", encoding="utf-8")
    page, _ = reported(tmp_path / "out", load_scenario(file))
    assert "Takes effecton 14 January; until then the runs are those of baseline" in page.text
    given = [row for row in page.rows if row[0].startswith("ordered_leave_qamishli")]
    assert [row[1:] for row in given] == [["100%", "14 Jan (14 Jan)", "a person's order"]]
    assert "Clear out" in given[0][0]


def test_missing_runs_are_said(folder: Path, results: Results, scenario: Scenario, page: Page, tmp_path: Path) -> None:
    assert "INCOMPLETE" not in page.text
    write_report(results, replace(scenario, runs=RUNS + 8))
    text = (folder / FILE).read_text(encoding="utf-8")
    (folder / FILE).write_text(page.source, encoding="utf-8")
    assert f"INCOMPLETE: {RUNS} of {RUNS + 8} runs are there" in text


def test_every_system_of_the_record_is_in_the_report(page: Page) -> None:
    """By an outcome that says which it shows, or, where it is given and not played out, by its values."""
    shown = {number for outcome in OUTCOMES for number in outcome.systems}
    given = {18: "start.ties.", 22: "start.outside."}
    assert shown | set(given) == set(range(1, len(SYSTEMS) + 1))
    assert [SYSTEMS[number - 1] for number in shown if SYSTEMS[number - 1] not in page.text] == []
    assert [path for path in given.values() if path not in page.text] == []


def test_every_system_that_outcomes_show_has_a_name() -> None:
    assert len(SYSTEMS) == 22
    assert {number for outcome in OUTCOMES for number in outcome.systems} <= set(range(1, len(SYSTEMS) + 1))


def test_numbers_are_written_to_three_figures_and_shares_are_not_rounded_to_certainty() -> None:
    assert [number(x) for x in (0, 0.06412, 12.0, 999.6, 162734, -3.14159)] == [
        "0",
        "0.0641",
        "12",
        "1,000",
        "163,000",
        "-3.14",
    ]
    assert [percent(x) for x in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]
    assert [share(x) for x in (0.285, 1.0)] == ["28.5%", "100%"]
