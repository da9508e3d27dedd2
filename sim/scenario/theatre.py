"""The theatre of a scenario: the rasters that it names, cut out of the lattice."""

from __future__ import annotations

from dataclasses import replace

from sim.ground.grid import ALLEGIANCE_LETTERS, load_control, load_grid
from sim.ground.members import load_sectors
from sim.ground.theatre import Theatre, make_theatre
from sim.scenario.scenario import Scenario


def theatre_of(scenario: Scenario) -> Theatre:
    """Cut the theatre that a scenario is played on out of the lattice."""
    grid = load_grid()
    if scenario.classes:
        grid = replace(grid, allegiance_class=load_control(scenario.classes, ALLEGIANCE_LETTERS))
    sectors = load_sectors(scenario.sectors, scenario.members)
    return make_theatre(grid, load_control(scenario.control), load_control(scenario.communities), sectors, scenario.members)
