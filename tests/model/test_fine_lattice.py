"""Outcomes do not hang on the size of the cell or on the number of sub-moves.

What the scenario states per cell is restated: half the fighters per cell of front, the square root of the nearness per cell.
Escapes and the dead do move (by about a third): a site stands in one cell, whose quarter the army reaches at another hour,
and a front of quarters is rougher than one of whole cells. They are not among the claims below.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sim.model
from sim.ground.theatre import Theatre
from sim.model import TheatreModel
from sim.record.outcomes import outcome_table
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from tests.fine_lattice import fine_theatre

RUNS, DAYS = 96, 28
SHARES, DATES = ("sdf_share_2026_01_20", "sdf_share_end"), ("collapse_day", "truce_agreed_on", "withdrawal_started_on")
SHARE_TOLERANCE, DAY_TOLERANCE, RELATIVE_TOLERANCE = 0.015, 1.0, 0.10


def medians(scenario: Scenario, theatre: Theatre | None = None) -> dict[str, float]:
    model = TheatreModel(scenario, RUNS, theatre=theatre)
    model.run_to(DAYS)
    table = outcome_table(model.history)
    return {name: float(np.nanmedian(table[name])) for name in (*SHARES, *DATES, "displaced_peak")}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("baseline", [f"days={DAYS}"])


@pytest.fixture(scope="module")
def as_it_is(scenario: Scenario) -> dict[str, float]:
    return medians(scenario)


def assert_close(found: dict[str, float], wanted: dict[str, float]) -> None:
    for name in SHARES:
        assert abs(found[name] - wanted[name]) < SHARE_TOLERANCE, name
    for name in DATES:
        assert abs(found[name] - wanted[name]) <= DAY_TOLERANCE, name
    assert found["displaced_peak"] == pytest.approx(wanted["displaced_peak"], rel=RELATIVE_TOLERANCE)


def restated(scenario: Scenario) -> Scenario:
    """Return the scenario with what it states per cell said of a quarter of one."""
    advance, attrition = scenario["advance"], scenario["attrition"]
    sections = dict(scenario.sections) | {
        "advance": replace(advance, nearness_per_cell=advance.nearness_per_cell**0.5),
        "attrition": replace(attrition, fighters_per_front_cell=attrition.fighters_per_front_cell / 2.0),
    }
    return replace(scenario, sections=sections)


def test_a_lattice_with_each_cell_split_in_four_gives_the_same_course(
    scenario: Scenario, as_it_is: dict[str, float]
) -> None:
    fine = fine_theatre(scenario)
    assert fine.size == 4 * TheatreModel(scenario, 1).theatre.size
    assert_close(medians(restated(scenario), fine), as_it_is)


@pytest.mark.parametrize("sub_moves", [4, 12])
def test_the_number_of_sub_moves_does_not_matter(
    scenario: Scenario, as_it_is: dict[str, float], monkeypatch: pytest.MonkeyPatch, sub_moves: int
) -> None:
    monkeypatch.setattr(sim.model, "SUB_MOVES", sub_moves)
    assert_close(medians(scenario), as_it_is)
