"""Uncertain values drawn by run on the live page: its runs are those of `pullback run --uncertain`."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dashboards.engine import commands as ask
from dashboards.engine.address import Place, read, write
from dashboards.engine.charts import KEPT
from dashboards.engine.ensemble import Ensemble
from dashboards.engine.exports import map_svg
from dashboards.engine.seat import Seat
from dashboards.engine.seat_file import as_toml
from dashboards.engine.seat_view import reckoning
from dashboards.engine.session import Session
from dashboards.engine.setup import STATED, Setup, columns_of, command, drawn_values, offer, scenarios_of
from dashboards.engine.stage import heading, settings
from dashboards.engine.story import Story
from dashboards.engine.views import look
from sim.experiments.design.uncertain import ALL, ASSUMED
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record.history import History
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from tests.dashboards.test_dashboard_seat import play
from tests.sweeps import run_ensemble

DAYS, RUNS = 24, 7
SETUP = Setup("no-extension", "baseline", runs=RUNS, days=DAYS, uncertain=ALL)
STAGED = 'base = "baseline"\ntitle = "Later"\ntakes_effect = 2026-01-19\ndays = 24\n[moscow]\npolicy = "stay"\n'


@cache
def drawn_session() -> Session:
    """Return a session of drawn values, compared with another scenario, computed to its last day."""
    return ended(Session(Place(SETUP, run=5, day=DAYS)))


def ended(session: Session) -> Session:
    while session.busy:
        session.work(float("inf"))
    return session


def played(scenario: Scenario, numbers: list[int], what: str = ALL) -> History:
    """Return what the runs of these numbers are where values are drawn."""
    columns = columns_of(drawn_values(replace(SETUP, uncertain=what), scenario), scenario, numbers)
    model = TheatreModel(scenario, numbers=numbers, columns=columns)
    model.run_to(DAYS)
    return model.history


def assert_same(one: History, whole: History, run: int) -> None:
    """Compare a history of one run with a run of another, bit for bit."""
    for name in KEPT:
        np.testing.assert_array_equal(one.series[name][:, 0], whole.series[name][:, run], err_msg=name)


@pytest.mark.parametrize("what", [ALL, ASSUMED])
def test_the_runs_of_both_scenarios_are_those_of_ensembles_that_draw_the_same(what: str, tmp_path: Path) -> None:
    alone = replace(SETUP, against=None, uncertain=what)
    session = drawn_session() if what == ALL else ended(Session(Place(alone, day=DAYS)))
    for ensemble in filter(None, (session.ensemble, session.other)):
        drawn = drawn_values(session.place.setup, ensemble.scenario)
        assert drawn.what == what
        folder = tmp_path / ensemble.scenario.name
        results = run_ensemble(ensemble.scenario, RUNS, 1, folder, uncertain=drawn)
        for name in KEPT:
            np.testing.assert_array_equal(ensemble.history.series[name], results.series(name), err_msg=name)
    stated = played(session.scenario, list(range(RUNS)), STATED)
    assert not np.array_equal(stated.series["sdf_share"], session.ensemble.history.series["sdf_share"])


def test_run_r_has_the_same_values_on_both_sides_but_for_those_the_what_if_sets() -> None:
    session = drawn_session()
    first, second = (drawn_values(SETUP, one.scenario) for one in (session.ensemble, session.other))
    own = session.scenario.own
    assert own and set(second.paths) - set(first.paths) == own & set(second.paths)
    values, others = first.values(np.arange(RUNS)), second.values(np.arange(RUNS))
    for path in first.paths:
        np.testing.assert_array_equal(values[path], others[path])


def test_the_watched_run_plays_its_own_values_and_its_reasons_name_them() -> None:
    session = drawn_session()
    assert_same(session.story.model.history, session.ensemble.history, 5)
    drawn, wanted = session.story.drawn(DAYS), set()
    for actor in ("damascus", "moscow", "sdf", "us"):
        session.actor = actor
        for why in look(session).why:
            read_by = (why["fired"]["read"], *(passed["read"] for passed in why["passed"]))
            lines = [line for said in read_by for line in said if line.startswith("its ")]
            wanted |= {line for line in lines if "drawn for this run" in line}
            for line in lines:
                path = f"{actor}.{line.removeprefix('its ').partition(':')[0].replace(' ', '_')}"
                assert ("drawn for this run" in line) == (path in drawn), line
                assert path not in drawn or f": {float(np.float32(drawn[path][0])):.6g}" in line, line
    assert wanted


def test_watching_another_run_and_the_one_of_the_same_set() -> None:
    session = ended(Session(Place(SETUP, run=4, day=6)))
    assert look(session).same_set == 5
    session.answer(ask.Watch(5))
    assert look(ended(session)).same_set == 4
    assert_first_days(session.story, session.ensemble, 5, 6)
    session.answer(ask.Watch(6))
    assert look(session).same_set is None, "the other run of its set is not played"


def assert_first_days(story: Story, ensemble: Ensemble, run: int, last: int) -> None:
    for name in KEPT:
        ours, theirs = story.model.history.series[name][: last + 1, 0], ensemble.history.series[name][: last + 1, run]
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_a_seat_is_the_drawn_run_and_its_file_plays_it_again(tmp_path: Path) -> None:
    setup = replace(SETUP, against=None, values={"moscow.reply_chance_per_day": 0.9})
    scenario = scenarios_of(setup)[0]
    drawn = drawn_values(setup, scenario)
    whole = played(scenario, list(range(RUNS)))
    left = play(Seat(scenario, 3, "damascus", 0, 6, drawn), lambda seat: {})
    assert_same(left.story.model.history, whole, 3)
    assert all(item["same"] for item in reckoning(left))
    seat = play(Seat(scenario, 3, "damascus", 2, 6, drawn), lambda seat: {"campaign": "hold_fire"})
    assert_same(seat.left_to_policy, whole, 3)
    path = tmp_path / "played.toml"
    path.write_text(as_toml(seat, setup), encoding="utf-8")
    assert "--uncertain all" in path.read_text(encoding="utf-8")
    assert_same(seat.story.model.history, played(load_scenario(path), list(range(RUNS))), 3)
    assert not all(item["same"] for item in reckoning(seat))


def test_a_scenario_that_takes_effect_later_draws_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "later-stays.toml"
    path.write_text(STAGED, encoding="utf-8")
    session = ended(Session(Place(Setup(offer(path), runs=RUNS, days=DAYS, uncertain=ALL), run=2, day=10)))
    whole = played(session.scenario, list(range(RUNS)))
    session.answer(ask.Sit("us", 5))
    while not session.seat.over:
        session.target = DAYS
        session.work(float("inf"))
        if session.seat_waits:
            session.answer(ask.Order({}))
    assert_same(session.seat.story.model.history, whole, 2)
    np.testing.assert_array_equal(session.ensemble.history.series["sdf_share"], whole.series["sdf_share"])
    assert len(session.seat.story.columns) == 2 and session.seat.story.drawn(3) and session.seat.story.drawn(20)


def test_the_switch_stands_in_the_address_the_command_the_heading_and_the_map() -> None:
    session = drawn_session()
    assert read(write(session.place)) == (session.place, ())
    assert "--uncertain all" in shlex.join(shlex.split(command(SETUP)))
    assert "uncertain" not in command(replace(SETUP, uncertain="stated")) + write(Place(Setup()))
    said = heading(SETUP, session.scenario)["drawn"]
    assert said == f"all {len(session.uncertain.paths)} uncertain values drawn from their ranges, a new set for every 2 runs"
    assert heading(replace(SETUP, uncertain="stated"), session.scenario)["drawn"] == ""
    assert "all uncertain values drawn" in map_svg(session)


def test_what_the_reader_or_the_what_if_sets_is_not_drawn() -> None:
    path = "damascus.incident_chance_per_day"
    low, high = scenarios_of(SETUP)[0].entries[path].range
    setup = replace(SETUP, values={path: (low + 3 * high) / 4})
    items = {item["path"]: item["drawn"] for group in settings(setup, scenarios_of(setup)[0]) for item in group["items"]}
    held = {path} | scenarios_of(SETUP)[0].own
    assert not any(items[name] for name in held) and sum(items.values()) > 100
    assert path in drawn_values(SETUP, scenarios_of(SETUP)[0]).paths


@pytest.mark.parametrize("what", ["everything", "", "../plausible.csv", "/etc/passwd"])
def test_nothing_but_the_three_is_taken_and_no_file_is_opened(what: str) -> None:
    with pytest.raises(InputError, match="is not one of stated, all, assumed"):
        scenarios_of(replace(SETUP, uncertain=what))
    place, notices = read(f"uncertain={what}")
    assert place == Place() and len(notices) == 1
