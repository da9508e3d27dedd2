"""What is installed is all of it, and the locks are exact and free of addresses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.stand_ins import PROJECT, ROOT, lines_of

RUNNING, DEVELOPING = ["requirements.lock"], ["requirements.lock", "requirements-dev.lock"]
LOCKS = [*DEVELOPING, "requirements-bench.lock"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_exact_hashed_and_without_addresses(lock: str) -> None:
    lines = lines_of(lock)
    assert lines
    assert not re.search(r"https?:|://|--(index|extra-index|find-links)| @ ", (ROOT / lock).read_text(encoding="utf-8"))
    assert all(re.match(r"[a-z0-9._-]+==\S+.*--hash=sha256:[0-9a-f]{64}", line) for line in lines)


@pytest.mark.parametrize("group", ["build", "run", "dashboard", "dev", "bench"])
def test_the_locks_hold_what_the_project_asks_for(group: str) -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    asked, locks = {
        "build": (PROJECT["build-system"]["requires"], RUNNING),
        "run": (PROJECT["project"]["dependencies"], RUNNING),
        "dashboard": (extras["dashboard"], RUNNING),
        "dev": (extras["dev"], DEVELOPING),
        "bench": (extras["bench"], LOCKS),
    }[group]
    names = {line.partition("==")[0] for lock in locks for line in lines_of(lock)}
    assert {re.split(r"[\[<>=~ ]", name)[0] for name in asked} <= names


def test_numba_is_in_no_environment_of_the_program_or_its_tests() -> None:
    names = {line.partition("==")[0] for lock in DEVELOPING for line in lines_of(lock)}
    assert "numba" not in names  # where it is installed, scoringrules compiles for seconds each time it is imported


BUILT = ("benchmarks", "dashboards", "docs", "examples", "scenarios", "sim", "tests")


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the source archive, built from a copy of the tree."""
    tree = tmp_path_factory.mktemp("tree")
    for name in BUILT:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, tree)
    out = tmp_path_factory.mktemp("archives")
    code = f"import setuptools.build_meta as b; b.build_wheel({str(out)!r}); b.build_sdist({str(out)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_the_wheel_holds_every_file_of_the_program_its_data_documents_and_scenarios(archives: Path) -> None:
    [wheel] = archives.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        inside = {Path(name) for name in packed.namelist() if ".dist-info/" not in name}
    wanted = {path.relative_to(ROOT) for top in ("sim", "dashboards") for path in (ROOT / top).rglob("*") if path.is_file()}
    for folder in ("docs", "scenarios"):
        wanted |= {Path("sim") / path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
    wanted = {path for path in wanted if "__pycache__" not in path.parts}
    assert sorted(wanted ^ inside) == []


def test_the_wheel_plays_a_scenario_from_any_folder(archives: Path, tmp_path: Path) -> None:
    [wheel] = archives.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    for command, said in (("list", "quiet-2025"), ("run baseline --runs 2 --days 3 --workers 1 --out it", "exploration")):
        (tmp_path / "else").mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "sim", *command.split()],
            cwd=tmp_path / "else",
            env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, said in done.stdout + done.stderr) == (0, True), done.stderr
    assert (tmp_path / "else" / "it" / "report.html").is_file()


def test_the_source_archive_holds_every_file_of_the_tree(archives: Path) -> None:
    [made] = archives.glob("*.tar.gz")
    with tarfile.open(made) as packed:
        inside = {Path(*Path(name).parts[1:]) for name in packed.getnames()}
    wanted = {path.relative_to(ROOT) for name in BUILT for path in (ROOT / name).rglob("*") if path.is_file()}
    wanted = {path for path in wanted if "__pycache__" not in path.parts}
    assert wanted | {Path("README.md"), Path("Makefile"), *map(Path, LOCKS)} <= inside
