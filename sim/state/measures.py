"""Quantities derived from the state that actors, mechanisms and outcomes read alike.

Those of the ground read the last survey: after changing the ground by hand, call sim.state.survey.survey.
"""

from __future__ import annotations

import numpy as np

from sim.ground.theatre import DAMASCUS, Theatre
from sim.state.state import FIGHTERS, State
from sim.state.survey import arab_communities


def sdf_share_of_country(theatre: Theatre, state: State) -> np.ndarray:
    """Return (runs,): area of SDF-held and contested cells over the lattice's area."""
    return state.held_area.sum(axis=0) / theatre.country_area


def share_left(theatre: Theatre, state: State, sectors: np.ndarray) -> np.ndarray:
    """Return (runs,): share of the area of some sectors, (sectors, 1) bool, where no army stands; 0 where there is none."""
    mine = sectors[:, 0]
    return total(state.held_area[mine]) / np.maximum(theatre.sector_area[mine].sum(), np.float32(1.0))


def arab_share_left(theatre: Theatre, state: State) -> np.ndarray:
    """Return (runs,): share of the communities of Arab or other majority whose cells Damascus has not taken."""
    return state.held_arab / max(arab_communities(theatre).sum(), 1.0)


def core_share_lost(theatre: Theatre, state: State) -> np.ndarray:
    """Return (runs,): share of the core provinces' cells that are neither SDF-held nor contested; 1 without any."""
    provinces = [member.province for member in theatre.members["core"]]
    cells = int(np.isin(theatre.grid.province, provinces).sum())
    return 1.0 - total(state.held_cells[provinces]) / np.float32(max(cells, 1))


def fighters_present(theatre: Theatre, state: State) -> np.ndarray:
    """Return (sides, sectors, runs) fighters: those at the start less losses, and less units gone over with their people."""
    left = state.strength - state.losses
    left[FIGHTERS] -= state.gone_people / theatre.sector_population * state.leavers
    return np.maximum(left, 0.0)


def mean_of_parts(parts: np.ndarray) -> np.ndarray:
    """Return (runs,) the unweighted mean of (parts, runs), summed part by part so that any block gives the same bits."""
    return total(parts) / np.float32(len(parts))


def total(parts: np.ndarray) -> np.ndarray:
    """Return (runs,) the sum of (parts, runs), part by part so that any block gives the same bits."""
    made = np.zeros(parts.shape[1], np.float32)
    for part in parts:
        made += part
    return made


def members_taken(theatre: Theatre, state: State, axis: str) -> np.ndarray:
    """Return (members, runs) bool: Damascus's forces stand at each member of an axis of places."""
    rows, cells = theatre.rows[axis], [member.cell for member in theatre.members[axis]]
    outside = (theatre.start_holder[cells] == DAMASCUS)[:, None]
    return np.where((rows < theatre.size)[:, None], state.army[rows] > 0, outside)
