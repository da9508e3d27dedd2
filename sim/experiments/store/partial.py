"""One word for results of which runs are missing, wherever they are read."""

from __future__ import annotations

import warnings
from pathlib import Path

from sim.ground.paths import shown_path


class IncompleteResults(UserWarning):
    """Results were opened of which runs that were asked for are not there."""


def shortfall(there: int, asked: int, what: str = "runs") -> str:
    """Return how much of what was asked for is there, "" where all of it is."""
    return f"INCOMPLETE: {there:,} of {asked:,} {what} are there" if there < asked else ""


def warn(folder: Path, said: str) -> None:
    """Warn of a shortfall in the results of a folder; "" is none."""
    if said:
        warnings.warn(f"{shown_path(folder)}: {said}", IncompleteResults, stacklevel=3)
