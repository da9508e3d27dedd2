"""The evening: losses, custody, insurgents, people, assets, the SDF's prospects, indices, in this order."""

from __future__ import annotations

from math import expm1, floor
from typing import Any

import numpy as np

from sim.state.state import (
    ABANDONED,
    ARMY,
    BESIEGED,
    BORDER,
    COAST,
    FIGHTERS,
    GUARDED,
    MOSCOW_TIE,
    NEVER,
    PERSONS,
    WITH_DAMASCUS,
)
from tests.reference.chance import F, RunDraws, binomial, normal, poisson
from tests.reference.state import Orders, Run
from tests.reference.world import World, added, fighters_left, free, sdf_share, taken_in_the_last
from tests.shipped import AIRPORT, ASSETS, CROSSINGS, CUSTODY_SITES, INSURGENT_PROVINCES, OIL, PRISONS_HANDED, SECTORS

PRISONS = range(6)
"""Of the custody sites; the others are camps."""


def lose(world: World, run: Run, rates: Any, draws: RunDraws) -> None:
    """Count the dead of the day: in contact along the front, by violations of the truce, and civilians."""
    dead = [F(0.0), F(0.0)]
    of_army = draws.each_today("attrition.army", run.day, len(SECTORS))
    of_sdf = draws.each_today("attrition.sdf", run.day, len(SECTORS))
    present = [[fighters_left(world, run, side, s) for s in range(len(SECTORS))] for side in (ARMY, FIGHTERS)]
    for s in range(len(SECTORS)):
        room = rates.fighters_per_front_cell * float(run.front_cells[s])
        army, sdf = (min(float(present[side][s]), room) for side in (ARMY, FIGHTERS))
        skill = 1.0 + rates.readiness_effect * float(run.readiness)
        by_sdf = rates.attacker_coefficient_per_day * rates.defender_advantage * sdf
        by_army = rates.attacker_coefficient_per_day * army * skill
        for side, u, mean in ((ARMY, of_army[s], by_sdf), (FIGHTERS, of_sdf[s], by_army)):
            lost = F(min(poisson(u, mean), floor(present[side][s])))
            run.losses[side, s] += lost
            dead[side] += lost
    by_violation = rates.dead_per_violation * float(run.violations)
    dead[ARMY] += poisson(draws.today("attrition.violation_army", run.day), by_violation)
    dead[FIGHTERS] += poisson(draws.today("attrition.violation_sdf", run.day), by_violation)
    civilians = rates.civilian_dead_per_fighter * float(dead[ARMY] + dead[FIGHTERS])
    run.killed += np.array([*dead, poisson(draws.today("attrition.civilians", run.day), civilians)])


def guard(world: World, run: Run, orders: Orders, rates: Any, draws: RunDraws) -> None:
    """Change custodians site by site, let detainees out, retake some."""
    streams = [draws.each_today(f"custody.{name}", run.day, 8) for name in ("takeover", "escape", "recapture")]
    spread = draws.once("custody.site", 8)
    for site, key in enumerate(CUSTODY_SITES):
        row = world.site_row(key)
        taken = row is None or bool(run.army[row] > 0)
        near = F(0.0) if row is None else run.nearness[row]
        reached = (taken or near >= rates.takeover_at_nearness) and streams[0][site] < rates.takeover_chance_per_day
        _change_custodian(run, orders, rates, site, taken, reached)
        attacked = row is not None and bool(run.fighting[world.sector[row]])
        hazard = _escape_hazard(run, rates, site, near if attacked else F(0.0), spread[site])
        out = binomial(streams[1][site], run.inmates[site], -expm1(-float(hazard)))
        back = binomial(streams[2][site], out, rates.recaptured_share) if site in PRISONS else F(0.0)
        run.escapes_today[site] = out
        run.escaped[site] += out
        run.recaptured[site] += back
        run.inmates[site] -= out - back


def _change_custodian(run: Run, orders: Orders, rates: Any, site: int, taken: bool, reached: bool) -> None:
    before = int(run.custody[site])
    with_sdf = before in (GUARDED, BESIEGED)
    after, fails = before, False
    if with_sdf and orders.abandon[site]:
        after, fails = ABANDONED, True
        run.guards[site] = 0.0
    elif before == GUARDED and taken:
        after, fails = BESIEGED, True
    given = with_sdf and (run.institution_on[PRISONS_HANDED] == run.day or (before == BESIEGED and orders.hand_over[site]))
    if given or (before == ABANDONED and reached):
        after = WITH_DAMASCUS
        run.guards[site] = rates.damascus_guards_per_inmate * run.inmates[site]
    if after != before:
        run.custody[site], run.custody_since[site] = after, run.day
    if fails and site in PRISONS and run.guarding_failed_on == NEVER:
        run.guarding_failed_on = run.day


def _escape_hazard(run: Run, rates: Any, site: int, fighting_near: np.float32, u: np.float64) -> np.float32:
    """Return the hazard of escape of one detainee, 1/day."""
    if run.custody[site] == ABANDONED:
        base = rates.escape_abandoned_per_day if site in PRISONS else rates.escape_camp_abandoned_per_day
        return F(base) * np.exp(F(rates.escape_spread) * normal(u))
    ratio = run.guards[site] / max(run.inmates[site], F(1.0)) / F(rates.guards_per_inmate_reference)
    thin = max(ratio, F(0.05)) ** F(-rates.guards_exponent)
    return rates.escape_guarded_per_day * thin * (1.0 + rates.fighting_factor * fighting_near)


def remember_attacks(run: Run, rates: Any) -> None:
    """Begin as after a long quiet time: of each day's attacks, the branching ratio is set off by earlier ones."""
    for index, province in enumerate(INSURGENT_PROVINCES):
        run.excitation[index] = rates.attacks_per_day * rates.share[province] * rates.branching_ratio


def strike_back(world: World, run: Run, rates: Any, draws: RunDraws) -> None:
    """Draw the insurgents' attacks of the day, which raise those of the days to come."""
    numbers = draws.each_today("insurgency.attacks", run.day, len(INSURGENT_PROVINCES))
    at_large = sum(float(run.escaped[site] - run.recaptured[site]) for site in PRISONS) / 100.0
    at_large *= 1.0 - rates.border_effect * float(run.outside[BORDER])
    lately = taken_in_the_last(world, run, rates.vacuum_days)
    struck = run.struck_on != NEVER and run.day - int(run.struck_on) <= rates.strike_days
    fade = float(np.exp(-1.0 / rates.memory_days))
    for index, province in enumerate(INSURGENT_PROVINCES):
        quiet = rates.attacks_per_day * (1.0 - rates.branching_ratio) * rates.share[province]
        vacuum = lately[index] / max(len(world.counted[index]), 1)
        raised = 1.0 + rates.vacuum_factor * vacuum + rates.escapee_factor_per_hundred * at_large
        mean = quiet * raised * (rates.strike_factor if struck else 1.0) + float(run.excitation[index])
        attacks = poisson(numbers[index], mean)
        run.attacks[index] = attacks
        run.attacks_total[index] += attacks
        run.excitation[index] = fade * float(run.excitation[index]) + rates.branching_ratio * (1.0 - fade) * float(attacks)


def displace(world: World, run: Run, rates: Any) -> None:
    """Let the displaced return where nobody attacks, and people flee the ground under attack."""
    aleppo, hasakah = world.provinces.index("aleppo"), world.provinces.index("hasakah")
    calm = not run.fighting.any()
    for province in range(len(world.provinces)):
        if province == aleppo:
            run.displaced[province] *= F(1.0) - F(rates.return_behind_lines_per_day)
        elif calm:
            run.displaced[province] *= F(1.0) - F(rates.return_across_lines_per_day)
    if calm:
        run.fled = [fled * (F(1.0) - F(rates.return_across_lines_per_day)) for fled in run.fled]
    for sector, name in enumerate(SECTORS):
        if not run.fighting[sector]:
            continue
        leaving = added(_fleeing(world, run, rates, i) for i in world.cells if world.sector[i] == sector)
        people = world.sector_population[sector] * F(rates.present_share_of_2016)
        leaving = leaving * (rates.present_share_of_2016 * max(F(1.0) - run.fled[sector] / people, F(0.0)))
        run.fled[sector] += leaving
        if name != "elsewhere":
            run.displaced[aleppo if name in ("deir_hafer", "kobani") else hasakah] += rates.share_to_host * leaving


def _fleeing(world: World, run: Run, rates: Any, cell: int) -> np.float32:
    """Return the people who would flee an attacked cell if all of 2016 were there: near the army, or taken today."""
    share = rates.flight_per_day * float(run.nearness[cell]) if free(run, cell) else 0.0
    share += rates.flight_when_taken if run.taken_on[cell] == run.day else 0.0
    return F(share * float(world.population[cell]))


def note_assets(world: World, run: Run, rates: Any) -> None:
    """Say who stands at each asset or was given it by the deal, and Damascus's share of the oil."""
    by_deal = {"rmelan": OIL, "suwaydiyah": OIL, "semalka": CROSSINGS, "yarubiyah": CROSSINGS, "qamishli_airport": AIRPORT}
    for index, key in enumerate(ASSETS):
        given = key in by_deal and run.institution_on[by_deal[key]] != NEVER
        run.asset_taken[index] = given or world.army_at(run, world.grid.site(key).cell)
    weights = {key: rates.output[key] for key in ("al_omar", "al_tanak", "al_jafra", "rmelan", "suwaydiyah")}
    held = sum(weight for key, weight in weights.items() if run.asset_taken[ASSETS.index(key)])
    run.oil_share_damascus = held / max(sum(weights.values()), 1e-6)


def prospects_of(world: World, run: Run) -> float:
    """Return what the SDF would make of its prospects: mean of ground held, guarantor's presence, share of fighters."""
    ours = world.of_ours()
    ground = min(float(sdf_share(world, run)) / ours, 1.0)
    army, sdf = (sum(float(fighters_left(world, run, side, s)) for s in range(len(SECTORS))) for side in (ARMY, FIGHTERS))
    army *= 0.5 + float(run.readiness)
    return (ground + 1.0 - float(run.guarantor_absence) + sdf / max(sdf + army, 1.0)) / 3.0


def follow_prospects(world: World, run: Run, rates: Any) -> None:
    """Move the SDF's estimate towards what it would make of things today."""
    now = float(run.prospects)
    run.prospects = now + rates.adjustment_per_day * (prospects_of(world, run) - now)


def write_indices(world: World, run: Run, rates: Any) -> None:
    """Write the parts of Moscow's influence, Damascus's authority and the SDF's uncertainty."""
    tie = (float(run.relation[MOSCOW_TIE]) + 1.0) / 2.0
    run.influence_parts = [
        min(float(run.stock[COAST, PERSONS]) / rates.coast_persons_full, 1.0),
        min(float(run.supply) / rates.supply_full_tonnes_per_day, 1.0),
        tie,
        float(run.base_status[0] + run.base_status[1]) / 4.0,
    ]
    whose = world.army_everywhere(run)
    area, people = world.grid.area_km2.astype(float), world.grid.population.astype(float)
    absence, attacked = float(run.guarantor_absence), bool(run.fighting.any())
    run.authority_parts = [
        area[whose].sum() / area.sum(),
        people[whose].sum() / people.sum(),
        sum(day != NEVER for day in run.institution_on.tolist()) / 6.0,
        run.oil_share_damascus,
        (absence + tie) / 2.0,
        0.0 if attacked else 1.0 / (1.0 + float(run.violations) / rates.calm_violations),
    ]
    lost = taken_in_the_last(world, run, rates.upheaval_days)[-1] / world.grid.cells
    run.uncertainty_parts = [
        1.0 - abs(2.0 * min(max(float(run.prospects), 0.0), 1.0) - 1.0),
        1.0 - abs(2.0 * absence - 1.0),
        min(lost / rates.upheaval_share, 1.0),
    ]
