"""The state of a block of runs, kept on an evening and taken up again: the days that follow are the same, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sim.ground.errors import InputError
from sim.record.history import History
from sim.state.state import State, sizes

UNKNOWN = -2


def take(state: State, history: History) -> dict[str, np.ndarray]:
    """Return every array of the state, and the record so far: "state.NAME", "series.NAME", "fired.MATTER", "rules.MATTER".

    The last names the rules that fired.MATTER numbers, which are those of the policies in the block.
    """
    arrays = {f"state.{item.name}": getattr(state, item.name) for item in fields(state)}
    kept = slice(0, state.day + 1)
    series = {f"series.{name}": values[kept] for name, values in history.series.items()}
    fired = {f"fired.{decision}": codes[kept] for decision, codes in history.fired.items()}
    rules = {f"rules.{decision}": np.array(names) for decision, names in history.rule_names.items()}
    return {name: np.asarray(values) for name, values in (arrays | series | fired | rules).items()}


def restore(state: State, history: History, saved: Mapping[str, np.ndarray]) -> None:
    """Put the state and the record of a model that has not stepped where the saved ones were; then it is to catch up.

    Raises InputError where the arrays do not fit it.
    """
    try:
        day = int(saved["state.day"])
        for item in fields(state):
            array = getattr(state, item.name)
            if isinstance(array, np.ndarray):
                _copy(array, saved[f"state.{item.name}"], may_be_infinite=True)  # a truce without a term
            else:
                setattr(state, item.name, type(array)(saved[f"state.{item.name}"]))
        for name, values in history.series.items():
            _copy(values[: day + 1], saved[f"series.{name}"])
        for decision, codes in history.fired.items():
            names = list(history.rule_names[decision])
            _copy(codes[: day + 1], _numbered(saved[f"fired.{decision}"], saved[f"rules.{decision}"].tolist(), names))
        history.day = day
        state.check(sizes(history.theatre, history.runs))
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise InputError(f"the saved state does not fit the scenario: {error}") from None


def _numbered(codes: np.ndarray, names: list[str], others: list[str]) -> np.ndarray:
    """Return the numbers that rules have in another list of names. Raises ValueError where one that fired is not in it."""
    place = {name: number for number, name in enumerate(others)}
    numbers = np.array([*(place.get(name, UNKNOWN) for name in names), -1], np.int8)[codes]  # -1 is no rule
    if (numbers == UNKNOWN).any():
        raise ValueError(f"{names[int(codes[numbers == UNKNOWN][0])]} is no rule of it")
    return numbers


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


def read(path: Path, runs: np.ndarray) -> dict[str, np.ndarray]:
    """Read the runs of these indices. Raises InputError for a file that is none or is damaged."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return chosen({name: file[name] for name in file.files}, runs)
    except Exception as error:  # a damaged archive fails in many ways
        raise InputError(f"{path}: is not a saved state ({type(error).__name__})") from None


def joined(blocks: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the snapshot of blocks that follow each other."""
    if len(blocks) == 1:
        return blocks[0]
    first, made = blocks[0], {}
    rules = {name: list(dict.fromkeys(rule for block in blocks for rule in block[name].tolist())) for name in first
             if name.startswith("rules.")}  # fmt: skip
    for name, array in first.items():
        if name in rules:
            made[name] = np.array(rules[name])
        elif array.ndim == 0:
            made[name] = array
        else:
            decision = "rules." + name.removeprefix("fired.")
            parts = [_numbered(b[name], b[decision].tolist(), rules[decision]) if decision in rules else b[name] for b in blocks]
            made[name] = np.concatenate(parts, axis=-1)
    return made


def chosen(kept: Mapping[str, np.ndarray], runs: np.ndarray) -> dict[str, np.ndarray]:
    """Return the snapshot of the runs of these indices."""
    return {name: array if _of_all(name, array) else array[..., runs] for name, array in kept.items()}


def _of_all(name: str, array: np.ndarray) -> bool:
    """Whether an array is of all runs together."""
    return array.ndim == 0 or name.startswith("rules.")
