"""A scenario: every value of a run, checked on reading, with its evidence.

A file is either complete or a what-if that names its `base` and sets what differs. `read_scenario` reads the chain of bases
from the complete file upwards and applies each file and each `--set` as a layer. With a date under `takes_effect`, the base
applies before that day and the file's values from that day on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sim.ground.checks import check_once, check_reached, shown, texts
from sim.ground.errors import InputError
from sim.ground.members import Members, shipped_members
from sim.scenario.entries import Entry, Register, Value, apply_entries, build_section, paths_set
from sim.scenario.files import HEADING_KEYS, InputErrors, Layer, read_layers, read_set
from sim.scenario.first_evening import contradictions
from sim.scenario.heading import SETTABLE, TimelineEvent, apply_heading, own_heading
from sim.scenario.own_outcomes import OwnOutcome
from sim.state.orders import DatedOrder

DEADLINE_PASSED = timedelta(days=366)
"""Longest time between a past deadline of the timeline and the first evening."""

RASTERS = ("control", "communities", "classes", "sectors")
OF_THE_BASE = ("epoch", "start_date", "seed", *(f"{raster}_digest" for raster in RASTERS), "sites")
"""Fields that a scenario cannot change on the day it takes effect."""


@dataclass(frozen=True)
class Branch:
    """The point where a scenario departs from another. day: the first with its own values, counted from the start."""

    day: int
    origin: Scenario


@dataclass(frozen=True)
class Scenario:
    """One checked scenario. It pickles, and `hash` names what it computes.

    epoch: the day the random streams count from. start_date: the evening of day 0. days: horizon. runs: size of the
    ensemble by default. control: raster of the holders on that evening, the name of a shipped one or the path of the user's
    own; communities: the same for the map before the offensive; classes, sectors: the user's own rasters of the classes of
    allegiance and of sectors, sites: the user's own file of members; "" for the shipped ones. The digests identify their
    content. members: of all axes. question: the question it answers. expected: outcome -> direction in which it should move
    it. sections: dataclass by name. entries: dotted path -> Entry. orders: a person's orders. branch: the scenario before
    these values took effect. root: the values at the root of its bases. register: the schema it was checked against.
    """

    name: str
    title: str
    question: str
    base: str | None
    expected: Mapping[str, str]
    epoch: date
    start_date: date
    days: int
    runs: int
    seed: int
    control: str
    control_digest: str
    communities: str
    communities_digest: str
    timeline: tuple[TimelineEvent, ...]
    sections: Mapping[str, Any]
    entries: Mapping[str, Entry]
    register: Register = field(compare=False, repr=False)
    orders: tuple[DatedOrder, ...] = ()
    outcomes: tuple[OwnOutcome, ...] = field(default=(), compare=False)
    branch: Branch | None = None
    classes: str = ""
    classes_digest: str = ""
    sectors: str = ""
    sectors_digest: str = ""
    sites: str = ""
    members: Members = field(default_factory=shipped_members, compare=False, repr=False)
    root: Mapping[str, Value] = field(default_factory=dict, compare=False, repr=False)

    __iter__ = None  # with __getitem__ it would pass as a sequence, and Mesa's batch_run would iterate over it

    def __getitem__(self, section: str) -> Any:
        """Return the values of an actor, of a mechanism or of the start."""
        return self.sections[section]

    def __hash__(self) -> int:
        return int(self.hash, 16)

    @cached_property
    def hash(self) -> str:
        """8 hex digits over everything that changes results; titles, sources, ranges and the number of runs do not."""
        numbers = {
            "dates": [str(self.epoch), str(self.start_date), self.days],
            "seed": self.seed,
            "rasters": [self.control_digest, self.communities_digest],
            "timeline": [[str(item.date), item.event] for item in self.timeline],
            "values": {path: entry.value for path, entry in self.entries.items()},
        }
        sites = self.members.digest if self.sites else ""
        own = {"classes": self.classes_digest, "sectors": self.sectors_digest, "sites": sites}
        numbers |= {label: digest for label, digest in own.items() if digest}
        if self.orders:
            numbers["orders"] = [[str(item) for item in vars(order).values()] for order in self.orders]
        if self.branch is not None:
            numbers["branch"] = [self.branch.day, self.branch.origin.hash]
        return blake2b(json.dumps(numbers, sort_keys=True).encode(), digest_size=4).hexdigest()

    @property
    def ground(self) -> tuple[str, ...]:
        """Digests of its maps and sites."""
        return (*(getattr(self, f"{raster}_digest") for raster in RASTERS), self.members.digest)

    @property
    def own(self) -> frozenset[str]:
        """Paths of the values that define it: different from the root of its bases, or given by --set."""
        away = {path for path, entry in self.entries.items() if self.root.get(path, entry.value) != entry.value}
        return frozenset(away | {path for path, entry in self.entries.items() if entry.set_by == "--set"})

    @property
    def stages(self) -> tuple[tuple[int, Scenario], ...]:
        """(first day, scenario) of each period with the same values; the first begins on day 0."""
        return (*self.branch.origin.stages, (self.branch.day, self)) if self.branch else ((0, self),)

    @property
    def end_date(self) -> date:
        """The evening of the last day."""
        return self.start_date + timedelta(days=self.days)

    def falls_on(self, event: str, day: int) -> bool:
        """Whether an event of the timeline is due on a day, counted from the start."""
        return any(item.event == event and (item.date - self.start_date).days == day for item in self.timeline)

    def waits(self, day: int) -> dict[str, float]:
        """Return days from the start to the next event of each name; a deadline remains after it has passed."""
        waits: dict[str, float] = {}
        for item in self.timeline:
            at = (item.date - self.start_date).days
            if item.event == "deadline" or at > day:
                waits[item.event] = min(at, waits.get(item.event, float("inf")))
        return waits

    def with_values(self, values: Mapping[str, Value], set_by: str) -> Scenario:
        """Return the scenario with other values, checked as in a file.

        values: dotted path, or days, runs, seed, start_date, -> value. set_by: origin noted
        in the entries, and start of error messages. Raises InputError.
        """
        tables: dict[str, Any] = {}
        for path, value in values.items():
            if not isinstance(path, str):
                raise InputError(f"{set_by}: {shown(path)} must be the path of a value, in quotes")
            *sections_above, key = path.split(".")
            table = tables
            for section in sections_above:
                table = table.setdefault(section, {})
            table[key] = value
        return _with_layer(self, Layer(set_by, set_by, Path(), tables))


def read_scenario(name_or_path: str | Path, register: Register, sets: Sequence[str] = (), kept: bool = False) -> Scenario:
    """Read a scenario by name or path: its bases first, then the file, then `sets` ("moscow.policy=\\"stay\\"").

    register: the schema. kept: the file belongs to a results folder, where earlier spellings of keys are read.
    Raises InputError, one line for each fault.
    """
    layers = read_layers(name_or_path, kept)
    heading: dict[str, Any] = {}
    entries: dict[str, Entry] = {}
    scenario: Scenario | None = None
    for layer in layers:
        heading, entries = _apply(layer, heading | own_heading(layer), entries, register)
        branch = scenario.branch if scenario else None
        if scenario and "takes_effect" in layer.data:
            branch = Branch((heading.pop("takes_effect") - scenario.start_date).days, scenario)
        register = register.of_members(heading.get("members", shipped_members()).axes)
        sections = {n: build_section(n, section, entries, register.axes) for n, section in register.sections.items()}
        root = scenario.root if scenario else {path: entry.value for path, entry in entries.items()}
        given: dict[str, Any] = {"timeline": (), "root": root, "register": register} | heading
        scenario = Scenario(name=layer.name, sections=sections, entries=entries, branch=branch, **given)
        _check_branch(scenario, layer)
        _check_dates(scenario, layer)
    assert scenario is not None  # there is a layer at the least
    scenario = _with_sets(scenario, sets)
    if faults := contradictions(scenario["start"], scenario.control, scenario.communities, scenario.members):
        raise InputErrors(f"{layers[-1].where}: {fault}" for fault in faults)
    return scenario


def branch_off(origin: Scenario, day: int, sets: Sequence[str]) -> Scenario:
    """Return the scenario that departs from `origin` on a day, counted from the start, with `sets`.

    It is `origin` itself if they change nothing. Raises InputError, also for values that a branch cannot change.
    """
    scenario = replace(origin, branch=Branch(day, origin))
    scenario = _with_sets(scenario, sets)
    return origin if replace(scenario, branch=origin.branch).hash == origin.hash else scenario


def _with_sets(scenario: Scenario, sets: Sequence[str]) -> Scenario:
    """Apply `--set` expressions to a scenario; no two may set the same value. Raises InputError."""
    layers = [read_set(expression) for expression in texts("sets", sets)]
    check_once("--set", [path for layer in layers for path in paths_set(layer, scenario.register)])
    for layer in layers:
        scenario = _with_layer(scenario, layer)
    return scenario


def _with_layer(scenario: Scenario, layer: Layer) -> Scenario:
    """Apply a layer to a complete scenario; it may change its values, length, start and seed only."""
    fixed = [key for key in layer.data if key in HEADING_KEYS and key not in SETTABLE]
    if fixed:
        raise InputError(f"{layer.where}: {fixed[0]} can only be given in a file")
    heading = {key: getattr(scenario, key) for key in (*SETTABLE, "members")}
    register = scenario.register
    heading, entries = _apply(layer, heading, scenario.entries, register)
    changed = {name: build_section(name, register.sections[name], entries, register.axes) for name in layer.tables}
    branch = scenario.branch
    common = {key: raw for key, raw in layer.data.items() if key in ("seed", "start_date")}
    if branch is not None and common:
        branch = replace(branch, origin=_with_layer(branch.origin, replace(layer, data=common)))
    result = replace(scenario, sections={**scenario.sections, **changed}, entries=entries, branch=branch, **heading)
    _check_branch(result, layer)
    return result


def _check_dates(scenario: Scenario, layer: Layer) -> None:
    """Raise InputErrors for dated orders and events of a layer outside the days of the scenario.

    A deadline may have passed, by a year at most. Not checked: the entries of a base, whose days may be cut short, and a
    file of a results folder (as_run).
    """
    orders = scenario.orders if "orders" in layer.data else ()
    events = scenario.timeline if "timeline" in layer.data else ()
    faults = [] if layer.data.get("as_run") is True else list(_unreached(scenario, orders, events))
    if faults:
        raise InputErrors(f"{layer.where}: {fault}" for fault in faults)


def all_reached(scenario: Scenario) -> bool:
    """Whether every dated order and event falls on a simulated day."""
    return not list(_unreached(scenario, scenario.orders, scenario.timeline))


def _unreached(scenario: Scenario, orders: Sequence[DatedOrder], events: Sequence[TimelineEvent]) -> Iterator[str]:
    start, end = scenario.start_date, scenario.end_date
    decides_from = start + timedelta(days=scenario.branch.day - 1) if scenario.branch else start
    spans = [
        (f"order {number}: from {order.first} to {order.last}", order.first, order.last, decides_from)
        for number, order in enumerate(orders, 1)
    ]
    for event in events:
        since = start - DEADLINE_PASSED if event.event == "deadline" else start
        spans.append((f"timeline: {event.event} on {event.date}", event.date, event.date, since))
    for label, first, last, since in spans:
        try:
            check_reached(label, first, last, since, end)
        except InputError as error:
            yield str(error)


def _check_branch(scenario: Scenario, layer: Layer) -> None:
    """Raise InputErrors if a scenario changes values of the first evening on the day it takes effect."""
    if scenario.branch is None:
        if "takes_effect" in layer.data:
            raise InputError(f"{layer.where}: takes_effect needs a base, which applies before that day")
        return
    origin, first = scenario.branch.origin, scenario.start_date + timedelta(days=scenario.branch.day)
    faults = [
        f"{key} cannot change on {first}; it belongs to the base"
        for key in OF_THE_BASE
        if getattr(scenario, key) != getattr(origin, key)
    ]
    faults += [
        f"{path} belongs to the first evening and cannot change on {first}"
        for path, entry in origin.entries.items()
        if scenario.register.only_at_start(path) and path in scenario.entries and entry.value != scenario.entries[path].value
    ]
    after = origin.branch.day if origin.branch else 0
    if not after < scenario.branch.day <= scenario.days:
        earliest = scenario.start_date + timedelta(days=after + 1)
        faults.append(f"takes_effect = {first} must be a day from {earliest} to {scenario.end_date}")
    if faults:
        raise InputErrors(f"{layer.where}: {fault}" for fault in faults)


def _apply(
    layer: Layer, heading: Mapping[str, Any], entries: Mapping[str, Entry], register: Register
) -> tuple[dict[str, Any], dict[str, Entry]]:
    heading, faults = apply_heading(heading, layer, register)
    register = register.of_members(heading.get("members", shipped_members()).axes)
    entries, more_faults = apply_entries(entries, layer, register)
    if faults or more_faults:
        raise InputErrors(f"{layer.where}: {fault}" for fault in faults + more_faults)
    return heading, entries
