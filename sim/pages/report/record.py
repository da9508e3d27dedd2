"""The report's comparison with the documented record of January 2026."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from sim.analysis.hindcast.observation import Observation
from sim.analysis.hindcast.record import Agreement
from sim.pages.charts import counts
from sim.pages.markup import Contents, element, figure, paragraph, section, small, table
from sim.pages.report.chart_record import BLOCKS, record_chart
from sim.pages.report.outcomes import Summaries
from sim.pages.wording import Calendar, amount, number, percent
from sim.record.outcomes import DATE, YES_NO, Outcome

NULL_POLICIES = {"idle": "idle", "random": "deciding at random"}
COLUMNS = (
    "Observation",
    "Record: low, central, high",
    "Runs: median, 5% to 95%",
    "Runs in range",
    "Score",
    "Naive forecasts",
)
HARDEST = 3
SCORES = {"crps": "CRPS", "brier": "Brier", "interval": "interval"}


def record_section(scored: Mapping[str, Any], agreed: Agreement, summaries: Summaries, calendar: Calendar) -> Element:
    """Return the hindcast: each observation beside the runs, naive forecasts and, if played, null policies."""
    if not scored["observations"]:
        return section(
            "record", "Hindcast", paragraph("No observation of the record lies within the days of this scenario.")
        )
    observations = {item.name: item for item in agreed.observations}
    title = "Observations, runs and naive forecasts; every row has its own scale"
    picture = record_chart("record-rows", title, scored["observations"], observations, calendar)
    return section(
        "record",
        "Hindcast: the runs against the record",
        _introduction(),
        element("div", figure(title, picture), class_="scroll rows", role="region", aria_label=title, tabindex=0),
        [_block(sums, scored, agreed, summaries, calendar) for sums in scored["blocks"] if sums["observations"]],
        paragraph("All observations: ", _sums(scored["all"])),
        _not_covered(scored),
        [paragraph(f"{note[0].upper()}{note[1:]}.") for note in _notes(scored)],
        element("h3", "Runs consistent with the record"),
        _agreement(agreed),
    )


def _notes(scored: Mapping[str, Any]) -> list[str]:
    return [*scored["notes"], *([scored["nulls_are"]] if scored["nulls_are"] else [])]


def _introduction() -> Element:
    return paragraph(
        "A score measures distance from the record; 0 is perfect. Numbers and dates: CRPS, in the outcome's unit or in "
        "days (a date after the last day, or never, counts as the day after it). Yes or no: Brier score. Interval: width "
        "of the 90% interval, with a penalty for missing the reports. Naive forecasts: nothing changes from the evening "
        "of the start, and past cases where some are documented. Skill: 1 is perfect, 0 no better than the better naive "
        "forecast, negative worse; in brackets its 95% interval. Observations marked ",
        _badge("fitted"),
        " were used to fit values of the model: a good score there shows no skill.",
    )


def _block(
    sums: Mapping[str, Any], scored: Mapping[str, Any], agreed: Agreement, summaries: Summaries, calendar: Calendar
) -> list[Element]:
    """Return the table of the observations that are scored together, and the number of hits."""
    observations = {item.name: item for item in agreed.observations}
    inside = dict(zip(observations, agreed.share_by_observation.tolist(), strict=True))
    nulls = tuple(name.capitalize() for name in sums["worse_null_policies"])
    rows = [
        _row(item, observations[item["name"]], inside[item["name"]], summaries, calendar)
        for item in scored["observations"]
        if item["block"] == sums["block"]
    ]
    return [table(BLOCKS[sums["block"]], COLUMNS + nulls, rows, look="record"), paragraph(_sums(sums))]


def _sums(sums: Mapping[str, Any]) -> str:
    """Describe the number of hits, and name the misses."""
    n, skilled, sentences = sums["with_interval"], sums["with_skill"], []
    if n:
        covered = f"the 90% interval meets {sums['covered90']} of {n}, the 50% interval {sums['covered50']}"
        sentences.append(f"{covered[0].upper()}{covered[1:]}.")
    if skilled:
        sentences.append(f"Skill is positive on {sums['positive_skill']} of {skilled}.")
    for name, null in sums["worse_null_policies"].items():
        answered = null["worse"] + null["same"] + null["better"]
        sentences.append(f"With every actor {NULL_POLICIES[name]} the score is worse on {null['worse']} of {answered}.")
    if sums["outside90"]:
        sentences.append(f"Outside the 90% interval: {'; '.join(sums['outside90'])}.")
    if sums["without_skill"]:
        sentences.append(f"Without positive skill: {'; '.join(sums['without_skill'])}.")
    return " ".join(sentences)


def _row(
    item: Mapping[str, Any], observation: Observation, inside: float, summaries: Summaries, calendar: Calendar
) -> list[Contents]:
    outcome = observation.outcome_asked
    differ = small(f"where reports differ: {item['disagreement']}") if item["disagreement"] else None
    head = [item["name"], " ", _badge("fitted") if item["used_to_fit"] else None, small(_origin(item)), differ]
    past = None if item["climatology"] is None else small(f"past cases {_scored(item['climatology'])}")
    return [
        head,
        [_recorded(observation, outcome, calendar)],
        [_simulated(item, outcome, summaries[outcome.name], calendar), small(_coverage(item, outcome))],
        [percent(inside)],
        [f"{SCORES[item['kind']]} {_scored(item['score'])}", _skill(item)],
        [f"nothing changes {_scored(item['nothing_changes'])}", past],
        *([_scored(score)] for score in item["null_policies"].values()),
    ]


def _coverage(item: Mapping[str, Any], outcome: Outcome) -> str:
    """Describe which interval meets the reports, and the width of the 90% interval."""
    if item["covered90"] is None:
        return ""
    unit = "days" if outcome.type == DATE else outcome.unit
    width = f"{number(item['width90'])}{'' if unit == '1' else f' {unit}'}"
    coverage = "within 50%" if item["covered50"] else "within 90%" if item["covered90"] else "outside 90%"
    return f"{coverage}; width of 90%: {width}"


def _skill(item: Mapping[str, Any]) -> Element | None:
    if item["skill"] is None:
        return None
    low, high = item["skill_ci"]
    return small(f"skill {item['skill']:.2f} ({low:.2f} to {high:.2f})")


def _scored(score: float | None) -> str:
    if score is None:
        return "-"
    return "<0.001" if 0 < score < 0.001 else number(score)


def _origin(item: Mapping[str, Any]) -> str:
    return f"{item['source']}; confidence {item['confidence']}"


def _badge(word: str) -> Element:
    return element("span", word, class_=f"badge {word}")


def _recorded(observation: Observation, outcome: Outcome, calendar: Calendar) -> str:
    low, central, high = observation.observed
    if observation.event is not None:
        return f"{observation.event.text}: {'yes' if central else 'no'}" + (", disputed" if low != high else "")
    if isinstance(central, date):
        texts = [calendar.short((value - calendar.start).days) for value in observation.observed]
    elif outcome.type == YES_NO:
        return ("yes" if central else "no") + (", disputed" if low != high else "")
    else:
        texts = [amount(outcome, value, with_unit=value == high) for value in observation.observed]
    return texts[-1] if low == high else ", ".join(texts)


def _simulated(item: Mapping[str, Any], outcome: Outcome, made: Mapping[str, Any], calendar: Calendar) -> str:
    if item["probability"] is not None:
        return f"{percent(item['probability'])} yes"
    if outcome.type == DATE:
        return f"{calendar.short(made['median'])} ({calendar.span(made['p05'], made['p95'])})"
    low, _, median, _, high = item["quantiles"]
    low, median, high = amount(outcome, low, False), amount(outcome, median), amount(outcome, high, False)
    return f"{median} ({low} to {high})"


def _not_covered(scored: Mapping[str, Any]) -> Element | None:
    if not scored["not_covered"]:
        return None
    return paragraph("Not scored, because the scenario does not cover their days: ", "; ".join(scored["not_covered"]), ".")


def _agreement(agreed: Agreement) -> list[Element]:
    n, runs = agreed.met.shape
    heights = np.bincount(agreed.count_by_run, minlength=n + 1)
    title = f"Share of the runs, in percent, by the number of the {n} observations that they meet"
    fitted = sum(item.used_to_fit for item in agreed.observations)
    every = (
        "A run meets an observation if it lies within the range of the reports. All observations are met by "
        f"{_share(*agreed.share_of_all_met())}; the median run meets {agreed.median_met} of {n}. "
    )
    only = f"All {fitted} that the model was fitted to are met by {_share(*agreed.share_of_all_met(only_fitted=True))}."
    return [
        paragraph(every, only if fitted else "", _hardest(agreed)),
        figure(title, counts("agreement", title, heights, runs), class_="middle"),
    ]


def _hardest(agreed: Agreement) -> str:
    """Name the observations that the fewest runs meet."""
    shares = agreed.share_by_observation
    named = [f"{agreed.observations[i].name} ({percent(shares[i])})" for i in np.argsort(shares, kind="stable")[:HARDEST]]
    return f" The fewest runs meet: {'; '.join(named)}."


def _share(share: float | None, ends: list[float] | None) -> str:
    if share is None or ends is None:
        return "no run"
    return f"{percent(share)} of the runs (CI {percent(ends[0])} to {percent(ends[1])})"
