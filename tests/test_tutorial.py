"""The tutorial runs as it stands, and comes to what its text says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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
    assert 0 < low < high
    assert re.search(r"^truce_agreed_on: .* difference \+0 \[\+0, \+0\]$", done.stdout, re.M)
    days = [int(day) for day in re.findall(r"flights a day: .* by day (\d+)$", done.stdout, re.M)]
    assert len(days) == 3 and days == sorted(days, reverse=True)
    assert {path.name for path in (tmp_path / "results" / "tutorial").iterdir()} >= {"baseline", "one-flight", "flights"}
