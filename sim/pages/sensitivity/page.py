"""The page of a sensitivity: the values that an outcome of a sweep depends on, and their evidence."""

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
from sim.pages.wording import counted, number, part, percent

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
    cautions = [] if made.is_complete else ["INCOMPLETE: the sweep is not finished; these are the points played so far"]
    cautions += [f"{made.warning}."] if made.warning else []
    sections = [
        _short(made, clear),
        *((_parts(made), _ranking(made, clear)) if made.spread.total else ()),
        _responses(made, clear),
        _heat(map_),
        _grades(made) if made.spread.total else None,
        _method(made),
    ]
    title = f"Sensitivity: {made.measure.title}"
    footer = f"{counted(made.runs, 'simulated run')} of a model under stated assumptions."
    return document(title, _facts(made), cautions, [each for each in sections if each is not None], footer)


def _facts(made: Sensitivity) -> dict[str, str]:
    results = made.results
    facts = {
        "Outcome": f"{made.measure.caption}: {made.measure.outcome.definition} ({made.measure.name})",
        "Sweep": f"{results.manifest['scenario']}, {shown_path(results.folder)}, model {results.manifest['code']}",
        "Points": f"{made.points}, with {made.runs:,} runs; {len(made.drivers)} values vary",
    }
    return facts | ({"Only where": made.where.said} if made.where else {})


def _short(made: Sensitivity, clear: list[Driver]) -> Element:
    spread = made.spread
    if not spread.total:
        return section("short", "In short", paragraph("The outcome is the same in every run."))
    sentences = [
        _values_and_chance(spread),
        f"The effects of {len(clear)} of {len(made.drivers)} values are distinguishable from chance.",
    ]
    if clear:
        largest = "; ".join(f"{d.path} {part(d.share)}" for d in clear[:3])
        sentences.append(f"Largest shares of the variance between points: {largest}.")
    for grade in made.grades:
        if grade.grade == "assumed":
            sentences.append(
                f"Values that are only assumed explain {part(grade.share)} of all variance (95% interval "
                f"{part(grade.low)} to {part(grade.high)})."
            )
    return section("short", "In short", element("ul", [element("li", each) for each in sentences]))


def _values_and_chance(spread: Spread) -> str:
    if not spread.is_identified:
        return "With one run a point, effects of values and chance cannot be separated; two runs of each point are needed."
    shares = [each / spread.total for each in (spread.between_points, spread.luck + spread.both)]
    return (
        f"Of the variance of one run, {percent(shares[0])} lies between the points and is due to the values; "
        f"{percent(shares[1])} is due to chance, alone or jointly with values."
    )


def _parts(made: Sensitivity) -> Element:
    spread = made.spread
    looks = ("part-between", "part-luck", "part-both")
    parts = [Part(name, each / spread.total, look) for (name, each), look in zip(spread.named.items(), looks, strict=False)]
    words = (
        f"The variance of a random run of a random point: {number(spread.total)}, a standard deviation of "
        f"{number(spread.total**0.5)}. More runs do not reduce the part due to chance; they only estimate it better."
    )
    picture = parts_bar("variance", "Parts of the variance of one run", parts)
    return section("variance", "Values and chance", paragraph(words), legend(parts), figure("Variance of one run", picture))


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
        "Effect of each value",
        paragraph(
            "Share of the variance between points that each value explains by itself (first-order Sobol index, estimated "
            f"from the points of the sweep), with its 95% interval. Filled: distinguishable from chance.{left}"
        ),
        figure("Share of the variance between points, and whether a higher value raises or lowers the outcome", picture),
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
        "Outcome by value",
        paragraph(
            f"Each dot is the mean over the runs of one point ({made.measure.caption}); the other values differ from dot to "
            "dot. The line is the mean by bins of the value."
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
    words = f"Mean over the points in each pair of bins; {count} points per field, without the unchanged base."
    return section("heat-map", "Outcome by two values", paragraph(words), figure(f"{title} (across)", picture))


def _grades(made: Sensitivity) -> Element:
    parts = [Part(GRADE_NAMES[grade.grade], grade.share, f"grade-{grade.grade}") for grade in made.grades]
    parts.append(Part(made.left_over, made.together, "grade-together"))
    if made.spread.is_identified:
        parts.append(Part("chance", (made.spread.luck + made.spread.both) / made.spread.total, "part-luck"))
    rows: list[list[Contents]] = [
        [GRADE_NAMES[g.grade], str(g.values), part(g.share), f"{part(g.low)} to {part(g.high)}"] for g in made.grades
    ]
    rows += [[each.name, "-", part(each.share), "-"] for each in parts[len(made.grades) :]]
    columns = ("Evidence", "Values", "Share of all variance", "95% interval")
    return section(
        "evidence",
        "Variance by evidence",
        paragraph(
            "Share of the variance of one run that the values of each grade of evidence explain. A wide interval means that "
            "the points are too few to distinguish many small shares from none; read a negative share as none."
        ),
        legend(parts),
        figure("All variance, by the evidence of the values", parts_bar("grades", "Variance by evidence", parts)),
        table("Variance by evidence", columns, rows, numeric=columns[1:3]),
    )


def _method(made: Sensitivity) -> Element:
    return section(
        "method",
        "Method",
        paragraph(
            "All runs are those of the sweep. The share of a value is the correlation ratio of the points' means over "
            f"{made.bins} bins of the value, less its expectation for a value without effect (epsilon squared, Kelley 1935; "
            "from given data: Plischke, Borgonovo and Smith 2013); a rise and fall within a bin is not resolved. Intervals: "
            "delete-a-group jackknife over the rows of the design, or over the runs of a grid. q: F test, adjusted for the "
            "number of values (Benjamini and Hochberg)."
        ),
        paragraph(
            "A share depends on the range over which a value is varied: a narrow range leaves a small share. The range "
            "states how uncertain the value is and is itself a judgement; pullback show SCENARIO gives the source of each."
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
