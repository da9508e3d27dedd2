"""The orders of a seat as a scenario file that `pullback run` accepts."""

from __future__ import annotations

from dashboards.engine.seat import Seat
from dashboards.engine.setup import Setup, changed_values, toml_value
from sim.orders import DatedOrder
from sim.scenario import list_scenarios
from sim.scenario_entries import Value
from sim.scenario_export import to_toml


def as_toml(seat: Seat, setup: Setup) -> str:
    """Return the text of the file: a what-if on a shipped scenario, or all of the user's own."""
    scenario = seat.scenario()
    if setup.scenario not in list_scenarios() or scenario.branch is not None:
        return to_toml(scenario)
    title = f"{scenario.title}, with a person's orders to {seat.actor}"
    lines = [f"# Played in run {seat.story.run}; the other runs follow the same orders under their own luck."]
    lines += [f'base = "{setup.scenario}"', f"title = {_text(title)}"]
    lines += [f"{key} = {getattr(scenario, key)}" for key in ("seed", "days")]
    lines += [f"runs = {max(setup.runs, seat.story.run + 1)}"]
    for order in seat.dated_orders():
        lines += ["", *_order(order)]
    return "\n".join([*lines, *_tables(changed_values(setup))]) + "\n"


def _order(order: DatedOrder) -> list[str]:
    named = {"actor": order.actor, "matter": order.matter, "order": order.order}
    return [
        "[[orders]]",
        *(f'{key} = "{value}"' for key, value in named.items()),
        f"from = {order.first}",
        f"to = {order.last}",
    ]


def _tables(values: dict[str, Value]) -> list[str]:
    tables: dict[str, list[str]] = {}
    for path, value in values.items():
        table, _, key = path.rpartition(".")
        tables.setdefault(table, []).append(f"{key} = {toml_value(value)}")
    return [line for table, lines in tables.items() for line in ("", f"[{table}]", *lines)]


def _text(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
