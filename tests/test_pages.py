"""The pages name tests, files and commands that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.cli import COMMANDS
from sim.scenario import list_scenarios

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "ODD.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "sim" / "data").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_a_page_names_is_there(page: Path) -> None:
    for file, name in re.findall(r"`((?:tests|benchmarks)/\w+\.py)(?:::(\w+))?`", page.read_text(encoding="utf-8")):
        assert (ROOT / file).is_file(), file
        assert not name or f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_the_readme_names_every_command_and_every_scenario() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"pullback {name}" not in text] == []
    assert [name for name in list_scenarios() if name not in text] == []
