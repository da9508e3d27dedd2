"""The page of a comparison: differences of outcomes, their uncertainty and their limits."""

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
from sim.pages.wording import counted, percent
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
    footer = f"{counted(len(paired.base.key), 'pair')} of simulated runs of a model under stated assumptions."
    title = f"{names} compared with {paired.base.name}"
    return document(title, _facts(made), list(made.notes), [*sections, _method(made)], footer)


def _facts(made: Comparison) -> dict[str, str]:
    base = made.paired.base
    facts = {"A": _described(base)}
    for place, other in enumerate(made.paired.others):
        facts["B" if place == 0 else f"B, {place + 1}"] = _described(other)
    facts["Pairs"] = f"{counted(len(base.key), 'pair')} of runs with common random numbers; seed {base.seed}"
    if made.paired.condition is not None:
        facts["Only where"] = f"{made.paired.condition.text}, in the run of A"
    return facts


def _described(side: Side) -> str:
    return f"{side.name}, {side.start} to {side.end}; {side.where_from}, model {side.code}"


def _sections(made: Comparison, other: Side, place: int, several: bool) -> list[Element]:
    """Return the sections on one other side; where there are several, each heading names it."""
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
    same = _titles([each for each in differences if each.diff is not None and not each.differ])
    outcomes = _titles(differences)
    clear_titles = _titles(clear)
    unclear = [title for title in outcomes if title not in (*clear_titles, *same) and _arises(differences, title)]
    nowhere = [title for title in outcomes if not _arises(differences, title)]
    sentences = [
        f"Of {len(outcomes)} outcomes {len(clear_titles)} differ beyond chance (q below {CLEAR:g}), "
        f"{len(unclear)} are not distinguishable from chance, {len(set(same) - set(clear_titles))} are equal in every pair"
        + (f"; {len(nowhere)} arise on both sides in no pair." if nowhere else ".")
    ]
    largest = {each.outcome.name: each for each in reversed(clear)}
    for each in words.by_size(list(largest.values()))[:LARGEST]:
        sentences.append(f"{words.label(each)}: {_in_words(made, each)}.")
    sentences += [f"{each}." for each in words.warnings(differences)]
    items = [element("li", each) for each in sentences]
    lists = [
        ("Not distinguishable from chance", unclear),
        ("Equal in every pair", same),
        ("Arises on both sides in no pair", nowhere),
    ]
    folds = [folded(f"{heading}: {len(titles)}", paragraph("; ".join(titles))) for heading, titles in lists if titles]
    return section(f"short-{place}", f"In short{whose}", element("ul", items), folds)


def _in_words(made: Comparison, each: Difference) -> str:
    if each.outcome.type == DATE:
        a, b = (percent(1 - late / each.n) for late in each.censored)
        return f"{words.size(each)}, {words.pairs_in_words(each)}; came in {b} of the runs of B and {a} of A"
    if each.outcome.type == NUMBER:
        return f"{words.size(each)}, {words.pairs_in_words(each)}"
    a, b = words.sides(each, made.paired.base.start)
    return f"{b} in B, {a} in A ({words.size(each)})"


def _expected(made: Comparison, other: Side, place: int, whose: str) -> Element | None:
    """Return the scenario's expectations, line by line, with the results and their uncertainty."""
    rows: list[list[Contents]] = []
    for answer in (each for each in made.answers if each.scenario == other.name):
        title, expected, found, verdict = words.expected(answer)
        rows.append([[title, small(answer.of.outcome.definition)], [expected], [found], [verdict]])
    if not rows:
        return None
    columns = ("Outcome", "Expected", "Found", "Verdict")
    return section(
        f"expected-{place}",
        f"Expectations{whose}",
        paragraph("The effects that the scenario file expects, written down before any run, and the results."),
        table("Expectations", columns, rows),
    )


def _titles(differences: Sequence[Difference]) -> list[str]:
    return list(dict.fromkeys(each.outcome.title for each in differences))


def _arises(differences: Sequence[Difference], title: str) -> bool:
    return any(each.diff is not None for each in differences if each.outcome.title == title)


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
        "Filled: distinguishable from chance (q below 0.05). Hollow: not. The scale is linear to about 0.5, then compressed."
    ]
    if any(words.is_fragile(each) for each in shown):
        notes.append(f"* Rests on fewer than {words.FEW_PAIRS} pairs that differ: its interval is unreliable.")
    if len(differing) > len(shown):
        notes.append(f"The {len(shown)} largest of {len(differing)}; the table below has all.")
    return section(
        f"effects-{place}",
        f"How large the differences are{whose}",
        paragraph(
            "Effect size: the median difference B - A of the pairs that differ, times the share of pairs that differ, in "
            "standard deviations between runs; for shares Cohen's h. About 0.2 is small beside the variation from run to "
            "run, 0.8 is large. Outcomes that differ in at least one pair are shown, the largest effect first."
        ),
        figure("Effect sizes with 95% intervals", scrolled, *notes),
    )


def _table(made: Comparison, differences: Sequence[Difference], place: int, whose: str) -> Element:
    columns = ("Outcome", "A", "B", "B - A", "95% interval", "Up, down", "Effect", "q")
    rows = [_row(made, each) for each in differences]
    return section(
        f"differences-{place}",
        f"All differences{whose}",
        paragraph(
            "A, B: the mean of a number; the median of a date, with the share of the runs in which it came. B - A: the "
            "median difference of the pairs that differ; for yes or no the difference of the shares. Up, down: the shares "
            "of the pairs in which B is higher or later, and lower or earlier. Or more: a lower bound, as a date did not "
            "come by the last day and counts as the day after. q: the p-value of the test that gives the interval, "
            "adjusted for the number of outcomes (Benjamini and Hochberg). In small print: definition and name, as "
            "--outcome takes it."
        ),
        folded(
            f"Table of {len(rows)} differences",
            table("Differences", columns, rows, numeric=("q", "Effect")),
        ),
    )


def _row(made: Comparison, each: Difference) -> list[Contents]:
    remark = words.remark(each)
    head: list[Content] = [words.label(each), small(f"{each.outcome.definition}; ", code(each.outcome.name))]
    if remark:
        head.append(small(f"{remark[0].upper()}{remark[1:]}"))
    if each.diff is None:
        return [head, *["-"] * 7]
    cells = (*words.sides(each, made.paired.base.start), words.size(each), words.interval(each), words.pairs(each))
    return [head, *cells, words.effect(each), words.chance(each)]


def _method(made: Comparison) -> Element:
    methods = sorted({each.method for each in made.differences if each.diff is not None and each.outcome.type != DATE})
    clustered = any("clustered" in method for method in methods)
    paragraphs = [
        "Run r of B has the same random numbers as run r of A: the same draw for the same decision on the same day. A "
        "difference within a pair is therefore an effect of the change, and intervals are those of paired differences. Runs "
        "with different seeds cannot be paired and are refused.",
        "Numbers and dates: the sign test, which asks whether more of the differing pairs go up than down. The estimate "
        "is their median, and the interval holds the values that the test would not reject, so that estimate, interval, "
        "shares of pairs and q agree. Numbers that differ by less than a hundredth of the standard deviation between runs "
        f"count as equal. A date that has not come counts as the day after {horizon(made.paired)}, the last day of all "
        "sides: the sign of the difference is unaffected and its size a lower bound. Shares: Newcombe's interval for "
        "paired shares (1998, method 10), which is valid with no events too, and the p at which it reaches 0. A "
        "difference is taken over the pairs in which the question arises on both sides.",
        "Intervals cover chance for this number of runs. They do not cover errors of the model.",
    ]
    if clustered:
        paragraphs.append(
            "The pairs of a sweep share rows of its design and numbers of runs; intervals allow for both (two-way "
            "cluster-robust, Cameron, Gelbach and Miller 2011), and are wider than if all pairs were independent."
        )
    return section("method", "Method", [paragraph(text) for text in paragraphs])
