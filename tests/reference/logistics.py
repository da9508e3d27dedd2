"""Withdrawal from Qamishli, supply through Tartus, transfer of detainees, US presence, in this order."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import numpy as np

from sim.state.state import (
    ABANDONED,
    AIR_DEFENCE,
    AIRCRAFT,
    AIRFIELD,
    ANNOUNCED,
    ARMOUR,
    ASKED_TO_LEAVE,
    BESIEGED,
    EQUIPMENT_CLASSES,
    COAST,
    CONFIRMED,
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
)
from tests.reference.chance import F, RunDraws, binomial, normal, poisson
from tests.reference.state import Orders, Run
from tests.reference.world import added
from tests.shipped import AT_TARTUS, SECTORS, US_BASES

EQUIPMENT = (ARMOUR, RADARS, AIR_DEFENCE, STORES, HELICOPTERS)
"""What is weighed; persons and aircraft are counted."""

ROAD = ("hasakah", "raqqa", "deir_hafer")
"""Sectors between Qamishli and the coast."""


def withdraw(run: Run, orders: Orders, rates: Any, draws: RunDraws) -> None:
    """Take request and reply, let convoys arrive, lift and drive out, and see what is left."""
    if orders.withdrawal_requested and run.requested_on == NEVER:
        run.requested_on = run.day
    tonnes = _tonnes(rates)
    here, outposts = run.stock[AIRFIELD], run.stock[OUTPOSTS]
    spread = rates.preparation_days_max - rates.preparation_days_min
    preparation = round(rates.preparation_days_min + spread * float(draws.once("withdrawal.preparation")[0]))
    if run.withdrawal == STAYING and orders.leave_airfield:
        run.ordered_out = added((outposts[c] + here[c]) * tonnes[c] for c in EQUIPMENT)
        _enter(run, ANNOUNCED)
    elif run.withdrawal == ANNOUNCED and run.day - run.phase_since >= preparation:
        _enter(run, DRAWING_DOWN)
    run.stock[COAST] += run.on_the_road[0]
    run.on_the_road = np.vstack([run.on_the_road[1:], np.zeros((1, len(EQUIPMENT_CLASSES)))])
    if run.withdrawal == DRAWING_DOWN:
        _draw_down(run, orders, rates, tonnes, draws)
    _finish(run, orders)


def _tonnes(rates: Any) -> list[np.float32]:
    """Return the tonnes of one item of each class."""
    weights = dict.fromkeys(range(len(EQUIPMENT_CLASSES)), 0.0)
    weights |= {ARMOUR: rates.armoured_vehicle_tonnes, RADARS: rates.radar_tonnes, STORES: 1.0}
    weights |= {AIR_DEFENCE: rates.air_defence_unit_tonnes, HELICOPTERS: rates.helicopter_tonnes}
    return [F(weights[c]) for c in range(len(EQUIPMENT_CLASSES))]


def _enter(run: Run, phase: int) -> None:
    run.withdrawal, run.phase_since = phase, run.day


def _weight(items: np.ndarray, tonnes: list[np.float32]) -> np.float32:
    return added(items[c] * tonnes[c] for c in EQUIPMENT)


def _load(stock: np.ndarray, capacity: float, tonnes: list[np.float32], order: tuple[int, ...]) -> np.ndarray:
    """Take whole items off the stock, class by class, until the lift is full; return what was taken."""
    taken, room = np.zeros_like(stock), F(capacity)
    for c in order:
        if capacity > 0 and room < tonnes[c] and not taken.any():
            taken[c] = min(stock[c], F(1.0))  # too heavy for the day's lift: it goes alone
        else:
            taken[c] = min(stock[c], np.floor(room / tonnes[c]))
        room = max(room - taken[c] * tonnes[c], F(0.0))
    stock -= taken
    return taken


def _draw_down(run: Run, orders: Orders, rates: Any, tonnes: list[np.float32], draws: RunDraws) -> None:
    here, outposts = run.stock[AIRFIELD], run.stock[OUTPOSTS]
    road_open = not any(run.fighting[SECTORS.index(sector)] for sector in ROAD)
    before = _weight(outposts, tonnes) + _weight(here, tonnes)
    if road_open:
        _feed(here, outposts, rates, tonnes)
    elif before > 0:
        run.convoy_days_blocked += 1
    sorties = floor(rates.airlift_sorties_per_day + draws.today("withdrawal.sorties", run.day))
    if run.fighting[SECTORS.index("hasakah")]:
        sorties = 0
    lifted = _load(here, sorties * rates.tonnes_per_sortie, tonnes, (RADARS, AIR_DEFENCE, STORES, ARMOUR))
    driven = _load(here, rates.convoy_tonnes_per_day if road_open else 0.0, tonnes, (ARMOUR, STORES))
    flown = np.zeros_like(lifted)
    u = draws.today("withdrawal.helicopters", run.day)
    flown[HELICOPTERS] = binomial(u, here[HELICOPTERS], rates.helicopter_leaving_chance_per_day)
    here -= flown
    run.sorties += sorties if _weight(lifted, tonnes) > 0 else 0
    run.convoys += 1 if _weight(driven, tonnes) > 0 else 0
    run.tonnes_by_air += _weight(lifted, tonnes)
    run.tonnes_by_road += _weight(driven, tonnes)
    run.tonnes_flown_out += _weight(flown, tonnes)
    after = _weight(outposts, tonnes) + _weight(here, tonnes)
    lifted[PERSONS] = _persons_who_leave(here[PERSONS], orders.residual_persons, before, after)
    here[PERSONS] -= lifted[PERSONS]
    to_russia = draws.today("withdrawal.destination", run.day) < orders.share_to_russia
    if to_russia:
        run.tonnes_to_russia += _weight(lifted, tonnes)
    run.stock[HOME if to_russia else COAST] += lifted
    run.stock[COAST] += flown
    days = min(ceil(rates.road_to_coast_km / rates.convoy_km_per_day), len(run.on_the_road))
    run.on_the_road[days - 1] += driven


def _feed(here: np.ndarray, outposts: np.ndarray, rates: Any, tonnes: list[np.float32]) -> None:
    """Let the outposts drive to the airport, their persons with the last of their equipment; helicopters fly there."""
    moved = _load(outposts, rates.outpost_tonnes_per_day, tonnes, (ARMOUR, STORES, RADARS, AIR_DEFENCE))
    if _weight(outposts, tonnes) == 0:
        moved[PERSONS] = outposts[PERSONS]
    moved[HELICOPTERS] = outposts[HELICOPTERS]
    outposts[PERSONS] -= moved[PERSONS]
    outposts[HELICOPTERS] -= moved[HELICOPTERS]
    here += moved


def _persons_who_leave(persons: np.float32, kept: np.float32, before: np.float32, after: np.float32) -> np.float32:
    """Return how many fly out in step with the equipment; all who are not kept once none is left."""
    spare = max(persons - np.floor(kept), F(0.0))
    share = (before - after) / max(before, F(1e-6)) if after > 0 else F(1.0)
    return min(np.ceil(spare * share), spare)


def _finish(run: Run, orders: Orders) -> None:
    """End the drawdown when nothing waits, and take home what is no longer to be kept."""
    here, outposts = run.stock[AIRFIELD], run.stock[OUTPOSTS]
    empty = all(here[c] == 0 and outposts[c] == 0 for c in EQUIPMENT) and outposts[PERSONS] == 0
    ended = run.withdrawal == DRAWING_DOWN and empty
    if ended:
        _enter(run, RESIDUAL)
    if run.withdrawal == RESIDUAL:
        for c, kept in ((PERSONS, orders.residual_persons), (AIRCRAFT, orders.residual_aircraft)):
            goes = max(here[c] - np.floor(kept), F(0.0))
            here[c] -= goes
            run.stock[COAST, c] += goes
        if here[PERSONS] == 0 and here[AIRCRAFT] == 0:
            _enter(run, GONE)


def supply(run: Run, orders: Orders, rates: Any) -> None:
    """Land what Moscow sends and the port passes; readiness rises with it and wears off."""
    landed = 0.0
    if run.base_status[AT_TARTUS] != ASKED_TO_LEAVE:
        factor = rates.factor_confirmed if run.base_status[AT_TARTUS] == CONFIRMED else 1.0
        landed = min(float(orders.supply_rate) * factor, rates.port_tonnes_per_day)
    run.supply = landed
    run.supply_total += run.supply
    ready = float(run.readiness)
    gained = rates.readiness_per_thousand_tonnes * landed / 1000.0 * (1.0 - ready)
    worn = rates.readiness_wear_per_day * max(ready - rates.readiness_floor, 0.0)
    run.readiness = min(max(ready + gained - worn, 0.0), 1.0)


def transfer(run: Run, orders: Orders, rates: Any, draws: RunDraws) -> None:
    """Move a batch of detainees out of the prisons that somebody guards, and say whether the transfer runs."""
    plan = min(floor(rates.planned_persons), int(run.transferred + sum(run.inmates[:6])))
    run.transfer_plan = plan
    begun = run.transfer_started_on != NEVER
    wanted = _batch(run, rates, draws) if begun else rates.first_batch
    wanted = floor(min(wanted, rates.intake_per_day, plan - float(run.transferred)))
    moved = F(0.0)
    for site in range(6):
        if orders.run_transfer and run.custody[site] not in (ABANDONED, BESIEGED):
            batch = min(F(wanted) - moved, run.inmates[site])
            run.inmates[site] -= batch
            moved = moved + batch
    if moved > 0:
        run.transferred += moved
        run.last_batch_on = run.day
        if not begun:
            run.transfer_started_on = run.day
    recent = run.day - int(run.last_batch_on) <= rates.stalled_after_days
    run.transfer_running = recent and run.transferred < plan


def _batch(run: Run, rates: Any, draws: RunDraws) -> float:
    """Return the persons of the day's batch: none on some days, else lognormal."""
    if not draws.today("transfer.batch", run.day) < rates.batch_chance_per_day:
        return 0.0
    z = normal(draws.today("transfer.size", run.day))
    return rates.batch_median * float(np.exp(F(rates.batch_spread) * z))


def serve_abroad(run: Run, orders: Orders, rates: Any, draws: RunDraws) -> None:
    """Empty the bases that are handed over, count US losses to yesterday's attacks, carry out strikes."""
    for base in range(len(US_BASES)):
        if orders.leave_base[base] and run.us_left_on[base] == NEVER:
            run.us_persons[base] = max(run.us_persons[base] - F(rates.leaves_per_day), F(0.0))
            if run.us_persons[base] == 0:
                run.us_left_on[base] = run.day
    thousands = float(sum(run.us_persons)) / 1000.0
    mean = rates.killed_per_attack * float(sum(run.attacks)) * thousands
    killed = poisson(draws.today("us_presence.losses", run.day), mean)
    run.us_killed += killed
    if killed > 0:
        run.us_losses_on = run.day
    if orders.strike:
        run.strikes += 1
        run.struck_on = run.day
