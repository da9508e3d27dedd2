"""The state of a block of runs, kept on an evening and taken up again: the days that follow are the same, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sim.errors import InputError
from sim.model import TheatreModel
from sim.state import sizes


def take(model: TheatreModel) -> dict[str, np.ndarray]:
    """Return every array of the state, and the record so far, by "state.NAME", "series.NAME", "fired.MATTER"."""
    state = {f"state.{item.name}": getattr(model.state, item.name) for item in fields(model.state)}
    kept = slice(0, model.day + 1)
    series = {f"series.{name}": values[kept] for name, values in model.history.series.items()}
    fired = {f"fired.{matter}": codes[kept] for matter, codes in model.history.fired.items()}
    return {name: np.asarray(values) for name, values in (state | series | fired).items()}


def restore(model: TheatreModel, saved: Mapping[str, np.ndarray]) -> None:
    """Put a model that has not stepped where the saved one was. Raises InputError where the arrays do not fit it."""
    try:
        day = int(saved["state.day"])
        for item in fields(model.state):
            array = getattr(model.state, item.name)
            if isinstance(array, np.ndarray):
                _copy(array, saved[f"state.{item.name}"], may_be_infinite=True)  # a truce without a term
            else:
                setattr(model.state, item.name, type(array)(saved[f"state.{item.name}"]))
        for name, values in model.history.series.items():
            _copy(values[: day + 1], saved[f"series.{name}"])
        for matter, codes in model.history.fired.items():
            _copy(codes[: day + 1], saved[f"fired.{matter}"])
        model.state.check(sizes(model.theatre, model.luck.runs))
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise InputError(f"the saved state does not fit the scenario: {error}") from None
    model.catch_up()


def _copy(target: np.ndarray, source: np.ndarray, may_be_infinite: bool = False) -> None:
    if source.shape != target.shape or source.dtype != target.dtype:
        raise ValueError(f"expected {target.dtype} {target.shape}, got {source.dtype} {source.shape}")
    if not np.isfinite(source).all() and not may_be_infinite:
        raise ValueError("a number is infinite or none")
    if np.isnan(source).any():
        raise ValueError("a number is none")
    target[...] = source


def write(file: BinaryIO, kept: Mapping[str, np.ndarray]) -> None:
    """Write a snapshot to a file."""
    np.savez_compressed(file, **kept)  # type: ignore[arg-type]  # names of arrays are keywords there


def read(path: Path, first: int, runs: int) -> dict[str, np.ndarray]:
    """Read `runs` runs of a file, from its `first` on. Raises InputError for a file that is none or is damaged."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {name: _part(file[name], first, runs) for name in file.files}
    except Exception as error:  # a damaged archive fails in many ways
        raise InputError(f"{path}: is not a saved state ({type(error).__name__})") from None


def joined(blocks: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the snapshot of blocks that follow each other."""
    first = blocks[0]
    return {
        name: first[name] if first[name].ndim == 0 else np.concatenate([block[name] for block in blocks], axis=-1)
        for name in first
    }


def _part(array: np.ndarray, first: int, runs: int) -> np.ndarray:
    return array if array.ndim == 0 else array[..., first : first + runs]
