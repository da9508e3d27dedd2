"""The campaign of Damascus: where it attacks and where it stops."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Rule, logistic, otherwise
from sim.agents.damascus.values import Values
from sim.agents.seen import Seen
from sim.state.orders import Orders
from sim.state.state import GENERAL, HALTED, IN_POCKET, NONE, ZONE

GENERAL_WAR_SHARE = 0.8
"""Below this share of Arab-majority communities left, the war has been a general one (definition)."""


# --- campaign: conditions ---------------------------------------------------------------------------------------------


def a_truce_holds(seen: Seen, values: Values) -> np.ndarray:
    """A truce is in force: answer locally, reopen no offensive."""
    return seen.truce


def cheap_gains_are_exhausted(seen: Seen, values: Values) -> np.ndarray:
    """The general offensive has taken nearly all Arab-majority ground, or gains nothing more: halt and besiege."""
    few_left = seen.arab_share_left <= values.halt_at_arab_share
    return (seen.campaign == GENERAL) & (few_left | (seen.days_without_gain >= values.gainless_days))


def gains_are_cheap(seen: Seen, values: Values) -> np.ndarray:
    """The general offensive still takes ground: exploit it, despite requests to halt."""
    return seen.campaign == GENERAL


def an_offensive_is_on(seen: Seen, values: Values) -> np.ndarray:
    """The general offensive has begun or halted: press on into the cities at any cost."""
    return ~seen.truce & ((seen.campaign == GENERAL) | (seen.campaign == HALTED))


def the_city_lines_are_reached(seen: Seen, values: Values) -> np.ndarray:
    """The offensive has halted and no truce has been agreed yet: keep the siege, do not assault."""
    return seen.campaign == HALTED


def the_pocket_gives_way(seen: Seen, values: Values) -> np.ndarray:
    """The SDF pulls back from the pocket and the guarantor restrains little: advance past the agreed line.

    The chance is logistic: it falls with the guarantor's presence and rises with Turkish pressure.
    """
    gives_way = seen.pocket_ordered_out | (seen.pocket_share_left <= 0.5)
    resolve = values.escalation_slope * (seen.guarantor_absence + tilt(seen, values) - values.escalation_midpoint)
    return (seen.campaign == IN_POCKET) & gives_way & (seen.chance < logistic(resolve))


def the_pocket_attack_has_run_its_days(seen: Seen, values: Values) -> np.ndarray:
    """The limited attack has lasted as long as planned without widening: stop it."""
    return (seen.campaign == IN_POCKET) & (seen.campaign_days >= values.pocket_days)


def the_pocket_is_under_attack(seen: Seen, values: Values) -> np.ndarray:
    """The limited attack continues."""
    return seen.campaign == IN_POCKET


def the_ultimatum_has_lapsed(seen: Seen, values: Values) -> np.ndarray:
    """The closed zone's corridor and ultimatum are over: attack the pocket."""
    return (seen.campaign == ZONE) & (seen.campaign_days >= values.ultimatum_days)


def the_ultimatum_runs(seen: Seen, values: Values) -> np.ndarray:
    """A closed zone is declared and civilians are leaving."""
    return seen.campaign == ZONE


def the_deadline_has_lapsed_without_a_deal(seen: Seen, values: Values) -> np.ndarray:
    """The integration deadline has passed without a deal and an exposed pocket is left: declare a closed zone."""
    rested = seen.days_since_campaign >= values.rest_days
    open_case = (seen.days_since_deadline > 0) & ~seen.deal & (seen.pocket_share_left > 0)
    return open_case & rested & (seen.chance < values.opening_chance_per_day)


def an_incident_flares_up(seen: Seen, values: Values) -> np.ndarray:
    """An incident at the exposed pocket becomes a clash of a few days."""
    rested = seen.days_since_campaign >= values.rest_days
    return ~seen.deal & rested & (seen.pocket_share_left > 0) & (seen.chance < values.incident_chance_per_day)


def a_truce_has_ended_and_nothing_is_settled(seen: Seen, values: Values) -> np.ndarray:
    """Calm without truce after a general offensive: it may resume, most likely within the first days.

    Less likely while Russians stand at the airfield, more likely under Turkish pressure.
    """
    fresh = seen.days_since_truce_ended <= values.resume_fresh_days
    chance = np.where(fresh, values.resume_chance_fresh_per_day, values.resume_chance_later_per_day)
    after_general = seen.arab_share_left <= GENERAL_WAR_SHARE
    return after_general & (seen.truces > 0) & ~seen.deal & (seen.chance < chance * (1.0 + 2.0 * tilt(seen, values)))


def tilt(seen: Seen, values: Values) -> np.ndarray:
    """Return (runs,) how far pressures from outside tilt Damascus to force: Turkey above one half, less Russian presence.

    Both terms are 0 in the baseline until Moscow leaves: Turkish pressure is one half, the garrison complete.
    """
    turkish = values.urge_by_turkish_pressure * (seen.turkish_pressure - 0.5)
    return turkish + values.restraint_by_russian_presence * (1.0 - np.minimum(seen.russian_presence, 1.0))


# --- campaign: orders -------------------------------------------------------------------------------------------------


def hold_fire(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """End the campaign."""
    orders.campaign[where] = NONE


def halt_and_besiege(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Stop at the city lines."""
    orders.campaign[where] = HALTED


def declare_a_zone(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Close a military zone and give an ultimatum."""
    orders.campaign[where] = ZONE


def attack_the_pocket(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Attack in the exposed pocket only."""
    orders.campaign[where] = IN_POCKET
    orders.offensive |= seen.exposed & where


def attack_everywhere(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """General offensive; Kurdish-majority ground is spared unless the core is to be assaulted."""
    orders.campaign[where] = GENERAL
    orders.offensive[:, where] = True


def assault_everywhere(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """General offensive that does not stop at Kurdish-majority ground."""
    attack_everywhere(orders, where, seen, values)
    orders.assault_core[where] = True


# --- policies -------------------------------------------------------------------------------------------------------

CAMPAIGN = (
    Rule(a_truce_holds, hold_fire, "facts a47, a52"),
    Rule(cheap_gains_are_exhausted, halt_and_besiege, "facts a31, a36, a42"),
    Rule(gains_are_cheap, attack_everywhere, "facts a26-a29"),
    Rule(the_city_lines_are_reached, halt_and_besiege, "facts a31, a42"),
    Rule(the_pocket_gives_way, attack_everywhere, "facts a25, a26"),
    Rule(the_pocket_attack_has_run_its_days, hold_fire, "facts a10, a17"),
    Rule(the_pocket_is_under_attack, attack_the_pocket, "facts a20, a25"),
    Rule(the_ultimatum_has_lapsed, attack_the_pocket, "facts a20, a25"),
    Rule(the_ultimatum_runs, declare_a_zone, "facts a23, a24"),
    Rule(a_truce_has_ended_and_nothing_is_settled, attack_everywhere, "assumed"),
    Rule(the_deadline_has_lapsed_without_a_deal, declare_a_zone, "facts a18, a20, a23"),
    Rule(an_incident_flares_up, attack_the_pocket, "facts a10, a17"),
    Rule(otherwise, hold_fire, "facts a06, a08"),
)

PRESSING = (
    Rule(an_offensive_is_on, assault_everywhere, "assumed"),
    *(
        rule
        for rule in CAMPAIGN
        if rule.when not in (cheap_gains_are_exhausted, gains_are_cheap, the_city_lines_are_reached)
    ),
)
"""The campaign of a Damascus that does not halt at the cities."""

WAITING = (
    Rule(a_truce_holds, hold_fire, "facts a47, a52"),
    Rule(otherwise, hold_fire, "assumed"),
)
"""The campaign of a Damascus that negotiates first: it opens no offensive and ends one that is on."""
