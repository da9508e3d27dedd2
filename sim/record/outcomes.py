"""Outcomes: what a run came to, one value each, with name, unit, type and definition.

A date is in days since the start and NaN where it did not come within the horizon (censored). A yes_no is 1 or 0, NaN where
its question did not arise. A category is an index into its categories, NaN where none was reached. `arising` says in which
runs the question of an outcome arose: what did not arise is neither late nor 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from sim.ground.members import Member, shipped_members
from sim.record import readings as read
from sim.record.expressed import Expressed, Known, dated_outcomes, express
from sim.record.expressions import kinds
from sim.record.history import History
from sim.scenario.own_outcomes import OwnOutcome
from sim.state.arrays import own_numerics
from sim.state.state import (
    ANNOUNCED,
    AUTHORITY_PARTS,
    BASE_STATUSES,
    EQUIPMENT_CLASSES,
    COAST,
    DRAWING_DOWN,
    GONE,
    HALTED,
    INFLUENCE_PARTS,
    SUMMIT_RESULTS,
    TERMS,
    UNCERTAINTY_PARTS,
)

NUMBER, DATE, YES_NO, CATEGORY = kinds.TYPES
SHADDADI = "shaddadi_prison"
"""Its escapes have an outcome of their own (facts a32)."""

ALWAYS, COVERED = kinds.ALWAYS, kinds.COVERED
TRUCE = "where a truce was in force on some evening"


@dataclass(frozen=True)
class Outcome:
    """One outcome.

    systems: the numbers of the record's systems it shows. of: History -> (runs,) float. arises: in which runs its question
    arises. as_in: of a date whose question does not always arise, the column that has a value in just those runs, as NaN
    says of a date only that it did not come. member: axis and key of the one
    that it is about, without which it does not arise. formula: of one that is written as an expression, its text in full.
    """

    name: str
    unit: str
    type: str
    definition: str
    systems: tuple[int, ...]
    of: read.Reading
    categories: tuple[str, ...] = ()
    arises: str = ALWAYS
    as_in: str = ""
    member: tuple[str, str] | None = None
    title: str = ""
    formula: str = ""


def arising(outcome: Outcome, table: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (runs,) bool: the question of an outcome arose. table: (runs,) values of it and of its `as_in`."""
    values = table[outcome.name]
    if outcome.type != DATE:
        return ~np.isnan(values)
    return ~np.isnan(values) | ~np.isnan(table[outcome.as_in]) if outcome.as_in else np.ones(len(values), bool)


def read_for(outcome: Outcome) -> tuple[str, ...]:
    """Return the names of the columns that say all of an outcome: its own, and where it arises."""
    return (outcome.name, outcome.as_in) if outcome.as_in else (outcome.name,)


@own_numerics
def outcome_table(history: History, own: tuple[OwnOutcome, ...] = ()) -> dict[str, np.ndarray]:
    """Return every outcome as (runs,) float64, and where dates of the user's own arise. own: outcomes of the user's own."""
    members, missing = history.theatre.members, np.full(history.runs, np.nan)
    there = {outcome.name: outcome.member is None or members.index(*outcome.member) >= 0 for outcome in BUILT_IN}
    table = {each.name: np.asarray(each.of(history) if there[each.name] else missing, dtype=np.float64) for each in BUILT_IN}
    return table | expressed_table(history, own)


@own_numerics
def expressed_table(history: History, own: tuple[OwnOutcome, ...]) -> dict[str, np.ndarray]:
    """Return the outcomes that are written as expressions, those of data and the user's own, as `outcome_table` does."""
    made: dict[str, np.ndarray] = {}
    for each in expressed(own).values():
        made |= each.columns(history)
    return made


@cache
def expressed(own: tuple[OwnOutcome, ...]) -> dict[str, Expressed]:
    """Return the outcomes that are written as expressions by name, those of data first. Raises InputError."""
    built_in: dict[str, Known | Expressed] = {outcome.name: outcome for outcome in BUILT_IN}
    if not own:
        return express(dated_outcomes(), built_in)
    return expressed(()) | express(own, built_in | expressed(()))


@cache
def outcomes_of(own: tuple[OwnOutcome, ...] = ()) -> tuple[Outcome, ...]:
    """Return all outcomes: the program's, the dated ones of data and, last, the user's own. Raises InputError."""
    shipped, made = outcomes_of() if own else BUILT_IN, expressed(own)
    return (*shipped, *(_outcome(each) for name, each in made.items() if not own or name not in expressed(())))


def _outcome(made: Expressed) -> Outcome:
    own = made.own
    return Outcome(
        own.name, made.unit, made.type, own.definition or own.of, own.systems, made.of, made.categories, made.arises,
        made.as_in, own.member, own.title or own.name, made.in_full,
    )  # fmt: skip


def columns_read(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the names of the columns that hold outcomes: their own, and where they arise."""
    return tuple(dict.fromkeys(name for outcome in outcomes for name in read_for(outcome)))


def _of(axis: str, key: str, *outcomes: Outcome) -> Iterator[Outcome]:
    return (replace(outcome, member=(axis, key)) for outcome in outcomes)


def _end(name: str, unit: str, definition: str, systems: tuple[int, ...]) -> Outcome:
    """Return what the series of this name, without "_end", shows on the last evening."""
    return Outcome(name, unit, NUMBER, definition, systems, read.at_end(name.removesuffix("_end")))


def _date(
    name: str, definition: str, systems: tuple[int, ...], of: read.Reading, arises: str = ALWAYS, as_in: str = ""
) -> Outcome:
    return Outcome(name, "date", DATE, definition, systems, of, arises=arises, as_in=as_in)


def _index(name: str, series: str, parts: tuple[str, ...], system: int, whose: str) -> Iterator[Outcome]:
    yield _end(name, "1", f"index of {whose} at the end", (system,))
    for part in parts:
        definition = f"part of the index of {whose} at the end: {part}"
        yield Outcome(f"{name}_{part}", "1", NUMBER, definition, (system,), read.at_end(f"{series}_{part}"))


def _escapes(site: str) -> Outcome:
    definition = f"detainees who escaped from {site.replace('_', ' ')}"
    reading = read.at_site("escaped", site)
    return Outcome(f"{site}_escapes", "persons", NUMBER, definition, (10,), reading, member=("custody_sites", site))


def _left(base: Member) -> Outcome:
    name = base.key.removeprefix("al_").removesuffix("_garrison")
    return _date(f"{name}_left_on", f"day the base {base.name} was left", (19,), read.first(f"{base.key}_left"))


def _at_hmeimim(item: str) -> Outcome:
    unit = {"persons": "persons", "stores": "tonnes"}.get(item, "items")
    definition = f"{item.replace('_', ' ')} at Hmeimim at the end, those from Qamishli among them"
    stock = read.stock_at_end(COAST, EQUIPMENT_CLASSES.index(item))
    return Outcome(f"hmeimim_{item}_end", unit, NUMBER, definition, (3,), stock)


_UNTITLED: tuple[Outcome, ...] = (
    _end("sdf_share_end", "1", "SDF-held and contested area over the lattice's, on the last evening", (6, 7)),
    _date("collapse_day", "first day the SDF's share is below half of its starting share", (6,),
            lambda h: read.first_day(h.series["sdf_share"] < 0.5 * h.series["sdf_share"][0])),
    _end("cells_by_assault", "cells", "cells Damascus took by assault", (6,)),
    _end("cells_by_defection", "cells", "cells Damascus took whose community had gone over", (6,)),
    _end("cells_by_hand_over", "cells", "cells Damascus took which the SDF had ordered out", (6,)),
    Outcome("cells_changed_20_to_28_jan", "cells", NUMBER, "cells whose holder changed from 20 to 28 January 2026", (7,),
            read.cells_changed, arises=COVERED),
    Outcome("truce_violations", "violations", NUMBER, "violations of truces in force", (7, 8),
            read.once("truce", 1, read.summed("violations")), arises=TRUCE),
    Outcome("siege_days", "days", NUMBER, "days on which the offensive stood halted at the city lines", (7,),
            read.days_at("campaign", HALTED)),
    _date("truce_agreed_on", "first truce that lasts more than a day", (8,), read.truce_agreed_on),
    Outcome("truce_extended", "1", YES_NO, "the first truce to reach its expiry was extended there", (8,),
            read.truce_extended, arises="where a truce reached its expiry"),
    Outcome("truce_extensions", "extensions", NUMBER, "extensions of truces", (8,),
            read.once("truce", 1, read.at_end("truce_extensions")), arises=TRUCE),
    Outcome("first_extension_reason", "1", CATEGORY, "reason for which Damascus offered the first extension", (8, 9, 12),
            read.first_extension_reason, read.EXTENSION_REASONS, arises="where a truce was extended"),
    _date("truce_lapsed_on", "first day a truce lapsed at its expiry", (8,), read.first("truces_lapsed"), arises=TRUCE,
            as_in="truce_violations"),
    _date("truce_broken_on", "first day a truce broke within its term", (8,), read.first("truces_broken"), arises=TRUCE,
            as_in="truce_violations"),
    _date("fighting_resumed_on", "first day Damascus attacked again after a truce", (7, 8), read.fighting_resumed_on,
            arises=TRUCE, as_in="truce_violations"),
    _date("deal_reached_on", "day an integration deal was signed", (12,), read.first("deal")),
    Outcome("deal_terms", "1", CATEGORY, "terms of the first deal that was signed", (12,), read.deal_terms, TERMS[1:],
            arises="where a deal was signed"),
    _end("institutions_handed_over", "1", "share of the six institutions handed over at the end", (12,)),
    _date("first_institution_on", "day the first institution was handed over", (12,),
            read.first("institutions_handed_over", 0.1)),
    _date("airport_handed_over_on", "day Qamishli airport was handed over by the deal", (12, 21),
            read.first("airport_handed_over")),
    _date("oil_handed_over_on", "day the oil fields were handed over by the deal", (12, 21), read.first("oil_handed_over")),
    _date("crossings_handed_over_on", "day the crossings were handed over by the deal", (12, 21),
            read.first("crossings_handed_over")),
    _end("tie_damascus_moscow_end", "1", "relation of Damascus and Moscow at the end, -1 to 1", (5, 13, 15)),
    _end("tie_damascus_sdf_end", "1", "relation of Damascus and the SDF at the end, -1 to 1", (12,)),
    Outcome("summit_result", "1", CATEGORY, "result of the last summit of Damascus and Moscow", (13,),
            read.category("summit_result", 1), SUMMIT_RESULTS[1:], arises="where a summit was held"),
    Outcome("hmeimim_status", "1", CATEGORY, "status of Hmeimim at the end", (13, 15), read.category("hmeimim_status"),
            BASE_STATUSES),
    Outcome("tartus_status", "1", CATEGORY, "status of Tartus at the end", (13, 14), read.category("tartus_status"),
            BASE_STATUSES),
    _end("supply_delivered", "tonnes", "Russian equipment delivered through Tartus", (14,)),
    _end("army_readiness", "1", "readiness of the Syrian army at the end", (14,)),
    *_index("moscow_influence", "influence", INFLUENCE_PARTS, 15, "Moscow's influence"),
    *_index("damascus_authority", "authority", AUTHORITY_PARTS, 16, "Damascus's authority"),
    *_index("sdf_uncertainty", "uncertainty", UNCERTAINTY_PARTS, 17, "the SDF's uncertainty"),
    _end("us_persons", "persons", "US troops in Syria at the end", (19,)),
    _end("us_bases", "bases", "US bases held at the end", (19,)),
    *(_left(base) for base in shipped_members()["us_bases"]),
    _end("us_strikes", "waves", "waves of US strikes on insurgents", (19,)),
    _date("withdrawal_requested_on", "day Damascus asked Moscow to leave Qamishli", (5,),
            read.first("withdrawal_requested")),
    _date("withdrawal_announced_on", "day Moscow decided to leave Qamishli, asked or not", (1, 5),
            read.first("withdrawal_phase", ANNOUNCED)),
    _date("withdrawal_started_on", "first day equipment left Qamishli", (1,), read.first("withdrawal_phase", DRAWING_DOWN)),
    _date("qamishli_95_percent_out_on", "first day 95% of the tonnes of equipment ordered out have left", (1, 2),
            read.qamishli_95_percent_out_on),
    Outcome("qamishli_residual", "1", YES_NO, "Russians stayed when the drawdown had ended", (4,), read.qamishli_residual,
            arises="where the drawdown ended"),
    Outcome("qamishli_residual_persons", "persons", NUMBER, "Russians at Qamishli when the drawdown had ended", (4,),
            read.when_the_drawdown_ended("qamishli_persons"), arises="where the drawdown ended"),
    _date("last_russian_left_on", "first day no Russian is left at Qamishli", (4,), read.first("withdrawal_phase", GONE)),
    Outcome("share_to_hmeimim", "1", NUMBER, "share of the tonnes that left which went to Hmeimim", (3,),
            read.share_to_hmeimim, arises="where equipment left"),
    *(_at_hmeimim(item) for item in EQUIPMENT_CLASSES),
    _end("tonnes_by_air", "tonnes", "equipment lifted out of Qamishli", (1,)),
    _end("tonnes_by_road", "tonnes", "equipment driven out of Qamishli", (2,)),
    _end("sorties", "flights", "cargo flights from Qamishli", (1,)),
    _end("convoys", "convoys", "convoys from Qamishli to the coast", (2,)),
    Outcome("convoy_days_blocked", "days", NUMBER, "days the road was closed to a convoy", (2,),
            read.once("withdrawal_phase", ANNOUNCED, read.at_end("convoy_days_blocked")),
            arises="where Moscow decided to leave Qamishli"),
    _date("partner_shifted_on", "day the United States shifted its partnership to Damascus", (19,),
            read.first("partner_shifted")),
    _date("transfer_started_on", "day of the first transfer of detainees to Iraq", (9,),
            read.first("detainees_transferred")),
    _date("transfer_ended_on", "day the last of the planned detainees was moved to Iraq", (9,), read.transfer_ended_on),
    _end("detainees_transferred", "persons", "detainees moved to Iraq", (9,)),
    _end("detainees_escaped", "persons", "detainees who escaped from prisons", (10,)),
    _end("detainees_recaptured", "persons", "of those, retaken", (10,)),
    *_of("custody_sites", SHADDADI, _end("shaddadi_escapes", "persons", "detainees who escaped from Shaddadi", (10,))),
    *(_escapes(site.key) for site in shipped_members()["custody_sites"] if site.kind == "prison" and site.key != SHADDADI),
    Outcome("shaddadi_recaptured_share", "1", NUMBER, "share of Shaddadi's escaped who were retaken", (10,),
            read.shaddadi_recaptured_share, arises="where detainees escaped from Shaddadi"),
    _end("detainees_held_by_sdf", "persons", "detainees in SDF prisons", (9, 10)),
    _end("detainees_held_by_damascus", "persons", "detainees in Damascus's prisons", (9, 10)),
    *_of("custody_sites", "al_hol", _end("al_hol_residents", "persons", "residents of al-Hol camp", (10,))),
    Outcome("roj_residents", "persons", NUMBER, "residents of Roj camp", (10,), read.at_site("inmates", "roj"),
            member=("custody_sites", "roj")),
    Outcome("insurgent_attacks", "attacks", NUMBER, "insurgent attacks in the northeast, SOHR-type count", (11,),
            read.summed("attacks")),
    *(
        Outcome(f"insurgent_attacks_{each.key}", "attacks", NUMBER, f"the same in {each.name}", (11,),
                read.at_end(f"attacks_{each.key}"))
        for each in shipped_members()["insurgent_provinces"]
    ),
    _end("killed_damascus", "persons", "dead of Damascus's forces", (6, 7)),
    _end("killed_sdf", "persons", "dead of the SDF", (6, 7)),
    _end("killed_civilians", "persons", "dead among civilians", (20,)),
    *_of("hosts", "hasakah",
        Outcome("displaced_peak", "persons", NUMBER, "most displaced on any evening, Aleppo and Hasakah together", (20,),
                lambda h: (h.series["displaced_aleppo"] + h.series["displaced_hasakah"]).max(axis=0)),
        Outcome("displaced_end", "persons", NUMBER, "displaced on the last evening, Aleppo and Hasakah together", (20,),
                lambda h: h.series["displaced_aleppo"][-1] + h.series["displaced_hasakah"][-1]),
    ),
    *_of("hosts", "aleppo",
        _end("displaced_aleppo_end", "persons", "displaced hosted by Aleppo on the last evening", (20,))),
    *_of("hosts", "hasakah",
        _end("displaced_hasakah_end", "persons", "displaced hosted by Hasakah on the last evening", (20,))),
    _end("oil_share_damascus", "1", "share of the listed oil fields' weight with Damascus", (21,)),
    Outcome("dams_damascus", "dams", NUMBER, "of the three dams on the Euphrates, those with Damascus at the end", (21,),
            read.number_taken("dam")),
    Outcome("crossings_damascus", "crossings", NUMBER, "of Semalka and Yarubiyah, those with Damascus at the end", (21,),
            read.number_taken("crossing")),
    _end("sdf_prospects_end", "1", "the SDF's estimate of its prospects on the last evening", (17,)),
)  # fmt: skip

_TITLES = {
    "sdf_share_end": "SDF-held share of Syria at the end",
    "collapse_day": "SDF's ground first halved",
    "cells_by_assault": "Cells taken by assault",
    "cells_by_defection": "Cells taken by defection",
    "cells_by_hand_over": "Cells taken by hand-over",
    "cells_changed_20_to_28_jan": "Cells that changed holder, 20 to 28 January",
    "truce_violations": "Truce violations",
    "siege_days": "Days halted at the city lines",
    "truce_agreed_on": "Truce first agreed",
    "truce_extended": "First truce extended at its expiry",
    "truce_extensions": "Truce extensions",
    "first_extension_reason": "Reason for the first extension",
    "truce_lapsed_on": "Truce first lapsed",
    "truce_broken_on": "Truce first broken",
    "fighting_resumed_on": "Fighting resumed",
    "deal_reached_on": "Integration deal signed",
    "deal_terms": "Terms of the first deal",
    "institutions_handed_over": "Institutions handed over at the end",
    "first_institution_on": "First institution handed over",
    "airport_handed_over_on": "Qamishli airport handed over",
    "oil_handed_over_on": "Oil fields handed over",
    "crossings_handed_over_on": "Border crossings handed over",
    "tie_damascus_moscow_end": "Relation of Damascus and Moscow at the end",
    "tie_damascus_sdf_end": "Relation of Damascus and the SDF at the end",
    "summit_result": "Result of the last summit",
    "hmeimim_status": "Status of Hmeimim at the end",
    "tartus_status": "Status of Tartus at the end",
    "supply_delivered": "Equipment delivered through Tartus",
    "army_readiness": "Readiness of the Syrian army at the end",
    "moscow_influence": "Moscow's influence at the end",
    "moscow_influence_coast": "Moscow's influence at the end: coast",
    "moscow_influence_supply": "Moscow's influence at the end: supply",
    "moscow_influence_tie": "Moscow's influence at the end: relation",
    "moscow_influence_status": "Moscow's influence at the end: status",
    "damascus_authority": "Damascus's authority at the end",
    "damascus_authority_territory": "Damascus's authority at the end: territory",
    "damascus_authority_population": "Damascus's authority at the end: population",
    "damascus_authority_institutions": "Damascus's authority at the end: institutions",
    "damascus_authority_revenue": "Damascus's authority at the end: revenue",
    "damascus_authority_recognition": "Damascus's authority at the end: recognition",
    "damascus_authority_calm": "Damascus's authority at the end: calm",
    "sdf_uncertainty": "SDF's uncertainty at the end",
    "sdf_uncertainty_outcome": "SDF's uncertainty at the end: outcome",
    "sdf_uncertainty_guarantor": "SDF's uncertainty at the end: guarantor",
    "sdf_uncertainty_territory": "SDF's uncertainty at the end: territory",
    "us_persons": "US troops in Syria at the end",
    "us_bases": "US bases held at the end",
    "tanf_left_on": "US left al-Tanf garrison",
    "shaddadi_base_left_on": "US left Shaddadi base",
    "qasrak_base_left_on": "US left Qasrak base",
    "rmeilan_base_left_on": "US left Rmelan airstrip",
    "us_strikes": "Waves of US strikes",
    "withdrawal_requested_on": "Damascus asked Moscow to leave Qamishli",
    "withdrawal_announced_on": "Moscow decided to leave Qamishli",
    "withdrawal_started_on": "Equipment first left Qamishli",
    "qamishli_95_percent_out_on": "95% of the equipment out of Qamishli",
    "qamishli_residual": "Russians stayed at Qamishli after the drawdown",
    "qamishli_residual_persons": "Russians at Qamishli after the drawdown",
    "last_russian_left_on": "Last Russian left Qamishli",
    "share_to_hmeimim": "Share of the equipment that went to Hmeimim",
    "hmeimim_persons_end": "Russians at Hmeimim at the end",
    "hmeimim_armoured_vehicles_end": "Armoured vehicles at Hmeimim at the end",
    "hmeimim_radars_end": "Radars at Hmeimim at the end",
    "hmeimim_air_defence_units_end": "Air-defence units at Hmeimim at the end",
    "hmeimim_stores_end": "Stores at Hmeimim at the end",
    "hmeimim_helicopters_end": "Helicopters at Hmeimim at the end",
    "hmeimim_aircraft_end": "Aircraft at Hmeimim at the end",
    "tonnes_by_air": "Equipment flown out of Qamishli",
    "tonnes_by_road": "Equipment driven out of Qamishli",
    "sorties": "Cargo flights from Qamishli",
    "convoys": "Convoys from Qamishli to the coast",
    "convoy_days_blocked": "Days the road was closed to a convoy",
    "partner_shifted_on": "US shifted its partnership to Damascus",
    "transfer_started_on": "Detainee transfer to Iraq began",
    "transfer_ended_on": "Detainee transfer to Iraq completed",
    "detainees_transferred": "Detainees moved to Iraq",
    "detainees_escaped": "Detainees who escaped",
    "detainees_recaptured": "Escaped detainees recaptured",
    "shaddadi_escapes": "Escapes from Shaddadi prison",
    "al_sinaa_escapes": "Escapes from al-Sinaa prison",
    "panorama_escapes": "Escapes from Panorama prison",
    "al_aqtan_escapes": "Escapes from al-Aqtan prison",
    "malikiyah_prison_escapes": "Escapes from Malikiyah prison",
    "alaya_escapes": "Escapes from Alaya prison",
    "shaddadi_recaptured_share": "Share of Shaddadi's escaped recaptured",
    "detainees_held_by_sdf": "Detainees in SDF prisons at the end",
    "detainees_held_by_damascus": "Detainees in Damascus's prisons at the end",
    "al_hol_residents": "Residents of al-Hol camp at the end",
    "roj_residents": "Residents of Roj camp at the end",
    "insurgent_attacks": "Insurgent attacks",
    "insurgent_attacks_deir_ez_zor": "Insurgent attacks in Deir ez-Zor",
    "insurgent_attacks_raqqa": "Insurgent attacks in Raqqa",
    "insurgent_attacks_hasakah": "Insurgent attacks in Hasakah",
    "killed_damascus": "Killed: Damascus's forces",
    "killed_sdf": "Killed: SDF",
    "killed_civilians": "Killed: civilians",
    "displaced_peak": "Most displaced on any evening",
    "displaced_end": "Displaced at the end",
    "displaced_aleppo_end": "Displaced hosted by Aleppo at the end",
    "displaced_hasakah_end": "Displaced hosted by Hasakah at the end",
    "oil_share_damascus": "Damascus's share of the oil fields at the end",
    "dams_damascus": "Euphrates dams with Damascus at the end",
    "crossings_damascus": "Border crossings with Damascus at the end",
    "sdf_prospects_end": "SDF's estimate of its prospects at the end",
}

BUILT_IN = tuple(replace(outcome, title=_TITLES[outcome.name]) for outcome in _UNTITLED)
"""Those that need code; those of a day lie in sim/data/outcomes.toml."""

OUTCOMES = outcomes_of()
