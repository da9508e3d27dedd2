"""pullback calibrate: parameter sets consistent with the record, and the values that the record identifies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.progress import progress
from sim.cli.streams import stored_in
from sim.cli.tables import console, plain, span, table
from sim.cli.targets import FOLDER
from sim.ground.checks import POINTS_OF_A_CALIBRATION, RUNS_OF_A_CALIBRATION, SETS_OF_A_CALIBRATION, WORKERS
from sim.ground.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from sim.analysis.calibrate.weights import Calibration
    from sim.analysis.hindcast.observation import Observation
    from sim.scenario.scenario import Scenario

SHOWN = 10
TERMS = 4
"""Most values of a combination on the terminal; calibration.json has them all."""


@click.command(short_help="Find parameter sets consistent with the record.")
@click.argument("scenario")
@click.option(
    "--observations", type=click.Path(path_type=Path), metavar="FILE", help="File of observations.  [default: shipped]"
)
@click.option(
    "--points", type=click.IntRange(*POINTS_OF_A_CALIBRATION), default=16384, show_default=True, help="Points of the design."
)
@click.option(
    "--runs", type=click.IntRange(*RUNS_OF_A_CALIBRATION), default=1, show_default=True, help="Runs of each point."
)
@click.option(
    "--sets", type=click.IntRange(*SETS_OF_A_CALIBRATION), default=256, show_default=True, help="Parameter sets to draw."
)
@click.option("--workers", type=click.IntRange(*WORKERS), help="Processes to use.  [default: processors]")
@click.option("--out", type=FOLDER, help="Results folder.  [default: results/calibrate-NAME-HASH]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def calibrate(
    scenario: str,
    observations: Path | None,
    points: int,
    runs: int,
    sets: int,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Find parameter sets of SCENARIO that are consistent with the record.

    Uncertain values are drawn within their ranges, and each set is weighted by the share of its runs that meet the
    observations used to fit. The same command continues where it was stopped.
    """
    from sim.analysis.calibrate.run import write_outcome
    from sim.analysis.calibrate.weights import sweep_of
    from sim.analysis.hindcast.observations import load_observations
    from sim.experiments.play.folder import default_folder
    from sim.registry import load_scenario

    loaded = load_scenario(scenario)
    fitted = [item for item in load_observations(observations, loaded.outcomes) if item.used_to_fit]
    used = [item for item in fitted if item.lies_within(loaded.start_date, loaded.end_date)]
    if not used:
        raise InputError(f"{loaded.name}: no observation with used_to_fit lies within its days")
    if len(used) < len(fitted):
        outside = "; ".join(item.name for item in fitted if item not in used)
        span = f"{loaded.start_date} to {loaded.end_date}"
        click.echo(f"pullback: left out, as not within the scenario's days ({span}): {outside}", err=True)
    folder = out or default_folder(sweep_of(loaded, used, points, runs))
    found = _played(loaded, used, folder, points, runs, workers)
    if not found.weight.any():
        raise InputError(f"{loaded.name}: no run of {points} points met every observation; use more --points or --runs")
    made = write_outcome(folder, found, scenario, sets, loaded.seed)
    with stored_in(folder):
        if as_json:
            print(json.dumps(made, allow_nan=False))
        else:
            _print(made, used, loaded.name, folder, points, runs, sets)


def _played(
    scenario: Scenario, used: Sequence[Observation], folder: Path, points: int, runs: int, workers: int | None
) -> Calibration:
    """Play the missing runs, showing progress. Raises Ended when stopped, or when another process works on the folder."""
    from sim.analysis.calibrate.run import calibrate as played
    from sim.cli.batch import ending, processors

    with ending(folder), progress(folder) as report:
        return played(scenario, used, folder, points, runs, workers or processors(), report)


def _print(
    made: dict[str, Any], used: Sequence[Observation], name: str, folder: Path, points: int, runs: int, sets: int
) -> None:

    out = console()
    of_each = "1 run" if runs == 1 else f"{runs:,} runs"
    out.print(f"{name}: {points:,} points over {len(made['values'])} uncertain values, {of_each} of each", style="bold")
    rows = table("observation", "record", "runs that meet it", whole=("observation",))
    for item in used:
        rows.add_row(item.name, _recorded(item), f"{made['met'][item.name]:.0%}")
    low, high = made["interval_of_that_share"]
    rows.add_row("all of them", "", f"{made['share_of_runs_that_meet_the_record']:.1%}, CI {low:.1%} to {high:.1%}")
    out.print(rows)
    last = f", the last of {made['last_observation']}" if made["last_observation"] else ""
    out.print(f"weighted by these {len(made['met'])} observations{last}; nothing later is used")
    _print_effective(out, made)
    _print_identified(out, made)
    out.print(
        f"\nparameter sets  {folder / 'plausible.csv'}: {sets}, {made['distinct_sets']} of them distinct", soft_wrap=True
    )
    out.print(f"run all sets    pullback sweep {folder / 'plausible.toml'}", soft_wrap=True)
    out.print(f"run one set     pullback run {min((folder / 'sets').glob('*.toml'))}", soft_wrap=True)
    out.print(f"full results    {folder / 'calibration.json'}", soft_wrap=True)


def _print_effective(out: Console, made: dict[str, Any]) -> None:
    """Print the effective sample size of the weighted points, and the precision it gives."""
    n = made["effective_points"]
    out.print(f"\neffective sample size {n:,.0f}", style="bold")
    precision = f"the 95% interval of a share of 50% is about 50% ± {100 / n**0.5:.0f} points"
    out.print(f"the weighted points are worth {n:,.0f} points of equal weight: {precision}", soft_wrap=True)
    if made["warning"]:
        out.print(f"! {made['warning']}", soft_wrap=True)


def _recorded(item: Observation) -> str:
    """Write what was reported: yes or no, or the range of the reports."""

    low, central, high = (plain(value) for value in item.observed)
    if item.score == "brier":
        return "yes" if item.observed[1] else "no"
    return central if low == high else span(low, high)


def _print_identified(out: Console, made: dict[str, Any]) -> None:
    """Print the values and combinations that the record identifies."""
    from sim.analysis.calibrate.identified import LEVEL

    clear = [value for value in made["values"] if value["identified"]]
    count = f"{len(clear)} of {len(made['values'])} values (p, adjusted for their number, below {LEVEL:g})"
    out.print(f"\nidentified by the record: {count}", style="bold")
    rows = table("value", "range", "5% to 95%", "p", whole=("value",))
    for value in clear[:SHOWN]:
        span = f"{value['p05']:.3g} to {value['p95']:.3g}"
        rows.add_row(value["path"], f"{value['low']:g} to {value['high']:g}", span, f"{value['p']:.2g}")
    if clear:
        out.print(rows)
    _print_combinations(out, made["combinations"])
    for tied in made["tied"][:SHOWN]:
        out.print(f"correlated: {' and '.join(tied['values'])}, rank correlation {tied['rank_correlation']:.2f}")
    if not made["tied"]:
        out.print("the record makes no two values correlated")
    out.print("the record does not narrow the range of any other value")


def _print_combinations(out: Console, combinations: list[dict[str, Any]]) -> None:
    """Print the linear combinations of values that observations constrain, with the weight of each value."""

    if not combinations:
        return
    out.print("\ncombinations of values, each scaled by its range, that an observation constrains", style="bold")
    rows = table("observation", "weights in the combination", "spread left", right=("spread left",))
    for made in combinations:
        terms = [f"{share:+.2f} {path}" for path, share in zip(made["paths"], made["shares"], strict=True)]
        more = [f"and {len(terms) - TERMS} more"] if len(terms) > TERMS else []
        rows.add_row(
            made["observation"],
            "\n".join(terms[:TERMS] + more),
            "too few" if made["spread"] is None else f"{made['spread']:.0%}",
        )
    out.print(rows)
