"""What Damascus offers the SDF in talks, and what it asks of Moscow."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Rule, otherwise, no_order
from sim.agents.damascus.values import Values
from sim.agents.seen import Seen
from sim.state.orders import Orders
from sim.state.state import INDIVIDUAL, STAYING, UNITS


def talks_chance(seen: Seen, values: Values) -> np.ndarray:
    """Return (runs,) the chance that a round of talks is held today, in [0, 1].

    Mediators raise it, and so does the tie to the SDF, which fighting sours; the SDF's asking makes it 1.
    """
    mediated = values.talks_chance_per_day * (1.0 + values.talks_chance_by_mediation * (seen.mediation - 0.5))
    chance = np.minimum(mediated * (1.0 + values.talks_chance_by_tie * seen.tie_to_sdf), 1.0)
    return np.where(seen.talks_sought & (values.talks_chance_per_day > 0), 1.0, chance)


def a_round_is_held_and_the_sdf_is_strong(seen: Seen, values: Values) -> np.ndarray:
    """Nobody attacks, a round of talks is held, the SDF holds most of its ground: units may join whole."""
    held = ~seen.attacking & ~seen.deal & (seen.chance < talks_chance(seen, values))
    return held & (seen.sdf_share_of_start > values.units_offered_above_share)


def a_round_is_held_and_the_sdf_is_weak(seen: Seen, values: Values) -> np.ndarray:
    """Nobody attacks, a round is held, the SDF has lost its ground: fighters join one by one, with posts and rights."""
    return ~seen.attacking & ~seen.deal & (seen.chance < talks_chance(seen, values))


def offer_units(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Offer integration of whole units."""
    orders.terms_offered[where] = UNITS


def offer_individual(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Offer integration of fighters one by one."""
    orders.terms_offered[where] = INDIVIDUAL


def a_foreign_base_stands_in_newly_held_land(seen: Seen, values: Values) -> np.ndarray:
    """Much of the core province is no longer the SDF's and Russians are still at its airfield: ask them to leave."""
    open_request = (seen.withdrawal == STAYING) & ~seen.request_pending
    much = seen.core_share_lost >= values.request_at_core_share
    return open_request & much & (seen.chance < values.request_chance_per_day)


def ask_moscow_to_leave(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Ask politely; the coastal bases stay on the table."""
    orders.withdrawal_requested[where] = True


TALKS = (
    Rule(a_round_is_held_and_the_sdf_is_strong, offer_units, "facts a05, a12"),
    Rule(a_round_is_held_and_the_sdf_is_weak, offer_individual, "facts a30, a36, a50"),
    Rule(otherwise, no_order, "facts a33"),
)

REQUEST = (
    Rule(a_foreign_base_stands_in_newly_held_land, ask_moscow_to_leave, "facts a40"),
    Rule(otherwise, no_order, "facts a09"),
)
