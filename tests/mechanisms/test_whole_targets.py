"""What moves in whole persons and items reaches a target that is no whole number: a plan, a residual, a heavy item."""

from __future__ import annotations

import numpy as np
import pytest

from sim.mechanisms import transfer, withdrawal
from sim.model import TheatreModel
from sim.scenario.theatre import theatre_of
from sim.state.state import AIR_DEFENCE, AIRCRAFT, AIRFIELD, DRAWING_DOWN, GONE, OUTPOSTS, PERSONS, RESIDUAL, State
from tests.shipped import PRISONS
from tests.worlds import baseline, evening, draws
from tests.worlds import rates as rates_of

RUNS = 6


def moved(planned: float, days: int = 120) -> State:
    state, orders = evening(theatre_of(baseline()), RUNS)
    orders.run_transfer[:] = True
    rates = rates_of("transfer", planned_persons=planned)
    transfer.initialise(theatre_of(baseline()), state, rates, draws(RUNS))
    for state.day in range(1, days):
        transfer.advance(theatre_of(baseline()), state, orders, rates, draws(RUNS), 1.0)
    return state


@pytest.mark.parametrize("planned", [3000.0, 3000.5, 4999.999, 0.5])
def test_a_transfer_ends_when_the_whole_persons_of_its_plan_are_moved(planned: float) -> None:
    state = moved(planned)
    assert (state.transferred == np.floor(planned)).all()
    assert (state.transfer_plan == state.transferred).all() and not state.transfer_running.any()
    assert planned < 1 or (state.last_batch_on < 110).all()


def test_a_transfer_ends_when_the_prisons_are_empty_whatever_was_planned() -> None:
    state = moved(50_000.0)
    assert (state.inmates[PRISONS] == 0).all() and not state.transfer_running.any()
    assert (state.transferred >= state.transfer_plan).all()


def drawn_down(persons: float, aircraft: float, days: int = 60, **heavy: float) -> State:
    theatre = theatre_of(baseline())
    state, orders = evening(theatre, RUNS)
    state.withdrawal[:] = DRAWING_DOWN
    state.stock[OUTPOSTS, AIR_DEFENCE] = 2 if heavy else 0
    orders.residual_persons[:], orders.residual_aircraft[:] = persons, aircraft
    rates = rates_of("withdrawal", **heavy)
    for state.day in range(1, days):
        withdrawal.advance(theatre, state, orders, rates, draws(RUNS), 1.0)
    return state


@pytest.mark.parametrize(("persons", "aircraft"), [(0.4, 0.9), (0.0, 0.0)])
def test_a_residual_of_less_than_one_is_none_and_the_withdrawal_ends(persons: float, aircraft: float) -> None:
    state = drawn_down(persons, aircraft)
    assert (state.withdrawal == GONE).all()
    assert (state.stock[AIRFIELD] == 0).all()


def test_a_residual_is_of_whole_persons_and_aircraft() -> None:
    state = drawn_down(20.5, 1.5)
    assert (state.withdrawal == RESIDUAL).all()
    assert (state.stock[AIRFIELD, PERSONS] == 20).all() and (state.stock[AIRFIELD, AIRCRAFT] == 1).all()


def test_an_item_heavier_than_the_days_lift_goes_alone() -> None:
    state = drawn_down(0.0, 0.0, air_defence_unit_tonnes=25.0, outpost_tonnes_per_day=20.0, convoy_tonnes_per_day=10.0)
    assert (state.withdrawal == GONE).all() and (state.stock[OUTPOSTS] == 0).all()


def test_at_a_point_of_a_sweep_a_fractional_plan_is_met_like_a_whole_one() -> None:
    ended = []
    for planned in (3000.0, 3000.7):
        scenario = baseline().with_values({"transfer.planned_persons": planned, "days": 75}, "test")
        model = TheatreModel(scenario, RUNS * 2)
        model.run_to(75)
        ended.append(model.state.transferred.copy())
        assert (model.state.transfer_plan == 3000).all()
    assert (ended[0] == ended[1]).all() and (ended[0] == 3000).any()
