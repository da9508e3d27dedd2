"""What goes to the browser many times a second: the maps of a day as bytes, and the charts' days it does not have yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboards.engine.ensemble import Ensemble, difference, paths
from dashboards.engine.seat import Seat

PLANES = ("run", "damascus", "sdf", "contested", "difference")
"""Bytes per theatre cell in a frame: holder in the watched run, probabilities of 255, and the difference about 128."""

LINES = 7
"""Numbers per chart and day: five quantiles of the runs, the watched run, and what it is compared with."""
WATCHED, OTHER = 5, 6


@dataclass(frozen=True)
class Frame:
    """One picture of a session. Days are counted from the start.

    number: counts up; the browser acknowledges it. generation: changes when what was sent of the charts is void.
    last: the last day that is computed. planes: len(PLANES) x theatre cells bytes. lines: days x charts x LINES float32
    little-endian, from day `first` on. busy: on the way to a day that is not computed yet.
    """

    number: int
    generation: int
    day: int
    last: int
    playing: bool
    busy: bool
    planes: bytes
    first: int
    lines: bytes


def planes(ensemble: Ensemble, other: Ensemble | None, held: np.ndarray, day: int) -> bytes:
    """Return the maps of a day. held: who holds what in the run that is watched or played."""
    probability = ensemble.probability(day)
    gap = np.full(len(held), 128, np.uint8) if other is None else difference(probability, other.probability(day))
    return np.vstack([held, probability, gap]).tobytes()


def lines(ensemble: Ensemble, other: Ensemble | None, seat: Seat | None, days: range, run: int) -> bytes:
    """Return the charts' numbers of some days.

    OTHER is the median of the scenario that is compared with or, with a seat, the same run without the person.
    """
    made = np.full((len(days), ensemble.quantiles.shape[1], LINES), np.nan, "<f4")
    made[:, :, :WATCHED] = ensemble.quantiles[days.start : days.stop]
    made[:, :, WATCHED] = ensemble.path(run, days)
    if seat is not None:
        made[:, :, OTHER] = made[:, :, WATCHED]
        played = range(days.start, max(days.start, min(days.stop, seat.day + 1)))
        made[:, :, WATCHED] = np.nan
        made[: len(played), :, WATCHED] = paths(seat.story.model.history, 0)[played.start : played.stop]
    elif other is not None:
        made[:, :, OTHER] = other.quantiles[days.start : days.stop, :, 2]
    return made.tobytes()
