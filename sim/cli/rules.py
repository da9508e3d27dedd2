"""The rules of each actor under a scenario, and the orders that a scenario may state for it."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding

from sim.agents.base import Rule
from sim.registry import registry
from sim.scenario.scenario import Scenario
from sim.scenario.settings import policies_of

INDENT = 6
FACTS = "facts: rows and sections of docs/RECORD.md"


def print_rules(out: Console, scenario: Scenario) -> None:
    """Print every rule, most urgent first, with its condition, its order and its evidence."""
    orders = registry().orders
    out.print(f"for each decision, the first rule that holds gives the order; {FACTS}\n")
    for actor, policy in policies_of(scenario).items():
        for decision, rules in policy.items():
            out.print(f"{actor}.{decision}", style="bold")
            for number, rule in enumerate(rules, 1):
                _print_rule(out, number, rule)
            open_orders = f"orders that a scenario may state: {', '.join(orders[f'{actor}.{decision}'])}"
            out.print(Padding(open_orders, (0, 0, 1, 2)))


def _print_rule(out: Console, number: int, rule: Rule) -> None:
    out.print(f"  {number:>2}. {rule.name} -> {rule.order.__name__}")
    condition = " ".join((rule.when.__doc__ or "").split("\n\n")[0].split())
    condition += "" if condition.endswith((".", "!", "?")) else "."  # a person's note may end in none
    ordered = " ".join((rule.order.__doc__ or "").split("\n\n")[0].split())
    out.print(Padding(f"{condition} {ordered} [{rule.evidence}]", (0, 0, 0, INDENT)), style="dim")
