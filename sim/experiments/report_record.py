"""The report's comparison with the documented record of January 2026."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from sim.experiments.charts import counts
from sim.experiments.hindcast import Observation
from sim.experiments.markup import Content, element, figure, paragraph, section, small, table
from sim.experiments.record import Agreement
from sim.experiments.report_outcomes import Summaries
from sim.experiments.statistics import wilson
from sim.experiments.wording import Calendar, amount, number, percent
from sim.outcomes import DATE, OUTCOMES, YES_NO, Outcome

BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}
COLUMNS = (
    "Observation",
    "Record: low, central, high",
    "The runs: median, 5% to 95%",
    "Runs inside",
    "Score",
    "Nothing changes",
)
HARDEST = 3
SCORES = {"crps": "CRPS", "brier": "Brier", "interval": "interval"}


def record_section(scored: Mapping[str, Any], agreed: Agreement, summaries: Summaries, calendar: Calendar) -> Element:
    """Return the hindcast: each observation beside the runs and beside the forecast that nothing changes."""
    if not scored["observations"]:
        said = "No observation of the record lies after the start of this scenario and before its end: nothing to score."
        return section("record", "Against the record", paragraph(said))
    rows: dict[bool, list[list[list[Content]]]] = {False: [], True: []}
    inside = dict(zip((item.name for item in agreed.observations), agreed.share_by_observation.tolist(), strict=True))
    observations = {item.name: item for item in agreed.observations}
    for item in scored["observations"]:
        row = _row(item, observations[item["name"]], inside[item["name"]], summaries, calendar)
        rows[item["naive"] == 0].append(row)
    return section(
        "record",
        "Against the record",
        _introduction(),
        [
            table(f'Observations that "nothing changes" gets {gets}', COLUMNS, rows[right], look="record")
            for gets, right in (("wrong", False), ("right", True))
            if rows[right]
        ],
        _not_covered(scored),
        element("h3", "Runs consistent with the record"),
        _agreement(agreed),
    )


def _introduction() -> Element:
    return paragraph(
        "A score is a distance from the record, 0 is perfect: CRPS for numbers and dates (in the outcome's unit, dates in "
        "days), Brier for yes or no, and for an interval the width of that of 90% and a penalty for missing the reports. "
        "Nothing changes: the score of the forecast that everything stays as on the evening of the start; lower is "
        "better. Observations marked ",
        _badge("fitted"),
        " were used to fit values of the model: a good score there shows no skill.",
    )


def _row(item: Mapping[str, Any], observation: Observation, inside: float, summaries: Summaries, calendar: Calendar) -> list:
    outcome = BY_NAME[observation.outcome]
    head = [item["name"], " ", _badge("fitted") if item["used_to_fit"] else None, small(_origin(item))]
    better = "as good" if item["score"] == item["naive"] else "better" if item["score"] < item["naive"] else "worse"
    return [
        head,
        [_recorded(observation, outcome, calendar)],
        [_said(item, outcome, summaries[outcome.name], calendar)],
        [percent(inside)],
        [f"{SCORES[item['kind']]} {_scored(item['score'])}"],
        [_scored(item["naive"]), small(f"the runs {better}")],
    ]


def _scored(score: float) -> str:
    return "<0.001" if 0 < score < 0.001 else number(score)


def _origin(item: Mapping[str, Any]) -> str:
    return f"{item['source']}; confidence {item['confidence']}"


def _badge(word: str) -> Element:
    return element("span", word, class_=f"badge {word}")


def _recorded(observation: Observation, outcome: Outcome, calendar: Calendar) -> str:
    low, central, high = observation.observed
    if isinstance(central, date):
        said = [calendar.short((value - calendar.start).days) for value in observation.observed]
    elif outcome.type == YES_NO:
        return ("yes" if central else "no") + (", disputed" if low != high else "")
    else:
        said = [amount(outcome, value, with_unit=value == high) for value in observation.observed]
    return said[-1] if low == high else ", ".join(said)


def _said(item: Mapping[str, Any], outcome: Outcome, made: Mapping[str, Any], calendar: Calendar) -> str:
    if outcome.type == YES_NO:
        return f"{percent(item['probability'])} yes"
    if outcome.type == DATE:
        return f"{calendar.short(made['median'])} ({calendar.span(made['p05'], made['p95'])})"
    low, median, high = (amount(outcome, made[key], with_unit=key == "median") for key in ("p05", "median", "p95"))
    return f"{median} ({low} to {high})"


def _not_covered(scored: Mapping[str, Any]) -> Element | None:
    if not scored["not_covered"]:
        return None
    return paragraph("Not scored, because the scenario does not cover it: ", "; ".join(scored["not_covered"]), ".")


def _agreement(agreed: Agreement) -> list[Element]:
    n, runs = agreed.met.shape
    heights = np.bincount(agreed.count_by_run, minlength=n + 1)
    title = f"Share of the runs, in percent, by how many of the {n} observations they meet"
    fitted = sum(item.used_to_fit for item in agreed.observations)
    said = (
        f"A run meets an observation when it lies within the range of the reports. {_share(agreed.all_met(), runs)} meet "
        f"all {n} at once; the median run meets {agreed.median_met}. "
    )
    only = f"{_share(agreed.all_met(only_fitted=True), runs)} meet all {fitted} that the model was fitted to."
    return [
        paragraph(said, only if fitted else "", _hardest(agreed)),
        figure(title, counts("agreement", title, heights, runs), class_="middle"),
    ]


def _hardest(agreed: Agreement) -> str:
    """Name the observations that the fewest runs meet."""
    shares = agreed.share_by_observation
    named = [f"{agreed.observations[i].name} ({percent(shares[i])})" for i in np.argsort(shares, kind="stable")[:HARDEST]]
    return f" The fewest runs meet: {'; '.join(named)}."


def _share(count: int, runs: int) -> str:
    share, (low, high) = wilson(count, runs)
    return f"{percent(share)} of the runs (CI {percent(low)} to {percent(high)})"
