"""The state of a block of runs, as a struct of arrays.

| axis | size | members |
|---|---|---|
| cells | n | theatre cells in the lattice's order |
| army_rows | n + 2 | the cells, then ground no army comes from, then ground Damascus holds throughout |
| community_rows | n + 1 | the cells, then "no community" |
| sectors, institutions, assets, custody_sites, coastal_bases, us_bases | the theatre's | members of sim.ground.members |
| sides | 2 | SIDES: Damascus, the SDF |
| provinces | 14 | the lattice's governorates |
| insurgent_provinces | the theatre's | members |
| pressures | 4 | PRESSURES |
| influence_parts, authority_parts, uncertainty_parts | 4, 6, 3 | what each index is the mean of |
| places, classes | 4, 7 | PLACES and CLASSES of Russian equipment |
| relations | 2 | RELATIONS |
| transit_days | 8 | days to the coast |
| parties | 3 | PARTIES whose dead are counted |
| recent_days, taken_in | 64, insurgent provinces + 1 | the last evenings; insurgent provinces, then the whole theatre |
| runs | block | always last |

Days count from the start: day 0 is the evening the scenario starts on. NEVER stands for "has not happened".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.ground.theatre import CONTESTED, DAMASCUS, Theatre
from sim.state.arrays import CODE, COUNT, FLAG, FLOAT, ArrayStruct, array

CAMPAIGNS = ("none", "zone", "pocket", "general", "halted")
NONE, ZONE, IN_POCKET, GENERAL, HALTED = range(5)
SIDES = ("damascus", "sdf")
ARMY, FIGHTERS = range(2)
PARTIES = ("damascus", "sdf", "civilians")
CAUSES = ("none", "hand_over", "defection", "assault")
BY_HAND_OVER, BY_DEFECTION, BY_ASSAULT = range(1, 4)
RELATIONS = ("damascus_moscow", "damascus_sdf")
MOSCOW_TIE, SDF_TIE = range(2)
PHASES = ("none", "announced", "drawing_down", "residual", "gone")
STAYING, ANNOUNCED, DRAWING_DOWN, RESIDUAL, GONE = range(5)
PLACES = ("outposts", "qamishli", "hmeimim", "russia")
OUTPOSTS, AIRFIELD, COAST, HOME = range(4)
EQUIPMENT_CLASSES = ("persons", "armoured_vehicles", "radars", "air_defence_units", "stores", "helicopters", "aircraft")
PERSONS, ARMOUR, RADARS, AIR_DEFENCE, STORES, HELICOPTERS, AIRCRAFT = range(7)
CUSTODIES = ("guarded", "besieged", "abandoned", "damascus")
GUARDED, BESIEGED, ABANDONED, WITH_DAMASCUS = range(4)
TERMS = ("none", "individual", "units")
NO_TERMS, INDIVIDUAL, UNITS = range(3)
SUMMIT_RESULTS = ("none", "rift", "left_open", "settled")
NO_SUMMIT, RIFT, LEFT_OPEN, SETTLED = range(4)
BASE_STATUSES = ("asked_to_leave", "tolerated", "confirmed")
ASKED_TO_LEAVE, TOLERATED, CONFIRMED = range(3)

NEVER = -9999
"""A day long before any start."""


@dataclass
class State(ArrayStruct):
    """Everything that changes in a run. Mechanisms advance it; agents only read it."""

    day: int
    # ground
    army: np.ndarray = array(
        FLOAT, "army_rows runs", "1 where Damascus's forces are; just taken, 1 + unused share of the sub-move"
    )
    gone_over: np.ndarray = array(FLOAT, "community_rows runs", "1 where the community has left the SDF")
    threshold: np.ndarray = array(FLOAT, "cells runs", "pressure at which the community goes over")
    patience: np.ndarray = array(FLOAT, "cells runs", "what is left of the community's exponential clock")
    progress: np.ndarray = array(FLOAT, "cells runs", "share of the cell the army has crossed")
    nearness: np.ndarray = array(FLOAT, "army_rows runs", "nearness of the army, 1 where it stands")
    gone_over_on: np.ndarray = array(COUNT, "cells runs", "day the community went over, or NEVER")
    taken_on: np.ndarray = array(COUNT, "cells runs", "day Damascus took the cell, or NEVER")
    cause: np.ndarray = array(CODE, "cells runs", "index in CAUSES of how Damascus took it")
    # the ground, summed up (see sim.state.survey)
    held_area: np.ndarray = array(FLOAT, "sectors runs", "km2 where no army stands")
    held_people: np.ndarray = array(FLOAT, "sectors runs", "residents where no army stands")
    held_cells: np.ndarray = array(FLOAT, "provinces runs", "theatre cells where no army stands")
    held_arab: np.ndarray = array(FLOAT, "runs", "cells of Arab-majority communities where no army stands")
    gone_people: np.ndarray = array(FLOAT, "sectors runs", "residents of communities that went over")
    front_cells: np.ndarray = array(FLOAT, "sectors runs", "cells of the front today, see sim.state.survey.front")
    taken_cells: np.ndarray = array(FLOAT, "taken_in runs", "cells taken so far, by insurgent province and in all")
    taken_cells_then: np.ndarray = array(FLOAT, "recent_days taken_in runs", "the same on the last evenings, by day modulo")
    # campaign
    campaign: np.ndarray = array(CODE, "runs", "index in CAMPAIGNS")
    campaign_since: np.ndarray = array(COUNT, "runs", "day the campaign took its present posture")
    campaign_ended_on: np.ndarray = array(COUNT, "runs", "day the last campaign ended, or NEVER")
    last_gain_on: np.ndarray = array(COUNT, "runs", "day Damascus last took a cell, or NEVER")
    resumed_on: np.ndarray = array(COUNT, "runs", "day fighting resumed after a truce, or NEVER")
    pulled_back: np.ndarray = array(FLAG, "sectors runs", "the SDF has ordered the sector out")
    handing_over: np.ndarray = array(FLAG, "sectors runs", "ordered out, with ground left beside the army this morning")
    fighting: np.ndarray = array(FLAG, "sectors runs", "Damascus attacks in the sector today")
    assault_core: np.ndarray = array(FLAG, "runs", "the attack goes into Kurdish-majority ground today")
    strength: np.ndarray = array(FLOAT, "sides sectors runs", "fighters at the start of the scenario")
    leavers: np.ndarray = array(FLOAT, "sectors runs", "of the SDF's, those who leave if all communities go over")
    losses: np.ndarray = array(FLOAT, "sides sectors runs", "fighters lost so far")
    killed: np.ndarray = array(FLOAT, "parties runs", "dead so far")
    # truce and talks
    truce: np.ndarray = array(FLAG, "runs", "a truce is in force")
    truce_ends: np.ndarray = array(FLOAT, "runs", "day it expires; infinite when open-ended")
    truce_term: np.ndarray = array(FLOAT, "runs", "days of the current term")
    truce_signed_on: np.ndarray = array(COUNT, "runs", "day the current or last truce was signed, or NEVER")
    truce_ended_on: np.ndarray = array(COUNT, "runs", "day the last truce lapsed or broke, or NEVER")
    truces: np.ndarray = array(COUNT, "runs", "truces signed so far")
    extensions: np.ndarray = array(COUNT, "runs", "extensions so far")
    extended_first: np.ndarray = array(CODE, "runs", "at the first expiry: 1 extended, -1 lapsed, 0 not reached")
    lapsed: np.ndarray = array(COUNT, "runs", "truces lapsed so far")
    broken: np.ndarray = array(COUNT, "runs", "truces broken so far")
    violations: np.ndarray = array(FLOAT, "runs", "truce violations today")
    deal_terms: np.ndarray = array(CODE, "runs", "index in TERMS of the deal in force")
    deal_signed_on: np.ndarray = array(COUNT, "runs", "day the deal in force was signed, or NEVER")
    institution_on: np.ndarray = array(COUNT, "institutions runs", "day the institution was handed over, or NEVER")
    deal: np.ndarray = array(FLAG, "runs", "a comprehensive integration deal is in force")
    # guarantor and relations
    guarantor_absence: np.ndarray = array(FLOAT, "runs", "how absent the SDF's guarantor is, [0, 1]")
    halt_urged: np.ndarray = array(FLAG, "runs", "the United States asked Damascus to halt yesterday")
    partner_shifted: np.ndarray = array(FLAG, "runs", "the United States has shifted its partnership to Damascus")
    relation: np.ndarray = array(FLOAT, "relations runs", "relation of the pair, [-1, 1]")
    summit_result: np.ndarray = array(CODE, "runs", "index in SUMMIT_RESULTS of the last summit")
    base_status: np.ndarray = array(CODE, "coastal_bases runs", "index in BASE_STATUSES")
    supply: np.ndarray = array(FLOAT, "runs", "tonnes of equipment delivered through Tartus today")
    supply_total: np.ndarray = array(FLOAT, "runs", "tonnes delivered through Tartus so far")
    readiness: np.ndarray = array(FLOAT, "runs", "readiness of the Syrian army, [0, 1]")
    influence_parts: np.ndarray = array(FLOAT, "influence_parts runs", "parts of Moscow's influence, [0, 1]")
    authority_parts: np.ndarray = array(FLOAT, "authority_parts runs", "parts of Damascus's authority, [0, 1]")
    uncertainty_parts: np.ndarray = array(FLOAT, "uncertainty_parts runs", "parts of the SDF's uncertainty, [0, 1]")
    talks_sought: np.ndarray = array(FLAG, "runs", "the SDF asked for talks yesterday")
    outside: np.ndarray = array(FLOAT, "pressures runs", "pressures from outside, [0, 1]")
    us_persons: np.ndarray = array(FLOAT, "us_bases runs", "US troops at the base")
    us_left_on: np.ndarray = array(COUNT, "us_bases runs", "day the base was left, or NEVER")
    us_losses_on: np.ndarray = array(COUNT, "runs", "day US troops were last killed, or NEVER")
    us_killed: np.ndarray = array(FLOAT, "runs", "US troops killed so far")
    strikes: np.ndarray = array(FLOAT, "runs", "waves of US strikes so far")
    struck_on: np.ndarray = array(COUNT, "runs", "day of the last wave of US strikes, or NEVER")
    prospects: np.ndarray = array(FLOAT, "runs", "the SDF's own estimate of its prospects, [0, 1]")
    # Russian presence
    withdrawal: np.ndarray = array(CODE, "runs", "index in PHASES")
    phase_since: np.ndarray = array(COUNT, "runs", "day the withdrawal entered its phase")
    requested_on: np.ndarray = array(COUNT, "runs", "day Damascus asked Moscow to leave, or NEVER")
    stock: np.ndarray = array(FLOAT, "places classes runs", "persons, items or tonnes")
    on_the_road: np.ndarray = array(FLOAT, "transit_days classes runs", "convoys by days left to the coast")
    sorties: np.ndarray = array(FLOAT, "runs", "cargo flights that left Qamishli so far")
    persons_at_start: np.ndarray = array(FLOAT, "runs", "Russians at Qamishli on the first evening")
    ordered_out: np.ndarray = array(FLOAT, "runs", "tonnes of equipment ordered out")
    tonnes_by_air: np.ndarray = array(FLOAT, "runs", "tonnes of equipment lifted out so far")
    tonnes_by_road: np.ndarray = array(FLOAT, "runs", "tonnes of equipment driven out so far")
    tonnes_flown_out: np.ndarray = array(FLOAT, "runs", "tonnes of helicopters that flew out themselves")
    tonnes_to_russia: np.ndarray = array(FLOAT, "runs", "of the tonnes lifted, those flown on to Russia")
    convoys: np.ndarray = array(FLOAT, "runs", "convoys that left Qamishli so far")
    convoy_days_blocked: np.ndarray = array(FLOAT, "runs", "days on which the road was closed to a convoy")
    # detainees
    inmates: np.ndarray = array(FLOAT, "custody_sites runs", "detainees, or residents of a camp")
    guards: np.ndarray = array(FLOAT, "custody_sites runs", "guards of the present custodian")
    custody: np.ndarray = array(CODE, "custody_sites runs", "index in CUSTODIES")
    custody_since: np.ndarray = array(COUNT, "custody_sites runs", "day the custody took its present form")
    escaped: np.ndarray = array(FLOAT, "custody_sites runs", "persons who got out so far")
    recaptured: np.ndarray = array(FLOAT, "custody_sites runs", "of those, retaken so far")
    escapes_today: np.ndarray = array(FLOAT, "custody_sites runs", "persons who got out today")
    guarding_failed_on: np.ndarray = array(COUNT, "runs", "day guarding of a prison first failed, or NEVER")
    transfer_started_on: np.ndarray = array(COUNT, "runs", "day of the first transfer to Iraq, or NEVER")
    transfer_running: np.ndarray = array(FLAG, "runs", "the transfer has begun and is not complete")
    transferred: np.ndarray = array(FLOAT, "runs", "detainees moved to Iraq so far")
    transfer_plan: np.ndarray = array(FLOAT, "runs", "detainees to be moved in all")
    last_batch_on: np.ndarray = array(COUNT, "runs", "day of the last batch to Iraq, or NEVER")
    # assets, insurgents and people
    asset_taken: np.ndarray = array(FLAG, "assets runs", "Damascus's forces stand at the asset")
    oil_share_damascus: np.ndarray = array(FLOAT, "runs", "Damascus's share of the oil fields by weight, [0, 1]")
    attacks: np.ndarray = array(FLOAT, "insurgent_provinces runs", "insurgent attacks today")
    excitation: np.ndarray = array(FLOAT, "insurgent_provinces runs", "attacks a day set off by earlier ones")
    attacks_total: np.ndarray = array(FLOAT, "insurgent_provinces runs", "attacks so far")
    fled: np.ndarray = array(FLOAT, "sectors runs", "people of the sector who are displaced")
    displaced: np.ndarray = array(FLOAT, "provinces runs", "displaced persons, counted at the host")
    summit_today: bool = False

    def holder(self) -> np.ndarray:
        """Return (cells, runs) int8 holder codes of the theatre."""
        taken, over = self.army[:-2] > 0, self.gone_over[:-1] > 0
        return np.where(taken, DAMASCUS, np.where(over, CONTESTED, 1)).astype(np.int8)

    def sdf_held(self) -> np.ndarray:
        """Return (cells, runs) float32: 1 where no army stands, contested cells included."""
        return (self.army[:-2] == 0).astype(np.float32)


PRESSURES = ("turkish_pressure", "mediation", "israeli_pressure", "border_control")
TURKISH, MEDIATION, ISRAELI, BORDER = range(4)
INFLUENCE_PARTS = ("coast", "supply", "tie", "status")
AUTHORITY_PARTS = ("territory", "population", "institutions", "revenue", "recognition", "calm")
UNCERTAINTY_PARTS = ("outcome", "guarantor", "territory")
TRANSIT_DAYS = 8
RECENT_DAYS = 64
"""Evenings that are remembered, for what was taken lately."""


def sizes(theatre: Theatre, runs: int) -> dict[str, int]:
    """Return the size of each axis."""
    n = theatre.size
    return {axis: len(members) for axis, members in theatre.members.of.items()} | {
        "cells": n,
        "army_rows": n + 2,
        "community_rows": n + 1,
        "sides": len(SIDES),
        "provinces": len(theatre.grid.provinces),
        "pressures": len(PRESSURES),
        "influence_parts": len(INFLUENCE_PARTS),
        "authority_parts": len(AUTHORITY_PARTS),
        "uncertainty_parts": len(UNCERTAINTY_PARTS),
        "places": len(PLACES),
        "classes": len(EQUIPMENT_CLASSES),
        "transit_days": TRANSIT_DAYS,
        "recent_days": RECENT_DAYS,
        "taken_in": len(theatre.members["insurgent_provinces"]) + 1,
        "relations": len(RELATIONS),
        "parties": len(PARTIES),
        "runs": runs,
    }
