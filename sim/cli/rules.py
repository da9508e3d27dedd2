"""What each actor's rules are under a scenario, and which orders a person may give it."""

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
    """Print every rule, most urgent first, with what it says, its order and its evidence."""
    orders = registry().orders
    out.print(f"of each matter the first rule that holds decides; {FACTS}\n")
    for actor, policy in policies_of(scenario).items():
        for decision, rules in policy.items():
            out.print(f"{actor}.{decision}", style="bold")
            for number, rule in enumerate(rules, 1):
                _print_rule(out, number, rule)
            said = f"orders a person may give: {', '.join(orders[f'{actor}.{decision}'])}"
            out.print(Padding(said, (0, 0, 1, 2)))


def _print_rule(out: Console, number: int, rule: Rule) -> None:
    out.print(f"  {number:>2}. {rule.name} -> {rule.order.__name__}")
    said = " ".join((rule.when.__doc__ or "").split("\n\n")[0].split())
    said += "" if said.endswith((".", "!", "?")) else "."  # a person's note may end in none
    ordered = " ".join((rule.order.__doc__ or "").split("\n\n")[0].split())
    out.print(Padding(f"{said} {ordered} [{rule.evidence}]", (0, 0, 0, INDENT)), style="dim")
