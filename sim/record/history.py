"""What is kept of a block of runs: daily series, the day each cell changed, and which rule fired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.ground.members import shipped_members
from sim.ground.theatre import CONTESTED, DAMASCUS, Theatre
from sim.state.measures import (
    core_share_lost,
    mean_of_parts,
    members_taken,
    sdf_share_of_country,
)
from sim.state.orders import Orders
from sim.state.state import (
    AUTHORITY_PARTS,
    CAUSES,
    EQUIPMENT_CLASSES,
    CUSTODIES,
    INFLUENCE_PARTS,
    NEVER,
    PLACES,
    RELATIONS,
    UNCERTAINTY_PARTS,
    State,
)

Read = Callable[[Theatre, State], np.ndarray]


@dataclass(frozen=True)
class Series:
    """A daily series: what it shows, its unit and how it is read off the state, as (runs,)."""

    label: str
    unit: str
    read: Read


def _by_cause(name: str) -> Read:
    cause = CAUSES.index(name)
    return lambda theatre, state: (theatre.by_sector @ (state.cause == cause).astype(np.float32)).sum(axis=0)


def _in_prisons(name: str) -> Read:
    return lambda theatre, state: getattr(state, name)[theatre.members.of_kind("custody_sites", "prison")].sum(axis=0)


def _prisoners_of(*names: str) -> Read:
    custodies = [CUSTODIES.index(name) for name in names]

    def read(theatre: Theatre, state: State) -> np.ndarray:
        prisons = theatre.members.of_kind("custody_sites", "prison")
        return (state.inmates[prisons] * np.isin(state.custody[prisons], custodies)).sum(axis=0)

    return read


def _handed(state: State) -> np.ndarray:
    return (state.institution_on != NEVER).sum(axis=0) / max(len(state.institution_on), 1)


def _row(name: str, *index: int) -> Read:
    return lambda theatre, state: getattr(state, name)[index]


def _tie(pair: str) -> Read:
    return _row("relation", RELATIONS.index(pair))


def _stock(place: str, item: str) -> Read:
    return _row("stock", PLACES.index(place), EQUIPMENT_CLASSES.index(item))


def _of(axis: str, key: str, rows: Callable[[Theatre, State], np.ndarray]) -> Read:
    """Read the row of a member; 0 in a theatre that has no such member."""

    def read(theatre: Theatre, state: State) -> np.ndarray:
        index = theatre.members.index(axis, key)
        return rows(theatre, state)[index] if index >= 0 else np.zeros(state.truce.shape)

    return read


def _each(axis: str, name: str, label: str, unit: str, read: Callable[[Theatre, State], np.ndarray]) -> dict[str, Series]:
    """Return a series for each shipped member of an axis. name, label: with the member's key in place of {}."""
    return {name.format(key): Series(label.format(key), unit, _of(axis, key, read)) for key in MEMBERS.axes[axis]}


def _at_site(site: str, name: str) -> Read:
    return _of("custody_sites", site, lambda theatre, state: getattr(state, name))


def _status(base: str) -> Read:
    return _of("coastal_bases", base, lambda theatre, state: state.base_status)


def _displaced(theatre: Theatre, state: State) -> np.ndarray:
    return state.displaced[[host.province for host in theatre.members["hosts"]]]


def _east_bank_taken(theatre: Theatre, state: State) -> np.ndarray:
    """Share of Deir ez-Zor's theatre cells with Damascus: all lie on the left bank."""
    row = theatre.grid.province_index("deir_ez_zor")
    count = max(int((theatre.province == row).sum()), 1)
    return 1.0 - state.held_cells[row] / count


MEMBERS = shipped_members()

SERIES: dict[str, Series] = (
    {
        "sdf_share": Series("SDF-held and contested share of the country", "1", sdf_share_of_country),
        "hasakah_share_lost": Series("Hasakah province not held by the SDF", "1", core_share_lost),
        "deir_ez_zor_taken": Series("Deir ez-Zor's SDF ground taken by Damascus", "1", _east_bank_taken),
        "cells_by_assault": Series("Cells taken by assault", "cells", _by_cause("assault")),
        "cells_by_defection": Series("Cells taken by defection", "cells", _by_cause("defection")),
        "cells_by_hand_over": Series("Cells taken by hand-over", "cells", _by_cause("hand_over")),
        "campaign": Series("Posture of the army (index in CAMPAIGNS)", "code", lambda t, s: s.campaign),
        "fighting_sectors": Series("Sectors under attack", "sectors", lambda t, s: s.fighting.sum(axis=0)),
        "resumed_on": Series("Day fighting last resumed", "day", lambda t, s: s.resumed_on),
        "truce": Series("A truce is in force", "share", lambda t, s: s.truce),
        "truces": Series("Truces signed", "truces", lambda t, s: s.truces),
        "truce_extensions": Series("Extensions of the truce", "extensions", lambda t, s: s.extensions),
        "truces_lapsed": Series("Truces lapsed", "truces", lambda t, s: s.lapsed),
        "truces_broken": Series("Truces broken", "truces", lambda t, s: s.broken),
        "extended_first": Series("First expiry: 1 extended, -1 lapsed", "code", lambda t, s: s.extended_first),
        "violations": Series("Truce violations", "1/day", lambda t, s: s.violations),
        "deal": Series("An integration deal is in force", "share", lambda t, s: s.deal),
        "killed_damascus": Series("Killed, Damascus's forces", "persons", lambda t, s: s.killed[0]),
        "killed_sdf": Series("Killed, SDF", "persons", lambda t, s: s.killed[1]),
        "killed_civilians": Series("Killed, civilians", "persons", lambda t, s: s.killed[2]),
        "guarantor_absence": Series("Absence of the SDF's guarantor", "1", lambda t, s: s.guarantor_absence),
        "partner_shifted": Series("The United States has shifted its partnership", "share", lambda t, s: s.partner_shifted),
        "sdf_prospects": Series("The SDF's estimate of its prospects", "1", lambda t, s: s.prospects),
        "tie_damascus_moscow": Series("Relation of Damascus and Moscow", "1", _tie("damascus_moscow")),
        "deal_terms": Series("Terms of the deal (index in TERMS)", "code", lambda t, s: s.deal_terms),
        "institutions_handed_over": Series("Institutions handed over", "share", lambda t, s: _handed(s)),
        "summit_result": Series("Result of the last summit (index in SUMMIT_RESULTS)", "code", lambda t, s: s.summit_result),
        "hmeimim_status": Series("Status of Hmeimim (index in BASE_STATUSES)", "code", _status("hmeimim")),
        "tartus_status": Series("Status of Tartus (index in BASE_STATUSES)", "code", _status("tartus")),
        "supply_delivered": Series("Equipment delivered through Tartus", "tonnes", lambda t, s: s.supply_total),
        "army_readiness": Series("Readiness of the Syrian army", "1", lambda t, s: s.readiness),
        "moscow_influence": Series("Moscow's influence", "1", lambda t, s: mean_of_parts(s.influence_parts)),
        "damascus_authority": Series("Damascus's authority", "1", lambda t, s: mean_of_parts(s.authority_parts)),
        "sdf_uncertainty": Series("The SDF's uncertainty", "1", lambda t, s: mean_of_parts(s.uncertainty_parts)),
        "us_persons": Series("US troops in Syria", "persons", lambda t, s: s.us_persons.sum(axis=0)),
        "us_bases": Series("US bases", "bases", lambda t, s: (s.us_persons > 0).sum(axis=0)),
        "us_killed": Series("US troops killed", "persons", lambda t, s: s.us_killed),
        "us_strikes": Series("Waves of US strikes", "waves", lambda t, s: s.strikes),
        "withdrawal_requested": Series("Damascus has asked Moscow to leave", "share", lambda t, s: s.requested_on != NEVER),
        "withdrawal_phase": Series("Phase of the withdrawal (index in PHASES)", "code", lambda t, s: s.withdrawal),
        "tonnes_ordered_out": Series("Equipment ordered out", "tonnes", lambda t, s: s.ordered_out),
        "tonnes_by_air": Series("Equipment lifted out", "tonnes", lambda t, s: s.tonnes_by_air),
        "tonnes_by_road": Series("Equipment driven out", "tonnes", lambda t, s: s.tonnes_by_road),
        "tonnes_flown_out": Series("Helicopters flown out", "tonnes", lambda t, s: s.tonnes_flown_out),
        "tonnes_to_russia": Series("Equipment flown on to Russia", "tonnes", lambda t, s: s.tonnes_to_russia),
        "sorties": Series("Cargo flights from Qamishli", "flights", lambda t, s: s.sorties),
        "convoys": Series("Convoys from Qamishli", "convoys", lambda t, s: s.convoys),
        "convoy_days_blocked": Series("Days the road was closed to a convoy", "days", lambda t, s: s.convoy_days_blocked),
        "qamishli_persons": Series("Russian persons at Qamishli", "persons", _stock("qamishli", "persons")),
        "qamishli_armour": Series("Armoured vehicles at Qamishli", "items", _stock("qamishli", "armoured_vehicles")),
        "qamishli_radars": Series("Radars at Qamishli", "items", _stock("qamishli", "radars")),
        "qamishli_air_defence": Series("Air-defence units at Qamishli", "items", _stock("qamishli", "air_defence_units")),
        "qamishli_stores": Series("Stores at Qamishli", "tonnes", _stock("qamishli", "stores")),
        "qamishli_helicopters": Series("Helicopters at Qamishli", "items", _stock("qamishli", "helicopters")),
        "hmeimim_armour": Series("Armoured vehicles at Hmeimim", "items", _stock("hmeimim", "armoured_vehicles")),
        "hmeimim_stores": Series("Stores at Hmeimim", "tonnes", _stock("hmeimim", "stores")),
        "tie_damascus_sdf": Series("Relation of Damascus and the SDF", "1", _tie("damascus_sdf")),
        "detainees_transferred": Series("Detainees moved to Iraq", "persons", lambda t, s: s.transferred),
        "detainees_escaped": Series("Detainees escaped", "persons", _in_prisons("escaped")),
        "detainees_recaptured": Series("Detainees recaptured", "persons", _in_prisons("recaptured")),
        "detainees_held_by_sdf": Series("Detainees in SDF prisons", "persons", _prisoners_of("guarded", "besieged")),
        "detainees_held_by_damascus": Series("Detainees in Damascus's prisons", "persons", _prisoners_of("damascus")),
        "shaddadi_escapes": Series("Escaped from Shaddadi", "persons", _at_site("shaddadi_prison", "escaped")),
        "shaddadi_recaptured": Series("Recaptured of Shaddadi's", "persons", _at_site("shaddadi_prison", "recaptured")),
        "al_hol_residents": Series("Residents of al-Hol", "persons", _at_site("al_hol", "inmates")),
        "oil_share_damascus": Series("Damascus's share of the oil fields", "1", lambda t, s: s.oil_share_damascus),
        "attacks": Series("Insurgent attacks a day (SOHR-type count)", "1/day", lambda t, s: s.attacks.sum(axis=0)),
    }
    | _each("insurgent_provinces", "attacks_{}", "Insurgent attacks so far, {}", "attacks", lambda t, s: s.attacks_total)
    | {
        f"displaced_{host.key}": Series(
            f"Displaced persons hosted by {host.key}", "persons", _of("hosts", host.key, _displaced)
        )
        for host in MEMBERS["hosts"]
        if "charted" in host.roles
    }
    | _each("towns", "{}_taken", "{} is Damascus's", "share", lambda t, s: members_taken(t, s, "towns"))
    | _each("institutions", "{}_handed_over", "{} handed over by the deal", "share", lambda t, s: s.institution_on != NEVER)
    | _each("us_bases", "{}_left", "US base {} left", "share", lambda t, s: s.us_left_on != NEVER)
    | {
        f"{index}_{part}": Series(f"{label}: {part}", "1", _row(f"{index}_parts", i))
        for index, label, parts in (
            ("influence", "Moscow's influence", INFLUENCE_PARTS),
            ("authority", "Damascus's authority", AUTHORITY_PARTS),
            ("uncertainty", "The SDF's uncertainty", UNCERTAINTY_PARTS),
        )
        for i, part in enumerate(parts)
    }
    | _each("assets", "{}_damascus", "{} is Damascus's", "share", lambda t, s: s.asset_taken)
)


class History:
    """The record of a block: series (days + 1, runs) float32, rules fired (days + 1, runs) int8, and what lasts.

    taken_on, gone_over_on: (cells, runs) int16, the day Damascus took each theatre cell and the day each community went
    over, or NEVER. stock, inmates, escaped, transfer_plan: as in State, on the evening of `day`.
    """

    def __init__(
        self,
        theatre: Theatre,
        state: State,
        days: int,
        start_date: date,
        numbers: np.ndarray,
        rule_names: Mapping[str, tuple[str, ...]],
        series: Iterable[str] = tuple(SERIES),
    ) -> None:
        """numbers: (runs,) the number of each run. series: names of the daily series that are kept.

        Of the state, the arrays that a record reads on the last evening are held as they are, none copied.
        """
        runs = len(numbers)
        self.theatre, self.days, self.runs, self.start_date, self.numbers = theatre, days, runs, start_date, numbers
        self.series = {name: np.zeros((days + 1, runs), np.float32) for name in series}
        self.rule_names = dict(rule_names)
        self.fired = {name: np.full((days + 1, runs), -1, np.int8) for name in rule_names}
        self.taken_on, self.gone_over_on = state.taken_on, state.gone_over_on
        self.stock, self.inmates, self.escaped = state.stock, state.inmates, state.escaped
        self.transfer_plan = state.transfer_plan
        self._write(state)

    def record(self, theatre: Theatre, state: State, orders: Orders) -> None:
        """Keep the evening of the state's day, and the rules that fired in it."""
        self._write(state)
        for name, fired in orders.rules.items():
            self.fired[name][state.day] = fired

    def add_rules(self, decision: str, names: Iterable[str]) -> None:
        """Let more rules than a block began with fire in a matter ("actor.decision"), numbered after those that are known."""
        self.rule_names[decision] = tuple(dict.fromkeys((*self.rule_names[decision], *names)))

    def _write(self, state: State) -> None:
        self.day = state.day
        for name, values in self.series.items():
            values[state.day] = SERIES[name].read(self.theatre, state)

    @property
    def first_run(self) -> int:
        """Number of the block's first run."""
        return int(self.numbers[0])

    def holder_on(self, day: int) -> np.ndarray:
        """Return (lattice cells, runs) int8 holder codes on the evening of `day`."""
        cells = self.theatre.cells
        holder = np.repeat(self.theatre.start_holder[:, None], self.runs, axis=1)
        here = holder[cells]
        over = (self.gone_over_on != NEVER) & (self.gone_over_on <= day)
        taken = (self.taken_on != NEVER) & (self.taken_on <= day)
        holder[cells] = np.where(taken, DAMASCUS, np.where(over & (here != DAMASCUS), CONTESTED, here))
        return holder

    def control_counts(self, day: int) -> np.ndarray:
        """Return (lattice cells, holders) int32: number of runs in which each holder holds the cell."""
        holder = self.holder_on(day)
        return np.stack([(holder == code).sum(axis=1) for code in range(6)], axis=1).astype(np.int32)
