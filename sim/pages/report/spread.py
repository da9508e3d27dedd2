"""The report's table of what is not known about values, and what is chance, where uncertain values were drawn by run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from sim.pages.markup import Contents, code, element, folded, section, small, table
from sim.pages.report.outcomes import cells
from sim.pages.wording import Calendar, percent
from sim.record.outcomes import CATEGORY, OUTCOMES, YES_NO, Outcome

WHENCE = {"all": "from their ranges", "assumed": "from their ranges, those that are only assumed"}


def drawn(uncertain: Mapping[str, Any]) -> str:
    """Say which values were drawn by run."""
    whence = WHENCE.get(uncertain["what"], f"from the sets in {uncertain['what']}")
    return f"{uncertain['drawn']} uncertain values, {whence}: {uncertain['sets']} sets, {uncertain['each']} runs each"


def spread_sections(
    made: Mapping[str, Any], calendar: Calendar, outcomes: Sequence[Outcome] = OUTCOMES
) -> list[Element]:  # fmt: skip
    """Return the section, or none where every value is as stated. made: as `pullback run --json` prints it."""
    if "uncertain" not in made:
        return []
    told = {outcome["name"]: outcome for outcome in made["outcomes"]}
    rows = [_row(outcome, told[outcome.name], calendar, made["runs"]) for outcome in outcomes if outcome.type != CATEGORY]
    columns = ("Outcome", "Values drawn", "Values as stated", "By values")
    return [
        section(
            "spread",
            "What is not known about values, and what is chance",
            element(
                "p",
                f"{drawn(made['uncertain'])}. Range of 90% of the runs, or how many are so, with values drawn and with "
                "every value as stated. By values: the part of the variance over the runs that two runs of the same values "
                "have in common, with its 95% interval; the rest is chance. Dates that do not come count as the last day.",
            ),
            folded("Table of the outcomes", table("Spread of the outcomes", columns, rows), open_=True),
        )
    ]


def _row(outcome: Outcome, made: Mapping[str, Any], calendar: Calendar, runs: int) -> list[Contents]:
    share, stated = made["values"], made["as_stated"]
    by_values = "" if share is None else f"{percent(share['share'])} ({percent(share['low'])} to {percent(share['high'])})"
    return [
        [code(outcome.name), small(outcome.definition)],
        [_spread(outcome, made, calendar, runs)],
        ["" if stated is None else _spread(outcome, stated, calendar, runs)],
        [by_values],
    ]


def _spread(outcome: Outcome, made: Mapping[str, Any], calendar: Calendar, runs: int) -> str:
    median, between, _ = cells(outcome, made, calendar, runs)
    return median if outcome.type == YES_NO else between
