"""Maps of the lattice as inline SVG: the probability that Damascus holds a cell, and documented control."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np

from sim.experiments.store.ensemble import Results
from sim.ground.lattice import COLUMNS, HOLDERS, KM_PER_DEGREE_NORTH, ROWS, STEP, Grid
from sim.ground.theatre import CONTESTED, DAMASCUS, SDF, Theatre
from sim.pages.markup import drawing, element, text
from sim.pages.wording import percent

TALL = 5.0
WIDE = TALL * float(np.cos(np.radians(35.0)))
"""Height and width of a cell in units of the drawing; the width is true at 35 degrees north."""
MARGIN = 4.0
SIZE = (COLUMNS * WIDE + 2 * MARGIN, ROWS * TALL + 2 * MARGIN)
SCALE_KM = 100

LEVELS = (0.0, 0.1, 0.35, 0.65, 0.9, 1.0)
"""Upper ends of the classes of probability; the first holds no run, the last but one less than all, the last all."""
LEVEL_NAMES = ("in no run", "up to 10%", "10 to 35%", "35 to 65%", "65 to 90%", "over 90%", "in all runs")

DIFFERENCES = (-0.5, -0.25, -0.05, 0.05, 0.25, 0.5)
"""Ends of the classes of differences of probability; the middle one is left without colour."""
DIFFERENCE_NAMES = (
    "B less by over 50 points", "25 to 50 less", "5 to 25 less", "within 5 points", "5 to 25 more", "25 to 50 more",
    "B more by over 50 points",
)  # fmt: skip

FIXED = {"turkish_backed": "Turkish-backed", "druze_held": "Druze-held", "israeli_held": "Israeli-held"}
TOWNS = {  # key -> (x, y) of the label from the town, and its anchor
    "qamishli": (0, -5, "middle"),
    "hasakah": (5, 4, "start"),
    "kobani": (0, -4, "middle"),
    "raqqa": (4, 9, "middle"),
    "deir_ez_zor": (-5, 8, "end"),
    "aleppo": (-5, 4, "end"),
}
CAPITAL = "damascus"


def probability_of_damascus(results: Results, theatre: Theatre, day: int) -> np.ndarray:
    """Return (lattice cells,) share of the runs in which Damascus's forces hold the cell on the evening of `day`."""
    probability = (theatre.start_holder == DAMASCUS).astype(float)
    cells, shares = results.control
    probability[cells] = shares[:, day, 0]
    return probability


def level_of(probability: np.ndarray) -> np.ndarray:
    """Return the class of each probability: an index into LEVEL_NAMES."""
    return np.where(probability >= 1.0, len(LEVELS), np.searchsorted(LEVELS[:-1], probability, side="left"))


def definitions(theatre: Theatre) -> Element:
    """Return what all maps share: hatches, the ground that does not change hands, borders, towns, the scale."""
    holder = theatre.start_holder
    outside = np.ones(theatre.grid.cells, bool)
    outside[theatre.cells] = False
    ground = [
        element("path", class_=f"ground {name}", d=_cells_path(theatre.grid, np.flatnonzero(outside & (holder == code))))
        for code, name in enumerate(HOLDERS)
        if (outside & (holder == code)).any()
    ]
    over = [_borders(theatre.grid), _towns(theatre.grid), _scale()]
    made = [*_hatches(), element("g", ground, id="map-ground"), element("g", over, id="map-over")]
    return element("svg", element("defs", made), width=0, height=0, aria_hidden="true", class_="hidden", focusable="false")


def probability_map(key: str, title: str, results: Results, theatre: Theatre, day: int) -> Element:
    """Return the map of one evening: each cell of the theatre in the class of its probability, with a tooltip."""
    probability = probability_of_damascus(results, theatre, day)[theatre.cells]
    levels = level_of(probability)
    cells = [
        element("rect", element("title", percent(p)), class_=f"p{level}", **_box(theatre.grid, cell))
        for cell, p, level in zip(theatre.cells.tolist(), probability.tolist(), levels.tolist(), strict=True)
    ]
    shapes = [_use("map-ground"), element("g", cells, class_="cells"), _use("map-over")]
    return drawing(key, title, in_words(probability), SIZE, shapes)


def difference_map(key: str, title: str, difference: np.ndarray, theatre: Theatre) -> Element:
    """Return the map of (theatre cells,) differences of probability, each cell with a tooltip in points."""
    levels = np.searchsorted(DIFFERENCES, difference, side="right")
    cells = [
        element("rect", element("title", f"{100 * d:+.0f} points"), class_=f"d{level}", **_box(theatre.grid, cell))
        for cell, d, level in zip(theatre.cells.tolist(), difference.tolist(), levels.tolist(), strict=True)
    ]
    shapes = [_use("map-ground"), element("g", cells, class_="cells"), _use("map-over")]
    return drawing(key, title, difference_in_words(difference), SIZE, shapes)


def difference_in_words(difference: np.ndarray) -> str:
    """Describe how much of the theatre differs."""
    more, less = int((difference >= DIFFERENCES[3]).sum()), int((difference <= DIFFERENCES[2]).sum())
    if not more and not less:
        return (
            f"None of {len(difference)} cells differs by 5 points or more; the largest difference is {_points(difference)}."
        )
    return (
        f"Of {len(difference)} cells, Damascus's forces hold {more} more often in B and {less} less often, by 5 points or "
        f"more; the largest difference is {_points(difference)}."
    )


def _points(difference: np.ndarray) -> str:
    most = float(difference[np.abs(difference).argmax()])
    return f"{100 * most:+.1f} points" if most else "none"


def in_words(probability: np.ndarray) -> str:
    """Describe how much of the theatre is certain."""
    everywhere, nowhere = int((probability >= 1.0).sum()), int((probability <= 0.0).sum())
    return (
        f"Damascus's in all runs: {everywhere} of {len(probability)} cells of the theatre; in some: "
        f"{len(probability) - everywhere - nowhere}; in none: {nowhere}."
    )


def documented_map(key: str, title: str, grid: Grid, holder: np.ndarray) -> Element:
    """Return the map of a control raster, holder codes (lattice cells,), in a look of its own: hatched, without colour."""
    shapes = [
        element("path", class_=f"record-{name}", d=_cells_path(grid, np.flatnonzero(holder == code)))
        for code, name in ((DAMASCUS, "damascus"), (SDF, "sdf"), (CONTESTED, "contested"))
    ]
    fixed = [
        element("path", class_=f"ground {name}", d=_cells_path(grid, np.flatnonzero(holder == HOLDERS.index(name))))
        for name in FIXED
    ]
    counted = ", ".join(f"{np.sum(holder == code)} {name}" for code, name in ((SDF, "SDF-held"), (CONTESTED, "contested")))
    description = f"Drawn by hand from published descriptions: {counted} cells of {grid.cells}; most others are Damascus's."
    return drawing(key, title, description, SIZE, shapes, fixed, _use("map-over"))


def swatch(class_: str) -> Element:
    """Return a field of a legend in the look of a class of cells."""
    box = element("rect", class_=class_, x=1, y=1, width=20, height=12)
    return element("svg", box, viewBox="0 0 22 14", class_="swatch", aria_hidden="true", focusable="false")


def swatch_of_line(class_: str) -> Element:
    """Return a piece of line for a legend."""
    line = element("path", class_=class_, d="M0,7H22")
    return element("svg", line, viewBox="0 0 22 14", class_="swatch", aria_hidden="true", focusable="false")


def _use(what: str) -> Element:
    return element("use", href=f"#{what}")


def _box(grid: Grid, cell: int) -> dict[str, float]:
    x, y = MARGIN + grid.col[cell] * WIDE, MARGIN + grid.row[cell] * TALL
    return {"x": float(x), "y": float(y), "width": WIDE, "height": TALL}


def _cells_path(grid: Grid, cells: np.ndarray) -> str:
    """Return the `d` of all cells, those beside each other in a row as one box."""
    drawn, start = [], 0
    rows, cols = grid.row[cells].astype(int), grid.col[cells].astype(int)
    for index in range(1, len(cells) + 1):
        if index == len(cells) or rows[index] != rows[start] or cols[index] != cols[index - 1] + 1:
            x, y = MARGIN + cols[start] * WIDE, MARGIN + rows[start] * TALL
            drawn.append(f"M{x:.2f},{y:.1f}h{(index - start) * WIDE:.2f}v{TALL:g}h{-(index - start) * WIDE:.2f}z")
            start = index
    return "".join(drawn)


def _borders(grid: Grid) -> Element:
    """Draw the edges between provinces and those of the country."""
    province = np.append(grid.province, -1)
    drawn = []
    for side, (dx, dy, step) in enumerate(((0, 0, "h"), (1, 0, "v"), (0, 1, "h"), (0, 0, "v"))):
        other = province[grid.neighbours[side]]
        differs = (other != grid.province) & ((side in (1, 2)) | (other < 0))  # an edge inside is drawn once
        for row, col in zip(grid.row[differs].tolist(), grid.col[differs].tolist(), strict=True):
            x, y = MARGIN + (col + dx) * WIDE, MARGIN + (row + dy) * TALL
            drawn.append(f"M{x:.2f},{y:.1f}{step}{WIDE if step == 'h' else TALL:.2f}")
    return element("path", class_="borders", d="".join(drawn))


def _towns(grid: Grid) -> Element:
    made: list[Element] = []
    for key, (dx, dy, anchor) in TOWNS.items():
        town = grid.town(key)
        made += _town(town.name, *_place(grid, town.lon, town.lat), dx, dy, anchor)
    capital = grid.province == grid.province_index(CAPITAL)
    name = grid.provinces[grid.province_index(CAPITAL)].name
    made += _town(name, *_place(grid, float(grid.lon[capital].mean()), float(grid.lat[capital].mean())), 6, 4, "start")
    return element("g", made, class_="towns")


def _town(name: str, x: float, y: float, dx: float, dy: float, anchor: str) -> Sequence[Element]:
    return element("circle", cx=x, cy=y, r=1.7), text(name, x + dx, y + dy, anchor)


def _place(grid: Grid, lon: float, lat: float) -> tuple[float, float]:
    col = (lon - float(grid.lon[0])) / STEP + float(grid.col[0]) + 0.5
    row = (float(grid.lat[0]) - lat) / STEP + float(grid.row[0]) + 0.5
    return MARGIN + col * WIDE, MARGIN + row * TALL


def _scale() -> Element:
    length = SCALE_KM / (KM_PER_DEGREE_NORTH * STEP) * TALL
    x, y = SIZE[0] - length - 12, SIZE[1] - 12
    bar = element("path", class_="scale", d=f"M{x:.1f},{y - 3:.1f}v3h{length:.1f}v-3")
    return element("g", bar, text(f"{SCALE_KM} km", x + length / 2, y - 5, "middle"), class_="towns")


def _hatches() -> list[Element]:
    lines = {
        "turkish_backed": ("M0,6L6,0M-1,1L1,-1M5,7L7,5", 6),
        "druze_held": ("M0,0L6,6M-1,5L1,7M5,-1L7,1", 6),
        "israeli_held": ("M0,2H4", 4),
        "sdf": ("M0,0L4,4M0,4L4,0", 4),
        "contested": ("M2,2h0.1", 4),
    }
    return [
        element("pattern", element("path", d=d), id=f"hatch-{name}", width=size, height=size, patternUnits="userSpaceOnUse")
        for name, (d, size) in lines.items()
    ]
