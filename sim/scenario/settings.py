"""The values of a scenario for a block of runs: every number is an array whose last axis is the run.

A scenario has plain values. The columns of a block replace them by run, including the policies and dated orders of actors.
An array has size 1 if all runs share the value, so that a run gives bit-identical results alone and in any block. All runs
of a block share the start and end dates, the map, the timeline and the days on which stages begin.
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
"""Largest number of rules of one decision in a block: the record numbers rules in a byte."""


class Settings:
    """The values and policies in force in a block of runs, on the days of one stage of its scenario.

    scenario: the stage, with the values of runs that have no other. columns: values that differ by run, by path, and ORDERS.
    runs: size of the block. Raises InputError for a column that does not fit.
    """

    def __init__(self, scenario: Scenario, columns: Columns | None = None, runs: int = 1) -> None:
        self.scenario, self.runs = scenario, runs
        columns, register = columns or {}, scenario.register
        for path, values in columns.items():
            if path not in register.declared and path != ORDERS:
                raise InputError(f"{path} is not a value of a scenario and cannot differ by run")
            if len(values) != runs:
                raise InputError(f"{path}: expected a value for each of {runs} runs, got {len(values)}")
            if path != ORDERS:
                check_column(path, values, register.declared[path])
        self._sections = {
            name: as_arrays(section, name, columns, register.choices) for name, section in scenario.sections.items()
        }
        self._parent: Settings | None = None
        self._chosen = np.arange(runs)
        self.policies = {actor: _policies_in_use(actor, scenario, columns, runs) for actor in register.actors}

    def __getitem__(self, section: str) -> Any:
        """Return the values of an actor, of a mechanism or of the start, as arrays of (1 or runs,)."""
        values = self._sections.get(section)
        if values is None and self._parent is not None:
            values = self._sections[section] = part_of(self._parent[section], self._chosen)
        return values

    def part(self, runs: np.ndarray) -> Settings:
        """Return the values of a subset of the runs, by index; each section is sliced on first use."""
        part = copy(self)
        part._parent, part._chosen, part._sections = self, runs, {}
        return part


def stages_of(scenario: Scenario, columns: Sequence[Columns], runs: int) -> list[tuple[int, Settings]]:
    """Return (first day, settings) of each stage of a scenario.

    columns: one mapping per stage, aligned to the last stage. Raises ValueError, and InputError for a column that does not
    fit, or that changes a value of the first evening on a later day.
    """
    stages = scenario.stages
    if len(columns) > len(stages):
        raise ValueError(f"expected columns for at most {len(stages)} stages, got {len(columns)}")
    all_columns: list[Columns] = [*[{}] * (len(stages) - len(columns)), *columns]
    late = [path for own in all_columns[1:] for path in own if scenario.register.only_at_start(path)]
    if late:
        raise InputError(f"{late[0]} belongs to the first evening and cannot differ by run from a later day on")
    return [(day, Settings(stage, own, runs)) for (day, stage), own in zip(stages, all_columns, strict=True)]


def check_column(path: str, values: Sequence[Any] | np.ndarray, spec: Declared) -> None:
    """Raise InputError if a column has a value outside the declaration in the code."""
    if spec.type is str:
        unknown = next((value for value in values if value not in spec.choices), None)
        if unknown is not None:
            raise InputError(f"{path} = {shown(unknown)} is not one of {', '.join(spec.choices)}")
        return
    numbers = np.asarray(values)
    if numbers.dtype.kind not in ("b" if spec.type is bool else "iuf"):
        raise InputError(f"{path} must be {TYPE_NAMES[spec.type]} in every run")
    low, high = max(-MOST, -MOST if spec.low is None else spec.low), min(MOST, MOST if spec.high is None else spec.high)
    outside = ~((numbers >= low) & (numbers <= high))
    if outside.any():
        raise InputError(f"{path} = {numbers[outside][0]:g} must be a number from {low:g} to {high:g}")
    if spec.type is int and (numbers % 1 != 0).any():
        raise InputError(f"{path} must be a whole number in every run")


def _policies_in_use(actor: str, scenario: Scenario, columns: Columns, runs: int) -> tuple[HeldPolicy, ...]:
    """Return the policies of an actor in use in some run: a person's dated orders to it, then its rules."""
    path = f"{actor}.policy"
    names = list(columns[path]) if path in columns else [scenario[actor].policy] * runs
    orders = list(columns[ORDERS]) if ORDERS in columns else [scenario.orders] * runs
    places: dict[tuple[str, tuple[DatedOrder, ...]], int] = {}
    place = np.array([places.setdefault(key, len(places)) for key in zip(names, orders, strict=True)])
    return tuple(HeldPolicy(policy_of(actor, scenario, *key), place == index) for key, index in places.items())


def policy_of(actor: str, scenario: Scenario, name: str, orders: Iterable[DatedOrder]) -> Policy:
    """Return an actor's policy by name under a scenario, with a person's dated orders first."""
    own, policies = [order for order in orders if order.actor == actor], scenario.register.policies[actor]
    return with_orders(policies[name], policies, own, scenario.start_date)


def policies_of(scenario: Scenario) -> dict[str, Policy]:
    """Return each actor's policy under a scenario, with a person's dated orders first."""
    return {actor: policy_of(actor, scenario, scenario[actor].policy, scenario.orders) for actor in scenario.register.actors}


def rule_names(stages: Iterable[Settings]) -> dict[str, tuple[str, ...]]:
    """Return the names of the rules that may fire in a block, by "actor.decision": of all stages and policies in use.

    Raises InputError if a decision has more rules than the record can number.
    """
    names: dict[str, dict[str, None]] = {}
    for stage in stages:
        for actor, held in stage.policies.items():
            for decision, rules in (pair for item in held for pair in item.policy.items()):
                names.setdefault(f"{actor}.{decision}", {}).update(dict.fromkeys(rule.name for rule in rules))
    for decision, rules_of_matter in names.items():
        if len(rules_of_matter) > MOST_RULES:
            raise InputError(f"{decision}: {len(rules_of_matter)} rules in one block; at most {MOST_RULES} can be recorded")
    return {decision: tuple(rules) for decision, rules in names.items()}
