"""What is installed is all of it, and the lock is exact and free of addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TEXT = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCK = [line for line in TEXT.replace("\\\n", "").splitlines() if line.strip() and not line.startswith("#")]


def test_every_folder_with_code_data_or_scenarios_is_installed() -> None:
    folders = {path.parent.relative_to(ROOT) for top in ("sim", "dashboards") for path in (ROOT / top).rglob("*.py")}
    wanted = {".".join(folder.parts) for folder in folders} | {"sim.data", "sim.scenarios"}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == wanted


def test_every_kind_of_data_file_travels() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["sim.data"]
    files = [path for path in (ROOT / "sim" / "data").iterdir() if path.is_file()]
    assert files
    assert not [path.name for path in files if not any(path.match(pattern) for pattern in patterns)]


def test_the_lock_is_exact_hashed_and_without_addresses() -> None:
    assert not re.search(r"https?:|://|--(index|extra-index|find-links)| @ ", "\n".join(LOCK))
    assert all(re.match(r"[a-z0-9._-]+==\S+.*--hash=sha256:[0-9a-f]{64}", line) for line in LOCK)


@pytest.mark.parametrize("group", ["build", "run", "dashboard", "dev"])
def test_the_lock_holds_what_the_project_asks_for_and_no_numba(group: str) -> None:
    asked = {
        "build": PROJECT["build-system"]["requires"],
        "run": PROJECT["project"]["dependencies"],
        "dashboard": PROJECT["project"]["optional-dependencies"]["dashboard"],
        "dev": PROJECT["project"]["optional-dependencies"]["dev"],
    }[group]
    locked = {line.partition("==")[0] for line in LOCK}
    assert {re.split(r"[\[<>=~ ]", name)[0] for name in asked} <= locked
    assert "numba" not in locked  # where it is installed, scoringrules imports it
