"""pullback hindcast: an ensemble scored against the dated record, or the user's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.exits import DONE
from sim.cli.streams import stored_in
from sim.cli.tables import console, table
from sim.cli.targets import FILE, is_printed
from sim.ground.errors import InputError
from sim.ground.paths import shown_path
from sim.scenario.files import scenario_names

if TYPE_CHECKING:
    from rich.console import Console

    from sim.analysis.pooled import Pooled
    from sim.experiments.store.ensemble import Results
    from sim.pages.wording import Calendar
    from sim.scenario.scenario import Scenario

TITLES = {
    "test": 'Not used to fit, and the forecast "nothing changes" is wrong',
    "fitted": "Used to fit: a good score shows no skill",
    "unchanged": 'The forecast "nothing changes" is right too',
}

LATER = "later"
ROOMY = 96
"""Width of a terminal, in columns, from which the table has wide gaps."""

LEGEND = """
later    not by the last day, or never; scored as the day after
in       the narrower interval (50% or 90%) that meets the range of reports; none for yes or no
score    CRPS (for dates in days), Brier or interval score: lower is better
naive    score of the forecast "nothing changes" or, marked *, of documented past cases
null     score with every actor idle (i), and deciding at random (r)
skill    1 is perfect, 0 no better than naive; with its 95% interval
-        undefined: the naive score is perfect, or no run has a value"""


@click.command(short_help="Score runs of a scenario against the record.")
@click.argument("scenario", default="baseline")
@click.option(
    "--observations", type=click.Path(path_type=Path), metavar="FILE", help="File of observations.  [default: shipped]"
)
@click.option(
    "--where", "condition", metavar="CONDITION", help='Only runs that meet it, as in "truce_agreed_on < 2026-02-01".'
)
@click.option("--uncertain", metavar="all|assumed|FILE", help="For a scenario: draw values by run, as run --uncertain does.")
@click.option("--no-nulls", is_flag=True, help="Score without the null policies.")
@click.option("--html", type=FILE, metavar="FILE", help="Web page to write.  [default: in the results folder]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def hindcast(
    scenario: str,
    observations: Path | None,
    condition: str | None,
    uncertain: str | None,
    no_nulls: bool,
    html: Path | None,
    as_json: bool,
) -> int:
    """Score runs of SCENARIO (default: baseline) against the record of January 2026.

    SCENARIO may also be a results folder; the points of a sweep over uncertain values count as one ensemble. For comparison
    the same observations are scored with naive forecasts (nothing changes; past cases) and null policies (the same runs with
    every actor idle, or deciding at random). Runs under the null policies are kept and played only once.
    """
    from sim.analysis.hindcast.answers import check_readable
    from sim.analysis.hindcast.hindcast import hindcast as score_all
    from sim.analysis.hindcast.observations import load_observations, own_in
    from sim.analysis.where import read_condition
    from sim.cli.batch import page_beside
    from sim.cli.nulls import nulls_of
    from sim.pages.report.hindcast_page import FILE, write_page
    from sim.record.outcomes import outcomes_of

    printed = is_printed(html, as_json=as_json)
    loaded, opened = _opened(scenario)
    loaded = replace(loaded, outcomes=own_in(observations, loaded.outcomes))
    record = load_observations(observations, loaded.outcomes)
    check_readable(record, loaded)
    known = outcomes_of(loaded.outcomes) if opened is None else opened.known
    where = read_condition(condition, loaded.start_date, loaded.end_date, known) if condition else None
    if opened is not None and uncertain is not None:
        raise click.UsageError("--uncertain needs a scenario; the values of stored runs are fixed")
    results = opened or _computed(loaded, uncertain)
    nulls = {} if no_nulls else nulls_of(loaded, results)
    scored = score_all(results, record, nulls, where)
    page, code = html, DONE
    if html is not None:
        write_page(html, results, loaded, record, scored, where)
    else:
        beside = results.folder / FILE
        page, code = page_beside(beside, lambda: write_page(beside, results, loaded, record, scored, where))
    with stored_in(results.folder):
        if as_json:
            print(json.dumps(scored, allow_nan=False))
        elif not printed:
            _print_scores(scored, loaded, results.manifest.get("name", loaded.name), page)
    return code


def _computed(scenario: Scenario, uncertain: str | None) -> Results:
    """Return the runs of a scenario, computed where missing."""
    from sim.cli.batch import compute, processors
    from sim.experiments.design.uncertain import uncertain_of
    from sim.experiments.play.folder import default_folder
    from sim.experiments.play.run import ensemble_of

    drawn = None if uncertain is None else uncertain_of(uncertain, scenario)
    asked = ensemble_of(scenario, drawn)
    return compute(asked, default_folder(asked), processors())


def _opened(name: str) -> tuple[Scenario, Results | Pooled | None]:
    """Return the scenario, and its runs where it is a results folder."""
    from sim.analysis.pooled import Pooled
    from sim.experiments.export.tables import open_results
    from sim.experiments.store.digest import code_digest
    from sim.experiments.store.sweep import SweepResults
    from sim.registry import load_scenario

    if name in scenario_names() or not (Path(name) / "manifest.json").is_file():
        return load_scenario(name), None
    opened = open_results(name)
    results = Pooled(opened) if isinstance(opened, SweepResults) else opened
    if results.manifest["code"] != code_digest():
        raise InputError(f"{name}: was computed by another version of the code; run it again")
    return replace(results.scenario, name=results.manifest["scenario"], outcomes=results.own), results


def _print_scores(scored: dict[str, Any], scenario: Scenario, name: str, page: Path | None) -> None:
    """Print the scores in their blocks. name: of the ensemble, or of the sweep whose points are pooled."""
    from sim.pages.wording import Calendar

    out, calendar = console(), Calendar(scenario.start_date, scenario.days)
    out.print(f"Hindcast of {name}: {scored['runs']} runs, seed {scenario.seed}", style="bold")
    if scored["incomplete"]:
        out.print(f"! {scored['incomplete']}", style="bold")
    for note in scored["notes"]:
        out.print(f"! {note}", style="bold", soft_wrap=True)
    if scored["nulls_are"]:
        out.print(scored["nulls_are"], soft_wrap=True)
    for block in scored["blocks"]:
        if block["observations"]:
            out.print(f"\n{TITLES[block['block']]}", style="bold")
            out.print(_block(scored, block["block"], calendar, out.width))
            _print_sums(out, block)
    if scored["not_covered"]:
        out.print(f"\nnot within the days of this scenario: {'; '.join(scored['not_covered'])}")
    if scored["observations"]:
        out.print("\nAll observations", style="bold")
        _print_sums(out, scored["all"])
        out.print(LEGEND)
    if page is not None:
        out.print(f"page     {shown_path(page)}", soft_wrap=True)
    out.print("simulated runs: an exploration, not a forecast")


def _block(scored: dict[str, Any], block: str, calendar: Calendar, width: int) -> Any:

    right = ("score", "naive")
    whole = ("record", "runs, 5 to 95%", "in", *right, "null", "skill")
    rows = table("observation", *whole, right=right, whole=whole)
    rows.padding = (0, 2 if width >= ROOMY else 1, 0, 0)
    for column, least in zip(rows.columns, (0, 14, 14, 2, 6, 5, 8, 12), strict=True):
        column.min_width = least
    rows.columns[0].ratio, rows.expand = 1, True
    for item in scored["observations"]:
        if item["block"] == block:
            rows.add_row(*cells(item, calendar))
    return rows


def cells(item: dict[str, Any], calendar: Calendar) -> tuple[str, ...]:
    """Return the row of an observation: name, record, runs, whether they meet it, and the scores."""
    low, high = item["observed_range"]
    quantiles = [LATER if quantile == item["restricted_to"] else quantile for quantile in item["quantiles"]]
    if item["probability"] is not None:
        simulated, inside = f"{item['probability']:.0%} yes", "-"
        recorded = ("yes" if item["observed"] else "no") + ("" if low == high else "\ndisputed")
        recorded = f"{item['asks']}: {recorded}" if item["asks"] else recorded
    else:
        recorded = _value(item["observed"], calendar, 3) + ("" if low == high else f"\n{_span(low, high, calendar)}")
        simulated = f"{_value(quantiles[2], calendar, 3)}\n{_span(quantiles[0], quantiles[-1], calendar)}"
        inside = "50" if item["covered50"] else "90" if item["covered90"] else "no"
    naive = _value(item["naive"]) + ("*" if item["naive_is"] == "climatology" else "")
    nulls = "\n".join(f"{name[0]} {_value(score)}" for name, score in item["null_policies"].items())
    skill = "-" if item["skill"] is None else f"{item['skill']:.2f}\n{item['skill_ci'][0]:.2f} to {item['skill_ci'][1]:.2f}"
    return item["name"], recorded, simulated, inside, _value(item["score"]), naive, nulls, skill


def _print_sums(out: Console, sums: dict[str, Any]) -> None:
    """Print the number of hits of a block, and name the misses."""
    n = sums["with_interval"]
    parts = []
    if n:
        parts.append(f"the 90% interval meets {sums['covered90']} of {n}, the 50% interval {sums['covered50']}")
    if sums["with_skill"]:
        parts.append(f"positive skill on {sums['positive_skill']} of {sums['with_skill']}")
    for name, counts in sums["worse_null_policies"].items():
        scored = counts["worse"] + counts["same"] + counts["better"]
        parts.append(f"the null policy {name} scores worse on {counts['worse']} of {scored}")
    out.print("; ".join(parts), style="italic")
    for key, heading in (("outside90", "outside the 90% interval"), ("without_skill", "without positive skill")):
        if sums[key]:
            out.print(f"{heading}: {'; '.join(sums[key])}", style="italic")


def _value(value: float | str | None, calendar: Calendar | None = None, figures: int = 2) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        assert calendar is not None  # dates are written by who has one
        return calendar.short(_day(value, calendar))
    if abs(value) >= 1e4:
        return f"{value / 1e3:,.3g}k"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return "<0.001" if 0 < value < 0.001 else f"{value:.{figures}g}"


def _span(low: Any, high: Any, calendar: Calendar) -> str:
    """Write a range, of dates with the month once."""
    if isinstance(low, str):
        return calendar.span(_day(low, calendar), _day(high, calendar))
    return f"{_value(low)} to {_value(high)}"


def _day(value: str, calendar: Calendar) -> int | None:
    """Return the day of a date, None for LATER."""
    from datetime import date

    return None if value == LATER else (date.fromisoformat(value) - calendar.start).days
