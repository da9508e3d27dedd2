"""The report in short: a few plain sentences, each made from the numbers of the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.experiments.record import Agreement
from sim.experiments.report_outcomes import Summaries
from sim.experiments.store import Results
from sim.experiments.wording import Calendar, amount, number, percent, share
from sim.outcomes import OUTCOMES

BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}
FEW_RUNS = 30


def in_short(results: Results, summaries: Summaries, calendar: Calendar, agreed: Agreement) -> list[str]:
    """Return five to eight sentences, as many as the scenario has something to say on."""
    said = (
        _ground(results, summaries, calendar),
        _truce(summaries, calendar),
        _withdrawal(summaries, calendar),
        _detainees(summaries, calendar),
        _people(summaries),
        _deal(summaries, calendar),
        _standing(results, summaries),
        _record(agreed),
    )
    return [sentence for sentence in said if sentence]


def caution(runs: int, asked: int) -> list[str]:
    """Return what stands in the way of reading the figures as they are: runs that are missing, or few."""
    said = []
    if runs < asked:
        said.append(f"Incomplete: {runs} of {asked} runs are there; the figures are those of these runs.")
    if runs == 1:
        said.append("One run is one of many histories that were possible; it says nothing of how likely anything is.")
    elif runs < FEW_RUNS:
        said.append(f"{runs} runs are few: shares and intervals say little.")
    return said


def _ground(results: Results, summaries: Summaries, calendar: Calendar) -> str:
    start = share(float(np.median(results.series("sdf_share")[0])))
    end, collapse = summaries["sdf_share_end"], summaries["collapse_day"]
    held = f"The SDF held {start} of the country at the start and {_range(end)} on {calendar.long(calendar.days)}; "
    if not _came(collapse):
        return held + "in no run did its share fall below half of that."
    return held + f"its share fell below half of that in {_dated(collapse, calendar)}."


def _truce(summaries: Summaries, calendar: Calendar) -> str:
    agreed, extended, resumed = (summaries[name] for name in ("truce_agreed_on", "truce_extended", "fighting_resumed_on"))
    if not _came(agreed):
        return "No run agreed a truce that lasted more than a day."
    said = f"A truce that lasted more than a day was agreed in {_dated(agreed, calendar)}"
    reached = percent(extended["n"] / agreed["n"])
    if extended["n"]:
        said += f"; in {reached} one reached its expiry, where it was extended in {percent(extended['share'])} of those"
    return f"{said}; fighting resumed in {percent(_came(resumed))} of all runs."


def _withdrawal(summaries: Summaries, calendar: Calendar) -> str:
    asked, started = summaries["withdrawal_requested_on"], summaries["withdrawal_started_on"]
    out, residual = summaries["qamishli_95_percent_out_on"], summaries["qamishli_residual"]
    if not _came(started):
        return f"Damascus asked Moscow to leave Qamishli in {percent(_came(asked))} of the runs; no equipment left."
    said = f"Damascus asked Moscow to leave Qamishli in {percent(_came(asked))} of the runs and equipment began to leave in "
    said += _dated(started, calendar)
    if _came(out):
        said += f"; 95% of it was out by {calendar.long(out['median'])} in the median run" if out["median"] else ""
    if residual["n"]:
        said += f"; Russians stayed on in {percent(residual['share'])} of the runs whose drawdown had ended"
    return f"{said}."


def _detainees(summaries: Summaries, calendar: Calendar) -> str:
    started, moved, escaped = (
        summaries[name] for name in ("transfer_started_on", "detainees_transferred", "detainees_escaped")
    )
    fled = f"{_range(escaped)} escaped from prisons"
    if not _came(started):
        return f"No detainee was moved to Iraq; {fled}."
    return f"Detainees were first moved to Iraq in {_dated(started, calendar)}, {_range(moved)} in all; {fled}."


def _people(summaries: Summaries) -> str:
    sides = [_span(summaries[name]) for name in ("killed_civilians", "killed_damascus", "killed_sdf")]
    return (
        f"In 90% of the runs {sides[0]} civilians, {sides[1]} of Damascus's forces and {sides[2]} of the SDF were killed, "
        f"and {_span(summaries['displaced_peak'])} persons were displaced on the worst evening."
    )


def _deal(summaries: Summaries, calendar: Calendar) -> str:
    deal = summaries["deal_reached_on"]
    if not _came(deal):
        return "No run signed an integration deal."
    handed = summaries["institutions_handed_over"]
    return (
        f"An integration deal was signed in {_dated(deal, calendar)}; {_range(handed)} of the institutions were handed over."
    )


def _standing(results: Results, summaries: Summaries) -> str:
    said = []
    for name, whose in (("moscow_influence", "Moscow's influence"), ("damascus_authority", "Damascus's authority")):
        before = number(float(np.median(results.series(name)[0])))
        said.append(f"the index of {whose} went from {before} to {_range(summaries[name])}")
    both = " and ".join(said)
    return f"{both[0].upper()}{both[1:]}."


def _record(agreed: Agreement) -> str | None:
    n = len(agreed.observations)
    if not n:
        return None
    met = agreed.median_met
    all_met = percent(agreed.all_met() / agreed.met.shape[1])
    return f"The median run meets {met} of the {n} observations of January 2026; {all_met} of the runs meet all of them."


def _came(made: Mapping[str, Any]) -> float:
    """Return the share of the runs in which a date came."""
    return 1.0 - made["censored"] / made["n"]


def _dated(made: Mapping[str, Any], calendar: Calendar) -> str:
    """Say in what share of the runs a date came, and when, those in which it did not counting as later."""
    if made["n"] == 1:
        return f"the one run, on {calendar.long(made['median'])}"
    span = calendar.span(made["p05"], made["p95"])
    median = (
        "after the last day in the median" if made["median"] is None else f"the median on {calendar.long(made['median'])}"
    )
    return f"{percent(_came(made))} of the runs, {median} (5% to 95%: {span})"


def _range(made: Mapping[str, Any]) -> str:
    """Write the median of a number and where 90% of the runs lie."""
    outcome = BY_NAME[made["name"]]
    median, span = amount(outcome, made["median"]), _span(made)
    return median if made["n"] == 1 or span == amount(outcome, made["median"], with_unit=False) else f"{median} ({span})"


def _span(made: Mapping[str, Any]) -> str:
    low, high = (amount(BY_NAME[made["name"]], made[key], with_unit=False) for key in ("p05", "p95"))
    return low if low == high else f"{low} to {high}"
