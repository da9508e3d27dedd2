"""The base of all strategic actors: observation, evaluation of the rules, and the record of the rule that fired.

An actor takes several decisions a day. For each it has an ordered list of rules, most urgent first; the first whose
condition holds gives the order. Conditions read only (runs,) values of Seen and the actor's own values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol

import mesa
import numpy as np

from sim.agents.seen import OBSERVED, Seen
from sim.draws import Draws, normal
from sim.state.orders import Orders

ESTIMATED = tuple(name for name, item in OBSERVED.items() if item.with_error)
"""Fields of Seen that an actor reads with an observation error of its own."""


@dataclass(frozen=True)
class Rule:
    """A condition and the order that follows. evidence: rows of the facts, or "assumed"."""

    when: Callable[[Seen, Any], np.ndarray]
    order: Callable[[Orders, np.ndarray, Seen, Any], None]
    evidence: str

    @property
    def name(self) -> str:
        """Name of the condition, which is the name of the rule."""
        return self.when.__name__


Policy = dict[str, tuple[Rule, ...]]
"""Rules by decision, most urgent first; the last rule of a decision always holds."""


@dataclass(frozen=True, eq=False)
class HeldPolicy:
    """A policy in use. where: (runs,) bool, the runs whose actor follows it."""

    policy: Policy
    where: np.ndarray


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The rules of a decision in some runs. codes: (rules,) int8 of the rules in the record. where: (runs,) bool."""

    rules: tuple[Rule, ...]
    codes: np.ndarray
    where: np.ndarray


def null_policies(documented: Policy) -> dict[str, Policy]:
    """Return the null policies, a baseline for the rules: idle orders nothing, random draws one of the documented orders."""
    idle: Policy = {decision: (Rule(otherwise, no_order, "null policy"),) for decision in documented}
    return {"idle": idle, "random": {decision: _at_random(rules) for decision, rules in documented.items()}}


def _at_random(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(
        Rule(_drew(rule.order.__name__, (index + 1) / len(rules)), rule.order, "null policy")
        for index, rule in enumerate(rules)
    )


def _drew(order: str, up_to: float) -> Callable[[Seen, Any], np.ndarray]:
    return named(partial(_is_drawn, up_to), f"drew_{order}", f"The random draw of the day gave: {order.replace('_', ' ')}.")


def _is_drawn(up_to: float, seen: Seen, values: Any) -> np.ndarray:
    return seen.chance <= up_to


def named(condition: partial[np.ndarray], name: str, description: str) -> Callable[[Seen, Any], np.ndarray]:
    """Give a partial condition a name and a docstring, as a written one has; unlike a closure, it can be pickled."""
    condition.__dict__.update(__name__=name, __doc__=description)
    return condition


def otherwise(seen: Seen, values: Any) -> np.ndarray:
    """No more urgent rule holds."""
    return np.ones(seen.truce.shape, dtype=bool)


def no_order(orders: Orders, where: np.ndarray, seen: Seen, values: Any) -> None:
    """Order nothing."""


no_order.__name__ = "stay"  # the name of this order in scenario files, histories and rules such as drew_stay


def logistic(logit: np.ndarray) -> np.ndarray:
    """Return the probability with this logit; the logit is clipped to the range of exp in float32."""
    return 1.0 / (1.0 + np.exp(np.minimum(-logit, 80.0)))


class StrategicAgent(mesa.Agent):
    """One actor in a block of runs. name: its section of a scenario. title: its name in text."""

    name: ClassVar[str]
    title: ClassVar[str]
    Values: ClassVar[type]
    policies: ClassVar[dict[str, Policy]]

    def __init__(self, model: Any, draws: Draws) -> None:
        super().__init__(model)
        self.draws = draws

    def adopt(self, values: Any, policies: Sequence[HeldPolicy], codes: Mapping[str, Sequence[str]]) -> None:
        """Use these values and policies from now on.

        values: the actor's section, arrays of (1 or runs,). policies: those in use; each run has exactly one of them.
        codes: by "actor.decision", rule names; the index of a name is its code in the record.
        """
        self.values = values
        self.decisions = {
            decision: rule_sets_of(decision, policies, codes[f"{self.name}.{decision}"]) for decision in policies[0].policy
        }

    def step(self) -> None:
        """Take every decision of the day for all runs of the block."""
        seen = self.observe(self.model.seen)
        for decision, rule_sets in self.decisions.items():
            name = f"{self.name}.{decision}"
            own_view = seen.but(chance=self.draws.daily(name, seen.day))
            fired = self.model.orders.rules[name] = np.zeros(self.draws.runs, dtype=np.int8)
            for rule_set in rule_sets:
                try:
                    decide(rule_set, own_view, self.values, self.model.orders, fired)
                except FloatingPointError as error:
                    error.add_note(f"in the decision {self.name}.{decision}, on day {seen.day}")
                    raise
                if self.model.watcher is not None:
                    self.model.watcher.decided(name, rule_set.rules, own_view, self.values)

    def observe(self, seen: Seen) -> Seen:
        """Return this actor's observations: shares and estimates with its observation error added."""
        u = self.draws.daily(f"{self.name}.observation", seen.day, len(ESTIMATED))
        error = self.values.observation_error * normal(u)
        return seen.but(**{name: getattr(seen, name) + error[i] for i, name in enumerate(ESTIMATED)})


class Watcher(Protocol):
    """Observer of a model while it steps; see sim.record.ledger."""

    def decided(self, decision: str, rules: tuple[Rule, ...], seen: Seen, values: Any) -> None:
        """Receive the observations and values behind a decision ("actor.decision")."""

    def advanced(self, mechanism: str) -> None:
        """Called after a mechanism has changed the state."""


def rule_sets_of(decision: str, policies: Sequence[HeldPolicy], names: Sequence[str]) -> tuple[RuleSet, ...]:
    """Return the rule sets of a decision under the policies in use; policies with the same rules share a rule set.

    names: rule names; the index of a name is its code in the record.
    """
    where: dict[tuple[Rule, ...], np.ndarray] = {}
    for held in policies:
        rules = held.policy[decision]
        where[rules] = where[rules] | held.where if rules in where else held.where
    codes = {rules: np.array([names.index(rule.name) for rule in rules], np.int8) for rules in where}
    return tuple(RuleSet(rules, codes[rules], runs) for rules, runs in where.items())


def decide(rule_set: RuleSet, seen: Seen, values: Any, orders: Orders, fired: np.ndarray) -> None:
    """Give the order of the first rule that holds, in each run of the rule set; write its code to (runs,) `fired`."""
    undecided = rule_set.where
    for code, rule in zip(rule_set.codes, rule_set.rules, strict=True):
        holds = undecided & rule.when(seen, values)
        if holds.any():
            rule.order(orders, holds, seen, values)
            fired[holds] = code
            undecided = undecided & ~holds
            if not undecided.any():
                break
