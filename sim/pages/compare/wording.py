"""How a comparison writes its sides, differences and intervals: in the outcome's unit, days, or points of a percentage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sim.analysis.compare.differences import Difference
from sim.analysis.compare.expectations import UNANSWERED, Answer
from sim.pages.wording import number, percent, share, words
from sim.record.outcomes import DATE, NUMBER

FEW_PAIRS = 10
"""An interval that rests on fewer pairs that differ is unreliable."""


def label(made: Difference) -> str:
    """Return the title of the outcome, with the category where it has them."""
    return made.outcome.title + (f": {words(made.category)}" if made.category else "")


def by_size(differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences that could be taken, the largest effect first."""
    taken = [each for each in differences if each.diff is not None]
    return sorted(taken, key=lambda each: -float("inf") if each.effect is None else -abs(each.effect))


def is_fragile(made: Difference) -> bool:
    """Whether a difference rests on too few pairs for its interval to be reliable."""
    return 0 < made.differ < FEW_PAIRS


def side(made: Difference, value: float | None, start: date, censored: int) -> str:
    """Write the base's or the other's value; a date as its median and the share of the runs in which it came."""
    if made.outcome.type == DATE:
        came = 1 - censored / made.n if made.n else 0.0
        if value is None or not came:
            return ("-" if made.sides_apart else "later") + f", {percent(came)}" if came else "in no run"
        when = start + timedelta(days=round(value))
        return f"{when.day} {when:%b}, {percent(came)}"
    if value is None:
        return "-"
    if made.outcome.type == NUMBER:
        return share(value) if made.outcome.share else number(value)
    return percent(value)


def sides(made: Difference, start: date) -> tuple[str, str]:
    """Write both sides."""
    return side(made, made.a, start, made.censored[0]), side(made, made.b, start, made.censored[1])


def unit(made: Difference) -> str:
    """Return the unit of differences."""
    if made.outcome.type == DATE:
        return "days"
    if made.outcome.type == NUMBER and not made.outcome.share:
        return "" if made.outcome.unit == "1" else made.outcome.unit
    return "points"


def signed(made: Difference, value: float, with_unit: bool = True) -> str:
    """Write a difference with its sign."""
    if unit(made) == "points":
        return points(value, with_unit)
    text = f"{'-' if value < 0 else '+'}{number(abs(value))}" if value else "0"
    return f"{text} {unit(made)}".strip() if with_unit else text


def size(made: Difference) -> str:
    """Write the difference itself; a lower bound as such."""
    return signed(made, made.diff or 0.0) + (" or more" if made.at_least else "")


def pairs(made: Difference) -> str:
    """Write the shares of the pairs in which B is higher or later, and lower or earlier."""
    if made.share_greater is None or made.share_less is None:
        return "-"
    return f"{percent(made.share_greater)}, {percent(made.share_less)}"


def pairs_in_words(made: Difference) -> str:
    """Describe the shares of the pairs in which B is higher or later, and lower or earlier; the larger share first."""
    up, down = ("later", "earlier") if made.outcome.type == DATE else ("higher", "lower")
    shares = sorted([(-(made.share_greater or 0.0), up), (-(made.share_less or 0.0), down)])
    (most, way), (fewest, other) = shares
    return f"{way} in {percent(-most)} of the pairs, {other} in {percent(-fewest)}"


def points(value: float, with_unit: bool = True) -> str:
    """Write a difference of two shares in points, to a tenth, or to the first figure of a smaller one."""
    text = f"{100 * value:+.1f}".removesuffix(".0") if abs(value) >= 0.00095 else f"{100 * value:+.1g}"
    return ("0" if value == 0 else text) + (" points" if with_unit else "")


def interval(made: Difference) -> str:
    """Write the ends of the interval."""
    if not made.differ and made.diff is not None:
        return "no pair differs"
    if made.ci is None:
        return "-"
    return f"{signed(made, made.ci[0], False)} to {signed(made, made.ci[1], False)}"


def chance(made: Difference) -> str:
    """Write q."""
    return "<0.001" if made.q < 0.001 else f"{made.q:.2g}"


def effect(made: Difference) -> str:
    """Write the effect size with its sign; infinite where neither side varies from run to run."""
    return "inf" if made.effect is None else f"{made.effect:+.2f}".replace("+0.00", "0").replace("-0.00", "0")


def remark(made: Difference) -> str:
    """Return what limits a difference, "" where nothing does."""
    limits = [arises(made)] if made.n < made.pairs else []
    if made.diff is None:
        return "; ".join((*limits, "no difference can be taken"))
    if made.sides_apart:
        limits.append("a few large differences the other way outweigh many small ones, so that A and B are not shown")
    if not made.is_clear and made.ci is not None and made.differ and (made.ci[0] > 0 or made.ci[1] < 0):
        limits.append("its interval excludes 0, but among so many outcomes some do so by chance (see q)")
    if is_fragile(made):
        limits.append(f"rests on {made.differ} {'pair' if made.differ == 1 else 'pairs'} that differ")
    return "; ".join(limits)


def remarks(differences: Sequence[Difference]) -> list[str]:
    """Return the remarks on differences, each after the outcomes it applies to."""
    alike: dict[str, list[str]] = {}
    for each in differences:
        if remark(each):
            alike.setdefault(remark(each), []).append(label(each))
    return [f"{'; '.join(titles)}: {text}" for text, titles in alike.items()]


def arises(made: Difference) -> str:
    """Describe in how many pairs the question of an outcome arises on each side."""
    a, b = made.arises
    if a == b == made.n:
        return f"arises in {made.n:,} of {made.pairs:,} pairs, in the same runs of A and B"
    both = f"{made.n:,} {'pair' if made.n == 1 else 'pairs'}" if made.n else "no pair"
    return f"arises in {a:,} runs of A and {b:,} of B, on both sides of {both}"


def warnings(differences: Sequence[Difference]) -> list[str]:
    """Return the outcomes whose question arises more often on one side, beyond chance; those with one text in one line."""
    alike: dict[str, dict[str, None]] = {}
    for each in differences:
        if each.arises_apart:
            a, b = each.arises
            counts = f"arises in {a:,} runs of A and {b:,} of B, a difference beyond chance ({each.outcome.arises})"
            pairs_left = "compared over pairs with both" if each.n else "not compared, as no pair has both"
            alike.setdefault(f"{counts}; {pairs_left}", {})[each.outcome.title] = None
    return [f"{'; '.join(titles)}: {text}" for text, titles in alike.items()]


def expected(answer: Answer) -> tuple[str, str, str, str]:
    """Return the outcome's title, the expectation, the result with its uncertainty, and the verdict."""
    of = answer.of
    if answer.verdict == UNANSWERED:
        found = arises(of) if of.diff is None else "a category has no direction"
    elif not of.differ:
        found = f"the same in every pair of {of.n:,}"
    else:
        within = "" if of.ci is None else f" ({interval(of)})"
        found = f"{answer.found}, {size(of)}{within}, {pairs_in_words(of)}, q {chance(of)}"
        found += f"; {arises(of)}" if of.n < of.pairs else ""
    return of.outcome.title, answer.expected, found, answer.verdict


def distance(made: Difference) -> str:
    """Write the distances of the two distributions."""
    if made.moved is None or made.gap is None:
        return ""
    return f"Distance {signed(made, made.moved).lstrip('+')}; gap {points(made.gap).lstrip('+')}."
