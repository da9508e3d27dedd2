"""pullback compare: how outcomes differ between results that share their luck."""

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
A, B              mean of a number; median of a date, and the share of the runs in which it came
where it differs  B less A: median of the pairs that differ; of yes or no, difference of the shares
95% interval      of that, by the sign test that gives q; of yes or no, Newcombe's
up, down          shares of the pairs in which B is greater, or later, and less, or earlier
or more           a date did not come by the last day, and counts as the day after
q                 p of the same test, adjusted for the number of outcomes; the largest effects first"""


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="A B [...]")
@click.option("--outcome", "outcomes", multiple=True, metavar="X", help="Only these outcomes, whether they differ or not.")
@click.option(
    "--where", "condition", metavar="CONDITION", help='Only pairs whose run of A meets "truce_broken_on < 2026-03-01".'
)
@click.option("--by", metavar="LEVER", help="A is one sweep; compare its points by this value, as in moscow.policy.")
@click.option("--uncertain", metavar="all|assumed|FILE", help="Of scenarios by name: those of run --uncertain.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", "csv_file", type=FILE, metavar="FILE", help="Also write a row per difference.")
@click.option("--html", type=FILE, metavar="FILE", help="Also write a page with pictures.")
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
    """Compare B, and any others, with A, run by run: each pair of runs has the same luck.

    A and B are results folders, or names of scenarios that have been run. A difference is B less A within a pair: the median
    of the pairs that differ (of yes or no: of the shares), with its 95% interval. What a scenario expected is answered.
    """
    from sim.analysis.compare.compare import compare as of

    printed = is_printed(csv_file, html, as_json=as_json)
    made = of(*sources, outcomes=outcomes, where=condition, by=by, uncertain=uncertain)
    made.answers  # noqa: B018 - faults are told before anything is written
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

    out, base = console(), made.paired.base
    for note in made.notes:
        out.print(f"! {note}", style="bold", soft_wrap=True)
    for other in made.paired.others:
        out.print(f"{other.name} (B) against {base.name} (A)", style="bold", soft_wrap=True)
        _print_side(out, made, [each for each in made.differences if each.scenario == other.name], show_all)
    out.print(LEGEND)
    out.print(f"{len(base.key):,} pairs of runs with the same luck: an exploration, not a forecast")


def _print_side(out: Console, made: Comparison, differences: list[Difference], show_all: bool) -> None:
    from sim.pages.compare import wording as words

    start = made.paired.base.start
    _print_expected(out, [answer for answer in made.answers if answer.scenario == differences[0].scenario])
    for said in words.warnings(differences):
        out.print(f"! {said}; compared where it arises in both", soft_wrap=True)
    clear = [each for each in words.by_size(differences) if each.is_clear]
    columns = ("A", "B", "where it differs", "95% interval", "up, down", *(["q"] if show_all else []))
    rows = table("outcome", *columns, whole=columns)
    for each in differences if show_all else clear:
        if each.diff is not None:
            cells = words.size(each), words.interval(each), words.pairs(each), words.chance(each)
            rows.add_row(words.label(each), *words.sides(each, start), *cells[: len(columns) - 2])
    if rows.row_count:
        out.print(rows)
    for said in words.remarks(differences if show_all else clear):
        out.print(said, soft_wrap=True)
    if show_all:
        _print_by_date(out, differences)
        return
    told = {each.outcome.name for each in clear}
    for said, which in (
        ("not distinguishable from chance (q above 0.05)", [each for each in differences if each.differ]),
        ("the same in every pair", [each for each in differences if each.diff is not None]),
        ("the question arises on both sides in no pair", differences),
    ):
        names = list(dict.fromkeys(each.outcome.name for each in which if each.outcome.name not in told))
        told.update(names)
        if names:
            out.print(f"\n{said}: {', '.join(names)}")


def _print_expected(out: Console, answers: list[Answer]) -> None:
    from sim.pages.compare import wording as words

    if not answers:
        return
    rows = table("expected beforehand of", "", "found, and how sure", "", whole=("expected beforehand of",))
    for answer in answers:
        rows.add_row(*words.expected(answer))
    out.print(rows)
    out.print()


def _print_by_date(out: Console, differences: list[Difference]) -> None:
    from sim.pages.compare import wording as words
    from sim.pages.wording import percent

    for made in differences:
        if made.by:
            rows = table(
                f"{made.outcome.name} by", "A", "B", "difference", "95% interval", whole=(f"{made.outcome.name} by",)
            )
            for row in made.by:
                ends = " to ".join(words.points(end, with_unit=False) for end in row.ci)
                rows.add_row(str(row.date), percent(row.a), percent(row.b), words.points(row.diff), ends)
            out.print()
            out.print(rows)
