"""The tutorial and the README's example run as they stand, and come to what their text says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from sim import compare
from sim.cli import commands

ROOT = Path(__file__).resolve().parents[2]


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


def test_the_readme_reads_the_outcome_table_as_it_is_printed(tmp_path: Path) -> None:
    out = CliRunner().invoke(commands, ("run", "baseline", "--runs", "64", "--workers", "1", "--out", str(tmp_path / "it")))
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## How to read an outcome table")[1].split("\n## ")[0]
    for form in ("median", r"5% to 95%", r"\d+% yes", r"CI \d+% to \d+%", r"to later", r"\d+% later", r"arises in \d+"):
        assert re.search(form, out.stdout), f"the table has no {form}"
        assert re.search(form, section), f"the page does not speak of {form}"


def test_the_what_if_of_the_readme_is_checked_run_and_compared(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    what_if = text.split("## A scenario of your own")[1].split("```toml\n")[1].split("```")[0]
    (tmp_path / "one-flight.toml").write_text(what_if, encoding="utf-8")
    short = ("--runs", "64", "--days", "40", "--workers", "1", "--out")
    for source in ("baseline", str(tmp_path / "one-flight.toml")):
        made = CliRunner().invoke(commands, ("run", source, *short, str(tmp_path / Path(source).stem)))
        assert made.exit_code == 0, made.stderr
    sides = [str(tmp_path / name) for name in ("baseline", "one-flight")]
    [out_on] = compare(*sides, outcomes=["qamishli_95_percent_out_on"]).differences
    assert out_on.ci[0] > 0
    [truce] = compare(*sides, outcomes=["truce_agreed_on"]).differences
    assert truce.differ == 0
