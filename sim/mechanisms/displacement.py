"""Displacement: people flee places under attack, are counted in their host province, and return in calm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import State
from sim.state.values import part_of, value

NAME = "displacement"


@dataclass(frozen=True)
class Rates:
    """[displacement]: flight and return."""

    flight_per_day: float = value("1/day", 0, 1)
    flight_when_taken: float = value("1", 0, 1)
    share_to_host: float = value("1", 0, 1)
    present_share_of_2016: float = value("1", 0)
    return_behind_lines_per_day: float = value("1/day", 0, 1)
    return_across_lines_per_day: float = value("1/day", 0, 1)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Add those who flee cells near an attack and cells that fall; let the displaced return where there is no attack.

    Those hosted behind the lines return at one rate, those who must cross the lines at another.
    """
    behind_the_lines = [host.province for host in theatre.members["hosts"] if "behind_the_lines" in host.roles]
    is_behind = np.isin(np.arange(state.displaced.shape[0]), behind_the_lines)[:, None]
    behind, across = rates.return_behind_lines_per_day * dt, rates.return_across_lines_per_day * dt
    calm = ~state.fighting.any(axis=0)
    state.displaced *= 1.0 - np.where(is_behind, behind, across) * (calm | is_behind)
    state.fled *= 1.0 - across * calm
    runs = np.flatnonzero(~calm)
    if len(runs):
        _flee(theatre, state, part_of(rates, runs), dt, runs)


def _flee(theatre: Theatre, state: State, rates: Rates, dt: float, runs: np.ndarray) -> None:
    """Add those who flee, in the runs where Damascus attacks. rates: of those runs only."""
    attacked = state.fighting[:, runs][theatre.sector]
    exposed = state.nearness[:-2, runs] * attacked * (state.army[:-2, runs] == 0)
    taken_today = (state.taken_on[:, runs] == state.day) & attacked
    leaving = rates.flight_per_day * dt * exposed + rates.flight_when_taken * taken_today
    fleeing = theatre.by_sector @ (leaving * theatre.population[:, None])
    people = theatre.sector_population * rates.present_share_of_2016
    fleeing *= rates.present_share_of_2016 * np.maximum(1.0 - state.fled[:, runs] / people, 0.0)
    state.fled[:, runs] += fleeing
    for index, sector in enumerate(theatre.members["sectors"]):
        if sector.host:
            host = theatre.grid.province_index(sector.host)
            state.displaced[host, runs] += rates.share_to_host * fleeing[index]
