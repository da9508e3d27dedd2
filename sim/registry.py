"""The schema of all scenario values, built from the actors, the mechanisms and the initial state."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sim.agents import AGENTS
from sim.agents.dated import known_orders
from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.ground.members import shipped_members
from sim.mechanisms import MECHANISMS
from sim.record.outcomes import OUTCOMES, outcomes_of
from sim.scenario.entries import Register
from sim.scenario.scenario import Scenario, read_scenario
from sim.state.start import Start


@cache
def registry() -> Register:
    """Return the schema declared by the actors, the mechanisms and the initial state."""
    return Register(
        sections={agent.name: agent.Values for agent in AGENTS}
        | {mechanism.NAME: mechanism.Rates for mechanism in MECHANISMS}
        | {"start": Start},
        policies={agent.name: agent.policies for agent in AGENTS},
        axes=shipped_members().axes,
        outcomes=tuple(outcome.name for outcome in OUTCOMES),
        check_outcomes=outcomes_of,
        orders={
            f"{agent.name}.{decision}": tuple(known_orders(agent.policies, decision))
            for agent in AGENTS
            for decision in agent.policies["documented"]
        },
        drawn_at_start=frozenset(
            f"{mechanism.NAME}.{name}" for mechanism in MECHANISMS for name in getattr(mechanism, "DRAWN_AT_START", ())
        ),
        factory=registry,
    )


def load_scenario(name_or_path: str | Path, sets: Sequence[str] = ()) -> Scenario:
    """Read a scenario by name or path: its bases first, then the file, then `sets` ("moscow.policy=\\"stay\\"").

    Raises InputError, one line for each fault.
    """
    return read_scenario(name_or_path, registry(), sets)


def load_kept(path: Path) -> Scenario:
    """Read the scenario of a results folder, which may have earlier spellings of keys. Raises InputError."""
    return read_scenario(path, registry(), kept=True)


def as_scenario(given: Scenario | str | Path) -> Scenario:
    """Return a scenario, given itself, its name or its path. Raises InputError, also for any other type."""
    if isinstance(given, Scenario):
        return given
    if isinstance(given, (str, Path)):
        return load_scenario(given)
    raise InputError(f"scenario = {shown(given)} must be a scenario, as load_scenario returns it, a name or a path")
