"""Tell a run's ledger: as a dated story, back from an event to its causes, and where two paired runs part."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from sim.agents import AGENTS
from sim.ground.errors import InputError
from sim.record.events import BY_NAME, KINDS, MOVED_BY
from sim.record.ledger import Choice, Event, Ledger, RuleCheck
from sim.scenario.files import near_miss
from sim.state.state import BASE_STATUSES, CAMPAIGNS, PHASES, SUMMIT_RESULTS

TITLES = {agent.name: agent.title for agent in AGENTS}
CODES = {
    "campaign": CAMPAIGNS,
    "withdrawal": PHASES,
    "summit_result": SUMMIT_RESULTS,
    "port_status": BASE_STATUSES,
}
"""What an actor sees as an index of a list of names."""
TIMELINE = {"days_since_deadline": "deadline", "days_to_summit": "summit"}
DEEPEST = 12
LONG_AGO = 5000
"""Days: an age or a wait beyond it stands for what has not come (see sim.state.state.NEVER)."""


@dataclass(frozen=True)
class StoryDay:
    """A day on which something is to be told: decisions that are new that day, and events in words."""

    day: int
    date: date
    choices: tuple[Choice, ...]
    events: tuple[str, ...]


@dataclass
class Cause:
    """An event or a decision with what led to it."""

    day: int
    text: str
    because: list[Cause] = field(default_factory=list)


@dataclass(frozen=True)
class Parting:
    """A day on which two runs differ: in decisions, by "actor.decision", or in events that only one of them has."""

    date: date
    choices: tuple[tuple[Choice, Choice], ...] = ()
    only_first: tuple[Event, ...] = ()
    only_second: tuple[Event, ...] = ()


def story(ledger: Ledger, actor: str | None = None) -> Iterator[StoryDay]:
    """Tell a run day by day: its main events, and a decision the first time its rule fires and when it ordered an event.

    actor: narrow the story to one actor, and tell every change of the rule that fires, those to order nothing included.
    """
    before: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for day in range(1, ledger.scenario.days + 1):
        decided = ledger.decided(day)
        main = [event for event in ledger.events if event.day == day and not event.kind.minor]
        ordered = {decision for event in main for decision in event.kind.ordered}
        if actor is None:
            new = [
                d for d in decided.values()
                if not d.idle and ((d.decision, d.rule) not in told or (d.decision in ordered and before[d.decision] != d.rule))
            ]  # fmt: skip
        else:
            mine = [d for d in decided.values() if d.decision.startswith(f"{actor}.")]
            new, main = [d for d in mine if before.get(d.decision) != d.rule], []
        told |= {(d.decision, d.rule) for d in new}
        before = {decision: choice.rule for decision, choice in decided.items()}
        if new or main:
            yield StoryDay(day, ledger.date_of(day), tuple(new), tuple(_in_words(main)))


def _in_words(events: list[Event]) -> Iterator[str]:
    """Say each event; those of cells are counted by kind and province."""
    counted: dict[tuple[str, str], int] = {}
    for event in events:
        if event.cell is None:
            yield event.text
        else:
            key = (event.kind.name, event.place_name)
            counted[key] = counted.get(key, 0) + 1
    for (name, place), count in sorted(counted.items()):
        yield BY_NAME[name].text.format(place=place, n=f"{count:,}", now="")


def find_event(ledger: Ledger, wanted: str) -> Event:
    """Return the first event that KIND[:PLACE][@DATE] names. Raises InputError when none does."""
    rest, _, day = wanted.partition("@")
    kind, _, place = rest.partition(":")
    if kind not in BY_NAME:
        hint = near_miss(kind, BY_NAME) or f"; kinds are {', '.join(k.name for k in KINDS)}"
        raise InputError(f"--why {wanted}: {kind or 'nothing'} is not a kind of event{hint}")
    found = [event for event in ledger.events if event.kind.name == kind]
    there = [event for event in found if not place or event.place == place]
    then = [event for event in there if not day or str(ledger.date_of(event.day)) == day]
    if then:
        return then[0]
    if found and not there:
        raise InputError(
            f"--why {wanted}: in run {ledger.run} {kind} came only at {', '.join(_unique(e.place for e in found))}"
        )
    if there:
        days = _unique(str(ledger.date_of(event.day)) for event in there)
        raise InputError(f"--why {wanted}: in run {ledger.run} it came on {', '.join(days)}")
    raise InputError(f"--why {wanted}: {kind} did not come in run {ledger.run}")


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def why(ledger: Ledger, event: Event) -> Cause:
    """Walk back from an event over the decisions that ordered it and the events these and it follow."""
    return _cause_of(ledger, event, told=set(), depth=0)


def _cause_of(ledger: Ledger, event: Event, told: set[tuple[str, int]], depth: int) -> Cause:
    cause = Cause(event.day, f"{event.text} ({event.kind.name}, by {event.mechanism})")
    if depth >= DEEPEST or _told(told, event.kind.name, event.day):
        return cause
    decided = ledger.decided(event.day)
    for decision in event.kind.ordered:
        choice = decided[decision]
        if not choice.idle or len(event.kind.ordered) == 1 or event.kind.name == "truce_lapsed":
            cause.because.append(_cause_of_choice(ledger, choice, told, depth + 1))
    earlier = _last(ledger, event.kind.after, event.day, event)
    if earlier is not None and (earlier.kind.name, earlier.day) not in told:
        cause.because.append(_cause_of(ledger, earlier, told, depth + 1))
    return cause


def _cause_of_choice(ledger: Ledger, choice: Choice, told: set[tuple[str, int]], depth: int) -> Cause:
    cause = Cause(choice.day, choice_text(ledger, choice))
    if depth >= DEEPEST or _told(told, choice.decision, choice.day):
        return cause
    for name in choice.fired.saw:
        for item in ledger.scenario.timeline:
            if TIMELINE.get(name) == item.event:
                day = (item.date - ledger.scenario.start_date).days
                cause.because.append(Cause(day, f"the timeline: {item.event}, {item.note} [{item.source}]"))
        earlier = _last(ledger, MOVED_BY.get(name, ()), choice.day - 1)
        if earlier is not None and (earlier.kind.name, earlier.day) not in told:
            cause.because.append(_cause_of(ledger, earlier, told, depth + 1))
    return cause


def _told(told: set[tuple[str, int]], name: str, day: int) -> bool:
    """Say whether it was told before, and note that it is now."""
    before = (name, day) in told
    told.add((name, day))
    return before


def _last(ledger: Ledger, kinds: tuple[str, ...], day: int, of: Event | None = None) -> Event | None:
    """Return the last event of these kinds up to the evening of `day`, at the place of `of` where there is such a one."""
    until = bisect_right(ledger.events, day, key=lambda event: event.day)
    found = (e for e in reversed(ledger.events[:until]) if e.kind.name in kinds and e is not of)
    if of is not None and of.cell is not None:
        return next((e for e in found if e.cell in (None, of.cell)), None)
    if of is not None and of.place:
        anywhere = list(found)
        return next((e for e in anywhere if e.place == of.place), anywhere[0] if anywhere else None)
    return next(found, None)


def choice_text(ledger: Ledger, choice: Choice) -> str:
    """Say who decided what, by which rule, on what evidence, reading what."""
    actor, _, decision = choice.decision.partition(".")
    order = choice.order_text.rstrip(".")
    return f"{TITLES[actor]}, {decision}: {order}. {choice.rule}: {choice.explanation} [{choice.evidence}]"


def read_values(ledger: Ledger, choice: Choice) -> Iterator[str]:
    """Yield what the rule that fired read: what its actor saw, then its own values with their source."""
    actor = choice.decision.partition(".")[0]
    if choice.rule == "otherwise":
        return
    for name, value in choice.fired.saw.items():
        if (said := _plain(name, value)) is not None:
            yield f"{name} = {said}"
    for name, value in choice.fired.own.items():
        entry = ledger.scenario.entries.get(f"{actor}.{name}")
        if entry is not None:
            yield f"own {name} = {value:g} [{entry.source}]" if not isinstance(value, str) else f"own {name} = {value}"


def _plain(name: str, value: Any) -> str | None:
    """Write one value an actor saw; None for one that lists sites."""
    numbers = np.asarray(value).reshape(-1)
    if numbers.size != 1:
        return None
    number = numbers[0].item()
    if name in CODES:
        return CODES[name][int(number)]
    if abs(number) > LONG_AGO:
        return "never"
    return ("yes" if number else "no") if isinstance(number, bool) else f"{number:.3g}"


def partings(first: Ledger, second: Ledger) -> tuple[Parting | None, Parting | None]:
    """Return the first day on which the decisions of two runs part, and the first on which their events do.

    None where they never do. Raises InputError when the runs do not share their luck.
    """
    one, other = first.scenario, second.scenario
    if (one.seed, one.epoch, one.start_date, first.run) != (other.seed, other.epoch, other.start_date, second.run):
        raise InputError("--diverge: the two runs do not share their luck; seed, start and number of the run must be equal")
    days = range(1, min(one.days, other.days) + 1)
    choices = next((p for p in (_parted_choices(first, second, day) for day in days) if p.choices), None)
    events = next((p for p in (_parted_events(first, second, day) for day in days) if p.only_first or p.only_second), None)
    return choices, events


def _parted_choices(first: Ledger, second: Ledger, day: int) -> Parting:
    a, b = first.decided(day), second.decided(day)
    differ = tuple((a[decision], b[decision]) for decision in a if _rule_and_order(a[decision]) != _rule_and_order(b[decision]))
    return Parting(first.date_of(day), choices=differ)


def _parted_events(first: Ledger, second: Ledger, day: int) -> Parting:
    here, there = ([event for event in ledger.events if event.day == day] for ledger in (first, second))
    keys = {_key(event) for event in here}, {_key(event) for event in there}
    only_first = tuple(event for event in here if _key(event) not in keys[1])
    only_second = tuple(event for event in there if _key(event) not in keys[0])
    return Parting(first.date_of(day), only_first=only_first, only_second=only_second)


def _rule_and_order(choice: Choice) -> tuple[str, str]:
    return choice.rule, choice.order


def _key(event: Event) -> tuple[str, str, int | None, float, str]:
    return event.kind.name, event.place, event.cell, event.size, event.now


def differing_values(first: Ledger, second: Ledger) -> Iterator[str]:
    """Yield the values that two scenarios set differently."""
    here, there = ({path: entry.value for path, entry in each.scenario.entries.items()} for each in (first, second))
    for path in here | there:
        one, other = (values.get(path, "no such member") for values in (here, there))
        if one != other:
            yield f"{path}: {one} and {other}"


def to_json(ledger: Ledger) -> dict[str, Any]:
    """Return the whole ledger as plain values."""
    return {
        "scenario": ledger.scenario.name,
        "hash": ledger.scenario.hash,
        "seed": ledger.scenario.seed,
        "run": ledger.run,
        "decisions": [
            {
                "date": str(ledger.date_of(choice.day)),
                "matter": choice.decision,
                **_fields(choice, "rule", "order", "evidence", "next_in_line"),
                "readings": [_reading_to_json(reading) for reading in choice.readings],
            }
            for choice in ledger.choices
        ],
        "events": [
            {
                "date": str(ledger.date_of(event.day)),
                "kind": event.kind.name,
                **_fields(event, "place", "cell", "size", "now", "mechanism"),
            }
            for event in ledger.events
        ],
    }


def _fields(item: Choice | Event, *names: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names}


def _reading_to_json(reading: RuleCheck) -> dict[str, Any]:
    saw = {name: _json_value(value) for name, value in reading.saw.items()}
    return {"rule": reading.rule, "holds": reading.holds, "saw": saw, "own": dict(reading.own)}


def _json_value(value: Any) -> Any:
    """Turn an array of one run into a number or a list; what is infinite has no number in JSON."""
    numbers = np.asarray(value)
    flat = [None if isinstance(x, float) and not np.isfinite(x) else x for x in numbers.reshape(-1).tolist()]
    return flat[0] if numbers.size == 1 else flat
