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


@click.command(short_help="Show the progress of a sweep or ensemble.")
@FOLDER
@click.option("--outcome", metavar="X", help="Also show the mean of an outcome so far.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(folder: Path, outcome: str | None, as_json: bool) -> None:
    """Show the progress of the results in DIR, also while another process works on them."""
    import json

    from sim.experiments.play.check import status as status_of

    if not folder.is_dir():
        raise InputError(f"{folder}: no such results folder")
    made = status_of(folder)
    if as_json:
        more = {"seconds_left": made.seconds_left, "complete": made.done == made.asked}
        print(json.dumps({"schema": 1, "results": str(folder)} | more | vars(made)))
        return
    rows = table("", "")
    for name, value in _lines(made):
        rows.add_row(name, value)
    if outcome is not None:
        rows.add_row(*_so_far(folder, outcome, made))
    console().print(rows)


def _lines(made: Status) -> list[tuple[str, str]]:

    state = (
        "running"
        if made.is_running
        else "complete"
        if made.done == made.asked
        else "INCOMPLETE; the same command, or the other shards, continue it"
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
        lines.append(("rule", f"{made.unsettled:,} points have the most runs allowed and are less precise than requested"))
    if made.is_running and made.seconds_left is not None:
        lines.append(("rate", f"{made.rate:.0f} runs a second, {in_time(made.seconds_left)} left"))
    return lines + [("failed", f"{job} {why}") for job, why in made.failed.items()]


def _so_far(folder: Path, outcome: str, made: Status) -> tuple[str, str]:
    """Return the caption of an outcome, and its mean over the points played so far."""
    from sim.analysis.measure import measure_of
    from sim.analysis.sensitivity.point_values import over_points
    from sim.experiments.store.sweep import sweep_in

    results = sweep_in(folder)
    measure = measure_of(outcome, results)
    found = over_points(results, measure)
    complete = "" if made.done == made.asked else f", INCOMPLETE: {made.points_done} of {made.points} points"
    interval = "" if found.ends is None else f" (95% interval {found.ends[0]:.4g} to {found.ends[1]:.4g})"
    note = f"\n! {found.note}" if found.note else ""
    mean = f"mean {found.mean:.4g}{interval}, by point {found.low:.4g} to {found.high:.4g}"
    return measure.caption, f"{mean}{complete}{note}"


@click.command(short_help="Check that results are complete and reproducible.")
@FOLDER
@click.option(
    "--recompute",
    type=click.IntRange(*POINTS_RECOMPUTED),
    default=3,
    show_default=True,
    help="Number of points to play again.",
)
def verify(folder: Path, recompute: int) -> int:
    """Check the results in DIR: every planned run once, every file intact, some points replayed with identical results."""
    from sim.experiments.play.check import verify as faults_of

    faults = 0
    for fault in faults_of(folder, recompute):
        faults += 1
        click.echo(fault)
    if not faults:
        click.echo("ok: every planned run is there once, every file is intact, the points replayed gave identical results")
    return PARTLY if faults else DONE


@click.command(short_help="Merge the small files of results into large ones.")
@FOLDER
def compact(folder: Path) -> None:
    """Merge the small files of the results in DIR into large ones. May be stopped at any time."""
    from sim.experiments.play.check import compact as put_together
    from sim.experiments.store.locks import FolderBusy

    try:
        before, after = put_together(folder)
    except FolderBusy as error:
        raise Ended(str(error), HELD) from None
    files = f"{after:,} file" + ("s" if after != 1 else "")
    click.echo(f"nothing to merge: {files}" if before == after else f"{before:,} files before, {files} now")


@click.command(short_help="Write results as CSV or netCDF.")
@FOLDER
@click.option("--csv", "file", type=FILE, metavar="FILE", help="CSV file to write.  [default: standard output]")
@click.option("--netcdf", type=FILE, metavar="FILE", help="Write all outcomes and series to a netCDF file instead.")
@click.option("--outcome", "outcomes", multiple=True, metavar="X", help="Only this outcome; may be repeated.")
@click.option(
    "--series", "series", multiple=True, metavar="NAME", help="A daily series instead of outcomes; may be repeated."
)
@click.option("--priogrid", is_flag=True, help="For an ensemble: a row per PRIO-GRID cell and month instead.")
@click.option("--events", is_flag=True, help="For an ensemble: a row per deadly event instead, in the columns of UCDP GED.")
def export(
    folder: Path,
    file: Path | None,
    netcdf: Path | None,
    outcomes: tuple[str, ...],
    series: tuple[str, ...],
    priogrid: bool,
    events: bool,
) -> None:
    """Write the results in DIR, an ensemble or a sweep, as CSV: a row per run, or per run and day with --series.

    Rows of a sweep include the values of the point. Dates are in days since the start, empty if they did not come.
    pullback list outcomes and pullback list series show the names.
    """
    options = [name for name, given in (("--outcome", outcomes), ("--series", series), ("--priogrid", priogrid)) if given]
    options += [name for name, given in (("--events", events), ("--netcdf", netcdf)) if given]
    options += ["--csv"] if netcdf and file else []
    if len(options) > 1:
        raise click.UsageError(f"{' and '.join(options)} cannot be combined; give one of them")
    if netcdf is not None:
        from sim.experiments.export.netcdf import write_netcdf

        sizes = write_netcdf(folder, netcdf)
        counts = ", ".join(f"{size} {name}s" for name, size in sizes.items())
        click.echo(f"{counts} in {OUTPUT if netcdf == STDOUT else netcdf}", err=True)
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
        raise InputError(f"{folder}: is a sweep, which stores no maps; name the folder of an ensemble (pullback run)")
    return violent_events(results) if events else by_priogrid_month(results)


def _table(folder: Path, outcomes: tuple[str, ...], series: tuple[str, ...]) -> pa.Table:
    from sim.analysis.measure import likeliest
    from sim.experiments.export.tables import outcomes_of, series_of
    from sim.experiments.store.parts import columns_of
    from sim.experiments.store.stored import Stored
    from sim.record.history import SERIES

    stored = Stored(folder)
    kept = [*columns_of(stored.manifest, stored.known), *stored.lacking]
    for name in outcomes:
        if name not in kept:
            raise InputError(f"{name} is not the name of an outcome{likeliest(name, stored.known, stored.adds)}")
    for name in series:
        if name not in SERIES:
            hint = near_miss(name, SERIES) or "; pullback list series shows them all"
            raise InputError(f"{name} is not the name of a daily series{hint}")
    return series_of(folder, series) if series else outcomes_of(folder, outcomes)
