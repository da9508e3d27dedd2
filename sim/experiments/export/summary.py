"""The summary of an ensemble as one object, for other programs."""

from __future__ import annotations

from typing import Any

from sim.experiments.store.ensemble import Results
from sim.record.statistics import SCHEMA, summaries
from sim.state.arrays import own_numerics


@own_numerics
def summary(results: Results) -> dict[str, Any]:
    """Return the object that `pullback run --json` prints."""
    scenario = results.scenario
    return {
        "schema": SCHEMA,
        "scenario": results.manifest["scenario"],
        "hash": results.manifest["hash"],
        "seed": scenario.seed,
        "runs": results.runs,
        "incomplete": results.shortfall or None,
        "days": scenario.days,
        "start": str(scenario.start_date),
        "results": str(results.folder),
        "outcomes": list(summaries(results.outcomes, scenario.start_date, scenario.days, results.known).values()),
    }
