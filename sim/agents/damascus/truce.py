"""When Damascus offers a truce, and when it extends one."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Rule, logistic, otherwise, no_order
from sim.agents.damascus.talks import talks_chance
from sim.agents.damascus.values import Values
from sim.agents.seen import Seen
from sim.state.orders import Orders
from sim.state.state import GENERAL, HALTED, IN_POCKET, NONE
from sim.state.values import interpolate, rows

LOG_TERMS = np.log([2.5, 5.5, 14.0, 40.0, 90.0])
"""Logarithm of the days that stand for each length of term."""


def extension_chance(seen: Seen, values: Values, shift: float) -> np.ndarray:
    """Return (runs,) the chance to extend: the base share for the term, shifted on the logit by a reason.

    shift: (1 or runs,) logit.
    """
    base = values.extension_base
    share = rows(
        base.term_2_3_days,
        base.term_4_7_days,
        base.term_8_20_days,
        base.term_21_60_days,
        base.term_over_60_days,
    ).astype(np.float64)
    logit = interpolate(np.log(np.maximum(seen.truce_term, 1.0)), LOG_TERMS, np.log(share / (1.0 - share)))
    return logistic(logit + shift)


def the_truce_expires_while_the_transfer_runs(seen: Seen, values: Values) -> np.ndarray:
    """The truce expires today and the detainee transfer is under way: extend, naming the transfer as the reason."""
    expires = seen.truce & (seen.days_to_expiry <= 0) & seen.transfer_running
    return expires & (seen.chance < extension_chance(seen, values, values.extension_shift_transfer))


def the_truce_expires_while_talks_go_on(seen: Seen, values: Values) -> np.ndarray:
    """The truce expires today and talks over integration are open: extend for the talks."""
    expires = seen.truce & (seen.days_to_expiry <= 0) & (talks_chance(seen, values) > 0) & ~seen.transfer_running
    return expires & (seen.chance < extension_chance(seen, values, values.extension_shift_talks))


def the_truce_runs_or_expires(seen: Seen, values: Values) -> np.ndarray:
    """A truce is in force and no reason to extend it is at hand."""
    return seen.truce


def strategic_gains_are_in_and_prisons_at_issue(seen: Seen, values: Values) -> np.ndarray:
    """The strategic gains are in, little Arab-majority ground is left, custody of detainees is an issue."""
    attacking = (seen.campaign == GENERAL) | (seen.campaign == HALTED)
    little_left = seen.arab_share_left <= values.truce_at_arab_share
    return attacking & seen.strategic_gains_in & little_left & (seen.days_since_guarding_failed >= 0)


def days_pass_without_gain(seen: Seen, values: Values) -> np.ndarray:
    """The offensive gains nothing for days: offer a truce."""
    attacking = (seen.campaign == GENERAL) | (seen.campaign == HALTED)
    return attacking & (seen.days_without_gain >= values.gainless_days)


def the_guarantor_urges_a_local_truce(seen: Seen, values: Values) -> np.ndarray:
    """A limited attack is on and a guarantor that is still present asks for a halt: offer a truce."""
    chance = values.local_truce_chance_per_day * (1.0 - seen.guarantor_absence)
    return (seen.campaign == IN_POCKET) & seen.halt_urged & (seen.chance < chance)


def calm_without_a_truce(seen: Seen, values: Values) -> np.ndarray:
    """A truce has ended and nobody attacks: offer a new one now and then."""
    after = (seen.truces > 0) & (seen.campaign == NONE)
    return after & (seen.chance < values.offer_again_chance_per_day)


def offer_a_truce(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Offer a short first truce, a longer one later."""
    term = np.where(seen.truces == 0, values.first_truce_days, values.next_truce_days)
    orders.give("truce_offered", where, term)


def offer_an_extension(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Offer to extend the truce."""
    orders.give("extension_offered", where, values.extension_days)


TRUCE = (
    Rule(the_truce_expires_while_the_transfer_runs, offer_an_extension, "facts a44"),
    Rule(the_truce_expires_while_talks_go_on, offer_an_extension, "facts a50; ETH/PRIO Civil Conflict Ceasefire data"),
    Rule(the_truce_runs_or_expires, no_order, "assumed"),
    Rule(strategic_gains_are_in_and_prisons_at_issue, offer_a_truce, "facts a30, a36"),
    Rule(days_pass_without_gain, offer_a_truce, "facts a31, a36"),
    Rule(the_guarantor_urges_a_local_truce, offer_a_truce, "facts a10, a17"),
    Rule(calm_without_a_truce, offer_a_truce, "assumed"),
    Rule(otherwise, no_order, "facts a26"),
)

NO_TRUCE = (
    *(rule for rule in TRUCE if rule.when in (the_truce_expires_while_the_transfer_runs, the_truce_runs_or_expires)),
    Rule(otherwise, no_order, "assumed"),
)
"""The truce of a Damascus that presses on: it offers none."""
