"""Symmetry under relabelling, and direction under the same luck: claims that hold run by run, not only on average."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.draws import Draws
from sim.history import History
from sim.mechanisms import attrition
from sim.model import TheatreModel
from sim.scenario import Scenario, load_scenario
from sim.state import ARMY, FIGHTERS
from sim.theatre import SECTORS

RUNS = 48


def played(scenario: Scenario, days: int) -> History:
    model = TheatreModel(scenario, RUNS)
    model.run_to(days)
    return model.history


class Swapped(Draws):
    """The luck of the other side."""

    def daily(self, name: str, day: int, width: int = 1) -> np.ndarray:
        other = {"attrition.army": "attrition.sdf", "attrition.sdf": "attrition.army"}
        return super().daily(other.get(name, name), day, width)


def test_attrition_is_the_same_with_the_sides_exchanged() -> None:
    rates = replace(load_scenario("baseline")["attrition"], defender_advantage=1.0)
    present = np.random.default_rng(1).integers(0, 3000, (2, len(SECTORS), RUNS)).astype(np.float32)
    limit = np.full(present.shape[1:], 900.0, np.float32)
    army, fighters = attrition.exchange(present, limit, rates, Draws(1, 0, RUNS), 3, 1.0)
    theirs, ours = attrition.exchange(present[::-1], limit, rates, Swapped(1, 0, RUNS), 3, 1.0)
    assert army.sum() > 0
    assert np.array_equal(army, ours) and np.array_equal(fighters, theirs)
    assert (ARMY, FIGHTERS) == (0, 1)


def test_more_guards_never_raise_escapes_from_guarded_prisons() -> None:
    """On the mechanism, under the same luck: what escapes do to the course of a run is another matter."""
    from sim.mechanisms import custody

    model = TheatreModel(load_scenario("baseline"), RUNS)
    model.run_to(5)
    rates, near = model.setting["custody"], np.ones_like(model.state.guards)
    hazards = []
    for factor in (0.25, 0.5, 1.0, 2.0, 4.0):
        state = replace(model.state, guards=model.state.guards * np.float32(factor))
        hazards.append(custody.escape_hazard(state, rates, near, model.luck))
    for more, fewer in zip(hazards[1:], hazards, strict=False):
        assert (more <= fewer).all()
    assert (hazards[-1] < hazards[0]).any()


def test_a_longer_extension_never_lowers_survival_at_the_old_end() -> None:
    """Runs are the same until the first extension ends; from there on only the longer can still be in force by its term."""
    days = 8 + 4 + 15 + 2
    short, long = (
        played(load_scenario("baseline", [f"days={days}", f"damascus.extension_days={term}"]), days) for term in (10, 20)
    )
    extended = (short.series["truce_extensions"] > 0) & (long.series["truce_extensions"] > 0)
    first = np.where(extended.any(axis=0), extended.argmax(axis=0), days)
    some = first + 11 <= days
    assert some.sum() > RUNS / 2
    runs = np.flatnonzero(some)
    old_end = first[runs] + 10
    assert (long.series["truce"][old_end, runs] >= short.series["truce"][old_end, runs]).all()


@pytest.mark.parametrize("sorties", [(1.0, 2.0), (1.5, 3.0)])
def test_more_flights_never_leave_more_behind(sorties: tuple[float, float]) -> None:
    few, many = (
        played(load_scenario("baseline", ["days=30", f"withdrawal.airlift_sorties_per_day={rate}"]), 30) for rate in sorties
    )
    left = [h.series["qamishli_radars"] + h.series["qamishli_air_defence"] for h in (few, many)]
    assert (left[1] <= left[0]).all() and (left[1] < left[0]).any()


def test_a_guarantor_more_absent_never_holds_a_community_back() -> None:
    """Under the same luck and the same orders, more absence raises every pressure: nobody who went over stays."""
    sets = [
        "days=6",
        'start.course.campaign="general"',
        'damascus.policy="press_on"',
        'sdf.policy="idle"',
        'us.policy="idle"',
    ]
    present, absent = (
        played(load_scenario("baseline", [*sets, f"start.ties.guarantor_absence={absence}"]), 6) for absence in (0.5, 0.7)
    )
    over = [np.where(h.gone_over_on < 0, 99, h.gone_over_on) for h in (present, absent)]
    assert (over[1] <= over[0]).all() and (over[1] < over[0]).any()
