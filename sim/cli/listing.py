"""pullback list: the scenarios, the outcomes or the daily series, with the names that commands take."""

from __future__ import annotations

import json

import click

from sim.cli.tables import console, table

SCHEMA = 1
KINDS = ("scenarios", "outcomes", "series")


@click.command("list")
@click.argument("kind", metavar="[scenarios|outcomes|series]", type=click.Choice(KINDS), default=KINDS[0])
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_command(kind: str, as_json: bool) -> None:
    """List the shipped scenarios, the outcomes or the daily series.

    Outcomes are listed by title, with the name that --outcome and conditions take; series with the name that --series takes.
    """
    rows = {"scenarios": _scenarios, "outcomes": _outcomes, "series": _series}[kind]()
    if as_json:
        print(json.dumps({"schema": SCHEMA, kind: rows}))
    elif kind == "scenarios":
        _print_scenarios(rows)
    else:
        _print_quantities(rows)


def _scenarios() -> list[dict[str, str]]:
    from sim.scenario.files import read_layers, scenario_names

    rows = []
    for name in scenario_names():
        layers = read_layers(name)
        merged = {key: raw for layer in layers for key, raw in layer.data.items()}
        own = layers[-1].data
        row = {"title": own.get("title", ""), "question": own.get("question", own.get("asks", ""))}
        row |= {"base": own.get("base", ""), "days": merged.get("days", "")}
        rows.append({"name": name} | {key: str(value) for key, value in row.items()})
    return rows


def _outcomes() -> list[dict[str, str]]:
    from sim.record.outcomes import OUTCOMES

    return [
        {
            "title": outcome.title,
            "name": outcome.name,
            "unit": outcome.unit,
            "type": outcome.type,
            "definition": outcome.definition + (f"; one of {', '.join(outcome.categories)}" if outcome.categories else ""),
            "arises": outcome.arises,
        }
        for outcome in OUTCOMES
    ]


def _series() -> list[dict[str, str]]:
    from sim.record.history import SERIES

    return [{"title": series.title, "name": name, "unit": series.unit} for name, series in SERIES.items()]


def _print_scenarios(rows: list[dict[str, str]]) -> None:
    columns = ("name", "title", "question", "base", "days")
    listed = table(*columns, right=("days",), whole=("name", "base"))
    for row in rows:
        listed.add_row(*(row[column] for column in columns))
    console().print(listed)


def _print_quantities(rows: list[dict[str, str]]) -> None:
    """Print two lines for each: title and name, then unit, type, definition and when it arises."""
    out = console()
    width = max(len(row["title"]) for row in rows)
    for row in rows:
        out.print(f"{row['title']:<{width}}  {row['name']}", soft_wrap=True)
        unit = "" if row["unit"] == "1" else row["unit"]
        kind = row.get("type", "").replace("_", " or ")
        arises = "" if row.get("arises", "always") == "always" else f"arises {row['arises']}"
        details = dict.fromkeys(part for part in (kind, unit, row.get("definition", ""), arises) if part)
        if details:
            out.print(f"    {'; '.join(details)}", style="dim", soft_wrap=True)
