"""Forces that leave: the Russians' road, destination and residual; the Americans' bases and what their absence means."""

from __future__ import annotations

import numpy as np
import pytest

from sim.ground.theatre import Theatre
from sim.mechanisms import guarantee, us_presence, withdrawal
from sim.scenario.theatre import theatre_of
from sim.state.orders import Orders
from sim.state.state import AIRFIELD, COAST, DRAWING_DOWN, GENERAL, GONE, HOME, NEVER, PERSONS, RESIDUAL, STORES, State
from tests.mechanisms.test_systems import days
from tests.shipped import SECTORS, TANF
from tests.worlds import baseline, evening, rates

RUNS = 64


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return theatre_of(baseline())


# --- 2, 3, 4: the withdrawal on its road, its destination, what stays -------------------------------------------------


def leaving(theatre: Theatre, **orders_: float) -> tuple[State, Orders]:
    """Return runs in which the drawdown of Qamishli has begun."""
    state, orders = evening(theatre, RUNS)
    state.withdrawal[:] = DRAWING_DOWN
    for name, value in orders_.items():
        getattr(orders, name)[:] = value
    return state, orders


def test_convoys_wait_while_there_is_fighting_on_their_road_and_the_airlift_while_it_is_at_the_airport(
    theatre: Theatre,
) -> None:
    road, flights = {}, {}
    for sector in ("deir_ez_zor", "raqqa", "hasakah"):
        state, orders = leaving(theatre)
        state.fighting[SECTORS.index(sector)] = True
        days(withdrawal, theatre, state, orders, 3)
        road[sector], flights[sector] = state.tonnes_by_road.max(), state.sorties.min()
        assert (state.convoy_days_blocked == (0 if sector == "deir_ez_zor" else 3)).all(), sector
    assert road["deir_ez_zor"] > 0
    assert road["raqqa"] == road["hasakah"] == 0
    assert flights["raqqa"] > 0
    assert flights["hasakah"] == 0


@pytest.mark.parametrize(("share", "place", "other"), [(0.0, COAST, HOME), (1.0, HOME, COAST)])
def test_the_airlift_goes_where_moscow_orders(theatre: Theatre, share: float, place: int, other: int) -> None:
    state, orders = leaving(theatre, share_to_russia=share)
    before = state.stock[:, STORES].copy()
    days(withdrawal, theatre, state, orders, 1)
    assert (state.stock[place, STORES] > before[place]).any()
    assert (state.stock[other, STORES] == before[other]).all()
    assert (state.tonnes_to_russia == share * state.tonnes_by_air).all()


def test_a_residual_stays_as_long_as_it_is_ordered(theatre: Theatre) -> None:
    state, orders = leaving(theatre, residual_persons=20, residual_aircraft=2)
    days(withdrawal, theatre, state, orders, 40)
    assert (state.withdrawal == RESIDUAL).all()
    assert (state.stock[AIRFIELD, PERSONS] == 20).all()
    orders.residual_persons[:] = orders.residual_aircraft[:] = 0
    days(withdrawal, theatre, state, orders, 1)
    assert (state.withdrawal == GONE).all()
    assert (state.stock[AIRFIELD, PERSONS] == 0).all()


# --- 19: the United States --------------------------------------------------------------------------------------------


def test_a_base_is_emptied_at_its_pace_and_left_once(theatre: Theatre) -> None:
    state, orders = evening(theatre, RUNS)
    troops = state.us_persons[TANF].copy()
    orders.leave_base[TANF] = True
    (pace,) = rates("us_presence").leaves_per_day
    took = int(np.ceil(troops[0] / pace))
    days(us_presence, theatre, state, orders, took + 5)
    assert (state.us_left_on[TANF] == took).all()
    assert (state.us_left_on[TANF + 1 :] == NEVER).all()
    assert (state.us_persons[TANF] == 0).all()


def test_the_guarantor_is_more_absent_once_it_is_ignored_shifts_partner_or_has_left(theatre: Theatre) -> None:
    plain, none = evening(theatre, RUNS)
    days(guarantee, theatre, plain, none, 1)
    ignored, orders = evening(theatre, RUNS)
    ignored.halt_urged[:] = True
    orders.campaign[:] = GENERAL
    days(guarantee, theatre, ignored, orders, 1)
    shifted, orders = evening(theatre, RUNS)
    orders.shift_partner[:] = True
    days(guarantee, theatre, shifted, orders, 1)
    left = evening(theatre, RUNS)[0]
    left.us_left_on[:] = 0
    days(guarantee, theatre, left, none, 1)
    for moved in (ignored, shifted, left):
        assert (moved.guarantor_absence > plain.guarantor_absence).all()
