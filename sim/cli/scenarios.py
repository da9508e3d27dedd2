"""pullback show and check: every value of a scenario with its evidence, validation without a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from sim.cli.exits import DONE, USAGE
from sim.cli.tables import console, plain, table
from sim.scenario.files import InputErrors, find_scenario

if TYPE_CHECKING:
    from rich.console import Console

    from sim.scenario.entries import Entry
    from sim.scenario.scenario import Scenario

SCHEMA = 1
INDENT = "    "

Difference = tuple[str, Any, Any]
"""Name of a value, its value in the base, its value in the scenario."""


@click.command(short_help="Show the values of a scenario with their evidence.")
@click.argument("scenario")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--rules", is_flag=True, help="Show the actors' rules instead, with the orders that a scenario may state.")
def show(scenario: str, as_json: bool, rules: bool) -> None:
    """Show every value of SCENARIO with its unit, range, kind, confidence and source."""
    from sim.cli.rules import print_rules
    from sim.registry import load_scenario

    shown = load_scenario(scenario)
    differences: list[Difference] = []
    if shown.base is not None:
        base = load_scenario(find_scenario(shown.base, beside=find_scenario(scenario).parent))
        differences = list(_differences(base, shown))
    if as_json:
        print(json.dumps(_as_json(shown, differences), indent=1, default=str))
        return
    out = console()
    if rules:
        print_rules(out, shown)
        return
    _print_heading(out, shown)
    _print_differences(out, shown, differences)
    events = [(str(event.date), event.event, event.note, event.source) for event in shown.timeline]
    orders = [(f"{o.first} to {o.last}", f"{o.actor}.{o.decision}", o.order, o.note) for o in shown.orders]
    own = [(own.name, own.title or "-", own.of) for own in shown.outcomes]
    _print_dated(out, ("outcome of its own", "title", "expression"), own)
    _print_dated(out, ("timeline", "event", "note", "source"), events)
    _print_dated(out, ("stated orders", "decision", "order", "note"), orders)
    _print_values(out, shown)


@click.command(short_help="Check a scenario file without running it.")
@click.argument("file")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set a value, in TOML, before checking.")
def check(file: str, sets: tuple[str, ...]) -> int:
    """Check a scenario FILE without running it, and list every error in it."""
    from sim.registry import load_scenario
    from sim.scenario.first_evening import about_the_map
    from sim.scenario.theatre import theatre_of

    try:
        scenario = load_scenario(file, sets)
    except InputErrors as errors:
        for line in errors.lines:
            click.echo(line, err=True)
        return USAGE
    sources = [entry.source for entry in scenario.entries.values()]
    assumed, fitted = (sum(source.startswith(word) for source in sources) for word in ("assumed", "fitted"))
    for line in about_the_map(theatre_of(scenario), scenario.control, scenario.communities, scenario.classes):
        click.echo(line)
    count = len(scenario.outcomes)
    own = f", {count} outcome{'s' * (count > 1)} of its own" if count else ""
    click.echo(f"ok: {len(sources)} values, {assumed} assumed, {fitted} fitted{own}; hash {scenario.hash}")
    return DONE


def _differences(base: Scenario, here: Scenario) -> Iterator[Difference]:
    from sim.ground.members import SHIPPED
    from sim.scenario.heading import OF_THE_MAP

    for key in ("epoch", "start_date", "days", "runs", "seed", "control", "communities", *OF_THE_MAP):
        if getattr(base, key) != getattr(here, key):
            yield key, getattr(base, key) or SHIPPED, getattr(here, key) or SHIPPED
    dated = [", ".join(f"{event.date} {event.event}" for event in one.timeline) for one in (base, here)]
    if dated[0] != dated[1]:
        yield "timeline", dated[0], dated[1]
    for path, entry in here.entries.items():
        before = base.entries.get(path)
        if before is None:
            yield path, "no such member", entry.value
            continue
        if before.value != entry.value:
            yield path, before.value, entry.value
        if before.range != entry.range:
            yield f"{path} (range)", before.range, entry.range


def _print_heading(out: Console, scenario: Scenario) -> None:

    rows = table("", "")
    rows.add_row("question", scenario.question or "-")
    rows.add_row("base", scenario.base or "none: states every value itself")
    rows.add_row(
        "days", f"{scenario.days}, {scenario.start_date} to {scenario.end_date} (random numbers start on {scenario.epoch})"
    )
    if scenario.branch is not None:
        first = scenario.start_date + timedelta(days=scenario.branch.day)
        rows.add_row("takes effect", f"{first}; {scenario.branch.origin.name} until then")
    rows.add_row("runs", f"{scenario.runs}, seed {scenario.seed}")
    rows.add_row("control", scenario.control)
    rows.add_row("communities", scenario.communities)
    if scenario.classes:
        rows.add_row("classes", scenario.classes)
    rows.add_row("hash", scenario.hash)
    out.print(f"{scenario.name}: {scenario.title}", style="bold")
    out.print(rows)


def _print_differences(out: Console, scenario: Scenario, differences: list[Difference]) -> None:

    if scenario.base is not None:
        rows = table("value", f"in {scenario.base}", "in this scenario", whole=("value",))
        for key, before, now in differences:
            rows.add_row(key, plain(before), plain(now))
        out.print()
        out.print(rows if differences else f"no value differs from {scenario.base}")
    if scenario.expected:
        from sim.record.outcomes import outcomes_of

        titles = {outcome.name: outcome.title for outcome in outcomes_of(scenario.outcomes)}
        rows = table("expected effects", "", whole=("expected effects",))
        for outcome, direction in scenario.expected.items():
            rows.add_row(titles[outcome], direction)
        out.print()
        out.print(rows)


def _print_dated(out: Console, columns: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    if lines:
        rows = table(*columns, whole=columns[:2])
        for line in lines:
            rows.add_row(*line)
        out.print()
        out.print(rows)


def _print_values(out: Console, scenario: Scenario) -> None:
    """Print two lines for each value: name, value and unit, then the source."""
    from sim.cli.rules import FACTS

    setters = sorted({entry.set_by for entry in scenario.entries.values()})
    out.print(f"\nvalues set by {', '.join(setters)}; confidence H (high), M, L (low), or - if assumed or chosen")
    out.print(FACTS)
    for section in scenario.sections:
        entries = [entry for path, entry in scenario.entries.items() if path.startswith(f"{section}.")]
        if not entries:
            continue
        out.print(f"\n[{section}]", style="bold")
        for cells, entry in zip(_aligned(section, entries), entries, strict=True):
            origin = entry.source if len(setters) == 1 else f"{entry.source}; set by {entry.set_by}"
            out.print(cells, soft_wrap=True)
            out.print(fill(origin, out.width, initial_indent=INDENT, subsequent_indent=INDENT), style="dim")


def _aligned(section: str, entries: list[Entry]) -> list[str]:
    """Return a line for each value: key, value, unit, range, kind, confidence, in columns."""

    rows = [
        (entry.path.removeprefix(f"{section}."), plain(entry.value), entry.unit, plain(entry.range), entry.kind)
        for entry in entries
    ]
    key, value, unit, bounds, kind = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        f"{row[0]:<{key}}  {row[1]:>{value}}  {row[2]:<{unit}}  {row[3]:<{bounds}}  {row[4]:<{kind}}  {conf}"
        for row, conf in zip(rows, (entry.confidence for entry in entries), strict=True)
    ]


def _as_json(scenario: Scenario, differences: list[Difference]) -> dict[str, Any]:
    keys = ("base", "hash", "epoch", "start_date", "days", "runs", "seed", "control", "communities", "classes")
    heading = {"name": scenario.name, "title": scenario.title, "asks": scenario.question, "expect": scenario.expected}
    return {
        "schema": SCHEMA,
        **heading,
        **{key: getattr(scenario, key) for key in keys},
        "outcomes": {own.name: own.as_table() for own in scenario.outcomes},
        "timeline": [asdict(event) for event in scenario.timeline],
        "differs": [{"key": key, "base": before, "here": now} for key, before, now in differences],
        "values": [asdict(entry) for entry in scenario.entries.values()],
    }
