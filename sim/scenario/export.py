"""Write a merged scenario as one complete file, which loads back to the same hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sim.ground.files import write_text
from sim.ground.members import SHIPPED
from sim.ground.user_text import read_text
from sim.scenario.entries import Entry
from sim.scenario.heading import FORMAT, OF_THE_MAP
from sim.scenario.scenario import Branch, Scenario, all_reached

HEADING = (
    "title",
    "question",
    "expected",
    "epoch",
    "start_date",
    "days",
    "runs",
    "seed",
    "control",
    "communities",
    *OF_THE_MAP,
)

FILES = {"control": "txt", "communities": "txt", "classes": "txt", "sectors": "txt", "sites": "toml"}
"""Keys of the heading that may be paths, and the file extension of each."""

BRANCH_HEADING = ("title", "question", "expected", "days", "runs")


def write_scenario(scenario: Scenario, folder: Path, name: str = "scenario") -> None:
    """Write scenario.toml into a folder and, for a branch, the scenarios it branches from.

    The user's own maps are copied next to it, so that the folder is self-contained.
    """
    if scenario.branch is None:
        text = to_toml(_with_maps_beside(scenario, folder, name))
    else:
        before = f"before-{name}"
        write_scenario(scenario.branch.origin, folder, before)
        text = _branch_to_toml(scenario, scenario.branch, f"./{before}.toml")
    write_text(folder / f"{name}.toml", text)


def _with_maps_beside(scenario: Scenario, folder: Path, name: str) -> Scenario:
    """Copy the maps that are not shipped into a folder; return the scenario with their new paths."""
    copied: dict[str, Any] = {}
    for key, ending in FILES.items():
        if "/" in (path := getattr(scenario, key)):
            copied[key] = f"./{name}-{key}.{ending}"
            write_text(folder / copied[key], read_text(Path(path)))
    return replace(scenario, **copied)


def to_toml(scenario: Scenario) -> str:
    """Return the text of a scenario file without a base: every value with its evidence, and a comment with its origin.

    For a branch these are the final values; write_scenario also writes those before the branch.
    """
    origin = f"{scenario.name}, merged with its bases" if scenario.base else scenario.name
    lines = [f"# {origin}: {scenario.hash}", f"format = {FORMAT}"]
    lines += _heading(scenario, HEADING) + _as_run(scenario) + _own(scenario) + _dated(scenario) + _tables(scenario.entries)
    return "\n".join(lines) + "\n"


def _branch_to_toml(scenario: Scenario, branch: Branch, base: str) -> str:
    origin = branch.origin
    differs = {path: entry for path, entry in scenario.entries.items() if entry != origin.entries[path]}
    lines = [f"# {scenario.name}, from day {branch.day} on: {scenario.hash}", f"base = {_toml(base)}"]
    lines += [f"takes_effect = {_toml(scenario.start_date + timedelta(days=branch.day))}"]
    lines += _heading(scenario, BRANCH_HEADING) + _as_run(scenario) + _own(scenario) + _dated(scenario) + _tables(differs)
    return "\n".join(lines) + "\n"


def _heading(scenario: Scenario, keys: tuple[str, ...]) -> list[str]:
    given = {key: getattr(scenario, key) for key in keys}
    if "/" in scenario.control:
        given |= {key: SHIPPED for key in OF_THE_MAP if key in given and not given[key]}
    return [f"{key} = {_toml(value)}" for key, value in given.items() if value not in ("", {})]


def _as_run(scenario: Scenario) -> list[str]:
    """Return the key that turns off the check of dates, if the days were cut short of an order or event."""
    return [] if all_reached(scenario) else ["as_run = true"]


def _own(scenario: Scenario) -> list[str]:
    """Return the outcomes of its own."""
    lines: list[str] = []
    for own in scenario.outcomes:
        lines += ["", f"[outcomes.{own.name}]", *(f"{key} = {_toml(value)}" for key, value in own.as_table().items())]
    return lines


def _dated(scenario: Scenario) -> list[str]:
    """Return the timeline and a person's orders."""
    lines: list[str] = []
    for event in scenario.timeline:
        lines += ["", "[[timeline]]", *(f"{key} = {_toml(value)}" for key, value in vars(event).items())]
    for order in scenario.orders:
        named = {
            "actor": order.actor,
            "decision": order.decision,
            "order": order.order,
            "from": order.first,
            "to": order.last,
        }
        lines += ["", "[[orders]]", *(f"{key} = {_toml(value)}" for key, value in (named | {"note": order.note}).items())]
    return lines


def _tables(entries: Mapping[str, Entry]) -> list[str]:
    tables: dict[str, list[str]] = {}
    for path, entry in entries.items():
        table, _, key = path.rpartition(".")
        line = f"{key} = {_toml(_record(entry))}  # set by {json.dumps(entry.set_by)}"
        tables.setdefault(table, []).append(line)
    return [line for table, lines in tables.items() for line in ("", f"[{table}]", *lines)]


def _record(entry: Entry) -> dict[str, Any]:
    record = {"value": entry.value, "unit": entry.unit, "range": entry.range, "kind": entry.kind}
    record |= {"confidence": entry.confidence, "source": entry.source}
    return {key: value for key, value in record.items() if value is not None}


def _toml(value: Any) -> str:
    """Return one value in TOML. JSON text is valid TOML except for the character DEL, which TOML requires escaped."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return repr(value)
