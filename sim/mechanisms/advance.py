"""Advance: Damascus's forces move from ground they hold into the next cell, at a pace that depends on the opposition there.

Contested ground is slowest, ground from which the SDF has ordered its forces out is faster, and a community that has gone
over is crossed at the pace of a column; its tribes also take control of it without the army. The pace does not depend on the
force ratio (Dupuy). A cell is taken by hand-over if the SDF had ordered its forces out, else by defection if its community
had gone over, else by assault.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import KURDISH, Theatre
from sim.state.orders import Orders
from sim.state.state import BY_ASSAULT, BY_DEFECTION, BY_HAND_OVER, State
from sim.state.values import rows, value

NAME = "advance"


@dataclass(frozen=True)
class Rates:
    """[advance]: paces and the factors on them."""

    gone_over_km_per_day: float = value("km/day", 0)
    ordered_out_km_per_day: float = value("km/day", 0)
    contested_other_km_per_day: float = value("km/day", 0)
    contested_mixed_km_per_day: float = value("km/day", 0)
    contested_kurdish_majority_km_per_day: float = value("km/day", 0)
    tribes_take_hold_per_day: float = value("1/day", 0)
    road_factor: float = value("1", 0)
    river_factor: float = value("1", 0, 1)
    nearness_per_cell: float = value("1", 0, 1)


CELLS_OF_NEWS = 12
"""Sub-moves of news before the start. With a factor of about one half per cell, nearness beyond is negligible."""


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Set the nearness of the army on the first evening."""
    for _ in range(CELLS_OF_NEWS):
        state.nearness[:-2] = nearness(theatre, state, rates)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Move the army for dt days, take the cells it has crossed, and spread the news of its nearness by one cell.

    No army moves in a run where Damascus neither attacks nor receives ground; such runs may be left out.
    """
    stopped = state.last_gain_on < state.day - 1
    if stopped.any():  # the unused part of a sub-move is lost in a pause
        state.army[:, stopped] = np.minimum(state.army[:, stopped], 1.0)
    free = state.army[:-2] == 0
    ordered_out = state.handing_over[theatre.sector] & (theatre.allegiance_class != KURDISH)[:, None]
    ease = edge_ease(theatre, rates)
    step = pace(theatre, state, rates, ordered_out) * reach(theatre, state.army, ease)
    step += rates.tribes_take_hold_per_day * (state.gone_over[:-1] * state.fighting[theatre.sector])
    step *= dt * free
    state.progress += step
    cell, run = np.nonzero(free & (state.progress >= 1.0))
    left_over = unused(theatre, state, ease, step, cell, run)
    np.minimum(state.army, 1.0, out=state.army)
    state.army[cell, run] = 1.0 + left_over
    by_force = np.where(state.gone_over[cell, run] > 0, BY_DEFECTION, BY_ASSAULT)
    state.cause[cell, run] = np.where(ordered_out[cell, run], BY_HAND_OVER, by_force)
    state.taken_on[cell, run] = state.day
    state.last_gain_on[run] = state.day
    state.nearness[:-2] = nearness(theatre, state, rates)


def pace(theatre: Theatre, state: State, rates: Rates, ordered_out: np.ndarray) -> np.ndarray:
    """Return (cells, runs) the army's pace in each cell, km/day; 0 without an attack or a hand-over."""
    contested = rows(
        rates.contested_other_km_per_day,
        rates.contested_mixed_km_per_day,
        rates.contested_kurdish_majority_km_per_day,
    )[theatre.allegiance_class]
    attacked = np.where(state.gone_over[:-1] > 0, rates.gone_over_km_per_day, contested)
    spared = (theatre.allegiance_class == KURDISH)[:, None] & ~state.assault_core
    attacked = attacked * (state.fighting[theatre.sector] & ~spared)
    return np.maximum(attacked, rates.ordered_out_km_per_day * ordered_out)


def reach(theatre: Theatre, army: np.ndarray, ease: np.ndarray) -> np.ndarray:
    """Return (cells, runs) cells crossed per km of march: the best of the four edges with an army on the other side.

    ease: (4, cells, 1 or runs), of edge_ease.
    """
    strongest = np.zeros((theatre.size, army.shape[1]), np.float32)
    for side in range(4):
        np.maximum(strongest, army[theatre.neighbours[side]] * ease[side], out=strongest)
    return strongest


def edge_ease(theatre: Theatre, rates: Rates) -> np.ndarray:
    """Return (4, cells, 1 or runs) float32 cells crossed per km of march over each edge."""
    road, river = rates.road_factor, rates.river_factor
    factor = rows(np.ones(1, np.float32), road, river, road * river)
    return factor[theatre.road_edge + 2 * theatre.river_edge] / theatre.edge_km[..., None]


def unused(
    theatre: Theatre, state: State, ease: np.ndarray, step: np.ndarray, cell: np.ndarray, run: np.ndarray
) -> np.ndarray:
    """Return the share of the sub-move that is left to the army that has just taken each cell, [0, 1].

    ease: (4, cells, 1 or runs), of edge_ease. step: (cells, runs) progress of the sub-move. An army that had a share left
    from the previous sub-move had that much more time.
    """
    behind = state.army[theatre.neighbours[:, cell], run]
    strongest = (behind * ease[:, cell, run % ease.shape[-1]]).argmax(axis=0)
    time = np.maximum(behind[strongest, np.arange(len(cell))], 1.0)
    return np.minimum(time * (state.progress[cell, run] - 1.0) / step[cell, run], 1.0)


def nearness(theatre: Theatre, state: State, rates: Rates) -> np.ndarray:
    """Return (cells, runs): 1 next to the army, times a factor per cell of distance; spreads one cell per sub-move."""
    best = state.nearness[:-2].copy()
    source = np.maximum(rates.nearness_per_cell * state.nearness, np.minimum(state.army, 1.0))
    for side in range(4):
        np.maximum(best, source[theatre.neighbours[side]], out=best)
    return best
