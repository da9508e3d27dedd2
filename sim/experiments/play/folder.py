"""Which folder the results of a sweep go to, and whether one that is there is gone on with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sim.experiments.design.replicates import OWN, SHARED, streams_of
from sim.experiments.design.sweep import Sweep
from sim.experiments.design.sweep_file import find_sweep
from sim.experiments.store.folders import read_manifest
from sim.ground.errors import InputError


def folder_of(name_or_path: str | Path) -> Path | None:
    """Return the results folder that stands in place of a sweep, None where it is a name or a file."""
    path = find_sweep(name_or_path)
    return path if path.is_dir() else None


def default_folder(sweep: Sweep) -> Path:
    """Return the folder that a sweep goes to unless asked otherwise.

    Where the sweep file leaves the streams to the number of runs, one that was begun with the others is gone on with.
    """
    folder, other = (_named(each) for each in (sweep, _with_other_streams(sweep)))
    goes_on = not sweep.streams_chosen and not folder.exists() and (other / "manifest.json").is_file()
    return other if goes_on else folder


def _named(sweep: Sweep) -> Path:
    return Path("results") / f"{sweep.name}-{sweep.hash}"


def _with_other_streams(sweep: Sweep) -> Sweep:
    return replace(sweep, streams=OWN if sweep.streams == SHARED else SHARED)


def with_streams_of(sweep: Sweep, folder: Path) -> Sweep:
    """Return a sweep with the streams that its folder was begun with. Raises InputError where its file says the others."""
    if not (folder / "manifest.json").is_file():
        return sweep
    known, other = read_manifest(folder), _with_other_streams(sweep)
    if known.get("hash") != other.hash or streams_of(known, folder) != other.streams:
        return sweep
    if sweep.streams_chosen:
        said = f'was begun with streams = "{other.streams}", the sweep file says "{sweep.streams}"'
        raise InputError(f"{folder}: {said}; name another folder, or leave [replicates] streams out")
    return other
