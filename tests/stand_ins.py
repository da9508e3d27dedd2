"""Empty wheels that stand in for the locked packages, so that pip installs the locks in seconds and without a network.

Each has the requirements and extras of the installed package, once in its locked version and once in a newer one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNNING, DEVELOPING = "requirements.lock", "requirements-dev.lock"
NEWER = "9999.1"
BACKEND = """
import os, pathlib, shutil

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    [wheel] = pathlib.Path(os.environ["STAND_INS"]).glob("pullback-*.whl")
    return pathlib.Path(shutil.copy(wheel, wheel_directory)).name
"""
"""What the stand-in of setuptools does: hand out the stand-in of the project."""


def lines_of(lock: str) -> list[str]:
    """Return the lines of a lock of the project, one a package, with its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", "")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def locked(lock: str) -> dict[str, str]:
    """Return the version of each package that a lock holds for this Python and this machine."""
    asked = [Requirement(line.partition("--hash")[0]) for line in lines_of(lock)]
    taken = [one for one in asked if one.marker is None or one.marker.evaluate()]
    return {one.name: next(iter(one.specifier)).version for one in taken}


def missing() -> list[str]:
    """Return the locked packages that are not installed here, whose requirements are therefore not known."""

    def known(name: str) -> bool:
        try:
            return bool(metadata(name))
        except PackageNotFoundError:
            return False

    return [name for lock in (RUNNING, DEVELOPING) for name in locked(lock) if not known(name)]


def holds(need: Requirement, extras: set[str]) -> bool:
    """Return whether a requirement counts here, for a package that is asked for with these extras."""
    return need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras | {""})


def required(roots: list[str]) -> set[str]:
    """Return the names of all that some requirements need here, theirs included, by the metadata of what is installed."""
    extras: dict[str, set[str]] = {}
    todo = [Requirement(root) for root in roots]
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        new = (one.extras or {""}) - extras.get(name, set())
        extras.setdefault(name, {""}).update(one.extras)
        needs = [Requirement(text) for text in metadata(name).get_all("Requires-Dist") or []] if new else []
        todo += [need for need in needs if holds(need, new)]
    return set(extras)


def write_wheel(folder: Path, name: str, version: str, headers: list[str], module: tuple[str, str] | None = None) -> str:
    """Write a wheel with nothing in it but these headers of metadata, a module (path, text); link it, return its digest."""
    stem = f"{re.sub('[-_.]+', '_', name)}-{version}"
    about = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *headers, ""]
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(f"{stem}.dist-info/METADATA", "\n".join(about))
        packed.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{stem}.dist-info/RECORD", "")
        if module:
            packed.writestr(*module)
    page = folder / canonicalize_name(name) / "index.html"
    page.parent.mkdir(exist_ok=True)
    with page.open("a", encoding="utf-8") as links:
        links.write(f'<a href="../{path.name}">{path.name}</a>\n')
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stand_in(folder: Path, name: str, version: str) -> str:
    """Write the wheels of a package in its locked version and in a newer one; return the digest of the locked one."""
    about = metadata(name)
    headers = [f"{key}: {text}" for key in ("Requires-Dist", "Provides-Extra") for text in about.get_all(key) or []]
    write_wheel(folder, name, NEWER, headers)
    module = ("setuptools/build_meta.py", BACKEND) if name == "setuptools" else None
    return write_wheel(folder, name, version, headers, module)


def tree_of_stand_ins(tree: Path, wheels: Path) -> None:
    """Lay a project whose Makefile is the real one, and whose locks hold the stand-ins, which are written to `wheels`."""
    tree.mkdir()
    wheels.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tree)
    for lock in (RUNNING, DEVELOPING):
        text = [f"{name}=={it} --hash=sha256:{stand_in(wheels, name, it)}\n" for name, it in locked(lock).items()]
        (tree / lock).write_text("".join(text), encoding="utf-8")
    needs = [f"Requires-Dist: {need}" for need in PROJECT["project"]["dependencies"]]
    write_wheel(wheels, "pullback", PROJECT["project"]["version"], needs)


def closed_off(wheels: Path) -> dict[str, str]:
    """Return an environment in which pip sees an index of these wheels, no other one and nobody's settings."""
    foreign = ("PIP_", "PYTHON", "VENV", "TESTS", "MAKE", "MFLAGS")  # of the make that runs the tests, and what it was given
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"STAND_INS": str(wheels), "PIP_INDEX_URL": wheels.as_uri(), "PIP_CONFIG_FILE": os.devnull}
