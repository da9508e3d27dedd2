"""Onward: displaced persons who go on across the border. An example of a mechanism, for tests/project/test_extending.py."""

from __future__ import annotations

from dataclasses import dataclass

from sim.draws import Draws
from sim.ground.theatre import Theatre
from sim.state.orders import Orders
from sim.state.state import State
from sim.state.values import value

NAME = "onward"


@dataclass(frozen=True)
class Rates:
    """[onward]: the pace."""

    share_per_day: float = value("1/day", 0, 1)


def advance(theatre: Theatre, state: State, orders: Orders, rates: Rates, draws: Draws, dt: float) -> None:
    """Let a share of the displaced of every province leave the country."""
    state.displaced *= 1.0 - rates.share_per_day * dt
