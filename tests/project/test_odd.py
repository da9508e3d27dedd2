"""docs/MODEL.md (ODD+D) is current: its tables are those that the code makes now, and its table of systems holds.

docs/SOURCES.md is what the table of sources makes it.

After a change of rules, values, states, events, outcomes or sources:

    python -m tests.project.test_odd --refresh      (or: make odd)
"""

from __future__ import annotations

import re
import sys

import pytest

from sim.agents import AGENTS
from sim.pages.report.outcomes import SYSTEMS as NAMES
from tests import systems
from tests.odd_markdown import ROOT
from tests.odd_page import BASELINE, BLOCK, BLOCKS, NULL_POLICIES, made_anew
from tests.sources_page import sources_page

PAGE = ROOT / "docs" / "MODEL.md"
SOURCES = ROOT / "docs" / "SOURCES.md"
HEADINGS = (
    "Purpose and patterns",
    "Entities, state variables and scales",
    "Process overview and scheduling",
    "Design concepts",
    "Individual decision-making",
    "Initialisation",
    "Input data",
    "Submodels",
    "The systems of the record",
)


def read() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BLOCKS)
def test_each_made_part_is_current(name: str) -> None:
    found = [block[3] for block in BLOCK.finditer(read()) if block[2] == name]
    assert found == [BLOCKS[name]()], f"{name} of docs/MODEL.md is not current; python -m tests.project.test_odd --refresh"


def test_the_page_of_sources_is_made_from_their_table() -> None:
    said = "docs/SOURCES.md is not current; python -m tests.project.test_odd --refresh"
    assert SOURCES.read_text(encoding="utf-8") == sources_page(), said


def test_the_page_has_every_part_of_the_protocol() -> None:
    headings = re.findall(r"^## (?:\d+\. )?(.*)$", read(), flags=re.MULTILINE)
    assert [heading for heading in HEADINGS if heading not in headings] == []


def test_the_prose_names_every_design_concept() -> None:
    prose = BLOCK.sub("", read())
    concepts = "principles emergence adaptation objectives learning prediction sensing interaction stochasticity collectives"
    assert [word for word in (*concepts.split(), "observation") if f"**{word.capitalize()}" not in prose] == []


def test_every_rule_of_every_written_policy_is_on_the_page_with_its_evidence() -> None:
    page = read()
    for agent in AGENTS:
        for name, policy in agent.policies.items():
            for rule in (rule for rules in policy.values() for rule in rules if name not in NULL_POLICIES):
                assert f"`{rule.name}`" in page, (name, rule.name)
                assert rule.evidence in page, (name, rule.name)


def test_every_value_of_the_baseline_is_on_the_page() -> None:
    page = read()
    assert [path for path in BASELINE.entries if f"| `{path}` |" not in page] == []


# --- the systems of the record ----------------------------------------------------------------------------------------


def test_there_are_22_systems() -> None:
    assert len(systems.SYSTEMS) == len(NAMES) == 22


@pytest.mark.parametrize("number", range(1, 23))
def test_each_system_lives_somewhere_is_shown_and_is_proved(number: int) -> None:
    system = systems.SYSTEMS[number - 1]
    assert system.lives
    assert bool(systems.outcomes(number)) != bool(system.settings), "outcomes, or settings that pullback show prints"
    for prefix in system.settings:
        assert [path for path in BASELINE.entries if path.startswith(f"{prefix}.")], prefix
    assert system.tests
    for test in system.tests:
        file, name = systems.proof(test)
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), test


if __name__ == "__main__":
    if sys.argv[1:] != ["--refresh"]:
        sys.exit("python -m tests.project.test_odd --refresh makes the tables of docs/MODEL.md and docs/SOURCES.md anew")
    PAGE.write_text(made_anew(read()), encoding="utf-8")
    SOURCES.write_text(sources_page(), encoding="utf-8")
