"""Displacement: people leave places under attack, are counted where they are hosted, and return in calm."""

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
    """Let people flee cells under attack near the army and cells that fall, and the displaced return where nobody attacks.

    Whom a host behind the lines has return there; the others must cross the lines.
    """
    behind_the_lines = [host.province for host in theatre.members["hosts"] if "behind_the_lines" in host.roles]
    inside = np.isin(np.arange(state.displaced.shape[0]), behind_the_lines)[:, None]
    behind, across = rates.return_behind_lines_per_day * dt, rates.return_across_lines_per_day * dt
    calm = ~state.fighting.any(axis=0)
    state.displaced *= 1.0 - np.where(inside, behind, across) * (calm | inside)
    state.fled *= 1.0 - across * calm
    runs = np.flatnonzero(~calm)
    if len(runs):
        _flee(theatre, state, part_of(rates, runs), dt, runs)


def _flee(theatre: Theatre, state: State, rates: Rates, dt: float, runs: np.ndarray) -> None:
    """Let people flee in the runs in which Damascus attacks; the rates are theirs alone."""
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
