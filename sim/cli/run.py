"""pullback run: an ensemble of one scenario, and what its outcomes came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.cost import check_and_tell_cost
from sim.cli.streams import stored_in
from sim.cli.targets import FOLDER
from sim.ground.checks import WORKERS
from sim.ground.errors import InputError

if TYPE_CHECKING:
    from sim.experiments.design.sweep import Sweep
    from sim.scenario.scenario import Scenario


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
    from sim.experiments.play.folder import default_folder
    from sim.experiments.play.run import ensemble_of

    _check_usage(scenario, saved, seed, until, save, out, uncertain)
    given = {"runs": runs, "days": days, "seed": seed}
    loaded = _loaded(scenario, saved, sets, {key: value for key, value in given.items() if value is not None})
    asked = _asked(loaded, until, save, saved, uncertain)
    folder, workers = save or out or default_folder(asked), workers or processors()
    check_and_tell_cost(asked, folder, workers, anyway)
    results = compute(asked, folder, workers, saved)
    as_stated = ensemble_of(asked.base)
    stated = compute(as_stated, default_folder(as_stated), workers) if uncertain is not None else None

    from sim.analysis.spread import summary_of
    from sim.cli.summary import print_summary
    from sim.pages.report.report import FILE, write_report

    made = summary_of(results, stated)
    report, code = page_beside(results.folder / FILE, lambda: write_report(results, asked.base, stated))
    with stored_in(results.folder):
        if as_json:
            print(json.dumps(made, allow_nan=False))
        else:
            print_summary(made, asked.base, sets, report, save)
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


def _asked(loaded: Scenario, until: str | None, save: Path | None, saved: Path | None, uncertain: str | None) -> Sweep:
    """Return the ensemble to play, which may stop on an evening or take up saved runs. Raises InputError."""
    from sim.experiments.design.uncertain import uncertain_of
    from sim.experiments.play.run import ensemble_of
    from sim.experiments.play.states import check_ends
    from sim.experiments.store.stored import Stored

    horizon = loaded.days if save else None
    if until is not None:
        loaded = loaded.with_values({"days": day_number(until, loaded)}, set_by="--until")
    if saved is not None:
        check_ends(Stored(saved), loaded.days)
        return ensemble_of(loaded, Stored(saved).uncertain, horizon)
    return ensemble_of(loaded, None if uncertain is None else uncertain_of(uncertain, loaded), horizon)


def _loaded(scenario: str | None, saved: Path | None, sets: tuple[str, ...], given: dict[str, int]) -> Scenario:
    """Return the scenario to run, or the one that takes up saved runs. Raises InputError."""
    from sim.experiments.play.states import ensemble_continued
    from sim.registry import load_scenario

    loaded = ensemble_continued(saved, sets) if saved is not None else load_scenario(scenario or "", sets)
    there = loaded.runs
    for key, value in given.items():
        if any(expression.partition("=")[0].strip().strip("\"'") == key for expression in sets):
            raise InputError(f"--set {key} and --{key} say the same; give one of them")
        loaded = loaded.with_values({key: value}, set_by=f"--{key}")
    if saved is not None and loaded.runs > there:
        raise InputError(f"--runs {loaded.runs}: {saved} holds {there} saved runs")
    return loaded


def day_number(text: str, loaded: Scenario) -> int:
    """Read a date or a number of days from the start, which the runs reach. Raises InputError."""
    from datetime import date, timedelta

    from sim.ground.checks import check_reached

    start = loaded.start_date
    try:
        day = start + timedelta(int(text)) if text.isdecimal() else date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InputError(f"--until {text}: give a date, as in 2026-01-20, or a number of days") from None
    if day <= start:
        raise InputError(f"--until {text}: must be after the first evening, {start}")
    check_reached(f"--until {text}", day, day, start, loaded.end_date)
    return (day - start).days
