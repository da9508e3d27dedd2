"""Results folders: what a finished job leaves on disk, committed at once. results.py reads it back.

results/<name>-<hash>/
  manifest.json       what made the numbers; written first, never changed
  asked.json          number of runs in the largest request so far
  scenario.toml       the complete scenario as it was run
  series/PART         a row per (run, day), a column per series
  control/PART        number of runs by theatre cell and day in which Damascus holds it, or it is contested; adds up
  rules/PART          number of runs by matter, rule and day in which it fired, and fired for the first time; adds up
  states/PART         with --save, the state of every run on the last evening
  outcomes/PART       a row per run, a column per outcome; written last, its presence commits the part
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim import snapshot
from sim.errors import InputError
from sim.experiments.folders import (
    SCHEMA,
    check_schema,
    code_digest,
    machine,
    new_folder,
    read_manifest,
    write_json,
    write_pieces,
    write_table,
)
from sim.files import whole_file
from sim.history import History
from sim.outcomes import outcome_table
from sim.scenario import Scenario
from sim.scenario_export import write_scenario
from sim.scenario_heading import MOST_RUNS
from sim.state import NEVER

TABLES = ("series", "control", "rules", "outcomes")
PIECE_ROWS = 32_768
"""Rows of series that are written together, or those of one run: a whole block of them would be in memory twice."""

PART = re.compile(r"(\d+)-(\d+)\.parquet")


def write_part(folder: Path, history: History, kept: dict[str, np.ndarray] | None = None) -> None:
    """Write the tables of one job, and the snapshot of its last evening where one is kept; the outcomes last.

    Each file appears whole or not at all.
    """
    part = f"{history.first_run:08d}-{history.first_run + history.runs:08d}.parquet"
    runs = max(PIECE_ROWS // (history.days + 1), 1)
    pieces = [slice(first, first + runs) for first in range(0, history.runs, runs)]
    schema = _series(history, slice(0, 1)).schema
    write_pieces(folder / "series" / part, schema, (_series(history, piece) for piece in pieces))
    write_table(folder / "control" / part, _control(history))
    write_table(folder / "rules" / part, _rules(history))
    if kept is not None:
        _write_state(folder / "states" / part, kept)
    write_table(folder / "outcomes" / part, _outcomes(history))


def _write_state(path: Path, kept: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(exist_ok=True)
    with whole_file(path.with_suffix(".npz")) as file:
        snapshot.write(file, kept)


def saved_state(folder: Path, first_run: int, runs: int) -> dict[str, np.ndarray]:
    """Return the snapshot of the runs [first_run, first_run + runs). Raises InputError where it is not there."""
    end, found = first_run + runs, []
    for path in sorted(parts(folder, "states")):
        first, last = _span(path)
        if first < end and first_run < last:
            begin = max(first_run, first)
            found.append(snapshot.read(path.with_suffix(".npz"), begin - first, min(end, last) - begin))
    if not found or sum(kept["state.truce"].shape[-1] for kept in found) != runs:
        raise InputError(
            f"{folder}: holds no saved state of the runs {first_run} to {end - 1}; run it with --until and --save"
        )
    return snapshot.joined(found)


def _outcomes(history: History) -> pa.Table:
    run = np.arange(history.first_run, history.first_run + history.runs)
    columns = {
        name: pa.array(values, pa.float64(), mask=np.isnan(values)) for name, values in outcome_table(history).items()
    }
    return pa.table({"run": pa.array(run, pa.int64())} | columns)


def _series(history: History, piece: slice) -> pa.Table:
    """Return the daily series of some of the runs."""
    days = history.days + 1
    run = np.arange(history.first_run, history.first_run + history.runs, dtype=np.int64)[piece]
    columns = {"run": np.repeat(run, days), "day": np.tile(np.arange(days, dtype=np.int16), len(run))}
    return pa.table(columns | {name: values[:, piece].T.ravel() for name, values in history.series.items()})


def _control(history: History) -> pa.Table:
    counts, cells = control_counts(history), history.theatre.cells
    days = counts.shape[1]
    return pa.table(
        {
            "cell": np.repeat(cells.astype(np.int32), days),
            "day": np.tile(np.arange(days, dtype=np.int16), len(cells)),
            "damascus": counts[:, :, 0].ravel().astype(np.int32),
            "contested": counts[:, :, 1].ravel().astype(np.int32),
        }
    )


def control_counts(history: History) -> np.ndarray:
    """Return (theatre cells, days + 1, 2): runs in which Damascus holds the cell on the evening, and it is contested."""
    days = history.days + 1
    began = history.holder_on(-1)[history.theatre.cells]
    taken = np.where(began == 0, 0, np.where(history.taken_on == NEVER, days, history.taken_on))
    over = np.where(began == 2, 0, np.where(history.gone_over_on == NEVER, days, history.gone_over_on))
    both = np.maximum(taken, over)
    return np.stack([_by_day(taken, days), _by_day(over, days) - _by_day(both, days)], axis=2)


def _by_day(day: np.ndarray, days: int) -> np.ndarray:
    """Return (cells, days) number of runs whose (cells, runs) `day` has come; a day of `days` never comes."""
    cells = len(day)
    flat = (np.arange(cells)[:, None] * (days + 1) + np.minimum(day, days)).ravel()
    return np.bincount(flat, minlength=cells * (days + 1)).reshape(cells, days + 1)[:, :days].cumsum(axis=1)


def _rules(history: History) -> pa.Table:
    days = history.days + 1
    matter, rule, runs, first = [], [], [], []
    for name, rules in history.rule_names.items():
        for index, rule_name in enumerate(rules):
            matter += [name] * days
            rule += [rule_name] * days
            fired = history.fired[name] == index
            runs.append(fired.sum(axis=1).astype(np.int32))
            first.append(np.bincount(fired.argmax(axis=0)[fired.any(axis=0)], minlength=days).astype(np.int32))
    day = np.tile(np.arange(days, dtype=np.int16), len(runs))
    counts = {"runs": np.concatenate(runs), "first": np.concatenate(first)}
    return pa.table({"matter": matter, "rule": rule, "day": day} | counts)


def open_folder(folder: Path, scenario: Scenario, horizon: int | None = None) -> None:
    """Make a results folder, or see that an existing one was made by the same scenario and the same code.

    horizon: days the runs were to go on for, where the folder keeps their states.
    Raises InputError when it was not, or when the folder holds something else.
    """
    if is_known(folder, scenario, horizon):
        return
    with new_folder(folder, "a results folder", _manifest(scenario, horizon)):
        for table in TABLES:
            (folder / table).mkdir(exist_ok=True)
        write_scenario(scenario, folder)


def is_known(folder: Path, scenario: Scenario, horizon: int | None = None) -> bool:
    """Whether a folder holds results of a scenario by this code. Raises InputError where it holds other results."""
    if (folder / "manifest.json").is_file():
        known = read_manifest(folder)
        check_schema(folder, known, SCHEMA)
        if known.get("hash") != scenario.hash or known.get("seed") != scenario.seed:
            raise InputError(
                f"{folder}: holds the results of {known.get('scenario')} {known.get('hash')}; name another folder"
            )
        if known.get("code") != code_digest():
            raise InputError(f"{folder}: was made by another version of the code; name another folder or remove it")
        if horizon is not None and "horizon" not in known:
            raise InputError(f"{folder}: holds these runs without their states; name another folder to save them in")
        return True
    return False


def note_asked(folder: Path, runs: int) -> None:
    """Keep the largest number of runs that was asked for."""
    if runs > read_asked(folder):
        write_json(folder / "asked.json", {"runs": runs})


def read_asked(folder: Path) -> int:
    """Return the largest number of runs that was asked for, 0 where the folder does not say. Raises InputError."""
    path = folder / "asked.json"
    try:
        runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        runs = None
    if not isinstance(runs, int) or not 0 < runs <= MOST_RUNS:
        raise InputError(f"{path}: is damaged; remove it and give the same command again")
    return runs


def _manifest(scenario: Scenario, horizon: int | None) -> dict[str, Any]:
    saved = {} if horizon is None else {"horizon": horizon}
    return (
        {
            "schema": SCHEMA,
            "scenario": scenario.name,
            "title": scenario.title,
            "hash": scenario.hash,
            "seed": scenario.seed,
            "days": scenario.days,
            "start": str(scenario.start_date),
            "code": code_digest(),
        }
        | machine()
        | saved
    )


def runs_done(folder: Path) -> np.ndarray:
    """Return the numbers of the runs whose part is committed, sorted."""
    done = [np.arange(*_span(path)) for path in parts(folder, "outcomes")]
    return np.sort(np.concatenate(done)) if done else np.arange(0)


def _span(path: Path) -> tuple[int, int]:
    first, end = path.stem.split("-")
    return int(first), int(end)


def parts(folder: Path, table: str) -> list[Path]:
    """Return the committed parts of a table: those whose outcomes are there."""
    names = sorted(p.name for p in (folder / "outcomes").glob("[!.]*"))
    for name in names:
        named = PART.fullmatch(name)
        if named is None or int(named[2]) > MOST_RUNS:
            raise InputError(f"{folder / 'outcomes' / name}: is no part of an ensemble; move it elsewhere")
    return [folder / table / name for name in names]
