"""Indices: Moscow's influence, Damascus's authority, the SDF's uncertainty; each the unweighted mean of parts in [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import DAMASCUS, Theatre
from sim.state.orders import Orders
from sim.state.state import (
    COAST,
    MOSCOW_TIE,
    NEVER,
    PERSONS,
    RECENT_DAYS,
    State,
)
from sim.state.survey import taken_lately
from sim.state.values import value

NAME = "indices"


@dataclass(frozen=True)
class Rates:
    """[indices]: what counts as full."""

    coast_persons_full: float = value("persons", 1)
    supply_full_tonnes_per_day: float = value("tonnes/day", 0.1)
    calm_violations: float = value("1/day", 0.1)
    upheaval_share: float = value("1", 0.001)
    upheaval_days: float = value("days", 1, RECENT_DAYS - 2)


def initialise(theatre: Theatre, state: State, rates: Rates, draws: Draws) -> None:
    """Let the indices of the first evening be what their parts say."""
    _write(theatre, state, rates)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Write the evening's parts."""
    _write(theatre, state, rates)


def _write(theatre: Theatre, state: State, rates: Rates) -> None:
    state.influence_parts[:] = influence(state, rates)
    state.authority_parts[:] = authority(theatre, state, rates)
    state.uncertainty_parts[:] = uncertainty(theatre, state, rates)


def influence(state: State, rates: Rates) -> np.ndarray:
    """Return (parts, runs): troops on the coast, deliveries, the tie to Damascus, status of the coastal bases.

    Nothing in it stands in the northeast: influence with less presence.
    """
    return np.stack(
        [
            np.minimum(state.stock[COAST, PERSONS] / rates.coast_persons_full, 1.0),
            np.minimum(state.supply / rates.supply_full_tonnes_per_day, 1.0),
            (state.relation[MOSCOW_TIE] + 1.0) / 2.0,
            state.base_status.sum(axis=0) / (2.0 * max(len(state.base_status), 1)),
        ]
    ).astype(np.float32)


def authority(theatre: Theatre, state: State, rates: Rates) -> np.ndarray:
    """Return (parts, runs): territory, population, institutions, oil revenue, recognition, calm."""
    fixed = (theatre.start_holder == DAMASCUS).copy()
    fixed[theatre.cells] = False
    area, people = theatre.grid.area_km2, theatre.grid.population
    territory = theatre.area_km2.sum() - state.held_area.sum(axis=0) + area[fixed].sum()
    population = theatre.population.sum() - state.held_people.sum(axis=0) + people[fixed].sum()
    handed = (state.institution_on != NEVER).sum(axis=0) / max(len(state.institution_on), 1)
    recognition = (state.guarantor_absence + (state.relation[MOSCOW_TIE] + 1.0) / 2.0) / 2.0
    calm = np.where(state.fighting.any(axis=0), 0.0, 1.0 / (1.0 + state.violations / rates.calm_violations))
    parts = [territory / area.sum(), population / people.sum(), handed, state.oil_share_damascus, recognition, calm]
    return np.stack(parts).astype(np.float32)


def uncertainty(theatre: Theatre, state: State, rates: Rates) -> np.ndarray:
    """Return (parts, runs): how open the outcome is, how unclear the guarantor's phase, how fast ground was lost.

    The first two are 1 where the estimate or the absence is one half and 0 where it is certain.
    """
    share = taken_lately(state, rates.upheaval_days)[-1] / theatre.grid.cells
    return np.stack(
        [
            1.0 - np.abs(2.0 * np.clip(state.prospects, 0.0, 1.0) - 1.0),
            1.0 - np.abs(2.0 * state.guarantor_absence - 1.0),
            np.minimum(share / rates.upheaval_share, 1.0),
        ]
    ).astype(np.float32)
