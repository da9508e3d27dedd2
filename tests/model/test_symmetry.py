"""Symmetry under relabelling, and direction under the same draws: claims that hold run by run, not only on average."""

from __future__ import annotations

from dataclasses import Field, fields, replace

import numpy as np
import pytest

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.mechanisms import advance, attrition, defection
from sim.model import TheatreModel
from sim.record.history import History
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from sim.state.state import ARMY, FIGHTERS, State
from tests.shipped import SECTORS
from tests.worlds import rates as rates_of

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
    rates = rates_of("attrition", defender_advantage=1.0)
    present = np.random.default_rng(1).integers(0, 3000, (2, len(SECTORS), RUNS)).astype(np.float32)
    limit = np.full(present.shape[1:], 900.0, np.float32)
    army, fighters = attrition.exchange(present, limit, rates, Draws(1, range(RUNS)), 3, 1.0)
    theirs, ours = attrition.exchange(present[::-1], limit, rates, Swapped(1, range(RUNS)), 3, 1.0)
    assert army.sum() > 0
    assert np.array_equal(army, ours) and np.array_equal(fighters, theirs)
    assert (ARMY, FIGHTERS) == (0, 1)


def renumbered(theatre: Theatre, order: np.ndarray, sides: list[int]) -> tuple[Theatre, np.ndarray]:
    """Return the theatre with its cells in another order and its directions under other names, and the new rows of old."""
    n = theatre.size
    row = np.append(np.argsort(order), [n, n + 1])
    per_cell = ("cells", "community", "sector", "province", "allegiance_class", "area_km2", "population")
    arrays = {name: getattr(theatre, name)[order] for name in per_cell}
    arrays |= {name: row[getattr(theatre, name)][sides][:, order] for name in ("neighbours", "kin")}
    arrays |= {name: getattr(theatre, name)[sides][:, order] for name in ("edge_km", "road_edge", "river_edge")}
    return replace(theatre, **arrays), row


def moved(state: State, item: Field, row: np.ndarray) -> np.ndarray:
    """Return a copy of an array of the state, its cells in their new rows."""
    values = getattr(state, item.name)
    if item.metadata["axes"][0] in ("cells", "army_rows", "community_rows"):
        return values[np.argsort(row[: len(values)])]
    return values.copy()


def test_defection_and_advance_are_the_same_on_a_turned_lattice_with_its_cells_numbered_otherwise() -> None:
    """From the evening of 17 January on, three days of the offensive, on the lattice as it is and on one relabelled."""
    model = TheatreModel(load_scenario("baseline"), RUNS)
    model.run_to(5)
    theatre, state, rates = model.theatre, model.state, model.setting
    order = np.random.default_rng(1).permutation(theatre.size)
    turned, row = renumbered(theatre, order, [1, 2, 3, 0])
    other = replace(state, **{item.name: moved(state, item, row) for item in fields(state) if "axes" in item.metadata})
    for day in (6, 7, 8):
        for here, now in ((theatre, state), (turned, other)):
            now.day = day
            for _ in range(6):
                defection.advance(here, now, None, rates["defection"], None, 1.0 / 6.0)
                advance.advance(here, now, None, rates["advance"], None, 1.0 / 6.0)
    assert (state.taken_on > 5).any(axis=0).mean() > 0.5, "the army moves"
    for name in ("taken_on", "cause", "gone_over_on", "progress"):
        assert np.array_equal(getattr(state, name)[order], getattr(other, name)), name


def with_guards(factor: float, *sets: str) -> History:
    base = load_scenario("baseline", ["days=60", *sets])
    guards = {path: entry for path, entry in base.entries.items() if path.startswith("start.guards.")}
    changed = {path: int(np.clip(entry.value * factor, *entry.range)) for path, entry in guards.items()}
    return played(base.with_values(changed, set_by="test"), 60)


@pytest.mark.parametrize("sets", [(), ('sdf.policy="idle"', 'damascus.policy="press_on"')], ids=["documented", "pressed"])
def test_more_guards_never_raise_the_escapes_of_any_run_up_to_any_day(sets: tuple[str, ...]) -> None:
    """Whole runs under the same luck, sixty days, with half, all and twice the guards of the baseline at every site."""
    escaped = [with_guards(factor, *sets).series["detainees_escaped"] for factor in (0.5, 1.0, 2.0)]
    for more, fewer in zip(escaped[1:], escaped, strict=False):
        assert (more <= fewer).all()
        assert (more[-1] < fewer[-1]).mean() > 0.9


def test_more_guards_never_raise_the_hazard_of_escape() -> None:
    from sim.mechanisms import custody

    model = TheatreModel(load_scenario("baseline"), RUNS)
    model.run_to(5)
    rates, near = model.setting["custody"], np.ones_like(model.state.guards)
    hazards = []
    for factor in (0.25, 0.5, 1.0, 2.0, 4.0):
        state = replace(model.state, guards=model.state.guards * np.float32(factor))
        hazards.append(custody.escape_hazard(model.theatre, state, rates, near, model.draws))
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
