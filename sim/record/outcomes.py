"""Outcomes: what a run came to, one value each, with name, unit, type and definition.

A date is in days since the start and NaN where it did not come within the horizon (censored). A yes_no is 1 or 0, NaN where
its question did not arise. A category is an index into its categories, NaN where none was reached. `arising` says in which
runs the question of an outcome arose: what did not arise is neither late nor 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.ground.members import Member, shipped_members
from sim.record.history import History
from sim.record.readings import (
    EXTENSION_REASONS,
    Reading,
    at_end,
    at_site,
    attacks_by,
    category,
    cells_changed,
    days_at,
    deal_terms,
    fighting_resumed_on,
    first,
    first_day,
    first_extension_reason,
    number_taken,
    on,
    once,
    qamishli_95_percent_out_on,
    qamishli_residual,
    shaddadi_recaptured_share,
    share_to_hmeimim,
    stock_at_end,
    summed,
    transfer_ended_on,
    truce_agreed_on,
    truce_extended,
    when_the_drawdown_ended,
)
from sim.state.arrays import own_numerics
from sim.state.state import (
    ANNOUNCED,
    AUTHORITY_PARTS,
    BASE_STATUSES,
    CLASSES,
    COAST,
    DRAWING_DOWN,
    GONE,
    HALTED,
    INFLUENCE_PARTS,
    SUMMIT_RESULTS,
    TERMS,
    UNCERTAINTY_PARTS,
)

NUMBER, DATE, YES_NO, CATEGORY = "number", "date", "yes_no", "category"
SHADDADI = "shaddadi_prison"
"""Its escapes have an outcome of their own (facts a32)."""

ALWAYS = "always"
COVERED = "where the days simulated cover it"
TRUCE = "where a truce was in force on some evening"


@dataclass(frozen=True)
class Outcome:
    """One outcome.

    systems: the numbers of the record's systems it shows. of: History -> (runs,) float. arises: in which runs its question
    arises. as_in: of a date whose question does not always arise, the outcome that has a value in just those runs, as NaN
    says of a date only that it did not come.
    """

    name: str
    unit: str
    type: str
    definition: str
    systems: tuple[int, ...]
    of: Reading
    categories: tuple[str, ...] = ()
    arises: str = ALWAYS
    as_in: str = ""


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
def outcome_table(history: History) -> dict[str, np.ndarray]:
    """Return every outcome as (runs,) float64."""
    return {outcome.name: np.asarray(outcome.of(history), dtype=np.float64) for outcome in OUTCOMES}


def _parts(index: str, series: str, parts: tuple[str, ...], system: int, whose: str) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(f"{index}_{part}", "1", NUMBER, f"part of the index of {whose} at the end: {part}", (system,),
                at_end(f"{series}_{part}"))
        for part in parts
    )  # fmt: skip


def _escapes(site: str) -> Outcome:
    definition = f"detainees who escaped from {site.replace('_', ' ')}"
    return Outcome(f"{site}_escapes", "persons", NUMBER, definition, (10,), at_site("escaped", site))


def _left(base: Member) -> Outcome:
    name = base.key.removeprefix("al_").removesuffix("_garrison")
    return Outcome(f"{name}_left_on", "date", DATE, f"day the base {base.name} was left", (19,), first(f"{base.key}_left"))


def _at_hmeimim(item: str) -> Outcome:
    unit = {"persons": "persons", "stores": "tonnes"}.get(item, "items")
    definition = f"{item.replace('_', ' ')} at Hmeimim at the end, those from Qamishli among them"
    return Outcome(f"hmeimim_{item}_end", unit, NUMBER, definition, (3,), stock_at_end(COAST, CLASSES.index(item)))


def _held(town: str, name: str) -> Outcome:
    definition = f"Damascus's forces stand in {name} on the evening of 20 January 2026"
    return Outcome(
        f"{town}_damascus_2026_01_20", "1", YES_NO, definition, (6,), on(f"{town}_taken", 2026, 1, 20), arises=COVERED
    )


OUTCOMES: tuple[Outcome, ...] = (
    Outcome("sdf_share_2026_01_19", "1", NUMBER, "SDF-held and contested area over the lattice's, 19 January 2026", (6,),
            on("sdf_share", 2026, 1, 19), arises=COVERED),
    Outcome("sdf_share_2026_01_20", "1", NUMBER, "SDF-held and contested area over the lattice's, 20 January 2026", (6,),
            on("sdf_share", 2026, 1, 20), arises=COVERED),
    Outcome("sdf_share_2026_01_28", "1", NUMBER, "the same on 28 January 2026", (6, 7), on("sdf_share", 2026, 1, 28),
            arises=COVERED),
    Outcome("sdf_share_end", "1", NUMBER, "the same on the last evening", (6, 7), at_end("sdf_share")),
    Outcome("collapse_day", "date", DATE, "first day the SDF's share is below half of its starting share", (6,),
            lambda h: first_day(h.series["sdf_share"] < 0.5 * h.series["sdf_share"][0])),
    Outcome("cells_by_assault", "cells", NUMBER, "cells Damascus took by assault", (6,), at_end("cells_by_assault")),
    Outcome("cells_by_defection", "cells", NUMBER, "cells Damascus took whose community had gone over", (6,),
            at_end("cells_by_defection")),
    Outcome("cells_by_hand_over", "cells", NUMBER, "cells Damascus took which the SDF had ordered out", (6,),
            at_end("cells_by_hand_over")),
    Outcome("cells_changed_20_to_28_jan", "cells", NUMBER, "cells whose holder changed from 20 to 28 January 2026", (7,),
            cells_changed, arises=COVERED),
    Outcome("truce_violations", "violations", NUMBER, "violations of truces in force", (7, 8),
            once("truce", 1, summed("violations")), arises=TRUCE),
    Outcome("siege_days", "days", NUMBER, "days on which the offensive stood halted at the city lines", (7,),
            days_at("campaign", HALTED)),
    _held("raqqa", "Raqqa"),
    _held("tabqa", "Tabqa"),
    _held("shaddadi", "Shaddadi"),
    _held("hajin", "Hajin"),
    _held("hasakah", "Hasakah city"),
    _held("qamishli", "Qamishli"),
    _held("kobani", "Kobani"),
    Outcome("rmelan_damascus_2026_01_20", "1", YES_NO, "the oil field of Rmelan is Damascus's, evening of 20 January 2026",
            (6, 21), on("rmelan_damascus", 2026, 1, 20), arises=COVERED),
    Outcome("rmelan_damascus_2026_01_28", "1", YES_NO, "the same on 28 January 2026", (6, 21),
            on("rmelan_damascus", 2026, 1, 28), arises=COVERED),
    Outcome("deir_ez_zor_taken_2026_01_20", "1", NUMBER,
            "share of the SDF's ground of 12 January in Deir ez-Zor that is Damascus's on 20 January 2026", (6,),
            on("deir_ez_zor_taken", 2026, 1, 20), arises=COVERED),
    Outcome("truce_agreed_on", "date", DATE, "first truce that lasts more than a day", (8,), truce_agreed_on),
    Outcome("truce_extended", "1", YES_NO, "the first truce to reach its expiry was extended there", (8,), truce_extended,
            arises="where a truce reached its expiry"),
    Outcome("truce_extensions", "extensions", NUMBER, "extensions of truces", (8,),
            once("truce", 1, at_end("truce_extensions")), arises=TRUCE),
    Outcome("first_extension_reason", "1", CATEGORY, "reason for which Damascus offered the first extension", (8, 9, 12),
            first_extension_reason, EXTENSION_REASONS, arises="where a truce was extended"),
    Outcome("truce_lapsed_on", "date", DATE, "first day a truce lapsed at its expiry", (8,), first("truces_lapsed"),
            arises=TRUCE, as_in="truce_violations"),
    Outcome("truce_broken_on", "date", DATE, "first day a truce broke within its term", (8,), first("truces_broken"),
            arises=TRUCE, as_in="truce_violations"),
    Outcome("fighting_resumed_on", "date", DATE, "first day Damascus attacked again after a truce", (7, 8),
            fighting_resumed_on, arises=TRUCE, as_in="truce_violations"),
    Outcome("deal_reached_on", "date", DATE, "day an integration deal was signed", (12,), first("deal")),
    Outcome("deal_terms", "1", CATEGORY, "terms of the first deal that was signed", (12,), deal_terms, TERMS[1:],
            arises="where a deal was signed"),
    Outcome("institutions_handed_over", "1", NUMBER, "share of the six institutions handed over at the end", (12,),
            at_end("institutions_handed_over")),
    Outcome("first_institution_on", "date", DATE, "day the first institution was handed over", (12,),
            first("institutions_handed_over", 0.1)),
    Outcome("airport_handed_over_on", "date", DATE, "day Qamishli airport was handed over by the deal", (12, 21),
            first("airport_handed_over")),
    Outcome("oil_handed_over_on", "date", DATE, "day the oil fields were handed over by the deal", (12, 21),
            first("oil_handed_over")),
    Outcome("crossings_handed_over_on", "date", DATE, "day the crossings were handed over by the deal", (12, 21),
            first("crossings_handed_over")),
    Outcome("tie_damascus_moscow_end", "1", NUMBER, "relation of Damascus and Moscow at the end, -1 to 1", (5, 13, 15),
            at_end("tie_damascus_moscow")),
    Outcome("tie_damascus_sdf_end", "1", NUMBER, "relation of Damascus and the SDF at the end, -1 to 1", (12,),
            at_end("tie_damascus_sdf")),
    Outcome("summit_result", "1", CATEGORY, "result of the last summit of Damascus and Moscow", (13,),
            category("summit_result", 1), SUMMIT_RESULTS[1:], arises="where a summit was held"),
    Outcome("hmeimim_status", "1", CATEGORY, "status of Hmeimim at the end", (13, 15), category("hmeimim_status"),
            BASE_STATUSES),
    Outcome("tartus_status", "1", CATEGORY, "status of Tartus at the end", (13, 14), category("tartus_status"),
            BASE_STATUSES),
    Outcome("supply_delivered", "tonnes", NUMBER, "Russian equipment delivered through Tartus", (14,),
            at_end("supply_delivered")),
    Outcome("army_readiness", "1", NUMBER, "readiness of the Syrian army at the end", (14,), at_end("army_readiness")),
    Outcome("moscow_influence", "1", NUMBER, "index of Moscow's influence at the end", (15,), at_end("moscow_influence")),
    *_parts("moscow_influence", "influence", INFLUENCE_PARTS, 15, "Moscow's influence"),
    Outcome("damascus_authority", "1", NUMBER, "index of Damascus's authority at the end", (16,),
            at_end("damascus_authority")),
    *_parts("damascus_authority", "authority", AUTHORITY_PARTS, 16, "Damascus's authority"),
    Outcome("sdf_uncertainty", "1", NUMBER, "index of the SDF's uncertainty at the end", (17,), at_end("sdf_uncertainty")),
    *_parts("sdf_uncertainty", "uncertainty", UNCERTAINTY_PARTS, 17, "the SDF's uncertainty"),
    Outcome("us_persons", "persons", NUMBER, "US troops in Syria at the end", (19,), at_end("us_persons")),
    Outcome("us_bases", "bases", NUMBER, "US bases held at the end", (19,), at_end("us_bases")),
    *(_left(base) for base in shipped_members()["us_bases"]),
    Outcome("us_strikes", "waves", NUMBER, "waves of US strikes on insurgents", (19,), at_end("us_strikes")),
    Outcome("withdrawal_requested_on", "date", DATE, "day Damascus asked Moscow to leave Qamishli", (5,),
            first("withdrawal_requested")),
    Outcome("withdrawal_announced_on", "date", DATE, "day Moscow decided to leave Qamishli, asked or not", (1, 5),
            first("withdrawal_phase", ANNOUNCED)),
    Outcome("withdrawal_started_on", "date", DATE, "first day equipment left Qamishli", (1,),
            first("withdrawal_phase", DRAWING_DOWN)),
    Outcome("qamishli_95_percent_out_on", "date", DATE,
            "first day 95% of the tonnes of equipment ordered out have left", (1, 2), qamishli_95_percent_out_on),
    Outcome("qamishli_residual", "1", YES_NO, "Russians stayed when the drawdown had ended", (4,), qamishli_residual,
            arises="where the drawdown ended"),
    Outcome("qamishli_residual_persons", "persons", NUMBER, "Russians at Qamishli when the drawdown had ended", (4,),
            when_the_drawdown_ended("qamishli_persons"), arises="where the drawdown ended"),
    Outcome("last_russian_left_on", "date", DATE, "first day no Russian is left at Qamishli", (4,),
            first("withdrawal_phase", GONE)),
    Outcome("share_to_hmeimim", "1", NUMBER, "share of the tonnes that left which went to Hmeimim", (3,), share_to_hmeimim,
            arises="where equipment left"),
    *(_at_hmeimim(item) for item in CLASSES),
    Outcome("hmeimim_armour_2026_01_28", "items", NUMBER, "armoured vehicles at Hmeimim on 28 January 2026", (2, 3),
            on("hmeimim_armour", 2026, 1, 28), arises=COVERED),
    Outcome("hmeimim_stores_2026_01_28", "tonnes", NUMBER, "stores at Hmeimim on 28 January 2026", (2, 3),
            on("hmeimim_stores", 2026, 1, 28), arises=COVERED),
    Outcome("tonnes_by_air", "tonnes", NUMBER, "equipment lifted out of Qamishli", (1,), at_end("tonnes_by_air")),
    Outcome("tonnes_by_road", "tonnes", NUMBER, "equipment driven out of Qamishli", (2,), at_end("tonnes_by_road")),
    Outcome("sorties", "flights", NUMBER, "cargo flights from Qamishli", (1,), at_end("sorties")),
    Outcome("convoys", "convoys", NUMBER, "convoys from Qamishli to the coast", (2,), at_end("convoys")),
    Outcome("convoy_days_blocked", "days", NUMBER, "days the road was closed to a convoy", (2,),
            once("withdrawal_phase", ANNOUNCED, at_end("convoy_days_blocked")),
            arises="where Moscow decided to leave Qamishli"),
    Outcome("partner_shifted_on", "date", DATE, "day the United States shifted its partnership to Damascus", (19,),
            first("partner_shifted")),
    Outcome("transfer_started_on", "date", DATE, "day of the first transfer of detainees to Iraq", (9,),
            first("detainees_transferred")),
    Outcome("transfer_ended_on", "date", DATE, "day the last of the planned detainees was moved to Iraq", (9,),
            transfer_ended_on),
    Outcome("detainees_transferred", "persons", NUMBER, "detainees moved to Iraq", (9,), at_end("detainees_transferred")),
    Outcome("detainees_transferred_2026_01_21", "persons", NUMBER, "detainees moved to Iraq by 21 January 2026", (9,),
            on("detainees_transferred", 2026, 1, 21), arises=COVERED),
    Outcome("detainees_transferred_2026_01_28", "persons", NUMBER, "detainees moved to Iraq by 28 January 2026", (9,),
            on("detainees_transferred", 2026, 1, 28), arises=COVERED),
    Outcome("detainees_escaped", "persons", NUMBER, "detainees who escaped from prisons", (10,),
            at_end("detainees_escaped")),
    Outcome("detainees_recaptured", "persons", NUMBER, "of those, retaken", (10,), at_end("detainees_recaptured")),
    Outcome("shaddadi_escapes", "persons", NUMBER, "detainees who escaped from Shaddadi", (10,), at_end("shaddadi_escapes")),
    *(_escapes(site.key) for site in shipped_members()["custody_sites"] if site.kind == "prison" and site.key != SHADDADI),
    Outcome("shaddadi_recaptured_share", "1", NUMBER, "share of Shaddadi's escaped who were retaken", (10,),
            shaddadi_recaptured_share, arises="where detainees escaped from Shaddadi"),
    Outcome("detainees_held_by_sdf", "persons", NUMBER, "detainees in SDF prisons", (9, 10),
            at_end("detainees_held_by_sdf")),
    Outcome("detainees_held_by_damascus", "persons", NUMBER, "detainees in Damascus's prisons", (9, 10),
            at_end("detainees_held_by_damascus")),
    Outcome("al_hol_residents", "persons", NUMBER, "residents of al-Hol camp", (10,), at_end("al_hol_residents")),
    Outcome("roj_residents", "persons", NUMBER, "residents of Roj camp", (10,), at_site("inmates", "roj")),
    Outcome("insurgent_attacks", "attacks", NUMBER, "insurgent attacks in the northeast, SOHR-type count", (11,),
            summed("attacks")),
    Outcome("insurgent_attacks_2026_01_20", "attacks", NUMBER, "the same from the start to 20 January 2026", (11,),
            attacks_by(2026, 1, 20), arises=COVERED),
    Outcome("insurgent_attacks_2026_01_28", "attacks", NUMBER, "the same from the start to 28 January 2026", (11,),
            attacks_by(2026, 1, 28), arises=COVERED),
    *(
        Outcome(f"insurgent_attacks_{each.key}", "attacks", NUMBER, f"the same in {each.name}", (11,),
                at_end(f"attacks_{each.key}"))
        for each in shipped_members()["insurgent_provinces"]
    ),
    Outcome("killed_damascus", "persons", NUMBER, "dead of Damascus's forces", (6, 7), at_end("killed_damascus")),
    Outcome("killed_sdf", "persons", NUMBER, "dead of the SDF", (6, 7), at_end("killed_sdf")),
    Outcome("killed_civilians", "persons", NUMBER, "dead among civilians", (20,), at_end("killed_civilians")),
    Outcome("displaced_hasakah_2026_01_27", "persons", NUMBER, "displaced hosted by Hasakah on 27 January 2026", (20,),
            on("displaced_hasakah", 2026, 1, 27), arises=COVERED),
    Outcome("displaced_peak", "persons", NUMBER, "most displaced on any evening, Aleppo and Hasakah together", (20,),
            lambda h: (h.series["displaced_aleppo"] + h.series["displaced_hasakah"]).max(axis=0)),
    Outcome("displaced_end", "persons", NUMBER, "displaced on the last evening, Aleppo and Hasakah together", (20,),
            lambda h: h.series["displaced_aleppo"][-1] + h.series["displaced_hasakah"][-1]),
    Outcome("displaced_aleppo_end", "persons", NUMBER, "displaced hosted by Aleppo on the last evening", (20,),
            at_end("displaced_aleppo")),
    Outcome("displaced_hasakah_end", "persons", NUMBER, "displaced hosted by Hasakah on the last evening", (20,),
            at_end("displaced_hasakah")),
    Outcome("oil_share_damascus", "1", NUMBER, "share of the listed oil fields' weight with Damascus", (21,),
            at_end("oil_share_damascus")),
    Outcome("dams_damascus", "dams", NUMBER, "of the three dams on the Euphrates, those with Damascus at the end", (21,),
            number_taken("dam")),
    Outcome("crossings_damascus", "crossings", NUMBER, "of Semalka and Yarubiyah, those with Damascus at the end", (21,),
            number_taken("crossing")),
    Outcome("sdf_prospects_end", "1", NUMBER, "the SDF's estimate of its prospects on the last evening", (17,),
            at_end("sdf_prospects")),
)  # fmt: skip
