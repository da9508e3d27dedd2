"""Input checks: whole numbers within limits, dates within the simulated days, no duplicates.

The limits are defined once, for the command line and the Python functions. Input is never repaired: a fraction, a text that
looks like a number, or true for 1 is an error that names the given and the expected value.
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
    """Smallest and largest permitted value of a whole number."""

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
    """Return a Python or numpy integer as an int. Raises InputError for another type or a value outside the limits."""
    try:
        number = None if isinstance(given, bool) else operator.index(given)
    except TypeError:  # numpy bool, float, text
        number = None
    if number is None or not limits.least <= number <= limits.most:
        raise InputError(f"{name} = {shown(given)} must be a whole number from {limits.least} to {limits.most}")
    return number


def texts(name: str, given: Any) -> tuple[str, ...]:
    """Return the texts as a tuple. Raises InputError for a single text (it would be split into letters) or another type."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise InputError(f"{name} = {shown(given)} must be a list of texts, as in {name}=[{shown(str(given))}]")
    listed = tuple(given)
    for item in listed:
        if not isinstance(item, str):
            raise InputError(f"{name}: {shown(item)} must be text")
    return listed


def first_repeated(items: Iterable[Item], key: Callable[[Item], Hashable] = lambda item: same(item)) -> Item | None:
    """Return the first item that equals an earlier one, None if all differ."""
    seen = set()
    for item in items:
        if (mark := key(item)) in seen:
            return item
        seen.add(mark)
    return None


def same(value: Any) -> Hashable:
    """Return a key by which equal values compare equal: 1 and 1.0 are equal, true and 1 are not; text is stripped."""
    if isinstance(value, (list, tuple)):
        return tuple(map(same, value))
    if isinstance(value, str):
        return "text", value.strip()
    kind = "number" if isinstance(value, Number) and not isinstance(value, bool) else type(value).__name__
    return (kind, value) if isinstance(value, Hashable) else (kind, repr(value))


def check_once(what: str, names: Sequence[str]) -> None:
    """Raise InputError if a name is given twice. what: start of the message, as in "--outcome"."""
    duplicate = first_repeated(names)
    if duplicate is not None:
        raise InputError(f"{what} {duplicate.strip()} is given twice; give it once")


def check_reached(what: str, first: date, last: date, start: date, end: date) -> None:
    """Raise InputError if no day from `first` to `last` is simulated, that is, lies after `start` and not after `end`.

    what: start of the message. start: the evening after which the dates count.
    """
    if last <= start or first > end:
        side = (
            f"not after {start}, the evening on which the scenario starts or takes effect"
            if last <= start
            else "after the last day"
        )
        raise InputError(f"{what} is {side}; the days simulated are {start + timedelta(days=1)} to {end}")


def shown(raw: Any) -> str:
    """Return a value as written in a TOML file, truncated to fit a line."""
    if isinstance(raw, bool):
        text = str(raw).lower()
    elif isinstance(raw, str):
        text = '"' + raw.replace("\n", " ") + '"'
    else:
        text = str(raw)
    return text if len(text) <= 60 else text[:57] + "..."
