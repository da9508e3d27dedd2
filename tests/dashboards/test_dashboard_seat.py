"""An actor played by a person: left to its policy it is the run itself, and its orders are kept and reckoned up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dashboards.engine import commands as ask
from dashboards.engine.address import Place
from dashboards.engine.seat import Seat
from dashboards.engine.seat_file import as_toml
from dashboards.engine.seat_view import reckoning
from dashboards.engine.session import Session
from dashboards.engine.setup import Setup, offer, scenarios_of
from dashboards.engine.views import reasons
from sim import TheatreModel, load_scenario

DAYS = 24
SETUP = Setup(runs=12, days=DAYS)


@pytest.fixture(scope="module")
def model() -> TheatreModel:
    made = TheatreModel(scenarios_of(SETUP)[0], runs=SETUP.runs)
    made.run_to(DAYS)
    return made


def play(seat: Seat, decide: Callable[[Seat], dict[str, str]]) -> Seat:
    while not seat.over:
        seat.step()
        if seat.stop is not None:
            seat.decide(decide(seat))
    return seat


def test_a_seat_left_to_its_policy_is_the_run_itself(model: TheatreModel) -> None:
    seat = play(Seat(scenarios_of(SETUP)[0], 2, "damascus", 0, 3), lambda seat: {})
    for name, values in model.history.series.items():
        np.testing.assert_array_equal(seat.story.model.history.series[name][:, 0], values[:, 2], err_msg=name)
    assert seat.dated_orders() == ()
    assert all(item["same"] for item in reckoning(seat))


def test_orders_saved_as_a_file_run_as_they_were_played(tmp_path: object) -> None:
    setup = replace(SETUP, values={"moscow.reply_chance_per_day": 0.9})
    scenario = scenarios_of(setup)[0]
    seat = play(Seat(scenario, 4, "damascus", 2, 4), lambda seat: {"campaign": "hold_fire"} if seat.stop.day < 15 else {})
    path = tmp_path / "played.toml"
    path.write_text(as_toml(seat, setup), encoding="utf-8")
    again = load_scenario(path)
    assert again.orders
    model = TheatreModel(again, runs=6)
    model.run_to(DAYS)
    for name, values in seat.story.model.history.series.items():
        np.testing.assert_array_equal(model.history.series[name][:, 4], values[:, 0], err_msg=name)
    assert not all(item["same"] for item in reckoning(seat))


def test_a_seat_in_a_file_of_the_users_own_keeps_its_orders(tmp_path: object) -> None:
    own = tmp_path / "with-orders.toml"
    order = 'actor = "sdf"\ndecision = "truce"\norder = "stay"\nfrom = 2026-01-15\nto = 2026-01-20\nnote = "As it \\"was\\""\n'
    own.write_text(f'base = "baseline"\n[[orders]]\n{order}', encoding="utf-8")
    session = Session(Place(Setup(offer(own), runs=3, days=14), run=2))
    session.answer(ask.Sit("sdf", 2))
    assert "orders in this scenario already" in session.notice
    session.answer(ask.Sit("damascus", 2))
    while not session.seat.over:
        session.target = 14
        session.work(float("inf"))
        session.answer(ask.Order({"campaign": "declare_a_zone"}))
    path = tmp_path / "played.toml"
    path.write_text(as_toml(session.seat, session.place.setup), encoding="utf-8")
    model = TheatreModel(load_scenario(path), runs=3)
    model.run_to(14)
    for name, values in session.seat.story.model.history.series.items():
        np.testing.assert_array_equal(model.history.series[name][:, 2], values[:, 0], err_msg=name)


def test_a_stop_shows_what_the_policy_then_does(model: TheatreModel) -> None:
    seat = Seat(scenarios_of(SETUP)[0], 6, "us", 0, None)
    stops = 0
    while not seat.over:
        seat.step()
        if seat.stop is not None:
            stops += 1
            expected = {item.decision: item.policy.rule for item in seat.stop.decisions}
            seat.decide({})
            done = {path.partition(".")[2]: d.rule for path, d in seat.story.choices[-1].items() if path.startswith("us.")}
            assert done == expected
    assert stops > 1


def test_reasons_in_a_seat_are_the_persons_only_where_there_was_an_order() -> None:
    session = Session(Place(SETUP))
    session.answer(ask.Sit("moscow", 1))
    session.work(float("inf"))
    session.answer(ask.Order({"supply": "stay"}))
    session.work(float("inf"))
    told = {item["decision"]: item for item in reasons(session.watched, "moscow", 1)}
    assert told["moscow.supply"]["person"]
    assert told["moscow.residual"]["fired"]["rule"] == "otherwise"
    assert not any(rule["rule"].startswith("ordered_") for rule in told["moscow.residual"]["passed"])


def test_an_order_that_is_not_open_is_refused() -> None:
    seat = Seat(scenarios_of(SETUP)[0], 0, "moscow", 0, 1)
    seat.step()
    with pytest.raises(KeyError):
        seat.decide({"qamishli": "attack_everywhere"})
    assert seat.stop is not None
