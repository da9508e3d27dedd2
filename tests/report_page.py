"""Read a report as a browser does, for its tests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from sim.experiments.store.ensemble import Results
from sim.pages.report.report import write_report
from sim.scenario.scenario import Scenario
from tests.sweeps import run_ensemble

VOID = {"meta", "br", "link", "img", "hr", "input", "wbr"}


@dataclass
class Page(HTMLParser):
    """A parsed report: the tags left open, the attributes by name, the text of every cell and of the whole."""

    source: str
    open_tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if {"td", "th"} & set(self.open_tags):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))


def reported(folder: Path, scenario: Scenario) -> tuple[Page, Results]:
    """Run a scenario into a folder, write its report and read it."""
    results = run_ensemble(scenario, scenario.runs, 1, folder)
    path = write_report(results, scenario)
    return Page(path.read_text(encoding="utf-8")), results


def sound(page: Page) -> None:
    """Hold a page to be closed, self-contained, without a script, and without a number that is none."""
    assert page.open_tags == []
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    pointed = [value[1:] for _, name, value in page.attributes if name == "href"]
    pointed += [key for _, name, value in page.attributes if name == "aria-labelledby" for key in value.split()]
    body = page.source.split("</style>")[1]
    pointed += re.findall(r"url\(#([\w-]+)\)", body)
    assert set(pointed) <= set(ids)
    assert all(value.startswith("#") for _, name, value in page.attributes if name in ("href", "src"))
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _, _ in page.attributes}
    assert not re.search(r"@import|url\((?!#)", page.source)
    assert not re.search(r"\b(nan|None)\b", body)
