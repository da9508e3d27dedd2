"""A small sweep of the baseline to test on, the program as a process of its own, and when two sweeps are the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sim.experiments.sweep_results import SweepResults

ROOT = Path(__file__).resolve().parent.parent
DAYS, RUNS, POINTS, ROWS = 9, 6, 9, 4
SWEEP = f"""
format = 1
base = "baseline"
title = "A small sweep"
days = {DAYS}

[design]
method = "sobol"
points = 4
seed = 3

[levers]
"moscow.policy" = {{ values = ["documented", "stay"] }}

[uncertainties]
"defection.threshold_other" = {{}}

[replicates]
n = {RUNS}
"""


def written(folder: Path, text: str = SWEEP) -> Path:
    (folder / "small.toml").write_text(text)
    return folder / "small.toml"


def quiet(done: int, asked: int, failed: int) -> None:
    """Take the progress and say nothing."""


def assert_same(one: SweepResults, other: SweepResults) -> None:
    """Compare outcomes and every series bit for bit."""
    assert one.table().equals(other.table())
    if one.manifest["series"] != "none":
        names = one.series_names()
        assert one.series(names).equals(other.series(names))


class started:  # noqa: N801 - it reads as a verb
    """Start the program on a sweep; when left, wait until nothing of its process group is there any more."""

    def __init__(self, file: Path, folder: Path, *more: str, workers: int = 2) -> None:
        command = [sys.executable, "-m", "sim", "sweep", str(file), "--workers", str(workers), "--out", str(folder), *more]
        self.process = subprocess.Popen(
            command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> subprocess.Popen[str]:
        return self.process

    def __exit__(self, *_: Any) -> None:
        self.process.communicate(timeout=120)
        wait_until(lambda: not group_alive(self.process.pid))


def group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def committed(folder: Path) -> int:
    """Return the number of parts that are there."""
    return len(list(folder.glob("outcomes/[0-9]*.parquet")))
