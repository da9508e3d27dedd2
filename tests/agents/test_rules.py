"""Every rule of every policy is alive: there is a run and a day in which it fired, and one in which it was next and did not.

Searched in a block of runs of each shipped scenario and, for policies that none of them chooses, of scenarios with a policy
changed, from the first day or from a later one. `python -m tests.agents.test_rules` prints where each was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from sim.agents import AGENTS
from sim.agents.base import Rule
from sim.agents.seen import Seen
from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.scenario.files import scenario_names
from sim.scenario.scenario import Scenario, branch_off

RUNS, MORE_RUNS = 32, 128
FROM_THE_START = 0
DAYS = 60
"""Of a search; every rule is met by then."""

TO_THE_END = ("baseline", "quiet-2025")
"""Shipped scenarios whose late days are searched as well."""


@dataclass(frozen=True)
class Search:
    """A scenario to search: a shipped one, with `sets` from the morning of day `since` on. days: 0 for its own."""

    base: str
    sets: tuple[str, ...] = ()
    since: int = FROM_THE_START
    days: int = DAYS
    runs: int = RUNS

    @property
    def scenario(self) -> Scenario:
        horizon = (f"days={self.days}",) if self.days else ()
        if self.since == FROM_THE_START:
            return load_scenario(self.base, (*horizon, *self.sets))
        return branch_off(load_scenario(self.base, horizon), self.since, self.sets)

    @property
    def name(self) -> str:
        return " ".join((self.base, *self.sets, *([f"from day {self.since}"] if self.since else [])))


def policy(actor: str, name: str) -> str:
    return f'{actor}.policy="{name}"'


SEARCHES = (
    *(Search(name, days=0 if name in TO_THE_END else DAYS) for name in scenario_names()),
    Search("baseline", tuple(policy(agent.name, "idle") for agent in AGENTS), days=2),
    Search("baseline", tuple(policy(agent.name, "random") for agent in AGENTS)),
    Search("baseline", (policy("us", "stay"),)),
    Search("baseline", (policy("sdf", "resist"),), days=30),
    Search("failed-summit", (policy("moscow", "leave_entirely"),)),
    Search("quiet-2025", (policy("damascus", "press_on"),)),
    Search("from-ceasefire", (policy("damascus", "press_on"),)),
    Search("from-ceasefire", (policy("damascus", "negotiate_first"),)),
    Search("from-ceasefire", (policy("sdf", "integrate_early"),), days=20),
    Search("from-ceasefire", (policy("sdf", "resist"),)),
    # A policy taken up in the middle of events finds an offensive under way that it would not have begun.
    Search("baseline", (policy("damascus", "negotiate_first"),), since=6, days=20, runs=MORE_RUNS),
    Search("baseline", (policy("damascus", "negotiate_first"),), since=9, days=20, runs=MORE_RUNS),
    Search("no-defection", (policy("damascus", "negotiate_first"),), since=12, days=20, runs=MORE_RUNS),
    Search("baseline", (policy("sdf", "integrate_early"),), since=4, days=20, runs=MORE_RUNS),
    # A United States that leaves is exposed for days only: more attacks, slower leaving, both inside their ranges.
    Search(
        "mass-escape",
        (policy("us", "leave_early"), "us_presence.leaves_per_day=100", "us_presence.killed_per_attack=0.05"),
        since=20,
        runs=MORE_RUNS,
    ),
)

Key = tuple[str, str, str]
"""Policy ("actor.policy"), matter, rule."""


@dataclass
class Notes:
    """What was met while searching: for each rule the first place, run and day in which it fired, and in which it waited.

    wrong: decisions in which the recorded rule was not the first that held.
    """

    fired: dict[Key, str] = field(default_factory=dict)
    waited: dict[Key, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Onlooker:
    """Looks on while a model steps; evaluates each rule's condition on what its actor saw."""

    model: TheatreModel
    where: str
    notes: Notes

    def advanced(self, mechanism: str) -> None:
        pass

    def decided(self, decision: str, rules: tuple[Rule, ...], seen: Seen, values: Any) -> None:
        names = np.array(self.model.history.rule_names[decision])
        recorded = names[self.model.orders.rules[decision]]
        undecided, actor = np.ones(len(recorded), dtype=bool), decision.split(".")[0]
        for rule in rules:
            holds = rule.when(seen, values)
            fires = undecided & holds
            key = (f"{actor}.{self.model.setting.scenario[actor].policy}", decision, rule.name)
            self._note(self.notes.fired, key, fires, seen.day)
            self._note(self.notes.waited, key, (holds & ~undecided) | (undecided & ~holds), seen.day)
            if (recorded[fires] != rule.name).any():
                self.notes.wrong.append(f"{self.where}, day {seen.day}: {decision}.{rule.name}")
            undecided = undecided & ~holds

    def _note(self, found: dict[Key, str], key: Key, runs: np.ndarray, day: int) -> None:
        if key not in found and runs.any():
            found[key] = f"{self.where}, run {int(runs.argmax())}, day {day}"


def search() -> Notes:
    notes = Notes()
    for item in SEARCHES:
        scenario = item.scenario
        model = TheatreModel(scenario, runs=item.runs)
        model.watcher = Onlooker(model, item.name, notes)
        model.run_to(scenario.days)
    return notes


@pytest.fixture(scope="module")
def notes() -> Notes:
    return search()


def rules_of(agent: type, name: str) -> list[tuple[Key, bool]]:
    """Return each rule of a policy, and whether it stands alone: a single rule always fires and never waits."""
    return [
        ((f"{agent.name}.{name}", f"{agent.name}.{decision}", rule.name), len(rules) == 1)
        for decision, rules in agent.policies[name].items()
        for rule in rules
    ]


POLICIES = [(agent, name) for agent in AGENTS for name in agent.policies]


@pytest.mark.parametrize(("agent", "name"), POLICIES, ids=[f"{agent.name}.{name}" for agent, name in POLICIES])
def test_every_rule_fired_in_some_run_and_waited_in_some(notes: Notes, agent: type, name: str) -> None:
    rules = rules_of(agent, name)
    never_fired = [key for key, _ in rules if key not in notes.fired]
    never_waited = [key for key, alone in rules if not alone and key not in notes.waited]
    assert (never_fired, never_waited) == ([], [])


def test_the_recorded_rule_is_the_first_that_holds(notes: Notes) -> None:
    assert notes.wrong == []


def main() -> None:
    """Print where each rule fired first and where it was first held back or did not hold."""
    notes = search()
    for agent, name in POLICIES:
        for key, alone in rules_of(agent, name):
            print(" ".join(key))
            print("  fired ", notes.fired.get(key, "NEVER"))
            print("  waited", "stands alone" if alone else notes.waited.get(key, "NEVER"))


if __name__ == "__main__":
    main()
