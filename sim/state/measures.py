"""Quantities derived from the state that actors, mechanisms and outcomes read alike.

Those of the ground read the last survey: after changing the ground by hand, call sim.state.survey.survey.
"""

from __future__ import annotations

import numpy as np

from sim.ground.theatre import Theatre
from sim.state.state import FIGHTERS, State
from sim.state.survey import arab_communities


def sdf_share_of_country(theatre: Theatre, state: State) -> np.ndarray:
    """Return (runs,): area of SDF-held and contested cells over the lattice's area."""
    return state.held_area.sum(axis=0) / theatre.country_area


def sector_share_left(theatre: Theatre, state: State) -> np.ndarray:
    """Return (sectors, runs): share of each sector's area where no army stands; 0 for an empty sector."""
    return state.held_area / theatre.sector_area


def arab_share_left(theatre: Theatre, state: State) -> np.ndarray:
    """Return (runs,): share of the communities of Arab or other majority whose cells Damascus has not taken."""
    return state.held_arab / max(arab_communities(theatre).sum(), 1.0)


def province_share_not_sdf(theatre: Theatre, state: State, province: int) -> np.ndarray:
    """Return (runs,): share of the province's cells that are neither SDF-held nor contested."""
    cells = int((theatre.grid.province == province).sum())
    return 1.0 - state.held_cells[province] / cells


def fighters_present(theatre: Theatre, state: State) -> np.ndarray:
    """Return (sides, sectors, runs) fighters: those at the start less losses, and less units gone over with their people."""
    left = state.strength - state.losses
    left[FIGHTERS] -= state.gone_people / theatre.sector_population * state.leavers
    return np.maximum(left, 0.0)


def mean_of_parts(parts: np.ndarray) -> np.ndarray:
    """Return (runs,) the unweighted mean of (parts, runs), summed part by part so that any block gives the same bits."""
    total = np.zeros(parts.shape[1], np.float32)
    for part in parts:
        total += part
    return total / np.float32(len(parts))


def held_by_damascus(theatre: Theatre, state: State, lattice_cell: int) -> np.ndarray:
    """Return (runs,) bool: Damascus's forces stand in the lattice cell."""
    row = theatre.row_of(lattice_cell)
    if row < theatre.size:
        return state.army[row] > 0
    return np.full(state.army.shape[1], theatre.start_holder[lattice_cell] == 0)
