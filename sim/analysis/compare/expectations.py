"""What each scenario said beforehand that it would move, held against what was found: expected, found, how sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.analysis.compare.differences import CLEAR, Difference
from sim.analysis.compare.sides import Side
from sim.record.outcomes import CATEGORY, DATE

RISES, FALLS, SAME = ("up", "later"), ("down", "earlier"), "same"
AS_EXPECTED, CONTRARY, UNSURE = "as expected", "contrary", "not distinguishable from chance"
UNMOVED, UNANSWERED = "does not move", "cannot be answered"


@dataclass(frozen=True)
class Answer:
    """One line of a scenario's `expect`.

    found: the direction of the difference, "same" where no pair differs, None where there is no difference to speak of.
    verdict: AS_EXPECTED or CONTRARY where the difference is distinguishable from chance, UNSURE where not; UNMOVED where no
    pair differs; UNANSWERED where its question does not arise on both sides, or has no direction. of: the difference.
    """

    scenario: str
    outcome: str
    expected: str
    found: str | None
    verdict: str
    of: Difference


def answers(side: Side, differences: Sequence[Difference]) -> list[Answer]:
    """Return an answer to each line of a side's `expect` whose outcome was asked for. differences: of all sides."""
    mine = [each for each in differences if each.scenario == side.name]
    found = []
    for outcome, expected in side.expected.items():
        of = [each for each in mine if each.outcome.name == outcome]
        if of:
            found.append(_answer(side.name, expected, of))
    return found


def _answer(scenario: str, expected: str, of: Sequence[Difference]) -> Answer:
    """of: the differences of one outcome, one for each category where it has them."""
    clearest = min(of, key=lambda each: each.q)
    found = _direction(clearest)
    return Answer(scenario, clearest.outcome.name, expected, found, _verdict(expected, found, clearest), clearest)


def _direction(difference: Difference) -> str | None:
    if difference.diff is None:
        return None
    if not difference.differ:
        return SAME
    if difference.outcome.type == CATEGORY:
        return "different"
    up, down = ("later", "earlier") if difference.outcome.type == DATE else ("up", "down")
    return up if difference.diff > 0 else down if difference.diff < 0 else "as many up as down"


def _verdict(expected: str, found: str | None, difference: Difference) -> str:
    if found is None or (difference.outcome.type == CATEGORY and expected != SAME):
        return UNANSWERED
    if found == SAME:
        return AS_EXPECTED if expected == SAME else UNMOVED
    if difference.q >= CLEAR:
        return UNSURE
    if expected == SAME:
        return CONTRARY
    rises = (difference.diff or 0.0) > 0
    return AS_EXPECTED if (expected in RISES) == rises else CONTRARY
