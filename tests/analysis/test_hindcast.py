"""The hindcast: scores by hand, observations scored by the scenarios that say something of them, and the record itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from sim.analysis.calibrate import fit
from sim.analysis.hindcast.hindcast import FITTED, TEST, UNCHANGED, hindcast, score, summed_up
from sim.analysis.hindcast.observation import Climatology, Observation
from sim.analysis.hindcast.observations import load_observations
from sim.analysis.pooled import Pooled
from sim.cli.hindcast import LEGEND, cells
from sim.experiments.store.ensemble import Results
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.pages.report.hindcast_page import write_page
from sim.pages.wording import Calendar
from sim.registry import load_scenario
from tests.report_page import Page
from tests.sweeps import run_ensemble, run_sweep

START, END = date(2026, 1, 12), date(2026, 7, 11)
CAP = 181
"""The day after the last: what did not come by then counts as that late."""
LAST_FITTED, LAST_KNOWN = date(2026, 1, 20), date(2026, 1, 28)
RUNS = 6


def observation(kind: str, observed: tuple[Any, Any, Any], nothing_changes: Any = 0, outcome: str = "any") -> Observation:
    return Observation("it", outcome, observed, "1", kind, nothing_changes, False, "H", "a test")


NEVER = float("inf")
"""What a run says of a date that did not come."""


def scored(
    kind: str,
    observed: tuple[Any, Any, Any],
    values: list[float],
    nothing_changes: Any = 0,
    past: tuple[Any, ...] | None = None,
    nulls: dict[str, list[float]] | None = None,
) -> dict[str, Any]:
    item = observation(kind, observed, nothing_changes)
    item = replace(item, climatology=Climatology(past, "a test") if past else None)
    said = {name: np.array(each) for name, each in (nulls or {}).items()}
    return score(item, np.array(values), START, END, said)


def crps_by_hand(values: list[float], observed: float) -> float:
    """Mean distance to the observation less half the mean distance of two runs (Gneiting and Raftery 2007, eq. 21)."""
    n = len(values)
    return sum(abs(x - observed) for x in values) / n - sum(abs(x - y) for x, y in product(values, values)) / (2 * n * n)


# --- scores by hand ---------------------------------------------------------------------------------------------------


def test_crps_of_four_runs() -> None:
    """Distances to 3: 3, 3, 2, 7, mean 3.75; of all pairs of runs: mean 4.375; 3.75 - 4.375 / 2."""
    told = scored("crps", (2, 3, 4), [0, 0, 5, 10], nothing_changes=0)
    assert told["score"] == pytest.approx(1.5625)
    assert crps_by_hand([0, 0, 5, 10], 3) == 1.5625
    assert told["naive"] == pytest.approx(3)
    assert told["skill"] == pytest.approx(1 - 1.5625 / 3)


def test_brier_of_a_share_of_three_in_four() -> None:
    told = scored("brier", (1, 1, 1), [1, 1, 0, 1, np.nan], nothing_changes=0)
    assert (told["probability"], told["score"], told["naive"]) == (0.75, pytest.approx(0.0625), 1.0)
    assert told["skill"] == pytest.approx(0.9375)
    assert scored("brier", (0, 0, 0), [1, 1, 0, 1], nothing_changes=1)["score"] == pytest.approx(0.5625)


def test_interval_score_pays_for_width_and_twenty_times_for_the_distance() -> None:
    """Runs 0 to 100: 90% interval from 5 to 95. Reports it meets cost its width of 90; reports from 110 on 20 x 15 more."""
    runs = [float(x) for x in range(101)]
    assert scored("interval", (90, 100, 110), runs)["score"] == pytest.approx(90)
    assert scored("interval", (110, 112, 115), runs)["score"] == pytest.approx(90 + 20 * 15)
    assert scored("interval", (-9, -8, -7), runs)["score"] == pytest.approx(90 + 20 * 12)
    assert scored("crps", (110, 112, 115), runs)["interval_score"] == pytest.approx(90 + 20 * 15)
    assert scored("brier", (1, 1, 1), [1, 0])["interval_score"] is None


@pytest.mark.parametrize(
    ("observed", "covered50", "covered90"),
    [((40, 50, 60), True, True), ((80, 82, 84), False, True), ((96, 97, 98), False, False), ((70, 82, 99), True, True)],
)
def test_an_interval_covers_a_record_whose_range_it_meets(
    observed: tuple[int, int, int], covered50: bool, covered90: bool
) -> None:
    told = scored("crps", observed, [float(x) for x in range(101)])
    assert (told["covered50"], told["covered90"], told["width90"]) == (covered50, covered90, pytest.approx(90))


def test_a_month_late_and_never_do_not_score_alike_and_the_row_says_how_never_counts() -> None:
    """Observed on day 8; runs on days 8 and 10, a month late, and never: the day after the last, 11 July, is day 181."""
    told = scored("crps", (date(2026, 1, 20),) * 3, [8, 10, 38, NEVER], nothing_changes="never")
    assert told["score"] == pytest.approx(crps_by_hand([8, 10, 38, CAP], 8))
    assert told["naive"] == CAP - 8
    assert (told["observed"], told["restricted_to"]) == ("2026-01-20", "2026-07-12")
    assert told["quantiles"][0] == "2026-01-20"
    never, late = (scored("crps", (date(2026, 1, 20),) * 3, [x] * 4, "never")["score"] for x in (NEVER, 38))
    assert never > 5 * late


def test_a_date_that_did_not_come_is_shown_as_later_and_not_as_a_date() -> None:
    dates = [8, 10] + [NEVER] * 8
    told = scored("crps", (date(2026, 1, 20),) * 3, dates, nothing_changes="never")
    assert told["quantiles"][-1] == told["restricted_to"]
    assert cells(told, Calendar(START, 180))[2] == "later\n21 Jan to later"
    assert "later    not by the last day, or never; scored as the day after" in LEGEND


def test_skill_is_negative_where_nothing_changes_is_nearer_and_none_where_it_is_perfect() -> None:
    assert scored("crps", (9, 10, 11), [0, 0], nothing_changes=9)["skill"] == pytest.approx(-9)
    perfect = scored("crps", (9, 10, 11), [0, 0], nothing_changes=10)
    assert (perfect["skill"], perfect["skill_ci"]) == (None, None)


def test_skill_is_against_the_better_of_nothing_changes_and_past_cases() -> None:
    """Three past cases of 2, 4 and 6 against 3: mean distance 5/3, half the mean distance of two of them 8/9."""
    told = scored("crps", (2, 3, 4), [3, 4], nothing_changes=9, past=(2, 4, 6))
    assert (told["nothing_changes"], told["climatology"]) == (pytest.approx(6), pytest.approx(5 / 3 - 8 / 9))
    assert (told["naive_is"], told["naive"]) == ("climatology", told["climatology"])
    assert told["skill"] == pytest.approx(1 - told["score"] / told["climatology"])
    assert scored("crps", (2, 3, 4), [3, 4], nothing_changes=3.5, past=(2, 4, 6))["naive_is"] == "nothing_changes"
    assert scored("brier", (1, 1, 1), [1, 1, 0, 1], past=(0.62,))["naive"] == pytest.approx(0.38**2)
    dated = scored("crps", (date(2026, 1, 20),) * 3, [8, 9], nothing_changes="never", past=(date(2026, 1, 22),))
    assert dated["climatology"] == pytest.approx(2)


def test_null_policies_are_scored_alike_and_are_silent_where_no_run_of_theirs_answers() -> None:
    told = scored("crps", (2, 3, 4), [3, 4], nulls={"idle": [np.nan, np.nan], "random": [0, 0, 5, 10]})
    assert told["null_policies"] == {"idle": None, "random": pytest.approx(1.5625)}
    assert summed_up("all", [told])["worse_null_policies"] == {
        "idle": {"worse": 0, "same": 0, "better": 0, "silent": 1},
        "random": {"worse": 1, "same": 0, "better": 0, "silent": 0},
    }
    never = scored("crps", (date(2026, 1, 20),) * 3, [8, 9], nothing_changes="never", nulls={"idle": [NEVER, NEVER]})
    assert never["null_policies"]["idle"] == CAP - 8


def test_what_is_fitted_and_what_nothing_changes_gets_right_is_counted_apart() -> None:
    hit, miss = [float(x) for x in range(101)], [500.0, 501.0]
    rows = [
        scored("crps", (40, 50, 60), hit),
        scored("crps", (40, 50, 60), miss),
        scored("crps", (40, 50, 60), hit, nothing_changes=45),
    ]
    assert [row["block"] for row in rows] == [TEST, TEST, UNCHANGED]
    fitted = replace(observation("crps", (40, 50, 60)), used_to_fit=True)
    assert score(fitted, np.array(hit), START, END)["block"] == FITTED
    sums = summed_up(TEST, rows)
    assert (sums["observations"], sums["with_interval"], sums["covered50"], sums["covered90"]) == (2, 2, 1, 1)
    assert (sums["positive_skill"], sums["outside90"], sums["without_skill"]) == (1, ["it"], ["it"])
    assert summed_up("all", rows)["observations"] == 3


def test_the_interval_of_the_skill_holds_it_and_narrows_with_more_runs() -> None:
    few, many = (scored("crps", (2, 3, 4), [0, 0, 5, 10] * copies) for copies in (4, 64))
    for told in (few, many):
        assert told["skill_ci"][0] < told["skill"] < told["skill_ci"][1]
    assert np.diff(many["skill_ci"]) < 0.5 * np.diff(few["skill_ci"])


def test_an_ensemble_that_says_nothing_of_it_is_not_scored() -> None:
    assert scored("crps", (1, 2, 3), [np.nan, np.nan]) is None


# --- a small ensemble -------------------------------------------------------------------------------------------------


def ensemble(folder: Path, name: str, days: int) -> Results:
    return run_ensemble(load_scenario(name, [f"days={days}"]), RUNS, 1, folder)


def test_every_number_of_a_small_ensemble_by_hand(tmp_path: Path) -> None:
    results = ensemble(tmp_path / "mine", "baseline", 28)
    made = hindcast(results, load_observations())
    assert (made["runs"], made["not_covered"]) == (RUNS, [])
    record = {item.name: item for item in load_observations()}
    assert [row["name"] for row in made["observations"]] == list(record)
    for row in made["observations"]:
        item, values = record[row["name"]], results.outcomes[row["outcome"]]
        if row["outcome"] == "shaddadi_escapes":
            values = results.series("shaddadi_escapes")[7]  # 19 January
        elif row["outcome"] == "shaddadi_recaptured_share":
            escaped = results.series("shaddadi_escapes")[8]
            values = results.series("shaddadi_recaptured")[8] / np.where(escaped > 0, escaped, np.nan)
        assert row["score"] == pytest.approx(score_by_hand(item, values)), row["name"]
        assert row["naive"] == pytest.approx(naive_by_hand(item)), row["name"]


def score_by_hand(item: Observation, values: np.ndarray) -> float:
    if item.score == "brier":
        answers = [x for x in values if not np.isnan(x)]
        return (sum(answers) / len(answers) - item.observed[1]) ** 2
    if isinstance(item.observed[1], date):
        observed = (item.observed[1] - START).days
        return crps_by_hand([29 if np.isnan(x) else x for x in values], observed)  # the day after the last
    known = sorted(x for x in values if not np.isnan(x))
    if item.score == "crps":
        return crps_by_hand(known, item.observed[1])
    low, high = np.interp([0.05, 0.95], np.linspace(0, 1, len(known)), known)
    outside = max(low - item.observed[2], item.observed[0] - high, 0)
    return high - low + 20 * outside


def naive_by_hand(item: Observation) -> float:
    if item.climatology is not None:
        return (0.62 - item.observed[1]) ** 2
    if item.nothing_changes == "never":
        return 29 - (item.observed[1] - START).days
    distance = abs(item.nothing_changes - item.observed[1])
    if item.score == "interval":
        return 20 * max(item.observed[0] - item.nothing_changes, item.nothing_changes - item.observed[2], 0)
    return distance**2 if item.score == "brier" else distance


def test_the_page_shows_every_observation_in_a_picture_and_a_table(tmp_path: Path) -> None:
    results, record = ensemble(tmp_path / "mine", "baseline", 28), load_observations()
    made = hindcast(results, record, {"idle": results})
    path = write_page(tmp_path / "page.html", results, results.scenario, record, made)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.open_tags == []
    links = [value for _, name, value in page.attributes if name in ("src", "href", "srcset")]
    assert [link for link in links if not link.startswith("#")] == []
    picture = page.source[page.source.index("<svg") : page.source.index("</svg>")]
    rows = {row[0]: row for row in page.rows if len(row) == 7}
    for item in made["observations"]:
        name = item["name"].replace("&", "&amp;")
        assert f">{name}</text>" in picture
        (row,) = (row for head, row in rows.items() if head.startswith(item["name"]))
        assert ("past cases 0.144" in row[5]) == (item["name"] == "Truce extended at its first expiry")
        assert item["disagreement"] in row[0]
    assert picture.count('class="observed"') == len(record) + 1, "one for each observation, one in the legend"
    assert not re.search(r"\b(nan|inf|None)\b", page.source.split("</style>")[1])
    assert not list(tmp_path.glob(".*"))


SWEEP = """
format = 1
base = "baseline"
days = 28
[design]
method = "lhs"
points = 4
seed = 1
[uncertainties]
"defection.*" = {}
[replicates]
n = 3
[output]
series = "none"
"""


def test_the_points_of_a_sweep_over_uncertain_values_are_scored_as_one_ensemble(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SWEEP)
    sweep = run_sweep(load_sweep(tmp_path / "mine.toml"), tmp_path / "out", 1, lambda *_: None)
    pooled = Pooled(sweep)
    assert pooled.runs == 4 * 3, "the unchanged base is left out"
    made = hindcast(pooled, load_observations())
    table = sweep.table(["sdf_share_2026_01_20"])
    values = table.filter(pc.greater(table["point"], 0))["sdf_share_2026_01_20"].to_numpy()
    (row,) = (row for row in made["observations"] if row["outcome"] == "sdf_share_2026_01_20")
    assert row["score"] == pytest.approx(crps_by_hand(values.tolist(), 0.058))
    assert (made["scenario"], made["runs"]) == ("baseline", 12)
    path = write_page(tmp_path / "page.html", pooled, pooled.scenario, load_observations(), made)
    assert Page(path.read_text(encoding="utf-8")).open_tags == []


def test_a_sweep_over_levers_or_one_that_is_not_finished_is_not_pooled(tmp_path: Path) -> None:
    levers = SWEEP.replace("[uncertainties]", '[levers]\n"us.policy" = { values = ["documented", "stay"] }\n[uncertainties]')
    (tmp_path / "mine.toml").write_text(levers)
    sweep = run_sweep(load_sweep(tmp_path / "mine.toml"), tmp_path / "out", 1, lambda *_: None)
    with pytest.raises(InputError, match=r"varies us.policy, a lever; only sets of uncertain values make one ensemble"):
        Pooled(sweep)
    next((sweep.folder / "outcomes").glob("*.parquet")).unlink()
    with pytest.raises(InputError, match="the sweep is not finished; the same sweep command goes on with it"):
        Pooled(SweepResults(sweep.folder))


def test_what_lies_outside_the_runs_is_named_and_not_scored(tmp_path: Path) -> None:
    """Runs to 22 January say nothing of later days; runs from 20 January on start with what was known by then."""
    early = hindcast(ensemble(tmp_path / "early", "baseline", 10), load_observations())
    late = hindcast(ensemble(tmp_path / "late", "from-ceasefire", 10), load_observations())
    for made, first, last in ((early, START, START + timedelta(10)), (late, LAST_FITTED, LAST_FITTED + timedelta(10))):
        inside = [item.name for item in load_observations() if first < item.seen_by <= last]
        answered = [row["name"] for row in made["observations"]]
        assert set(answered) <= set(inside)
        assert sorted(answered + made["not_covered"]) == sorted(item.name for item in load_observations())
    assert "First truce agreed" in [row["name"] for row in early["observations"]]
    assert "First truce agreed" in late["not_covered"]


def test_the_misfit_is_the_mean_scaled_crps_of_the_targets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fit, "RUNS", RUNS)
    monkeypatch.setattr(fit, "POINTS", 2)
    results = ensemble(tmp_path / "mine", "baseline", fit.DAYS)
    by_hand = [
        crps_by_hand([fit.DAYS if np.isnan(x) else x for x in results.outcomes[target.outcome]], target.observed)
        / target.scale
        for target in fit.TARGETS
    ]
    as_it_stands, *others = fit.misfits(fit.design(), tmp_path / "fit")
    assert as_it_stands == pytest.approx(np.mean(by_hand))
    assert len(others) == 2 and len({as_it_stands, *others}) == 3
