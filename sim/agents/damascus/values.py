"""The scenario values of Damascus."""

from __future__ import annotations

from dataclasses import dataclass

from sim.state.values import table, value


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
    """[damascus]: the values of a scenario."""

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
    request_at_core_share: float = value("1", 0, 1)
    request_chance_per_day: float = value("1/day", 0, 1)
    talks_chance_per_day: float = value("1/day", 0, 1)
    talks_chance_by_tie: float = value("1", 0, 1)
    talks_chance_by_mediation: float = value("1", 0)
    units_offered_above_share: float = value("1", 0, 1)
