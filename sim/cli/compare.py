"""pullback compare: differences of outcomes between results with common random numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.tables import console, table, write_csv
from sim.cli.targets import FILE, is_printed
from sim.ground.files import STDOUT

if TYPE_CHECKING:
    from rich.console import Console

    from sim.analysis.compare.compare import Comparison
    from sim.analysis.compare.differences import Difference
    from sim.analysis.compare.expectations import Answer


LEGEND = """
A, B          mean of a number; median of a date, with the share of runs in which it came
B - A         median difference of the pairs that differ; for yes or no, difference of shares
95% interval  of B - A, by the sign test that gives q; for yes or no, Newcombe's interval
up, down      shares of the pairs in which B is higher or later, and lower or earlier
or more       a lower bound: a date did not come by the last day and counts as the day after
q             p of the same test, adjusted for the number of outcomes; largest effects first"""


@click.command(short_help="Compare outcomes of results in pairs of runs.")
@click.argument("sources", nargs=-1, required=True, metavar="A B [...]")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    metavar="X",
    help="Only this outcome, also where it does not differ.",
)
@click.option(
    "--where",
    "condition",
    metavar="CONDITION",
    help='Only pairs whose run of A meets it, as in "truce_broken_on < 2026-03-01".',
)
@click.option("--by", metavar="LEVER", help="With one sweep: compare its points by this lever, as in moscow.policy.")
@click.option("--uncertain", metavar="all|assumed|FILE", help="For scenario names: their runs with this --uncertain.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", "csv_file", type=FILE, metavar="FILE", help="Also write a CSV file, one row per difference.")
@click.option("--html", type=FILE, metavar="FILE", help="Also write a web page with charts.")
def compare(
    sources: tuple[str, ...],
    outcomes: tuple[str, ...],
    condition: str | None,
    by: str | None,
    uncertain: str | None,
    as_json: bool,
    csv_file: Path | None,
    html: Path | None,
) -> None:
    """Compare B, and any further results, with A in pairs of runs.

    A and B are results folders, or names of scenarios that have been run. The two runs of a pair have common random numbers:
    the same draw for the same decision on the same day, so that a difference between them is an effect of the change. Shown
    are the outcomes that differ beyond chance, with a 95% interval, and whether the scenario's expectations hold.
    """
    from sim.analysis.compare.compare import compare as of

    printed = is_printed(csv_file, html, as_json=as_json)
    made = of(*sources, outcomes=outcomes, where=condition, by=by, uncertain=uncertain)
    made.answers  # noqa: B018 - faults are reported before anything is written
    if csv_file is not None:
        write_csv(csv_file, made.table())
    if html is not None:
        from sim.pages.compare.page import write_comparison

        write_comparison(html, made)
        if html != STDOUT:
            click.echo(f"page in {html}", err=True)
    if as_json:
        print(json.dumps(made.as_object(), allow_nan=False))
    elif not printed:
        _print(made, show_all=bool(outcomes))


def _print(made: Comparison, show_all: bool) -> None:
    from sim.pages.wording import counted

    out, base = console(), made.paired.base
    for note in made.notes:
        out.print(f"! {note}", style="bold", soft_wrap=True)
    for other in made.paired.others:
        out.print(f"{other.name} (B) against {base.name} (A)", style="bold", soft_wrap=True)
        _print_side(out, made, [each for each in made.differences if each.scenario == other.name], show_all)
    out.print(LEGEND)
    out.print("pullback list outcomes shows the names that --outcome takes")
    out.print(f"{counted(len(base.key), 'pair')} of simulated runs: an exploration, not a forecast")


def _print_side(out: Console, made: Comparison, differences: list[Difference], show_all: bool) -> None:
    from sim.pages.compare import wording as words

    start = made.paired.base.start
    _print_expected(out, [answer for answer in made.answers if answer.scenario == differences[0].scenario])
    for text in words.warnings(differences):
        out.print(f"! {text}", soft_wrap=True)
    clear = [each for each in words.by_size(differences) if each.is_clear]
    columns = ("A", "B", "B - A", "95% interval", "up, down", *(["q"] if show_all else []))
    rows = table("outcome", *columns, whole=columns)
    for each in differences if show_all else clear:
        if each.diff is not None:
            cells = words.size(each), words.interval(each), words.pairs(each), words.chance(each)
            rows.add_row(words.label(each), *words.sides(each, start), *cells[: len(columns) - 2])
    if rows.row_count:
        out.print(rows)
    for text in words.remarks(differences if show_all else clear):
        out.print(text, soft_wrap=True)
    if show_all:
        _print_by_date(out, differences)
        return
    listed = {each.outcome.title for each in clear}
    for heading, group in (
        ("not distinguishable from chance (q of 0.05 or more)", [each for each in differences if each.differ]),
        ("equal in every pair", [each for each in differences if each.diff is not None]),
        ("arises on both sides in no pair", differences),
    ):
        titles = list(dict.fromkeys(each.outcome.title for each in group if each.outcome.title not in listed))
        listed.update(titles)
        if titles:
            out.print(f"\n{heading}: {'; '.join(titles)}")


def _print_expected(out: Console, answers: list[Answer]) -> None:
    from sim.pages.compare import wording as words

    if not answers:
        return
    rows = table("outcome", "expected", "found", "verdict", whole=("outcome", "verdict"))
    for answer in answers:
        rows.add_row(*words.expected(answer))
    out.print(rows)
    out.print()


def _print_by_date(out: Console, differences: list[Difference]) -> None:
    from sim.pages.compare import wording as words
    from sim.pages.wording import percent

    for made in differences:
        if made.by:
            heading = f"{made.outcome.title} by"
            rows = table(heading, "A", "B", "B - A", "95% interval", whole=(heading,))
            for row in made.by:
                ends = " to ".join(words.points(end, with_unit=False) for end in row.ci)
                rows.add_row(str(row.date), percent(row.a), percent(row.b), words.points(row.diff), ends)
            out.print()
            out.print(rows)
