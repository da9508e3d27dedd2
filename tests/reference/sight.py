"""What an actor knows on the morning of a day."""

from __future__ import annotations

from datetime import date
from math import inf
from types import SimpleNamespace

import numpy as np

from sim.ground.theatre import OTHER
from sim.state.state import AIRFIELD, MEDIATION, MOSCOW_TIE, NEVER, PERSONS, SDF_TIE, STAYING, TURKISH
from tests.reference.chance import F, RunDraws, normal
from tests.reference.state import Run
from tests.reference.world import World, sdf_share, share_not_the_sdfs
from tests.shipped import AIRPORT, AT_TARTUS, CUSTODY_SITES, POCKET, US_BASES

ERRED = ("sdf_share_of_start", "arab_share_left", "core_share_lost", "prospects", "tie_to_moscow")
"""What each actor estimates with an error of its own, in the order of the numbers drawn for it."""

PRIZES = ("raqqa", "tabqa")


def look(world: World, run: Run, timeline: tuple, start_date: date) -> SimpleNamespace:
    """Return what all four can see before the day begins; `run.day` is still that of last evening."""
    day = run.day + 1
    deadlines = [(item.date - start_date).days for item in timeline if item.event == "deadline"]
    summits = [(item.date - start_date).days for item in timeline if item.event == "summit"]
    summits = [summit for summit in summits if summit >= day]
    return SimpleNamespace(
        day=day,
        days_since_deadline=day - min(deadlines, default=inf),
        days_to_summit=min(summits, default=inf) - day,
        attacking=bool(run.fighting.any()),
        **_ground(world, run),
        **_course(run, day),
        **_moscow(run),
        **_detainees(world, run, day),
        **_americans(world, run, day),
    )


def _ground(world: World, run: Run) -> dict[str, object]:
    arab = sum(c and k == OTHER for c, k in zip(world.community, world.allegiance_class, strict=True))
    prizes = [world.grid.town(key).cell for key in PRIZES] + [world.grid.site("al_omar").cell]
    return {
        "pocket_share_left": run.held_area[POCKET] / world.sector_area[POCKET],
        "pocket_ordered_out": bool(run.pulled_back[POCKET]),
        "sdf_share_of_start": sdf_share(world, run) / world.of_ours() if any(world.community) else F(0.0),
        "arab_share_left": run.held_arab / max(arab, 1),
        "core_share_lost": share_not_the_sdfs(world, run, "hasakah"),
        "strategic_gains_in": all(world.army_at(run, cell) for cell in prizes),
        "prospects": run.prospects,
        "uncertainty": sum(run.uncertainty_parts, F(0.0)) / F(3),
    }


def _course(run: Run, day: int) -> dict[str, object]:
    return {
        "truce": bool(run.truce),
        "days_to_expiry": run.truce_ends - day if run.truce else inf,
        "days_since_truce_ended": day - int(run.truce_ended_on),
        "truces": int(run.truces),
        "truce_term": run.truce_term,
        "truce_age": day - int(run.truce_signed_on),
        "deal": bool(run.deal),
        "tie_to_sdf": run.relation[SDF_TIE],
        "talks_sought": bool(run.talks_sought),
        "campaign": int(run.campaign),
        "campaign_days": day - int(run.campaign_since),
        "days_since_campaign": day - int(run.campaign_ended_on),
        "days_without_gain": day - max(int(run.last_gain_on), int(run.campaign_since)),
        "guarantor_absence": run.guarantor_absence,
        "halt_urged": bool(run.halt_urged),
        "partner_shifted": bool(run.partner_shifted),
        "turkish_pressure": run.outside[TURKISH],
        "mediation": run.outside[MEDIATION],
    }


def _moscow(run: Run) -> dict[str, object]:
    return {
        "tie_to_moscow": run.relation[MOSCOW_TIE],
        "request_pending": bool(run.requested_on != NEVER and run.withdrawal == STAYING),
        "withdrawal": int(run.withdrawal),
        "airport_handed_over": bool(run.institution_on[AIRPORT] != NEVER),
        "port_status": int(run.base_status[AT_TARTUS]),
        "russian_presence": run.stock[AIRFIELD, PERSONS] / max(run.persons_at_start, F(1.0)),
    }


def _detainees(world: World, run: Run, day: int) -> dict[str, object]:
    rows = [world.site_row(key) for key in CUSTODY_SITES]
    classes = [int(world.grid.allegiance_class[world.grid.site(key).cell]) for key in CUSTODY_SITES]
    failed = run.guarding_failed_on != NEVER
    return {
        "days_since_guarding_failed": day - int(run.guarding_failed_on) if failed else -1,
        "transfer_running": bool(run.transfer_running),
        "transfer_begun": bool(run.transfer_started_on != NEVER),
        "transfer_complete": bool(run.transferred >= run.transfer_plan),
        "site_custody": run.custody.tolist(),
        "site_guards": list(run.guards),
        "site_nearness": [F(1.0) if row is None else run.nearness[row] for row in rows],
        "site_exposed": [kind == OTHER for kind in classes],
    }


def _americans(world: World, run: Run, day: int) -> dict[str, object]:
    rows = [world.site_row(key) for key in US_BASES]
    return {
        "days_since_us_losses": day - int(run.us_losses_on),
        "days_since_strike": day - int(run.struck_on),
        "base_held": [bool(persons > 0) for persons in run.us_persons],
        "base_on_taken_ground": [row is not None and bool(run.army[row] > 0) for row in rows],
    }


def err(sight: SimpleNamespace, actor: str, error: float, draws: RunDraws) -> SimpleNamespace:
    """Return what the actor makes of it: five estimates are off by its own error."""
    numbers = draws.each_today(f"{actor}.observation", sight.day, len(ERRED))
    off = {name: getattr(sight, name) + F(error) * normal(u) for name, u in zip(ERRED, numbers, strict=True)}
    assert all(np.isfinite(list(off.values())))
    return SimpleNamespace(**(vars(sight) | off))
