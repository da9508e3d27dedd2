"""Run the checks marked verify and keep what they came to in tests/verify-last.json: `make verify`.

A check says what it measured with pytest's record_property. The file names the commit and the digest of the model's code, so
that a reader sees whether it speaks of the code at hand.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from platform import python_version
from typing import Any

import pytest

from sim.experiments.store.digest import code_digest

ROOT = Path(__file__).resolve().parent.parent
LAST = ROOT / "tests" / "verify-last.json"


class Kept:
    """A plugin that keeps the outcome of every check."""

    def __init__(self) -> None:
        self.checks: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            measured = dict(report.user_properties)
            self.checks.append(
                {
                    "check": report.nodeid,
                    "outcome": report.outcome,
                    "seconds": round(report.duration, 1),
                    "measured": measured,
                }
            )


def commit() -> str:
    """Return the commit of the tree, and whether the model differs from it."""
    head = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    if head.returncode:
        return "unknown"
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "sim", "scenarios"], cwd=ROOT).returncode
    return head.stdout.strip() + (" with changes" if changed else "")


def main() -> int:
    """Run the checks; write the file when none was interrupted. Returns pytest's exit code."""
    made = {"commit": commit(), "code": code_digest(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "python": python_version()}
    kept = Kept()
    code = int(pytest.main(["-m", "verify", "--rootdir", str(ROOT), str(ROOT / "tests"), *sys.argv[1:]], plugins=[kept]))
    if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        LAST.write_text(json.dumps(made | {"checks": kept.checks}, indent=1) + "\n", encoding="utf-8")
        print(f"{len(kept.checks)} checks, kept in {LAST.relative_to(ROOT)}")
    return code


if __name__ == "__main__":
    sys.exit(main())
