"""The report's section on where the data are from, and under which licences they are passed on."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from sim.ground.data_tables import Table
from sim.pages.markup import folded, paragraph, section, table

LICENCE = "The code of Pullback is under the MIT licence. The data are under the licences below, file by file."
WHAT = (
    "Everything the simulation knows of the ground, file by file: where it is from, under which licence, how it was "
    'derived, what it is good for. The record of events (rows a01 to a54, quoted in scenarios as "facts a36") ends on 28 '
    "January 2026; nothing later is used."
)
NOTES = (
    "Letters of a control raster: G Damascus (army, Interior Ministry, allied tribes), S SDF, x contested, T the "
    'Turkish-backed strip, D Druze-held Suwayda, I Israeli-held, "." outside.',
    "Not in the data because not well founded: terrain, crops, garrisons per cell, ethnic fractions.",
)
ATTRIBUTION = (
    "Attribution: contains OCHA COD-AB data (CC BY 3.0 IGO), GeoNames data (CC BY 4.0), data of the US Census Bureau via "
    "HDX (CC BY), OpenSyria data-geography (CC BY 4.0); made with Natural Earth."
)


def sources_section() -> Element:
    """Return the licences, the attributions and the table of sources that ship with the data."""
    sources = Table.read("sources.tsv")
    return section(
        "sources",
        "Sources and licences",
        paragraph(LICENCE),
        paragraph(ATTRIBUTION),
        folded(
            f"Where the data are from: {len(sources.rows)} rows",
            [paragraph(text) for text in (WHAT, *NOTES)],
            table(
                "Sources of the data",
                [name.capitalize() for name in sources.columns],
                [[[cell] for cell in row] for row in sources.rows],
            ),
        ),
    )
