"""HTML and SVG as a tree of elements, so that output is escaped and closed by construction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias
from xml.etree.ElementTree import Element, tostring

Content = Element | str | None
Contents: TypeAlias = "Content | Iterable[Contents]"

FIRST_LINES = "<!DOCTYPE html>\n"


def element(tag: str, *content: Contents, **attributes: object) -> Element:
    """Return an element. content: texts, elements, None for nothing, or iterables of these.

    An attribute's trailing underscore is dropped and others become hyphens (class_, stroke_width); None leaves it out.
    """
    node = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            node.set(name.rstrip("_").replace("_", "-"), _short(value) if isinstance(value, float) else str(value))
    _append(node, content)
    return node


def _append(parent: Element, content: Iterable[Contents]) -> None:
    for item in content:
        if isinstance(item, Element):
            parent.append(item)
        elif isinstance(item, str):
            _append_text(parent, item)
        elif item is not None:
            _append(parent, item)


def _append_text(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def points(xy: Iterable[tuple[float, float]], closed: bool = False) -> str:
    """Return the `d` of a path through points."""
    return "M" + "L".join(f"{_short(x)},{_short(y)}" for x, y in xy) + ("z" if closed else "")


def page(root: Element) -> str:
    """Return the complete file."""
    return FIRST_LINES + tostring(root, encoding="unicode", method="html") + "\n"


def drawing(key: str, title: str, description: str, size: tuple[float, float], *shapes: Contents) -> Element:
    """Return an SVG with a title and a description for those who cannot see it. key: an identifier, once in a page."""
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", description, id=f"{key}-desc"),
        *shapes,
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
        viewBox=f"0 0 {size[0]:g} {size[1]:g}",
    )


def text(content: str, x: float, y: float, anchor: str = "start", class_: str | None = None) -> Element:
    """Return a text in a drawing. anchor: start, middle or end."""
    return element("text", content, x=float(x), y=float(y), text_anchor=None if anchor == "start" else anchor, class_=class_)


def figure(title: str, picture: Element, *notes: str, class_: str | None = None) -> Element:
    """Return a figure under its title, with notes below it in small print."""
    return element("figure", element("figcaption", title), picture, map(small, notes), class_=class_)


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[Contents]], numeric: Sequence[str] = (), look: str = ""
) -> Element:
    """Return a table that scrolls by itself; the first cell of a row is its header.

    numeric: columns flush right. look: class whose column widths are shared by tables of one kind.
    """
    right = ["num" if column in numeric else None for column in columns]
    head = element("tr", [element("th", name, scope="col", class_=r) for name, r in zip(columns, right, strict=True)])
    body = [element("tr", element("th", row[0], scope="row"), _cells(row, columns, right)) for row in rows]
    made = element("table", element("caption", caption), element("thead", head), element("tbody", body))
    return element("div", made, class_=f"scroll {look}".strip(), role="region", aria_label=caption, tabindex=0)


def _cells(row: Sequence[Contents], columns: Sequence[str], classes: Sequence[str | None]) -> list[Element]:
    """Return the cells after the first; each carries its column's name for pages too narrow for columns."""
    named = list(zip(row, columns, classes, strict=True))[1:]
    return [element("td", content, class_=class_, data_label=column) for content, column, class_ in named]


def folded(summary: str, *content: Contents, open_: bool = False) -> Element:
    """Return content behind a line that opens it."""
    return element("details", element("summary", summary), *content, open="" if open_ else None)


def section(key: str, title: str, *content: Contents) -> Element:
    """Return a section of the page under its heading, which `#key` leads to."""
    return element("section", element("h2", title, id=key), *content, aria_labelledby=key)


def paragraph(*content: Contents, class_: str | None = None) -> Element:
    """Return a paragraph."""
    return element("p", *content, class_=class_)


def small(*content: Contents) -> Element:
    """Return a note in small print on a line of its own."""
    return element("div", *content, class_="small")


def code(name: str) -> Element:
    """Return a name as written in scenarios and results; a line may break after its underscores."""
    first, *others = name.split("_")
    return element("code", first, [["_", element("wbr"), word] for word in others])
