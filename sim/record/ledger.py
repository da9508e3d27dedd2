"""The ledger of one run: what each actor saw and decided on each day, and every event with its day, place and cause.

A run is a pure function of scenario and run number, so its ledger is not stored: it is kept while the run is played again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from sim.agents.base import Rule
from sim.agents.seen import Seen
from sim.ground.theatre import Theatre
from sim.record.events import KINDS, Kind, falls, rises
from sim.scenario.scenario import Scenario
from sim.state.state import State


@dataclass(frozen=True)
class RuleCheck:
    """A rule as it was weighed: whether it held, what it read of what its actor saw, and of the actor's own values.

    saw holds arrays with the run as their last axis, of size 1.
    """

    rule: str
    holds: bool
    saw: Mapping[str, Any]
    own: Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """What an actor decided in a matter on a day.

    decision: "actor.decision". readings: the rules weighed, most urgent first, the last of them the one that fired.
    next_in_line: the rule below it that held as well and would have fired in its place, None when none did.
    """

    day: int
    decision: str
    order: str
    order_text: str
    explanation: str
    evidence: str
    readings: tuple[RuleCheck, ...]
    next_in_line: str | None

    @property
    def rule(self) -> str:
        """The rule that fired."""
        return self.readings[-1].rule

    @property
    def fired(self) -> RuleCheck:
        """The reading of the rule that fired."""
        return self.readings[-1]

    @property
    def idle(self) -> bool:
        """Nothing was ordered."""
        return self.order == "stay"


@dataclass(frozen=True)
class Event:
    """Something that came to pass. place: key of a site, sector, institution or province, or "". cell: lattice cell or None.

    size: by how much a number rose or fell, 1 for a change of kind. mechanism: the one that did it.
    """

    day: int
    kind: Kind
    place: str
    place_name: str
    cell: int | None
    size: float
    now: str
    mechanism: str

    @property
    def text(self) -> str:
        """The event in words."""
        return self.kind.text.format(place=self.place_name, n=f"{self.size:,.0f}", now=self.now)


@dataclass
class Ledger:
    """Decisions and events of one run, in the order they came."""

    scenario: Scenario
    run: int
    choices: list[Choice] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def date_of(self, day: int) -> date:
        """Return the date of a day counted from the start."""
        return self.scenario.start_date + timedelta(days=day)

    def decided(self, day: int) -> dict[str, Choice]:
        """Return the decisions of a day by "actor.decision"."""
        return {choice.decision: choice for choice in self.choices if choice.day == day}


class Keeper:
    """Looks on while a model of one run moves the state in the theatre, and writes into a ledger."""

    def __init__(self, theatre: Theatre, state: State, ledger: Ledger) -> None:
        self.theatre, self.state, self.ledger = theatre, state, ledger
        self.known = {kind.name: kind.read(state) for kind in KINDS}

    def decided(self, decision: str, rules: tuple[Rule, ...], seen: Seen, values: Any) -> None:
        """Weigh the rules again, one by one, noting what each reads."""
        self.ledger.choices.append(choice_of(decision, rules, seen, values))

    def advanced(self, mechanism: str) -> None:
        """Note what the mechanism has changed."""
        for kind in KINDS:
            before, now = self.known[kind.name], kind.read(self.state)
            if (before == now).all():
                continue
            self.known[kind.name] = now
            for index in np.flatnonzero(kind.happened(before, now)):
                self._note(kind, int(index), float(now[index]), abs(float(now[index] - before[index])), mechanism)

    def _note(self, kind: Kind, index: int, now: float, change: float, mechanism: str) -> None:
        place, place_name, cell = _place(kind, index, self.theatre)
        name = kind.now[int(now)].replace("_", " ") if kind.now else f"{now:g}"
        size = now if kind.per_day else change if kind.happened in (rises, falls) else 1.0
        self.ledger.events.append(Event(self.state.day, kind, place, place_name, cell, size, name, mechanism))


def choice_of(decision: str, rules: tuple[Rule, ...], seen: Seen, values: Any) -> Choice:
    """Return what rules decide in a matter ("actor.decision") for a block of one run, with what each of them read."""
    readings: list[RuleCheck] = []
    fired, next_in_line = None, None
    for rule in rules:
        reading = weigh(rule, seen, values)
        if fired is None:
            readings.append(reading)
            fired = rule if reading.holds else None
        elif reading.holds:
            next_in_line = rule.name
            break
    assert fired is not None, f"the last rule of {decision} does not always hold"
    return Choice(
        day=seen.day,
        decision=decision,
        order=fired.order.__name__,
        order_text=_first_line(fired.order.__doc__),
        explanation=_first_line(fired.when.__doc__),
        evidence=fired.evidence,
        readings=tuple(readings),
        next_in_line=next_in_line,
    )


def weigh(rule: Rule, seen: Any, values: Any) -> RuleCheck:
    """Evaluate a rule's condition for a block of one run and note what it read."""
    saw: dict[str, Any] = {}
    own: dict[str, Any] = {}
    noting: Any = _Noting(seen, saw, _as_it_is)
    holds = rule.when(noting, _Noting(values, own, _plain))
    return RuleCheck(rule.name, bool(np.asarray(holds).reshape(-1)[0]), saw, own)


class _Noting:
    """Stands in for an object and notes which of its attributes are read, written down by `note`."""

    def __init__(self, target: Any, noted: dict[str, Any], note: Callable[[Any], Any]) -> None:
        self._target, self._noted, self._note = target, noted, note

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        self._noted[name] = self._note(value)
        return value


def _as_it_is(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    """Return an actor's value, (1,) or a table of such, as a scenario would state it."""
    if is_dataclass(value):
        return {name: _plain(item) for name, item in vars(value).items()}
    return float(str(value[0])) if value.dtype == np.float32 else value[0].item()


def _place(kind: Kind, index: int, theatre: Theatre) -> tuple[str, str, int | None]:
    """Return the key, the name and the lattice cell of the place of an event; the cell of a change of ground only."""
    if kind.places == "cells":
        province = theatre.grid.provinces[theatre.province[index]]
        return province.key, province.name, int(theatre.cells[index])
    if kind.places:
        member = theatre.members[kind.places][index]
        return member.key, member.name, None
    return "", "", None


def _first_line(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())
