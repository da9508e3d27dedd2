"""pullback status, verify, compact and export: a folder of results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.exits import DONE, HELD, OUTPUT, PARTLY, Ended
from sim.cli.progress import in_bytes, in_time
from sim.cli.tables import console, table, write_csv
from sim.cli.targets import FILE
from sim.ground.checks import POINTS_RECOMPUTED
from sim.ground.errors import InputError
from sim.ground.files import STDOUT
from sim.scenario.files import near_miss

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.experiments.play.check import Status

FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@click.command()
@FOLDER
@click.option("--outcome", metavar="X", help="Also say what came of an outcome so far.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(folder: Path, outcome: str | None, as_json: bool) -> None:
    """Say how far the results in DIR are, also while another process works on them."""
    import json

    from sim.experiments.play.check import status as status_of

    made = status_of(folder)
    if as_json:
        more = {"seconds_left": made.seconds_left, "complete": made.done == made.asked}
        print(json.dumps({"schema": 1, "results": str(folder)} | more | vars(made)))
        return
    rows = table("", "")
    for name, said in _lines(made):
        rows.add_row(name, said)
    if outcome is not None:
        rows.add_row(outcome, _so_far(folder, outcome, made))
    console().print(rows)


def _lines(made: Status) -> list[tuple[str, str]]:

    state = (
        "running"
        if made.is_running
        else "complete"
        if made.done == made.asked
        else "INCOMPLETE; the same command goes on with it, or the other shards do"
    )
    lines = [
        ("state", state),
        ("runs", f"{made.done:,} of {made.asked:,}"),
        ("points", f"{made.points_done:,} of {made.points:,} complete"),
        ("disk", f"{in_bytes(made.used)} used, {in_bytes(made.free)} free"),
    ]
    if made.scenarios:
        lines.append(("scenarios", ", ".join(made.scenarios)))
    if made.unsettled:
        lines.append(("rule", f"{made.unsettled:,} points have the most runs and are not known as closely as it asks"))
    if made.is_running and made.seconds_left is not None:
        lines.append(("rate", f"{made.rate:.0f} runs a second, {in_time(made.seconds_left)} left"))
    return lines + [("failed", f"{job} {why}") for job, why in made.failed.items()]


def _so_far(folder: Path, outcome: str, made: Status) -> str:
    from sim.analysis.measure import measure_of
    from sim.analysis.sensitivity.point_values import over_points
    from sim.experiments.store.sweep import sweep_in

    results = sweep_in(folder)
    found = over_points(results, measure_of(outcome, results))
    complete = "" if made.done == made.asked else f", INCOMPLETE: {made.points_done} of {made.points} points"
    interval = "" if found.ends is None else f" (95% interval {found.ends[0]:.4g} to {found.ends[1]:.4g})"
    note = f"\n! {found.note}" if found.note else ""
    return f"mean {found.mean:.4g}{interval}, by point {found.low:.4g} to {found.high:.4g}{complete}{note}"


@click.command()
@FOLDER
@click.option(
    "--recompute", type=click.IntRange(*POINTS_RECOMPUTED), default=3, show_default=True, help="Points to play again."
)
def verify(folder: Path, recompute: int) -> int:
    """Check the results in DIR: every planned run once, every file whole, some points played again bit for bit."""
    from sim.experiments.play.check import verify as faults_of

    faults = 0
    for fault in faults_of(folder, recompute):
        faults += 1
        click.echo(fault)
    if not faults:
        click.echo("ok: every planned run is there once, every file is whole, what was played again came out the same")
    return PARTLY if faults else DONE


@click.command()
@FOLDER
def compact(folder: Path) -> None:
    """Put the small files of the results in DIR together into large ones. It may be stopped at any time."""
    from sim.experiments.play.check import compact as put_together
    from sim.experiments.store.locks import FolderBusy

    try:
        before, after = put_together(folder)
    except FolderBusy as error:
        raise Ended(str(error), HELD) from None
    many = f"{after:,} part" + ("s" if after != 1 else "")
    click.echo(f"nothing to put together: {many}" if before == after else f"{before:,} parts before, {many} now")


@click.command()
@FOLDER
@click.option("--csv", "file", type=FILE, metavar="FILE", help="Where to write.  [default: stdout]")
@click.option("--netcdf", type=FILE, metavar="FILE", help="Write all as one netCDF file instead.")
@click.option("--outcome", "outcomes", multiple=True, metavar="X", help="Only these outcomes.")
@click.option("--series", "series", multiple=True, metavar="NAME", help="Daily series instead of outcomes.")
@click.option("--priogrid", is_flag=True, help="A row per PRIO-GRID cell and month instead; of an ensemble.")
@click.option("--events", is_flag=True, help="A row per deadly event instead, in UCDP GED's columns; of an ensemble.")
def export(
    folder: Path,
    file: Path | None,
    netcdf: Path | None,
    outcomes: tuple[str, ...],
    series: tuple[str, ...],
    priogrid: bool,
    events: bool,
) -> None:
    """Write the results in DIR, of a sweep or an ensemble, as CSV: a row per run, or per day with --series.

    A row of a sweep has the values of its point too. Dates are days since the start, empty where they did not come.
    """
    wanted = [name for name, given in (("--outcome", outcomes), ("--series", series), ("--priogrid", priogrid)) if given]
    wanted += [name for name, given in (("--events", events), ("--netcdf", netcdf)) if given]
    wanted += ["--csv"] if netcdf and file else []
    if len(wanted) > 1:
        raise click.UsageError(f"{' and '.join(wanted)} go one at a time")
    if netcdf is not None:
        from sim.experiments.export.netcdf import write_netcdf

        sizes = write_netcdf(folder, netcdf)
        said = ", ".join(f"{size} {name}s" for name, size in sizes.items())
        click.echo(f"{said} in {OUTPUT if netcdf == STDOUT else netcdf}", err=True)
        return
    rows = _by_place(folder, events) if priogrid or events else _table(folder, outcomes, series)
    write_csv(file or STDOUT, rows)
    if file not in (None, STDOUT):
        click.echo(f"{rows.num_rows:,} rows in {file}", err=True)


def _by_place(folder: Path, events: bool) -> pa.Table:
    from sim.experiments.export.ged import violent_events
    from sim.experiments.export.prio_grid import by_priogrid_month
    from sim.experiments.export.tables import open_results
    from sim.experiments.store.ensemble import Results

    results = open_results(folder)
    if not isinstance(results, Results):
        raise InputError(f"{folder}: is a sweep, which keeps no places; name the folder of an ensemble (pullback run)")
    return violent_events(results) if events else by_priogrid_month(results)


def _table(folder: Path, outcomes: tuple[str, ...], series: tuple[str, ...]) -> pa.Table:
    from sim.experiments.export.tables import outcomes_of, series_of
    from sim.experiments.store.parts import columns_of
    from sim.experiments.store.stored import Stored
    from sim.record.history import SERIES

    there = Stored(folder)
    kept = [*columns_of(there.manifest, there.known), *there.lacking]
    for name, known, what in (
        *((o, kept, "an outcome") for o in outcomes),
        *((s, list(SERIES), "a daily series") for s in series),
    ):
        if name not in known:
            more = there.adds if known is kept else ""
            raise InputError(f"{name} is not {what}{near_miss(name, known)}{more}")
    return series_of(folder, series) if series else outcomes_of(folder, outcomes)
