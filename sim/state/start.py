"""What a scenario says of its first evening, and the state of the runs that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sim.ground.theatre import DAMASCUS, SDF, Theatre
from sim.state.arrays import COUNT
from sim.state.state import (
    ARMY,
    BASE_STATUSES,
    CAMPAIGNS,
    CLASSES,
    COASTAL_BASES,
    CUSTODIES,
    CUSTODY_SITES,
    FIGHTERS,
    HMEIMIM,
    MOSCOW_TIE,
    NEVER,
    NONE,
    OUTPOSTS,
    PRESSURES,
    QAMISHLI,
    SDF_TIE,
    US_BASES,
    State,
    sizes,
)
from sim.state.survey import survey
from sim.state.values import value


@dataclass(frozen=True)
class Forces:
    """[start.forces]: fighters on the ground."""

    sdf_fighters: int = value("persons", 0)
    arab_share_of_sdf: float = value("1", 0, 1)
    damascus_fighters: int = value("persons", 0)
    share_tied_in_the_south: float = value("1", 0, 1)


@dataclass(frozen=True)
class Ties:
    """[start.ties]: relations and the guarantor's standing."""

    damascus_moscow: float = value("1", -1, 1)
    damascus_sdf: float = value("1", -1, 1)
    guarantor_absence: float = value("1", 0, 1)
    partner_shifted: bool = value("yes_no")


@dataclass(frozen=True)
class Pressures:
    """[start.outside]: pressures from outside, 0 none to 1 full; they are settings, not actors (facts section 4)."""

    turkish_pressure: float = value("1", 0, 1)
    mediation: float = value("1", 0, 1)
    israeli_pressure: float = value("1", 0, 1)
    border_control: float = value("1", 0, 1)


@dataclass(frozen=True)
class UsTroops:
    """[start.us_troops]: US troops by base."""

    al_tanf_garrison: int = value("persons", 0)
    shaddadi_base: int = value("persons", 0)
    qasrak_base: int = value("persons", 0)
    rmeilan_base: int = value("persons", 0)


@dataclass(frozen=True)
class Coast:
    """[start.coastal_bases]: status of the bases on the coast and the readiness of the army they help to equip."""

    hmeimim: str = value("name")
    tartus: str = value("name")
    readiness: float = value("1", 0, 1)


@dataclass(frozen=True)
class Equipment:
    """[start.outposts]: what Moscow has at a place where no aircraft lands."""

    persons: int = value("persons", 0)
    armoured_vehicles: int = value("items", 0)
    radars: int = value("items", 0)
    air_defence_units: int = value("items", 0)
    stores: float = value("tonnes", 0)
    helicopters: int = value("items", 0)


@dataclass(frozen=True)
class AirfieldEquipment(Equipment):
    """[start.qamishli] and [start.coast]: what Moscow has at an airfield."""

    aircraft: int = value("items", 0)


@dataclass(frozen=True)
class Persons:
    """[start.inmates], [start.guards]: persons at each prison and camp."""

    al_sinaa: int = value("persons", 0)
    panorama: int = value("persons", 0)
    shaddadi_prison: int = value("persons", 0)
    al_aqtan: int = value("persons", 0)
    malikiyah_prison: int = value("persons", 0)
    alaya: int = value("persons", 0)
    al_hol: int = value("persons", 0)
    roj: int = value("persons", 0)


@dataclass(frozen=True)
class Custodies:
    """[start.custody]: guarded, besieged, abandoned or damascus."""

    al_sinaa: str = value("name")
    panorama: str = value("name")
    shaddadi_prison: str = value("name")
    al_aqtan: str = value("name")
    malikiyah_prison: str = value("name")
    alaya: str = value("name")
    al_hol: str = value("name")
    roj: str = value("name")


@dataclass(frozen=True)
class Course:
    """[start.course]: where the campaign, the truce and the transfer stand."""

    campaign: str = value("name")
    truce_days_left: float = value("days", 0, 3650)
    truce_term: float = value("days", 0, 3650)
    transfer_needed_for: int = value("days", -1, 3650)
    escaped_shaddadi: int = value("persons", 0)
    recaptured_shaddadi: int = value("persons", 0)


@dataclass(frozen=True)
class Displaced:
    """[start.displaced]: displaced persons by the province that hosts them."""

    aleppo: int = value("persons", 0)
    hasakah: int = value("persons", 0)
    raqqa: int = value("persons", 0)
    deir_ez_zor: int = value("persons", 0)


@dataclass(frozen=True)
class Start:
    """[start]: the evening the scenario starts on."""

    forces: Forces
    ties: Ties
    outside: Pressures
    us_troops: UsTroops
    coastal_bases: Coast
    qamishli: AirfieldEquipment
    outposts: Equipment
    coast: AirfieldEquipment
    inmates: Persons
    guards: Persons
    custody: Custodies
    course: Course
    displaced: Displaced


CHOICES = (
    {"start.course.campaign": CAMPAIGNS}
    | {f"start.coastal_bases.{base}": BASE_STATUSES for base in COASTAL_BASES}
    | {f"start.custody.{site}": CUSTODIES for site in CUSTODY_SITES}
)
"""Names a text value may take."""


def initial_state(theatre: Theatre, start: Start, runs: int) -> State:
    """Build the state on the evening of the start, before the mechanisms draw what belongs to each run.

    start: its values as arrays, see sim.scenario.settings; names are indices in what CHOICES lists for them. Communities
    that the start raster shows with Damascus, or contested, have gone over before.
    """
    state = State.zeros(sizes(theatre, runs), day=0)
    for item in fields(state):
        if item.metadata.get("dtype") is COUNT and item.name.endswith(("_on", "_since")):
            getattr(state, item.name)[:] = NEVER
    held = theatre.start_holder[theatre.cells]
    state.army[:-2] = (held == DAMASCUS)[:, None]
    state.army[-1] = 1.0
    state.gone_over[:-1] = (held != SDF)[:, None]
    _write_ties(state, start)
    _write_course(state, start.course)
    _write_presence(state, theatre, start)
    share = theatre.sector_population * (theatre.sector_area > 1.0)
    share = share / share.sum()
    tied = start.forces.share_tied_in_the_south * start.outside.israeli_pressure
    state.strength[ARMY] = start.forces.damascus_fighters * (1.0 - tied) * share
    state.strength[FIGHTERS] = start.forces.sdf_fighters * share
    state.leavers[:] = start.forces.arab_share_of_sdf * state.strength[FIGHTERS]
    survey(theatre, state)
    return state


def _write_ties(state: State, start: Start) -> None:
    state.relation[MOSCOW_TIE] = start.ties.damascus_moscow
    state.relation[SDF_TIE] = start.ties.damascus_sdf
    state.guarantor_absence[:] = start.ties.guarantor_absence
    state.partner_shifted[:] = start.ties.partner_shifted


def _write_course(state: State, course: Course) -> None:
    state.campaign[:] = course.campaign
    state.campaign_since[state.campaign != NONE] = 0
    in_force = state.truce
    in_force[:] = course.truce_days_left > 0
    state.truce_ends[:] = course.truce_days_left * in_force
    state.truce_term[:] = course.truce_term * in_force
    state.truce_signed_on[:] = np.where(in_force, course.truce_days_left - course.truce_term, NEVER)
    state.truces[:] = in_force
    failed = course.transfer_needed_for >= 0
    state.guarding_failed_on[:] = np.where(failed, -course.transfer_needed_for, NEVER)
    site = CUSTODY_SITES.index("shaddadi_prison")
    state.escaped[site], state.recaptured[site] = course.escaped_shaddadi, course.recaptured_shaddadi


def _write_presence(state: State, theatre: Theatre, start: Start) -> None:
    state.persons_at_start[:] = start.qamishli.persons
    for index, name in enumerate(PRESSURES):
        state.outside[index] = getattr(start.outside, name)
    for index, name in enumerate(US_BASES):
        state.us_persons[index] = getattr(start.us_troops, name)
    for index, name in enumerate(COASTAL_BASES):
        state.base_status[index] = getattr(start.coastal_bases, name)
    state.readiness[:] = start.coastal_bases.readiness
    for place, equipment in ((QAMISHLI, start.qamishli), (OUTPOSTS, start.outposts), (HMEIMIM, start.coast)):
        for item in fields(equipment):
            state.stock[place, CLASSES.index(item.name)] = getattr(equipment, item.name)
    for index, name in enumerate(CUSTODY_SITES):
        state.inmates[index] = getattr(start.inmates, name)
        state.guards[index] = getattr(start.guards, name)
        state.custody[index] = getattr(start.custody, name)
    for item in fields(start.displaced):
        state.displaced[theatre.grid.province_index(item.name)] = getattr(start.displaced, item.name)
