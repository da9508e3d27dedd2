"""Each system of the record moves as it should: by hand where a day can be reckoned, by direction where it cannot.

One evening of the baseline on the real lattice, one mechanism at a time. Which system each test stands for: docs/MODEL.md.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.ground.theatre import KURDISH, Theatre
from sim.mechanisms import (
    advance,
    assets,
    campaign,
    custody,
    displacement,
    relations,
    summit,
    supply,
    talks,
    transfer,
)
from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.scenario.theatre import theatre_of
from sim.state.orders import Orders
from sim.state.state import (
    ABANDONED,
    ASKED_TO_LEAVE,
    CONFIRMED,
    DRAWING_DOWN,
    GENERAL,
    INDIVIDUAL,
    MOSCOW_TIE,
    NEVER,
    RIFT,
    SETTLED,
    UNITS,
    State,
)
from sim.state.survey import survey
from tests.shipped import AL_HOL, ASSETS, AT_TARTUS, OIL, SECTORS, SHADDADI
from tests.worlds import baseline, evening, draws, rates

RUNS = 64


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return theatre_of(baseline())


def days(mechanism: object, theatre: Theatre, state: State, orders: Orders, n: int, **changed: float) -> None:
    """Let one mechanism run for n days under the baseline's values, some changed."""
    values, chance = rates(mechanism.NAME, **changed), draws(state.truce.shape[0])  # type: ignore[attr-defined]
    for _ in range(n):
        state.day += 1
        mechanism.advance(theatre, state, orders, values, chance, 1.0)  # type: ignore[attr-defined]


def take_sector(theatre: Theatre, state: State, sector: str) -> None:
    """Put Damascus's army on a whole sector today."""
    state.army[:-2][theatre.sector == SECTORS.index(sector)] = 1.0
    state.taken_on[theatre.sector == SECTORS.index(sector)] = state.day
    survey(theatre, state)


# --- 7: the front freezes ---------------------------------------------------------------------------------------------


def test_a_truce_stops_the_army_and_without_one_kurdish_majority_ground_is_spared(theatre: Theatre) -> None:
    """An offensive ordered everywhere, and all but Kurdish-majority communities gone over."""
    fronts = {}
    for truce in (True, False):
        state, orders = evening(theatre, 1)
        orders.campaign[:], orders.offensive[:], state.truce[:] = GENERAL, True, truce
        state.day = 1
        campaign.advance(theatre, state, orders, rates("campaign"), draws(1), 1.0)
        state.gone_over[:-1] = (theatre.allegiance_class != KURDISH)[:, None]
        before = state.army.copy()
        for _ in range(60):
            advance.advance(theatre, state, orders, rates("advance"), draws(1), 0.5)
        fronts[truce] = (state.army > 0) & (before == 0)
    assert not fronts[True].any()
    assert fronts[False][:-2][theatre.allegiance_class != KURDISH].mean() > 0.9
    assert not fronts[False][:-2][theatre.allegiance_class == KURDISH].any()


# --- 9, 10: transfer and custody --------------------------------------------------------------------------------------


def test_the_transfer_begins_with_its_first_batch_keeps_to_the_intake_and_ends_with_the_plan(theatre: Theatre) -> None:
    state, orders = evening(theatre, RUNS)
    state.transfer_plan[:] = 1000
    orders.run_transfer[:] = True
    days(transfer, theatre, state, orders, 1, planned_persons=1000)
    assert (state.transferred == rates("transfer").first_batch).all()
    for _ in range(200):
        before = state.transferred.copy()
        days(transfer, theatre, state, orders, 1, planned_persons=1000, intake_per_day=300)
        assert (state.transferred - before <= 300).all()
    assert (state.transferred == 1000).all()
    assert not state.transfer_running.any()


def test_more_get_out_of_an_abandoned_prison_and_residents_who_leave_a_camp_are_not_retaken(theatre: Theatre) -> None:
    guarded, orders = evening(theatre, RUNS)
    left, none = evening(theatre, RUNS)
    orders.abandon[[SHADDADI, AL_HOL]] = True
    days(custody, theatre, left, orders, 1)
    days(custody, theatre, guarded, none, 1)
    assert (left.custody[[SHADDADI, AL_HOL]] == ABANDONED).all()
    assert (left.guarding_failed_on == 1).all()
    assert (left.escaped[SHADDADI] > guarded.escaped[SHADDADI]).all()
    assert left.recaptured[SHADDADI].mean() / left.escaped[SHADDADI].mean() == pytest.approx(
        rates("custody").recaptured_share, abs=0.02
    )
    assert (left.escaped[AL_HOL] > 0).all()
    assert (left.recaptured[AL_HOL] == 0).all()


# --- 12: talks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "individual", "units", "signed"),
    [(INDIVIDUAL, True, False, True), (INDIVIDUAL, False, True, False), (UNITS, False, True, True), (0, True, True, False)],
)
def test_a_deal_is_signed_where_the_terms_offered_are_accepted(
    theatre: Theatre, offered: int, individual: bool, units: bool, signed: bool
) -> None:
    state, orders = evening(theatre, RUNS)
    orders.terms_offered[:], orders.individual_accepted[:], orders.units_accepted[:] = offered, individual, units
    days(talks, theatre, state, orders, 1)
    assert (state.deal == signed).all()
    assert (state.truce == signed).all(), "a deal makes an open-ended truce"
    assert (np.isinf(state.truce_ends) == signed).all()


def test_institutions_follow_a_deal_one_by_one_in_their_order_and_not_without_one(theatre: Theatre) -> None:
    without, nothing = evening(theatre, RUNS)
    state, orders = evening(theatre, RUNS)
    orders.terms_offered[:], orders.individual_accepted[:] = INDIVIDUAL, True
    for s, o in ((without, nothing), (state, orders)):
        days(talks, theatre, s, o, 400)
    assert (without.institution_on == NEVER).all()
    assert (state.institution_on > 1).all(), "none on the day of the signature"
    assert (np.diff(state.institution_on, axis=0) >= 1).all(), "one at most a day, in the order of INSTITUTIONS"


# --- 13, 14: the summit and supply ------------------------------------------------------------------------------------


def at_the_summit(theatre: Theatre, tie: float = 0.3, phase: int = 0, delivered: float = 0.0) -> State:
    state, orders = evening(theatre, RUNS)
    state.summit_today = True
    state.relation[MOSCOW_TIE], state.withdrawal[:], state.supply_total[:] = tie, phase, delivered
    days(summit, theatre, state, orders, 1)
    return state


def test_a_better_tie_a_withdrawal_under_way_and_deliveries_never_worsen_the_summit(theatre: Theatre) -> None:
    plain = at_the_summit(theatre, tie=0.0).summit_result
    for better in ({"tie": 0.6}, {"tie": 0.0, "phase": DRAWING_DOWN}, {"tie": 0.0, "delivered": 5000.0}):
        result = at_the_summit(theatre, **better).summit_result  # type: ignore[arg-type]
        assert (result >= plain).all(), better
        assert (result > plain).any(), better


def test_a_settled_summit_confirms_both_bases_and_a_rift_costs_them_a_step(theatre: Theatre) -> None:
    good, bad = at_the_summit(theatre, 1.0, DRAWING_DOWN, 1e6), at_the_summit(theatre, -1.0)
    assert (good.summit_result == SETTLED).any() and (bad.summit_result == RIFT).any()
    assert (good.base_status[:, good.summit_result == SETTLED] == CONFIRMED).all()
    assert (bad.base_status[:, bad.summit_result == RIFT] == ASKED_TO_LEAVE).all()
    assert (bad.relation[MOSCOW_TIE, bad.summit_result == RIFT] == -1.0).all()


def test_on_any_other_day_nothing_is_settled(theatre: Theatre) -> None:
    state, orders = evening(theatre, RUNS)
    before = state.base_status.copy()
    days(summit, theatre, state, orders, 5)
    assert (state.summit_result == 0).all()
    assert (state.base_status == before).all()


def test_readiness_rises_with_deliveries_wears_off_without_and_a_closed_port_lands_nothing(theatre: Theatre) -> None:
    supplied, orders = evening(theatre, RUNS)
    idle, none = evening(theatre, RUNS)
    closed = evening(theatre, RUNS)[0]
    closed.base_status[AT_TARTUS] = ASKED_TO_LEAVE
    orders.supply_rate[:] = 30
    for state, given in ((supplied, orders), (idle, none), (closed, orders)):
        days(supply, theatre, state, given, 100)
    assert (supplied.supply_total == 100 * 30).all()
    assert (closed.supply_total == 0).all()
    assert (supplied.readiness > idle.readiness).all()
    assert (idle.readiness <= baseline()["start"].coastal_bases.readiness).all()
    assert (closed.readiness == idle.readiness).all()


def test_the_tie_falls_while_a_request_waits_and_rises_when_it_is_granted(theatre: Theatre) -> None:
    waiting, none = evening(theatre, RUNS)
    granted, orders = evening(theatre, RUNS)
    plain = evening(theatre, RUNS)[0]
    waiting.requested_on[:] = granted.requested_on[:] = 0
    orders.leave_airfield[:] = True
    for state, given in ((waiting, none), (granted, orders), (plain, none)):
        days(relations, theatre, state, given, 1)
    assert (waiting.relation[MOSCOW_TIE] < plain.relation[MOSCOW_TIE]).all()
    assert (granted.relation[MOSCOW_TIE] > plain.relation[MOSCOW_TIE]).all()


# --- 20, 21: people, oil ----------------------------------------------------------------------------------------------


def test_people_flee_what_is_attacked_near_the_army_and_return_in_calm(theatre: Theatre) -> None:
    state, orders = evening(theatre, RUNS)
    host = theatre.grid.province_index("hasakah")
    state.displaced[host] = 0.0
    state.nearness[:] = 1.0
    days(displacement, theatre, state, orders, 5)
    assert (state.displaced[host] == 0).all(), "nobody flees in calm"
    state.fighting[SECTORS.index("raqqa")] = True
    days(displacement, theatre, state, orders, 5)
    fled = state.displaced[host].copy()
    assert (fled > 0).all()
    state.fighting[:] = False
    days(displacement, theatre, state, orders, 10)
    back = 1.0 - rates("displacement").return_across_lines_per_day
    assert state.displaced[host] == pytest.approx(fled * back**10, rel=1e-4)


def test_oil_goes_with_the_ground_or_by_a_deal_and_counts_by_its_weight(theatre: Theatre) -> None:
    values = rates("assets")
    weights = dict(zip(("al_omar", "al_tanak", "al_jafra", "rmelan", "suwaydiyah"), values.output, strict=True))
    state = evening(theatre, 1)[0]
    assets.note_holders(theatre, state, values)
    start = float(state.oil_share_damascus[0])
    take_sector(theatre, state, "deir_ez_zor")
    assets.note_holders(theatre, state, values)
    south = sum(weights[name] for name in ("al_omar", "al_tanak", "al_jafra")) / sum(weights.values())
    assert start == 0.0
    assert state.oil_share_damascus[0] == pytest.approx(south)
    state.institution_on[OIL] = 3
    assets.note_holders(theatre, state, values)
    assert state.oil_share_damascus[0] == 1.0
    assert state.asset_taken[ASSETS.index("rmelan")].all() and not state.asset_taken[ASSETS.index("semalka")].any()


# --- 22: pressure from outside ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pressure", ["turkish_pressure", "mediation", "israeli_pressure", "border_control"])
def test_each_pressure_from_outside_moves_some_run(pressure: str) -> None:
    """Settings and not actors: from none to full, they change what the actors or the insurgents do."""
    ends = []
    for value in (0, 1):
        setting = f'start.outside.{pressure}={{ value = {value}, range = [0, 1], source = "assumed: the test itself" }}'
        model = TheatreModel(load_scenario("baseline", ["days=90", setting]), runs=RUNS)
        model.run_to(90)
        ends.append(model.history.series)
    assert any((ends[0][name] != ends[1][name]).any() for name in ("sdf_share", "deal", "killed_damascus", "attacks"))
