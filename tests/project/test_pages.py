"""The pages name tests, files and commands that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.cli import COMMANDS
from sim.experiments.store.kept import load_sweep
from sim.registry import load_scenario
from sim.scenario.files import scenario_names

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "ODD.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *(ROOT / folder / "README.md" for folder in ("benchmarks", "examples", "scenarios", "scenarios/sweeps", "sim/analysis")),
    *sorted((ROOT / "sim" / "data").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_a_page_names_is_there(page: Path) -> None:
    for file, name in re.findall(r"`((?:tests|benchmarks)/\w+\.py)(?:::(\w+))?`", page.read_text(encoding="utf-8")):
        assert (ROOT / file).is_file(), file
        assert not name or f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def blocks(page: str) -> list[str]:
    """Return the TOML files that a page shows."""
    return re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_pages_name_every_command_and_every_scenario() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"pullback {name}" not in text] == []
    listed = (ROOT / "scenarios" / "README.md").read_text(encoding="utf-8")
    assert [name for name in scenario_names() if name not in listed] == []


@pytest.mark.parametrize("text", blocks("scenarios/README.md"), ids=["values", "orders"])
def test_the_scenarios_that_the_page_shows_are_scenarios(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert load_scenario(tmp_path / "mine.toml").hash != load_scenario("baseline").hash


def test_the_sweep_that_the_page_shows_has_as_many_points_as_it_says_and_takes_the_rule(tmp_path: Path) -> None:
    text, levers, streams, rule = blocks("scenarios/sweeps/README.md")
    for each in (text, text.split("[replicates]")[0] + streams, text.split("[replicates]")[0] + rule):
        (tmp_path / "airlift.toml").write_text(each, encoding="utf-8")
        sweep = load_sweep(tmp_path / "airlift.toml")
        assert sweep.design.points == 65
        assert sweep.streams == ("own" if each.endswith(streams) else "shared")
    assert sweep.series == "none"
    (tmp_path / "mine.toml").write_text(blocks("scenarios/README.md")[0], encoding="utf-8")
    head = 'format = 1\nbase = "baseline"\n[design]\nmethod = "lhs"\npoints = 2\n'
    (tmp_path / "what-ifs.toml").write_text(head + levers, encoding="utf-8")
    assert load_sweep(tmp_path / "what-ifs.toml").design.points == 1 + 2 * 3
