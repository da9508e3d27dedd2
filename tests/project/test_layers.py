"""Imports point one way, floor by floor, and what should stay light loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "dashboards").rglob("*.py")])

FLOORS = (
    "ground draws",
    "state",
    "agents mechanisms",
    "scenario",
    "record",
    "registry",
    "model",
    "experiments experiments.design",
    "experiments.store",
    "experiments.play",
    "experiments.export",
    "analysis",
    "pages",
    "dashboards cli __init__ __main__",
)
"""The rooms from the ground up: a module imports its own floor and those below. All of sim/ stands here, but its data."""

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}
MOST = 14
HEAVY = {"mesa", "pandas", "scipy.stats", "matplotlib", "pyarrow", "solara"}


def name_of(file: Path) -> str:
    """Return the name of a module; a package keeps its __init__, which is a list of what is in the room."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


MODULES = {name_of(file): file for file in FILES}


def room_of(module: str) -> str:
    """Return the room of a module: sim.agents.base -> agents, sim.experiments.play.job -> experiments.play."""
    house, *names = module.split(".")
    if house == "dashboards":
        return house
    return ".".join(names[:2]) if names[0] == "experiments" and len(names) > 2 else names[0]


@cache
def imports(file: Path) -> frozenset[str]:
    """Return all that a file imports, inside functions and for the types too; relative imports are refused."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{file} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@cache
def ours(module: str) -> frozenset[str]:
    """Return the modules of the house that a module imports."""
    found = {next((m for m in places(name) if m in MODULES), "") for name in imports(MODULES[module])}
    return frozenset(found - {"", module})


def places(name: str) -> Iterable[str]:
    """Return the modules that an imported name may be, or may come out of."""
    return name, f"{name}.__init__", name.rpartition(".")[0], f"{name.rpartition('.')[0]}.__init__"


def folder_of(module: str) -> str:
    """Return the folder of a module; what lies in sim/ itself, and a list of what is in a room, stands for itself."""
    return module if module.count(".") == 1 or module.endswith("__init__") else module.rpartition(".")[0]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return what imports itself by way of others, [] where nothing does."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    room, rooms = room_of(module), {other: room_of(other) for other in ours(module)}
    assert {other for other, its in rooms.items() if FLOOR_OF[its] > FLOOR_OF[room]} == set()
    beside = {its for its in rooms.values() if its != room and FLOOR_OF[its] == FLOOR_OF[room]}
    assert beside <= ({"cli", "dashboards"} if FLOOR_OF[room] == len(FLOORS) - 1 else set())
    if room == "scenario":
        actors = {other for other in rooms if rooms[other] == "agents"}
        assert actors <= {"sim.agents.base", "sim.agents.dated"}
    libraries = {name.split(".")[0] for name in imports(MODULES[module])}
    assert "mesa" not in libraries or module in ("sim.agents.base", "sim.record.mesa_views", "sim.model")
    assert "solara" not in libraries or (room == "dashboards" and "engine" not in module)


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circle({module: set(ours(module)) for module in MODULES}) == []


def test_no_folder_imports_itself_by_way_of_others() -> None:
    graph: dict[str, set[str]] = {}
    for module in MODULES:
        mine = folder_of(module)
        graph.setdefault(mine, set()).update(folder_of(other) for other in ours(module) if folder_of(other) != mine)
    assert circle(graph) == []


def test_the_house_is_small_enough_to_walk_through() -> None:
    rooms = {room_of(module) for module in MODULES} - {"__init__", "__main__", "dashboards"}
    assert rooms == set(FLOOR_OF) - {"__init__", "__main__", "dashboards"}
    there = {path.name for path in (ROOT / "sim").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert len(there - {"__init__.py", "__main__.py", "__pycache__"}) <= MOST
    assert len(FLOORS) <= MOST


def loaded_by(code: str) -> tuple[str, set[str]]:
    """Return what a program says, and the modules that it has loaded when it ends."""
    code = f'import atexit, sys\natexit.register(lambda: print("LOADED", *sys.modules))\n{code}'
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    said, _, loaded = done.stdout.rpartition("LOADED")
    return said, set(loaded.split())


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["show", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    said, loaded = loaded_by(f'sys.argv = ["pullback", *{arguments!r}]\nfrom sim.cli import main\nmain()')
    assert said.strip()
    assert "sim.cli" in loaded
    assert HEAVY & loaded == set()


def test_a_scenario_file_is_read_without_the_model() -> None:
    said, loaded = loaded_by(
        "import sim.scenario.scenario, sim.scenario.export\n"
        "from sim.scenario.files import find_scenario, read_layers\n"
        'print(len(read_layers(find_scenario("early-integration"))))\n'
    )
    assert int(said) > 1
    assert {"sim.scenario.heading", "sim.scenario.entries"} <= loaded
    assert not loaded & (HEAVY | {"sim.model", "sim.registry"})
    assert not [name for name in loaded if name.startswith(("sim.agents", "sim.mechanisms"))]
