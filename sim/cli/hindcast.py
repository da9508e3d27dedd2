"""pullback hindcast: the ensemble scored against the dated record, or the user's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("scenario", default="baseline")
@click.option("--observations", type=click.Path(path_type=Path), help="Your own record.  [default: January 2026]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def hindcast(scenario: str, observations: Path | None, as_json: bool) -> None:
    """Score SCENARIO (default: baseline) against the record, beside the forecast that nothing changes."""
    from sim.cli.batch import compute, processors, results_folder
    from sim.experiments.hindcast import hindcast as score_all
    from sim.experiments.hindcast import load_observations
    from sim.scenario import load_scenario

    record = load_observations(observations)
    loaded = load_scenario(scenario)
    scored = score_all(compute(loaded, results_folder(loaded), processors()), record)
    if as_json:
        print(json.dumps(scored, allow_nan=False))
    else:
        _print_scores(scored, loaded.seed)


def _print_scores(scored: dict[str, Any], seed: int) -> None:
    from sim.cli.tables import console, table

    right = ("score", "naive", "skill")
    whole = ("observed", "median", "5% to 95%", *right, "fitted")
    rows = table("observation", "observed", "median", "5% to 95%", *right, "fitted", right=right, whole=whole)
    for item in scored["observations"]:
        numbers = (_short(item[key]) for key in right)
        rows.add_row(item["name"], _short(item["observed"]), *_said(item), *numbers, "yes" if item["used_to_fit"] else "")
    out = console()
    out.print(rows)
    for name in scored["not_covered"]:
        out.print(f"not covered by this scenario: {name}")
    out.print("\nscore: CRPS, Brier or interval score, lower is better; naive: that of 'nothing changes'")
    out.print("skill: 1 is perfect, 0 no better than naive, negative worse; - where naive is right")
    out.print("fitted: the model was fitted to this observation, so that its score shows no skill")
    out.print(f"{scored['runs']} simulated runs, seed {seed}: an exploration, not a forecast")


def _said(item: dict[str, Any]) -> tuple[str, str]:
    """Return what the ensemble says of one observation: median and range, or the share of yes."""
    from sim.cli.tables import span

    if item["probability"] is not None:
        return f"{item['probability']:.0%} yes", ""
    low, _, median, _, high = (_short(value) for value in item["quantiles"])
    return median, span(low, high)


def _short(value: float | str | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
