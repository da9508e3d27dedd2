"""Declare what actors observe: a field says what it is, how it is read off the theatre and the state, and what moves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.ground.theatre import Theatre
from sim.state.quantity import CODE_UNIT, DAYS, YES_NO, Quantity
from sim.state.state import State


@dataclass(frozen=True)
class Morning:
    """The morning of a day, as it can be looked at. waits: days from the start to the timeline's next event of each name."""

    theatre: Theatre
    state: State
    day: int
    waits: Mapping[str, float]


@dataclass(frozen=True)
class Observed:
    """What an observation is. moved_by: the kinds of event that move it, for walking back from a decision.

    timeline: the event of the timeline that it counts from or to. with_error: an actor reads it with its own error. lot:
    the day's number of an actor and matter, which nobody can change. axes: of the array, parted by blanks.
    """

    quantity: Quantity
    read: Callable[[Morning], Any]
    moved_by: tuple[str, ...] = ()
    timeline: str = ""
    with_error: bool = False
    lot: bool = False
    axes: str = "runs"


LONGEST = 3650
"""Days: no scenario is longer, and no truce."""


def observed(
    title: str, unit: str, read: Callable[[Morning], Any], moved_by: str = "", *, low: float = 0, high: float | None = None,
    codes: Sequence[str] = (), **more: Any,
) -> Any:  # fmt: skip
    """Return a dataclass field for what is observed. title, unit, low, high, codes: see Quantity. more: see Observed.

    moved_by: kinds of event, parted by blanks. high: of a length of time, the longest where it is left out.
    """
    known = {CODE_UNIT: (0, len(codes) - 1), YES_NO: (None, None), DAYS: (low, high or LONGEST)}
    bounds = known.get(unit, (low, high))
    quantity = Quantity(title, unit, tuple(codes), *bounds)
    return field(metadata={"observed": Observed(quantity, read, tuple(moved_by.split()), **more)})


def as_it_is(name: str, moved_by: str = "", **more: Any) -> Any:
    """Return a dataclass field for an array of the state that every actor sees as it is, and as the state describes it."""
    [says] = [item.metadata for item in State.arrays() if item.name == name]

    def read(morning: Morning) -> Any:
        return getattr(morning.state, name).copy()

    seen = Observed(says["quantity"], read, tuple(moved_by.split()), axes=" ".join(says["axes"]), **more)
    return field(metadata={"observed": seen})
