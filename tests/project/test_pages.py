"""The pages name tests, files and links that are there, and every page of docs/ is reached from the README."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from sim.experiments.store.kept import load_sweep
from sim.registry import load_scenario
from sim.scenario.files import scenario_names

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
    *(
        ROOT / folder / "README.md"
        for folder in ("benchmarks", "examples", "scenarios", "scenarios/sweeps", "dashboards/assets")
    ),
    *sorted((ROOT / "docs").rglob("*.md")),
]
CODE = sorted(path for top in ("sim", "dashboards", "examples", "benchmarks") for path in (ROOT / top).rglob("*.py"))
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.toml"))
ROOMS = ("sim", "tests", "docs", "dashboards", "scenarios", "benchmarks", "examples")

A_FILE = re.compile(r"(?<![\w/.-])([\w/-]+\.(?:py|md|css|tsv))\b")
"""A file that a text names, by its path or by its name alone."""

A_PATH = re.compile(rf"(?<![\w/.-])((?:{'|'.join(ROOMS)})/[\w./-]*\w\.(?:toml|txt|json|vue|webp|svg))\b")
A_MODULE = re.compile(r"\b((?:sim|dashboards|tests|benchmarks)(?:\.\w+)+)\b(?!\()")
A_PLACE = re.compile(r"`([\w./-]+(?:\.py|/))` `([\w.]+)`")
"""A file or a folder, and what is defined in it."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def pages(of: Sequence[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", of, ids=name_of)


@cache
def known() -> frozenset[str]:
    """Return the files of the tree, by every ending of their paths."""
    tops = [path for path in ROOT.iterdir() if path.is_file()]
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    parts = [path.relative_to(ROOT).parts for path in (*tops, *files)]
    return frozenset("/".join(each[first:]) for each in parts for first in range(len(each)))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return what a link can lead to within a page: its headings, as they are made into addresses."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    heads = [re.sub(r"[`*]", "", head).strip().lower() for head in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)]
    return frozenset(re.sub(r"[^\w -]", "", head).replace(" ", "-") for head in heads)


@cache
def defined(path: Path) -> frozenset[str]:
    """Return the names that a file, or the files of a folder, define."""
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    found = re.findall(r"^ *(?:(?:def|class) (\w+)|(\w+)(?:: [^=\n]+)? = )", text, flags=re.MULTILINE)
    return frozenset(name for pair in found for name in pair if name)


def is_there(module: str) -> bool:
    """Whether a dotted name is a module, or a name that the last module of it has."""
    names = module.split(".")
    for size in range(len(names), 0, -1):
        path = ROOT.joinpath(*names[:size])
        found = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        if found.is_file():
            return size == len(names) or re.search(rf"\b{names[size]}\b", found.read_text(encoding="utf-8")) is not None
        if path.is_dir():
            return size == len(names)
    return False


@pages(PAGES)
def test_every_test_a_page_names_is_there(page: Path) -> None:
    for file, name in re.findall(r"`((?:tests|benchmarks)/[\w/]+\.py)(?:::(\w+))?`", page.read_text(encoding="utf-8")):
        assert (ROOT / file).is_file(), file
        assert not name or f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{name}"


@pages(PAGES)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"\]\[|^\[[^\]]+\]:", text, flags=re.MULTILINE), "a link by reference, which is not looked at here"
    for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", text)):
        if target.startswith(("http:", "https:")):
            continue
        led = page.parent / target if target else page
        assert led.exists(), target
        assert not anchor or anchor in anchors(led), f"{target}#{anchor}"


def test_every_page_of_docs_is_reached_from_the_readme() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
        ahead += [(page.parent / link).resolve() for link in links if not link.startswith("http")]
    assert sorted(name_of(page) for page in (ROOT / "docs").rglob("*.md") if page not in reached) == []


def test_the_readme_is_a_page_of_ten_minutes() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 1300


@pages([*PAGES, *CODE, *SCENARIOS])
def test_every_file_and_module_that_a_text_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = {*A_FILE.findall(text), *A_PATH.findall(text)}
    assert sorted(named - known()) == []
    assert sorted(name for name in A_MODULE.findall(text) if not is_there(name)) == []


@pages(PAGES)
def test_what_a_page_says_is_defined_in_a_file_is(page: Path) -> None:
    for place, name in A_PLACE.findall(page.read_text(encoding="utf-8")):
        assert set(name.split(".")) <= defined(ROOT / place), f"{place} has no {name}"


def test_the_walk_names_every_room_and_rooms_say_what_belongs_into_them() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tree = text[text.index("## The rooms") : text.index("## ", text.index("## The rooms") + 3)]
    rooms = {path.name + "/" * path.is_dir() for path in (ROOT / "sim").iterdir() if not path.name.startswith(("_", "."))}
    rooms |= {f"{path.name}/" for path in (ROOT / "sim" / "experiments").iterdir() if path.is_dir() and path.name[0] != "_"}
    assert set(re.findall(r"^ *(\w+(?:/|\.py)) ", tree, flags=re.MULTILINE)) >= rooms
    walk = text[text.index("## A walk") : text.index("## The rooms")]
    assert len(A_PLACE.findall(walk)) >= 8
    for room in (*(ROOT / "sim").glob("*/__init__.py"), *(ROOT / "sim" / "experiments").glob("*/__init__.py")):
        said = ast.get_docstring(ast.parse(room.read_text(encoding="utf-8"))) or ""
        assert len(said.splitlines()) > 1, (
            f"{room}: says in a line what is there, and not yet what belongs there and what does not"
        )


def blocks(page: str) -> list[str]:
    """Return the TOML files that a page shows."""
    return re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_page_of_scenarios_names_every_scenario() -> None:
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
