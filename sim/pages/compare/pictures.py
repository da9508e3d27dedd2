"""The charts of a comparison's page: dates, durations, distributions."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np

from sim.analysis.clusters import independent
from sim.analysis.compare.compare import Comparison
from sim.analysis.compare.differences import Difference, days_of
from sim.analysis.compare.durations import DURATIONS, survival
from sim.analysis.compare.pairs import horizon
from sim.analysis.compare.sides import Side
from sim.pages.compare import wording as words
from sim.pages.compare.charts import coming_of_two, distributions, survival_of_two, waiting_in_words
from sim.pages.maps import swatch_of_line
from sim.pages.markup import Contents, element, figure, folded, paragraph, section, small, table
from sim.pages.wording import Calendar, percent, unit_beside
from sim.record.outcomes import DATE, NUMBER, arising

MOST_DISTRIBUTIONS = 24


def calendar_of(made: Comparison) -> Calendar:
    """Return the days that all sides reach, counted from the base's start."""
    start = made.paired.base.start
    return Calendar(start, (horizon(made.paired) - start).days)


def dates_section(
    made: Comparison, other: Side, differences: Sequence[Difference], place: int, whose: str
) -> Element | None:
    """Return for each dated outcome that differs the share of the pairs in which it has come, by day, and the difference."""
    dated = [each for each in differences if each.outcome.type == DATE and each.differ]
    if not dated:
        return None
    calendar, base = calendar_of(made), made.paired.base
    pictures = []
    for each in dated:
        both = arising(each.outcome, base.outcomes) & arising(each.outcome, other.outcomes)
        sides = base.kept(both), other.kept(both)
        a, b = (days_of(each.outcome, side, base, calendar.days) for side in sides)
        title, key = each.outcome.title, f"coming-{place}-{each.outcome.name}"
        pictures.append(figure(title, coming_of_two(key, title, calendar, a, b, sides[0].clusters), *_ends(each)))
    return section(
        f"dates-{place}",
        f"Dates{whose}",
        paragraph(
            "Above: share of the pairs in which the date has come. Below: B - A in percentage points, with its 95% interval "
            f"on each day. {_before(made)}Dates that are equal in every pair are left out."
        ),
        legend(),
        element("div", pictures, class_="charts"),
        folded("As a table", _table(dated)),
    )


def _before(made: Comparison) -> str:
    if independent(made.paired.base.clusters):
        return ""
    return "While no pair differs, it is the interval that so few rows of the design, or random histories, allow. "


def _ends(each: Difference) -> list[str]:
    late = ", ".join(f"{name} {percent(count / each.n)}" for name, count in zip("AB", each.censored, strict=True))
    arises = [f"{words.arises(each).capitalize()}, {each.outcome.arises}."] if each.n < each.pairs else []
    return [f"Not by the last day: {late}.", *arises]


def _table(dated: Sequence[Difference]) -> Element:
    columns = ("Outcome", "By", "A", "B", "B - A", "95% interval")
    rows: list[list[Contents]] = [
        [[each.outcome.title], [str(row.date)], [percent(row.a)], [percent(row.b)], [words.points(row.diff)],
         [f"{words.points(row.ci[0], False)} to {words.points(row.ci[1], False)}"]]
        for each in dated
        for row in each.by
    ]  # fmt: skip
    return table("Share of the pairs by date", columns, rows)


def durations_section(made: Comparison, other: Side, place: int, whose: str) -> Element | None:
    """Return the time from one event to another, censored in the runs in which the second had not come."""
    calendar, base = calendar_of(made), made.paired.base
    with_band = independent(base.clusters)
    pictures = []
    for number, each in enumerate(DURATIONS):
        shift = (other.start - base.start).days
        a = survival(each, base.outcomes, calendar.days)
        b = survival(each, other.outcomes, calendar.days - shift)
        if a is None and b is None:
            continue
        longest = int(max(side.days.max() for side in (a, b) if side is not None))
        picture = survival_of_two(f"survival-{place}-{number}", each.title, a, b, longest, with_band)
        pictures.append(figure(each.title, picture, f"A: {waiting_in_words(a)}.", f"B: {waiting_in_words(b)}."))
    if not pictures:
        return None
    band = "Bands: 95% intervals" if with_band else "No bands, as the pairs of a sweep are not independent"
    return section(
        f"durations-{place}",
        f"Durations{whose}",
        paragraph(
            "Share of the runs in which the second event has not come yet, by days since the first, of the runs in which "
            f"the first came (Kaplan and Meier; runs without the second event are censored at the last day). {band}. No "
            "log-rank test is given: it assumes independent samples, and the runs of A and B are paired."
        ),
        legend(),
        element("div", pictures, class_="charts"),
    )


def distributions_section(
    made: Comparison, other: Side, differences: Sequence[Difference], place: int, whose: str
) -> Element | None:
    """Return the histograms of the numbers that differ, with those of the differences within pairs."""
    numbers = [each for each in differences if each.outcome.type == NUMBER and each.differ]
    shown = sorted(words.by_size(numbers), key=lambda each: not each.is_clear)[:MOST_DISTRIBUTIONS]
    if not shown:
        return None
    pictures = []
    for each in shown:
        a, b = (side.outcomes[each.outcome.name] for side in (made.paired.base, other))
        both = ~np.isnan(a) & ~np.isnan(b)
        title = each.outcome.title + unit_beside(each.outcome)
        picture = distributions(f"distribution-{place}-{each.outcome.name}", title, a[both], b[both], each.diff, each.ci)
        caption = f"{words.size(each)} in the median of the pairs that differ. {words.distance(each)}"
        pictures.append(figure(title, picture, caption))
    left = f" The {len(shown)} largest of {len(numbers)}." if len(numbers) > len(shown) else ""
    return section(
        f"distributions-{place}",
        f"Distributions{whose}",
        paragraph(
            "Above: histograms of A and B. Below: the histogram of B - A within pairs, with the median of the pairs that "
            f"differ and its 95% interval; the broken line marks no difference.{left}"
        ),
        legend(),
        element("div", pictures, class_="charts"),
        small(
            "Distance: mean distance between the two distributions (Wasserstein). Gap: the largest difference between their "
            "cumulative shares (Kolmogorov). Both ignore the pairing."
        ),
    )


def legend() -> Element:
    """Return the legend of lines."""
    items = [element("li", swatch_of_line(f"side-{side}"), f" {side.upper()}") for side in "ab"]
    return element("ul", items, class_="legend", aria_label="Legend of the lines")
