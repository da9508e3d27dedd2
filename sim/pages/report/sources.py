"""The report's section on the sources and licences of the data."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from sim.ground.data_tables import Table
from sim.pages.markup import folded, paragraph, section, table

LICENCE = "The code of Pullback is under the MIT licence. The data are under the licences below, file by file."
WHAT = (
    "The geographic data, file by file: source, licence, "
    'derivation and use. The record of events (rows a01 to a54, quoted in scenarios as "facts a36") ends on 28 '
    "January 2026; nothing later is used."
)
NOTES = (
    "Letters of a control raster: G Damascus (army, Interior Ministry, allied tribes), S SDF, x contested, T the "
    'Turkish-backed strip, D Druze-held Suwayda, I Israeli-held, "." outside.',
    "Left out for want of reliable sources: terrain, crops, garrisons per cell, ethnic fractions.",
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
            f"Table of sources: {len(sources.rows)} rows",
            [paragraph(text) for text in (WHAT, *NOTES)],
            table(
                "Sources of the data",
                [name.capitalize() for name in sources.columns],
                [[[cell] for cell in row] for row in sources.rows],
            ),
        ),
    )
