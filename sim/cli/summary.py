"""What the outcomes of an ensemble came to, as pullback run shows it on the terminal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from sim.cli.tables import console, span, table
from sim.scenario.scenario import Scenario

MAIN_OUTCOMES = (
    "collapse_day",
    "sdf_share_2026_01_20",
    "sdf_share_end",
    "truce_agreed_on",
    "truce_extended",
    "truce_extensions",
    "fighting_resumed_on",
    "deal_reached_on",
    "withdrawal_requested_on",
    "withdrawal_started_on",
    "qamishli_95_percent_out_on",
    "qamishli_residual",
    "last_russian_left_on",
    "partner_shifted_on",
    "transfer_started_on",
    "detainees_transferred",
    "detainees_escaped",
    "insurgent_attacks",
    "killed_civilians",
    "displaced_peak",
    "oil_share_damascus",
)
"""Outcomes that the table on the terminal shows, beside the user's own; the report and --json have all of them."""


def print_summary(
    made: dict[str, Any], loaded: Scenario, sets: tuple[str, ...], report: Path | None, save: Path | None
) -> None:
    """Print the main outcomes. report: the page that tells more. save: the folder, where states were kept."""
    rows = table("outcome", "median", "5% to 95%", "of the runs", whole=("outcome", "median"))
    outcomes = {outcome["name"]: outcome for outcome in made["outcomes"]}
    for name in _shown(outcomes):
        rows.add_row(name, *_cells(outcomes[name], made))
    out = console()
    out.print(f"{made['scenario']}: {loaded.title}", style="bold")
    if made["incomplete"]:
        out.print(f"! {made['incomplete']}", style="bold")
    since = f", from {loaded.start_date + timedelta(days=loaded.branch.day)} on" if loaded.branch else ""
    out.print(f"{made['days']} days, {made['start']} to {loaded.end_date}")
    if sets:
        out.print(f"with {', '.join(sets)}{since}", soft_wrap=True)
    if "uncertain" in made:
        out.print(_drawn(made["uncertain"]), soft_wrap=True)
    out.print()
    out.print(rows)
    if "uncertain" in made:
        _print_spread(out, outcomes, made)
    out.print("\nlater: after the last day, or never; CI: 95% interval of a share of the runs")
    out.print(f"results  {made['results']}", soft_wrap=True)
    if report is not None:
        out.print(f"report   {report}", soft_wrap=True)
    if save is not None:
        out.print(f"go on    pullback run --from {save} --set KEY=VALUE", soft_wrap=True)
    out.print(f"{made['runs']} simulated runs, seed {made['seed']}: an exploration, not a forecast")


def _shown(outcomes: dict[str, dict[str, Any]]) -> list[str]:
    """Return the outcomes of the table: the main ones that there are, and the user's own."""
    from sim.record.outcomes import OUTCOMES

    shipped = {outcome.name for outcome in OUTCOMES}
    return [name for name in MAIN_OUTCOMES if name in outcomes] + [name for name in outcomes if name not in shipped]


def _drawn(uncertain: dict[str, Any]) -> str:
    """Say which values are drawn."""
    where = {"all": "from their ranges", "assumed": "only assumed, from their ranges"}
    whence = where.get(uncertain["what"], f"from the sets in {uncertain['what']}")
    return f"{uncertain['drawn']} uncertain values drawn {whence}: {uncertain['sets']} sets, {uncertain['each']} runs each"


def _print_spread(out: Console, outcomes: dict[str, dict[str, Any]], made: dict[str, Any]) -> None:
    """Print what of the spread is values and what is chance."""
    rows = table("outcome", "5% to 95%", "as stated", "by values", whole=("outcome", "by values"))
    for name in _shown(outcomes):
        outcome = outcomes[name]
        share, stated = outcome["values"], outcome["as_stated"]
        told = "" if share is None else f"{share['share']:.0%} ({share['low']:.0%} to {share['high']:.0%})"
        rows.add_row(name, _spread(outcome, made), "" if stated is None else _spread(stated, made), told)
    out.print("\nwhat is not known about values, and what is chance", style="bold")
    out.print(rows)
    out.print(
        "as stated: the same number of runs with every value as stated; by values: their part of the variance (95% interval)"
    )


def _spread(outcome: dict[str, Any], made: dict[str, Any]) -> str:
    """Return the range of an outcome, or how often it is so."""
    median, between, _ = _cells(outcome, made)
    return median if outcome["type"] == "yes_no" else between


def _cells(outcome: dict[str, Any], made: dict[str, Any]) -> tuple[str, str, str]:
    """Return median, range and remark of one outcome."""
    if not outcome["n"]:
        return "-", "-", "does not arise"
    if outcome["type"] == "yes_no":
        low, high = outcome["ci"]
        return f"{outcome['share']:.0%} yes", f"CI {low:.0%} to {high:.0%}", _arises(outcome, made)
    if outcome["type"] == "date":
        return _date_cells(outcome, made)
    unit = "" if outcome["unit"] == "1" else f" {outcome['unit']}"
    low, median, high = (_number(outcome[key]) for key in ("p05", "median", "p95"))
    return f"{median}{unit}", span(low, high), _arises(outcome, made)


def _arises(outcome: dict[str, Any], made: dict[str, Any]) -> str:
    """Say in how many runs the question arose, where it did not in all."""
    return "" if outcome["n"] == made["runs"] else f"arises in {outcome['n']}"


def _date_cells(outcome: dict[str, Any], made: dict[str, Any]) -> tuple[str, str, str]:
    def day(key: str) -> str:
        if outcome[key] is None:
            return "later"
        return str(date.fromisoformat(made["start"]) + timedelta(days=round(outcome[key])))

    late = outcome["censored"] / outcome["n"]
    share = f"{late:.0%}" if late >= 0.005 else "<1%"
    said = ([f"{share} later"] if late else []) + ([_arises(outcome, made)] if outcome["n"] < made["runs"] else [])
    return day("median"), span(day("p05"), day("p95")), ", ".join(said)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
