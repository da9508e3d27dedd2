"""Damascus: the transitional government, its army and the tribes allied with it.

Interests: one army and one state, oil, crossings and prisons, foreign recognition. Red lines: the SDF as a bloc,
federalism. Source: facts section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.base import Policy, Rule, StrategicAgent, logistic, null_policies, otherwise, stay
from sim.agents.seen import Seen
from sim.orders import Orders
from sim.state import GENERAL, HALTED, IN_POCKET, INDIVIDUAL, NONE, STAYING, UNITS, ZONE
from sim.theatre import POCKET
from sim.values import table, value

GENERAL_WAR_SHARE = 0.8
"""Below this share of Arab-majority communities left, the war has been a general one (definition)."""


@dataclass(frozen=True)
class ExtensionBase:
    """[damascus.extension_base]: share of expiring ceasefires that are extended or replaced, by length of the term."""

    term_2_3_days: float = value("1", 0.001, 0.999)
    term_4_7_days: float = value("1", 0.001, 0.999)
    term_8_20_days: float = value("1", 0.001, 0.999)
    term_21_60_days: float = value("1", 0.001, 0.999)
    term_over_60_days: float = value("1", 0.001, 0.999)


@dataclass(frozen=True)
class Values:
    """[damascus]: what a scenario may set of it."""

    policy: str = value("name")
    observation_error: float = value("1", 0)
    opening_chance_per_day: float = value("1/day", 0, 1)
    rest_days: float = value("days", 0)
    ultimatum_days: float = value("days", 0)
    incident_chance_per_day: float = value("1/day", 0, 1)
    escalation_midpoint: float = value("1", 0, 1)
    escalation_slope: float = value("1", 0)
    restraint_by_russian_presence: float = value("1", 0, 1)
    urge_by_turkish_pressure: float = value("1", 0, 1)
    pocket_days: float = value("days", 1)
    local_truce_chance_per_day: float = value("1/day", 0, 1)
    halt_at_arab_share: float = value("1", 0, 1)
    truce_at_arab_share: float = value("1", 0, 1)
    gainless_days: float = value("days", 1)
    first_truce_days: float = value("days", 1)
    next_truce_days: float = value("days", 1)
    extension_days: float = value("days", 1)
    extension_shift_transfer: float = value("logit")
    extension_shift_talks: float = value("logit")
    extension_base: ExtensionBase = table()
    offer_again_chance_per_day: float = value("1/day", 0, 1)
    resume_chance_fresh_per_day: float = value("1/day", 0, 1)
    resume_fresh_days: float = value("days", 0)
    resume_chance_later_per_day: float = value("1/day", 0, 1)
    request_at_hasakah_share: float = value("1", 0, 1)
    request_chance_per_day: float = value("1/day", 0, 1)
    talks_chance_per_day: float = value("1/day", 0, 1)
    talks_chance_by_tie: float = value("1", 0, 1)
    talks_chance_by_mediation: float = value("1", 0)
    units_offered_above_share: float = value("1", 0, 1)


# --- campaign: conditions ---------------------------------------------------------------------------------------------


def a_truce_holds(seen: Seen, values: Values) -> np.ndarray:
    """A truce is in force: answer locally, reopen no offensive."""
    return seen.truce


def cheap_gains_are_exhausted(seen: Seen, values: Values) -> np.ndarray:
    """The general offensive has taken nearly all Arab-majority ground, or gains nothing more: halt and besiege."""
    few_left = seen.arab_share_left <= values.halt_at_arab_share
    return (seen.campaign == GENERAL) & (few_left | (seen.days_without_gain >= values.gainless_days))


def gains_are_cheap(seen: Seen, values: Values) -> np.ndarray:
    """The general offensive still takes ground: exploit it, whoever asks for a halt."""
    return seen.campaign == GENERAL


def an_offensive_is_on(seen: Seen, values: Values) -> np.ndarray:
    """The general offensive has begun or halted: press on, into the cities, whatever it costs."""
    return ~seen.truce & ((seen.campaign == GENERAL) | (seen.campaign == HALTED))


def the_city_lines_are_reached(seen: Seen, values: Values) -> np.ndarray:
    """The offensive has halted and no truce has been agreed yet: keep the siege, do not assault."""
    return seen.campaign == HALTED


def the_pocket_gives_way(seen: Seen, values: Values) -> np.ndarray:
    """The SDF pulls back from the pocket and the guarantor restrains little: advance past the agreed line.

    The chance falls as a logit of the guarantor's presence, less so under Turkish pressure.
    """
    gives_way = seen.pocket_ordered_out | (seen.pocket_share_left <= 0.5)
    resolve = values.escalation_slope * (seen.guarantor_absence + tilt(seen, values) - values.escalation_midpoint)
    return (seen.campaign == IN_POCKET) & gives_way & (seen.chance < logistic(resolve))


def the_pocket_attack_has_run_its_days(seen: Seen, values: Values) -> np.ndarray:
    """The limited attack has lasted as long as planned without widening: stop it."""
    return (seen.campaign == IN_POCKET) & (seen.campaign_days >= values.pocket_days)


def the_pocket_is_under_attack(seen: Seen, values: Values) -> np.ndarray:
    """The limited attack goes on."""
    return seen.campaign == IN_POCKET


def the_ultimatum_has_lapsed(seen: Seen, values: Values) -> np.ndarray:
    """The closed zone's corridor and ultimatum are over: attack the pocket."""
    return (seen.campaign == ZONE) & (seen.campaign_days >= values.ultimatum_days)


def the_ultimatum_runs(seen: Seen, values: Values) -> np.ndarray:
    """A closed zone is declared and civilians are leaving."""
    return seen.campaign == ZONE


def the_deadline_has_lapsed_without_a_deal(seen: Seen, values: Values) -> np.ndarray:
    """The integration deadline is past, talks gave nothing, an exposed pocket is there: declare a closed zone."""
    rested = seen.days_since_campaign >= values.rest_days
    open_case = (seen.days_since_deadline > 0) & ~seen.deal & (seen.pocket_share_left > 0)
    return open_case & rested & (seen.chance < values.opening_chance_per_day)


def an_incident_flares_up(seen: Seen, values: Values) -> np.ndarray:
    """An incident at the exposed pocket becomes a clash of a few days."""
    rested = seen.days_since_campaign >= values.rest_days
    return ~seen.deal & rested & (seen.pocket_share_left > 0) & (seen.chance < values.incident_chance_per_day)


def a_truce_has_ended_and_nothing_is_settled(seen: Seen, values: Values) -> np.ndarray:
    """Calm without truce after a general offensive: it may resume, most likely within the first days.

    Less likely while Russians stand at Qamishli, more likely under Turkish pressure.
    """
    fresh = seen.days_since_truce_ended <= values.resume_fresh_days
    chance = np.where(fresh, values.resume_chance_fresh_per_day, values.resume_chance_later_per_day)
    after_general = seen.arab_share_left <= GENERAL_WAR_SHARE
    return after_general & (seen.truces > 0) & ~seen.deal & (seen.chance < chance * (1.0 + 2.0 * tilt(seen, values)))


def tilt(seen: Seen, values: Values) -> np.ndarray:
    """Return (runs,) how far pressures from outside tilt Damascus to force: Turkey above one half, less Russian presence.

    Both are 0 in the baseline's January until Moscow leaves: Turkish pressure at one half, the garrison whole.
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
    """Attack in Deir Hafer only."""
    orders.campaign[where] = IN_POCKET
    orders.offensive[POCKET, where] = True


def attack_everywhere(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """General offensive; Kurdish-majority ground is spared unless the core is to be assaulted."""
    orders.campaign[where] = GENERAL
    orders.offensive[:, where] = True


# --- truce ------------------------------------------------------------------------------------------------------------


def extension_chance(seen: Seen, values: Values, shift: float) -> np.ndarray:
    """Return (runs,) the chance to extend: the base share for the term, shifted on the logit by a reason."""
    base = values.extension_base
    terms = np.log([2.5, 5.5, 14.0, 40.0, 90.0])
    logits = [
        np.log(p / (1.0 - p))
        for p in (
            base.term_2_3_days,
            base.term_4_7_days,
            base.term_8_20_days,
            base.term_21_60_days,
            base.term_over_60_days,
        )
    ]
    logit = np.interp(np.log(np.maximum(seen.truce_term, 1.0)), terms, logits)
    return logistic(logit + shift)


def the_truce_expires_while_the_transfer_runs(seen: Seen, values: Values) -> np.ndarray:
    """The truce expires today and the detainee transfer is under way: extend, naming the transfer as the reason."""
    chance = extension_chance(seen, values, values.extension_shift_transfer)
    return seen.truce & (seen.days_to_expiry <= 0) & seen.transfer_running & (seen.chance < chance)


def the_truce_expires_while_talks_go_on(seen: Seen, values: Values) -> np.ndarray:
    """The truce expires today and talks over integration are open: extend for the talks."""
    talks = talks_chance(seen, values) > 0
    chance = extension_chance(seen, values, values.extension_shift_talks)
    return seen.truce & (seen.days_to_expiry <= 0) & talks & ~seen.transfer_running & (seen.chance < chance)


def the_truce_runs_or_expires(seen: Seen, values: Values) -> np.ndarray:
    """A truce is in force and no reason to extend it is at hand."""
    return seen.truce


def strategic_gains_are_in_and_prisons_at_issue(seen: Seen, values: Values) -> np.ndarray:
    """Raqqa, Tabqa and Omar are taken, little Arab-majority ground is left, custody of detainees is an issue."""
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
    orders.truce_offered[where] = term[where]


def offer_an_extension(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Offer to extend the truce."""
    orders.extension_offered[where] = values.extension_days


# --- talks and Moscow -------------------------------------------------------------------------------------------------


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


def assault_everywhere(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """General offensive that does not stop at Kurdish-majority ground."""
    attack_everywhere(orders, where, seen, values)
    orders.assault_core[where] = True


def a_foreign_base_stands_in_newly_held_land(seen: Seen, values: Values) -> np.ndarray:
    """Much of Hasakah province is no longer the SDF's and Russians are still at Qamishli: ask them to leave."""
    open_request = (seen.withdrawal == STAYING) & ~seen.request_pending
    much = seen.hasakah_share_lost >= values.request_at_hasakah_share
    return open_request & much & (seen.chance < values.request_chance_per_day)


def ask_moscow_to_leave(orders: Orders, where: np.ndarray, seen: Seen, values: Values) -> None:
    """Ask politely; the coastal bases stay on the table."""
    orders.withdrawal_requested[where] = True


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

TRUCE = (
    Rule(the_truce_expires_while_the_transfer_runs, offer_an_extension, "facts a44"),
    Rule(the_truce_expires_while_talks_go_on, offer_an_extension, "facts a50; ETH/PRIO Civil Conflict Ceasefire data"),
    Rule(the_truce_runs_or_expires, stay, "assumed"),
    Rule(strategic_gains_are_in_and_prisons_at_issue, offer_a_truce, "facts a30, a36"),
    Rule(days_pass_without_gain, offer_a_truce, "facts a31, a36"),
    Rule(the_guarantor_urges_a_local_truce, offer_a_truce, "facts a10, a17"),
    Rule(calm_without_a_truce, offer_a_truce, "assumed"),
    Rule(otherwise, stay, "facts a26"),
)

TALKS = (
    Rule(a_round_is_held_and_the_sdf_is_strong, offer_units, "facts a05, a12"),
    Rule(a_round_is_held_and_the_sdf_is_weak, offer_individual, "facts a30, a36, a50"),
    Rule(otherwise, stay, "facts a33"),
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

NO_TRUCE = (
    *(rule for rule in TRUCE if rule.when in (the_truce_expires_while_the_transfer_runs, the_truce_runs_or_expires)),
    Rule(otherwise, stay, "assumed"),
)
"""The truce of a Damascus that presses on: it offers none."""

REQUEST = (
    Rule(a_foreign_base_stands_in_newly_held_land, ask_moscow_to_leave, "facts a40"),
    Rule(otherwise, stay, "facts a09"),
)


DOCUMENTED: Policy = {"campaign": CAMPAIGN, "truce": TRUCE, "talks": TALKS, "request": REQUEST}


class Damascus(StrategicAgent):
    """Takes what is cheap, stops at the cities, asks foreign bases to leave."""

    name = "damascus"
    title = "Damascus"
    Values = Values
    policies: ClassVar[dict[str, Policy]] = {
        "documented": DOCUMENTED,
        "negotiate_first": DOCUMENTED | {"campaign": WAITING},
        "press_on": DOCUMENTED | {"campaign": PRESSING, "truce": NO_TRUCE},
        **null_policies(DOCUMENTED),
    }
