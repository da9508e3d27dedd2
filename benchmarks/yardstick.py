"""The cell part of a day as a compiled kernel: a yardstick for the numpy core, checked against it, and used nowhere else.

Same rules and same order of the day as sim.mechanisms.defection and sim.mechanisms.advance, written as plain loops over
cells and runs and compiled by numba, so that it shows how far array passes are from what the machine can do.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.ground.theatre import KURDISH
from sim.mechanisms import FIGHTING
from sim.model import SUB_MOVES, TheatreModel
from sim.state.state import BY_ASSAULT, BY_DEFECTION, BY_HAND_OVER, NEVER, State

KEPT = ("army", "gone_over", "threshold", "patience", "progress", "nearness")


@njit(cache=False, fastmath=False)
def _share(over, group, community, counts, shares):
    """Write (groups, runs) share gone over among the communities of each group."""
    shares[:] = 0.0
    cells, runs = over.shape[0] - 1, over.shape[1]
    for cell in range(cells):
        if community[cell]:
            for run in range(runs):
                shares[group[cell], run] += over[cell, run]
    for one in range(shares.shape[0]):
        for run in range(runs):
            shares[one, run] /= counts[one]


@njit(cache=False, fastmath=False)
def _defect(state, world, weights, shares_near, shares_far, dt):
    over, threshold, patience, nearness, gone_over_on, fighting, absent, day = state
    kin, kin_count, sector, community, class_in_province, by_class, near_count, far_count = world
    neighbour_weight, class_weight, army_weight, guarantor_weight, own_share, pace = weights
    _share(over, class_in_province, community, near_count, shares_near)
    _share(over, by_class, community, far_count, shares_far)
    cells, runs = threshold.shape
    goes = np.zeros((cells, runs), np.bool_)
    one = np.float32(1.0)
    for cell in range(cells):
        if not community[cell]:
            continue
        for run in range(runs):
            if not fighting[sector[cell], run] or over[cell, run] > 0:
                continue
            gone = over[kin[0, cell], run] + over[kin[1, cell], run] + over[kin[2, cell], run] + over[kin[3, cell], run]
            alike = own_share * shares_near[class_in_province[cell], run]
            alike += (one - own_share) * shares_far[by_class[cell], run]
            pressure = neighbour_weight * (gone / kin_count[cell]) + class_weight * alike
            pressure += army_weight * nearness[cell, run] + guarantor_weight * absent[run]
            if pressure > threshold[cell, run]:
                patience[cell, run] -= pace * dt
                goes[cell, run] = patience[cell, run] <= 0
    for cell in range(cells):
        for run in range(runs):
            if goes[cell, run]:
                over[cell, run] = 1.0
                if gone_over_on[cell, run] == NEVER:
                    gone_over_on[cell, run] = day


@njit(cache=False, fastmath=False)
def _pushed(army, over, last_gain_on, fighting, handing, core, day, world, paces, dt):
    """Return (cells, runs) progress of a sub-move, and and state of the ground from which the army comes."""
    neighbours, sector, kurdish, by_class, ease = world
    gone_pace, ordered_pace, contested, tribes, _ = paces
    cells, runs = len(sector), army.shape[1]
    moved = np.zeros((cells, runs), np.float32)
    had = np.ones((cells, runs), np.float32)
    for row in range(army.shape[0]):
        for run in range(runs):
            if last_gain_on[run] < day - 1 and army[row, run] > 1.0:
                army[row, run] = 1.0
    for cell in range(cells):
        for run in range(runs):
            if army[cell, run] > 0:
                continue
            ordered = handing[sector[cell], run] and not kurdish[cell]
            attacked = fighting[sector[cell], run]
            speed = np.float32(0.0)
            if attacked and not (kurdish[cell] and not core[run]):
                speed = gone_pace if over[cell, run] > 0 else contested[by_class[cell]]
            if ordered and ordered_pace > speed:
                speed = ordered_pace
            reach = np.float32(0.0)
            for side in range(4):
                behind = army[neighbours[side, cell], run]
                there = behind * ease[side, cell]
                if there > reach:
                    reach = there
                    had[cell, run] = max(behind, np.float32(1.0))
            moved[cell, run] = speed * reach
            if attacked:
                moved[cell, run] += tribes * over[cell, run]
            moved[cell, run] *= dt
    return moved, had


@njit(cache=False, fastmath=False)
def _hear(army, nearness, neighbours, per_cell):
    """Spread the nearness of the army by one cell."""
    cells, runs = neighbours.shape[1], nearness.shape[1]
    news = np.empty((cells, runs), np.float32)
    for cell in range(cells):
        for run in range(runs):
            best = nearness[cell, run]
            for side in range(4):
                row = neighbours[side, cell]
                source = max(per_cell * nearness[row, run], min(army[row, run], np.float32(1.0)))
                if source > best:
                    best = source
            news[cell, run] = best
    nearness[:cells] = news


@njit(cache=False, fastmath=False)
def _advance(state, world, paces, dt):
    army, over, progress, nearness, taken_on, last_gain_on, cause, fighting, handing, core, day = state
    neighbours, sector, kurdish, _, _ = world
    cells, runs = progress.shape
    moved, had = _pushed(army, over, last_gain_on, fighting, handing, core, day, world, paces, dt)
    for cell in range(cells):
        for run in range(runs):
            if army[cell, run] > 1.0:
                army[cell, run] = 1.0
            elif army[cell, run] == 0:
                progress[cell, run] += moved[cell, run]
                if progress[cell, run] >= 1.0:
                    unused = had[cell, run] * (progress[cell, run] - 1.0) / moved[cell, run]
                    army[cell, run] = 1.0 + min(unused, 1.0)
                    taken_on[cell, run] = day
                    last_gain_on[run] = day
                    if handing[sector[cell], run] and not kurdish[cell]:
                        cause[cell, run] = BY_HAND_OVER
                    else:
                        cause[cell, run] = BY_DEFECTION if over[cell, run] > 0 else BY_ASSAULT
    _hear(army, nearness, neighbours, paces[4])


class Yardstick:
    """The compiled day of the cells for the theatre and the values of a model."""

    def __init__(self, model: TheatreModel) -> None:
        theatre, self.day_length = model.theatre, np.float32(1.0 / SUB_MOVES)
        defection, advance = (model.setting.scenario[mechanism.NAME] for mechanism in FIGHTING)
        near, far = theatre.like_class_in_province, theatre.like_class
        road = np.where(theatre.road_edge, advance.road_factor, 1.0)
        ease = (road * np.where(theatre.river_edge, advance.river_factor, 1.0) / theatre.edge_km).astype(np.float32)
        sector, of_class = theatre.sector.astype(np.int64), far.of
        self.communities = (
            theatre.kin, theatre.kin_count[:, 0], sector, theatre.community, near.of, of_class, near.sizes[:, 0],
            far.sizes[:, 0],
        )  # fmt: skip
        self.ground = theatre.neighbours, sector, theatre.allegiance_class == KURDISH, of_class, ease
        self.weights = tuple(
            np.float32(value)
            for value in (
                defection.weight_neighbours, defection.weight_like_class, defection.weight_army,
                defection.weight_guarantor, defection.own_province_share, defection.going_over_per_day,
            )
        )  # fmt: skip
        contested = np.array(
            [advance.contested_other_km_per_day, advance.contested_mixed_km_per_day,
             advance.contested_kurdish_majority_km_per_day], np.float32,
        )  # fmt: skip
        self.paces = (
            np.float32(advance.gone_over_km_per_day), np.float32(advance.ordered_out_km_per_day), contested,
            np.float32(advance.tribes_take_hold_per_day), np.float32(advance.nearness_per_cell),
        )  # fmt: skip
        self.groups = near.sizes.shape[0], far.sizes.shape[0]

    def step(self, state: State) -> None:
        """Move the cells of `state` by one day, in place; the state's day is the day to compute."""
        runs = state.truce.shape[0]
        near, far = (np.zeros((groups, runs), np.float32) for groups in self.groups)
        day = np.int16(state.day)
        people = (
            state.gone_over, state.threshold, state.patience, state.nearness, state.gone_over_on, state.fighting,
            state.guarantor_absence, day,
        )  # fmt: skip
        armies = (
            state.army, state.gone_over, state.progress, state.nearness, state.taken_on, state.last_gain_on, state.cause,
            state.fighting, state.handing_over, state.assault_core, day,
        )  # fmt: skip
        for _ in range(SUB_MOVES):
            _defect(people, self.communities, self.weights, near, far, self.day_length)
            _advance(armies, self.ground, self.paces, self.day_length)
