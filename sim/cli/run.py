"""pullback run: an ensemble of one scenario, and what its outcomes came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.streams import stored_in
from sim.cli.targets import FOLDER
from sim.ground.checks import WORKERS

if TYPE_CHECKING:
    from rich.console import Console

    from sim.experiments.design.uncertain import Uncertain
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
"""Outcomes that the table on the terminal shows; the report and --json have all of them."""


@click.command()
@click.argument("scenario", required=False)
@click.option("--runs", type=int, help="Number of runs.  [default: the scenario's]")
@click.option("--days", type=int, help="Days to simulate.  [default: the scenario's]")
@click.option("--seed", type=int, help="Seed of the runs' luck.  [default: the scenario's]")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="""Set a value, as in 'moscow.policy="stay"'.""")
@click.option("--workers", type=click.IntRange(*WORKERS), help="Processes to use.  [default: processors]")
@click.option("--out", type=FOLDER, help="Results folder.  [default: results/NAME-HASH]")
@click.option(
    "--uncertain",
    metavar="all|assumed|FILE",
    help="Draw uncertain values for every two runs: from their ranges, or from sets.",
)
@click.option("--until", metavar="DAY", help="Stop on the evening of a date or of a day's number.")
@click.option("--save", type=FOLDER, metavar="DIR", help="With --until: results with all runs' states.")
@click.option("--from", "saved", type=click.Path(path_type=Path), metavar="DIR", help="Take up saved runs, under --set.")
@click.option("--anyway", is_flag=True, help="Try also where disk or memory will not do.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every outcome.")
def run(
    scenario: str | None,
    runs: int | None,
    days: int | None,
    seed: int | None,
    sets: tuple[str, ...],
    workers: int | None,
    out: Path | None,
    uncertain: str | None,
    until: str | None,
    save: Path | None,
    saved: Path | None,
    anyway: bool,
    as_json: bool,
) -> int:
    """Run SCENARIO many times and show what came of it.

    Runs that are in the results folder are not computed again: the same command goes on where it was stopped, and a
    larger --runs adds to it. With --uncertain the runs show what is not known about the values as well as chance; as many
    runs with every value as stated are played beside them, to tell the two apart.
    """
    from sim.cli.batch import compute, page_beside, processors
    from sim.cli.cost import tell_cost
    from sim.experiments.play.ceiling import check_room
    from sim.experiments.play.folder import default_folder
    from sim.experiments.play.need import needs_of
    from sim.experiments.play.run import ensemble_of

    _check_usage(scenario, saved, seed, until, save, out, uncertain)
    given = {"runs": runs, "days": days, "seed": seed}
    loaded = _loaded(scenario, saved, sets, {key: value for key, value in given.items() if value is not None})
    horizon = loaded.days if save else None
    if until is not None:
        loaded = loaded.with_values({"days": day_number(until, loaded)}, set_by="--until")
    if saved is not None:
        _check_goes_on(loaded, saved)
    asked = ensemble_of(loaded, drawn_values(loaded, uncertain, saved), horizon)
    folder, workers = save or out or default_folder(asked), workers or processors()
    need, _ = needs_of(asked, folder, workers)
    if not anyway:
        check_room(need, folder)
    tell_cost(loaded, need, workers)
    results = compute(asked, folder, workers, saved)
    as_stated = ensemble_of(loaded)
    stated = compute(as_stated, default_folder(as_stated), workers) if uncertain is not None else None

    from sim.analysis.spread import summary_of
    from sim.pages.report.report import FILE, write_report

    made = summary_of(results, stated)
    report, code = page_beside(results.folder / FILE, lambda: write_report(results, loaded, stated))
    with stored_in(results.folder):
        if as_json:
            print(json.dumps(made, allow_nan=False))
        else:
            _print_summary(made, loaded, sets, report, save)
    return code


def _check_usage(
    scenario: str | None,
    saved: Path | None,
    seed: int | None,
    until: str | None,
    save: Path | None,
    out: Path | None,
    uncertain: str | None,
) -> None:
    if (scenario is None) == (saved is None):
        raise click.UsageError("name a scenario, or the saved runs to go on with: --from DIR")
    if saved is not None and seed is not None:
        raise click.UsageError("--seed does not go with --from: the runs keep their luck")
    if saved is not None and uncertain is not None:
        raise click.UsageError("--uncertain does not go with --from: the runs keep the values they were saved with")
    if save is not None and (until is None or out is not None):
        raise click.UsageError("--save DIR goes with --until DAY and stands for --out")


def drawn_values(loaded: Scenario, uncertain: str | None, saved: Path | None = None) -> Uncertain | None:
    """Return which values are drawn by run: as asked, or as the saved runs have them. Raises InputError."""
    if uncertain is not None:
        from sim.experiments.design.uncertain import uncertain_of

        return uncertain_of(uncertain, loaded)
    if saved is not None:
        from sim.experiments.store.stored import Stored

        return Stored(saved).uncertain
    return None


def _loaded(scenario: str | None, saved: Path | None, sets: tuple[str, ...], given: dict[str, int]) -> Scenario:
    """Return the scenario to run, or the one that takes up saved runs. Raises InputError."""
    from sim.cli.batch import saved_ensemble
    from sim.ground.errors import InputError
    from sim.registry import load_scenario

    loaded = saved_ensemble(saved, sets) if saved is not None else load_scenario(scenario or "", sets)
    there = loaded.runs
    for key, value in given.items():
        if any(expression.partition("=")[0].strip().strip("\"'") == key for expression in sets):
            raise InputError(f"--set {key} and --{key} say the same; give one of them")
        loaded = loaded.with_values({key: value}, set_by=f"--{key}")
    if saved is not None and loaded.runs > there:
        raise InputError(f"--runs {loaded.runs}: {saved} holds {there} saved runs")
    return loaded


def _check_goes_on(loaded: Scenario, saved: Path) -> None:
    """Raise InputError where runs would end before the evening on which they were saved."""
    from sim.experiments.store.results import open_results
    from sim.ground.errors import InputError

    kept = open_results(saved).scenario
    if loaded.days < kept.days:
        raise InputError(f"{saved}: was saved on the evening of {kept.end_date}; its runs cannot end on {loaded.end_date}")


def day_number(text: str, loaded: Scenario) -> int:
    """Read a date or a number of days from the start, which the runs reach. Raises InputError."""
    from datetime import date, timedelta

    from sim.ground.checks import check_reached
    from sim.ground.errors import InputError

    start = loaded.start_date
    try:
        day = start + timedelta(int(text)) if text.isdecimal() else date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InputError(f"--until {text}: give a date, as in 2026-01-20, or a number of days") from None
    if day <= start:
        raise InputError(f"--until {text}: must be after the first evening, {start}")
    check_reached(f"--until {text}", day, day, start, loaded.end_date)
    return (day - start).days


def _print_summary(
    made: dict[str, Any], loaded: Scenario, sets: tuple[str, ...], report: Path | None, save: Path | None
) -> None:
    from datetime import timedelta

    from sim.cli.tables import console, table

    rows = table("outcome", "median", "5% to 95%", "of the runs", whole=("outcome", "median"))
    outcomes = {outcome["name"]: outcome for outcome in made["outcomes"]}
    for name in MAIN_OUTCOMES:
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


def _drawn(uncertain: dict[str, Any]) -> str:
    """Say which values are drawn."""
    where = {"all": "from their ranges", "assumed": "only assumed, from their ranges"}
    whence = where.get(uncertain["what"], f"from the sets in {uncertain['what']}")
    return f"{uncertain['drawn']} uncertain values drawn {whence}: {uncertain['sets']} sets, {uncertain['each']} runs each"


def _print_spread(out: Console, outcomes: dict[str, dict[str, Any]], made: dict[str, Any]) -> None:
    """Print what of the spread is values and what is chance."""
    from sim.cli.tables import table

    rows = table("outcome", "5% to 95%", "as stated", "by values", whole=("outcome", "by values"))
    for name in MAIN_OUTCOMES:
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
    from sim.cli.tables import span

    if outcome["type"] == "yes_no":
        return _yes_no_cells(outcome, made)
    if outcome["type"] == "date":
        return _date_cells(outcome, made)
    if outcome["median"] is None:
        return "-", "-", "does not arise"
    unit = "" if outcome["unit"] == "1" else f" {outcome['unit']}"
    low, median, high = (_number(outcome[key]) for key in ("p05", "median", "p95"))
    return f"{median}{unit}", span(low, high), _arises(outcome, made)


def _yes_no_cells(outcome: dict[str, Any], made: dict[str, Any]) -> tuple[str, str, str]:
    if outcome["share"] is None:
        return "-", "-", "does not arise"
    low, high = outcome["ci"]
    return f"{outcome['share']:.0%} yes", f"CI {low:.0%} to {high:.0%}", _arises(outcome, made)


def _arises(outcome: dict[str, Any], made: dict[str, Any]) -> str:
    """Say in how many runs the question arose, where it did not in all."""
    return "" if outcome["n"] == made["runs"] else f"arises in {outcome['n']}"


def _date_cells(outcome: dict[str, Any], made: dict[str, Any]) -> tuple[str, str, str]:
    from datetime import date, timedelta

    from sim.cli.tables import span

    def day(key: str) -> str:
        if outcome[key] is None:
            return "later"
        return str(date.fromisoformat(made["start"]) + timedelta(days=round(outcome[key])))

    if not outcome["n"]:
        return "-", "-", "does not arise"
    late = outcome["censored"] / outcome["n"]
    share = f"{late:.0%}" if late >= 0.005 else "<1%"
    said = ([f"{share} later"] if late else []) + ([_arises(outcome, made)] if outcome["n"] < made["runs"] else [])
    return day("median"), span(day("p05"), day("p95")), ", ".join(said)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
