"""A calibration on disk: parts of played points, each committed whole, and what follows from them.

<folder>/
  manifest.json            what made the numbers
  points/PART.parquet      a row per point: its settings, and the share of its runs that meet each observation, and all
  plausible.csv            sets of values drawn in proportion to how often their runs meet the record: a design table
  plausible.toml           a sweep over them, and sets/ a scenario for each distinct one (plausible.py)
  calibration.json         which values the record identifies, which it ties to each other, which it leaves open
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.analysis.calibrate import ALL, Calibration, Design, combined, identified, make_design, paired, play
from sim.analysis.observation import Observation
from sim.analysis.plausible import write_plausible
from sim.arrays import own_numerics
from sim.checks import POINTS_OF_A_CALIBRATION, RUNS_OF_A_CALIBRATION, SETS_OF_A_CALIBRATION, WORKERS, whole_number
from sim.errors import InputError
from sim.experiments.folders import code_digest, write_json, write_table
from sim.experiments.locks import held
from sim.experiments.partial import shortfall
from sim.experiments.workers import nothing_left_without_workers, refuse_unguarded
from sim.scenario import Scenario, as_scenario

PART_POINTS = 32


@own_numerics
def calibrate(
    scenario: Scenario,
    observations: Sequence[Observation],
    folder: Path,
    points: int,
    runs: int,
    workers: int,
    on_progress: Callable[[int, int], object],
) -> Calibration:
    """Play the points that `folder` lacks and return the calibration.

    Raises InputError where the folder is another's, FolderBusy where another process works in it.
    """
    refuse_unguarded()
    points, runs = whole_number("points", points, POINTS_OF_A_CALIBRATION), whole_number("runs", runs, RUNS_OF_A_CALIBRATION)
    workers, scenario = whole_number("workers", workers, WORKERS), as_scenario(scenario)
    manifest: dict[str, Any] = {
        "scenario": scenario.name, "hash": scenario.hash, "seed": scenario.seed, "points": points, "runs": runs,
        "observations": [item.name for item in observations], "code": code_digest(),
    }  # fmt: skip
    design = make_design(scenario, points, scenario.seed)
    with nothing_left_without_workers(folder), _made_and_held(folder):
        _open(folder, manifest)
        for first in range(0, points, PART_POINTS):
            part = folder / "points" / f"{first:06d}.parquet"
            chosen = range(first, min(first + PART_POINTS, points))
            on_progress(first, points)
            if not part.exists():
                shares = np.array(list(play(scenario, observations, design, chosen, runs, workers)))
                _write_part(part, design, chosen, shares, manifest["observations"])
        on_progress(points, points)
        return read(folder, design, observations)


@contextmanager
def _made_and_held(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder):
        yield


def points_done(folder: Path) -> int:
    """Return the number of points that the folder holds. Raises InputError for a damaged part."""
    return sum(len(_read_part(path, ["point"])) for path in (folder / "points").glob("[0-9]*.parquet"))


def read(folder: Path, design: Design, observations: Sequence[Observation]) -> Calibration:
    """Read the played points of a folder. Raises InputError for a damaged part, or where points are missing."""
    names = [*(item.name for item in observations), ALL]
    tables = [_read_part(path, names) for path in sorted((folder / "points").glob("[0-9]*.parquet"))]
    met = np.stack([pa.concat_tables(tables)[name].to_numpy() for name in names], axis=1)
    if short := shortfall(len(met), len(design.points), "points"):
        raise InputError(f"{folder}: {short}; give the same command again")
    return Calibration(design, tuple(observations), met)


def _read_part(path: Path, columns: Sequence[str]) -> pa.Table:
    try:
        return pq.read_table(path, columns=list(columns), page_checksum_verification=True).select(list(columns))
    except (pa.ArrowException, OSError, UnicodeError, KeyError):
        raise InputError(f"{path}: is damaged; remove it and give the same command again") from None


@own_numerics
def write_outcome(folder: Path, calibration: Calibration, scenario: str, sets: int, runs: int, seed: int) -> dict[str, Any]:
    """Write the plausible sets and calibration.json; return what the latter holds. scenario: its name or path."""
    drawn = calibration.draw(whole_number("sets", sets, SETS_OF_A_CALIBRATION), seed)
    write_plausible(folder, calibration, drawn, scenario, runs)
    names = [item.name for item in calibration.observations]
    found = {
        "observations": names,
        "last_observation": str(max((item.seen_by for item in calibration.observations if item.seen_by), default="")),
        "effective_points": calibration.effective,
        "share_of_runs_that_meet_the_record": float(calibration.met[:, -1].mean()),
        "met": dict(zip(names, calibration.met.mean(axis=0).tolist(), strict=False)),
        "distinct_sets": len(np.unique(drawn)),
        "values": [asdict(value) | {"identified": value.identified} for value in identified(calibration)],
        "tied": [
            {"values": [one, other], "rank_correlation": rho, "p": p} for one, other, rho, p in paired(calibration, drawn)
        ],
        "combinations": [asdict(combination) for combination in combined(calibration)],
    }
    write_json(folder / "calibration.json", found)
    return found


def _open(folder: Path, manifest: dict[str, Any]) -> None:
    path = folder / "manifest.json"
    if path.is_file():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"{path}: is damaged ({type(error).__name__}); name another folder") from None
        if known != manifest:
            raise InputError(
                f"{folder}: holds another calibration, or one by another version of the code; name another folder"
            )
        return
    if any(not there.name.startswith(".") for there in folder.iterdir()):
        raise InputError(f"{folder}: exists and is not a calibration; name another folder")
    (folder / "points").mkdir(parents=True, exist_ok=True)
    write_json(path, manifest)


def _write_part(path: Path, design: Design, points: Sequence[int], shares: np.ndarray, names: Sequence[str]) -> None:
    settings = dict(zip(design.paths, design.points[list(points)].T, strict=True))
    met = dict(zip((*names, ALL), shares.T, strict=True))
    write_table(path, pa.table({"point": np.array(points)} | settings | met))
