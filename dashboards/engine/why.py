"""Why an actor did what it did: the rule, the values it read, and which single change would have made another rule fire."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.agents.base import Rule
from sim.analysis.explain import CODES, LONG_AGO
from sim.record.ledger import Choice, RuleCheck
from sim.scenario.scenario import Scenario

HALVINGS = 24
MANY = 400.0
"""Days or things: the largest number that is tried."""
TIE = "tie_to"
MOST_CHANGES = 3
SHARES = ("share", "chance", "absence", "prospects", "presence", "uncertainty", "pressure", "mediation")
"""Words in the name of what runs from 0 to 1."""
CHANCE = "chance"
"""The day's lot: an actor reads it, but nobody can change it."""


@dataclass(frozen=True)
class Weighed:
    """A rule as it was weighed. changes: for each value that alone would have turned it, what it would have had to be."""

    rule: str
    said: str
    evidence: str
    holds: bool
    read: tuple[str, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Why:
    """A decision explained. passed: more urgent rules that did not hold. next_in_line: what would have fired instead."""

    decision: str
    order: str
    order_text: str
    idle: bool
    fired: Weighed
    passed: tuple[Weighed, ...]
    next_in_line: str | None
    next_text: str


def explain(choice: Choice, rules: tuple[Rule, ...], scenario: Scenario, drawn: Collection[str] = ()) -> Why:
    """Explain a decision. rules: those of its matter under the policy that was in force, most urgent first.

    drawn: paths of the values that are the run's own.
    """
    named = {rule.name: rule for rule in rules}
    weighed = [_weighed(reading, named[reading.rule], choice, scenario, drawn) for reading in choice.readings]
    following = named.get(choice.next_in_line or "")
    return Why(
        choice.decision,
        choice.order,
        choice.order_text,
        choice.idle,
        weighed[-1],
        tuple(weighed[:-1]),
        choice.next_in_line,
        first_line(following.when.__doc__) if following else "",
    )


def _weighed(reading: RuleCheck, rule: Rule, choice: Choice, scenario: Scenario, drawn: Collection[str]) -> Weighed:
    actor = choice.decision.partition(".")[0]
    changes = () if rule.name == "otherwise" else tuple(turning(rule, reading))[:MOST_CHANGES]
    return Weighed(
        rule.name,
        first_line(rule.when.__doc__),
        rule.evidence,
        reading.holds,
        tuple(_read(reading, actor, scenario, drawn)),
        changes,
    )


def _read(reading: RuleCheck, actor: str, scenario: Scenario, drawn: Collection[str]) -> list[str]:
    """Say what a rule read: what the actor saw, then its own values with unit and source."""
    saw = [f"{words(name)}: {said}" for name, value in reading.saw.items() if (said := plain(name, value)) is not None]
    own = []
    for name, value in reading.own.items():
        entry = scenario.entries.get(f"{actor}.{name}")
        if entry is not None and reading.rule != "otherwise":
            number = value if isinstance(value, str) else f"{value:g}{'' if entry.unit == '1' else f' {entry.unit}'}"
            number += ", drawn for this run" if entry.path in drawn else ""
            own.append(f"its {words(name)}: {number} ({entry.source})")
    return ([] if reading.rule == "otherwise" else saw) + own


def turning(rule: Rule, reading: RuleCheck) -> list[str]:
    """Return, for each value an actor saw, what it alone would have had to be for the rule to come out the other way.

    Found by trying: yes and no are exchanged, codes gone through, numbers halved down to where the condition turns.
    """
    found = []
    for name, value in reading.saw.items():
        if name == CHANCE or np.size(value) != 1:
            continue
        turns = _turn(rule, reading, name)
        number = np.asarray(value).reshape(-1)[0]
        if np.issubdtype(number.dtype, np.bool_):
            said = ("no" if number else "yes") if turns(not number) else None
        elif name in CODES:
            said = next((words(CODES[name][code]) for code in range(len(CODES[name])) if turns(code)), None)
        else:
            said = _threshold(name, float(number), turns)
        if said is not None:
            found.append(f"{words(name)} {said}")
    return found


def _turn(rule: Rule, reading: RuleCheck, name: str) -> Callable[[float], bool]:
    """Return whether the rule comes out the other way with another value of `name`."""
    own = SimpleNamespace(**{key: _as_values(value) for key, value in reading.own.items()})

    def turns(value: float) -> bool:
        before = reading.saw[name]
        tried = np.full_like(before, value) if isinstance(before, np.ndarray) else type(before)(value)
        seen: Any = SimpleNamespace(**{**reading.saw, name: tried})
        try:
            with np.errstate(all="ignore"):
                return bool(np.asarray(rule.when(seen, own)).reshape(-1)[0]) != reading.holds
        except (AttributeError, OverflowError, ValueError):
            return False  # the condition would have read something else that was not noted

    return turns


def _as_values(value: Any) -> Any:
    """Return a noted value, or a table of them, as a rule reads it in a block of one run."""
    if isinstance(value, Mapping):
        return SimpleNamespace(**{key: _as_values(item) for key, item in value.items()})
    return np.array([value], np.float32)


def _threshold(name: str, now: float, turns: Callable[[float], bool]) -> str | None:
    """Return from where on the condition turns, above or below what the actor saw, the nearer of the two."""
    low, high, whole = _reach(name)
    ends = [end for end in (low, high) if turns(end)]
    if not ends or not np.isfinite(now):
        return None
    found = [_nearest(min(max(now, low), high), end, turns, whole) for end in ends]
    nearest = min(found, key=lambda value: abs(value - now))
    return f"{'at least' if nearest > now else 'at most'} {round(nearest, 4) + 0.0:.3g}"


def _reach(name: str) -> tuple[float, float, bool]:
    """Return between which values to look, and whether only whole ones count: days and numbers of things do."""
    if TIE in name:
        return -1.0, 1.0, False
    return (0.0, 1.0, False) if any(word in name for word in SHARES) else (-MANY, MANY, True)


def _nearest(near: float, far: float, turns: Callable[[float], bool], whole: bool) -> float:
    """Halve down from a value that does not turn the condition and one that does to the nearest that does."""
    near = float(np.trunc(near)) if whole else near
    for _ in range(HALVINGS):
        middle = (near + far) / 2.0
        if whole:
            middle = float(np.floor(middle))
            if middle in (near, far):
                break
        near, far = (near, middle) if turns(middle) else (middle, far)
    return far


def plain(name: str, value: Any) -> str | None:
    """Write one value an actor saw; None for one that lists sites."""
    if np.size(value) != 1:
        return None
    item = np.asarray(value).reshape(-1)[0].item()
    if name in CODES:
        return words(CODES[name][int(item)])
    if isinstance(item, bool):
        return "yes" if item else "no"
    return "never" if abs(item) > LONG_AGO else f"{item:.3g}"


def words(name: str) -> str:
    """Write a name of the code as words."""
    return name.replace("_", " ")


def first_line(text: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((text or "").split("\n\n")[0].split())
