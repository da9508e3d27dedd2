"""The results folder of a sweep, new or resumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sim.experiments.design.replicates import OWN, SHARED, streams_of
from sim.experiments.design.sweep import Sweep
from sim.experiments.design.sweep_file import find_sweep
from sim.experiments.store.folders import read_manifest
from sim.ground.errors import InputError


def folder_of(name_or_path: str | Path) -> Path | None:
    """Return the results folder given instead of a sweep, None for a name or a file."""
    path = find_sweep(name_or_path)
    return path if path.is_dir() else None


def default_folder(sweep: Sweep) -> Path:
    """Return the default results folder of a sweep.

    If the sweep file does not set streams, an existing folder with the other setting is resumed.
    """
    folder, other = (_named(candidate) for candidate in (sweep, _with_other_streams(sweep)))
    resumes = not sweep.streams_chosen and not folder.exists() and (other / "manifest.json").is_file()
    return other if resumes else folder


def _named(sweep: Sweep) -> Path:
    return Path("results") / f"{sweep.name}-{sweep.hash}"


def _with_other_streams(sweep: Sweep) -> Sweep:
    return replace(sweep, streams=OWN if sweep.streams == SHARED else SHARED)


def with_streams_of(sweep: Sweep, folder: Path) -> Sweep:
    """Return a sweep with the streams of its existing folder. Raises InputError if its file sets the others."""
    if not (folder / "manifest.json").is_file():
        return sweep
    known, other = read_manifest(folder), _with_other_streams(sweep)
    if known.get("hash") != other.hash or streams_of(known, folder) != other.streams:
        return sweep
    if sweep.streams_chosen:
        message = f'was created with streams = "{other.streams}", the sweep file sets "{sweep.streams}"'
        raise InputError(f"{folder}: {message}; name another folder, or leave [replicates] streams out")
    return other
