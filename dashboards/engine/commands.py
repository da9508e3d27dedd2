"""The commands of a page to its engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.engine.address import Place


@dataclass(frozen=True)
class Play:
    """Let the days pass."""


@dataclass(frozen=True)
class Pause:
    """Hold the day."""


@dataclass(frozen=True)
class Step:
    """Move by days, back too."""

    days: int = 1


@dataclass(frozen=True)
class GoTo:
    """Show a day; days that are not computed yet are computed on the way."""

    day: int


@dataclass(frozen=True)
class Reset:
    """Discard all days and start again from the first evening."""


@dataclass(frozen=True)
class Speed:
    """Let so many days pass in a second."""

    days_per_second: float


@dataclass(frozen=True)
class Apply:
    """Go to a place: another setup is computed anew up to the day, the same one is kept."""

    place: Place


@dataclass(frozen=True)
class Watch:
    """Watch a run by its number."""

    run: int


@dataclass(frozen=True)
class WatchQuantile:
    """Watch the run that is nearest to a quantile of what a chart shows on the day."""

    chart: int
    quantile: float


@dataclass(frozen=True)
class Ask:
    """Ask why an actor did what it did."""

    actor: str


@dataclass(frozen=True)
class Show:
    """Choose the kind of map."""

    shows: str


@dataclass(frozen=True)
class Sit:
    """Take the seat of an actor in the watched run, from the day shown on. every: most days between stops, or None."""

    actor: str
    every: int | None


@dataclass(frozen=True)
class Order:
    """Give a person's orders by decision; those left out follow the policy."""

    orders: Mapping[str, str]


@dataclass(frozen=True)
class Leave:
    """Leave the seat."""


Command = Play | Pause | Step | GoTo | Reset | Speed | Apply | Watch | WatchQuantile | Ask | Show | Sit | Order | Leave
