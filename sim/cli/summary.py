"""The main outcomes of an ensemble, as pullback run prints them on the terminal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from sim.cli.tables import console, span, table
from sim.pages.wording import Calendar, amount, counted, words
from sim.record.outcomes import OUTCOMES, outcomes_of
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
    """Print the main outcomes. report: the page with all of them. save: the folder, where states were kept."""
    rows = table("outcome", "median", "5% to 95%", "runs", whole=("outcome", "median"))
    known = {outcome.name: outcome for outcome in outcomes_of(loaded.outcomes)}
    outcomes = {item["name"]: item | {"of": known[item["name"]]} for item in made["outcomes"] if item["name"] in known}
    for name in _shown(outcomes):
        rows.add_row(outcomes[name]["of"].title, *_cells(outcomes[name], made))
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
    out.print("\nlater: after the last day, or never. CI: 95% confidence interval of a share of the runs.")
    out.print(f"results   {made['results']}", soft_wrap=True)
    if report is not None:
        out.print(f"report    {report}", soft_wrap=True)
    if save is not None:
        out.print(f"continue  pullback run --from {save} --set KEY=VALUE", soft_wrap=True)
    out.print("names     pullback list outcomes: every outcome with the name that --outcome takes")
    out.print(f"{counted(made['runs'], 'simulated run')}, seed {made['seed']}: an exploration, not a forecast")


def _shown(outcomes: dict[str, dict[str, Any]]) -> list[str]:
    """Return the outcomes of the table: the main ones that there are, and the user's own."""

    shipped = {outcome.name for outcome in OUTCOMES}
    return [name for name in MAIN_OUTCOMES if name in outcomes] + [name for name in outcomes if name not in shipped]


def _drawn(uncertain: dict[str, Any]) -> str:
    """Describe the values that are drawn."""
    which = "assumed" if uncertain["what"] == "assumed" else "uncertain"
    source = "from their ranges" if uncertain["what"] in ("all", "assumed") else f"from {uncertain['what']}"
    sets = f"{uncertain['sets']} parameter sets, {uncertain['each']} runs of each"
    return f"{uncertain['drawn']} {which} values drawn {source}: {sets}"


def _print_spread(out: Console, outcomes: dict[str, dict[str, Any]], made: dict[str, Any]) -> None:
    """Print how much of each outcome's spread is due to uncertain values, and how much to chance."""
    rows = table("outcome", "5% to 95%", "as stated", "due to values", whole=("outcome", "due to values"))
    for name in _shown(outcomes):
        outcome = outcomes[name]
        share, stated = outcome["values"], outcome["as_stated"]
        part = "" if share is None else f"{share['share']:.0%} ({share['low']:.0%} to {share['high']:.0%})"
        rows.add_row(
            outcome["of"].title,
            _spread(outcome, made),
            "" if stated is None else _spread(stated | {"of": outcome["of"]}, made),
            part,
        )
    out.print("\nuncertain values and chance", style="bold")
    out.print(rows)
    out.print("as stated: as many runs with every value as the scenario states it")
    out.print("due to values: share of the variance that the uncertain values explain, with its 95% interval")


def _spread(outcome: dict[str, Any], made: dict[str, Any]) -> str:
    """Return the range of an outcome, or the share of yes."""
    median, between, _ = _cells(outcome, made)
    return median if outcome["type"] == "yes_no" else between


def _cells(outcome: dict[str, Any], made: dict[str, Any]) -> tuple[str, str, str]:
    """Return median, range and remark of one outcome."""
    if not outcome["n"]:
        return "-", "-", "arises in none"
    if outcome["type"] == "yes_no":
        low, high = outcome["ci"]
        return f"{outcome['share']:.0%} yes", f"CI {low:.0%} to {high:.0%}", _arises(outcome, made)
    if outcome["type"] == "date":
        return _date_cells(outcome, made)
    of = outcome["of"]
    if outcome["type"] == "category":
        shares = sorted(outcome["shares"].items(), key=lambda item: -item[1])
        return words(shares[0][0]), ", ".join(f"{words(name)} {share:.0%}" for name, share in shares), _arises(outcome, made)
    low, high = (amount(of, outcome[key], with_unit=False) for key in ("p05", "p95"))
    return amount(of, outcome["median"]), span(low, high), _arises(outcome, made)


def _arises(outcome: dict[str, Any], made: dict[str, Any]) -> str:
    """Return in how many runs the question of an outcome arose, "" where it did in all."""
    return "" if outcome["n"] == made["runs"] else f"arises in {outcome['n']}"


def _date_cells(outcome: dict[str, Any], made: dict[str, Any]) -> tuple[str, str, str]:
    calendar = Calendar(date.fromisoformat(made["start"]), made["days"])
    late = outcome["censored"] / outcome["n"]
    share = f"{late:.0%}" if late >= 0.005 else "<1%"
    remarks = ([f"{share} later"] if late else []) + ([_arises(outcome, made)] if outcome["n"] < made["runs"] else [])
    return calendar.short(outcome["median"]), calendar.span(outcome["p05"], outcome["p95"]), ", ".join(remarks)
