"""The values of a scenario as a block of runs reads them: every number an array whose last axis is the run.

A scenario states plain values. A block may hold others in place of them by run, its columns, and any policy or dated order
of an actor besides. An array has size 1 where all runs share the value, so that what a run reads, and every bit that follows
from it, is the same alone and in any block. What all runs of a block share is when they start and end, the map, the timeline
and the days on which stages begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

import numpy as np

from sim.agents.base import HeldPolicy, Policy
from sim.agents.dated import with_orders
from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.scenario.entries import MOST, TYPE_NAMES, Declared
from sim.scenario.scenario import Scenario
from sim.state.orders import DatedOrder
from sim.state.values import Columns, as_arrays, part_of

ORDERS = "orders"
"""Name of the column of dated orders: for each run a tuple of DatedOrder."""

MOST_RULES = 127
"""Rules of one matter in a block: a record keeps a rule's number in a byte."""


class Settings:
    """The values and the policies that hold in a block of runs, on the days of one stage of its scenario.

    scenario: the stage, with the values of the runs that have no other. columns: what differs by run, under the paths of the
    scenario's values, and ORDERS. runs: size of the block. Raises InputError for a column that does not fit.
    """

    def __init__(self, scenario: Scenario, columns: Columns | None = None, runs: int = 1) -> None:
        self.scenario, self.runs = scenario, runs
        columns, register = columns or {}, scenario.register
        for path, values in columns.items():
            if path not in register.declared and path != ORDERS:
                raise InputError(f"{path} is not a value of a scenario, so no run can have its own")
            if len(values) != runs:
                raise InputError(f"{path}: expected a value for each of {runs} runs, got {len(values)}")
            if path != ORDERS:
                check_column(path, values, register.declared[path])
        self._sections = {
            name: as_arrays(section, name, columns, register.choices) for name, section in scenario.sections.items()
        }
        self._whole: Settings | None = None
        self._chosen = np.arange(runs)
        self.policies = {actor: _held(actor, scenario, columns, runs) for actor in register.actors}

    def __getitem__(self, section: str) -> Any:
        """Return the values of an actor, of a mechanism or of the start, as arrays of (1 or runs,)."""
        found = self._sections.get(section)
        if found is None and self._whole is not None:
            found = self._sections[section] = part_of(self._whole[section], self._chosen)
        return found

    def part(self, runs: np.ndarray) -> Settings:
        """Return the values of the runs of these indices only, each section cut when it is first read."""
        part = copy(self)
        part._whole, part._chosen, part._sections = self, runs, {}
        return part


def stages_of(scenario: Scenario, columns: Sequence[Columns], runs: int) -> list[tuple[int, Settings]]:
    """Return (first day, settings) of each stage of a scenario.

    columns: of its last stages, its own values last. Raises ValueError, and InputError for a column that does not fit, or
    that changes on a later day what only the first evening can say.
    """
    stages = scenario.stages
    if len(columns) > len(stages):
        raise ValueError(f"expected columns for at most {len(stages)} stages, got {len(columns)}")
    every: list[Columns] = [*[{}] * (len(stages) - len(columns)), *columns]
    late = [path for own in every[1:] for path in own if scenario.register.only_at_start(path)]
    if late:
        raise InputError(f"{late[0]} belongs to the first evening and cannot differ by run from a later day on")
    return [(day, Settings(stage, own, runs)) for (day, stage), own in zip(stages, every, strict=True)]


def check_column(path: str, values: Sequence[Any] | np.ndarray, says: Declared) -> None:
    """Raise InputError where a column holds what the code declares the value cannot be."""
    if says.type is str:
        unknown = next((value for value in values if value not in says.choices), None)
        if unknown is not None:
            raise InputError(f"{path} = {shown(unknown)} is not one of {', '.join(says.choices)}")
        return
    given = np.asarray(values)
    if given.dtype.kind not in ("b" if says.type is bool else "iuf"):
        raise InputError(f"{path} must be {TYPE_NAMES[says.type]} in every run")
    low, high = max(-MOST, -MOST if says.low is None else says.low), min(MOST, MOST if says.high is None else says.high)
    outside = ~((given >= low) & (given <= high))
    if outside.any():
        raise InputError(f"{path} = {given[outside][0]:g} must be a number from {low:g} to {high:g}")
    if says.type is int and (given % 1 != 0).any():
        raise InputError(f"{path} must be a whole number in every run")


def _held(actor: str, scenario: Scenario, columns: Columns, runs: int) -> tuple[HeldPolicy, ...]:
    """Return the policies an actor holds in some run: its rules, and before them a person's dated orders to it."""
    path = f"{actor}.policy"
    names = list(columns[path]) if path in columns else [scenario[actor].policy] * runs
    orders = list(columns[ORDERS]) if ORDERS in columns else [scenario.orders] * runs
    places: dict[tuple[str, tuple[DatedOrder, ...]], int] = {}
    place = np.array([places.setdefault(key, len(places)) for key in zip(names, orders, strict=True)])
    return tuple(HeldPolicy(policy_of(actor, scenario, *key), place == index) for key, index in places.items())


def policy_of(actor: str, scenario: Scenario, name: str, orders: Iterable[DatedOrder]) -> Policy:
    """Return an actor's policy of this name under a scenario, the dated orders of its person first."""
    own, policies = [order for order in orders if order.actor == actor], scenario.register.policies[actor]
    return with_orders(policies[name], policies, own, scenario.start_date)


def policies_of(scenario: Scenario) -> dict[str, Policy]:
    """Return each actor's policy under a scenario, the dated orders of its person first."""
    return {actor: policy_of(actor, scenario, scenario[actor].policy, scenario.orders) for actor in scenario.register.actors}


def rule_names(stages: Iterable[Settings]) -> dict[str, tuple[str, ...]]:
    """Return the names of the rules that may fire in a block, by "actor.decision": of every stage and every policy present.

    Raises InputError where a matter has more than a record can number.
    """
    names: dict[str, dict[str, None]] = {}
    for stage in stages:
        for actor, held in stage.policies.items():
            for decision, rules in (pair for item in held for pair in item.policy.items()):
                names.setdefault(f"{actor}.{decision}", {}).update(dict.fromkeys(rule.name for rule in rules))
    for decision, rules_of_matter in names.items():
        if len(rules_of_matter) > MOST_RULES:
            raise InputError(f"{decision}: {len(rules_of_matter)} rules in one block; at most {MOST_RULES} can be told apart")
    return {decision: tuple(rules) for decision, rules in names.items()}
