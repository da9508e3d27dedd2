"""The survey: what is read off the ground over and over, summed up once on the evenings when the ground has changed.

Only a run that fights or hands ground over changes its ground, so the rest keep what was last surveyed.
"""

from __future__ import annotations

import numpy as np

from sim.ground.theatre import KURDISH, OTHER, Theatre
from sim.state.state import NEVER, RECENT_DAYS, State


def survey(theatre: Theatre, state: State) -> None:
    """Sum up the ground of every run of `state`: who holds how much of it, what went over, where it is contested."""
    held = state.sdf_held()
    state.held_area[:] = theatre.by_sector @ (held * theatre.area_km2[:, None])
    state.held_people[:] = theatre.by_sector @ (held * theatre.population[:, None])
    state.held_cells[:] = theatre.by_province @ held
    state.held_arab[:] = (theatre.by_sector @ (held * arab_communities(theatre)[:, None])).sum(axis=0)
    state.gone_people[:] = theatre.by_sector @ (state.gone_over[:-1] * theatre.population[:, None])
    state.front_cells[:] = theatre.by_sector @ front(theatre, state).astype(np.float32)
    by_province = theatre.by_province @ (state.taken_on != NEVER).astype(np.float32)
    state.taken_cells[:-1] = by_province[[member.province for member in theatre.members["insurgent_provinces"]]]
    state.taken_cells[-1] = by_province.sum(axis=0)


def arab_communities(theatre: Theatre) -> np.ndarray:
    """Return (cells,) float32: 1 for the communities of Arab or other majority."""
    return ((theatre.allegiance_class == OTHER) & theatre.community).astype(np.float32)


def front(theatre: Theatre, state: State) -> np.ndarray:
    """Return (cells, runs) bool: under attack, beside the army, and the community holds."""
    attacked = state.fighting[theatre.sector] & ((theatre.allegiance_class != KURDISH)[:, None] | state.assault_core)
    holds = (state.gone_over[:-1] == 0) & (state.army[:-2] == 0)
    return attacked & (state.nearness[:-2] >= 1.0) & holds


def close_day(state: State) -> None:
    """Keep the evening's count of cells taken so far."""
    state.taken_cells_then[state.day % RECENT_DAYS] = state.taken_cells


def taken_lately(state: State, days: np.ndarray | float) -> np.ndarray:
    """Return (insurgent provinces and all, runs): cells taken today or in the last `days`.

    days: (1 or runs,), each fewer than RECENT_DAYS - 1; of a part of a day nothing counts.
    """
    before = state.day - np.asarray(days).astype(int) - 1
    then = state.taken_cells_then[before % RECENT_DAYS, :, np.arange(state.taken_cells.shape[1])].T
    return state.taken_cells - np.where(before < 0, np.float32(0.0), then)
