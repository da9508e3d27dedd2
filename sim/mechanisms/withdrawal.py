"""Withdrawal of Russian forces from the airfield in the northeast and its outposts: request, airlift, convoys, residual.

Stocks are persons, whole items and tonnes of stores. An evacuation is announced, prepared for a day or two, then draws
down: outposts feed the airport by road, cargo flights and convoys each carry what they can in a day, helicopters fly out
themselves, persons leave in step with the equipment. What Moscow orders kept is the residual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws, binomial
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import (
    AIR_DEFENCE,
    AIRCRAFT,
    AIRFIELD,
    ANNOUNCED,
    ARMOUR,
    EQUIPMENT_CLASSES,
    COAST,
    DRAWING_DOWN,
    GONE,
    HELICOPTERS,
    HOME,
    NEVER,
    OUTPOSTS,
    PERSONS,
    RADARS,
    RESIDUAL,
    STAYING,
    STORES,
    TRANSIT_DAYS,
    State,
)
from sim.state.values import rows, value

NAME = "withdrawal"

BY_AIR = (RADARS, AIR_DEFENCE, STORES, ARMOUR)
"""Loading order of the airlift: what is costliest to lose first."""

BY_ROAD = (ARMOUR, STORES)
"""Loading order of the convoys."""


@dataclass(frozen=True)
class Rates:
    """[withdrawal]: unit weights, capacities, distances."""

    armoured_vehicle_tonnes: float = value("tonnes", 0.1)
    radar_tonnes: float = value("tonnes", 0.1)
    air_defence_unit_tonnes: float = value("tonnes", 0.1)
    helicopter_tonnes: float = value("tonnes", 0.1)
    preparation_days_min: float = value("days", 0)
    preparation_days_max: float = value("days", 0)
    airlift_sorties_per_day: float = value("1/day", 0)
    tonnes_per_sortie: float = value("tonnes", 0)
    convoy_tonnes_per_day: float = value("tonnes/day", 0)
    convoy_km_per_day: float = value("km/day", 70)
    road_to_coast_km: float = value("km", 0)
    outpost_tonnes_per_day: float = value("tonnes/day", 0)
    helicopter_leaving_chance_per_day: float = value("1/day", 0, 0.999)


def unit_tonnes(rates: Rates) -> np.ndarray:
    """Return (classes, 1 or runs) float32 tonnes of one item; persons and aircraft weigh nothing here."""
    weights = {
        ARMOUR: rates.armoured_vehicle_tonnes,
        RADARS: rates.radar_tonnes,
        AIR_DEFENCE: rates.air_defence_unit_tonnes,
        STORES: np.ones(1, np.float32),
        HELICOPTERS: rates.helicopter_tonnes,
    }
    return rows(*(weights.get(index, np.zeros(1, np.float32)) for index in range(len(EQUIPMENT_CLASSES))))


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Take the day's request and reply, then move equipment and persons, then see whether the withdrawal has ended."""
    new_request = orders.withdrawal_requested & (state.requested_on == NEVER)
    state.requested_on[:] = np.where(new_request, state.day, state.requested_on)
    tonnes = unit_tonnes(rates)
    _announce_and_start(state, orders, rates, tonnes, draws)
    _arrive(state)
    if (state.withdrawal == DRAWING_DOWN).any():
        _draw_down(theatre, state, orders, rates, tonnes, draws)
    _finish(state, orders)


def load(stock: np.ndarray, capacity: np.ndarray, tonnes: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Return (classes, runs) of `stock` that a lift of (runs,) tonnes takes, class by class, whole items only.

    An item heavier than the day's lift goes alone, or it would never go.
    """
    moved = np.zeros_like(stock)
    left = capacity.astype(np.float32)
    empty = left > 0
    for index in order:
        moved[index] = np.minimum(stock[index], np.maximum(np.floor(left / tonnes[index]), empty))
        left = np.maximum(left - moved[index] * tonnes[index], 0.0)
        empty &= moved[index] == 0
    return moved


def _announce_and_start(state: State, orders: Orders, rates: Rates, tonnes: np.ndarray, draws: Draws) -> None:
    announced = (state.withdrawal == STAYING) & orders.leave_airfield
    on_hand = (state.stock[OUTPOSTS] + state.stock[AIRFIELD]) * tonnes
    weight = on_hand[ARMOUR] + on_hand[RADARS] + on_hand[AIR_DEFENCE] + on_hand[STORES] + on_hand[HELICOPTERS]
    state.ordered_out[:] = np.where(announced, weight, state.ordered_out)
    spread = rates.preparation_days_max - rates.preparation_days_min
    preparation = np.rint(rates.preparation_days_min + spread * draws.once("withdrawal.preparation", 1)[0])
    ready = (state.withdrawal == ANNOUNCED) & (state.day - state.phase_since >= preparation)
    _enter(state, announced, ANNOUNCED)
    _enter(state, ready, DRAWING_DOWN)


def _enter(state: State, who: np.ndarray, phase: int) -> None:
    state.withdrawal[:] = np.where(who, phase, state.withdrawal)
    state.phase_since[:] = np.where(who, state.day, state.phase_since)


def _arrive(state: State) -> None:
    """Move every convoy a day closer; the first slot reaches the coast today."""
    state.stock[COAST] += state.on_the_road[0]
    state.on_the_road[:-1] = state.on_the_road[1:]
    state.on_the_road[-1] = 0.0


def _draw_down(theatre: Theatre, state: State, orders: Orders, rates: Rates, tonnes: np.ndarray, draws: Draws) -> None:
    active = state.withdrawal == DRAWING_DOWN
    corridor, airfield = (theatre.members.having("sectors", role) for role in ("corridor", "airfield"))
    road_open = active & ~state.fighting[corridor].any(axis=0)
    before = _tonnes_left(state, tonnes)
    _feed(state, rates, tonnes, road_open)
    airport_open = active & ~state.fighting[airfield].any(axis=0)
    sorties = np.floor(rates.airlift_sorties_per_day + draws.daily("withdrawal.sorties", state.day)) * airport_open
    by_air = load(state.stock[AIRFIELD], sorties * rates.tonnes_per_sortie, tonnes, BY_AIR)
    state.stock[AIRFIELD] -= by_air
    state.sorties += sorties * (_weight(by_air, tonnes) > 0)
    by_road = load(state.stock[AIRFIELD], rates.convoy_tonnes_per_day * road_open, tonnes, BY_ROAD)
    state.stock[AIRFIELD] -= by_road
    state.convoys += _weight(by_road, tonnes) > 0
    state.convoy_days_blocked += active & ~road_open & (before > 0)
    flown = np.zeros_like(by_air)
    u = draws.daily("withdrawal.helicopters", state.day)
    flown[HELICOPTERS] = binomial(u, state.stock[AIRFIELD, HELICOPTERS], rates.helicopter_leaving_chance_per_day * active)
    state.stock[AIRFIELD] -= flown
    state.tonnes_by_air += _weight(by_air, tonnes)
    state.tonnes_by_road += _weight(by_road, tonnes)
    state.tonnes_flown_out += _weight(flown, tonnes)
    by_air[PERSONS] = _persons_leaving(state, orders, before, _tonnes_left(state, tonnes)) * active
    state.stock[AIRFIELD, PERSONS] -= by_air[PERSONS]
    to_russia = draws.daily("withdrawal.destination", state.day) < orders.share_to_russia
    state.tonnes_to_russia += _weight(by_air, tonnes) * to_russia
    state.stock[HOME] += by_air * to_russia
    state.stock[COAST] += by_air * ~to_russia + flown
    days = np.minimum(np.ceil(rates.road_to_coast_km / rates.convoy_km_per_day), TRANSIT_DAYS).astype(int)
    state.on_the_road[days - 1, :, np.arange(by_road.shape[1])] += by_road.T


def _feed(state: State, rates: Rates, tonnes: np.ndarray, road_open: np.ndarray) -> None:
    """Outposts drive to the airport; their persons come with the last of their equipment."""
    moved = load(state.stock[OUTPOSTS], rates.outpost_tonnes_per_day * road_open, tonnes, (*BY_ROAD, RADARS, AIR_DEFENCE))
    emptied = road_open & (_weight(state.stock[OUTPOSTS] - moved, tonnes) == 0)
    moved[PERSONS] = state.stock[OUTPOSTS, PERSONS] * emptied
    moved[HELICOPTERS] = state.stock[OUTPOSTS, HELICOPTERS] * road_open
    state.stock[OUTPOSTS] -= moved
    state.stock[AIRFIELD] += moved


def _weight(items: np.ndarray, tonnes: np.ndarray) -> np.ndarray:
    """Return (runs,) tonnes of (classes, runs) items; summed class by class so that any block gives the same bits."""
    total = np.zeros(items.shape[1], np.float32)
    for index in (ARMOUR, RADARS, AIR_DEFENCE, STORES, HELICOPTERS):
        total += items[index] * tonnes[index]
    return total


def _tonnes_left(state: State, tonnes: np.ndarray) -> np.ndarray:
    return _weight(state.stock[OUTPOSTS], tonnes) + _weight(state.stock[AIRFIELD], tonnes)


def _persons_leaving(state: State, orders: Orders, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return (runs,) persons who fly out today: in step with the equipment, down to the residual."""
    spare = np.maximum(state.stock[AIRFIELD, PERSONS] - np.floor(orders.residual_persons), 0.0)
    share = np.where(after > 0, (before - after) / np.maximum(before, 1e-6), 1.0)
    return np.minimum(np.ceil(spare * share), spare)


def _finish(state: State, orders: Orders) -> None:
    """End the drawdown in a residual or in nothing, and fly out a residual that is no longer ordered.

    Whole persons and aircraft stay: a part of one would be a residual that never ends.
    """
    here = state.stock[AIRFIELD]
    items = here[ARMOUR] + here[RADARS] + here[AIR_DEFENCE] + here[STORES] + here[HELICOPTERS]
    outposts = state.stock[OUTPOSTS]
    waiting = outposts[ARMOUR] + outposts[RADARS] + outposts[AIR_DEFENCE] + outposts[STORES] + outposts[PERSONS]
    ended = (state.withdrawal == DRAWING_DOWN) & (items + waiting + outposts[HELICOPTERS] == 0)
    leaving = ended | (state.withdrawal == RESIDUAL)
    for index, kept in ((PERSONS, orders.residual_persons), (AIRCRAFT, orders.residual_aircraft)):
        goes = np.maximum(here[index] - np.floor(kept), 0.0) * leaving
        here[index] -= goes
        state.stock[COAST, index] += goes
    _enter(state, ended, RESIDUAL)
    _enter(state, (state.withdrawal == RESIDUAL) & (here[PERSONS] + here[AIRCRAFT] == 0), GONE)
