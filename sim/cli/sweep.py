"""pullback plan and sweep: what a sweep would take, and playing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sim.experiments.sweep_file import Sweep


@click.command()
@click.argument("sweep")
@click.option("--workers", type=click.IntRange(min=1), help="Processes to reckon with.  [default: processors]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan(sweep: str, workers: int | None, as_json: bool) -> None:
    """Say what SWEEP varies and what it would take: points, runs, jobs, time, memory and disk. Keeps nothing.

    One point is played and measured. SWEEP is the name of a shipped sweep, or a path.
    """
    import json

    from sim.cli.batch import processors
    from sim.cli.progress import in_bytes, in_time
    from sim.cli.tables import console, table
    from sim.experiments.sweep import default_folder
    from sim.experiments.sweep_estimate import estimate
    from sim.experiments.sweep_file import load_sweep

    loaded, workers = load_sweep(sweep), workers or processors()
    made = estimate(loaded, workers)
    if as_json:
        print(json.dumps({"schema": 1, "sweep": loaded.name, "hash": loaded.hash, "workers": workers} | vars(made)))
        return
    out = console()
    out.print(f"{loaded.name}: {loaded.title}", style="bold")
    if loaded.asks:
        out.print(loaded.asks)
    out.print()
    rows = table("", "")
    rows.show_header = False
    rows.add_row("base", f"{loaded.base.name}, {loaded.base.days} days, seed {loaded.base.seed}")
    rows.add_row("design", _design(loaded))
    rows.add_row("points", f"{made.points:,}" + (", the unchanged base among them" if loaded.recipe.include_base else ""))
    rows.add_row("runs", f"{made.runs:,}: {loaded.runs} of each point, with the same luck in every point")
    rows.add_row("jobs", f"{made.jobs:,}")
    rows.add_row("time", f"about {in_time(made.seconds)} with {workers} workers")
    rows.add_row("memory", f"about {in_bytes(made.memory)} for each worker")
    rows.add_row("disk", f"about {in_bytes(made.disk)}, series: {loaded.series}")
    rows.add_row("results", str(default_folder(loaded)))
    out.print(rows)


def _design(sweep: Sweep) -> str:
    recipe = sweep.recipe
    varied = [f"{len(recipe.levers)} levers"] * bool(recipe.levers)
    varied += [f"{len(recipe.uncertainties)} uncertainties"] * bool(recipe.uncertainties)
    return f"{recipe.method} over {' and '.join(varied)}"


@click.command()
@click.argument("sweep")
@click.option("--workers", type=click.IntRange(min=1), help="Processes to use.  [default: processors]")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder.  [default: results/NAME-HASH]")
def sweep(sweep: str, workers: int | None, out: Path | None) -> None:
    """Play every point of SWEEP, each with the same luck. The same command goes on where it was stopped.

    SWEEP is the name of a shipped sweep, or a path with a slash or ending in .toml.
    """
    from sim.cli.batch import end_workers, processors
    from sim.cli.exits import HELD, INTERRUPTED, PARTLY, TERMINATED, Ended, Terminated
    from sim.experiments.sweep import FolderBusy, JobsFailed, default_folder, run_sweep
    from sim.experiments.sweep_file import load_sweep

    loaded = load_sweep(sweep)
    folder = out or default_folder(loaded)
    try:
        with _progress(folder) as report:
            results = run_sweep(loaded, folder, workers or processors(), report)
    except FolderBusy as error:
        raise Ended(str(error), HELD) from None
    except JobsFailed as error:
        raise Ended(str(error), PARTLY) from None
    except (KeyboardInterrupt, Terminated) as stop:
        end_workers()
        code = TERMINATED if isinstance(stop, Terminated) else INTERRUPTED
        raise Ended(f"stopped; what is done is stored in {folder}: the same command goes on from there", code) from None
    click.echo(f"{results.runs_there} runs of {results.design.points} points in {folder}")


@contextmanager
def _progress(folder: Path) -> Iterator[Callable[[int, int, int], None]]:
    """Yield the function a sweep calls as jobs end: a bar on a terminal, otherwise a line every ten seconds."""
    from sim.cli.progress import SECONDS_BETWEEN_LINES, in_time, on_a_bar

    started, before, said = monotonic(), None, monotonic()

    def line(done: int, asked: int, failed: int) -> str:
        rate = (done - before) / max(monotonic() - started, 1e-9)
        left = f", {rate:.0f} a second, {in_time((asked - done) / rate)} left" if rate else ""
        return f"{done:,} of {asked:,} runs{left}" + (f", {failed} jobs failed" if failed else "")

    with on_a_bar("runs") as bar:

        def report(done: int, asked: int, failed: int) -> None:
            nonlocal before, said
            before = done if before is None else before
            if bar is not None:
                bar(done, asked, line(done, asked, failed))
            elif monotonic() - said >= SECONDS_BETWEEN_LINES:
                said = monotonic()
                click.echo(line(done, asked, failed), err=True)

        yield report
