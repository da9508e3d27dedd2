"""The outcomes that need code; those that an expression can define are in sim/data/outcomes.toml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sim.ground.members import Member, shipped_members
from sim.record import readings as read
from sim.record.history import SERIES
from sim.record.outcome import CATEGORY, COVERED, DATE, NUMBER, YES_NO, Outcome
from sim.state.state import (
    ANNOUNCED,
    AUTHORITY_PARTS,
    COAST,
    DRAWING_DOWN,
    EQUIPMENT_CLASSES,
    GONE,
    HALTED,
    INFLUENCE_PARTS,
    STOCK,
    TERMS,
    UNCERTAINTY_PARTS,
)

SHADDADI = "shaddadi_prison"
"""Its escapes have an outcome of their own (facts a32)."""
SHORT_BASES = {"al_tanf_garrison": "tanf"}
"""Bases that an outcome calls by another name than their key."""
TRUCE = "where a truce was in force on some evening"


def _of(axis: str, key: str, *outcomes: Outcome) -> Iterator[Outcome]:
    return (replace(outcome, member=(axis, key)) for outcome in outcomes)


def _of_series(series: str, name: str, title: str, definition: str, systems: tuple[int, ...], of: read.Reading) -> Outcome:
    what = SERIES[series]
    return Outcome(name or series, what.unit, NUMBER, definition, systems, of, title=title, share=what.share)


def _end(series: str, definition: str, systems: tuple[int, ...], name: str = "") -> Outcome:
    """Return what a series shows on the last evening. name: of the outcome, where it is not that of the series."""
    whole, colon, part = SERIES[series].title.partition(":")
    title = f"{whole} at the end{colon}{part}"
    return _of_series(series, name, title, definition, systems, read.at_end(series))


def _total(series: str, definition: str, systems: tuple[int, ...], name: str = "") -> Outcome:
    """Return what a series that adds up day by day has come to."""
    return _of_series(series, name, SERIES[series].title, definition, systems, read.at_end(series))


def _category(series: str, definition: str, systems: tuple[int, ...], skip: int = 0, **more: Any) -> Outcome:
    """Return the code that a series shows on the last evening, but for its first ones, which stand for nothing reached."""
    what, reading = SERIES[series], read.category(series, skip)
    title = what.title if skip else f"{what.title} at the end"
    return Outcome(series, "1", CATEGORY, definition, systems, reading, what.codes[skip:], title=title, **more)


def _date(name: str, title: str, definition: str, systems: tuple[int, ...], of: read.Reading, **more: Any) -> Outcome:
    return Outcome(name, "date", DATE, definition, systems, of, title=title, **more)


def _index(series: str, short: str, parts: tuple[str, ...], system: int, whose: str) -> Iterator[Outcome]:
    """Yield an index at the end and its parts, whose series begin with `short`."""
    yield _end(series, f"index of {whose} at the end", (system,))
    for part in parts:
        definition = f"part of the index of {whose} at the end: {part}"
        yield _end(f"{short}_{part}", definition, (system,), f"{series}_{part}")


def _escapes(site: Member) -> Outcome:
    name, definition = f"{site.key}_escapes", f"detainees who escaped from {site.name}"
    return Outcome(name, "persons", NUMBER, definition, (10,), read.at_site("escaped", site.key),
                   member=("custody_sites", site.key), title=f"Escapes from {site.name}")  # fmt: skip


def _left(base: Member) -> Outcome:
    name = f"{SHORT_BASES.get(base.key, base.key)}_left_on"
    title = SERIES[f"{base.key}_left"].title
    return _date(name, title, f"day the base {base.name} was left", (19,), read.first(f"{base.key}_left"))


def _at_hmeimim(item: str) -> Outcome:
    what, of = STOCK[item], read.stock_at_end(COAST, EQUIPMENT_CLASSES.index(item))
    definition = f"{item.replace('_', ' ')} at Hmeimim at the end, including those from Qamishli"
    title = f"{what.title} at Hmeimim at the end"
    return Outcome(f"hmeimim_{item}_end", what.unit, NUMBER, definition, (3,), of, title=title)


BUILT_IN: tuple[Outcome, ...] = (
    _end("sdf_share", "SDF-held and contested area over the lattice's area on the last evening", (6, 7), "sdf_share_end"),
    _date("collapse_day", "SDF's ground first halved", "first day the SDF's share is below half of its starting share", (6,),
          lambda h: read.first_day(h.series["sdf_share"] < 0.5 * h.series["sdf_share"][0])),
    _total("cells_by_assault", "cells Damascus took by assault", (6,)),
    _total("cells_by_defection", "cells Damascus took whose community had gone over", (6,)),
    _total("cells_by_hand_over", "cells Damascus took which the SDF had ordered out", (6,)),
    Outcome("cells_changed_20_to_28_jan", "cells", NUMBER, "cells whose holder changed from 20 to 28 January 2026", (7,),
            read.cells_changed, arises=COVERED, title="Cells that changed holder, 20 to 28 January"),
    Outcome("truce_violations", "violations", NUMBER, "violations of truces in force", (7, 8),
            read.once("truce", 1, read.summed("violations")), arises=TRUCE, title="Truce violations"),
    Outcome("siege_days", "days", NUMBER, "days on which the offensive was halted at the city lines", (7,),
            read.days_at("campaign", HALTED), title="Days halted at the city lines"),
    _date("truce_agreed_on", "Truce first agreed", "day the first truce that lasts more than a day was agreed",
            (8,), read.truce_agreed_on),
    Outcome("truce_extended", "1", YES_NO, "the first truce to reach its expiry was extended then", (8,),
            read.truce_extended, arises="where a truce reached its expiry", title="First truce extended at its expiry"),
    Outcome("truce_extensions", "extensions", NUMBER, "extensions of truces", (8,),
            read.once("truce", 1, read.at_end("truce_extensions")), arises=TRUCE, title="Truce extensions"),
    Outcome("first_extension_reason", "1", CATEGORY, "reason for which Damascus offered the first extension", (8, 9, 12),
            read.first_extension_reason, read.EXTENSION_REASONS, arises="where a truce was extended",
            title="Reason for the first extension"),
    _date("truce_lapsed_on", "Truce first lapsed", "first day a truce lapsed at its expiry", (8,),
          read.first("truces_lapsed"), arises=TRUCE, as_in="truce_violations"),
    _date("truce_broken_on", "Truce first broken", "first day a truce broke within its term", (8,),
          read.first("truces_broken"), arises=TRUCE, as_in="truce_violations"),
    _date("fighting_resumed_on", "Fighting resumed", "first day Damascus attacked again after a truce", (7, 8),
          read.fighting_resumed_on, arises=TRUCE, as_in="truce_violations"),
    _date("deal_reached_on", "Integration deal signed", "day an integration deal was signed", (12,), read.first("deal")),
    Outcome("deal_terms", "1", CATEGORY, "terms of the first deal that was signed", (12,), read.deal_terms, TERMS[1:],
            arises="where a deal was signed", title="Terms of the first deal"),
    _end("institutions_handed_over", "share of the six institutions handed over at the end", (12,)),
    _date("first_institution_on", "First institution handed over", "day the first institution was handed over", (12,),
          read.first("institutions_handed_over", 0.1)),
    _date("airport_handed_over_on", "Qamishli airport handed over", "day Qamishli airport was handed over by the deal",
          (12, 21), read.first("airport_handed_over")),
    _date("oil_handed_over_on", "Oil fields handed over", "day the oil fields were handed over by the deal", (12, 21),
          read.first("oil_handed_over")),
    _date("crossings_handed_over_on", "Border crossings handed over", "day the crossings were handed over by the deal",
          (12, 21), read.first("crossings_handed_over")),
    _end("tie_damascus_moscow", "relation of Damascus and Moscow at the end, -1 to 1", (5, 13, 15),
         "tie_damascus_moscow_end"),
    _end("tie_damascus_sdf", "relation of Damascus and the SDF at the end, -1 to 1", (12,), "tie_damascus_sdf_end"),
    _category("summit_result", "result of the last summit of Damascus and Moscow", (13,), 1,
              arises="where a summit was held"),
    _category("hmeimim_status", "status of Hmeimim at the end", (13, 15)),
    _category("tartus_status", "status of Tartus at the end", (13, 14)),
    _total("supply_delivered", "Russian equipment delivered through Tartus", (14,)),
    _end("army_readiness", "readiness of the Syrian army at the end", (14,)),
    *_index("moscow_influence", "influence", INFLUENCE_PARTS, 15, "Moscow's influence"),
    *_index("damascus_authority", "authority", AUTHORITY_PARTS, 16, "Damascus's authority"),
    *_index("sdf_uncertainty", "uncertainty", UNCERTAINTY_PARTS, 17, "the SDF's uncertainty"),
    _end("us_persons", "US troops in Syria at the end", (19,)),
    _end("us_bases", "US bases held at the end", (19,)),
    *(_left(base) for base in shipped_members()["us_bases"]),
    _total("us_strikes", "waves of US strikes on insurgents", (19,)),
    _date("withdrawal_requested_on", "Damascus asked Moscow to leave Qamishli",
          "day Damascus asked Moscow to leave Qamishli", (5,), read.first("withdrawal_requested")),
    _date("withdrawal_announced_on", "Moscow decided to leave Qamishli",
          "day Moscow decided to leave Qamishli, asked or not", (1, 5), read.first("withdrawal_phase", ANNOUNCED)),
    _date("withdrawal_started_on", "Equipment first left Qamishli", "first day equipment left Qamishli", (1,),
          read.first("withdrawal_phase", DRAWING_DOWN)),
    _date("qamishli_95_percent_out_on", "95% of the equipment out of Qamishli",
          "first day on which 95% of the tonnes of equipment ordered out of Qamishli have left",
          (1, 2), read.qamishli_95_percent_out_on),
    Outcome("qamishli_residual", "1", YES_NO, "Russians stayed at Qamishli when the drawdown had ended",
            (4,), read.qamishli_residual,
            arises="where the drawdown ended", title="Russians stayed at Qamishli after the drawdown"),
    Outcome("qamishli_residual_persons", "persons", NUMBER, "Russians at Qamishli when the drawdown had ended", (4,),
            read.when_the_drawdown_ended("qamishli_persons"), arises="where the drawdown ended",
            title="Russians at Qamishli after the drawdown"),
    _date("last_russian_left_on", "Last Russian left Qamishli", "first day no Russian is left at Qamishli", (4,),
          read.first("withdrawal_phase", GONE)),
    Outcome("share_to_hmeimim", "1", NUMBER, "share of the tonnes that left Qamishli which went to Hmeimim", (3,),
            read.share_to_hmeimim, arises="where equipment left", title="Share of the equipment that went to Hmeimim",
            share=True),
    *(_at_hmeimim(item) for item in EQUIPMENT_CLASSES),
    _total("tonnes_by_air", "equipment lifted out of Qamishli", (1,)),
    _total("tonnes_by_road", "equipment driven out of Qamishli", (2,)),
    _total("sorties", "cargo flights from Qamishli", (1,)),
    _total("convoys", "convoys from Qamishli to the coast", (2,)),
    Outcome("convoy_days_blocked", "days", NUMBER, "days the road was closed to a convoy", (2,),
            read.once("withdrawal_phase", ANNOUNCED, read.at_end("convoy_days_blocked")),
            arises="where Moscow decided to leave Qamishli", title="Days the road was closed to a convoy"),
    _date("partner_shifted_on", "US shifted its partnership to Damascus",
          "day the United States shifted its partnership to Damascus", (19,), read.first("partner_shifted")),
    _date("transfer_started_on", "Detainee transfer to Iraq began", "day of the first transfer of detainees to Iraq", (9,),
          read.first("detainees_transferred")),
    _date("transfer_ended_on", "Detainee transfer to Iraq completed",
          "day the last of the planned detainees was moved to Iraq", (9,), read.transfer_ended_on),
    _total("detainees_transferred", "detainees moved to Iraq", (9,)),
    _total("detainees_escaped", "detainees who escaped from prisons", (10,)),
    _total("detainees_recaptured", "detainees who escaped from prisons and were recaptured", (10,)),
    *_of("custody_sites", SHADDADI, _total("shaddadi_escapes", "detainees who escaped from Shaddadi", (10,))),
    *(_escapes(site) for site in shipped_members()["custody_sites"] if site.kind == "prison" and site.key != SHADDADI),
    Outcome("shaddadi_recaptured_share", "1", NUMBER, "share of those who escaped from Shaddadi who were recaptured", (10,),
            read.shaddadi_recaptured_share, arises="where detainees escaped from Shaddadi",
            title="Share of Shaddadi's escaped recaptured", share=True),
    _end("detainees_held_by_sdf", "detainees in SDF prisons", (9, 10)),
    _end("detainees_held_by_damascus", "detainees in Damascus's prisons", (9, 10)),
    *_of("custody_sites", "al_hol", _end("al_hol_residents", "residents of al-Hol camp", (10,))),
    Outcome("roj_residents", "persons", NUMBER, "residents of Roj camp", (10,), read.at_site("inmates", "roj"),
            member=("custody_sites", "roj"), title="Residents of Roj camp at the end"),
    Outcome("insurgent_attacks", "attacks", NUMBER, "insurgent attacks in the northeast, SOHR-type count", (11,),
            read.summed("attacks"), title="Insurgent attacks"),
    *(
        _total(f"attacks_{each.key}", f"insurgent attacks in {each.name}, SOHR-type count",
                (11,), f"insurgent_attacks_{each.key}")
        for each in shipped_members()["insurgent_provinces"]
    ),
    _total("killed_damascus", "dead of Damascus's forces", (6, 7)),
    _total("killed_sdf", "dead of the SDF", (6, 7)),
    _total("killed_civilians", "dead among civilians", (20,)),
    *_of("hosts", "hasakah",
            Outcome("displaced_peak", "persons", NUMBER, "most displaced on any evening, Aleppo and Hasakah together", (20,),
                lambda h: (h.series["displaced_aleppo"] + h.series["displaced_hasakah"]).max(axis=0),
                title="Most displaced on any evening"),
        Outcome("displaced_end", "persons", NUMBER, "displaced on the last evening, Aleppo and Hasakah together", (20,),
                lambda h: h.series["displaced_aleppo"][-1] + h.series["displaced_hasakah"][-1],
                title="Displaced at the end"),
    ),
    *_of("hosts", "aleppo",
        _end("displaced_aleppo", "displaced hosted by Aleppo on the last evening", (20,), "displaced_aleppo_end")),
    *_of("hosts", "hasakah",
        _end("displaced_hasakah", "displaced hosted by Hasakah on the last evening", (20,), "displaced_hasakah_end")),
    _end("oil_share_damascus", "share of the listed oil fields, by weight, that Damascus holds at the end", (21,)),
    Outcome("dams_damascus", "dams", NUMBER, "dams on the Euphrates, of three, that Damascus holds at the end", (21,),
            read.number_taken("dam"), title="Euphrates dams with Damascus at the end"),
    Outcome("crossings_damascus", "crossings", NUMBER,
            "border crossings, of Semalka and Yarubiyah, that Damascus holds at the end",
            (21,),
            read.number_taken("crossing"), title="Border crossings with Damascus at the end"),
    _end("sdf_prospects", "the SDF's estimate of its prospects on the last evening", (17,), "sdf_prospects_end"),
)  # fmt: skip
