"""Checks of what a caller gives: whole numbers within limits, dates against the days simulated, nothing named twice.

The limits stand here once; the command line and the functions below it take the same. Nothing is repaired: a number that is
not whole, a text that looks like one, or yes for 1 is an error that names what was given and what is expected.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, timedelta
from numbers import Number
from typing import Any, NamedTuple, TypeVar

from sim.ground.errors import InputError

Item = TypeVar("Item")


class Limits(NamedTuple):
    """The least and the most that a whole number may be."""

    least: int
    most: int


RUNS = Limits(1, 10_000_000)
DAYS = Limits(1, 3650)
FIRST_RUN = Limits(0, RUNS.most - 1)
SEED = Limits(0, 2**63 - 1)
ANY_DAY = Limits(0, 2**63 - 1)
WORKERS = Limits(1, 4096)
SHARDS = Limits(1, 1_000_000)
POINTS_OF_A_CALIBRATION = Limits(2, 65536)
RUNS_OF_A_CALIBRATION = Limits(1, 4096)
SETS_OF_A_CALIBRATION = Limits(1, 65536)
POINTS_RECOMPUTED = Limits(0, 1_000_000)
PORT = Limits(1, 65535)


def whole_number(name: str, given: Any, limits: Limits) -> int:
    """Return a whole number of Python or numpy as an int. Raises InputError for anything else, or one beyond the limits."""
    try:
        number = None if isinstance(given, bool) else operator.index(given)
    except TypeError:  # numpy's yes and no, a number with a fraction, a text
        number = None
    if number is None or not limits.least <= number <= limits.most:
        raise InputError(f"{name} = {shown(given)} must be a whole number from {limits.least} to {limits.most}")
    return number


def texts(name: str, given: Any) -> tuple[str, ...]:
    """Return several texts. Raises InputError for a single text, which would be taken letter by letter, or another thing."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise InputError(f"{name} = {shown(given)} must be a list of texts, as in {name}=[{shown(str(given))}]")
    listed = tuple(given)
    for each in listed:
        if not isinstance(each, str):
            raise InputError(f"{name}: {shown(each)} must be text")
    return listed


def first_repeated(items: Iterable[Item], key: Callable[[Item], Hashable] = lambda item: same(item)) -> Item | None:
    """Return the first of the items that is the same as one before it, None where all differ."""
    seen = set()
    for item in items:
        if (mark := key(item)) in seen:
            return item
        seen.add(mark)
    return None


def same(value: Any) -> Hashable:
    """Return what two values have in common when they are the same: numbers by value, 1 and 1.0 alike; yes is no number."""
    if isinstance(value, (list, tuple)):
        return tuple(map(same, value))
    if isinstance(value, str):
        return "text", value.strip()
    kind = "number" if isinstance(value, Number) and not isinstance(value, bool) else type(value).__name__
    return (kind, value) if isinstance(value, Hashable) else (kind, repr(value))


def check_once(what: str, names: Sequence[str]) -> None:
    """Raise InputError where a name stands twice. what: what the error begins with, as in "--outcome"."""
    twice = first_repeated(names)
    if twice is not None:
        raise InputError(f"{what} {twice.strip()} is given twice; give it once")


def check_reached(what: str, first: date, last: date, start: date, end: date) -> None:
    """Raise InputError where no day from `first` to `last` is one that is simulated: the days after `start`, up to `end`.

    what: what the error begins with. start: the evening from which on it counts.
    """
    if last <= start or first > end:
        side = f"not after {start}, the evening from which on it counts" if last <= start else "after the last day"
        raise InputError(f"{what} is {side}; the days simulated are {start + timedelta(days=1)} to {end}")


def shown(raw: Any) -> str:
    """Write a value as it would stand in a file, cut to fit a line."""
    if isinstance(raw, bool):
        text = str(raw).lower()
    elif isinstance(raw, str):
        text = '"' + raw.replace("\n", " ") + '"'
    else:
        text = str(raw)
    return text if len(text) <= 60 else text[:57] + "..."
