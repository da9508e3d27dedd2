"""The tutorial, the commands of the README and the Python of the pages run, with the results that the text states."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim import compare, open_results, run
from sim.cli import commands
from tests.project.test_page_commands import shown

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RUNS = 24
SWEEP = "withdrawal-pace.toml"


@dataclass(frozen=True)
class Played:
    """The README's commands after they were run: the folder they ran in, and what each printed."""

    folder: Path
    printed: dict[str, str]


def test_the_tutorial_runs_and_slower_flights_take_longer_and_change_nothing_of_the_truce(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / "tutorial.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    low, high = map(float, re.search(r"^qamishli_95_percent_out_on: .* \[(\S+), (\S+)\]$", done.stdout, re.M).groups())
    assert 0 < low <= high
    assert re.search(r"^truce_agreed_on: up in 0% of the pairs, down in 0%, difference \+0$", done.stdout, re.M)
    days = [int(day) for day in re.findall(r"^flights a day \d: .* by day (\d+)$", done.stdout, re.M)]
    assert len(days) == 3 and days == sorted(days, reverse=True)
    assert {path.name for path in (tmp_path / "results" / "tutorial").iterdir()} >= {"baseline", "one-flight", "flights"}


@pytest.fixture(scope="module")
def readme(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Run the commands of the README in its order with few runs."""
    played = Played(tmp_path_factory.mktemp("readme"), {})
    what_if = README.split("## A scenario of your own")[1].split("```toml\n")[1].split("```")[0]
    (played.folder / "one-flight.toml").write_text(what_if, encoding="utf-8")
    (played.folder / SWEEP).write_text(shipped_sweep_of_few_runs(), encoding="utf-8")
    with contextlib.chdir(played.folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.cli.tables.PIPED_WIDTH", 140)  # no cell of a table takes two lines
        for line in dict.fromkeys(shown(README)):
            done = CliRunner().invoke(commands, shlex.split(small(line))[1:])
            assert done.exit_code == 0, f"{line}: {done.stderr}"
            played.printed[line] = done.stdout
            if line == "pullback run baseline":
                [base] = Path("results").glob("baseline-*")
                shutil.copytree(base, "results/demo")  # as make demo leaves it
    return played


def shipped_sweep_of_few_runs() -> str:
    """Return the sweep that the README names, with 2 points of 2 runs of 20 days."""
    text = (ROOT / "scenarios" / "sweeps" / SWEEP).read_text(encoding="utf-8")
    return "days = 20\n" + re.sub(r"^(points|n) = \d+$", r"\1 = 2", text, flags=re.MULTILINE)


def small(line: str) -> str:
    """Return a command of the README as it is, except for the number of runs, or the file of a sweep that takes long."""
    if line.startswith("pullback run "):
        return f"{line} --runs {RUNS} --workers 1"
    if line.startswith("pullback hindcast "):
        return f"{line} --no-nulls"
    return line.replace("sweep withdrawal-pace", f"sweep ./{SWEEP} --workers 1")


def test_every_command_of_the_readme_does_what_its_line_says(readme: Played) -> None:
    recipe = "demo: $(RUNNING)\n\t$(VENV)/bin/pullback run baseline --out results/demo\n"
    assert recipe in (ROOT / "Makefile").read_text(encoding="utf-8")
    printed = readme.printed
    assert "moscow-stays" in printed["pullback list"]
    assert "airlift_sorties_per_day" in printed["pullback show baseline"]
    assert printed["pullback check ./one-flight.toml"].startswith("ok: ")
    assert "2026-01-1" in printed["pullback explain results/demo --run 3"]
    assert "Shaddadi" in printed["pullback hindcast results/demo"]
    assert "points" in printed["pullback sweep withdrawal-pace"]
    assert len(printed) == 10


def test_the_readme_describes_the_outcome_table_as_it_is_printed(readme: Played) -> None:
    section = " ".join(README.split("## Reading a table")[1].split("\n## ")[0].split())
    for form in ("median", r"5% to 95%", r"\d+% yes", r"CI \d+% to \d+%", r"to later", r"\d+% later", r"arises in \d+"):
        assert re.search(form, readme.printed["pullback run baseline"]), f"the table has no {form}"
        assert re.search(form, section), f"the page does not describe {form}"


def test_the_what_if_of_the_readme_has_the_result_that_its_text_states(readme: Played) -> None:
    [(line, text)] = ((line, text) for line, text in readme.printed.items() if "--outcome" in line)
    sides = [readme.folder / "results" / name for name in ("demo", "one-flight")]
    [out_on] = compare(*sides, outcomes=["qamishli_95_percent_out_on"]).differences
    assert (out_on.diff, out_on.share_less) == (1.0, 0.0) and out_on.ci[0] > 0
    [truce] = compare(*sides, outcomes=["truce_agreed_on"]).differences
    assert truce.differ == 0
    assert re.findall(r"--outcome (\w+)", line) == [each.outcome.name for each in (out_on, truce)]
    assert "as expected" in text


def test_the_python_that_the_page_shows_runs_from_top_to_bottom(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto" / "python.md").read_text(encoding="utf-8")
    page = page.replace("runs=32", "runs=8").replace("range(4)", "range(1)")
    names: dict[str, object] = {}
    with contextlib.chdir(tmp_path):
        for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
            exec(block, names)
    assert names["compared"].answers and len(names["results"].frame()) == 8


def test_the_outcomes_that_the_page_shows_are_computed_and_its_expressions_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto" / "outcomes.md").read_text(encoding="utf-8")
    [shown_file] = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    expressions = re.findall(r"^\| `([^`]+)` \|", page.split("## Expressions")[1], flags=re.MULTILINE)
    assert len(expressions) == 9
    more = "".join(f"expression_{place} = {json.dumps(text)}\n" for place, text in enumerate(expressions))
    (tmp_path / "mine.toml").write_text(shown_file + more, encoding="utf-8")
    run(tmp_path / "mine.toml", runs=2, workers=1, out=tmp_path / "results" / "truce")
    names = re.findall(r"^(\w+) = ", shown_file.split("[outcomes]")[1], flags=re.MULTILINE)
    [export] = (line for line in shown(page) if " export " in line)
    with contextlib.chdir(tmp_path):
        done = CliRunner().invoke(commands, shlex.split(export)[1:])
        assert done.exit_code == 0, done.stderr
        assert {"truce_on_1_june", "days_of_truce"} <= set(
            (tmp_path / "truce.csv").read_text().splitlines()[0].replace('"', "").split(",")
        )
        assert {*names, *(f"expression_{place}" for place in range(9))} <= set(open_results("results/truce").outcomes)
