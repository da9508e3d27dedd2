"""Write a hindcast as one self-contained page: the chart, and the scores beside those of null policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.analysis.hindcast.answers import columns_of
from sim.analysis.hindcast.observation import Observation
from sim.analysis.hindcast.record import agreement
from sim.analysis.pooled import Pooled
from sim.analysis.where import Condition
from sim.experiments.store.ensemble import Results
from sim.pages import page_file
from sim.pages.report.record import record_section
from sim.pages.wording import Calendar, counted
from sim.record.statistics import summaries
from sim.scenario.scenario import Scenario

FILE = "hindcast.html"


def write_page(
    path: Path,
    results: Results | Pooled,
    scenario: Scenario,
    observations: Sequence[Observation],
    scored: Mapping[str, Any],
    where: Condition | None = None,
) -> Path:
    """Write the page, completely or not at all, and return its path. scored: from `hindcast` under the same `where`."""
    kept = slice(None) if where is None else where.holds(results.outcomes, results.series)
    table = {name: values[kept] for name, values in results.outcomes.items()}
    others = [
        item
        for item in observations
        if item.outcome not in table and item.lies_within(scenario.start_date, scenario.end_date)
    ]
    for item in others:  # computed from the daily series
        table |= {name: values[kept] for name, values in columns_of(item, results).items()}
    outcomes = (*results.known, *dict.fromkeys(item.outcome_asked for item in others))
    made = summaries(table, scenario.start_date, scenario.days, outcomes)
    calendar = Calendar(scenario.start_date, scenario.days)
    section = record_section(scored, agreement(results, observations, where), made, calendar)
    title = results.manifest["title"] if isinstance(results, Pooled) else scenario.title
    facts = {
        "Scenario": f"{scenario.name}, {scored['hash']}",
        "Days": f"{scenario.days}, {scenario.start_date} to {scenario.end_date}",
        "Runs": f"{scored['runs']}, seed {scenario.seed}",
    } | ({"Only where": where.text} if where else {})
    cautions = [results.shortfall] if results.shortfall else []
    footer = f"{counted(scored['runs'], 'simulated run')} of a model under stated assumptions."
    page_file.write_page(path, page_file.document(f"{title}: hindcast", facts, cautions, (section,), footer))
    return path
