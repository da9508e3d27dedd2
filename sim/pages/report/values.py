"""The report's tables of the scenario: every value with its evidence, and the dated events."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from sim.ground.errors import InputError
from sim.ground.members import SHIPPED
from sim.pages.markup import Content, Contents, code, element, folded, paragraph, section, small, table
from sim.record.outcomes import outcomes_of
from sim.registry import load_scenario
from sim.scenario.entries import Entry
from sim.scenario.files import scenario_names
from sim.scenario.heading import OF_THE_MAP
from sim.scenario.scenario import Scenario

COLUMNS = ("Name", "Value", "Range", "Kind, confidence", "Source")


def values_section(scenario: Scenario) -> Element:
    """Return every value with unit, range, kind, confidence and source; first those that differ from the base."""
    entries = list(scenario.entries.values())
    return section(
        "values",
        "Values",
        _counted(entries),
        _differences(scenario),
        _timeline(scenario),
        [
            folded(f"{name}: {_values(len(group))}", table(f"Values of {name}", COLUMNS, map(_row, group), look="values"))
            for name in scenario.sections
            if (group := [entry for entry in entries if entry.path.startswith(f"{name}.")])
        ],
    )


def _values(count: int) -> str:
    return f"{count} value{'' if count == 1 else 's'}"


def _counted(entries: list[Entry]) -> Element:
    assumed, fitted = (sum(_badge_of(entry) == word for entry in entries) for word in ("assumed", "fitted"))
    partly = sum("assumed" in entry.source for entry in entries) - assumed
    return paragraph(
        f"{len(entries)} values: {assumed} are ",
        _badge("assumed"),
        f", {fitted} are ",
        _badge("fitted"),
        f" to the record up to 20 January 2026, and {len(entries) - assumed - fitted} cite the record, a publication or a "
        f"choice; of these {partly} are partly assumed, as their source states. Confidence: H (high), M (medium) or L "
        "(low); - where a value is assumed or chosen. A source such as facts a36 is a row of the documented record, "
        "docs/RECORD.md.",
    )


def _badge_of(entry: Entry) -> str | None:
    return next((word for word in ("assumed", "fitted") if entry.source.startswith(word)), None)


def _badge(word: str) -> Element:
    return element("span", word, class_=f"badge {word}")


def _row(entry: Entry) -> list[list[Content]]:
    mark = _badge_of(entry)
    return [
        [code(entry.path), " " if mark else None, _badge(mark) if mark else None],
        [f"{plain(entry.value)}{_unit(entry)}"],
        [_range(entry)],
        [f"{entry.kind}, {entry.confidence}"],
        [entry.source],
    ]


def _unit(entry: Entry) -> str:
    return "" if entry.unit in ("1", "name", "yes_no") else f" {entry.unit}"


def _range(entry: Entry) -> str:
    return "-" if entry.range is None else f"{plain(entry.range[0])} to {plain(entry.range[1])}"


def plain(value: Any) -> str:
    """Write one value of a scenario in full."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _differences(scenario: Scenario) -> Element | None:
    """Return the table of the values that differ from the scenario's base, None where it has none."""
    base = base_of(scenario)
    if base is None:
        return None
    changed = [
        entry
        for path, entry in scenario.entries.items()
        if path not in base.entries or entry.value != base.entries[path].value
    ]
    heading = [
        (key, getattr(base, key) or SHIPPED, getattr(scenario, key) or SHIPPED)
        for key in ("start_date", "days", "seed", "control", *OF_THE_MAP)
    ]
    rows: list[list[Contents]] = [
        [[code(key)], [plain(before)], [plain(now)], ["-"]] for key, before, now in heading if before != now
    ]
    rows += [_difference(entry, base.entries.get(entry.path)) for entry in changed]
    if not rows:
        return None if base.name == scenario.name else paragraph(f"No value differs from {base.name}.")
    return table(
        f"Differences from {base.name}", ("Name", f"In {base.name}", "In this scenario", "Source"), rows, look="rules"
    )


def _difference(entry: Entry, before: Entry | None) -> list[Contents]:
    now = f"{plain(entry.value)}{_unit(entry)}"
    then = f"{plain(before.value)}{_unit(before)}" if before else "no such member"
    return [[code(entry.path)], [then], [now], [entry.source, small(f"set by {entry.set_by}")]]


def base_of(scenario: Scenario) -> Scenario | None:
    """Return what a scenario differs from: its origin, its base, or its own file before --set; None if unknown."""
    if scenario.branch is not None:
        return scenario.branch.origin
    name = scenario.base or scenario.name
    try:
        return load_scenario(name) if name in scenario_names() else None
    except InputError:
        return None


def _timeline(scenario: Scenario) -> Element | None:
    rows = [[[str(event.date)], [event.event], [event.note], [event.source]] for event in scenario.timeline]
    rows += [
        [[f"{order.first} to {order.last}"], [f"order to {order.actor}: {order.order}"], [order.note], ["a person's order"]]
        for order in scenario.orders
    ]
    columns = ("Date", "Event", "Note", "Source")
    return folded(f"Dated events and orders: {len(rows)}", table("Dated events", columns, rows)) if rows else None


def expectation(scenario: Scenario) -> Element | None:
    """Return the expectations of a what-if: titles of outcomes with directions."""
    if not scenario.expected:
        return None
    titles = {outcome.name: outcome.title for outcome in outcomes_of(scenario.outcomes)}
    effects = "; ".join(f"{titles[name]}: {direction}" for name, direction in scenario.expected.items())
    return paragraph(f"Expected effects, stated before any run, against its base: {effects}.")
