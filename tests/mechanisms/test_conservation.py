"""Nothing appears or vanishes: equipment, persons, detainees, cells, fighters, people."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pytest

from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.state.state import ARMY, BY_ASSAULT, BY_HAND_OVER, FIGHTERS, NEVER, State
from tests.shipped import CUSTODY_SITES, PRISONS

RUNS, DAYS = 24, 90
SCENARIOS = ("baseline", "mass-escape", "damascus-presses-on", "early-integration", "us-leaves-first", "transfer-stalls")


@dataclass(frozen=True)
class Lived:
    """A model at its horizon, and its state on every evening, the first included."""

    model: TheatreModel
    states: list[State]


@pytest.fixture(scope="module", params=SCENARIOS)
def lived(request: pytest.FixtureRequest) -> Lived:
    """Runs of a scenario, lived through once for all that is asserted of them."""
    model = TheatreModel(load_scenario(request.param), runs=RUNS)
    states = [deepcopy(model.state)]
    while model.running:
        model.step()
        states.append(deepcopy(model.state))
    return Lived(model, states)


def evenings(lived: Lived, days: int = DAYS) -> Iterator[tuple[TheatreModel, State]]:
    """Yield the model and its state on every evening, the first included."""
    for state in lived.states[: days + 1]:
        yield lived.model, state


def test_what_moscow_has_is_somewhere(lived: Lived) -> None:
    begun = None
    for _, state in evenings(lived):
        total = state.stock.sum(axis=0) + state.on_the_road.sum(axis=0)
        begun = total.copy() if begun is None else begun
        np.testing.assert_allclose(total, begun, rtol=1e-6)
        assert (state.stock >= 0).all() and (state.on_the_road >= 0).all()


def test_a_detainee_is_held_at_large_or_in_iraq(lived: Lived) -> None:
    begun = None
    for model, state in evenings(lived):
        at_large = state.escaped - state.recaptured
        held = state.inmates + at_large
        total = held[PRISONS].sum(axis=0) + state.transferred
        camps = held[PRISONS.stop :]
        if begun is None:
            course = model.setting["start"].course
            before = np.zeros(len(CUSTODY_SITES))
            before[CUSTODY_SITES.index("shaddadi_prison")] = (course.escaped_shaddadi - course.recaptured_shaddadi)[0]
            assert (at_large == before[:, None]).all()
            begun = total.copy(), camps.copy()
        np.testing.assert_array_equal(total, begun[0])
        np.testing.assert_array_equal(camps, begun[1])
        assert (state.inmates >= 0).all() and (at_large >= 0).all()
        assert (state.transferred <= state.transfer_plan).all()


def test_a_cell_changes_hands_once_with_a_day_and_a_cause(lived: Lived) -> None:
    before = None
    for _, state in evenings(lived, days=60):
        taken = state.army[:-2] > 0
        if before is not None:
            assert not (before & ~taken).any(), "ground came back without a rule"
            new = taken & ~before
            assert (state.taken_on[new] == state.day).all()
            assert ((state.cause[new] >= BY_HAND_OVER) & (state.cause[new] <= BY_ASSAULT)).all()
        before = taken.copy()
        assert (state.cause[~taken] == 0).all()
        assert (state.taken_on[~taken] == NEVER).all()
        assert (state.army[-2] == 0).all() and (state.army[-1] == 1).all()


def test_the_survey_is_what_a_count_of_the_cells_gives(lived: Lived) -> None:
    for model, state in evenings(lived, days=30):
        theatre, held = model.theatre, state.army[:-2] == 0
        for sector in range(len(state.held_area)):
            here = theatre.sector == sector
            np.testing.assert_allclose(state.held_area[sector], theatre.area_km2[here] @ held[here], rtol=1e-5, atol=0.1)
            np.testing.assert_allclose(state.held_people[sector], theatre.population[here] @ held[here], rtol=1e-5, atol=1)
        assert (state.taken_cells[-1] == (state.taken_on != NEVER).sum(axis=0)).all()
        assert (state.held_cells.sum(axis=0) == held.sum(axis=0)).all()


def test_no_side_loses_more_than_it_has_and_nobody_rises(lived: Lived) -> None:
    killed = None
    for _, state in evenings(lived):
        assert (state.losses <= state.strength + 1e-3).all()
        assert (state.killed[ARMY] >= state.losses[ARMY].sum(axis=0) - 1e-2).all()
        assert (state.killed[FIGHTERS] >= state.losses[FIGHTERS].sum(axis=0) - 1e-2).all()
        if killed is not None:
            assert (state.killed >= killed).all()
        killed = state.killed.copy()


def test_nobody_flees_from_where_nobody_is(lived: Lived) -> None:
    for model, state in evenings(lived):
        present = model.theatre.sector_population * model.setting["displacement"].present_share_of_2016
        assert (state.fled >= 0).all() and (state.fled <= present + 1).all()
        assert (state.displaced >= 0).all()


def test_shares_and_indices_stay_within_their_bounds(lived: Lived) -> None:
    for _, state in evenings(lived, days=180):
        for parts in (state.influence_parts, state.authority_parts, state.uncertainty_parts):
            assert (parts >= 0).all() and (parts <= 1 + 1e-6).all()
        for share in (state.prospects, state.readiness, state.guarantor_absence, state.oil_share_damascus):
            assert (share >= 0).all() and (share <= 1 + 1e-6).all()
        assert (np.abs(state.relation) <= 1).all()
        assert (state.us_persons >= 0).all()
