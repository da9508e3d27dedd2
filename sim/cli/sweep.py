"""pullback plan and sweep: the size of a sweep, and playing it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.cost import print_estimate
from sim.cli.progress import in_bytes, in_time, progress
from sim.cli.streams import stored_in
from sim.cli.tables import console, table
from sim.cli.targets import FOLDER
from sim.ground.checks import WORKERS

if TYPE_CHECKING:
    from sim.experiments.design.sweep import Sweep
    from sim.experiments.play.estimate import Estimate
    from sim.experiments.play.runner import MakePool
    from sim.experiments.store.locks import Shard
    from sim.experiments.store.sweep import SweepResults

OUTCOME_SHOWN = "truce_agreed_on"
"""The outcome of the example in the next steps."""


@click.command(short_help="Show a sweep and its estimated time, memory and disk.")
@click.argument("sweep")
@click.option("--workers", type=click.IntRange(*WORKERS), help="Processes to assume.  [default: processors]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan(sweep: str, workers: int | None, as_json: bool) -> None:
    """Show what SWEEP varies, and its points, runs and estimated time, memory and disk. Writes nothing.

    One point is played to measure these. SWEEP is the name of a shipped sweep, or a path.
    """
    import json

    from sim.cli.batch import processors
    from sim.experiments.play.estimate import estimate
    from sim.experiments.play.folder import default_folder, with_streams_of
    from sim.experiments.store.kept import load_sweep

    loaded, workers = load_sweep(sweep), workers or processors()
    loaded = with_streams_of(loaded, default_folder(loaded))
    made, warnings = estimate(loaded, workers), _warnings(loaded)
    if as_json:
        head = {"schema": 1, "sweep": loaded.name, "hash": loaded.hash, "workers": workers, "streams": loaded.streams}
        head |= {"scenarios": loaded.design.scenario_names}
        print(json.dumps(head | vars(made) | {"warning": "; ".join(warnings) or None}))
        return
    out = console()
    out.print(f"{loaded.name}: {loaded.title}", style="bold")
    if loaded.question:
        out.print(loaded.question)
    out.print()
    rows = table("", "")
    rows.add_row("base", f"{loaded.base.name}, {loaded.base.days} days, seed {loaded.base.seed}")
    rows.add_row("design", _design(loaded))
    if loaded.design.scenario_names:
        rows.add_row("scenarios", ", ".join(loaded.design.scenario_names))
    rows.add_row("points", f"{made.points:,}" + (", including the unchanged base" if loaded.recipe.include_base else ""))
    rows.add_row("runs", _runs(loaded, made))
    rows.add_row("random numbers", _streams(loaded))
    rows.add_row("jobs", f"{made.jobs:,}")
    most = "at most " if loaded.sequential else "about "
    rows.add_row("time", f"{most}{in_time(made.seconds)} with {workers} workers")
    rows.add_row("memory", f"about {in_bytes(made.memory)} for each worker")
    rows.add_row("disk", f"{most}{in_bytes(made.disk)}, series: {loaded.series}")
    rows.add_row("results", str(default_folder(loaded)))
    out.print(rows)
    for warning in warnings:
        out.print(f"! {warning}", style="bold", soft_wrap=True)


def _warnings(sweep: Sweep) -> list[str]:
    """Return what limits a sweep: few points for so many values, few random histories."""
    from sim.analysis.clusters import few_histories
    from sim.experiments.design.replicates import SHARED

    runs = sweep.sequential.least if sweep.sequential else sweep.runs
    few = few_histories(runs, runs * sweep.design.points) if sweep.streams == SHARED else ""
    return [each for each in (_few_points(sweep), few) if each]


def _streams(sweep: Sweep) -> str:
    """Describe which random numbers the points have, and why."""
    from sim.experiments.design.replicates import FEWEST_HISTORIES, SHARED, default_streams

    if not sweep.recipe.uncertainties:
        return "shared: run r of every point has the same random numbers"
    if sweep.streams == SHARED:
        text, when = "shared: run r of every point has the same random numbers", f"{FEWEST_HISTORIES} runs or more"
    else:
        text = "own: each row of uncertain values has its own random numbers"
        text += ", the same for every lever" if sweep.recipe.levers else ""
        when = f"fewer than {FEWEST_HISTORIES} runs"
    if sweep.streams_chosen:
        return text
    is_default = sweep.streams == default_streams(sweep.sequential.least if sweep.sequential else sweep.runs)
    return f"{text} ({f'default for {when} of each point' if is_default else 'as in the existing folder'})"


def _few_points(sweep: Sweep) -> str:
    """Return the warning that the rows of a sampled design are few for what they sample, "" where they are not."""
    from sim.analysis.sensitivity.resolution import too_few_points

    recipe = sweep.recipe
    if recipe.method in ("grid", "one-at-a-time"):
        return ""
    return too_few_points(len(recipe.table) or recipe.points, len(recipe.uncertainties))


def _runs(sweep: Sweep, made: Estimate) -> str:
    if sweep.sequential is None:
        return f"{made.runs:,}: {sweep.runs} of each point"
    from sim.record.outcomes import outcomes_of

    rule = sweep.sequential
    titles = {outcome.name: outcome.title for outcome in outcomes_of(sweep.outcomes)}
    until = " and ".join(f'the {c.stat} of "{titles[c.outcome]}" is known to ±{c.half_width:g}' for c in rule.until)
    return f"{made.least_runs:,} to {made.runs:,}: {rule.least} of each point, then {rule.step} at a time until {until}"


def _design(sweep: Sweep) -> str:
    recipe = sweep.recipe
    sizes = (("lever", "levers", len(recipe.levers)), ("uncertainty", "uncertainties", len(recipe.uncertainties)))
    varied = [f"{size} {one if size == 1 else many}" for one, many, size in sizes if size]
    return f"{recipe.method} over {' and '.join(varied)}"


@click.command()
@click.argument("sweep", required=False)
@click.option("--workers", type=click.IntRange(*WORKERS), help="Processes to use.  [default: processors]")
@click.option("--out", type=FOLDER, help="Results folder.  [default: results/NAME-HASH]")
@click.option("--until", metavar="DAY", help="Stop on the evening of DAY, a date or a number of days.")
@click.option("--save", type=FOLDER, metavar="DIR", help="With --until: folder for the results and the state of every run.")
@click.option(
    "--from",
    "saved",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Continue a saved sweep, with values changed by --set.",
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="With --from: set a value in every point, from the next day on.",
)
@click.option("--days", type=int, help="With --from: number of days in all.  [default: the sweep's]")
@click.option("--shard", metavar="K/N", help="Play only the K-th of N parts, as one task of a job array.")
@click.option(
    "--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="Where the runs are played."
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="With --engine dask: address of its scheduler, as in tcp://127.0.0.1:8786."
)
@click.option("--anyway", is_flag=True, help="Run even if disk or memory may not suffice.")
def sweep(
    sweep: str | None,
    workers: int | None,
    out: Path | None,
    until: str | None,
    save: Path | None,
    saved: Path | None,
    sets: tuple[str, ...],
    days: int | None,
    shard: str | None,
    engine: str,
    scheduler: str | None,
    anyway: bool,
) -> None:
    """Play every point of SWEEP. The same command continues where it was stopped.

    SWEEP is the name of a shipped sweep, a path (with a slash, or ending in .toml), or the results folder of an unfinished
    sweep. With --until and --save all runs stop on the evening of DAY; --from continues them as often as you like, with the
    values of each point except those changed by --set. Compare the results with pullback compare.
    """
    from sim.cli.batch import ending, processors
    from sim.experiments.play.fill import fill
    from sim.experiments.play.folder import default_folder, folder_of, with_streams_of
    from sim.experiments.play.need import check_resource_limits, needs_of
    from sim.experiments.store.sweep import SweepResults

    if (engine == "dask") != (scheduler is not None):
        raise click.UsageError("--engine dask and --scheduler ADDRESS go together")
    part = None if shard is None else _shard(shard)
    _check_usage(sweep, until, save, saved, sets, days, out)
    loaded = _loaded(sweep, until, saved, sets, days)
    folder = save or out or (folder_of(sweep) if sweep and until is None else None) or default_folder(loaded)
    loaded = with_streams_of(loaded, folder)
    least, most = needs_of(loaded, folder, 0 if scheduler else workers or processors(), part)
    if not anyway:
        check_resource_limits(least, folder)
    with ending(folder), _pool(scheduler, folder) as (pool, threads):
        workers = workers or threads or processors()
        print_estimate(loaded.base, least, workers, most if loaded.sequential else None)
        with progress(folder, is_final=loaded.sequential is None) as report:
            fill(loaded, folder, workers, report, pool, part, continued_from=saved)
    with stored_in(folder):
        _say_results(SweepResults(folder), loaded)


def _check_usage(
    sweep: str | None,
    until: str | None,
    save: Path | None,
    saved: Path | None,
    sets: tuple[str, ...],
    days: int | None,
    out: Path | None,
) -> None:
    if (sweep is None) == (saved is None):
        raise click.UsageError("name a sweep, or the folder of saved runs to continue: --from DIR")
    if (until is None) != (save is None):
        raise click.UsageError("--until DAY and --save DIR go together")
    if saved is not None and until is not None:
        raise click.UsageError("--until cannot be used with --from: it stops a sweep that is played from its first evening")
    if save is not None and out is not None:
        raise click.UsageError("--save DIR replaces --out; give one of them")
    if saved is None and (sets or days is not None):
        raise click.UsageError("--set and --days need --from DIR; otherwise state them in the sweep file")


def _loaded(sweep: str | None, until: str | None, saved: Path | None, sets: tuple[str, ...], days: int | None) -> Sweep:
    """Return the sweep to play. Raises InputError."""
    from sim.cli.run import day_number
    from sim.experiments.play.states import stopped, sweep_continued
    from sim.experiments.store.kept import load_sweep

    if saved is not None:
        return sweep_continued(saved, sets, days)
    loaded = load_sweep(sweep or "")
    return loaded if until is None else stopped(loaded, day_number(until, loaded.base))


def _say_results(results: SweepResults, sweep: Sweep) -> None:
    """Print the number of runs, and the commands for the next steps."""
    folder, recipe = results.folder, sweep.recipe
    click.echo(f"{results.runs_there:,} of {results.runs_asked:,} runs of {results.design.points:,} points in {folder}")
    click.echo(f"random numbers: {_streams(sweep)}")
    for warning in _warnings(sweep):
        click.echo(f"! {warning}")
    if results.unsettled:
        click.echo(f"{results.unsettled:,} points have the most runs allowed and are less precise than requested")
    if not results.is_complete:
        click.echo("INCOMPLETE: play the other shards, or the same command without --shard")
        return
    click.echo(f"check        pullback verify {folder}")
    if sweep.horizon is not None:
        click.echo(f"continue     pullback sweep --from {folder} --set KEY=VALUE")
    if recipe.levers:
        click.echo(f"compare      pullback compare {folder} --by {recipe.levers[0].path}")
    if recipe.uncertainties:
        click.echo(f"sensitivity  pullback sensitivity {folder} --outcome {OUTCOME_SHOWN}")


def _shard(text: str) -> Shard:
    from sim.experiments.store.locks import Shard

    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise click.UsageError(f"--shard {text}: give K/N, as in 1/8 to 8/8")
    return Shard(int(number), int(of))


@contextmanager
def _pool(scheduler: str | None, folder: Path) -> Iterator[tuple[MakePool, int | None]]:
    """Yield the function that makes the pool, and its number of workers where known."""
    from sim.experiments.play.runner import local_pool

    if scheduler is None:
        yield local_pool, None
        return
    from sim.experiments.play.cluster import connected

    folder.mkdir(parents=True, exist_ok=True)
    with connected(scheduler, folder, lambda message: click.echo(f"pullback: {message}", err=True)) as (make_pool, threads):
        yield make_pool, threads
