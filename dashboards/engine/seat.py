"""Take a seat: a person decides for one actor in one run; the other actors and the run's luck are as they were.

The run stops on the morning of a day on which the actor's policy would order something new, or after some days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np

from dashboards.engine.story import Story
from dashboards.engine.why import first_line
from sim.agents.base import HeldPolicy, Policy, Rule, StrategicAgent
from sim.agents.dated import EVIDENCE, known_orders
from sim.agents.seen import Seen
from sim.experiments.design.uncertain import Uncertain
from sim.record.history import History
from sim.record.ledger import Choice, choice_of
from sim.scenario.scenario import Scenario
from sim.scenario.settings import policies_of
from sim.state.orders import DatedOrder


@dataclass(frozen=True)
class Open:
    """A matter to decide: the orders there are, with what each does, and what the policy would order by which rule."""

    decision: str
    orders: tuple[tuple[str, str], ...]
    policy: Choice


@dataclass(frozen=True)
class Stop:
    """A morning on which the person decides. day: the day that is decided. seen: what the actor observes, in its order."""

    day: int
    seen: Seen
    decisions: tuple[Open, ...]


class Seat:
    """A story in which a person decides for one actor, from the morning after `day` on.

    every: days after which the run stops at the latest; None to stop only at new orders of the policy. uncertain: which
    values are drawn by run, None for none.
    """

    def __init__(
        self, scenario: Scenario, run: int, actor: str, day: int, every: int | None, uncertain: Uncertain | None = None
    ) -> None:
        self.actor, self.began, self.every = actor, day, every
        self.story = Story(scenario, run, uncertain)
        self.orders: dict[tuple[int, str], str] = {}
        self._standing: dict[str, str] = {}
        self._policy_before: dict[str, str] = {}
        self._last_stop = day
        self.stop: Stop | None = None

    @property
    def day(self) -> int:
        """The last evening that is played."""
        return self.story.day

    @property
    def over(self) -> bool:
        """Whether the horizon is reached."""
        return not self.story.model.running

    def step(self) -> None:
        """Play a day, unless the person is to decide first; then `stop` says what."""
        if self.stop is not None or self.over:
            return
        if self.day >= self.began:
            asked = self._morning()
            if self._asks(asked):
                self._last_stop, self.stop = asked.day, asked
                return
            self._note(asked.day)
        self.story.step()

    def decide(self, orders: Mapping[str, str]) -> None:
        """Give orders by matter; they stand until the next stop. A matter without one is left to the policy.

        Raises KeyError for an order that is not open.
        """
        assert self.stop is not None, "there is nothing to decide"
        for item in self.stop.decisions:
            if item.decision in orders and orders[item.decision] not in dict(item.orders):
                raise KeyError(orders[item.decision])
        known = {item.decision for item in self.stop.decisions}
        self._standing = {decision: order for decision, order in orders.items() if decision in known}
        self._note(self.stop.day)
        self.stop = None
        self.story.step()

    def _morning(self) -> Stop:
        """Return what the actor would observe and its policy would order on the next day; the run is not moved."""
        agent = self._agent()
        seen = agent.observe(self.story.model.morning())
        self._take_seat(agent)
        decisions = []
        for decision, rules in self._policy().items():
            name = f"{self.actor}.{decision}"
            here = seen.but(chance=agent.draws.daily(name, seen.day))
            known = known_orders(agent.policies, decision)
            orders = tuple((order, first_line(rule.order.__doc__)) for order, rule in known.items())
            decisions.append(Open(decision, orders, choice_of(name, rules, here, agent.values)))
        return Stop(seen.day, seen, tuple(decisions))

    def _asks(self, asked: Stop) -> bool:
        """Whether the policy would order something new, or the days between stops are over."""
        before, first = self._policy_before, not self._policy_before
        self._policy_before = {item.decision: item.policy.order for item in asked.decisions}
        new = any(not item.policy.idle and before.get(item.decision) != item.policy.order for item in asked.decisions)
        return first or new or (self.every is not None and asked.day - self._last_stop >= self.every)

    def _note(self, day: int) -> None:
        self.orders |= {(day, decision): order for decision, order in self._standing.items()}

    def _agent(self) -> StrategicAgent:
        return next(agent for agent in self.story.model.agents if agent.name == self.actor)

    def _policy(self) -> Policy:
        return policies_of(self.story.model.setting.scenario)[self.actor]

    def _take_seat(self, agent: StrategicAgent) -> None:
        """Let the person's orders of the day come before the rules of the policy that is in force."""
        history, policy = self.story.model.history, {}
        for decision, rules in self._policy().items():
            orders = tuple(known_orders(agent.policies, decision).items())
            ours = tuple(Rule(self._ordered(decision, order), rule.order, EVIDENCE) for order, rule in orders)
            policy[decision] = ours + rules
            history.add_rules(f"{self.actor}.{decision}", (rule.name for rule in policy[decision]))
        agent.adopt(agent.values, [HeldPolicy(policy, np.ones(1, dtype=bool))], history.rule_names)

    def _ordered(self, decision: str, order: str) -> Callable[[Seen, Any], np.ndarray]:
        def ordered(seen: Seen, values: Any) -> np.ndarray:
            return np.full(seen.truce.shape, self.orders.get((seen.day, decision)) == order)

        ordered.__name__ = f"ordered_{order}"
        ordered.__doc__ = f"The person in the seat ordered: {order.replace('_', ' ')}."
        return ordered

    def dated_orders(self) -> tuple[DatedOrder, ...]:
        """Return the orders given so far as a scenario states them, days in a row as one."""
        start = self.story.scenario.start_date
        found: list[DatedOrder] = []
        for day, decision in sorted(self.orders, key=lambda key: (key[1], key[0])):
            order, when = self.orders[day, decision], start + timedelta(days=day)
            last = found[-1] if found else None
            if last and (last.decision, last.order, last.last) == (decision, order, when - timedelta(days=1)):
                found[-1] = replace(last, last=when)
            else:
                found.append(DatedOrder(self.actor, decision, order, when, when))
        return tuple(found)

    @cached_property
    def left_to_policy(self) -> History:
        """The same run without the person, to the horizon."""
        model = self.story.again()
        model.run_to(model.days)
        return model.history

    def scenario(self) -> Scenario:
        """Return the scenario with the orders given so far: run `run` of it, with its drawn values, is what was played."""
        return replace(self.story.scenario, orders=(*self.story.scenario.orders, *self.dated_orders()))
