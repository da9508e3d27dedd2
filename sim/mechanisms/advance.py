"""Advance: Damascus's forces flow from ground they hold into the next cell, at a pace set by who opposes them there.

Contested ground is slow, ground that the SDF ordered out is faster, a community gone over is crossed at the pace of a
column; its own tribes take hold of it besides, wherever the army is. No relation to the force ratio (Dupuy). A cell is
taken by hand-over where the SDF had ordered it out, else by defection where its community had gone over, else by assault.
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
    """[advance]: paces and what slows or speeds them."""

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
"""Sub-moves of news before the start: with a factor per cell of about one half, nothing is left further off."""


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Let the army's nearness on the first evening be known."""
    for _ in range(CELLS_OF_NEWS):
        state.nearness[:-2] = nearness(theatre, state, rates)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Move the army for dt days, take the cells it has crossed, and spread the news of its nearness by one cell.

    No army moves where Damascus neither attacks nor receives ground, so such a run may be left out.
    """
    stopped = state.last_gain_on < state.day - 1
    if stopped.any():  # what a sub-move left unused is lost in a pause
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
    by_people = np.where(state.gone_over[cell, run] > 0, BY_DEFECTION, BY_ASSAULT)
    state.cause[cell, run] = np.where(ordered_out[cell, run], BY_HAND_OVER, by_people)
    state.taken_on[cell, run] = state.day
    state.last_gain_on[run] = state.day
    state.nearness[:-2] = nearness(theatre, state, rates)


def pace(theatre: Theatre, state: State, rates: Rates, ordered_out: np.ndarray) -> np.ndarray:
    """Return (cells, runs) km a day at which the army crosses each cell; 0 where neither attack nor hand-over is on."""
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
    """Return (cells, runs) cells crossed per km of march: the best of the four edges an army stands behind.

    ease: (4, cells, 1 or runs) as edge_ease returns it.
    """
    best = np.zeros((theatre.size, army.shape[1]), np.float32)
    for side in range(4):
        np.maximum(best, army[theatre.neighbours[side]] * ease[side], out=best)
    return best


def edge_ease(theatre: Theatre, rates: Rates) -> np.ndarray:
    """Return (4, cells, 1 or runs) float32 cells crossed per km of march over each edge."""
    road, river = rates.road_factor, rates.river_factor
    factor = rows(np.ones(1, np.float32), road, river, road * river)
    return factor[theatre.road_edge + 2 * theatre.river_edge] / theatre.edge_km[..., None]


def unused(
    theatre: Theatre, state: State, ease: np.ndarray, step: np.ndarray, cell: np.ndarray, run: np.ndarray
) -> np.ndarray:
    """Return, for cells just taken, the share of a sub-move that is left to the army that took them, [0, 1].

    ease: (4, cells, 1 or runs) as edge_ease returns it. step: (cells, runs) progress of the sub-move; an army with a share
    left of the one before had that much more time for it.
    """
    behind = state.army[theatre.neighbours[:, cell], run]
    best = (behind * ease[:, cell, run % ease.shape[-1]]).argmax(axis=0)
    time = np.maximum(behind[best, np.arange(len(cell))], 1.0)
    return np.minimum(time * (state.progress[cell, run] - 1.0) / step[cell, run], 1.0)


def nearness(theatre: Theatre, state: State, rates: Rates) -> np.ndarray:
    """Return (cells, runs): 1 beside the army, falling by a factor per cell further off; grows by a cell a sub-move."""
    best = state.nearness[:-2].copy()
    source = np.maximum(rates.nearness_per_cell * state.nearness, np.minimum(state.army, 1.0))
    for side in range(4):
        np.maximum(best, source[theatre.neighbours[side]], out=best)
    return best
