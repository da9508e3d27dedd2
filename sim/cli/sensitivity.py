"""pullback sensitivity: the values of a sweep that an outcome depends on."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.tables import console, table, write_csv
from sim.cli.targets import FILE, is_printed
from sim.ground.files import STDOUT

if TYPE_CHECKING:
    from rich.console import Console

    from sim.analysis.sensitivity.point_values import Heat
    from sim.analysis.sensitivity.sensitivity import Sensitivity

SHOWN = 15


@click.command(short_help="Rank the values that an outcome of a sweep depends on.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--outcome", required=True, metavar="X", help="Name of an outcome; with categories, NAME=CATEGORY.")
@click.option(
    "--where", "condition", metavar="CONDITION", help='Only runs that meet it, as in "truce_broken_on < 2026-03-01".'
)
@click.option("--over", nargs=2, metavar="A B", help="Also the means by two values, as a table and heat map.")
@click.option("--csv", "csv_file", type=FILE, metavar="FILE", help="Also write a CSV file, one row per value.")
@click.option("--html", type=FILE, metavar="FILE", help="Also write a web page with charts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def sensitivity(
    folder: Path,
    outcome: str,
    condition: str | None,
    over: tuple[str, str] | None,
    csv_file: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Rank the values that the sweep in DIR varies by their share of an outcome's variance.

    Also shows how much of the variance is due to chance, and how much to values that are only assumed.
    pullback list outcomes shows the names of outcomes.
    """
    from sim.analysis.sensitivity.sensitivity import as_object
    from sim.analysis.sensitivity.sensitivity import sensitivity as of

    printed = is_printed(csv_file, html, as_json=as_json)
    made = of(folder, outcome, condition)
    map_ = made.heat(*over) if over else None
    if csv_file is not None:
        write_csv(csv_file, made.table())
    if html is not None:
        from sim.pages.sensitivity.page import write_sensitivity

        write_sensitivity(html, made, map_)
        if html != STDOUT:
            click.echo(f"page in {html}", err=True)
    if as_json:
        print(json.dumps(_finite(as_object(made, map_)), allow_nan=False))
    elif not printed:
        _print(made, map_, folder)


def _finite(value: Any) -> Any:
    """Return a value for JSON: null in place of NaN and inf."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(made: Sensitivity, map_: Heat | None, folder: Path) -> None:

    out = console()
    out.print(made.measure.caption + (f", where {made.where.said}" if made.where else ""), style="bold")
    if not made.is_complete:
        out.print("INCOMPLETE: the sweep is not finished; these are the points played so far", style="bold")
    if made.warning:
        out.print(f"! {made.warning}", style="bold", soft_wrap=True)
    out.print(f"{made.points} points, {made.runs:,} runs in {folder}\n", soft_wrap=True)
    _print_spread(out, made)
    _print_drivers(out, made)
    _print_grades(out, made)
    if map_ is not None:
        _print_heat(out, map_)


def _print_spread(out: Console, made: Sensitivity) -> None:
    from sim.pages.wording import part

    rows = table("variance of one run", "share", whole=("variance of one run",))
    for name, variance in made.spread.named.items():
        rows.add_row(name, part(variance / made.spread.total) if made.spread.total else "-")
    out.print(rows)


def _print_drivers(out: Console, made: Sensitivity) -> None:
    from sim.pages.wording import part

    rows = table("value", "share", "95% interval", "q", "rank corr.", "evidence", whole=("value",))
    clear = [driver for driver in made.drivers if driver.q < 0.05]
    for driver in clear[:SHOWN]:
        rank = "-" if driver.rank_correlation is None else f"{driver.rank_correlation:+.2f}"
        ends = f"{part(driver.low)} to {part(driver.high)}"
        rows.add_row(driver.path, part(driver.share), ends, f"{driver.q:.2g}", rank, driver.grade)
    rows.add_row("(value without effect)", "0%", f"below {part(made.dummy)}", "", "", "")
    out.print("\nvalues, by share of the variance between points")
    out.print(rows)
    out.print(f"{len(clear)} of {len(made.drivers)} values are distinguishable from chance (q below 0.05)")


def _print_grades(out: Console, made: Sensitivity) -> None:
    from sim.pages.wording import part

    rows = table(
        "evidence of the values", "values", "share of all variance", "95% interval", whole=("evidence of the values",)
    )
    for grade in made.grades:
        name = f"confidence {grade.grade}" if len(grade.grade) == 1 else grade.grade
        rows.add_row(name, str(grade.values), part(grade.share), f"{part(grade.low)} to {part(grade.high)}")
    rows.add_row(made.left_over, "", part(made.together), "")
    out.print()
    out.print(rows)


def _print_heat(out: Console, map_: Heat) -> None:

    rows = table(map_.paths[0], *map_.names[1], whole=(map_.paths[0],))
    for name, means in zip(map_.names[0], map_.means.tolist(), strict=True):
        rows.add_row(name, *("-" if math.isnan(mean) else f"{mean:.4g}" for mean in means))
    out.print(f"\nmean by {map_.paths[0]} (rows) and {map_.paths[1]} (columns)")
    out.print(rows)
