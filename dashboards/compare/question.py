"""A reader's question about results folders, and the answer: a table, and a page of charts."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dashboards.compare.shelf import Shelved, named
from sim.analysis.compare.compare import Comparison, compare
from sim.analysis.sensitivity.sensitivity import Sensitivity, sensitivity
from sim.experiments.store.stored import Stored
from sim.ground.errors import InputError
from sim.pages.compare import wording as words
from sim.pages.compare.page import comparison_page
from sim.pages.markup import page
from sim.pages.sensitivity.page import sensitivity_page
from sim.pages.wording import words as in_words
from sim.record.outcomes import outcomes_of

LONGEST = 200
"""Characters of a part of the address that are read."""

OUTCOME = "sdf_share_end"


@dataclass(frozen=True)
class Question:
    """Two folders compared; or one sweep, by a lever, or the sensitivity of an outcome.

    a, b: names of folders on offer. by: path of a lever of the sweep a. outcome: name of an outcome. across, down: paths of
    the heat map. where: a condition that runs must meet.
    """

    a: str = ""
    b: str = ""
    by: str = ""
    outcome: str = OUTCOME
    across: str = ""
    down: str = ""
    where: str = ""


@dataclass(frozen=True)
class Answer:
    """columns, rows: the table, each cell a text and its sort key. html: the page of charts. command: gives the same."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, float | str], ...], ...]
    csv: str
    html: str
    command: str


def read(query: str | None) -> Question:
    """Return the question that an address holds; parts it does not know are left out."""
    known = {item.name for item in fields(Question)}
    given = {key: text[:LONGEST] for key, text in parse_qsl((query or "").removeprefix("?")) if key in known}
    return Question(**given)


def write(question: Question) -> str:
    """Return the address of a question, without its question mark."""
    return urlencode({key: text for key, text in vars(question).items() if text and (key != "outcome" or text != OUTCOME)})


def fitting(question: Question, on_offer: tuple[Shelved, ...]) -> Question:
    """Return the question with what does not fit its folders taken out of it."""
    a = next((each for each in on_offer if each.name == question.a), None)
    if a is None:
        return replace(question, by="", across="", down="")
    if not a.is_sweep:
        return replace(question, by="", across="", down="")
    return replace(
        question,
        b="",
        by=question.by if question.by in a.levers else "",
        across=question.across if question.across in a.varied else "",
        down=question.down if question.down in a.varied else "",
    )


def answer(question: Question, on_offer: tuple[Shelved, ...]) -> Answer | None:
    """Return the answer, None while the question is not complete. Raises InputError in one line."""
    if not question.a:
        return None
    a = named(question.a, on_offer)
    if a.is_sweep and not question.by:
        return _of_sensitivity(question, a)
    if a.is_sweep:
        return _of_comparison(question, (a,))
    if not question.b:
        return None
    return _of_comparison(question, (a, named(question.b, on_offer)))


def _of_comparison(question: Question, folders: tuple[Shelved, ...]) -> Answer:
    made = compare(*(each.path for each in folders), where=question.where or None, by=question.by or None)
    command = _command("compare", *(_short(each.path) for each in folders), by=question.by, where=question.where)
    names = " and ".join(other.name for other in made.paired.others)
    table = [dict(row) for row in made.table().to_pylist()]
    return Answer(
        _titled(f"{names} (B) against {made.paired.base.name} (A)", made.notes),
        ("Outcome", "B", "A", "B - A", "95% interval", "Up, down", "Effect", "q"),
        tuple(_row(made, each) for each in words.by_size(made.differences)),
        _csv(table),
        page(comparison_page(made)),
        command,
    )


def _titled(title: str, notes: Sequence[str]) -> str:
    """Return a title, with the note on missing runs."""
    return ". ".join([title, *(note for note in notes if note.startswith("INCOMPLETE"))])


def _command(name: str, *arguments: str, **options: str) -> str:
    """Return the command that gives the same, as a shell takes it. options: left out where empty."""
    given = [part for option, text in options.items() if text for part in (f"--{option}", text)]
    return shlex.join(["pullback", name, *arguments, *given])


def _short(path: Path) -> str:
    """Return a path from where the command was given, whole where it lies elsewhere."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _row(made: Comparison, each: Any) -> tuple[tuple[str, float | str], ...]:
    name = words.label(each) if len(made.paired.others) == 1 else f"{words.label(each)}, {each.scenario}"
    if each.diff is None:
        return ((name, name), *((("-", -1.0),) * 7))
    a, b = words.sides(each, made.paired.base.start)
    effect = each.effect if each.effect is not None else 0.0
    return (
        (name, name), (b, each.b or 0.0), (a, each.a or 0.0), (words.size(each), each.diff),
        (words.interval(each), each.ci[1] - each.ci[0] if each.ci else 0.0),
        (words.pairs(each), (each.share_greater or 0.0) - (each.share_less or 0.0)),
        (words.effect(each), abs(effect)), (words.chance(each), each.q),
    )  # fmt: skip


def _of_sensitivity(question: Question, a: Shelved) -> Answer:
    made = sensitivity(a.path, question.outcome, where=question.where or None)
    over = (question.across, question.down)
    map_ = made.heat(*over) if all(over) and over[0] != over[1] else None
    drawn = ("--over", *over) if map_ is not None else ()
    command = _command("sensitivity", _short(a.path), *drawn, outcome=question.outcome, where=question.where)
    return Answer(
        _titled(f"Sensitivity: {made.measure.caption}", (made.results.shortfall,)),
        ("Value", "Share of the variance between points", "95% interval", "q", "Rank correlation", "Evidence"),
        (*(_driver(each) for each in made.drivers), _dummy(made)),
        _csv([vars(each) for each in made.drivers]),
        page(sensitivity_page(made, map_)),
        command,
    )


def _driver(each: Any) -> tuple[tuple[str, float | str], ...]:
    rank = each.rank_correlation
    return (
        (each.path, each.path),
        (f"{each.share:.1%}", each.share),
        (f"{each.low:.1%} to {each.high:.1%}", each.high - each.low),
        (f"{each.q:.2g}", each.q),
        ("-" if rank is None else f"{rank:+.2f}", 0.0 if rank is None else rank),
        (each.grade, each.grade),
    )


def _dummy(made: Sensitivity) -> tuple[tuple[str, float | str], ...]:
    return (
        ("(value without effect)", "~"), ("0%", 0.0), (f"below {made.dummy:.1%}", made.dummy), ("", 1.0), ("", 0.0),
        ("", "~"),
    )  # fmt: skip


def _csv(rows: list[dict[str, Any]]) -> str:
    written = io.StringIO()
    if rows:
        writer = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return written.getvalue()


@lru_cache(maxsize=8)
def remembered(question: Question, on_offer: tuple[Shelved, ...], stamp: tuple[int, ...]) -> Answer | None:
    """Return the answer, kept while the folders do not change. stamp: see `stamps`."""
    return answer(question, on_offer)


def stamps(question: Question, on_offer: tuple[Shelved, ...]) -> tuple[int, ...]:
    """Return when the folders of a question last changed."""
    folders = [each.path / "outcomes" for each in on_offer if each.name in (question.a, question.b)]
    return tuple(folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders)


def outcome_choices(name: str = "", on_offer: tuple[Shelved, ...] = ()) -> list[dict[str, str]]:
    """Return every outcome, also those that a folder defines, and each category of one, with its title and definition."""
    folder = next((shelved for shelved in on_offer if shelved.name == name and not shelved.trouble), None)
    try:
        own = () if folder is None else Stored(folder.path).own
    except InputError:  # the answer states what is wrong with it
        own = ()
    return [
        {
            "name": f"{outcome.name}{f'={category}' if category else ''}",
            "title": f"{outcome.title}{f': {in_words(category)}' if category else ''}",
            "definition": outcome.definition,
        }
        for outcome in outcomes_of(own)
        for category in (outcome.categories or ("",))
    ]


def asked(question: Question, wish: Mapping[str, Any]) -> Question:
    """Return the question as a form changes it: known parts, as text, cut to a bounded length. Raises InputError."""
    known = {item.name for item in fields(Question)}
    if not all(isinstance(key, str) and key in known and isinstance(text, str) for key, text in wish.items()):
        raise InputError("the form sent an unknown field")
    return replace(question, **{key: text[:LONGEST] for key, text in wish.items()})
