"""Every command that a page shows is one: the program parses it, the Makefile has the target, the package has the extra."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence

import pytest

from sim.cli import COMMANDS, commands
from tests.project.test_pages import PAGES, ROOT, name_of

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())
FENCED = re.compile(r"^ *```[a-z]*\n.*?^ *```$", re.DOTALL | re.MULTILINE)
TEXTS = {name_of(page): page.read_text(encoding="utf-8") for page in PAGES}
OF_OTHERS = {"CONTRIBUTING.md", "benchmarks/README.md"}
"""Pages that speak of options of other programs."""


def listings(text: str) -> Iterator[str]:
    """Yield the lines of the listings of commands, without the explanation that follows two blanks."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if not language:
            yield from (re.split(r" {2,}", line)[0] for line in block.splitlines())


def shown(text: str) -> list[str]:
    """Return the command lines of a page's listings that start the program."""
    lines = [re.sub(r"^\.venv/bin/", "", line) for line in listings(text)]
    return [line for line in lines if line.startswith("pullback ")]


def spans(text: str) -> list[list[str]]:
    """Return the words of every piece of code within the prose of a page."""
    prose = FENCED.sub("", text)
    return [code.split() for code in re.findall(r"`([^`]+)`", prose) if code.strip()]


def options(names: Sequence[str]) -> set[str]:
    """Return the options of commands, and the one that all have."""
    found = (commands.get_command(None, name).params for name in names)
    return {"--help"} | {option for params in found for each in params for option in (*each.opts, *each.secondary_opts)}


@pytest.mark.parametrize(("page", "line"), [(page, line) for page, text in TEXTS.items() for line in shown(text)])
def test_every_command_of_a_listing_is_parsed(page: str, line: str) -> None:
    _, name, *arguments = shlex.split(line)
    context = commands.get_command(None, name).make_context(name, arguments)
    assert context.args == [], page


@pytest.mark.parametrize("page", TEXTS)
def test_every_option_that_the_prose_names_is_one_of_its_command(page: str) -> None:
    for words in spans(TEXTS[page]):
        start = 1 if words[0] == "pullback" and len(words) > 1 else 0
        if words[start] in COMMANDS:
            known = options([words[start]])
        elif words[start].startswith("--") and page not in OF_OTHERS:
            known = options(list(COMMANDS))
        else:
            assert not (start and re.fullmatch("[a-z]+", words[1])), f"{page}: {' '.join(words)}"
            continue
        assert {word.strip(",.") for word in words if word.startswith("--")} <= known, f"{page}: {' '.join(words)}"


def test_the_page_of_commands_names_every_command_and_every_target() -> None:
    text = TEXTS["docs/howto/commands.md"]
    assert [name for name in COMMANDS if f"\npullback {name} " not in text] == []
    assert set(re.findall(r"^\| `make ([a-z]+)` \|", text, re.MULTILINE)) == TARGETS


@pytest.mark.parametrize("page", TEXTS)
def test_every_make_command_is_a_target_with_variables_of_the_makefile(page: str) -> None:
    lines = [*(" ".join(words) for words in spans(TEXTS[page])), *listings(TEXTS[page])]
    for target, rest in (found.groups() for line in lines if (found := re.match(r"make ([a-z]+)(.*)", line))):
        assert target in TARGETS, f"make {target}"
        for variable in re.findall(r" ([A-Z]+)=", rest):
            assert re.search(rf"^{variable} \?=|\$\({variable}\)", MAKEFILE, re.MULTILINE), f"make {target}{rest}"


@pytest.mark.parametrize("page", TEXTS)
def test_every_extra_that_is_installed_is_one_of_the_package(page: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"pullback\[(\w+)\]", TEXTS[page])) <= set(extras)


def test_the_environment_that_the_readme_activates_is_the_one_that_make_creates() -> None:
    assert "`. .venv/bin/activate`" in TEXTS["README.md"]
    assert re.search(r"^VENV \?= \.venv$", MAKEFILE, re.MULTILINE)
