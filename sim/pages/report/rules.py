"""The report's tables of rules: what each actor went by, in what share of the runs and when first."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np

from sim.agents import AGENTS
from sim.agents.base import Rule
from sim.experiments.store.ensemble import Results
from sim.pages.markup import Contents, code, element, folded, paragraph, section, small, table
from sim.pages.wording import Calendar, percent, words
from sim.scenario.settings import policies_of

TITLES = {agent.name: agent.title[0].upper() + agent.title[1:] for agent in AGENTS}
COLUMNS = ("Rule, most urgent first", "Fired in", "First day: median, 5% to 95%", "Evidence")


def rules_section(results: Results, calendar: Calendar) -> Element:
    """Return for every actor and matter its rules, and plainly those that never fired."""
    tables: dict[str, list[Element]] = {}
    silent: list[str] = []
    for decision, rules in _rules_in_force(results).items():
        counted = results.rules[decision]
        rows = [_row(rule, counted[rule.name][1], results.runs, calendar) for rule in rules]
        tables.setdefault(decision.split(".")[0], []).append(table(_heading(decision), COLUMNS, rows, look="rules"))
        silent += [f"{decision}: {rule.name}" for rule in rules if not counted[rule.name][1].any()]
    return section(
        "rules",
        "Rules that fired",
        paragraph(
            "Each day every actor goes through its rules for each matter, most urgent first; the first that holds gives "
            "the order. Shares are of the runs in which a rule ever fired; days are those on which it first did, in these "
            "runs."
        ),
        _silent(silent, results.runs),
        [folded(f"{TITLES[actor]}: {len(made)} matters", *made) for actor, made in tables.items()],
    )


def _heading(decision: str) -> str:
    actor, _, name = decision.partition(".")
    return f"{TITLES[actor]}: {words(name)}"


def _rules_in_force(results: Results) -> dict[str, tuple[Rule, ...]]:
    """Return "actor.decision" -> rules, those of every stage of the scenario, in the order of the record."""
    found: dict[str, dict[str, Rule]] = {}
    for _, stage in results.scenario.stages:
        for actor, policy in policies_of(stage).items():
            for decision, rules in policy.items():
                known = found.setdefault(f"{actor}.{decision}", {})
                known.update({rule.name: rule for rule in rules if rule.name not in known})
    return {decision: tuple(rules.values()) for decision, rules in found.items()}


def _row(rule: Rule, first: np.ndarray, runs: int, calendar: Calendar) -> list[Contents]:
    said = " ".join((rule.when.__doc__ or "").split("\n\n")[0].split())
    ordered = " ".join((rule.order.__doc__ or "").split("\n\n")[0].split())
    fired = int(first.sum())
    when = _first_day(first, calendar) if fired else "-"
    share = percent(fired / runs) if fired else "never"
    return [[code(rule.name), small(f"{said} → {ordered}")], [share], [when], [rule.evidence]]


def _first_day(first: np.ndarray, calendar: Calendar) -> str:
    reached = np.cumsum(first) / first.sum()
    low, median, high = (int(np.argmax(reached >= quantile - 1e-9)) for quantile in (0.05, 0.5, 0.95))
    return f"{calendar.short(median)} ({calendar.span(low, high)})"


def _silent(names: list[str], runs: int) -> Element:
    if not names:
        return paragraph(f"Every rule fired in at least one of the {runs} runs.")
    listed = [element("li", code(name)) for name in names]
    return element("div", paragraph(f"{len(names)} rules fired in none of the {runs} runs:"), element("ul", listed))
