"""Write Markdown: tables, parts that open, names as code, and what a docstring says."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def folded(title: str, *parts: str) -> str:
    """Return parts that a reader opens."""
    return "\n\n".join([f"<details><summary>{title}</summary>", *parts, "</details>"])


def said(thing: Any) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join((thing.__doc__ or "").split("\n\n")[0].split())


def code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def where(thing: Any) -> str:
    """Return file and name of a function or class."""
    return f"`{Path(inspect.getfile(thing)).relative_to(ROOT)}` `{thing.__name__}`"
