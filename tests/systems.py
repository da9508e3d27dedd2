"""Where each system of the record lives, what shows it, and which tests prove it. docs/MODEL.md prints it as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.agents import damascus, moscow, sdf, united_states
from sim.mechanisms import (
    advance,
    assets,
    attrition,
    campaign,
    custody,
    defection,
    displacement,
    guarantee,
    indices,
    insurgency,
    prospects,
    relations,
    summit,
    supply,
    talks,
    transfer,
    truce,
    us_presence,
    withdrawal,
)
from sim.pages.report.outcomes import SYSTEMS as NAMES
from sim.record.outcomes import OUTCOMES
from sim.state.start import Coast, Pressures, Ties, initial_state

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class System:
    """One of the 22. lives: functions and classes. tests: "file::test", wherever below tests/ the file stands.

    settings: tables of a scenario that `pullback show` prints, for a system that is given and not played out.
    """

    lives: tuple[Callable[..., Any], ...]
    tests: tuple[str, ...]
    settings: tuple[str, ...] = ()


SYSTEMS = (
    System((withdrawal.advance, withdrawal.load, moscow.leave_qamishli),
           ("mechanisms/test_closed_forms::test_stores_leave_in_the_days_that_capacity_allows",
            "mechanisms/test_conservation::test_what_moscow_has_is_somewhere",
            "model/test_record::test_the_equipment_ordered_out_is_gone_three_to_eight_days_later")),
    System((withdrawal.advance,),
           ("mechanisms/test_presence::test_convoys_wait_while_there_is_fighting_on_their_road_and_the_airlift_while_it_is_at_the_airport",)),
    System((moscow.keep_a_residual, moscow.keep_nothing, withdrawal.advance),
           ("mechanisms/test_presence::test_the_airlift_goes_where_moscow_orders",)),
    System((moscow.the_airport_is_handed_over, moscow.the_tie_does_not_carry_a_residual, moscow.keep_a_residual),
           ("mechanisms/test_presence::test_a_residual_stays_as_long_as_it_is_ordered",
            "model/test_record::test_a_residual_stays_in_some_runs_and_not_in_others")),
    System((damascus.talks.a_foreign_base_stands_in_newly_held_land, moscow.damascus_asked_and_ties_matter,
            relations.advance),
           ("model/test_claims::test_damascus_asks_moscow_only_once_it_knows_enough_of_hasakah_lost",
            "model/test_claims::test_no_request_while_the_sdf_holds_hasakah",
            "mechanisms/test_systems::test_the_tie_falls_while_a_request_waits_and_rises_when_it_is_granted")),
    System((defection.advance, defection.pressure, advance.advance, attrition.exchange, damascus.campaign.attack_everywhere),
           ("mechanisms/test_closed_forms::test_a_well_mixed_cascade_folds_where_granovetter_says",
            "mechanisms/test_closed_forms::test_a_column_keeps_its_pace_whatever_the_number_of_sub_moves",
            "mechanisms/test_conservation::test_a_cell_changes_hands_once_with_a_day_and_a_cause",
            "model/test_claims::test_without_defection_no_run_collapses_unless_a_deal_has_handed_the_ground_over")),
    System((damascus.campaign.cheap_gains_are_exhausted, damascus.campaign.halt_and_besiege,
            campaign.advance, truce.advance),
           ("mechanisms/test_systems::test_a_truce_stops_the_army_and_without_one_kurdish_majority_ground_is_spared",
            "model/test_record::test_the_towns_are_jointly_where_they_were_on_20_january")),
    System((truce.advance, truce.breakdown_hazard, damascus.truce.extension_chance, sdf.a_truce_may_run_on),
           ("mechanisms/test_closed_forms::test_a_truce_survives_its_terms_as_hazard_and_extensions_say",
            "mechanisms/test_closed_forms::test_the_chance_to_extend_is_the_tables_at_its_terms_and_a_reason_shifts_its_logit",
            "model/test_claims::test_without_transfer_and_without_talks_no_truce_is_ever_extended")),
    System((transfer.advance, transfer.batch, united_states.guarding_of_a_prison_has_failed),
           ("mechanisms/test_systems::test_the_transfer_begins_with_its_first_batch_keeps_to_the_intake_and_ends_with_the_plan",
            "mechanisms/test_conservation::test_a_detainee_is_held_at_large_or_in_iraq")),
    System((custody.advance, custody.escape_hazard, sdf.overstretched_and_the_army_is_near),
           ("mechanisms/test_systems::test_more_get_out_of_an_abandoned_prison_and_residents_who_leave_a_camp_are_not_retaken",
            "model/test_symmetry::test_more_guards_never_raise_the_hazard_of_escape")),
    System((insurgency.advance, insurgency.vacuum),
           ("mechanisms/test_closed_forms::test_attacks_have_the_mean_and_the_clustering_of_a_hawkes_process",)),
    System((talks.advance, damascus.talks.talks_chance, sdf.acceptance, sdf.a_deal_would_shift_power_too_fast),
           ("mechanisms/test_systems::test_a_deal_is_signed_where_the_terms_offered_are_accepted",
            "mechanisms/test_systems::test_institutions_follow_a_deal_one_by_one_in_their_order_and_not_without_one",
            "mechanisms/test_closed_forms::test_without_noise_an_offer_is_taken_above_fearons_reservation_value",
            "mechanisms/test_closed_forms::test_the_declining_side_fights_from_powells_switch_point_on")),
    System((summit.advance, summit.balance_of),
           ("mechanisms/test_systems::test_a_settled_summit_confirms_both_bases_and_a_rift_costs_them_a_step",
            "mechanisms/test_systems::test_a_better_tie_a_withdrawal_under_way_and_deliveries_never_worsen_the_summit",
            "mechanisms/test_systems::test_on_any_other_day_nothing_is_settled")),
    System((supply.advance, moscow.the_tie_carries_deliveries, moscow.send_supply),
           ("mechanisms/test_systems::test_readiness_rises_with_deliveries_wears_off_without_and_a_closed_port_lands_nothing",)),
    System((indices.influence,),
           ("mechanisms/test_indices::test_moscow_s_influence_rises_with_each_part_and_not_with_troops_in_the_northeast",)),
    System((indices.authority,),
           ("mechanisms/test_indices::test_damascus_s_authority_rises_with_ground_people_institutions_oil_recognition_and_calm",)),
    System((indices.uncertainty, prospects.estimate, sdf.acceptance),
           ("mechanisms/test_indices::test_the_sdf_s_uncertainty_is_full_where_all_is_open_and_none_where_it_is_settled",
            "mechanisms/test_indices::test_the_sdf_s_prospects_fall_with_ground_the_guarantor_and_fighters_lost")),
    System((initial_state, Ties, Coast), ("cli/test_cli::test_show_has_every_value_and_fits_100_columns",),
           ("start.ties", "start.coastal_bases", "start.coast")),
    System((guarantee.advance, us_presence.advance, united_states.us_soldiers_were_killed,
            united_states.a_base_stands_on_ground_that_changed_hands, united_states.the_sdf_has_lost_its_land),
           ("mechanisms/test_presence::test_a_base_is_emptied_at_its_pace_and_left_once",
            "mechanisms/test_presence::test_the_guarantor_is_more_absent_once_it_is_ignored_shifts_partner_or_has_left",
            "agents/test_rules::test_every_rule_fired_in_some_run_and_waited_in_some")),
    System((displacement.advance, attrition.advance),
           ("mechanisms/test_systems::test_people_flee_what_is_attacked_near_the_army_and_return_in_calm",
            "mechanisms/test_conservation::test_nobody_flees_from_where_nobody_is")),
    System((assets.note_holders,),
           ("mechanisms/test_systems::test_oil_goes_with_the_ground_or_by_a_deal_and_counts_by_its_weight",
            "record/test_outcomes::test_dams_and_crossings_are_counted_by_holder")),
    System((Pressures, damascus.campaign.tilt, damascus.talks.talks_chance, insurgency.advance),
           ("mechanisms/test_systems::test_each_pressure_from_outside_moves_some_run",),
           ("start.outside",)),
)  # fmt: skip
"""In the order of sim.pages.report.outcomes.SYSTEMS, which names them."""


def name(number: int) -> str:
    """Return the name of a system, numbered from 1."""
    return NAMES[number - 1]


def proof(test: str) -> tuple[Path, str]:
    """Return the file of a test, by its path from the project, and the test's name."""
    file, _, test_name = test.partition("::")
    [path] = (ROOT / "tests").rglob(f"{file}.py")
    return path.relative_to(ROOT), test_name


def outcomes(number: int) -> list[str]:
    """Return the outcomes that show a system, numbered from 1."""
    return [outcome.name for outcome in OUTCOMES if number in outcome.systems]
