"""The report in short: a few plain sentences from the numbers of the runs."""

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
    """Return five to eight sentences, those that apply to the scenario."""
    sentences = (
        _ground(results, summaries, calendar),
        _truce(summaries, calendar),
        _withdrawal(summaries, calendar),
        _detainees(summaries, calendar),
        _people(summaries),
        _deal(summaries, calendar),
        _standing(results, summaries),
        _record(agreed),
    )
    return [sentence for sentence in sentences if sentence]


def caution(runs: int, asked: int) -> list[str]:
    """Return the limits of the figures: runs that are missing, or few."""
    cautions = []
    if runs < asked:
        cautions.append(f"INCOMPLETE: {runs} of {asked} runs are there; the figures are those of these runs.")
    if runs == 1:
        cautions.append("One run is one of many possible histories; it does not show how likely anything is.")
    elif runs < FEW_RUNS:
        cautions.append(f"{runs} runs are few: shares are rough and intervals wide.")
    return cautions


def _ground(results: Results, summaries: Summaries, calendar: Calendar) -> str:
    start = share(float(np.median(results.series("sdf_share")[0])))
    end, collapse = summaries["sdf_share_end"], summaries["collapse_day"]
    held = f"The SDF held {start} of Syria at the start and {_range(end)} on {calendar.long(calendar.days)}"
    return f"{held}; its share fell below half of that at the start in {_dated(collapse, calendar)}."


def _truce(summaries: Summaries, calendar: Calendar) -> str:
    agreed, extended, resumed = (summaries[name] for name in ("truce_agreed_on", "truce_extended", "fighting_resumed_on"))
    text = f"A truce of more than a day was agreed in {_dated(agreed, calendar)}"
    if extended["n"]:
        text += (
            f"; a truce reached its expiry in {_runs(extended['n'] / agreed['n'], agreed['n'])} and was then extended in "
        )
        text += _runs(extended["share"], extended["n"], "of these")
    if _came(agreed):
        text += f"; fighting resumed after a truce in {_runs(_came(resumed), resumed['n'], 'of the runs with one')}"
    return f"{text}."


def _withdrawal(summaries: Summaries, calendar: Calendar) -> str:
    asked, started = summaries["withdrawal_requested_on"], summaries["withdrawal_started_on"]
    out, residual = summaries["qamishli_95_percent_out_on"], summaries["qamishli_residual"]
    text = f"Damascus asked Moscow to leave Qamishli in {_runs(_came(asked), asked['n'])}"
    if not _came(started):
        return f"{text}; no equipment moved out."
    text += f"; equipment first moved out in {_dated(started, calendar)}"
    if out["median"] is not None:
        text += f"; 95% of it was out by {calendar.long(out['median'])} (median)"
    if residual["n"]:
        text += f"; Russians stayed on after the drawdown in {_runs(residual['share'], residual['n'], 'of these')}"
    return f"{text}."


def _detainees(summaries: Summaries, calendar: Calendar) -> str:
    started, moved, escaped = (
        summaries[name] for name in ("transfer_started_on", "detainees_transferred", "detainees_escaped")
    )
    text = f"The transfer of detainees to Iraq began in {_dated(started, calendar)}"
    text += f"; {_range(moved)} were moved by the last day" if _came(started) else ""
    return f"{text}; {_range(escaped)} escaped from prisons."


def _people(summaries: Summaries) -> str:
    civilians, damascus, sdf, displaced = (
        summaries[name] for name in ("killed_civilians", "killed_damascus", "killed_sdf", "displaced_peak")
    )
    runs = "the one run" if civilians["n"] == 1 else "90% of the runs"
    return (
        f"Killed ({runs}): {_span(civilians)} civilians, {_span(damascus)} of Damascus's forces, {_span(sdf)} of the SDF; "
        f"most displaced on any evening: {_span(displaced)} persons."
    )


def _deal(summaries: Summaries, calendar: Calendar) -> str:
    deal, handed = summaries["deal_reached_on"], _range(summaries["institutions_handed_over"])
    text = f"An integration deal was signed in {_dated(deal, calendar)}"
    return f"{text}; {handed} of the institutions were handed over by the last day." if _came(deal) else f"{text}."


def _standing(results: Results, summaries: Summaries) -> str:
    changes = []
    for name, index in (("moscow_influence", "Moscow's influence"), ("damascus_authority", "Damascus's authority")):
        before = number(float(np.median(results.series(name)[0])))
        changes.append(f"{index} from {before} to {_range(summaries[name])}")
    return f"Indices from 0 to 1, start to last day: {'; '.join(changes)}."


def _record(agreed: Agreement) -> str | None:
    n, runs = agreed.met.shape
    if not n:
        return None
    who = "The one run" if runs == 1 else "The median run"
    everything = "" if runs == 1 else f"; all are met in {_runs(agreed.all_met() / runs, runs)}"
    return f"{who} meets {agreed.median_met} of the {n} observations of January 2026{everything}."


def _came(made: Mapping[str, Any]) -> float:
    """Return the share of the runs in which a date came."""
    return 1.0 - made["censored"] / made["n"] if made["n"] else 0.0


def _runs(share_of_runs: float, n: int, group: str = "of the runs") -> str:
    """Write a share of n runs in words."""
    if share_of_runs == 0:
        return "no run" if group == "of the runs" else f"none {group}"
    if n == 1:
        return "the one run" if group == "of the runs" else "that run"
    if share_of_runs == 1:
        return "all runs" if group == "of the runs" else f"all {group}"
    return f"{percent(share_of_runs).replace('<', 'under ').replace('>', 'over ')} {group}"


def _dated(made: Mapping[str, Any], calendar: Calendar) -> str:
    """Describe in what share of the runs a date came, and when; runs in which it did not come count as later."""
    runs = _runs(_came(made), made["n"])
    if made["p05"] is None:
        return runs
    if made["n"] == 1:
        return f"{runs}, on {calendar.long(made['median'])}"
    if made["median"] is None:
        return f"{runs} (in 5% by {calendar.long(made['p05'])})"
    if made["p05"] == made["p95"]:
        return f"{runs} (median and 90% of the runs: {calendar.long(made['median'])})"
    return f"{runs} (median {calendar.long(made['median'])}, 90% of the runs {calendar.span(made['p05'], made['p95'])})"


def _range(made: Mapping[str, Any]) -> str:
    """Write the median of a number and where 90% of the runs lie."""
    outcome = BY_NAME[made["name"]]
    median, span = amount(outcome, made["median"]), _span(made)
    return median if made["n"] == 1 or span == amount(outcome, made["median"], with_unit=False) else f"{median} ({span})"


def _span(made: Mapping[str, Any]) -> str:
    low, high = (amount(BY_NAME[made["name"]], made[key], with_unit=False) for key in ("p05", "p95"))
    return low if low == high else f"{low} to {high}"
