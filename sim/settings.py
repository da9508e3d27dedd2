"""The values of a scenario as a block of runs reads them: every number an array whose last axis is the run.

A scenario states plain values. A block may hold others in place of them by run, its columns, and any policy or dated order
of an actor besides. An array has size 1 where all runs share the value, so that what a run reads, and every bit that follows
from it, is the same alone and in any block. What all runs of a block share is when they start and end, the map, the timeline
and the days on which stages begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from sim.agents import AGENTS
from sim.agents.base import Held, Policy, StrategicAgent
from sim.agents.dated import with_orders
from sim.errors import InputError
from sim.orders import DatedOrder
from sim.scenario import Scenario
from sim.scenario_entries import MOST, Declared, registry, shown
from sim.values import part_of, with_fields

Columns = Mapping[str, Sequence[Any] | np.ndarray]
"""Dotted path of a value -> the value of each run; ORDERS -> the dated orders of each run, a tuple of DatedOrder."""

ORDERS = "orders"

DTYPES: Mapping[type, type] = {float: np.float32, int: np.float32, bool: np.bool_, str: np.int8}
"""What a declared type becomes; of a text value, the index in the names it may take."""

MOST_RULES = 127
"""Rules of one matter in a block: a record keeps a rule's number in a byte."""


class Settings:
    """The values and the policies that hold in a block of runs, on the days of one stage of its scenario.

    scenario: the stage, with the values of the runs that have no other. columns: what differs by run, under the paths of the
    scenario's values. runs: size of the block. Raises InputError for a column that does not fit.
    """

    def __init__(self, scenario: Scenario, columns: Columns | None = None, runs: int = 1) -> None:
        self.scenario, self.runs = scenario, runs
        columns = columns or {}
        known = registry().declared
        for path, values in columns.items():
            if path not in known and path != ORDERS:
                raise InputError(f"{path} is not a value of a scenario, so no run can have its own")
            if len(values) != runs:
                raise InputError(f"{path}: expected a value for each of {runs} runs, got {len(values)}")
        self._sections = {name: as_arrays(section, name, columns) for name, section in scenario.sections.items()}
        self._whole: Settings | None = None
        self._chosen = np.arange(runs)
        self.policies = {agent.name: _held(agent, scenario, columns, runs) for agent in AGENTS}

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


def as_arrays(section: Any, path: str, columns: Columns | None = None) -> Any:
    """Return the values of a section as arrays that cannot be written to, those of `columns` in place of its own.

    section: plain values below the dotted `path`. Raises InputError for a column that holds what the value cannot be.
    """
    made = {}
    for item in fields(section):
        below, plain = f"{path}.{item.name}", getattr(section, item.name)
        if is_dataclass(plain):
            made[item.name] = as_arrays(plain, below, columns)
        else:
            own = [plain] if columns is None or below not in columns else columns[below]
            made[item.name] = _array(below, own)
    return with_fields(section, made)


def _array(path: str, values: Sequence[Any] | np.ndarray) -> np.ndarray:
    """Return (1,) where all values are the same, else (runs,)."""
    says = registry().declared[path]
    made = _codes(path, values, says) if says.type is str else _numbers(path, values, says)
    if (made == made[0]).all():
        made = made[:1].copy()
    made.flags.writeable = False
    return made


def _codes(path: str, values: Iterable[Any], says: Declared) -> np.ndarray:
    codes = {name: code for code, name in enumerate(says.choices)}
    unknown = next((value for value in values if value not in codes), None)
    if unknown is not None:
        raise InputError(f"{path} = {shown(unknown)} is not one of {', '.join(says.choices)}")
    return np.array([codes[value] for value in values], DTYPES[str])


def _numbers(path: str, values: Sequence[Any] | np.ndarray, says: Declared) -> np.ndarray:
    """Return float32 numbers, or bools, within what the code declares; a file's own values were checked before."""
    given = np.asarray(values)
    if says.type is bool:
        if given.dtype != np.bool_:
            raise InputError(f"{path} must be true or false in every run")
        return given
    if given.dtype.kind not in "iuf":
        raise InputError(f"{path} must be a number in every run")
    low, high = (-MOST if says.low is None else says.low), (MOST if says.high is None else says.high)
    outside = ~((given >= low) & (given <= min(high, MOST)))
    if outside.any():
        raise InputError(f"{path} = {given[outside][0]:g} must be a number from {low:g} to {high:g}")
    return given.astype(DTYPES[says.type])


def _held(agent: type[StrategicAgent], scenario: Scenario, columns: Columns, runs: int) -> tuple[Held, ...]:
    """Return the policies an actor holds in some run: its rules, and before them a person's dated orders to it."""
    path = f"{agent.name}.policy"
    names = list(columns[path]) if path in columns else [scenario[agent.name].policy] * runs
    orders = list(columns[ORDERS]) if ORDERS in columns else [scenario.orders] * runs
    places: dict[tuple[str, tuple[DatedOrder, ...]], int] = {}
    place = np.array([places.setdefault(key, len(places)) for key in zip(names, orders, strict=True)])
    return tuple(Held(policy_of(agent, scenario, *key), place == index) for key, index in places.items())


def policy_of(agent: type[StrategicAgent], scenario: Scenario, name: str, orders: Iterable[DatedOrder]) -> Policy:
    """Return an actor's policy of this name under a scenario, the dated orders of its person first."""
    own = [order for order in orders if order.actor == agent.name]
    return with_orders(agent.policies[name], agent.policies, own, scenario.start_date)


def policies_of(scenario: Scenario) -> dict[str, Policy]:
    """Return each actor's policy under a scenario, the dated orders of its person first."""
    return {agent.name: policy_of(agent, scenario, scenario[agent.name].policy, scenario.orders) for agent in AGENTS}


def rule_names(stages: Iterable[Settings]) -> dict[str, tuple[str, ...]]:
    """Return the names of the rules that may fire in a block, by "actor.matter": of every stage and every policy present.

    Raises InputError where a matter has more than a record can number.
    """
    names: dict[str, dict[str, None]] = {}
    for stage in stages:
        for actor, held in stage.policies.items():
            for matter, rules in (pair for item in held for pair in item.policy.items()):
                names.setdefault(f"{actor}.{matter}", {}).update(dict.fromkeys(rule.name for rule in rules))
    for matter, rules_of_matter in names.items():
        if len(rules_of_matter) > MOST_RULES:
            raise InputError(f"{matter}: {len(rules_of_matter)} rules in one block; at most {MOST_RULES} can be told apart")
    return {matter: tuple(rules) for matter, rules in names.items()}
