"""The results folders on offer: those named on the command line and those below one root, each known by its name only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sim.experiments.design.kept import ENSEMBLE
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.stored import Stored
from sim.experiments.store.sweep import sweep_in
from sim.ground.errors import InputError

MOST_FOLDERS = 300
MOST_RUNS = 200_000
"""Runs that a page compares at most: more are for the command line."""

ROOT, FOLDERS = "PULLBACK_RESULTS", "PULLBACK_FOLDERS"
"""Environment of `pullback watch`: the root, and the folders that it was given."""


@dataclass(frozen=True)
class Shelved:
    """A results folder on offer. trouble: why it cannot be opened, "" where it can.

    levers, varied: of a sweep, the paths that it crosses with the rest, and all that vary.
    """

    name: str
    path: Path
    is_sweep: bool = False
    caption: str = ""
    trouble: str = ""
    levers: tuple[str, ...] = ()
    varied: tuple[str, ...] = ()


def shelf(environment: Mapping[str, str] = os.environ) -> tuple[Shelved, ...]:
    """Return the folders on offer: those of the command line, then the root's, the baseline first, then the newest."""
    named = [Path(each) for each in environment.get(FOLDERS, "").split(os.pathsep) if each]
    root = Path(environment.get(ROOT, "results"))
    found = {_name(path, named): path for path in named}
    for path in _below(root):
        if path not in found.values():
            found.setdefault(path.name, path)
    return tuple(_shelved(name, path) for name, path in list(found.items())[:MOST_FOLDERS])


def _name(path: Path, named: list[Path]) -> str:
    """Return the name of a folder of the command line; with its parent's where two have the same."""
    alike = [other for other in named if other.name == path.name]
    return path.name if len(alike) == 1 else f"{path.parent.name}/{path.name}"


def _below(root: Path) -> list[Path]:
    try:
        folders = [path for path in root.iterdir() if (path / "manifest.json").is_file()]
        return sorted(folders, key=lambda path: (not path.name.startswith("baseline"), -path.stat().st_mtime))
    except OSError:
        return []


def _shelved(name: str, path: Path) -> Shelved:
    try:
        manifest = read_manifest(path)
        stored = Stored(path) if manifest["kind"] == ENSEMBLE else sweep_in(path)
        runs = (stored.shortfall or f"{stored.runs_there:,} runs") if stored.runs_there else "no runs"
        if manifest["kind"] == ENSEMBLE:
            return Shelved(name, path, caption=f"{manifest['title']} ({runs})")
        levers = tuple(raw["path"] for raw in manifest["design"]["levers"])
        varied = tuple(factor.path for factor in stored.design.factors)
        return Shelved(name, path, True, f"sweep: {manifest['asks']} ({runs})", levers=levers, varied=varied)
    except (InputError, OSError) as error:
        return Shelved(name, path, trouble=_first_line(error))
    except (KeyError, TypeError, ValueError) as error:
        return Shelved(name, path, trouble=f"its manifest cannot be read ({type(error).__name__})")


def named(name: str, on_offer: tuple[Shelved, ...]) -> Shelved:
    """Return a folder by its name. Raises InputError where none on offer has it, it cannot be opened, or it is too large."""
    folder = next((each for each in on_offer if each.name == name), None)
    if folder is None:
        raise InputError(f"there is no results folder {name[:60]!r}")
    if folder.trouble:
        raise InputError(folder.trouble)
    runs = Stored(folder.path).runs_there
    if runs > MOST_RUNS:
        raise InputError(
            f"{name} has {runs:,} runs, more than this page can show ({MOST_RUNS:,}); use pullback compare or "
            "pullback sensitivity on the command line"
        )
    return folder


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
