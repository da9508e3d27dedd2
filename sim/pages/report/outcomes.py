"""The report's tables and charts of outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from sim.analysis.hindcast.observation import Observation
from sim.experiments.store.ensemble import Results
from sim.pages.charts import coming
from sim.pages.markup import Content, Contents, code, element, figure, folded, section, small, table
from sim.pages.wording import Calendar, amount, percent, words
from sim.record.outcomes import ALWAYS, CATEGORY, DATE, OUTCOMES, YES_NO, Outcome, arising

SYSTEMS = (
    "withdrawal from Qamishli airport",
    "positions in Hasakah and convoys",
    "where the equipment goes",
    "residual presence",
    "Damascus's request",
    "the offensive and the collapse",
    "the front",
    "ceasefire and extension",
    "transfer of detainees to Iraq",
    "escapes and camps",
    "insurgent attacks",
    "talks over integration",
    "the summit in Moscow",
    "supply and the army's readiness",
    "influence with less presence",
    "Damascus's authority",
    "the SDF's uncertainty",
    "the background of December 2024",
    "US posture",
    "people",
    "oil, dams, crossings",
    "pressure from outside",
)
"""The systems of the record; an outcome names those it shows by number, counted from 1."""

Summaries = Mapping[str, Mapping[str, Any]]
"""Outcome -> its summary, as `pullback run --json` prints it."""


def outcomes_section(summaries: Summaries, calendar: Calendar, runs: int, outcomes: Sequence[Outcome] = OUTCOMES) -> Element:
    """Return the table of all outcomes."""
    rows = [outcome_row(outcome, summaries[outcome.name], calendar, runs) for outcome in outcomes]
    columns = ("Outcome", "Median", "5% to 95%", "Runs")
    return section(
        "outcomes",
        "All outcomes",
        element(
            "p",
            f"{len(outcomes)} outcomes of {runs} runs, to three significant figures. Later: after "
            f"{calendar.long(calendar.days)}, or never. An outcome that arises in some runs only is summarised over these "
            "runs. CI: 95% confidence interval of a share, which covers chance but not errors of the model. The name in "
            "small print is what --outcome takes on the command line.",
        ),
        folded(f"Table of the {len(outcomes)} outcomes", table("All outcomes", columns, rows), open_=True),
    )


def outcome_row(outcome: Outcome, made: Mapping[str, Any], calendar: Calendar, runs: int) -> list[Contents]:
    """Return title, definition and name, then median, range and remark of one outcome."""
    systems = "; ".join(SYSTEMS[number - 1] for number in outcome.systems)
    when = "" if outcome.arises == ALWAYS else f"; arises {outcome.arises}"
    system = f"System: {systems}" if systems else "Defined by the user"
    definition = f"{outcome.definition[0].upper()}{outcome.definition[1:]}{when}. {system}. "
    head: list[Content] = [outcome.title, small(definition, code(outcome.name))]
    return [head, *([cell] for cell in cells(outcome, made, calendar, runs))]


def cells(outcome: Outcome, made: Mapping[str, Any], calendar: Calendar, runs: int) -> tuple[str, str, str]:
    """Return median, range and remark of one outcome."""
    arises = "" if made["n"] == runs else f"arises in {percent(made['n'] / runs)}"
    if made["n"] == 0:
        return "-", "-", "arises in no run"
    if outcome.type == DATE:
        late = made["censored"] / made["n"]
        remark = f"came in {percent(1 - late)}" + (f", later in {percent(late)}" if late else "")
        remark = f"{remark}; {arises}" if arises else remark
        return calendar.short(made["median"]), calendar.span(made["p05"], made["p95"]), remark
    if outcome.type == YES_NO:
        low, high = made["ci"]
        return f"{percent(made['share'])} yes", f"CI {percent(low)} to {percent(high)}", arises
    if outcome.type == CATEGORY:
        shares = sorted(made["shares"].items(), key=lambda item: -item[1])
        return words(shares[0][0]), ", ".join(f"{words(name)} {percent(share)}" for name, share in shares), arises
    low, high = (amount(outcome, made[key], with_unit=False) for key in ("p05", "p95"))
    return amount(outcome, made["median"]), low if low == high else f"{low} to {high}", arises


def coming_section(results: Results, summaries: Summaries, calendar: Calendar, record: Mapping[str, Observation]) -> Element:
    """Return for each dated outcome the share of runs in which it has come, by day: charts, then a table."""
    dated = [outcome for outcome in results.known if outcome.type == DATE]
    pictures = [
        _picture(outcome, results.outcomes[outcome.name][arose], calendar, record.get(outcome.name), results.runs)
        for outcome in dated
        if (arose := arising(outcome, results.outcomes)).any()
    ]
    dated = [outcome for outcome in dated if summaries[outcome.name]["n"]]
    by = [(date.fromisoformat(day) - calendar.start).days for day in summaries[dated[0].name]["by"]]
    rows: list[list[Contents]] = [
        [[outcome.title, small(outcome.definition)], *([percent(p)] for p in summaries[outcome.name]["by"].values())]
        for outcome in dated
    ]
    columns = ("Outcome", *(f"by {calendar.short(day)}" for day in by))
    return section(
        "dates",
        "Dates",
        element(
            "p",
            "Share of the runs in which each event has come, by day; where an outcome arises in some runs only, of these "
            "runs. The hatched bar is the range of dates in the record, where it gives one.",
        ),
        element("div", pictures, class_="charts narrow"),
        folded("As a table", table("Share of the runs by date", columns, rows, numeric=columns[1:])),
    )


def _picture(
    outcome: Outcome, values: np.ndarray, calendar: Calendar, observation: Observation | None, runs: int
) -> Element:  # fmt: skip
    """values: of the runs in which its question arises, of all `runs`."""
    recorded = None
    if observation is not None and observation.is_date and observation.lies_within(calendar.start, calendar.end):
        recorded = (observation.observed[0], observation.observed[2])
    title = outcome.title
    arises = [f"Arises in {percent(len(values) / runs)} of the runs, {outcome.arises}."] if len(values) < runs else []
    return figure(title, coming(f"coming-{outcome.name}", title, calendar, values, recorded), *arises)
