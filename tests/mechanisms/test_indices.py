"""The three indices move with each of their parts, in the direction that each part says, and with nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from sim.ground.theatre import Theatre
from sim.mechanisms import assets, indices, prospects
from sim.scenario.theatre import theatre_of
from sim.state.state import AIRFIELD, COAST, FIGHTERS, PERSONS
from tests.mechanisms.test_systems import take_sector
from tests.worlds import baseline, evening, rates


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return theatre_of(baseline())


def parts(theatre: Theatre, index: str, **changed: object) -> np.ndarray:
    """Return (parts,) of an index on the first evening with some of the state changed."""
    state = evening(theatre, 1)[0]
    assets.note_holders(theatre, state, rates("assets"))
    for name, value in changed.items():
        getattr(state, name)[...] = value
    values = rates("indices")
    return {
        "influence": lambda: indices.influence(state, values),
        "authority": lambda: indices.authority(theatre, state, values),
        "uncertainty": lambda: indices.uncertainty(theatre, state, values),
    }[index]()[:, 0]


def test_moscow_s_influence_rises_with_each_part_and_not_with_troops_in_the_northeast(theatre: Theatre) -> None:
    plain = parts(theatre, "influence", supply=0.0, relation=0.0, base_status=1)
    assert parts(theatre, "influence", supply=30.0, relation=0.0, base_status=1)[1] > plain[1]
    assert parts(theatre, "influence", supply=0.0, relation=0.5, base_status=1)[2] > plain[2]
    assert parts(theatre, "influence", supply=0.0, relation=0.0, base_status=2)[3] > plain[3]
    state = evening(theatre, 1)[0]
    full = indices.influence(state, rates("indices"))
    state.stock[AIRFIELD] = 0
    assert (indices.influence(state, rates("indices")) == full).all()
    state.stock[COAST, PERSONS] /= 100
    assert indices.influence(state, rates("indices"))[0] < full[0]


def test_damascus_s_authority_rises_with_ground_people_institutions_oil_recognition_and_calm(theatre: Theatre) -> None:
    plain = parts(theatre, "authority", violations=2.0)
    state = evening(theatre, 1)[0]
    take_sector(theatre, state, "raqqa")
    taken = indices.authority(theatre, state, rates("indices"))[:, 0]
    assert (taken[:2] > plain[:2]).all()
    assert parts(theatre, "authority", institution_on=5)[2] == 1.0 > plain[2]
    assert parts(theatre, "authority", oil_share_damascus=1.0)[3] == 1.0 > plain[3]
    assert parts(theatre, "authority", guarantor_absence=1.0)[4] > plain[4]
    assert parts(theatre, "authority", relation=1.0)[4] > plain[4]
    assert parts(theatre, "authority", violations=0.0)[5] == 1.0 > plain[5]
    assert parts(theatre, "authority", fighting=True)[5] == 0.0


def test_the_sdf_s_uncertainty_is_full_where_all_is_open_and_none_where_it_is_settled(theatre: Theatre) -> None:
    assert parts(theatre, "uncertainty", prospects=0.5, guarantor_absence=0.5).tolist() == [1.0, 1.0, 0.0]
    for settled in (0.0, 1.0):
        assert parts(theatre, "uncertainty", prospects=settled, guarantor_absence=settled).tolist() == [0.0, 0.0, 0.0]
    full = rates("indices").upheaval_share * theatre.grid.cells
    assert parts(theatre, "uncertainty", taken_cells=full / 2)[2] == pytest.approx(0.5)
    assert parts(theatre, "uncertainty", taken_cells=2 * full)[2] == 1.0


def test_the_sdf_s_prospects_fall_with_ground_the_guarantor_and_fighters_lost(theatre: Theatre) -> None:
    state = evening(theatre, 1)[0]
    plain = prospects.estimate(theatre, state)
    without_guarantor = evening(theatre, 1)[0]
    without_guarantor.guarantor_absence[:] = 1.0
    without_ground = evening(theatre, 1)[0]
    take_sector(theatre, without_ground, "raqqa")
    bled = evening(theatre, 1)[0]
    bled.losses[FIGHTERS] = bled.strength[FIGHTERS]
    for worse in (without_guarantor, without_ground, bled):
        assert prospects.estimate(theatre, worse) < plain
