"""Pages beside the report: one self-contained file in its look, written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from sim.ground.files import write_text
from sim.pages.markup import element, page, paragraph

NOTICE = "An exploration, not a forecast; not for targeting."
FOLDER = Path(__file__).parent


def looks(*sheets: str) -> str:
    """Return the style sheets of a page, those of this folder, one after the other."""
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in sheets)


def document(
    title: str, facts: dict[str, str], cautions: Sequence[str], sections: Sequence[Element], footer: str,
    sheets: Sequence[str] = ("report.css", "compare.css"), question: str = "", expected: Element | None = None,
) -> Element:  # fmt: skip
    """Return a page under its heading. facts: what was looked at. cautions: what stands in the way of its figures.

    sheets: files of this folder. question: the question that the page answers. expects: what was said beforehand.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title} - Pullback"),
        element("style", looks(*sheets)),
    )
    loud = ["caution loud" if said.startswith("INCOMPLETE") else "caution" for said in cautions]
    header = element(
        "header",
        paragraph("Pullback: northeast Syria, January 2026 and the months after", class_="small"),
        element("h1", title),
        paragraph(question) if question else None,
        paragraph(NOTICE, class_="notice"),
        [paragraph(said, class_=look) for said, look in zip(cautions, loud, strict=True)],
        expected,
        element("dl", [part for name, said in facts.items() for part in (element("dt", name), element("dd", said))]),
    )
    headings = [part.find("h2") for part in sections]
    links = [element("li", element("a", h.text, href=f"#{h.get('id')}")) for h in headings if h is not None]
    contents = element("nav", element("ul", links), aria_label="Contents")
    body = element("body", header, contents, element("main", sections), element("footer", paragraph(f"{NOTICE} {footer}")))
    return element("html", head, body, lang="en")


def write_page(path: Path, root: Element) -> None:
    """Write a page, whole or not at all."""
    write_text(path, page(root), errors="backslashreplace")
