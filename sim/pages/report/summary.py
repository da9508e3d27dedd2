"""The report in short: a few plain sentences, each made from the numbers of the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.analysis.hindcast.record import Agreement
from sim.experiments.store.ensemble import Results
from sim.pages.report.outcomes import Summaries
from sim.pages.wording import Calendar, amount, number, percent, share
from sim.record.outcomes import OUTCOMES
from sim.record.statistics import FEW_RUNS

BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}


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
        said.append(f"INCOMPLETE: {runs} of {asked} runs are there; the figures are those of these runs.")
    if runs == 1:
        said.append("One run is one of many histories that were possible; it says nothing of how likely anything is.")
    elif runs < FEW_RUNS:
        said.append(f"{runs} runs are few: shares and intervals say little.")
    return said


def _ground(results: Results, summaries: Summaries, calendar: Calendar) -> str:
    start = share(float(np.median(results.series("sdf_share")[0])))
    end, collapse = summaries["sdf_share_end"], summaries["collapse_day"]
    said = f"The SDF held {start} of the country at the start and {_range(end)} on {calendar.long(calendar.days)}"
    return f"{said}; its share fell below half of what it was in {_dated(collapse, calendar)}."


def _truce(summaries: Summaries, calendar: Calendar) -> str:
    agreed, extended, resumed = (summaries[name] for name in ("truce_agreed_on", "truce_extended", "fighting_resumed_on"))
    said = f"A truce that lasted more than a day was agreed in {_dated(agreed, calendar)}"
    if extended["n"]:
        said += f"; the first to reach its expiry, which came in {_runs(extended['n'] / agreed['n'], agreed['n'])}, was "
        said += f"extended there in {_runs(extended['share'], extended['n'], 'of these')}"
    if _came(agreed):
        said += f"; after a truce fighting resumed in {_runs(_came(resumed), resumed['n'], 'of those with one')}"
    return f"{said}."


def _withdrawal(summaries: Summaries, calendar: Calendar) -> str:
    asked, started = summaries["withdrawal_requested_on"], summaries["withdrawal_started_on"]
    out, residual = summaries["qamishli_95_percent_out_on"], summaries["qamishli_residual"]
    said = f"Damascus asked Moscow to leave Qamishli in {_runs(_came(asked), asked['n'])}"
    if not _came(started):
        return f"{said}; no equipment moved out."
    said += f" and equipment began to move out in {_dated(started, calendar)}"
    if out["median"] is not None:
        said += f", with 95% of it out by {calendar.long(out['median'])} in the median"
    if residual["n"]:
        said += f"; when the drawdown had ended, Russians stayed on in {_runs(residual['share'], residual['n'], 'of these')}"
    return f"{said}."


def _detainees(summaries: Summaries, calendar: Calendar) -> str:
    started, moved, escaped = (
        summaries[name] for name in ("transfer_started_on", "detainees_transferred", "detainees_escaped")
    )
    said = f"Detainees were moved to Iraq in {_dated(started, calendar)}"
    said += f", {_range(moved)} by the last day" if _came(started) else ""
    return f"{said}; {_range(escaped)} escaped from prisons."


def _people(summaries: Summaries) -> str:
    civilians, damascus, sdf, displaced = (
        summaries[name] for name in ("killed_civilians", "killed_damascus", "killed_sdf", "displaced_peak")
    )
    runs = "the one run" if civilians["n"] == 1 else "90% of the runs"
    return (
        f"In {runs} {_span(civilians)} civilians, {_span(damascus)} of Damascus's forces and {_span(sdf)} of the SDF were "
        f"killed, and {_span(displaced)} persons were displaced on the worst evening."
    )


def _deal(summaries: Summaries, calendar: Calendar) -> str:
    deal, handed = summaries["deal_reached_on"], _range(summaries["institutions_handed_over"])
    said = f"An integration deal was signed in {_dated(deal, calendar)}"
    return f"{said}; {handed} of the institutions were handed over by the last day." if _came(deal) else f"{said}."


def _standing(results: Results, summaries: Summaries) -> str:
    said = []
    for name, whose in (("moscow_influence", "Moscow's influence"), ("damascus_authority", "Damascus's authority")):
        before = number(float(np.median(results.series(name)[0])))
        said.append(f"the index of {whose} went from {before} to {_range(summaries[name])}")
    both = " and ".join(said)
    return f"{both[0].upper()}{both[1:]}."


def _record(agreed: Agreement) -> str | None:
    n, runs = agreed.met.shape
    if not n:
        return None
    who = "The one run" if runs == 1 else "The median run"
    everything = "" if runs == 1 else f"; all of them are met in {_runs(agreed.all_met() / runs, runs)}"
    return f"{who} meets {agreed.median_met} of the {n} observations of January 2026{everything}."


def _came(made: Mapping[str, Any]) -> float:
    """Return the share of the runs in which a date came."""
    return 1.0 - made["censored"] / made["n"] if made["n"] else 0.0


def _runs(share_of_runs: float, n: int, which: str = "of the runs") -> str:
    """Write a share of n runs in words."""
    if share_of_runs == 0:
        return "no run" if which == "of the runs" else f"none {which}"
    if n == 1:
        return "the one run" if which == "of the runs" else "that run"
    if share_of_runs == 1:
        return "all runs" if which == "of the runs" else f"all {which}"
    return f"{percent(share_of_runs).replace('<', 'under ').replace('>', 'over ')} {which}"


def _dated(made: Mapping[str, Any], calendar: Calendar) -> str:
    """Say in what share of the runs a date came, and when, those in which it did not counting as later."""
    runs = _runs(_came(made), made["n"])
    if made["p05"] is None:
        return runs
    if made["n"] == 1:
        return f"{runs}, on {calendar.long(made['median'])}"
    if made["median"] is None:
        return f"{runs}, in 5% by {calendar.long(made['p05'])}"
    if made["p05"] == made["p95"]:
        return f"{runs}, the median and 90% of the runs on {calendar.long(made['median'])}"
    return f"{runs}, the median on {calendar.long(made['median'])} (5% to 95%: {calendar.span(made['p05'], made['p95'])})"


def _range(made: Mapping[str, Any]) -> str:
    """Write the median of a number and where 90% of the runs lie."""
    outcome = BY_NAME[made["name"]]
    median, span = amount(outcome, made["median"]), _span(made)
    return median if made["n"] == 1 or span == amount(outcome, made["median"], with_unit=False) else f"{median} ({span})"


def _span(made: Mapping[str, Any]) -> str:
    low, high = (amount(BY_NAME[made["name"]], made[key], with_unit=False) for key in ("p05", "p95"))
    return low if low == high else f"{low} to {high}"
