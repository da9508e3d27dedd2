"""What can be observed besides a value on the last day: an evening before it, a bound, a category, a change, a condition."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from report_page import Page

from sim.analysis.hindcast.answers import answers_of, check_readable, has_series
from sim.analysis.hindcast.hindcast import hindcast, score
from sim.analysis.hindcast.observation import Observation
from sim.analysis.hindcast.observations import load_observations
from sim.analysis.hindcast.record import agreement
from sim.analysis.pooled import Pooled
from sim.analysis.where import read_condition
from sim.cli import commands
from sim.experiments.store.ensemble import Results
from sim.experiments.store.kept import load_sweep
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.pages.report.hindcast_page import write_page
from sim.record.outcomes import COVERED, DATE, OUTCOMES, outcome_table
from sim.record.readings import NoSeriesError, as_of
from sim.registry import load_scenario
from tests.sweeps import run_ensemble, run_sweep

START = date(2026, 1, 12)
RUNS, DAYS = 8, 35
END = START + timedelta(DAYS)
BY = date(2026, 2, 2)

HEAD = """format = 1
[[observation]]
name = "it"
nothing_changes = {nothing}
used_to_fit = false
confidence = "M"
source = "a test"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("answers") / "baseline"
    return run_ensemble(load_scenario("baseline", [f"days={DAYS}"]), RUNS, 1, folder, lambda *_: None)


def observed(folder: Path, text: str, nothing: str = "0") -> Observation:
    path = folder / "record.toml"
    path.write_text(HEAD.format(nothing=nothing) + text, encoding="utf-8")
    return load_observations(path)[0]


DETAINEES = """outcome = "detainees_transferred"
observed = [400, 500, 600]
unit = "persons"
score = "crps"
by = 2026-02-02
"""


def test_detainees_by_2_february_are_those_of_2_february(results: Results, tmp_path: Path) -> None:
    item = observed(tmp_path, DETAINEES)
    said = answers_of(item, results)
    assert (said == results.series("detainees_transferred")[(BY - START).days]).all()
    assert (said < results.outcomes["detainees_transferred"]).any(), "the transfer goes on after it"
    (row,) = hindcast(results, [item])["observations"]
    assert row["quantiles"][2] == np.median(said)
    at_end = observed(tmp_path, DETAINEES + 'read = "end"\n')
    assert (answers_of(at_end, results) == results.outcomes["detainees_transferred"]).all()


def test_an_outcome_on_an_evening_is_what_a_run_to_that_evening_comes_to() -> None:
    """One reading of the series for all of them: sums, counts, peaks, answers, dates and what does not arise."""
    days = (BY - START).days
    longer, shorter = (TheatreModel(load_scenario("baseline", [f"days={n}"]), runs=RUNS) for n in (DAYS, days))
    longer.run_to(DAYS)
    shorter.run_to(days)
    known = outcome_table(shorter.history)
    for outcome in OUTCOMES:
        if has_series(outcome) and outcome.name != "cells_changed_20_to_28_jan":  # which is of two evenings
            read = np.asarray(as_of(outcome.of, BY)(longer.history), float)
            assert read == pytest.approx(known[outcome.name], nan_ok=True), outcome.name


def test_an_outcome_without_a_series_is_refused_before_anything_is_played(tmp_path: Path) -> None:
    text = 'outcome = "roj_residents"\nobserved = [2000, 2200, 2400]\nunit = "persons"\nscore = "crps"\nby = 2026-02-02\n'
    item = observed(tmp_path, text)
    with pytest.raises(InputError, match="it: roj_residents has no daily series and is known on the last day only"):
        check_readable((item,), load_scenario("baseline"))
    check_readable((item,), load_scenario("baseline", [f"days={(BY - START).days}"]))
    done = CliRunner().invoke(commands, ["hindcast", "baseline", "--observations", str(tmp_path / "record.toml")])
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_most_outcomes_can_be_read_on_any_evening() -> None:
    refused = {o.name for o in OUTCOMES if not has_series(o) and o.type != DATE and o.arises != COVERED}
    assert refused <= {o.name for o in OUTCOMES if "_end" in o.name or "_escapes" in o.name} | {
        "roj_residents",
        "first_extension_reason",
    }
    with pytest.raises(NoSeriesError):
        as_of(lambda history: history.inmates, BY)(TheatreModel(load_scenario("baseline"), runs=1).history)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("came_by = 2026-01-21", [1, 1, 0, 0]),
        ("not_by = 2026-01-21", [0, 0, 1, 1]),
        ("not_before = 2026-01-21", [0, 1, 1, 1]),
        ("not_before = 2026-01-21\ncame_by = 2026-01-25", [0, 1, 0, 0]),
        ("observed = [0, 0, 1]\nby = 2026-01-21", [1, 1, 0, 0]),
    ],
)
def test_a_date_can_be_observed_by_a_day_not_by_it_and_not_before_it(tmp_path: Path, text: str, holds: list[int]) -> None:
    """Days 8 and 9 are 20 and 21 January; 15 is 27 January; the last did not come."""
    item = observed(tmp_path, f'outcome = "truce_agreed_on"\nunit = "date"\nscore = "brier"\n{text}\n', '"never"')
    said = item.event.holds(np.array([8, 9, 15, np.inf]), START)
    assert said.tolist() == holds
    truth = 0 if "observed" in text else 1
    row = score(item, said, START, END)
    assert row["score"] == pytest.approx((np.mean(holds) - truth) ** 2)
    never_holds = item.event.holds(np.array([np.inf]), START)[0]
    assert row["nothing_changes"] == (never_holds - truth) ** 2
    assert item.seen_by == {"not_before = 2026-01-21": date(2026, 1, 20)}.get(text, item.by)


@pytest.mark.parametrize(
    ("text", "holds"),
    [("at_least = 5", [0, 1, 1]), ("at_most = 5", [1, 1, 0]), ("at_least = 4\nat_most = 6", [0, 1, 0])],
)
def test_a_number_can_be_observed_with_an_open_end(tmp_path: Path, text: str, holds: list[int]) -> None:
    item = observed(tmp_path, f'outcome = "insurgent_attacks"\nunit = "attacks"\nscore = "brier"\nby = 2026-02-02\n{text}\n')
    assert item.event.holds(np.array([3.0, 5.0, 9.0]), START).tolist() == holds
    assert item.unchanged == (text == "at_most = 5")


def test_a_category_is_observed_by_its_name(results: Results, tmp_path: Path) -> None:
    text = 'outcome = "hmeimim_status"\nunit = "1"\nscore = "brier"\nis = "tolerated"\nby = 2026-02-02\n'
    item = observed(tmp_path, text, '"tolerated"')
    (outcome,) = (each for each in OUTCOMES if each.name == "hmeimim_status")
    share = (results.series("hmeimim_status")[(BY - START).days] == outcome.categories.index("tolerated")).mean()
    row = score(item, answers_of(item, results), START, END)
    assert (row["probability"], row["score"], row["nothing_changes"]) == (share, pytest.approx((share - 1) ** 2), 0.0)
    assert observed(tmp_path, text, '"none"').forecasts(START)["nothing_changes"].tolist() == [0.0]


def test_a_change_over_a_window_is_that_of_the_series(results: Results, tmp_path: Path) -> None:
    text = 'outcome = "insurgent_attacks"\nunit = "attacks"\nscore = "crps"\nobserved = [3, 4, 5]\n'
    item = observed(tmp_path, text + "since = 2026-01-26\nby = 2026-02-02\n")
    attacks = results.series("attacks")
    assert answers_of(item, results) == pytest.approx(attacks[15:22].sum(axis=0))
    assert not item.lies_within(date(2026, 1, 27), END), "the window begins before the runs do"


def test_only_runs_that_meet_a_condition_are_scored(results: Results, tmp_path: Path) -> None:
    item = next(item for item in load_observations() if item.outcome == "withdrawal_started_on")
    where = read_condition("truce_agreed_on < 2026-01-21", START, END)
    held = where.holds(results.outcomes)
    assert 0 < held.sum() < RUNS
    made = hindcast(results, [item], {"idle": results}, where)
    (row,) = made["observations"]
    assert (made["runs"], row["n"]) == (held.sum(), held.sum())
    assert row["null_policies"]["idle"] == pytest.approx(row["score"])
    assert made["notes"][0].startswith(f"only the {held.sum()} of {RUNS} runs that meet truce_agreed_on < 2026-01-21")
    assert agreement(results, [item], where).met.shape == (1, held.sum())
    page = Page(write_page(tmp_path / "p.html", results, results.scenario, [item], made, where).read_text(encoding="utf-8"))
    assert f"Runs{held.sum()}, seed" in page.text and "Only wheretruce_agreed_on < 2026-01-21" in page.text
    with pytest.raises(InputError, match='no run of baseline meets --where "killed_sdf > 1e9"'):
        hindcast(results, [item], None, read_condition("killed_sdf > 1e9", START, END))


def test_a_run_meets_an_observation_on_the_evening_it_is_of(results: Results, tmp_path: Path) -> None:
    item = observed(tmp_path, DETAINEES)
    said = results.series("detainees_transferred")[(BY - START).days]
    assert agreement(results, [item]).met.tolist() == [((said >= 400) & (said <= 600)).tolist()]


# --- sweeps -----------------------------------------------------------------------------------------------------------

SWEEP = """
format = 1
base = "baseline"
days = 24
[design]
method = "lhs"
points = 3
seed = 1
[uncertainties]
"defection.*" = {{}}
[replicates]
n = 2
[output]
series = "{series}"
"""


@pytest.mark.parametrize("series", ["full", "quantiles"])
def test_a_sweep_is_read_on_an_evening_where_it_keeps_every_run(tmp_path: Path, series: str) -> None:
    (tmp_path / "mine.toml").write_text(SWEEP.format(series=series))
    pooled = Pooled(run_sweep(load_sweep(tmp_path / "mine.toml"), tmp_path / "out", 1, lambda *_: None))
    item = observed(tmp_path, DETAINEES)
    made = hindcast(pooled, [item])
    if series == "full":
        at_end = answers_of(observed(tmp_path, DETAINEES.replace("02-02", "02-05")), pooled)
        assert (pooled.series("detainees_transferred")[-1] == at_end).all()
        assert (at_end == pooled.outcomes["detainees_transferred"]).all()
        assert made["observations"][0]["n"] == 3 * 2
        assert answers_of(item, pooled).tolist() == pooled.series("detainees_transferred")[21].tolist()
    else:
        assert (made["observations"], made["not_read"]) == ([], ["it"])
        assert any("keeps no daily series of its runs" in note for note in made["notes"])
