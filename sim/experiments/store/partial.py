"""The warning for incomplete results, wherever they are read."""

from __future__ import annotations

import warnings
from pathlib import Path

from sim.ground.paths import shown_path


class IncompleteResults(UserWarning):
    """Results were opened in which requested runs are missing."""


def shortfall(present: int, asked: int, what: str = "runs") -> str:
    """Return a text with the number of present and requested items, "" if complete."""
    return f"INCOMPLETE: {present:,} of {asked:,} {what} are there" if present < asked else ""


def warn(folder: Path, text: str) -> None:
    """Warn of a shortfall in the results of a folder; "" is none."""
    if text:
        warnings.warn(f"{shown_path(folder)}: {text}", IncompleteResults, stacklevel=3)
