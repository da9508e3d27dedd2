"""The engine of the live page: what it computes is what the model computes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboards.engine.address import MAPS
from dashboards.engine.charts import CHARTS, documented, documented_days
from dashboards.engine.ensemble import Ensemble, difference
from dashboards.engine.frames import PLANES
from dashboards.engine.setup import Setup, scenario_named, scenarios_of
from dashboards.engine.story import Story
from dashboards.engine.views import emptied
from dashboards.engine.why import explain
from sim import TheatreModel, load_scenario
from sim.experiments.play.places import control_counts
from sim.scenario.settings import policies_of
from tests.shipped import CUSTODY_SITES, MEMBERS, US_BASES

DAYS = 24
SETUP = Setup(runs=12, days=DAYS)


def to_end(ensemble: Ensemble) -> Ensemble:
    while ensemble.running:
        ensemble.step()
    return ensemble


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return to_end(Ensemble(scenarios_of(SETUP)[0], SETUP.runs))


@pytest.fixture(scope="module")
def model() -> TheatreModel:
    made = TheatreModel(scenarios_of(SETUP)[0], runs=SETUP.runs)
    made.run_to(DAYS)
    return made


def test_quantiles_are_those_of_the_models_runs(ensemble: Ensemble, model: TheatreModel) -> None:
    for index, chart in enumerate(CHARTS):
        values = sum(model.history.series[name].astype(np.float64) for name in chart.series)
        values = values.cumsum(axis=0) if chart.sums_days else values
        expected = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95), axis=1).T
        np.testing.assert_allclose(ensemble.quantiles[:, index], expected, rtol=1e-5, atol=1e-4, err_msg=chart.title)


@pytest.mark.parametrize("day", [0, 5, 8, DAYS])
def test_maps_of_any_day_are_those_of_the_record(ensemble: Ensemble, model: TheatreModel, day: int) -> None:
    cells = model.theatre.cells
    counts = control_counts(model.history)[:, day]
    damascus, sdf, contested = ensemble.probability(day)
    np.testing.assert_array_equal(damascus, np.rint(counts[:, 0] * 255 / SETUP.runs))
    np.testing.assert_array_equal(contested, np.rint(counts[:, 1] * 255 / SETUP.runs))
    np.testing.assert_array_equal(sdf, np.rint((SETUP.runs - counts.sum(axis=1)) * 255 / SETUP.runs))
    for run in (0, 7):
        np.testing.assert_array_equal(ensemble.holder(day, run), model.history.holder_on(day)[cells, run])


def test_difference_is_none_between_equals_and_paired_runs_share_their_luck() -> None:
    first, second = scenarios_of(replace(SETUP, against="moscow-stays"))
    one = to_end(Ensemble(first, SETUP.runs))
    other = to_end(Ensemble(second, SETUP.runs, paired_with=one))
    alone = to_end(Ensemble(second, SETUP.runs))
    np.testing.assert_array_equal(other.quantiles, alone.quantiles)
    assert (difference(one.probability(DAYS), one.probability(DAYS)) == 128).all()
    zero, full = np.zeros((3, 1), np.uint8), np.full((3, 1), 255, np.uint8)
    assert difference(full, zero).item() == 255
    assert difference(zero, full).item() == 0


def test_a_watched_extreme_is_the_extreme(ensemble: Ensemble) -> None:
    values = ensemble.chart_values(0, DAYS)
    assert values[ensemble.run_at(0, DAYS, 0.0)] == values.min()
    assert values[ensemble.run_at(0, DAYS, 1.0)] == values.max()
    middle = values[ensemble.run_at(0, DAYS, 0.5)]
    assert (values < middle).sum() <= SETUP.runs / 2 <= (values <= middle).sum()


def test_the_story_of_a_run_is_that_run(model: TheatreModel) -> None:
    story = Story(scenarios_of(SETUP)[0], 5)
    while story.model.running:
        story.step()
    for name, values in model.history.series.items():
        np.testing.assert_array_equal(story.model.history.series[name][:, 0], values[:, 5], err_msg=name)
    assert len(story.evenings) == len(story.told) == DAYS + 1
    assert story.evenings[DAYS].transferred == round(float(model.history.series["detainees_transferred"][DAYS, 5]))


def test_bases_and_prisons_are_hollow_from_the_evening_nobody_is_left() -> None:
    story = Story(load_scenario("baseline"), 1)
    while story.day < 60:
        story.step()
    began = story.evenings[0]
    assert emptied(MEMBERS, began, began) == []
    for now in story.evenings:
        keys = set(emptied(MEMBERS, began, now))
        assert keys & set(US_BASES) == {key for key, n in zip(US_BASES, now.us_persons, strict=True) if n == 0}
        assert keys & set(CUSTODY_SITES) == {
            key for key, before, n in zip(CUSTODY_SITES, began.inmates, now.inmates, strict=True) if before and not n
        }
    assert any(n == 0 for n in story.evenings[60].us_persons)
    left = replace(story.evenings[60], stock=np.zeros_like(began.stock))
    assert "qamishli_airport" in emptied(MEMBERS, began, left)


def test_documented_marks_lie_in_the_days_of_the_scenario() -> None:
    baseline = scenario_named("baseline")
    share = documented(baseline)[0]
    assert [(mark.first, mark.central) for mark in share] == [(7, 0.164), (8, 0.058)]
    assert all(0 < mark.first <= mark.last <= baseline.days and mark.source for mark in documented_days(baseline))
    assert documented_days(scenarios_of(Setup(days=5))[0]) == ()


def test_what_it_would_have_taken_turns_the_rule() -> None:
    scenario = scenarios_of(SETUP)[0]
    story, policies = Story(scenario, 3), policies_of(scenario)
    said = set()
    while story.model.running:
        story.step()
        for path, choice in story.choices[story.day].items():
            actor, _, decision = path.partition(".")
            why = explain(choice, policies[actor][decision], scenario)
            assert why.fired.holds
            assert not any(passed.holds for passed in why.passed)
            said |= {(weighed.rule, change) for weighed in (*why.passed, why.fired) for change in weighed.changes}
    assert ("a_truce_holds", "truce no") in said
    needed = scenario["moscow"].residual_tie_needed
    assert ("the_tie_does_not_carry_a_residual", f"tie to moscow at most {needed:.3g}") in said


def test_maps_have_names() -> None:
    assert set(MAPS) == set(PLANES)
