"""Erbil: it hosts talks and asks for restraint. An example of an actor, added by tests/project/test_extending.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.base import Policy, Rule, StrategicAgent, null_policies, otherwise, no_order
from sim.agents.seen import Seen
from sim.state.orders import Orders
from sim.state.values import value


@dataclass(frozen=True)
class Values:
    """[erbil]: what a scenario may set of it."""

    policy: str = value("name")
    observation_error: float = value("1", 0)
    share_lost_to_speak_up: float = value("1", 0, 1)


def hasakah_is_being_lost(seen: Seen, values: Values) -> np.ndarray:
    """Much of Hasakah province is no longer the SDF's: speak up."""
    return seen.core_share_lost >= values.share_lost_to_speak_up


def ask_for_restraint(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Ask Damascus to halt."""
    orders.urge_halt[where] = True


DOCUMENTED: Policy = {
    "mediation": (Rule(hasakah_is_being_lost, ask_for_restraint, "assumed"), Rule(otherwise, no_order, "assumed")),
}


class Erbil(StrategicAgent):
    """Speaks up for restraint when the Kurdish-majority province is being lost."""

    name = "erbil"
    title = "Erbil"
    Values = Values
    policies: ClassVar[dict[str, Policy]] = {"documented": DOCUMENTED, **null_policies(DOCUMENTED)}
