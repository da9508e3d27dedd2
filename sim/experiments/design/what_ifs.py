"""What-ifs as levels of a sweep's lever: what each sets itself, what the sweep varies in it, which may share a block."""

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
    """A scenario among the points of a sweep, the base itself too.

    What it sets away from the base is its own; the sweep varies the rest, on the days on which the base's own values hold:
    all of them, unless the base takes effect on a later day.
    """

    scenario: Scenario
    base: Scenario

    @cached_property
    def stages(self) -> tuple[Scenario, ...]:
        """Its stages that the sweep varies; those before are the base's."""
        return tuple(stage for day, stage in self.scenario.stages if day >= _first_day(self.base))

    @cached_property
    def touched(self) -> frozenset[str]:
        """Paths of the values that it sets away from the base on some day."""
        return frozenset(path for stage in self.stages for path in differing(stage, self.base))

    @cached_property
    def own(self) -> Mapping[str, Value]:
        """By path, the values that it sets away from the base on all days; of several, the one it ends with."""
        paths = frozenset.intersection(*(differing(stage, self.base) for stage in self.stages))
        return {path: self.scenario.entries[path].value for path in paths}

    @property
    def block(self) -> Hashable:
        """What runs of one block have in common: stages on the same days, timeline, maps."""
        dated = ((day, tuple((item.date, item.event) for item in stage.timeline)) for day, stage in self.scenario.stages)
        return tuple(dated), self.scenario.ground

    def with_values(self, values: Sequence[tuple[Factor, Value]], set_by: str) -> Scenario:
        """Return the scenario of a point: what the sweep varies, wherever the what-if does not set it itself."""
        return self._varied(self.scenario, values, set_by)

    def _varied(self, stage: Scenario, values: Sequence[tuple[Factor, Value]], set_by: str) -> Scenario:
        if stage.branch is not None and stage.branch.day > _first_day(self.base):
            origin = self._varied(stage.branch.origin, values, set_by)
            stage = replace(stage, branch=replace(stage.branch, origin=origin))
        free = {f.path: settings_of(f, value, self.base, stage) for f, value in values if _leaves(f.path, stage, self.base)}
        return stage.with_values(free, set_by) if free else stage


def check_comparable(what_if: WhatIf) -> None:
    """Raise InputError where the runs of a what-if would not be pairs of the base's: other dates, or another past."""
    mine, base = what_if.scenario, what_if.base
    if mine.start_date != base.start_date:
        raise InputError(
            f"it starts on {mine.start_date}, the base on {base.start_date}; the points of a sweep start on one evening: "
            "give each start a sweep of its own"
        )
    if mine.epoch != base.epoch:
        raise InputError(f"its epoch is {mine.epoch}, the base's {base.epoch}, so that their runs do not share their luck")
    if mine.members.axes != base.members.axes:
        raise InputError("its sites have other members than the base's, so that values of the sweep would not be in both")
    first = _first_day(base)
    before = [[(day, stage.hash) for day, stage in each.stages if day < first] for each in (mine, base)]
    if before[0] != before[1] or first not in [day for day, _ in mine.stages]:
        raise InputError(
            f"the base takes effect on day {first}, and what comes before that is not the same here; take what both go "
            "back to as the base, and list the two"
        )


def _leaves(path: str, stage: Scenario, base: Scenario) -> bool:
    """Whether a stage has the base's value, so that the sweep's holds."""
    return bool(stage.entries[path].value == base.entries[path].value)


def differing(stage: Scenario, other: Scenario) -> frozenset[str]:
    """Return the paths at which two scenarios have other values."""
    return frozenset(path for path, entry in stage.entries.items() if entry.value != other.entries[path].value)


def grouped(what_ifs: Mapping[str, WhatIf]) -> dict[str, int]:
    """Return by name the group of those whose runs can be mixed in a block."""
    together: dict[Hashable, list[str]] = {}
    for name, what_if in what_ifs.items():
        together.setdefault(what_if.block, []).append(name)
    groups: list[list[str]] = []
    for names in together.values():
        crowded = len(names) > 1 and _most_rules([what_ifs[name] for name in names]) > MOST_RULES
        groups += [[name] for name in names] if crowded else [names]
    return {name: place for place, names in enumerate(groups) for name in names}


def _most_rules(what_ifs: Iterable[WhatIf]) -> int:
    """Return how many rules of one matter a block would have at most: of every policy, and of dated orders."""
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
    """Return the columns of a block, one for each of the stages that the sweep varies: what differs from the first's.

    what_ifs: those of the block, by name. names: of each run. varied: by path, what the sweep gives each run.
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
        held = {name: stage.entries[path].value for name, stage in stages.items()}
        if path in varied:
            held = {name: value for name, value in held.items() if value != base.entries[path].value}
        drawn = varied.get(path, names)
        columns[path] = [held.get(name, value) for name, value in zip(names, drawn, strict=True)] if held else drawn
    if any(stage.orders != first.orders for stage in stages.values()):
        columns[ORDERS] = [stages[name].orders for name in names]
    return columns


def _first_day(base: Scenario) -> int:
    """Return the day from which on the base's own values hold."""
    return base.stages[-1][0]
