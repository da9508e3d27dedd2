"""The fast core agrees with the plain reference day by day: cells, counts, codes and rules exactly, other numbers to 1e-5.

A block of runs is stepped by the core, and some of its runs one by one by the reference (tests/reference), which shares no
code with agents and mechanisms. After the first evening and after each day every array of the state is compared.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from sim.agents import AGENTS
from sim.model import TheatreModel
from sim.registry import load_scenario, registry
from sim.scenario.files import scenario_names
from sim.scenario.scenario import Scenario, branch_off
from sim.scenario.theatre import theatre_of
from sim.state.orders import DatedOrder
from sim.state.state import State
from tests.project.test_layers import imports
from tests.reference.compare import differences
from tests.reference.day import ACTORS, Reference
from tests.worlds import baseline, small_war

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = [file for file in sorted((ROOT / "tests" / "reference").glob("*.py")) if file.stem != "compare"]

RUNS, COMPARED = 8, (1, 6)
"""Runs of a block, and those of them that the reference lives through."""

DAYS, DAYS_OF_POLICIES, DAYS_OF_VALUES = 40, 30, 40
THE_LATTICE = -1
TAKES_EFFECT = 9


@dataclass(frozen=True)
class Game:
    """What is played: a scenario, on the random world of a number or on the scenario's own ground.

    make: makes the scenario, once the game is played.
    """

    name: str
    make: Callable[[], Scenario]
    world: int
    days: int = DAYS
    first_run: int = 0


@dataclass(frozen=True)
class Played:
    """What came of a game: differences of the first day that had any; rules that fired; fields of the state that moved."""

    differences: tuple[str, ...]
    rules: frozenset[tuple[str, str]]
    moved: frozenset[str]


@cache
def loaded(name: str, sets: tuple[str, ...] = ()) -> Scenario:
    return load_scenario(name, sets)


def shipped() -> list[Game]:
    """Every shipped scenario on a world of its own; those of 2025 until their deadline has lapsed."""
    games = []
    for number, name in enumerate(scenario_names()):
        days = loaded(name).days if loaded(name).start_date.year == 2025 else DAYS
        games.append(Game(name, partial(loaded, name), number, days, first_run=100 * number))
    return games


def policies() -> list[Game]:
    """Every policy of every actor: from the first day, and taken up in the middle of events."""
    games = []
    for agent in AGENTS:
        for number, policy in enumerate(agent.policies):
            choice = f'{agent.name}.policy="{policy}"'
            games.append(Game(choice, partial(loaded, "baseline", (choice,)), 20 + number, DAYS_OF_POLICIES))
            later = partial(branched, "from-ceasefire", choice)
            games.append(Game(f"{choice} from day {TAKES_EFFECT}", later, 30 + number, DAYS_OF_POLICIES))
    return games


def branched(name: str, choice: str) -> Scenario:
    return branch_off(loaded(name), TAKES_EFFECT, [choice])


def values_at_random(name: str, seed: int) -> Scenario:
    """A scenario with every value drawn from its range, and the policies from among those of the actors."""
    random, scenario, says = np.random.default_rng(seed), loaded(name), registry().declared
    drawn: dict[str, float | int | str] = {}
    for path, entry in scenario.entries.items():
        if entry.range:
            number = float(random.uniform(*entry.range))
            drawn[path] = round(number) if says[path].type is int else number
        elif path.endswith(".policy"):
            drawn[path] = str(random.choice(says[path].choices))
    return scenario.with_values(drawn, "drawn")


def ordered_at_random(seed: int) -> Scenario:
    """The baseline with one order of a person to each actor in each matter, on some days."""
    random, scenario = np.random.default_rng(seed), baseline()
    orders = []
    for decision, known in registry().orders.items():
        first, last = np.sort(random.integers(1, DAYS_OF_POLICIES, 2))
        day = np.datetime64(scenario.start_date) + np.array([first, last])
        orders.append(DatedOrder(*decision.split("."), str(random.choice(known)), *day.tolist()))
    return replace(scenario, orders=tuple(orders))


ON_THE_LATTICE = (
    ("baseline", (), 60),
    ("from-ceasefire", (), 30),
    ("damascus-presses-on", (), 30),
    ("early-integration", (), 40),
    ("quiet-2025", ("damascus.incident_chance_per_day=0.03", "damascus.local_truce_chance_per_day=0.3"), 120),
    ("from-ceasefire", ("us.hand_over_base_chance_per_day=0.2", "transfer.batch_chance_per_day=0.9"), 90),
)
"""Scenario, settings, days. The settings bring clashes over a pocket, and an end of the transfer, into a few runs."""


def on_the_lattice() -> list[Game]:
    return [
        Game(" ".join(["lattice:", name, *sets]), partial(loaded, name, sets), THE_LATTICE, days, first_run=5)
        for name, sets, days in ON_THE_LATTICE
    ]


def games() -> dict[str, Game]:
    from_ranges = [
        Game(f"{name}, values {seed}", partial(values_at_random, name, seed), seed, DAYS_OF_VALUES, first_run=seed)
        for seed, name in enumerate(("baseline", "from-ceasefire") * 6, 40)
    ]
    ordered = [Game(f"orders {seed}", partial(ordered_at_random, seed), seed, DAYS_OF_POLICIES) for seed in range(60, 66)]
    every = [*shipped(), *policies(), *from_ranges, *ordered, *on_the_lattice()]
    return {game.name: game for game in every}


GAMES = games()


@cache
def played(name: str) -> Played:
    """Step core and reference side by side until a day on which they differ."""
    game = GAMES[name]
    scenario = game.make()
    theatre = theatre_of(scenario) if game.world == THE_LATTICE else small_war(game.world)
    model = TheatreModel(scenario, RUNS, game.first_run, theatre)
    plain = {column: Reference(scenario, game.first_run + column, theatre) for column in COMPARED}
    before = {item.name: np.copy(getattr(model.state, item.name)) for item in fields(State)}
    found, rules, moved = told(model, plain), set(), set()
    while not found and model.day < game.days:
        model.step()
        for reference in plain.values():
            reference.step()
            rules |= set(reference.fired.items())
        found = told(model, plain)
        moved |= {key for key, was in before.items() if not np.array_equal(was, getattr(model.state, key))}
    return Played(found, frozenset(rules), frozenset(moved))


def told(model: TheatreModel, plain: dict[int, Reference]) -> tuple[str, ...]:
    return tuple(
        f"day {model.day}, run {column} of the block: {line}"
        for column, reference in plain.items()
        for line in differences(model, column, reference)
    )


@pytest.mark.parametrize("name", GAMES)
def test_core_and_reference_live_the_same_days(name: str) -> None:
    assert played(name).differences == ()


# --- what the games reach ---------------------------------------------------------------------------------------------

SETTINGS = {"strength", "leavers", "threshold", "persons_at_start", "outside", "transfer_plan"}
"""Fields that the first evening writes and that no day moves in a scenario of one stage."""


def test_the_games_move_every_array_of_the_state() -> None:
    moved = frozenset().union(*(played(name).moved for name in GAMES))
    assert {item.name for item in fields(State)} - moved <= SETTINGS


def test_the_games_see_every_rule_of_every_policy_fire() -> None:
    fired = frozenset().union(*(played(name).rules for name in GAMES))
    rules = {
        (f"{agent.name}.{decision}", rule.name)
        for agent in AGENTS
        for policy in agent.policies.values()
        for decision, listed in policy.items()
        for rule in listed
    }
    assert rules - fired == set()


def test_the_reference_knows_every_actor_and_matter() -> None:
    assert {agent.name: list(agent.policies["documented"]) for agent in AGENTS} == {
        name: list(module.ANY_ORDER) for name, module in ACTORS.items()
    }


# --- that it is another model -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", REFERENCE, ids=lambda file: file.stem)
def test_the_reference_imports_nothing_of_agents_and_mechanisms(file: Path) -> None:
    allowed = {
        "sim.draws",
        "sim.scenario.scenario",
        "sim.state.start",
        "sim.state.state",
        "sim.ground.theatre",
        "sim.state.values",
    }
    assert {name.rpartition(".")[0] for name in imports(file) if name.split(".")[0] == "sim"} <= allowed


def test_nothing_the_reference_imports_brings_them_along() -> None:
    code = "import sys, tests.reference.day; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "sim.state.state" in loaded
    assert [name for name in loaded if name.startswith(("sim.agents", "sim.mechanisms", "sim.model", "mesa"))] == []


# --- that it would be seen if they differed ---------------------------------------------------------------------------


@pytest.fixture
def side_by_side() -> tuple[TheatreModel, Reference]:
    """Core and reference on the evening of 21 January, equal."""
    theatre = small_war(3)
    model, reference = TheatreModel(baseline(), 2, 0, theatre), Reference(baseline(), 1, theatre)
    for _ in range(9):
        model.step()
        reference.step()
    assert differences(model, 1, reference) == []
    return model, reference


def test_a_change_of_any_array_is_found(side_by_side: tuple[TheatreModel, Reference]) -> None:
    model, reference = side_by_side
    for item in fields(State):
        if "axes" not in item.metadata:
            continue
        array = getattr(model.state, item.name)
        kept, last = array.copy(), (*(-1,) * (array.ndim - 1), 1)
        array[last] = not array[last] if array.dtype == bool else array[last] * 1.001 + 1
        assert [line.split(":")[0] for line in differences(model, 1, reference)] == [item.name]
        array[:] = kept


def test_another_rule_is_found(side_by_side: tuple[TheatreModel, Reference]) -> None:
    model, reference = side_by_side
    for decision, rule in reference.fired.items():
        reference.fired[decision] = "another"
        assert differences(model, 1, reference) == [f"{decision}: core {rule}, reference another"]
        reference.fired[decision] = rule


CHANGED = (
    "damascus.ultimatum_days=2",
    "sdf.pull_back_chance_per_day=0.3",
    "us.shift_at_share=0.25",
    "moscow.residual_persons=21",
    "guarantee.rise_per_ignored_request=0.07",
    "truce.violations_per_day=2.5",
    "relations.drift_per_day=0.021",
    "supply.readiness_wear_per_day=0.0021",
    "defection.weight_army=0.3",
    "advance.gone_over_km_per_day=27",
    "attrition.defender_advantage=4.2",
    "custody.damascus_guards_per_inmate=0.11",
    "insurgency.branching_ratio=0.4",
    "displacement.flight_per_day=0.031",
    "assets.al_omar=6000",
    "prospects.adjustment_per_day=0.51",
    "indices.upheaval_days=13",
)
"""A change of a value within its range in one of the two, an actor or a mechanism each."""


@pytest.mark.parametrize("change", CHANGED)
def test_a_value_changed_in_one_of_the_two_is_found(change: str) -> None:
    theatre = small_war(3)
    model = TheatreModel(baseline(), RUNS, 0, theatre)
    plain = {column: Reference(loaded("baseline", (change,)), column, theatre) for column in COMPARED}
    found = told(model, plain)
    while not found and model.day < DAYS:
        model.step()
        for reference in plain.values():
            reference.step()
        found = told(model, plain)
    assert found
