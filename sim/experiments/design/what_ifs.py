"""What-ifs as values of a sweep's lever: the values each sets, those the sweep varies, and which may share a block."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sim.agents import AGENTS
from sim.experiments.design.factors import Factor, settings_of
from sim.ground.errors import InputError
from sim.registry import registry
from sim.scenario.entries import Value
from sim.scenario.scenario import Scenario
from sim.scenario.settings import MOST_RULES, ORDERS
from sim.state.values import Columns


@dataclass(frozen=True)
class WhatIf:
    """A scenario among the points of a sweep, possibly the base itself.

    Values that it sets differently from the base are its own; the sweep varies the others, on the days on which the base's
    own values are in force: all days, unless the base takes effect on a later day.
    """

    scenario: Scenario
    base: Scenario

    @cached_property
    def stages(self) -> tuple[Scenario, ...]:
        """The stages that the sweep varies; earlier ones are those of the base."""
        return tuple(stage for day, stage in self.scenario.stages if day >= _first_day(self.base))

    @cached_property
    def touched(self) -> frozenset[str]:
        """Paths of the values that differ from the base on some day."""
        return frozenset(path for stage in self.stages for path in differing(stage, self.base))

    @cached_property
    def own(self) -> Mapping[str, Value]:
        """By path, the values that differ from the base on all days; the last if there are several."""
        paths = frozenset.intersection(*(differing(stage, self.base) for stage in self.stages))
        return {path: self.scenario.entries[path].value for path in paths}

    @property
    def block(self) -> Hashable:
        """Properties that all runs of a block must share: days of stages, timeline, maps."""
        dated = ((day, tuple((item.date, item.event) for item in stage.timeline)) for day, stage in self.scenario.stages)
        return tuple(dated), self.scenario.ground

    def with_values(self, values: Sequence[tuple[Factor, Value]], set_by: str) -> Scenario:
        """Return the scenario of a point: the values of the sweep, except those that the what-if sets."""
        return self._varied(self.scenario, values, set_by)

    def _varied(self, stage: Scenario, values: Sequence[tuple[Factor, Value]], set_by: str) -> Scenario:
        if stage.branch is not None and stage.branch.day > _first_day(self.base):
            origin = self._varied(stage.branch.origin, values, set_by)
            stage = replace(stage, branch=replace(stage.branch, origin=origin))
        free = {f.path: settings_of(f, value, self.base, stage) for f, value in values if _leaves(f.path, stage, self.base)}
        return stage.with_values(free, set_by) if free else stage


def check_comparable(what_if: WhatIf) -> None:
    """Raise InputError if the runs of a what-if could not be paired with the base's: other dates, or another past."""
    scenario, base = what_if.scenario, what_if.base
    if scenario.start_date != base.start_date:
        raise InputError(
            f"it starts on {scenario.start_date}, the base on {base.start_date}; the points of a sweep must start on "
            "the same date: make one sweep per start date"
        )
    if scenario.epoch != base.epoch:
        raise InputError(
            f"its epoch is {scenario.epoch}, the base's {base.epoch}, so their runs do not share random numbers"
        )
    if scenario.members.axes != base.members.axes:
        raise InputError(
            "its sites have other members than the base's, so that some values of the sweep would be in one only"
        )
    first = _first_day(base)
    before = [[(day, stage.hash) for day, stage in compared.stages if day < first] for compared in (scenario, base)]
    if before[0] != before[1] or first not in [day for day, _ in scenario.stages]:
        raise InputError(
            f"the base takes effect on day {first}, and the days before differ here; use the common ancestor of both as the "
            "base, and list the two"
        )


def _leaves(path: str, stage: Scenario, base: Scenario) -> bool:
    """Whether a stage has the base's value, so that the sweep may vary it."""
    return bool(stage.entries[path].value == base.entries[path].value)


def differing(stage: Scenario, other: Scenario) -> frozenset[str]:
    """Return the paths at which two scenarios differ."""
    return frozenset(path for path, entry in stage.entries.items() if entry.value != other.entries[path].value)


def grouped(what_ifs: Mapping[str, WhatIf]) -> dict[str, int]:
    """Return the group of each what-if, by name; runs of a group can be mixed in a block."""
    by_block: dict[Hashable, list[str]] = {}
    for name, what_if in what_ifs.items():
        by_block.setdefault(what_if.block, []).append(name)
    groups: list[list[str]] = []
    for names in by_block.values():
        too_many_rules = len(names) > 1 and _most_rules([what_ifs[name] for name in names]) > MOST_RULES
        groups += [[name] for name in names] if too_many_rules else [names]
    return {name: place for place, names in enumerate(groups) for name in names}


def _most_rules(what_ifs: Iterable[WhatIf]) -> int:
    """Return the largest number of rules of a decision in a block: those of every policy, and of dated orders."""
    stages = [stage for what_if in what_ifs for _, stage in what_if.scenario.stages]
    rules: dict[str, set[str]] = {}
    for agent in AGENTS:
        for policy in agent.policies.values():
            for decision, listed in policy.items():
                rules.setdefault(f"{agent.name}.{decision}", set()).update(rule.name for rule in listed)
    for order in (order for stage in stages for order in stage.orders):
        rules[f"{order.actor}.{order.decision}"].add(order.rule)
    return max(map(len, rules.values()))


def columns_of(
    what_ifs: Mapping[str, WhatIf], names: Sequence[str], varied: Mapping[str, Sequence[Value]]
) -> tuple[Columns, ...]:
    """Return the columns of a block, one per stage that the sweep varies: values that differ from those of the first run.

    what_ifs: those of the block, by name. names: of each run. varied: path -> the sweep's value in each run.
    """
    count = len(what_ifs[names[0]].stages)
    return tuple(_of_stage(what_ifs, names, varied, stage) for stage in range(count))


def _of_stage(
    what_ifs: Mapping[str, WhatIf], names: Sequence[str], varied: Mapping[str, Sequence[Value]], place: int
) -> Columns:
    stages = {name: what_if.stages[place] for name, what_if in what_ifs.items()}
    first, base = stages[names[0]], what_ifs[names[0]].base
    paths = dict.fromkeys(varied)
    for stage in stages.values():
        paths |= dict.fromkeys(sorted(differing(stage, first)))
    columns: dict[str, Sequence[object]] = {}
    for path in paths:
        if place > 0 and (path.startswith("start.") or path in registry().drawn_at_start):
            continue  # only the first evening reads it
        fixed = {name: stage.entries[path].value for name, stage in stages.items()}
        if path in varied:
            fixed = {name: value for name, value in fixed.items() if value != base.entries[path].value}
        drawn = varied.get(path, names)
        columns[path] = [fixed.get(name, value) for name, value in zip(names, drawn, strict=True)] if fixed else drawn
    if any(stage.orders != first.orders for stage in stages.values()):
        columns[ORDERS] = [stages[name].orders for name in names]
    return columns


def _first_day(base: Scenario) -> int:
    """Return the first day on which the base's own values are in force."""
    return base.stages[-1][0]
