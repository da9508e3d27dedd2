"""The page of a sensitivity: what an outcome of a sweep rests on, and by what evidence."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from sim.analysis.sensitivity.point_values import Heat
from sim.analysis.sensitivity.sensitivity import Driver, Sensitivity
from sim.analysis.sensitivity.variance import Spread
from sim.ground.paths import shown_path
from sim.pages.charts import Row, ceiling
from sim.pages.maps import swatch
from sim.pages.markup import Contents, code, element, figure, folded, paragraph, section, table
from sim.pages.page_file import document, write_page
from sim.pages.sensitivity.charts import Part, heat_map, parts_bar, ranking, response_chart
from sim.pages.wording import number, part, percent

MOST_ROWS, FEWEST_ROWS, MOST_RESPONSES = 20, 5, 6
CLEAR = 0.05
GRADE_NAMES = {
    "H": "confidence high", "M": "confidence medium", "L": "confidence low", "fitted": "fitted to the record",
    "assumed": "assumed", "lever": "levers: what is chosen",
}  # fmt: skip


def write_sensitivity(path: Path, made: Sensitivity, map_: Heat | None = None) -> None:
    """Write the page of a sensitivity, whole or not at all. map_: over two values; the two largest when left out."""
    write_page(path, sensitivity_page(made, map_))


def sensitivity_page(made: Sensitivity, map_: Heat | None = None) -> Element:
    """Return the page of a sensitivity. map_: over two values; the two largest when left out."""
    clear = [driver for driver in made.drivers if driver.q < CLEAR]
    if map_ is None and len(clear) >= 2:
        map_ = made.heat(clear[0].path, clear[1].path)
    cautions = [] if made.is_complete else ["INCOMPLETE: the sweep is not finished; these are the points that are there"]
    cautions += [f"{made.warning}."] if made.warning else []
    sections = [
        _short(made, clear),
        *((_parts(made), _ranking(made, clear)) if made.spread.total else ()),
        _responses(made, clear),
        _heat(map_),
        _grades(made) if made.spread.total else None,
        _method(made),
    ]
    title = f"What {made.measure.outcome.name} rests on"
    footer = f"{made.runs:,} simulated runs of a model under stated assumptions."
    return document(title, _facts(made), cautions, [each for each in sections if each is not None], footer)


def _facts(made: Sensitivity) -> dict[str, str]:
    results = made.results
    facts = {
        "Outcome": f"{made.measure.said}: {made.measure.outcome.definition}",
        "Sweep": f"{results.manifest['scenario']}, {shown_path(results.folder)}, model {results.manifest['code']}",
        "Points": f"{made.points}, {made.runs:,} runs in all; {len(made.drivers)} values vary",
    }
    return facts | ({"Only where": made.where.said} if made.where else {})


def _short(made: Sensitivity, clear: list[Driver]) -> Element:
    spread = made.spread
    if not spread.total:
        return section("short", "In short", paragraph("The outcome is the same in every run: nothing drives it."))
    said = [
        _against_luck(spread),
        f"{len(clear)} of {len(made.drivers)} values stand out from a value that does nothing.",
    ]
    if clear:
        said.append(
            "The largest: " + "; ".join(f"{d.path} {part(d.share)}" for d in clear[:3]) + " of the points' variance."
        )
    for grade in made.grades:
        if grade.grade == "assumed":
            said.append(
                f"Values that are only assumed make {part(grade.share)} of all variance by themselves (95% interval "
                f"{part(grade.low)} to {part(grade.high)})."
            )
    return section("short", "In short", element("ul", [element("li", each) for each in said]))


def _against_luck(spread: Spread) -> str:
    if not spread.is_identified:
        return "One run of each point cannot tell what the values make from luck; two runs of each can."
    shares = [each / spread.total for each in (spread.between_points, spread.luck + spread.both)]
    return (
        f"Of the variance of one run {percent(shares[0])} lies between the points, which is what the values make, and "
        f"{percent(shares[1])} is luck, alone or together with values."
    )


def _parts(made: Sensitivity) -> Element:
    spread = made.spread
    looks = ("part-between", "part-luck", "part-both")
    parts = [Part(said, each / spread.total, look) for (said, each), look in zip(spread.named.items(), looks, strict=False)]
    words = (
        f"The variance of one run, drawn at random from a point drawn at random: {number(spread.total)}, a standard "
        f"deviation of {number(spread.total**0.5)}. More runs do not make luck smaller, only better known."
    )
    picture = parts_bar("variance", "Parts of the variance of one run", parts)
    return section(
        "variance", "Values against luck", paragraph(words), legend(parts), figure("Variance of one run", picture)
    )


def _ranking(made: Sensitivity, clear: list[Driver]) -> Element:
    rows = [
        Row(d.path, d.share, d.low, d.high, f"{part(d.share)}, {_direction(d)}", d.q < CLEAR)
        for d in made.drivers[: min(max(len(clear), FEWEST_ROWS), MOST_ROWS)]
    ]
    picture = element("div", ranking("ranking", "Shares of the points' variance", rows, made.dummy), class_="scroll",
                      role="region", aria_label="Ranking", tabindex=0)  # fmt: skip
    columns = ("Value", "Share", "95% interval", "q", "Rank correlation", "Evidence")
    cells: list[list[Contents]] = [
        [[code(d.path)], [part(d.share)], [f"{part(d.low)} to {part(d.high)}"], [_chance(d.q)], [_rank(d)],
         [GRADE_NAMES[d.grade]]]
        for d in made.drivers
    ]  # fmt: skip
    left = f" The {len(rows)} largest of {len(made.drivers)}." if len(rows) < len(made.drivers) else ""
    return section(
        "ranking-of-values",
        "Which values it rests on",
        paragraph(
            "Share of the variance of the points' means that each value makes by itself (first-order Sobol index from the "
            f"points of the sweep), with its 95% interval. Full: stands out from a value that does nothing.{left}"
        ),
        figure("Share of the points' variance, and whether more of the value raises the outcome", picture),
        folded(
            f"All {len(made.drivers)} values", table("Values", columns, cells, numeric=("Share", "q", "Rank correlation"))
        ),
    )


def _responses(made: Sensitivity, clear: list[Driver]) -> Element | None:
    numeric = [driver.path for driver in clear if driver.rank_correlation is not None][:MOST_RESPONSES]
    if not numeric:
        return None
    found = [made.response(path) for path in numeric]
    means = np.concatenate([each.means for each in found])
    top = ceiling(float(means.max())) if means.max() > 0 else 0.0
    floor = min(float(means.min()), 0.0)
    charts = [
        figure(each.path, response_chart(f"response-{place}", each.path, each, floor, top))
        for place, each in enumerate(found)
        if top > floor
    ]
    return section(
        "responses",
        "What the values do",
        paragraph(
            f"Each dot is the mean of a point's runs, {made.measure.said}; all other values differ from dot to dot. The "
            "line is the mean by bins of the value."
        ),
        element("div", charts, class_="charts"),
    )


def _heat(map_: Heat | None) -> Element | None:
    if map_ is None:
        return None
    title = f"Mean by {map_.paths[0]} and {map_.paths[1]}"
    picture = element("div", heat_map("heat", title, map_), class_="scroll", role="region", aria_label=title, tabindex=0)
    few, most = int(map_.points[map_.points > 0].min()), int(map_.points.max())
    count = f"{few}" if few == most else f"{few} to {most}"
    words = f"Mean over the points whose values lie in both bins; {count} points a field, the base left out."
    return section("heat-map", "Two values together", paragraph(words), figure(f"{title} (across)", picture))


def _grades(made: Sensitivity) -> Element:
    parts = [Part(GRADE_NAMES[grade.grade], grade.share, f"grade-{grade.grade}") for grade in made.grades]
    parts.append(Part(made.left_over, made.together, "grade-together"))
    if made.spread.is_identified:
        parts.append(Part("luck", (made.spread.luck + made.spread.both) / made.spread.total, "part-luck"))
    rows: list[list[Contents]] = [
        [GRADE_NAMES[g.grade], str(g.values), part(g.share), f"{part(g.low)} to {part(g.high)}"] for g in made.grades
    ]
    rows += [[each.name, "-", part(each.share), "-"] for each in parts[len(made.grades) :]]
    columns = ("Rests on", "Values", "Of all variance", "95% interval")
    return section(
        "evidence",
        "By what evidence",
        paragraph(
            "Share of the variance of one run that the values of each grade make by themselves. A wide interval means that "
            "the points are too few to tell many small shares from none; a negative share is none."
        ),
        legend(parts),
        figure(
            "All variance, by the evidence of the values it rests on", parts_bar("grades", "Variance by evidence", parts)
        ),
        table("Variance by evidence", columns, rows, numeric=columns[1:3]),
    )


def _method(made: Sensitivity) -> Element:
    return section(
        "method",
        "How it was computed",
        paragraph(
            "Nothing was played for this page: the points are those of the sweep. The share of a value is the correlation "
            f"ratio of the points' means over {made.bins} bins of the value, less what as many bins of a value that does "
            "nothing would show (epsilon squared, Kelley 1935; from given data: Plischke, Borgonovo and Smith 2013); a "
            "rise and fall within a bin is not resolved. Intervals: delete-a-group jackknife over the rows of the design, "
            "or over the runs of a grid. q: F test, adjusted for the number of values (Benjamini and Hochberg)."
        ),
        paragraph(
            "A share depends on the range each value was given: a value varied within narrow limits drives little. The "
            "range says how uncertain the value is, and is itself a judgement; pullback show says where each is from."
        ),
    )


def legend(parts: list[Part]) -> Element:
    """Return the legend of a bar."""
    items = [element("li", swatch(each.look), f" {each.name} {part(max(each.share, 0.0))}") for each in parts]
    return element("ul", items, class_="legend", aria_label="Legend of the bar")


def _chance(q: float) -> str:
    return "<0.001" if q < 0.001 else f"{q:.2g}"


def _rank(driver: Driver) -> str:
    return "-" if driver.rank_correlation is None else f"{driver.rank_correlation:+.2f}"


def _direction(driver: Driver) -> str:
    if driver.rank_correlation is None:
        return "by choice"
    return "raises" if driver.rank_correlation > 0 else "lowers"
