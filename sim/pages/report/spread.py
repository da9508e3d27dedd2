"""The report's table of spread due to uncertain values and to chance, where uncertain values were drawn by run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from sim.pages.markup import Contents, element, folded, section, small, table
from sim.pages.report.outcomes import cells
from sim.pages.wording import Calendar, percent
from sim.record.outcomes import CATEGORY, OUTCOMES, YES_NO, Outcome


def drawn(uncertain: Mapping[str, Any]) -> str:
    """Describe the values that were drawn by run."""
    which = "assumed" if uncertain["what"] == "assumed" else "uncertain"
    source = "their ranges" if uncertain["what"] in ("all", "assumed") else uncertain["what"]
    sets = f"{uncertain['sets']} parameter sets, {uncertain['each']} runs of each"
    return f"{uncertain['drawn']} {which} values drawn from {source}: {sets}"


def spread_sections(
    made: Mapping[str, Any], calendar: Calendar, outcomes: Sequence[Outcome] = OUTCOMES
) -> list[Element]:  # fmt: skip
    """Return the section, or none where every value is as stated. made: as `pullback run --json` prints it."""
    if "uncertain" not in made:
        return []
    summaries = {outcome["name"]: outcome for outcome in made["outcomes"]}
    rows = [
        _row(outcome, summaries[outcome.name], calendar, made["runs"]) for outcome in outcomes if outcome.type != CATEGORY
    ]
    columns = ("Outcome", "Values drawn", "Values as stated", "Due to values")
    return [
        section(
            "spread",
            "Uncertain values and chance",
            element(
                "p",
                f"{drawn(made['uncertain'])}. Range of 90% of the runs, or share of yes, with values drawn and with every "
                "value as stated. Due to values: share of the variance that two runs with the same values have in common, "
                "with its 95% interval; the rest is chance. Dates that do not come count as the last day.",
            ),
            folded("Table of the outcomes", table("Spread of the outcomes", columns, rows), open_=True),
        )
    ]


def _row(outcome: Outcome, made: Mapping[str, Any], calendar: Calendar, runs: int) -> list[Contents]:
    share, stated = made["values"], made["as_stated"]
    by_values = "" if share is None else f"{percent(share['share'])} ({percent(share['low'])} to {percent(share['high'])})"
    return [
        [outcome.title, small(outcome.definition)],
        [_spread(outcome, made, calendar, runs)],
        ["" if stated is None else _spread(outcome, stated, calendar, runs)],
        [by_values],
    ]


def _spread(outcome: Outcome, made: Mapping[str, Any], calendar: Calendar, runs: int) -> str:
    median, between, _ = cells(outcome, made, calendar, runs)
    return median if outcome.type == YES_NO else between
