"""Imports point one way, and asking for help loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "dashboards").rglob("*.py")])

LAYERS = (
    "errors files user_text checks values paths arrays data_tables grid grid_checks draws",
    "theatre state orders events survey start",
    "measures history readings outcomes",
    "agents mechanisms",
    "scenario_file scenario_entries scenario_orders scenario_heading scenario scenario_export first_evening",
    "settings",
    "mesa_views model snapshot",
    "ledger",
    "experiments",
    "analysis",
    "pages",
    "dashboards",
    "cli",
    "__init__ __main__",
)
"""From the ground up: a module imports its own layer and those before it. Each module of sim/ stands here."""

LAYER_OF = {name: layer for layer, names in enumerate(LAYERS) for name in names.split()}
HEAVY = {"mesa", "pandas", "scipy.stats", "matplotlib", "pyarrow", "solara"}


def part_of(module: str) -> str:
    """Return the part of the house a module belongs to: sim.agents.base -> agents, sim.ground.grid -> grid."""
    names = module.split(".")
    return names[0] if names[0] == "dashboards" else names[1] if len(names) > 1 else "__init__"


def imports(file: Path) -> set[str]:
    """Return every module the file imports, inside functions too; relative imports are refused."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "sim" else {node.module}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_down(file: Path) -> None:
    part = part_of(".".join(file.relative_to(ROOT).with_suffix("").parts))
    ours = {part_of(module) for module in imports(file) if module.split(".")[0] in ("sim", "dashboards")}
    assert {other for other in ours if LAYER_OF[other] > LAYER_OF[part]} == set()
    assert {"agents": "mechanisms", "mechanisms": "agents"}.get(part) not in ours
    libraries = {module.split(".")[0] for module in imports(file)}
    assert "mesa" not in libraries or part in ("agents", "mesa_views", "model")
    assert "solara" not in libraries or (part == "dashboards" and "engine" not in file.parts)


def test_every_layer_is_there() -> None:
    parts = {part_of(".".join(file.relative_to(ROOT).with_suffix("").parts)) for file in FILES}
    assert parts <= set(LAYER_OF)
    assert set(LAYER_OF) - parts <= {"dashboards"}


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["show", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
import atexit, sys
sys.argv = ["pullback", *{arguments!r}]
atexit.register(lambda: print("LOADED", *sys.modules))
from sim.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    said, _, loaded = done.stdout.rpartition("LOADED")
    assert said.strip()
    assert "sim.cli" in loaded.split()
    assert HEAVY & set(loaded.split()) == set()
