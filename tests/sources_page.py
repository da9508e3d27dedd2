"""docs/SOURCES.md as it is made from the table that ships with the data."""

from __future__ import annotations

from textwrap import fill

from sim.ground.data_tables import Table
from sim.pages.report.sources import ATTRIBUTION, NOTES, WHAT
from tests.odd_markdown import table

MADE = "<!-- made from sim/data/sources.tsv by make odd -->"


def sources_page() -> str:
    sources = Table.read("sources.tsv")
    prose = [fill(text, 125) for text in (WHAT, *NOTES, ATTRIBUTION)]
    return "\n\n".join(["# Sources of the data", MADE, prose[0], table(sources.columns, sources.rows), *prose[1:]]) + "\n"
