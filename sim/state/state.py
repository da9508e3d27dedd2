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
from sim.state.arrays import ArrayStruct, code, count, dated, flag, number
from sim.state.quantity import DAY, DAYS, Quantity

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
STOCK = {
    "persons": Quantity("Russians", "persons"),
    "armoured_vehicles": Quantity("Armoured vehicles", "items"),
    "radars": Quantity("Radars", "items"),
    "air_defence_units": Quantity("Air-defence units", "items"),
    "stores": Quantity("Stores", "tonnes"),
    "helicopters": Quantity("Helicopters", "items"),
    "aircraft": Quantity("Aircraft", "items"),
}
EQUIPMENT_CLASSES = tuple(STOCK)
PERSONS, ARMOUR, RADARS, AIR_DEFENCE, STORES, HELICOPTERS, AIRCRAFT = range(7)
CUSTODIES = ("guarded", "besieged", "abandoned", "damascus")
GUARDED, BESIEGED, ABANDONED, WITH_DAMASCUS = range(4)
TERMS = ("none", "individual", "units")
NO_TERMS, INDIVIDUAL, UNITS = range(3)
SUMMIT_RESULTS = ("none", "rift", "left_open", "settled")
NO_SUMMIT, RIFT, LEFT_OPEN, SETTLED = range(4)
BASE_STATUSES = ("asked_to_leave", "tolerated", "confirmed")
ASKED_TO_LEAVE, TOLERATED, CONFIRMED = range(3)

INFLUENCE_PARTS = ("coast", "supply", "tie", "status")
AUTHORITY_PARTS = ("territory", "population", "institutions", "revenue", "recognition", "calm")
UNCERTAINTY_PARTS = ("outcome", "guarantor", "territory")
EXPIRIES = ("lapsed", "not reached", "extended")

NEVER = -9999
"""A day long before any start."""


@dataclass
class State(ArrayStruct):
    """Everything that changes in a run. Mechanisms advance it; agents only read it.

    Each field names its axes, what it is, its unit, who writes it, and the daily series that show it.
    """

    day: int
    # fmt: off
    # ground
    army: np.ndarray = number(
        "army_rows runs", "1 where Damascus's army is; just taken, 1 + unused share of the sub-move", "1", "advance", high=2)
    gone_over: np.ndarray = number("community_rows runs", "1 where the community has left the SDF", "1", "defection", high=1)
    threshold: np.ndarray = number("cells runs", "pressure at which the community goes over", "1", "defection", low=None)
    patience: np.ndarray = number("cells runs", "rest of the community's exponential clock", "1", "defection", low=None)
    progress: np.ndarray = number("cells runs", "share of the cell the army has crossed", "1", "advance")
    nearness: np.ndarray = number("army_rows runs", "nearness of the army, 1 where it is", "1", "advance", high=1)
    gone_over_on: np.ndarray = dated("cells runs", "day the community went over", "defection")
    taken_on: np.ndarray = dated("cells runs", "day Damascus took the cell", "advance")
    cause: np.ndarray = code("cells runs", "how Damascus took the cell", CAUSES, "advance")
    # the ground, summed up (see sim.state.survey)
    held_area: np.ndarray = number("sectors runs", "area without an army of Damascus", "km2", "survey")
    held_people: np.ndarray = number("sectors runs", "residents where Damascus has no army", "persons", "survey")
    held_cells: np.ndarray = number("provinces runs", "theatre cells without an army of Damascus", "cells", "survey")
    held_arab: np.ndarray = number("runs", "Arab-majority communities' cells without an army of Damascus", "cells", "survey")
    gone_people: np.ndarray = number("sectors runs", "residents of communities that went over", "persons", "survey")
    front_cells: np.ndarray = number("sectors runs", "cells of the front today, see survey.front", "cells", "survey")
    taken_cells: np.ndarray = number("taken_in runs", "cells taken, by insurgent province and in all", "cells", "survey")
    taken_cells_then: np.ndarray = number(
        "recent_days taken_in runs", "the same on the last evenings, by day modulo", "cells", "survey")
    # campaign
    campaign: np.ndarray = code("runs", "posture of the army", CAMPAIGNS, "campaign", "campaign")
    campaign_since: np.ndarray = dated("runs", "day the campaign took its present posture", "campaign")
    campaign_ended_on: np.ndarray = dated("runs", "day the last campaign ended", "campaign")
    last_gain_on: np.ndarray = dated("runs", "day Damascus last took a cell", "advance")
    resumed_on: np.ndarray = dated("runs", "day fighting last resumed after a truce", "campaign", "resumed_on")
    pulled_back: np.ndarray = flag("sectors runs", "the SDF has ordered the sector out", "campaign")
    handing_over: np.ndarray = flag("sectors runs", "ordered out, with ground left beside the army this morning", "campaign")
    fighting: np.ndarray = flag("sectors runs", "Damascus attacks in the sector today", "campaign")
    assault_core: np.ndarray = flag("runs", "the attack goes into Kurdish-majority ground today", "campaign")
    strength: np.ndarray = number("sides sectors runs", "fighters at the start of the scenario", "persons", "start")
    leavers: np.ndarray = number(
        "sectors runs", "of the SDF's, those who leave if all communities go over", "persons", "start")
    losses: np.ndarray = number("sides sectors runs", "fighters lost so far", "persons", "attrition")
    killed: np.ndarray = number("parties runs", "killed so far", "persons", "attrition", {
        "killed_damascus": "killed: Damascus's forces",
        "killed_sdf": "killed: SDF",
        "killed_civilians": "killed: civilians"})
    # truce and talks
    truce: np.ndarray = flag("runs", "a truce is in force", "truce talks", "truce")
    truce_ends: np.ndarray = number("runs", "day the truce expires; infinite when open-ended", DAY, "truce talks", low=None)
    truce_term: np.ndarray = number("runs", "length of the truce's current term", DAYS, "truce")
    truce_signed_on: np.ndarray = dated("runs", "day the current or last truce was signed", "truce talks")
    truce_ended_on: np.ndarray = dated("runs", "day the last truce lapsed or broke", "truce")
    truces: np.ndarray = count("runs", "truces signed", "truces", "truce talks", "truces")
    extensions: np.ndarray = count("runs", "truce extensions", "extensions", "truce", "truce_extensions")
    extended_first: np.ndarray = code("runs", "result of the first expiry", EXPIRIES, "truce", "extended_first", -1)
    lapsed: np.ndarray = count("runs", "truces lapsed", "truces", "truce", "truces_lapsed")
    broken: np.ndarray = count("runs", "truces broken", "truces", "truce", "truces_broken")
    violations: np.ndarray = number("runs", "truce violations a day", "1/day", "truce", "violations")
    deal_terms: np.ndarray = code("runs", "terms of the deal in force", TERMS, "truce talks", "deal_terms")
    deal_signed_on: np.ndarray = dated("runs", "day the deal in force was signed", "talks")
    institution_on: np.ndarray = dated("institutions runs", "day the institution was handed over", "talks")
    deal: np.ndarray = flag("runs", "an integration deal is in force", "truce talks", "deal")
    # guarantor and relations
    guarantor_absence: np.ndarray = number(
        "runs", "absence of the SDF's guarantor", "1", "guarantee", "guarantor_absence", high=1)
    halt_urged: np.ndarray = flag("runs", "the United States asked Damascus to halt yesterday", "guarantee")
    partner_shifted: np.ndarray = flag(
        "runs", "the United States has shifted its partnership to Damascus", "guarantee", "partner_shifted")
    relation: np.ndarray = number("relations runs", "relation of the pair", "1", "relations summit", {
        "tie_damascus_moscow": "relation of Damascus and Moscow",
        "tie_damascus_sdf": "relation of Damascus and the SDF"}, low=-1, high=1)
    summit_result: np.ndarray = code("runs", "result of the last summit", SUMMIT_RESULTS, "summit", "summit_result")
    base_status: np.ndarray = code(
        "coastal_bases runs", "status of the base", BASE_STATUSES, "summit", {"{}_status": "status of {}"})
    supply: np.ndarray = number("runs", "equipment delivered through Tartus today", "tonnes", "supply")
    supply_total: np.ndarray = number("runs", "equipment delivered through Tartus", "tonnes", "supply", "supply_delivered")
    readiness: np.ndarray = number("runs", "readiness of the Syrian army", "1", "supply", "army_readiness", high=1)
    influence_parts: np.ndarray = number("influence_parts runs", "parts of Moscow's influence", "1", "indices", {
        "influence_coast": "Moscow's influence: coast",
        "influence_supply": "Moscow's influence: supply",
        "influence_tie": "Moscow's influence: relation",
        "influence_status": "Moscow's influence: status"}, high=1)
    authority_parts: np.ndarray = number("authority_parts runs", "parts of Damascus's authority", "1", "indices", {
        f"authority_{part}": f"Damascus's authority: {part}" for part in AUTHORITY_PARTS}, high=1)
    uncertainty_parts: np.ndarray = number("uncertainty_parts runs", "parts of the SDF's uncertainty", "1", "indices", {
        f"uncertainty_{part}": f"SDF's uncertainty: {part}" for part in UNCERTAINTY_PARTS}, high=1)
    talks_sought: np.ndarray = flag("runs", "the SDF asked for talks yesterday", "campaign")
    outside: np.ndarray = number("pressures runs", "pressures from outside", "1", "start", high=1)
    us_persons: np.ndarray = number("us_bases runs", "US troops at the base", "persons", "us_presence")
    us_left_on: np.ndarray = dated("us_bases runs", "day the base was left", "us_presence")
    us_losses_on: np.ndarray = dated("runs", "day US troops were last killed", "us_presence")
    us_killed: np.ndarray = number("runs", "US troops killed", "persons", "us_presence", "us_killed")
    strikes: np.ndarray = number("runs", "waves of US strikes", "waves", "us_presence", "us_strikes")
    struck_on: np.ndarray = dated("runs", "day of the last wave of US strikes", "us_presence")
    prospects: np.ndarray = number("runs", "SDF's estimate of its prospects", "1", "prospects", "sdf_prospects", high=1)
    # Russian presence
    withdrawal: np.ndarray = code("runs", "phase of the Russian withdrawal", PHASES, "withdrawal", "withdrawal_phase")
    phase_since: np.ndarray = dated("runs", "day the withdrawal entered its phase", "withdrawal")
    requested_on: np.ndarray = dated("runs", "day Damascus asked Moscow to leave", "withdrawal")
    stock: np.ndarray = number(
        "places classes runs", "Russian persons and equipment", "persons, items or tonnes", "withdrawal")
    on_the_road: np.ndarray = number(
        "transit_days classes runs", "convoys by days left to the coast", "persons, items or tonnes", "withdrawal")
    sorties: np.ndarray = number("runs", "cargo flights from Qamishli", "flights", "withdrawal", "sorties")
    persons_at_start: np.ndarray = number("runs", "Russians at Qamishli on the first evening", "persons", "start")
    ordered_out: np.ndarray = number(
        "runs", "equipment ordered out of Qamishli", "tonnes", "withdrawal", "tonnes_ordered_out")
    tonnes_by_air: np.ndarray = number("runs", "equipment flown out of Qamishli", "tonnes", "withdrawal", "tonnes_by_air")
    tonnes_by_road: np.ndarray = number("runs", "equipment driven out of Qamishli", "tonnes", "withdrawal", "tonnes_by_road")
    tonnes_flown_out: np.ndarray = number(
        "runs", "helicopters that flew out of Qamishli themselves", "tonnes", "withdrawal", "tonnes_flown_out")
    tonnes_to_russia: np.ndarray = number("runs", "equipment flown on to Russia", "tonnes", "withdrawal", "tonnes_to_russia")
    convoys: np.ndarray = number("runs", "convoys from Qamishli to the coast", "convoys", "withdrawal", "convoys")
    convoy_days_blocked: np.ndarray = number(
        "runs", "days the road was closed to a convoy", DAYS, "withdrawal", "convoy_days_blocked")
    # detainees
    inmates: np.ndarray = number("custody_sites runs", "detainees, or residents of a camp", "persons", "custody transfer")
    guards: np.ndarray = number("custody_sites runs", "guards of the present custodian", "persons", "custody")
    custody: np.ndarray = code("custody_sites runs", "custody of the site", CUSTODIES, "custody")
    custody_since: np.ndarray = dated("custody_sites runs", "day the custody took its present form", "custody")
    escaped: np.ndarray = number("custody_sites runs", "persons who got out so far", "persons", "custody")
    recaptured: np.ndarray = number("custody_sites runs", "of those, recaptured so far", "persons", "custody")
    escapes_today: np.ndarray = number("custody_sites runs", "persons who got out today", "persons", "custody")
    guarding_failed_on: np.ndarray = dated("runs", "day guarding of a prison first failed", "custody")
    transfer_started_on: np.ndarray = dated("runs", "day of the first transfer to Iraq", "transfer")
    transfer_running: np.ndarray = flag("runs", "the transfer to Iraq has begun and is not complete", "transfer")
    transferred: np.ndarray = number("runs", "detainees moved to Iraq", "persons", "transfer", "detainees_transferred")
    transfer_plan: np.ndarray = number("runs", "detainees to be moved to Iraq in all", "persons", "transfer")
    last_batch_on: np.ndarray = dated("runs", "day of the last batch to Iraq", "transfer")
    # assets, insurgents and people
    asset_taken: np.ndarray = flag("assets runs", "Damascus holds the asset", "assets", {"{}_damascus": "{} is Damascus's"})
    oil_share_damascus: np.ndarray = number(
        "runs", "Damascus's share of the oil fields", "1", "assets", "oil_share_damascus", high=1, share=True)
    attacks: np.ndarray = number("insurgent_provinces runs", "insurgent attacks a day", "1/day", "insurgency")
    excitation: np.ndarray = number(
        "insurgent_provinces runs", "attacks a day set off by earlier ones", "1/day", "insurgency")
    attacks_total: np.ndarray = number(
        "insurgent_provinces runs", "insurgent attacks", "attacks", "insurgency", {"attacks_{}": "insurgent attacks in {}"})
    fled: np.ndarray = number("sectors runs", "people of the sector who are displaced", "persons", "displacement")
    displaced: np.ndarray = number("provinces runs", "displaced persons, counted at the host", "persons", "displacement")
    # fmt: on
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
