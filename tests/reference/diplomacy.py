"""Guarantor, talks, truce, summit and relations, in this order."""

from __future__ import annotations

from math import expm1, inf
from typing import Any

from sim.state.state import (
    ANNOUNCED,
    CONFIRMED,
    DRAWING_DOWN,
    GENERAL,
    INDIVIDUAL,
    LEFT_OPEN,
    MOSCOW_TIE,
    NEVER,
    NO_TERMS,
    RIFT,
    SDF_TIE,
    SETTLED,
    STAYING,
    UNITS,
)
from tests.reference.chance import RunDraws, normal, poisson
from tests.reference.state import Orders, Run
from tests.shipped import AT_HMEIMIM, AT_TARTUS, TANF, US_BASES


def move_guarantor(run: Run, orders: Orders, rates: Any) -> None:
    """Let the guarantor's absence rise with an ignored request, with the last base left, with the new partnership."""
    absence = float(run.guarantor_absence)
    if run.halt_urged and orders.campaign == GENERAL:
        absence = min(absence + rates.rise_per_ignored_request, 1.0)
    if all(run.us_left_on[base] != NEVER for base in range(len(US_BASES)) if base != TANF):
        absence = max(absence, rates.absence_without_troops)
    if orders.shift_partner:
        run.partner_shifted = True
    if run.partner_shifted:
        absence = max(absence, rates.absence_after_shift)
    run.guarantor_absence = absence
    run.halt_urged = orders.urge_halt


def talk(run: Run, orders: Orders, rates: Any, draws: RunDraws) -> None:
    """Sign a deal whose terms are offered and accepted while nobody attacks; hand institutions over under an older one."""
    individual = orders.terms_offered == INDIVIDUAL and orders.individual_accepted
    units = orders.terms_offered == UNITS and orders.units_accepted
    if (individual or units) and not run.deal and not run.fighting.any():
        if not run.truce:
            run.truce_signed_on = run.day
            run.truces += 1
        run.truce = run.deal = True
        run.deal_terms, run.deal_signed_on, run.truce_ends = orders.terms_offered, run.day, inf
        return
    pace = rates.implementation_factor_units if run.deal_terms == UNITS else 1.0
    calm = 1.0 / (1.0 + float(run.violations) / rates.violations_that_halve)
    due = draws.today("talks.implementation", run.day) < -expm1(-rates.implementation_per_day * pace * calm)
    waiting = [index for index, day in enumerate(run.institution_on) if day == NEVER]
    if run.deal and due and waiting:
        run.institution_on[waiting[0]] = run.day


def keep_truce(run: Run, orders: Orders, rates: Any, draws: RunDraws) -> None:
    """Let a truce that expires be extended or lapse, another break or hold, and a new one be signed; count violations."""
    if run.truce and run.truce_ends <= run.day:
        extended = orders.extension_offered > 0 and orders.extension_accepted
        if run.extended_first == 0:
            run.extended_first = 1 if extended else -1
        if extended:
            run.truce_ends = run.truce_ends + orders.extension_offered
            run.truce_term = orders.extension_offered
            run.extensions += 1
        else:
            _end_truce(run)
            run.lapsed += 1
    if run.truce and draws.today("truce.breakdown", run.day) < -expm1(-_breakdown_hazard(run, rates)):
        _end_truce(run)
        run.broken += 1
    if not run.truce and run.truce_ended_on < run.day and orders.truce_offered > 0 and orders.truce_accepted:
        run.truce = True
        run.truce_signed_on, run.truce_term = run.day, orders.truce_offered
        run.truce_ends = run.day + orders.truce_offered
        run.truces += 1
    mean = rates.violations_per_day if run.truce else 0.0
    run.violations = poisson(draws.today("truce.violations", run.day), mean)


def _breakdown_hazard(run: Run, rates: Any) -> float:
    hazard = rates.breakdown_per_day
    hazard *= 1.0 + rates.breakdown_rise_per_violation * max(float(run.violations) - rates.violations_per_day, 0.0)
    if run.transfer_running:
        hazard *= rates.breakdown_factor_shared_task
    return hazard * (1.0 + (rates.breakdown_factor_guarantor_gone - 1.0) * float(run.guarantor_absence))


def _end_truce(run: Run) -> None:
    run.truce = run.deal = False
    run.deal_terms, run.truce_ended_on = NO_TERMS, run.day


def meet(run: Run, rates: Any, draws: RunDraws) -> None:
    """Hold the summit: what lies on the table, with luck, settles the coastal bases, leaves them open, or ends in a rift."""
    table = rates.weight_tie * float(run.relation[MOSCOW_TIE])
    if run.withdrawal not in (STAYING, ANNOUNCED):
        assert run.withdrawal >= DRAWING_DOWN
        table += rates.weight_withdrawal
    table += rates.weight_supply * min(float(run.supply_total) / rates.full_supply_tonnes, 1.0)
    table += rates.spread * float(normal(draws.today("summit.result", run.day)))
    tie = float(run.relation[MOSCOW_TIE])
    if table >= rates.settled_above:
        run.summit_result, tie = SETTLED, tie + rates.shock_settled
    elif table < rates.rift_below:
        run.summit_result = RIFT
    else:
        run.summit_result = LEFT_OPEN
    if table < rates.rift_below:
        tie -= rates.shock_rift
        run.base_status = [max(status - 1, 0) for status in run.base_status]
    if table >= rates.settled_above - rates.air_base_first:
        run.base_status[AT_HMEIMIM] = CONFIRMED
    if table >= rates.settled_above:
        run.base_status[AT_TARTUS] = CONFIRMED
    run.relation[MOSCOW_TIE] = min(max(tie, -1.0), 1.0)


def drift(run: Run, orders: Orders, rates: Any) -> None:
    """Let each relation drift to its base, with the day's shocks."""
    moscow, sdf = float(run.relation[MOSCOW_TIE]), float(run.relation[SDF_TIE])
    moscow += rates.drift_per_day * (rates.damascus_moscow_base - moscow)
    sdf += rates.drift_per_day * (rates.damascus_sdf_base - sdf)
    if run.requested_on != NEVER and run.withdrawal == STAYING:
        moscow += rates.request_granted if orders.leave_airfield else -rates.request_unanswered_per_day
    if run.fighting.any():
        sdf -= rates.fighting_per_day
    sdf -= rates.violation * float(run.violations)
    run.relation = [min(max(moscow, -1.0), 1.0), min(max(sdf, -1.0), 1.0)]
