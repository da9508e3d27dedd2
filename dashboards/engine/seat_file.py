"""The orders of a seat as a scenario file that `pullback run` accepts."""

from __future__ import annotations

import json
from pathlib import Path

from dashboards.engine.seat import Seat
from dashboards.engine.setup import STATED, Setup, changed_values, known_as, toml_value
from sim.scenario.entries import Value
from sim.scenario.files import scenario_names
from sim.state.orders import DatedOrder


def as_toml(seat: Seat, setup: Setup) -> str:
    """Return the text of the file: a what-if on the scenario, by name or by the path of the user's own."""
    scenario, base = seat.scenario(), known_as(setup.scenario)
    if base not in scenario_names():
        base = str(Path(base).resolve())
    lines = [f"# Played in run {seat.story.run}; the other runs follow the same orders under their own luck."]
    if setup.uncertain != STATED:
        lines += [f"# Uncertain values were drawn by run. With --uncertain {setup.uncertain} that run is as it was played."]
    lines += [f"base = {_text(base)}", f"title = {_text(f'{scenario.title}, with orders to {seat.actor} by a person')}"]
    lines += [f"{key} = {getattr(scenario, key)}" for key in ("seed", "days")]
    lines += [f"runs = {max(setup.runs, seat.story.run + 1)}"]
    for order in scenario.orders:
        lines += ["", *_order(order)]
    return "\n".join([*lines, *_tables(changed_values(setup))]) + "\n"


def _order(order: DatedOrder) -> list[str]:
    named = {"actor": order.actor, "decision": order.decision, "order": order.order}
    return [
        "[[orders]]",
        *(f'{key} = "{value}"' for key, value in named.items()),
        f"from = {order.first}",
        f"to = {order.last}",
        *([f"note = {_text(order.note)}"] if order.note else []),
    ]


def _tables(values: dict[str, Value]) -> list[str]:
    tables: dict[str, list[str]] = {}
    for path, value in values.items():
        table, _, key = path.rpartition(".")
        tables.setdefault(table, []).append(f"{key} = {toml_value(value)}")
    return [line for table, lines in tables.items() for line in ("", f"[{table}]", *lines)]


def _text(words: str) -> str:
    """Write text as TOML; JSON's is TOML's but for the character DEL."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
