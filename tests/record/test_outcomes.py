"""Every outcome that the project promises is there by name, each says what it is, and each reads what it says."""

from __future__ import annotations

import numpy as np
import pytest

from sim.agents.damascus import Damascus
from sim.model import TheatreModel
from sim.record.history import SERIES, History
from sim.record.outcomes import ALWAYS, CATEGORY, DATE, NUMBER, OUTCOMES, YES_NO, arising, outcome_table
from sim.record.readings import EXTENSION_REASONS, EXTENSION_RULES
from sim.registry import load_scenario
from sim.state.state import HALTED, NEVER
from tests.shipped import AL_AQTAN, CUSTODY_SITES, INSURGENT_PROVINCES, PRISONS

BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}

PROMISED = {
    "ground": "sdf_share_2026_01_20 sdf_share_2026_01_28 sdf_share_end collapse_day cells_by_assault cells_by_defection "
    "cells_by_hand_over cells_changed_20_to_28_jan raqqa_damascus_2026_01_20 tabqa_damascus_2026_01_20 "
    "shaddadi_damascus_2026_01_20 hasakah_damascus_2026_01_20 qamishli_damascus_2026_01_20 kobani_damascus_2026_01_20 "
    "deir_ez_zor_taken_2026_01_20",
    "truce": "truce_agreed_on truce_extended truce_extensions truce_lapsed_on truce_broken_on fighting_resumed_on",
    "deal": "deal_reached_on deal_terms institutions_handed_over first_institution_on airport_handed_over_on "
    "oil_handed_over_on crossings_handed_over_on",
    "withdrawal": "withdrawal_requested_on withdrawal_started_on qamishli_95_percent_out_on qamishli_residual_persons "
    "last_russian_left_on share_to_hmeimim",
    "summit": "summit_result hmeimim_status tartus_status supply_delivered army_readiness",
    "detainees": "transfer_started_on transfer_ended_on detainees_transferred detainees_transferred_2026_01_21 "
    "detainees_transferred_2026_01_28 detainees_escaped detainees_recaptured detainees_held_by_sdf "
    "detainees_held_by_damascus shaddadi_escapes al_hol_residents",
    "insurgents": "insurgent_attacks insurgent_attacks_2026_01_20 insurgent_attacks_2026_01_28 "
    "insurgent_attacks_deir_ez_zor insurgent_attacks_raqqa insurgent_attacks_hasakah",
    "united_states": "us_persons us_bases tanf_left_on shaddadi_base_left_on",
    "people": "killed_damascus killed_sdf killed_civilians displaced_peak displaced_end displaced_hasakah_2026_01_27",
    "standing": "oil_share_damascus damascus_authority moscow_influence sdf_uncertainty",
}
"""The outcomes that a version may add to and not take away, by subject."""


@pytest.fixture(scope="module")
def history() -> History:
    """A baseline of four runs over 60 days."""
    model = TheatreModel(load_scenario("baseline", ["days=60"]), runs=4)
    model.run_to(60)
    return model.history


@pytest.mark.parametrize("subject", PROMISED)
def test_every_promised_outcome_is_there(subject: str) -> None:
    assert [name for name in PROMISED[subject].split() if name not in BY_NAME] == []


def test_every_outcome_says_what_it_is() -> None:
    assert len(BY_NAME) == len(OUTCOMES), "a name stands for one outcome"
    for outcome in OUTCOMES:
        assert outcome.type in (NUMBER, DATE, YES_NO, CATEGORY), outcome.name
        assert outcome.definition and outcome.unit, outcome.name
        assert outcome.unit == "date" if outcome.type == DATE else outcome.unit != "date", outcome.name
        assert bool(outcome.categories) == (outcome.type == CATEGORY), outcome.name
        assert outcome.systems and set(outcome.systems) <= set(range(1, 23)), outcome.name


def test_every_outcome_is_of_its_type(history: History) -> None:
    for name, values in outcome_table(history).items():
        outcome, known = BY_NAME[name], values[~np.isnan(values)]
        assert values.shape == (history.runs,), name
        if outcome.type == DATE:
            assert ((known >= 0) & (known <= history.days) & (known == np.rint(known))).all(), name
        elif outcome.type == YES_NO:
            assert np.isin(known, (0, 1)).all(), name
        elif outcome.type == CATEGORY:
            assert np.isin(known, range(len(outcome.categories))).all(), name
        else:
            assert np.isfinite(known).all(), name


def test_a_date_outside_the_scenario_is_no_number() -> None:
    model = TheatreModel(load_scenario("quiet-2025", ["days=3"]), runs=2)
    model.run_to(3)
    outcomes = outcome_table(model.history)
    for name in ("detainees_transferred_2026_01_21", "insurgent_attacks_2026_01_28", "sdf_share_2026_01_20"):
        assert np.isnan(outcomes[name]).all(), name


# --- readings, on series written by hand ------------------------------------------------------------------------------


def written(days: int = 30, **series: list[float]) -> dict[str, np.ndarray]:
    """Return the outcomes of one run whose series are as written, day by day, the last value kept to the end."""
    model = TheatreModel(load_scenario("baseline", [f"days={days}"]), runs=1)
    for name, values in series.items():
        kept = [*values, *[values[-1]] * (days + 1 - len(values))]
        model.history.series[name][:, 0] = kept
    return outcome_table(model.history)


def test_the_transfer_ends_on_the_day_the_plan_is_met() -> None:
    plan = load_scenario("baseline")["transfer"].planned_persons
    assert written(detainees_transferred=[0, 150, plan - 1, plan])["transfer_ended_on"] == 3
    assert np.isnan(written(detainees_transferred=[0, 150, plan - 1])["transfer_ended_on"])


def test_sums_and_days_of_a_series() -> None:
    found = written(days=4, truce=[0, 1], violations=[0, 2, 0, 3, 0], campaign=[0, HALTED, HALTED, 0, HALTED])
    assert found["truce_violations"] == 5
    assert found["siege_days"] == 3


def test_what_does_not_arise_is_neither_0_nor_late() -> None:
    """Without a truce nothing is violated, extended, broken or resumed; without an order to leave no convoy is blocked."""
    quiet = written(days=10, truce=[0], violations=[0], withdrawal_phase=[0], resumed_on=[NEVER])
    assert np.isnan([quiet[name] for name in ("truce_violations", "truce_extensions", "convoy_days_blocked")]).all()
    dated = [outcome for outcome in OUTCOMES if outcome.as_in]
    assert {outcome.name for outcome in dated} == {"truce_lapsed_on", "truce_broken_on", "fighting_resumed_on"}
    assert not any(arising(outcome, quiet).any() for outcome in dated)
    held = written(days=10, truce=[0, 1, 1, 0], violations=[0], withdrawal_phase=[0], resumed_on=[NEVER])
    assert all(arising(outcome, held).all() for outcome in dated), "not yet is a date that did not come"


def test_every_outcome_says_when_it_arises_and_only_those_that_say_so_do_not(history: History) -> None:
    """Runs in which nothing happens at all, of days that cover no date by name."""
    model = TheatreModel(load_scenario("quiet-2025", ["days=3"]), runs=2)
    model.run_to(3)
    nothing = outcome_table(model.history)
    for outcome in OUTCOMES:
        assert outcome.arises
        if outcome.type != DATE:
            assert (outcome.arises == ALWAYS) == bool(arising(outcome, nothing).all()), outcome.name
        assert (outcome.arises == ALWAYS) == (not outcome.as_in) if outcome.type == DATE else not outcome.as_in, outcome.name
        assert not outcome.as_in or BY_NAME[outcome.as_in].arises == outcome.arises


def test_attacks_up_to_a_date_are_those_of_all_provinces() -> None:
    """Day 8 is 20 January, day 16 is 28 January."""
    attacks = {f"attacks_{key}": [0.0] * 8 + [1.0 + i] * 8 + [10.0] for i, key in enumerate(INSURGENT_PROVINCES)}
    found = written(**attacks)
    assert found["insurgent_attacks_2026_01_20"] == 1 + 2 + 3
    assert found["insurgent_attacks_2026_01_28"] == 30


def test_dams_and_crossings_are_counted_by_holder() -> None:
    found = written(tabqa_dam_damascus=[0, 1], baath_dam_damascus=[1], tishrin_dam_damascus=[0], yarubiyah_damascus=[1])
    assert found["dams_damascus"] == 2
    assert found["crossings_damascus"] == 1


def test_escapes_of_the_prisons_add_up(history: History) -> None:
    table = outcome_table(history)
    names = ["shaddadi_escapes" if site == "shaddadi_prison" else f"{site}_escapes" for site in CUSTODY_SITES[PRISONS]]
    assert sum(table[name] for name in names) == pytest.approx(table["detainees_escaped"])
    assert (table["al_aqtan_escapes"] == history.escaped[AL_AQTAN]).all()


@pytest.mark.parametrize(
    ("rule", "reason"), [(EXTENSION_RULES[0], "transfer"), (EXTENSION_RULES[1], "talks"), ("", "other")]
)
def test_the_reason_of_the_first_extension_is_the_rule_that_offered_it(rule: str, reason: str) -> None:
    model = TheatreModel(load_scenario("baseline", ["days=9"]), runs=1)
    history = model.history
    history.series["truce_extensions"][5:] = 1
    history.fired["damascus.truce"][:] = history.rule_names["damascus.truce"].index("otherwise")
    if rule:
        history.fired["damascus.truce"][5] = history.rule_names["damascus.truce"].index(rule)
    assert outcome_table(history)["first_extension_reason"] == EXTENSION_REASONS.index(reason)


def test_the_rules_that_name_a_reason_are_damascus_s() -> None:
    assert set(EXTENSION_RULES) <= {rule.name for rule in Damascus.policies["documented"]["truce"]}


def test_every_part_of_an_index_is_an_outcome() -> None:
    for series, index in (
        ("influence", "moscow_influence"),
        ("authority", "damascus_authority"),
        ("uncertainty", "sdf_uncertainty"),
    ):
        parts = [name.removeprefix(f"{series}_") for name in SERIES if name.startswith(f"{series}_")]
        assert len(parts) >= 3
        assert {f"{index}_{part}" for part in parts} <= set(BY_NAME)


def test_the_parts_of_an_index_make_the_index(history: History) -> None:
    table = outcome_table(history)
    for index in ("moscow_influence", "damascus_authority", "sdf_uncertainty"):
        parts = [values for name, values in table.items() if name.startswith(f"{index}_")]
        assert np.mean(parts, axis=0) == pytest.approx(table[index], rel=1e-5)
