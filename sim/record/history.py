"""What is kept of a block of runs: daily series, the day each cell changed, and which rule fired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date

import numpy as np

from sim.ground.members import Member, shipped_members
from sim.ground.theatre import CONTESTED, DAMASCUS, Theatre
from sim.state.measures import core_share_lost, mean_of_parts, members_taken, sdf_share_of_country
from sim.state.orders import Orders
from sim.state.quantity import YES_NO, Quantity
from sim.state.state import CAUSES, CUSTODIES, EQUIPMENT_CLASSES, NEVER, PLACES, STOCK, State

Read = Callable[[Theatre, State], np.ndarray]


@dataclass(frozen=True)
class Series(Quantity):
    """A daily series: what it shows, and how it is read off the state, as (runs,). Its title begins a line."""

    read: Read = field(kw_only=True)


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


def _stock(place: str, **items: str) -> Iterator[tuple[str, Series]]:
    """Yield the series of what Moscow has at a place. items: by the last part of the series' name, the class it shows."""
    for short, item in items.items():
        index, what = (PLACES.index(place), EQUIPMENT_CLASSES.index(item)), STOCK[item]
        read = _row(lambda theatre, state: state.stock, *index)
        yield f"{place}_{short}", Series(f"{what.title} at {place.capitalize()}", what.unit, read=read)


def _of(axis: str, key: str, rows: Callable[[Theatre, State], np.ndarray]) -> Read:
    """Read the row of a member; 0 in a theatre that has no such member."""

    def read(theatre: Theatre, state: State) -> np.ndarray:
        index = theatre.members.index(axis, key)
        return rows(theatre, state)[index] if index >= 0 else np.zeros(state.truce.shape)

    return read


def _each(
    members: Iterable[Member], name: str, axis: str, rows: Callable[[Theatre, State], np.ndarray], what: Quantity
) -> dict[str, Series]:
    """Return a series for each of some members of an axis. name, title: with the member's key and name in place of {}."""
    return {
        name.format(member.key): _series(what, what.title.format(member.name), _of(axis, member.key, rows))
        for member in members
    }


def _series(what: Quantity, title: str, read: Read) -> Series:
    given = {item.name: getattr(what, item.name) for item in fields(Quantity)}
    return Series(**given | {"title": f"{title[0].upper()}{title[1:]}"}, read=read)


def _of_field(name: str, axes: tuple[str, ...], what: Quantity, titles: Mapping[str, str]) -> Iterator[tuple[str, Series]]:
    """Yield the series that only read an array of the state."""

    def rows(theatre: Theatre, state: State) -> np.ndarray:
        array: np.ndarray = getattr(state, name)
        return array

    for index, (key, title) in enumerate(titles.items()):
        if "{}" in key:
            yield from _each(MEMBERS[axes[0]], key, axes[0], rows, replace(what, title=title)).items()
        else:
            yield key, _series(what, title, rows if len(axes) == 1 else _row(rows, index))


def _row(rows: Read, *index: int) -> Read:
    return lambda theatre, state: rows(theatre, state)[index]


def _at_site(site: str, name: str) -> Read:
    return _of("custody_sites", site, lambda theatre, state: getattr(state, name))


def _displaced(theatre: Theatre, state: State) -> np.ndarray:
    return state.displaced[[host.province for host in theatre.members["hosts"]]]


def _east_bank_taken(theatre: Theatre, state: State) -> np.ndarray:
    """Share of Deir ez-Zor's theatre cells with Damascus: all lie on the left bank."""
    row = theatre.grid.province_index("deir_ez_zor")
    count = max(int((theatre.province == row).sum()), 1)
    return 1.0 - state.held_cells[row] / count


MEMBERS = shipped_members()

PERSONS = "persons"

SERIES: dict[str, Series] = {
    name: series
    for item in State.arrays()
    for name, series in _of_field(
        item.name, item.metadata["axes"], item.metadata["quantity"], item.metadata["series"]
    )
} | {
    "sdf_share": Series("SDF-held share of Syria", share=True, read=sdf_share_of_country),
    "hasakah_share_lost": Series("Share of Hasakah province not held by the SDF", share=True, read=core_share_lost),
    "deir_ez_zor_taken": Series("Deir ez-Zor's SDF ground taken", share=True, read=_east_bank_taken),
    "cells_by_assault": Series("Cells taken by assault", "cells", read=_by_cause("assault")),
    "cells_by_defection": Series("Cells taken by defection", "cells", read=_by_cause("defection")),
    "cells_by_hand_over": Series("Cells taken by hand-over", "cells", read=_by_cause("hand_over")),
    "fighting_sectors": Series("Sectors under attack", "sectors", read=lambda t, s: s.fighting.sum(axis=0)),
    "institutions_handed_over": Series("Institutions handed over", share=True, read=lambda t, s: _handed(s)),
    "moscow_influence": Series("Moscow's influence", read=lambda t, s: mean_of_parts(s.influence_parts)),
    "damascus_authority": Series("Damascus's authority", read=lambda t, s: mean_of_parts(s.authority_parts)),
    "sdf_uncertainty": Series("SDF's uncertainty", read=lambda t, s: mean_of_parts(s.uncertainty_parts)),
    "us_persons": Series("US troops in Syria", PERSONS, read=lambda t, s: s.us_persons.sum(axis=0)),
    "us_bases": Series("US bases held", "bases", read=lambda t, s: (s.us_persons > 0).sum(axis=0)),
    "withdrawal_requested": Series(
        "Damascus has asked Moscow to leave Qamishli", YES_NO, read=lambda t, s: s.requested_on != NEVER
    ),
    **dict(_stock("qamishli", persons="persons", armour="armoured_vehicles", radars="radars",
                  air_defence="air_defence_units", stores="stores", helicopters="helicopters")),
    **dict(_stock("hmeimim", armour="armoured_vehicles", stores="stores")),
    "detainees_escaped": Series("Detainees who escaped", PERSONS, read=_in_prisons("escaped")),
    "detainees_recaptured": Series("Escaped detainees recaptured", PERSONS, read=_in_prisons("recaptured")),
    "detainees_held_by_sdf": Series("Detainees in SDF prisons", PERSONS, read=_prisoners_of("guarded", "besieged")),
    "detainees_held_by_damascus": Series("Detainees in Damascus's prisons", PERSONS, read=_prisoners_of("damascus")),
    "shaddadi_escapes": Series("Escapes from Shaddadi prison", PERSONS, read=_at_site("shaddadi_prison", "escaped")),
    "shaddadi_recaptured": Series(
        "Recaptured of those who escaped from Shaddadi prison", PERSONS, read=_at_site("shaddadi_prison", "recaptured")
    ),
    "al_hol_residents": Series("Residents of al-Hol camp", PERSONS, read=_at_site("al_hol", "inmates")),
    "attacks": Series("Insurgent attacks a day", "1/day", read=lambda t, s: s.attacks.sum(axis=0)),
    **_each([host for host in MEMBERS["hosts"] if "charted" in host.roles], "displaced_{}", "hosts", _displaced,
            Quantity("Displaced hosted by {}", PERSONS)),
    **_each(MEMBERS["towns"], "{}_taken", "towns", lambda t, s: members_taken(t, s, "towns"),
            Quantity("{} is Damascus's", YES_NO)),
    **_each(MEMBERS["institutions"], "{}_handed_over", "institutions", lambda t, s: s.institution_on != NEVER,
            Quantity("{} handed over by a deal", YES_NO)),
    **_each(MEMBERS["us_bases"], "{}_left", "us_bases", lambda t, s: s.us_left_on != NEVER,
            Quantity("US left {}", YES_NO)),
}  # fmt: skip
"""Every daily series: those that only read an array of the state are said on its field, the others here."""


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
        """Add rules that may fire in a decision ("actor.decision"), numbered after those that the block began with."""
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
