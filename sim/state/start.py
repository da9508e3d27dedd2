"""What a scenario says of its first evening, and the state of the runs that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sim.ground.theatre import DAMASCUS, SDF, Theatre
from sim.state.arrays import COUNT
from sim.state.state import (
    AIRFIELD,
    ARMY,
    BASE_STATUSES,
    CAMPAIGNS,
    EQUIPMENT_CLASSES,
    COAST,
    CUSTODIES,
    FIGHTERS,
    MOSCOW_TIE,
    NEVER,
    NONE,
    OUTPOSTS,
    PRESSURES,
    SDF_TIE,
    State,
    sizes,
)
from sim.state.survey import survey
from sim.state.values import table, value, value_per


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
class Coast:
    """[start.coastal_bases]: status of the bases on the coast and the readiness of the army they help to equip."""

    status: Any = value_per("coastal_bases", str, "name", choices=BASE_STATUSES, flat=True)
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


ESCAPED_FROM = "shaddadi_prison"
"""The prison whose escapes before the start are given (facts a32)."""


@dataclass(frozen=True)
class Course:
    """[start.course]: where the campaign, the truce and the transfer stand."""

    campaign: str = value("name", choices=CAMPAIGNS)
    truce_days_left: float = value("days", 0, 3650)
    truce_term: float = value("days", 0, 3650)
    transfer_needed_for: int = value("days", -1, 3650)
    escaped_shaddadi: int = value("persons", 0)
    recaptured_shaddadi: int = value("persons", 0)


@dataclass(frozen=True)
class Start:
    """[start]: the evening the scenario starts on."""

    forces: Forces = table()
    ties: Ties = table()
    outside: Pressures = table()
    us_troops: Any = value_per("us_bases", int, "persons", 0)
    coastal_bases: Coast = table()
    qamishli: AirfieldEquipment = table()
    outposts: Equipment = table()
    coast: AirfieldEquipment = table()
    inmates: Any = value_per("custody_sites", int, "persons", 0)
    guards: Any = value_per("custody_sites", int, "persons", 0)
    custody: Any = value_per("custody_sites", str, "name", choices=CUSTODIES)
    course: Course = table()
    displaced: Any = value_per("hosts", int, "persons", 0)


def initial_state(theatre: Theatre, start: Start, runs: int) -> State:
    """Build the state on the evening of the start, before the mechanisms draw what belongs to each run.

    start: its values as arrays, see sim.scenario.settings; names are indices in the choices of their field. Communities
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
    _write_course(theatre, state, start.course)
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


def _write_course(theatre: Theatre, state: State, course: Course) -> None:
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
    site = theatre.members.index("custody_sites", ESCAPED_FROM)
    if site >= 0:
        state.escaped[site], state.recaptured[site] = course.escaped_shaddadi, course.recaptured_shaddadi


def _write_presence(state: State, theatre: Theatre, start: Start) -> None:
    state.persons_at_start[:] = start.qamishli.persons
    for index, name in enumerate(PRESSURES):
        state.outside[index] = getattr(start.outside, name)
    state.us_persons[:] = start.us_troops
    state.base_status[:] = start.coastal_bases.status
    state.readiness[:] = start.coastal_bases.readiness
    for place, equipment in ((AIRFIELD, start.qamishli), (OUTPOSTS, start.outposts), (COAST, start.coast)):
        for item in fields(equipment):
            state.stock[place, EQUIPMENT_CLASSES.index(item.name)] = getattr(equipment, item.name)
    state.inmates[:], state.guards[:], state.custody[:] = start.inmates, start.guards, start.custody
    state.displaced[[host.province for host in theatre.members["hosts"]]] = start.displaced
