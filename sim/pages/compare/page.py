"""The page of a comparison: how outcomes differ, how sure that is, and what stands in the way of reading it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from sim.analysis.compare.compare import Comparison
from sim.analysis.compare.differences import CLEAR, Difference
from sim.analysis.compare.pairs import horizon
from sim.analysis.compare.sides import Side
from sim.pages.charts import Row
from sim.pages.compare import wording as words
from sim.pages.compare.charts import forest
from sim.pages.compare.maps import definitions, maps_section
from sim.pages.compare.pictures import dates_section, distributions_section, durations_section
from sim.pages.markup import Content, Contents, code, element, figure, folded, paragraph, section, small, table
from sim.pages.page_file import document, write_page
from sim.pages.wording import percent
from sim.pages.wording import words as in_words
from sim.record.outcomes import DATE, NUMBER

MOST_ROWS = 60
LARGEST = 5


def write_comparison(path: Path, made: Comparison) -> None:
    """Write the page of a comparison, whole or not at all."""
    write_page(path, comparison_page(made))


def comparison_page(made: Comparison) -> Element:
    """Return the page of a comparison."""
    paired = made.paired
    names = " and ".join(other.name for other in paired.others)
    several = len(paired.others) > 1
    sections = [part for place, other in enumerate(paired.others) for part in _sections(made, other, place, several)]
    if any(part.get("aria-labelledby", "").startswith("maps-") for part in sections):
        sections.append(definitions(made))
    footer = f"{len(paired.base.key):,} pairs of simulated runs of a model under stated assumptions."
    title = f"{names} compared with {paired.base.name}"
    return document(title, _facts(made), list(made.notes), [*sections, _method(made)], footer)


def _facts(made: Comparison) -> dict[str, str]:
    base = made.paired.base
    facts = {"A": _said(base)}
    for place, other in enumerate(made.paired.others):
        facts["B" if place == 0 else f"B, {place + 1}"] = _said(other)
    facts["Pairs"] = f"{len(base.key):,} pairs of runs, each with the same luck on both sides; seed {base.seed}"
    if made.paired.condition is not None:
        facts["Only where"] = f"{made.paired.condition.text}, in the run of A"
    return facts


def _said(side: Side) -> str:
    return f"{side.name}, {side.start} to {side.end}; {side.where_from}, model {side.code}"


def _sections(made: Comparison, other: Side, place: int, several: bool) -> list[Element]:
    """Return the sections on one other side; where there are several, each heading says whose it is."""
    differences = [each for each in made.differences if each.scenario == other.name]
    whose = f": {other.name}" if several else ""
    found = [
        _short(made, differences, place, whose),
        _expected(made, other, place, whose),
        _effects(differences, place, whose),
        _table(made, differences, place, whose),
        dates_section(made, other, differences, place, whose),
        durations_section(made, other, place, whose),
        distributions_section(made, other, differences, place, whose),
        maps_section(made, other, place, whose),
    ]
    return [part for part in found if part is not None]


def _short(made: Comparison, differences: Sequence[Difference], place: int, whose: str) -> Element:
    clear = [each for each in words.by_size(differences) if each.is_clear]
    same = _names([each for each in differences if each.diff is not None and not each.differ])
    outcomes = _names(differences)
    clear_names = _names(clear)
    unclear = [name for name in outcomes if name not in clear_names and name not in same and _arises(differences, name)]
    nowhere = [name for name in outcomes if not _arises(differences, name)]
    said = [
        f"Of {len(outcomes)} outcomes {len(clear_names)} differ beyond chance (q below {CLEAR:g}), "
        f"{len(unclear)} are not distinguishable from chance, {len(set(same) - set(clear_names))} are the same in every pair"
        + (f"; the question of {len(nowhere)} arises on both sides in no pair." if nowhere else ".")
    ]
    largest = {each.outcome.name: each for each in reversed(clear)}
    for each in words.by_size(list(largest.values()))[:LARGEST]:
        about = f"{each.outcome.definition}{f', {in_words(each.category)}' if each.category else ''}"
        said.append(f"{about[0].upper()}{about[1:]}: {_in_words(made, each)}.")
    said += [f"{each}; compared where it arises in both." for each in words.warnings(differences)]
    items = [element("li", each) for each in said]
    lists = [
        ("Not distinguishable from chance", unclear),
        ("The same in every pair", same),
        ("Arises on both sides in no pair", nowhere),
    ]
    names = [
        folded(f"{title}: {len(which)}", paragraph([part for name in which for part in (code(name), " ")]))
        for title, which in lists
        if which
    ]
    return section(f"short-{place}", f"In short{whose}", element("ul", items), names)


def _in_words(made: Comparison, each: Difference) -> str:
    if each.outcome.type == DATE:
        a, b = (percent(1 - late / each.n) for late in each.censored)
        return f"{words.pairs_in_words(each)}: {words.size(each)}; came in {b} of the runs in B and in {a} in A"
    if each.outcome.type == NUMBER:
        return f"{words.pairs_in_words(each)}: {words.size(each)}"
    a, b = words.sides(each, made.paired.base.start)
    return f"{b} in B, {a} in A ({words.size(each)})"


def _expected(made: Comparison, other: Side, place: int, whose: str) -> Element | None:
    """Return what the scenario said beforehand it would move, line by line, with what was found and how sure that is."""
    rows: list[list[Contents]] = []
    for answer in (each for each in made.answers if each.scenario == other.name):
        outcome, expected, found, verdict = words.expected(answer)
        rows.append([[code(outcome), small(answer.of.outcome.definition)], [expected], [found], [verdict]])
    if not rows:
        return None
    columns = ("Outcome", "Expected", "Found, and how sure", "Answer")
    return section(
        f"expected-{place}",
        f"What was expected{whose}",
        paragraph("What the scenario said before any run that it would move, against its base."),
        table("What was expected", columns, rows),
    )


def _names(differences: Sequence[Difference]) -> list[str]:
    return list(dict.fromkeys(each.outcome.name for each in differences))


def _arises(differences: Sequence[Difference], name: str) -> bool:
    return any(each.diff is not None for each in differences if each.outcome.name == name)


def _effects(differences: Sequence[Difference], place: int, whose: str) -> Element | None:
    differing = [each for each in words.by_size(differences) if each.differ and each.effect is not None]
    shown = differing[:MOST_ROWS]
    if not shown:
        return None
    rows = [
        Row(
            words.label(each), each.effect or 0.0, *(each.effect_ci or (each.effect or 0.0,) * 2),
            f"{words.size(each)}{' *' if words.is_fragile(each) else ''}", each.is_clear,
        )
        for each in shown
    ]  # fmt: skip
    picture = forest(f"forest-{place}", f"Effect sizes with 95% intervals{whose}", rows)
    scrolled = element("div", picture, class_="scroll", role="region", aria_label="Effect sizes", tabindex=0)
    notes = [
        "Full: distinguishable from chance (q below 0.05). Hollow: not. The scale is even up to about 0.5 and closer beyond."
    ]
    if any(words.is_fragile(each) for each in shown):
        notes.append(f"* Rests on fewer than {words.FEW_PAIRS} pairs that differ: its interval says little.")
    if len(differing) > len(shown):
        notes.append(f"The {len(shown)} largest of {len(differing)}; the table has all.")
    return section(
        f"effects-{place}",
        f"How large the differences are{whose}",
        paragraph(
            "The median of the pairs that differ, B less A, times the share of pairs that differ, in standard deviations of "
            "a run; for shares Cohen's h. About 0.2 is small beside what chance does from run to run, 0.8 is large. What "
            "differs in at least one pair is shown, the largest first."
        ),
        figure("Effect sizes with 95% intervals", scrolled, *notes),
    )


def _table(made: Comparison, differences: Sequence[Difference], place: int, whose: str) -> Element:
    columns = ("Outcome", "A", "B", "B less A, where they differ", "95% interval", "Up, down", "Effect", "q")
    rows = [_row(made, each) for each in differences]
    return section(
        f"differences-{place}",
        f"Every difference{whose}",
        paragraph(
            "A, B: the mean of a number; the median of a date, and the share of the runs in which it came. B less A: the "
            "median of the pairs that differ, of yes or no the difference of the shares; its interval, the shares of the "
            "pairs in which B is higher or later (up) and lower or earlier (down), and q are of the same test. Or more: a "
            "date did not come by the last day and counts as the day after. q: the probability of a difference as large "
            "without any, adjusted for the number of outcomes (Benjamini and Hochberg)."
        ),
        folded(
            f"Table of {len(rows)} differences",
            table("Differences", columns, rows, numeric=("q", "Effect")),
        ),
    )


def _row(made: Comparison, each: Difference) -> list[Contents]:
    remark = words.remark(each)
    head: list[Content] = [
        code(each.outcome.name),
        f": {in_words(each.category)}" if each.category else None,
        small(each.outcome.definition),
    ]
    if remark:
        head.append(small(f"{remark[0].upper()}{remark[1:]}"))
    if each.diff is None:
        return [head, *["-"] * 7]
    cells = (*words.sides(each, made.paired.base.start), words.size(each), words.interval(each), words.pairs(each))
    return [head, *cells, words.effect(each), words.chance(each)]


def _method(made: Comparison) -> Element:
    methods = sorted({each.method for each in made.differences if each.diff is not None and each.outcome.type != DATE})
    clustered = any("clustered" in method for method in methods)
    said = [
        "Every run of B has the same luck as the run of A with its number: the same draws for the same decisions and days. "
        "A difference within a pair is therefore what the choice makes of that history, and intervals are those of paired "
        "differences. Runs under different seeds are no pairs and are refused.",
        "Numbers and dates: the sign test. Of the pairs that differ, its question is whether more go up than down; its "
        "estimate is their median, and its interval holds the values that it would not refuse, so that estimate, interval, "
        "shares of pairs and q cannot contradict each other. Numbers apart by less than a hundredth of a run's standard "
        "deviation count as the same. A date that has not come counts as the day after "
        f"{horizon(made.paired)}, the last day that all sides reach: that leaves its sign as it is and makes its size a "
        "least one. Shares: Newcombe's interval for paired shares (1998, method 10), which holds at no event too, and the p "
        "at which it meets 0. A difference is taken over the pairs in which the question arises on both sides.",
        "An interval is for the number of runs alone: how far luck could move the figure, not how right the model is.",
    ]
    if clustered:
        said.append(
            "The pairs of a sweep share rows of its design and numbers of runs; intervals allow for both (two-way "
            "cluster-robust, Cameron, Gelbach and Miller 2011), and are wider than if all pairs were independent."
        )
    return section("method", "How it was computed", [paragraph(each) for each in said])
