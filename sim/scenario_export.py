"""Write a merged scenario as one complete file, which loads back to the same hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sim.scenario import Scenario
from sim.scenario_entries import Entry
from sim.scenario_heading import FORMAT

HEADING = ("title", "asks", "expect", "epoch", "start_date", "days", "runs", "seed", "control", "communities")


def to_toml(scenario: Scenario) -> str:
    """Return the text of a scenario file without a base: every value with its evidence, and who set it as a comment."""
    origin = f"{scenario.name}, merged with its bases" if scenario.base else scenario.name
    lines = [f"# {origin}: {scenario.hash}", f"format = {FORMAT}"]
    for key in HEADING:
        value = getattr(scenario, key)
        if value not in ("", {}):
            lines.append(f"{key} = {_toml(value)}")
    for event in scenario.timeline:
        lines += ["", "[[timeline]]", *(f"{key} = {_toml(value)}" for key, value in vars(event).items())]
    tables: dict[str, list[str]] = {}
    for path, entry in scenario.entries.items():
        table, _, key = path.rpartition(".")
        line = f"{key} = {_toml(_record(entry))}  # set by {json.dumps(entry.set_by)}"
        tables.setdefault(table, []).append(line)
    for table, entries in tables.items():
        lines += ["", f"[{table}]", *entries]
    return "\n".join(lines) + "\n"


def _record(entry: Entry) -> dict[str, Any]:
    record = {"value": entry.value, "unit": entry.unit, "range": entry.range, "kind": entry.kind}
    record |= {"confidence": entry.confidence, "source": entry.source}
    return {key: value for key, value in record.items() if value is not None}


def _toml(value: Any) -> str:
    """Write one value. JSON text is TOML text but for the character DEL, which TOML wants escaped."""
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
