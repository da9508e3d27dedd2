"""The setup of a session: a shipped scenario or the user's own, with values, seed, number of runs and days.

Its uncertain values are as the scenario states them, or drawn by run as `pullback run --uncertain` draws them.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from sim.experiments.design.uncertain import ALL, ASSUMED, Uncertain, uncertain_of
from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.registry import load_scenario
from sim.scenario.entries import Value
from sim.scenario.files import scenario_names
from sim.scenario.scenario import Scenario
from sim.state.values import Columns

DEFAULT = "baseline"
DEFAULT_RUNS = 200
MOST_RUNS = 1000
MOST_RUN_DAYS = 40_000
"""Runs times days of a session, so that what it keeps of them stays below 25 MB."""

STATED = "stated"
UNCERTAIN = (STATED, ALL, ASSUMED)
"""What uncertain values can be: as stated, all drawn from their ranges, or those that are only assumed. No file is read."""

_on_offer: dict[str, tuple[Scenario, str]] = {}
"""The user's own scenarios by name, with what the command line called them."""


@dataclass(frozen=True)
class Setup:
    """A scenario to simulate. against: the scenario it is compared with, with common random numbers, or None.

    values: dotted path -> value, on top of the scenario, not of `against`. seed, days: None for the scenario's own.
    uncertain: one of UNCERTAIN, for both scenarios.
    """

    scenario: str = DEFAULT
    against: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    seed: int | None = None
    runs: int = DEFAULT_RUNS
    days: int | None = None
    uncertain: str = STATED


def offer(name_or_path: str | Path) -> str:
    """Put a scenario, the user's own file included, among those a session can choose; return its name.

    Raises InputError. Only the command line calls this: a page knows scenarios by name alone.
    """
    scenario = load_scenario(name_or_path)
    if str(name_or_path) not in scenario_names():
        _on_offer[scenario.name] = scenario, str(name_or_path)
    return scenario.name


def choices() -> tuple[str, ...]:
    """Return the names a session can choose from, the user's own first."""
    return tuple(dict.fromkeys((*_on_offer, *scenario_names())))


@cache
def _shipped(name: str) -> Scenario:
    return load_scenario(name)


def scenario_named(name: str) -> Scenario:
    """Return a scenario by name. Raises InputError for one that is not on offer; no path is ever opened."""
    if name in _on_offer:
        return _on_offer[name][0]
    if name not in scenario_names():
        raise InputError(f"scenario {shown(name)} is not one of {', '.join(choices())}")
    return _shipped(name)


def scenarios_of(setup: Setup) -> tuple[Scenario, Scenario | None]:
    """Return the checked scenario, and the one it is compared with. Raises InputError in one line."""
    first = _with_heading(scenario_named(setup.scenario), setup)
    if setup.values:
        first = first.with_values(setup.values, set_by="settings")
    _check_size(first, setup.runs)
    if setup.uncertain not in UNCERTAIN:
        raise InputError(f"uncertain = {shown(setup.uncertain)} is not one of {', '.join(UNCERTAIN)}")
    if setup.against is None:
        return first, None
    second = _with_heading(scenario_named(setup.against), replace(setup, seed=first.seed, days=first.days))
    if (first.epoch, first.start_date, first.control_digest) != (second.epoch, second.start_date, second.control_digest):
        raise InputError(
            f"{setup.scenario} and {setup.against} start on different days or maps, so that their runs cannot be paired"
        )
    return first, second


def _with_heading(scenario: Scenario, setup: Setup) -> Scenario:
    given = {"seed": setup.seed, "days": setup.days}
    changed: dict[str, Value] = {key: value for key, value in given.items() if value is not None}
    return scenario.with_values(changed, set_by="settings") if changed else scenario


def _check_size(scenario: Scenario, runs: int) -> None:
    if isinstance(runs, bool) or not isinstance(runs, int) or not 1 <= runs <= MOST_RUNS:
        raise InputError(f"runs = {shown(runs)} must be a whole number from 1 to {MOST_RUNS}")
    if runs * scenario.days > MOST_RUN_DAYS:
        most = max(1, MOST_RUN_DAYS // scenario.days)
        raise InputError(f"{runs} runs of {scenario.days} days are too many for a session; use at most {most} runs")


def drawn_values(setup: Setup, scenario: Scenario) -> Uncertain | None:
    """Return what is drawn by run in one of the setup's two scenarios, None where every value is as stated."""
    return None if setup.uncertain == STATED else uncertain_of(setup.uncertain, scenario)


def columns_of(uncertain: Uncertain | None, scenario: Scenario, numbers: Sequence[int]) -> tuple[Columns, ...]:
    """Return what the runs of these numbers have of their own, as TheatreModel takes it."""
    return () if uncertain is None else uncertain.columns(scenario, np.array(numbers))


def changed_values(setup: Setup) -> dict[str, Value]:
    """Return the values of a setup that differ from its scenario's own."""
    entries = scenario_named(setup.scenario).entries
    return {path: value for path, value in setup.values.items() if entries[path].value != value}


def known_as(name: str) -> str:
    """Return what the command line calls a scenario: its name, or the path of the user's own."""
    return _on_offer[name][1] if name in _on_offer else name


def command(setup: Setup) -> str:
    """Return the command line that computes the same runs."""
    parts = ["pullback", "run", known_as(setup.scenario), "--runs", str(setup.runs)]
    for key in ("seed", "days"):
        if getattr(setup, key) is not None:
            parts += [f"--{key}", str(getattr(setup, key))]
    if setup.uncertain != STATED:
        parts += ["--uncertain", setup.uncertain]
    for path, value in changed_values(setup).items():
        parts += ["--set", f"{path}={toml_value(value)}"]
    return shlex.join(parts)


def toml_value(value: Value) -> str:
    """Write a setting's value as it stands in a file."""
    return shown(value) if isinstance(value, (str, bool)) else repr(value)
