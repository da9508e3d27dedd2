"""The locks are installed as they are: no newer version of a package, and no pip from 22.3 on, changes what is installed."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.stand_ins import (
    DEVELOPING,
    NEWER,
    PROJECT,
    ROOT,
    RUNNING,
    closed_off,
    lines_of,
    locked,
    missing,
    required,
    tree_of_stand_ins,
)

BENCHMARKING = "requirements-bench.lock"
RESOLVES_AGAIN = (24, 1)
"""Pips before this one resolve a locked package anew where another asks for it with an extra."""
PIPS = sorted(Path(os.environ.get("PIPS", ROOT / "none")).glob("pip-*.whl"))
"""Wheels of further pips to try, in a folder that .ci/run fills; the pip that Python brings is always tried."""

makes = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture(scope="module")
def complete() -> None:
    """The requirements of every locked package can be read here: `make test` has installed them all."""
    if missing():
        pytest.skip(f"not installed from the locks: {', '.join(missing())}")


@dataclass(frozen=True)
class Place:
    """A project of stand-ins with an environment in it, empty but for a pip, as `make env` leaves it."""

    tree: Path
    env: dict[str, str]

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.tree, env=self.env, capture_output=True, text=True)

    def pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.call(".venv/bin/python", "-m", "pip", "--disable-pip-version-check", *arguments)

    def installed(self) -> dict[str, str]:
        """Return the version of every package in the environment."""
        [site] = (self.tree / ".venv" / "lib").glob("python*/site-packages")
        return {canonicalize_name(one.metadata["Name"]): one.version for one in distributions(path=[str(site)])}


@pytest.fixture(scope="module", params=[None, *PIPS], ids=lambda wheel: wheel.name.split("-")[1] if wheel else "bundled")
def place(complete: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("setup")
    tree_of_stand_ins(folder / "tree", folder / "wheels")
    place = Place(folder / "tree", closed_off(folder / "wheels"))
    done = place.call("make", "env", f"PYTHON={sys.executable}")
    assert done.returncode == 0, done.stderr
    if request.param:
        done = place.pip("install", "--quiet", str(request.param))
        assert done.returncode == 0, done.stderr
    return place


@makes
def test_make_installs_the_locked_versions_where_newer_ones_are_offered(place: Place) -> None:
    done = place.call("make", "develop")
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = {"pullback": PROJECT["project"]["version"]} | locked(RUNNING) | locked(DEVELOPING)
    assert place.installed() == wanted | {"pip": place.installed()["pip"]}


@makes
def test_pips_before_24_1_take_what_is_newest_where_a_lock_is_resolved_again(place: Place) -> None:
    """What `make` did before: of these packages pytest-cov asks for coverage with an extra."""
    chosen = [name for name in locked(DEVELOPING) | locked(RUNNING) if name in required(["pytest-cov"])]
    lines = [line for lock in (RUNNING, DEVELOPING) for line in (place.tree / lock).read_text().splitlines()]
    few = "\n".join(line for line in lines if line.partition("==")[0] in chosen)
    (place.tree / "few.lock").write_text(few, encoding="utf-8")
    done = place.pip("install", "--dry-run", "--ignore-installed", "--require-hashes", "-r", "few.lock")
    if tuple(map(int, place.installed()["pip"].split(".")[:2])) < RESOLVES_AGAIN:
        assert done.returncode == 1 and "must have their versions pinned" in done.stderr and NEWER in done.stderr
    else:
        assert done.returncode == 0, done.stderr


@makes
def test_make_tells_of_an_environment_that_does_not_fit_together(place: Place) -> None:
    assert place.pip("install", "--quiet", "--no-deps", f"numpy=={NEWER}").returncode == 0
    done = place.call("make", "setup", "INSTALL=true", "-W", "pyproject.toml")
    assert (done.returncode, "make clean" in done.stdout, NEWER in done.stdout) == (2, True, True), done.stdout


@pytest.mark.parametrize(("locks", "extras"), [((RUNNING,), ["dashboard"]), ((RUNNING, DEVELOPING), ["dashboard", "dev"])])
@pytest.mark.usefixtures("complete")
def test_the_locks_hold_what_is_required_and_nothing_else(locks: tuple[str, ...], extras: list[str]) -> None:
    roots = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    roots = roots + [need for extra in extras for need in PROJECT["project"]["optional-dependencies"][extra]]
    assert {name for lock in locks for name in locked(lock)} == required(roots)


def imported(path: Path) -> set[str]:
    """Return the names of the top-level modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain | named}


def test_what_the_program_imports_is_in_the_lock_for_running() -> None:
    files = [path for top in ("sim", "dashboards") for path in (ROOT / top).rglob("*.py")]
    modules = {name for path in files for name in imported(path)}
    foreign = modules - sys.stdlib_module_names - {"sim", "dashboards", "xarray"}  # xarray: only where it is installed
    packages = packages_distributions()
    assert {canonicalize_name(packages[name][0]) for name in foreign} <= set(locked(RUNNING)), foreign


def test_no_package_is_locked_twice() -> None:
    names = [{line.partition("==")[0] for line in lines_of(lock)} for lock in (RUNNING, DEVELOPING, BENCHMARKING)]
    assert len(set.union(*names)) == sum(map(len, names))


@makes
@pytest.mark.parametrize(
    ("targets", "locks"),
    [
        ("env", []),
        ("setup demo watch", [RUNNING]),
        ("develop test coverage verify lint odd reference", [RUNNING, DEVELOPING]),
        ("bench scaling", [RUNNING, DEVELOPING, BENCHMARKING]),
    ],
)
def test_each_target_takes_what_it_needs_from_the_locks_alone(targets: str, locks: list[str], tmp_path: Path) -> None:
    for target in targets.split():
        command = ("make", "--dry-run", target, f"VENV={tmp_path / 'none'}")
        said = subprocess.run(command, cwd=ROOT, env=closed_off(tmp_path), capture_output=True, text=True).stdout
        installs = [line for line in said.splitlines() if re.search(r"\bpip\b.* install ", line)]
        assert re.findall(r"-r (\S+)", "\n".join(installs)) == locks
        assert all("--no-deps" in line for line in installs)
        assert all(re.search("--require-hashes|--no-build-isolation --editable [.]$", line) for line in installs)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", ".ci/run", "examples/job-array.sh"])
def test_every_make_command_of_a_page_is_a_target(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = re.findall(r"(?:`|^ *)make ([a-z]+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert used
    assert set(used) <= targets
