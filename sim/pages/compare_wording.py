"""How a comparison writes its sides, differences and intervals: in the outcome's unit, days, or points of a percentage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sim.analysis.differences import Difference
from sim.outcomes import DATE, NUMBER
from sim.pages.wording import is_share, number, percent, share, words

CLEAR = 0.05
"""A difference is told apart from luck where q, its p adjusted for the number of outcomes, is below."""
FEW_PAIRS = 10
"""An interval that rests on fewer pairs that differ says little."""


def label(made: Difference) -> str:
    """Name what is compared: the outcome, or one category of it."""
    return made.outcome.name + (f": {words(made.category)}" if made.category else "")


def is_clear(made: Difference) -> bool:
    """Whether a difference is told apart from luck."""
    return made.diff is not None and made.q < CLEAR


def by_size(differences: Sequence[Difference]) -> list[Difference]:
    """Return differences that are there, the largest effect first."""
    there = [each for each in differences if each.diff is not None]
    return sorted(there, key=lambda each: -float("inf") if each.effect is None else -abs(each.effect))


def is_fragile(made: Difference) -> bool:
    """Whether a difference rests on too few pairs for its interval to say much."""
    return 0 < made.differ < FEW_PAIRS


def side(made: Difference, value: float | None, start: date, censored: int) -> str:
    """Write the base's or the other's value; a date as its restricted mean and the share of the runs in which it came."""
    if value is None:
        return "-"
    if made.outcome.type == DATE:
        came = 1 - censored / made.n
        when = start + timedelta(days=round(value))
        return f"{when.day} {when:%b}, {percent(came)}" if came else "in no run"
    if made.outcome.type == NUMBER:
        return share(value) if is_share(made.outcome) else number(value)
    return percent(value)


def sides(made: Difference, start: date) -> tuple[str, str]:
    """Write both sides."""
    return side(made, made.a, start, made.censored[0]), side(made, made.b, start, made.censored[1])


def unit(made: Difference) -> str:
    """Return the unit of differences."""
    if made.outcome.type == DATE:
        return "days"
    if made.outcome.type == NUMBER and not is_share(made.outcome):
        return "" if made.outcome.unit == "1" else made.outcome.unit
    return "points"


def signed(made: Difference, value: float, with_unit: bool = True) -> str:
    """Write a difference with its sign."""
    if unit(made) == "points":
        return points(value, with_unit)
    said = f"{'-' if value < 0 else '+'}{number(abs(value))}" if value else "0"
    return f"{said} {unit(made)}".strip() if with_unit else said


def points(value: float, with_unit: bool = True) -> str:
    """Write a difference of two shares in points, to a tenth, or to the first figure of a smaller one."""
    said = f"{100 * value:+.1f}".removesuffix(".0") if abs(value) >= 0.00095 else f"{100 * value:+.1g}"
    return ("0" if value == 0 else said) + (" points" if with_unit else "")


def interval(made: Difference) -> str:
    """Write the ends of the interval."""
    if made.ci is None or (made.ci[0] == made.ci[1] and not made.differ):
        return "no pair differs" if made.ci else "-"
    return f"{signed(made, made.ci[0], False)} to {signed(made, made.ci[1], False)}"


def chance(made: Difference) -> str:
    """Write q."""
    return "<0.001" if made.q < 0.001 else f"{made.q:.2g}"


def effect(made: Difference) -> str:
    """Write the effect size with its sign; infinite where no run of either side strays from its mean."""
    return "inf" if made.effect is None else f"{made.effect:+.2f}".replace("+0.00", "0").replace("-0.00", "0")


def remark(made: Difference) -> str:
    """Say what stands in the way of reading a difference as it is; nothing where nothing does."""
    said = []
    if made.diff is None:
        return "its question arises on both sides in no pair"
    if made.outcome.type != DATE and min(made.arises) < 1:
        said.append(f"of {made.n} pairs in which it arises on both sides ({', '.join(map(percent, made.arises))})")
    if is_fragile(made):
        said.append(f"rests on {made.differ} {'pair' if made.differ == 1 else 'pairs'}")
    return "; ".join(said)


def distance(made: Difference) -> str:
    """Write how far the two distributions are apart."""
    if made.moved is None or made.gap is None:
        return ""
    return f"Moved by {signed(made, made.moved).lstrip('+')}; gap {points(made.gap).lstrip('+')}."
