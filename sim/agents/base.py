"""What every strategic actor shares: what it sees, how it goes through its rules, and the record of the one that fired.

An actor decides several matters a day. For each it has an ordered list of rules, most urgent first; the first whose
condition holds gives the order. Conditions read (runs,) values of Seen and the actor's own values, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol

import mesa
import numpy as np

from sim.agents.seen import Seen
from sim.draws import Draws, normal
from sim.state.orders import Orders

ESTIMATED = ("sdf_share_of_start", "arab_share_left", "core_share_lost", "prospects", "tie_to_moscow")
"""Fields of Seen that an actor reads with its own error of observation."""


@dataclass(frozen=True)
class Rule:
    """A condition and the order that follows. `evidence` names rows of the facts, or says assumed."""

    when: Callable[[Seen, Any], np.ndarray]
    order: Callable[[Orders, np.ndarray, Seen, Any], None]
    evidence: str

    @property
    def name(self) -> str:
        """Name of the condition, the rule's name everywhere."""
        return self.when.__name__


Policy = dict[str, tuple[Rule, ...]]
"""Rules by matter, most urgent first; the last rule of a matter always holds."""


@dataclass(frozen=True, eq=False)
class HeldPolicy:
    """A policy, and the (runs,) bool of the runs whose actor holds it."""

    policy: Policy
    where: np.ndarray


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The rules that decide a matter in some runs: `where`, (runs,) bool. codes: (rules,) int8 of each in the record."""

    rules: tuple[Rule, ...]
    codes: np.ndarray
    where: np.ndarray


def null_policies(documented: Policy) -> dict[str, Policy]:
    """Return the policies that show what the rules add: idle orders nothing, random draws one of the documented orders."""
    idle: Policy = {decision: (Rule(otherwise, no_order, "null policy"),) for decision in documented}
    return {"idle": idle, "random": {decision: _at_random(rules) for decision, rules in documented.items()}}


def _at_random(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(
        Rule(_drew(rule.order.__name__, (index + 1) / len(rules)), rule.order, "null policy")
        for index, rule in enumerate(rules)
    )


def _drew(order: str, up_to: float) -> Callable[[Seen, Any], np.ndarray]:
    return named(partial(_lot, up_to), f"drew_{order}", f"The day's lot fell on: {order.replace('_', ' ')}.")


def _lot(up_to: float, seen: Seen, values: Any) -> np.ndarray:
    return seen.chance <= up_to


def named(condition: partial[np.ndarray], name: str, says: str) -> Callable[[Seen, Any], np.ndarray]:
    """Give a condition made of values the name and the docstring that a written one has; unlike a closure, it pickles."""
    condition.__dict__.update(__name__=name, __doc__=says)
    return condition


def otherwise(seen: Seen, values: Any) -> np.ndarray:
    """No more urgent rule holds."""
    return np.ones(seen.truce.shape, dtype=bool)


def no_order(orders: Orders, where: np.ndarray, seen: Seen, values: Any) -> None:
    """Order nothing."""


def logistic(logit: np.ndarray) -> np.ndarray:
    """Return the chance that has this logit. What exp of a float32 cannot hold makes no odds."""
    return 1.0 / (1.0 + np.exp(np.minimum(-logit, 80.0)))


class StrategicAgent(mesa.Agent):
    """One actor in a block of runs. name: its section of a scenario. title: what a sentence calls it."""

    name: ClassVar[str]
    title: ClassVar[str]
    Values: ClassVar[type]
    policies: ClassVar[dict[str, Policy]]

    def __init__(self, model: Any, draws: Draws) -> None:
        super().__init__(model)
        self.draws = draws

    def adopt(self, values: Any, held: Sequence[HeldPolicy], codes: Mapping[str, Sequence[str]]) -> None:
        """Decide by these values and policies from now on.

        values: the actor's section, arrays of (1 or runs,). held: the policies present; each run holds one of them.
        codes: by "actor.decision", the names of rules whose place in the list stands for the rule in the record.
        """
        self.values = values
        self.decisions = {decision: rule_sets_of(decision, held, codes[f"{self.name}.{decision}"]) for decision in held[0].policy}

    def step(self) -> None:
        """Decide every matter of the day for all runs of the block."""
        seen = self.observe(self.model.seen)
        for decision, rule_sets in self.decisions.items():
            name = f"{self.name}.{decision}"
            here = seen.but(chance=self.draws.daily(name, seen.day))
            fired = self.model.orders.rules[name] = np.zeros(self.draws.runs, dtype=np.int8)
            for rule_set in rule_sets:
                try:
                    decide(rule_set, here, self.values, self.model.orders, fired)
                except FloatingPointError as error:
                    error.add_note(f"where {self.name} decides the matter {decision}, on day {seen.day}")
                    raise
                if self.model.watcher is not None:
                    self.model.watcher.decided(name, rule_set.rules, here, self.values)

    def observe(self, seen: Seen) -> Seen:
        """Return what this actor sees: shares and estimates carry its error of observation."""
        u = self.draws.daily(f"{self.name}.observation", seen.day, len(ESTIMATED))
        error = self.values.observation_error * normal(u)
        return seen.but(**{name: getattr(seen, name) + error[i] for i, name in enumerate(ESTIMATED)})


class Watcher(Protocol):
    """What may look on while a model steps: see sim.record.ledger."""

    def decided(self, decision: str, rules: tuple[Rule, ...], seen: Seen, values: Any) -> None:
        """Learn what an actor saw when it decided a matter ("actor.decision")."""

    def advanced(self, mechanism: str) -> None:
        """Learn that a mechanism has just moved the state."""


def rule_sets_of(decision: str, held: Sequence[HeldPolicy], names: Sequence[str]) -> tuple[RuleSet, ...]:
    """Return the lists of rules by which the policies present decide a matter; policies that share a list are one choice.

    names: those of the rules whose place stands for the rule in the record.
    """
    where: dict[tuple[Rule, ...], np.ndarray] = {}
    for item in held:
        rules = item.policy[decision]
        where[rules] = where[rules] | item.where if rules in where else item.where
    codes = {rules: np.array([names.index(rule.name) for rule in rules], np.int8) for rules in where}
    return tuple(RuleSet(rules, codes[rules], runs) for rules, runs in where.items())


def decide(rule_set: RuleSet, seen: Seen, values: Any, orders: Orders, fired: np.ndarray) -> None:
    """Give the order of the first rule that holds in each run of the choice; write its code to (runs,) `fired`."""
    undecided = rule_set.where
    for code, rule in zip(rule_set.codes, rule_set.rules, strict=True):
        holds = undecided & rule.when(seen, values)
        if holds.any():
            rule.order(orders, holds, seen, values)
            fired[holds] = code
            undecided = undecided & ~holds
            if not undecided.any():
                break
