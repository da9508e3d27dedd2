"""Campaign, defection and advance: who attacks, which communities go over, how far the army gets."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from sim.ground.theatre import ALLEGIANCE_CLASSES, KURDISH
from sim.state.state import BY_ASSAULT, BY_DEFECTION, BY_HAND_OVER, GENERAL, IN_POCKET, NEVER, NONE
from tests.reference.chance import F, RunDraws, exponential, normal
from tests.reference.state import Orders, Run
from tests.reference.world import World, added, free
from tests.shipped import SECTORS


def initialise_defection(world: World, run: Run, rates: Any, draws: RunDraws) -> None:
    """Draw each community's threshold and clock."""
    own = draws.once("defection.community", world.grid.cells)
    clocks = draws.once("defection.clock", world.grid.cells)
    by_province = draws.once("defection.province", len(world.provinces))
    run_shift = rates.run_spread * normal(draws.once("defection.run")[0])
    for i in world.cells:
        allegiance = F(getattr(rates, f"allegiance_{ALLEGIANCE_CLASSES[world.allegiance_class[i]]}"))
        mean = rates.threshold_other + rates.threshold_rise * (allegiance - rates.allegiance_other)
        cell, province = int(world.theatre.cells[i]), world.province[i]
        shift = rates.community_spread * normal(own[cell]) + run_shift
        run.threshold[i] = mean + (shift + rates.province_spread * normal(by_province[province]))
        run.patience[i] = exponential(clocks[cell])


def begin_advance(world: World, run: Run, rates: Any) -> None:
    """Let word of the army spread until nothing changes: what is left of it after twelve cells is too little to count."""
    for _ in range(12):
        spread_nearness(world, run, rates)


def set_campaign(world: World, run: Run, orders: Orders) -> None:
    """Put the posture into effect where no truce holds, and say which ordered-out sectors have ground to hand over."""
    posture = NONE if run.truce else orders.campaign
    if posture != run.campaign:
        if posture == NONE:
            run.campaign_ended_on = run.day
        run.campaign_since = run.day
        run.campaign = posture
    attacking = posture in (IN_POCKET, GENERAL)
    if attacking and run.truce_ended_on != NEVER and (run.resumed_on == NEVER or run.resumed_on < run.truce_ended_on):
        run.resumed_on = run.day  # the first attack since the last truce ended
    run.fighting = [ordered and not run.truce for ordered in orders.offensive]
    run.assault_core = orders.assault_core and not run.truce
    run.talks_sought = orders.seek_talks
    for sector in range(len(SECTORS)):
        run.pulled_back[sector] |= orders.pull_back[sector]
        run.handing_over[sector] = run.pulled_back[sector] and any(
            world.sector[i] == sector and _can_be_handed_over(world, run, i) for i in world.cells
        )


def _can_be_handed_over(world: World, run: Run, cell: int) -> bool:
    beside = any(run.army[edge.army] > 0 for edge in world.edges[cell])
    return beside and free(run, cell) and world.allegiance_class[cell] != KURDISH


def defect(world: World, run: Run, rates: Any, dt: float) -> None:
    """Let communities go over that have borne too much pressure for as long as their clock ran."""
    near, far = _shares_gone(world, run)
    gone = run.gone_over.copy()
    for i in world.cells:
        if not (run.fighting[world.sector[i]] and world.community[i]) or gone[i] > 0:
            continue
        kin = [edge.kin for edge in world.edges[i] if edge.kin < world.n]
        neighbours = added(gone[k] for k in kin) / F(max(len(kin), 1))
        group = world.province[i], world.allegiance_class[i]
        like = rates.own_province_share * near[group] + (1.0 - rates.own_province_share) * far[group[1]]
        pressure = rates.weight_neighbours * neighbours
        pressure = pressure + rates.weight_like_class * like
        pressure = pressure + rates.weight_army * run.nearness[i]
        pressure = pressure + rates.weight_guarantor * run.guarantor_absence
        if pressure > run.threshold[i]:
            run.patience[i] = float(run.patience[i]) - rates.going_over_per_day * dt
            if run.patience[i] <= 0:
                run.gone_over[i] = 1.0
                if run.gone_over_on[i] == NEVER:
                    run.gone_over_on[i] = run.day


def _shares_gone(world: World, run: Run) -> tuple[dict[tuple[int, int], np.float32], dict[int, np.float32]]:
    """Return the share of communities gone over, by province and class, and by class."""
    gone, all_of = defaultdict(int), defaultdict(int)
    for i in world.cells:
        if world.community[i]:
            for group in ((world.province[i], world.allegiance_class[i]), world.allegiance_class[i]):
                gone[group] += int(run.gone_over[i])
                all_of[group] += 1
    shares = {group: F(gone[group]) / F(all_of[group]) for group in all_of}
    return {g: x for g, x in shares.items() if isinstance(g, tuple)}, {g: x for g, x in shares.items() if isinstance(g, int)}


def march(world: World, run: Run, rates: Any, dt: float) -> None:
    """Move the army out of where it stands into the next cells, take those it has crossed, spread the news."""
    if run.last_gain_on < run.day - 1:  # a pause: what was left of a march is lost
        run.army = np.minimum(run.army, 1.0)
    stood = run.army.copy()
    run.army = np.minimum(run.army, 1.0)
    for i in world.cells:
        if stood[i] != 0:
            continue
        ordered_out = bool(run.handing_over[world.sector[i]]) and world.allegiance_class[i] != KURDISH
        step = _pace(world, run, rates, i, ordered_out) * _reach(world, stood, rates, i)
        if run.gone_over[i] > 0 and run.fighting[world.sector[i]]:
            step = step + F(rates.tribes_take_hold_per_day)
        step = F(float(step) * dt)
        run.progress[i] += step
        if run.progress[i] >= 1.0:
            time = max(_best_side(world, stood, rates, i)[1], F(1.0))
            left_over = time * (run.progress[i] - F(1.0)) / step
            run.army[i] = F(1.0) + min(left_over, F(1.0))
            run.taken_on[i] = run.last_gain_on = run.day
            run.cause[i] = BY_HAND_OVER if ordered_out else BY_DEFECTION if run.gone_over[i] > 0 else BY_ASSAULT
    spread_nearness(world, run, rates)


def _pace(world: World, run: Run, rates: Any, cell: int, ordered_out: bool) -> np.float32:
    """Return the km a day at which the army would cross the cell."""
    attack = F(0.0)
    kurdish = world.allegiance_class[cell] == KURDISH
    if run.fighting[world.sector[cell]] and (run.assault_core or not kurdish):
        held = F(getattr(rates, f"contested_{ALLEGIANCE_CLASSES[world.allegiance_class[cell]]}_km_per_day"))
        attack = F(rates.gone_over_km_per_day) if run.gone_over[cell] > 0 else held
    return max(attack, F(rates.ordered_out_km_per_day)) if ordered_out else attack


def _reach(world: World, stood: np.ndarray, rates: Any, cell: int) -> np.float32:
    """Return the cells crossed per km from the best side; an army that has just arrived has some of its march left."""
    return _best_side(world, stood, rates, cell)[0]


def _best_side(world: World, stood: np.ndarray, rates: Any, cell: int) -> tuple[np.float32, np.float32]:
    """Return the cells crossed per km from the best side, and the time the army there has, in sub-moves."""
    best, time = F(0.0), F(0.0)
    for edge in world.edges[cell]:
        ease = (rates.road_factor if edge.road else 1.0) * (rates.river_factor if edge.river else 1.0) / float(edge.km)
        if stood[edge.army] * F(ease) > best:
            best, time = stood[edge.army] * F(ease), stood[edge.army]
    return best, time


def spread_nearness(world: World, run: Run, rates: Any) -> None:
    """Let a cell know the army beside it, or what its neighbours knew, times a factor."""
    known = [
        max(rates.nearness_per_cell * near, F(1.0) if army > 0 else F(0.0))
        for near, army in zip(run.nearness, run.army, strict=True)
    ]
    run.nearness[:-2] = [max(run.nearness[i], *(known[edge.army] for edge in world.edges[i])) for i in world.cells]
