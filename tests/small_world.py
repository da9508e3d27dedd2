# ruff: noqa: E501 - an entry of a scenario file is one line
"""A small world of three sections for the tests of scenario files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.scenario.entries import Register
from sim.scenario.scenario import Scenario, read_scenario
from sim.state.values import value


@dataclass(frozen=True)
class Policy:
    policy: str = value("name")
    residual_persons: float = value("persons", 0)


@dataclass(frozen=True)
class Rates:
    airlift_sorties_per_day: float = value("1/day", 0)
    lots: int = value("items", 0, 10)
    by_road: bool = value("yes_no")


@dataclass(frozen=True)
class Persons:
    al_sinaa: int = value("persons", 0)


@dataclass(frozen=True)
class Start:
    inmates: Persons


REGISTER = Register(
    sections={"moscow": Policy, "withdrawal": Rates, "start": Start},
    policies={"moscow": {"documented": {}, "stay": {}}},
    axes={"custody_sites": ("al_sinaa",)},
    outcomes=("collapse_day", "deal_reached_on"),
)

HEADING = """\
format = 1
title = "A small world"
question = "Does the loader hold?"
epoch = 2026-01-12
start_date = 2026-01-12
days = 180
runs = 256
seed = 20260112
control = "2026-01-12"
"""
TIMELINE = """
[[timeline]]
date = 2026-01-28
event = "summit"
note = "Sharaa in Moscow"
source = "facts a50"
"""
SORTIES = 'airlift_sorties_per_day = { value = 1.5, unit = "1/day", range = [1, 3], kind = "uncertainty", confidence = "L", source = "facts a41" }'
SECTIONS = f"""
[moscow]
policy = {{ value = "documented", unit = "name", kind = "lever", confidence = "-", source = "facts a40" }}
residual_persons = {{ value = 20, unit = "persons", range = [0, 100], kind = "lever", confidence = "L", source = "assumed" }}

[withdrawal]
{SORTIES}
lots = {{ value = 2, unit = "items", range = [1, 3], kind = "uncertainty", confidence = "M", source = "fitted" }}
by_road = {{ value = true, unit = "yes_no", kind = "uncertainty", confidence = "-", source = "assumed" }}

[start.inmates]
al_sinaa = {{ value = 3000, unit = "persons", range = [2000, 5000], kind = "state", confidence = "M", source = "facts" }}
"""
COMPLETE = HEADING + TIMELINE + SECTIONS


def load(folder: Path, text: str, *sets: str, name: str = "mine.toml") -> Scenario:
    """Load `text` as a file beside base.toml."""
    (folder / name).write_text(text)
    return read_scenario(folder / name, REGISTER, sets)


def what_if(lines: str) -> str:
    return f'base = "base.toml"\n{lines}\n'
