"""The parts of docs/MODEL.md that are made from the code's own registry: a function for each, which returns Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any
from unittest.mock import patch

from sim.agents import AGENTS
from sim.agents.base import ESTIMATED, Rule
from sim.agents.seen import Seen
from sim.draws import Draws
from sim.ground.members import shipped_members
from sim.mechanisms import AFTERMATH, DIPLOMACY, FIGHTING, LOGISTICS, MECHANISMS, campaign
from sim.model import SUB_MOVES, TheatreModel
from sim.record.events import KINDS
from sim.record.history import SERIES
from sim.record.outcomes import OUTCOMES
from sim.registry import load_scenario
from sim.scenario.files import scenario_names
from sim.scenario.theatre import theatre_of
from sim.state import state as states
from sim.state.orders import Orders
from tests import systems
from tests.odd_markdown import code, folded, said, table, where
from tests.shipped import SECTORS

NULL_POLICIES = ("idle", "random")
BASELINE = load_scenario("baseline")


# --- entities, state variables and scales -----------------------------------------------------------------------------


def scales() -> str:
    theatre = theatre_of(BASELINE)
    rows = [
        ("cells of the lattice", f"{theatre.grid.cells:,}, of 0.1 degree: about 11.1 by 9.0 km"),
        ("cells of the theatre, which can change hands", f"{theatre.size} in the baseline"),
        ("provinces", f"{len(theatre.grid.provinces)}"),
        ("sectors of the theatre", f"{len(SECTORS)}: {', '.join(SECTORS)}"),
        ("step", f"a day; fighting in {SUB_MOVES} sub-moves of it"),
        ("baseline", f"{BASELINE.start_date} to {BASELINE.end_date}: {BASELINE.days} days, {BASELINE.runs} runs"),
    ]
    return table(("Scale", "Value"), rows)


MEMBERS = shipped_members().axes | {
    "sides": states.SIDES,
    "provinces": [province.key for province in theatre_of(BASELINE).grid.provinces],
    "pressures": states.PRESSURES,
    "influence_parts": states.INFLUENCE_PARTS,
    "authority_parts": states.AUTHORITY_PARTS,
    "uncertainty_parts": states.UNCERTAINTY_PARTS,
    "places": states.PLACES,
    "classes": states.EQUIPMENT_CLASSES,
    "relations": states.RELATIONS,
    "parties": states.PARTIES,
    "taken_in": (*shipped_members().axes["insurgent_provinces"], "all"),
    "cells": ("the cells of the theatre",),
    "army_rows": ("the cells", "ground no army comes from", "ground Damascus holds throughout"),
    "community_rows": ("the cells", "no community"),
    "transit_days": ("days to the coast",),
    "recent_days": ("the last evenings",),
    "runs": ("the block",),
}
ARRAY_COLUMNS = ("Name", "Axes", "Type", "Meaning and unit")
CODES = {
    "CAMPAIGNS": states.CAMPAIGNS,
    "CAUSES": states.CAUSES,
    "PHASES": states.PHASES,
    "CUSTODIES": states.CUSTODIES,
    "TERMS": states.TERMS,
    "SUMMIT_RESULTS": states.SUMMIT_RESULTS,
    "BASE_STATUSES": states.BASE_STATUSES,
}


def state_variables() -> str:
    sizes = states.sizes(theatre_of(BASELINE), BASELINE.runs)
    axes = [(f"`{axis}`", "any" if axis == "runs" else size, ", ".join(MEMBERS[axis])) for axis, size in sizes.items()]
    codes = [(f"`{name}`", ", ".join(f"{n} {member}" for n, member in enumerate(CODES[name]))) for name in CODES]
    arrays = [item for item in fields(states.State) if "axes" in item.metadata]
    return "\n\n".join(
        [
            folded(f"The {len(axes)} axes", table(("Axis", "Size in the baseline", "Members"), axes)),
            folded(f"The {len(arrays)} arrays of the state", table(ARRAY_COLUMNS, _arrays(arrays))),
            folded("The codes", table(("Codes", "Members"), codes)),
        ]
    )


def _arrays(items: Iterable[Any]) -> list[tuple[str, ...]]:
    return [
        (f"`{item.name}`", ", ".join(item.metadata["axes"]), item.metadata["dtype"].__name__, item.metadata["meaning"])
        for item in items
    ]


# --- schedule ---------------------------------------------------------------------------------------------------------


def schedule() -> str:
    stages = [("diplomacy", m) for m in DIPLOMACY] + [("logistics", m) for m in LOGISTICS] + [("campaign", campaign)]
    stages += [(f"fighting, {SUB_MOVES} times", m) for m in FIGHTING] + [("aftermath", m) for m in AFTERMATH]
    rows = [(n, stage, f"`{m.NAME}`", said(m.advance), where(m.advance)) for n, (stage, m) in enumerate(stages, 1)]
    return table(("#", "Stage", "Process", "What a day of it does", "Where"), rows)


# --- decisions --------------------------------------------------------------------------------------------------------


def policies() -> str:
    rows = []
    for agent in AGENTS:
        own = [name for name in agent.policies if name not in NULL_POLICIES]
        rows.append((agent.title, said(agent), code(agent.policies["documented"]), code(own)))
    return table(("Actor", "In short", "Matters it decides each day", "Policies"), rows)


def seen() -> str:
    comments = dict(re.findall(r"^    (\w+): [^#\n]+?(?:  # (.*))?$", inspect.getsource(Seen), flags=re.MULTILINE))
    names = [item.name for item in fields(Seen)]
    rows = [
        (f"`{name}`", comments.get(name) or name.replace("_", " "), "yes" if name in ESTIMATED else "") for name in names
    ]
    return folded(f"The {len(names)} things an actor can observe", table(("Observed", "Meaning", "With error"), rows))


def orders() -> str:
    arrays = [item for item in fields(Orders) if "axes" in item.metadata]
    return folded(f"The {len(arrays)} orders", table(ARRAY_COLUMNS, _arrays(arrays)))


def rules() -> str:
    parts = []
    for agent in AGENTS:
        documented, tables = agent.policies["documented"], []
        for name, policy in agent.policies.items():
            if name not in NULL_POLICIES:
                tables += [
                    f"**{agent.title}, {name}, {decision}**\n\n{_rules(found)}"
                    for decision, found in policy.items()
                    if name == "documented" or found != documented[decision]
                ]
        parts.append(folded(f"The rules of {agent.title}", *tables))
    return "\n\n".join(parts)


def _rules(found: Sequence[Rule]) -> str:
    rows = [
        (n, f"`{rule.name}`: {said(rule.when)}", f"`{rule.order.__name__}`: {said(rule.order)}", rule.evidence)
        for n, rule in enumerate(found, 1)
    ]
    return table(("#", "Where", "Order", "Evidence"), rows)


# --- chance -----------------------------------------------------------------------------------------------------------


def streams() -> str:
    """Play a few runs past the summit and note every stream that is asked for, what it belongs to and its width."""
    heard: dict[str, tuple[str, int]] = {}
    once, daily = Draws.once, Draws.daily

    def note_once(draws: Draws, name: str, width: int) -> Any:
        heard[name] = ("the run", width)
        return once(draws, name, width)

    def note_daily(draws: Draws, name: str, day: int, width: int = 1) -> Any:
        heard[name] = ("a day", width)
        return daily(draws, name, day, width)

    with patch.object(Draws, "once", note_once), patch.object(Draws, "daily", note_daily):
        TheatreModel(BASELINE, runs=8).run_to(30)
    rows = [(f"`{name}`", *of) for name, of in sorted(heard.items())]
    return folded(f"The {len(rows)} streams", table(("Stream", "Belongs to", "Numbers for each run"), rows))


# --- details ----------------------------------------------------------------------------------------------------------


def timeline() -> str:
    return table(("Date", "Event", "Note", "Source"), [(e.date, e.event, e.note, e.source) for e in BASELINE.timeline])


def actor_values() -> str:
    return "\n\n".join(_values(f"What a scenario may set of {agent.title}", agent.name) for agent in AGENTS)


def submodels() -> str:
    """Return each process with what its file says of it and its values."""
    parts = []
    for mechanism in MECHANISMS:
        text = f"**{mechanism.NAME}** (`sim/mechanisms/{mechanism.NAME}.py`). {inspect.getdoc(mechanism)}"
        parts += [text, _values(f"Values of {mechanism.NAME}", mechanism.NAME)]
    return "\n\n".join(part for part in parts if part)


def first_evening() -> str:
    return _values("The values of the first evening", "start")


def _values(title: str, section: str) -> str:
    """Return the table of a section's values; nothing where it has none."""
    mine = [entry for path, entry in BASELINE.entries.items() if path.startswith(f"{section}.")]
    columns = ("Value", "Baseline", "Unit", "Range", "Kind", "Confidence", "Source")
    rows = [
        (f"`{e.path}`", _plain(e.value), e.unit, _range(e.range), e.kind, e.confidence, e.source)
        for e in mine
    ]  # fmt: skip
    return folded(f"{title}: {len(rows)}", table(columns, rows)) if rows else ""


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _range(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else f"{_plain(bounds[0])} to {_plain(bounds[1])}"


def scenarios() -> str:
    rows = []
    for name in scenario_names():
        scenario = load_scenario(name)
        expected = ", ".join(f"`{outcome}` {way}" for outcome, way in scenario.expected.items())
        rows.append((f"`{name}`", scenario.base or "", scenario.question, expected))
    return table(("Scenario", "Base", "Asks", "Should move"), rows)


def events() -> str:
    rows = [(f"`{kind.name}`", kind.text, code(kind.ordered), code(kind.after)) for kind in KINDS]
    return folded(f"The {len(rows)} kinds of event", table(("Kind", "Says", "Ordered in", "After"), rows))


def outcomes() -> str:
    rows = [
        (f"`{o.name}`", o.unit, o.type, o.definition + (f": {', '.join(o.categories)}" if o.categories else ""),
         o.arises, ", ".join(map(str, o.systems)))
        for o in OUTCOMES
    ]  # fmt: skip
    series = [(f"`{name}`", item.label, item.unit) for name, item in SERIES.items()]
    return "\n\n".join(
        [
            folded(f"The {len(rows)} outcomes", table(("Outcome", "Unit", "Type", "Definition", "Arises", "Systems"), rows)),
            folded(f"The {len(series)} daily series", table(("Series", "Shows", "Unit"), series)),
        ]
    )


def record() -> str:
    rows = []
    for number, system in enumerate(systems.SYSTEMS, 1):
        shown = code(systems.outcomes(number)) or f"`pullback show baseline`: {code(system.settings)}"
        proofs = [f"`{file}::{test}`" for file, test in map(systems.proof, system.tests)]
        rows.append((number, systems.name(number), "<br>".join(map(where, system.lives)), shown, "<br>".join(proofs)))
    return table(("#", "System", "Lives in", "Shown by", "Proved by"), rows)


BLOCKS: dict[str, Callable[[], str]] = {
    made.__name__: made
    for made in (
        scales, state_variables, schedule, policies, seen, orders, rules, streams, timeline, actor_values, submodels,
        first_evening, scenarios, events, outcomes, record,
    )
}  # fmt: skip
"""Name of a block in docs/MODEL.md -> what makes it."""

BLOCK = re.compile(r"(<!-- made: (\w+) -->\n)(.*?)\n?<!-- end -->", flags=re.DOTALL)


def made_anew(page: str) -> str:
    """Return the page with every block as the code now makes it."""
    return BLOCK.sub(lambda block: f"{block[1]}{BLOCKS[block[2]]()}\n<!-- end -->", page)
