"""A calibration on disk: the folder of a sweep that keeps the observed quantities of each run, and the results.

<folder>/
  manifest.json, ...       as in any sweep (sim/experiments/store/__init__.py)
  outcomes/PART            a row per (point, run), a column per observation
  plausible.csv            parameter sets drawn in proportion to the share of runs that meet the record: a design table
  plausible.toml           a sweep over them; sets/ has a scenario for each distinct one (plausible.py)
  calibration.json         values that the record identifies, and correlations between them
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.calibrate.identified import combined, identified, paired
from sim.analysis.calibrate.plausible import write_plausible
from sim.analysis.calibrate.weights import Calibration, design_of, meets, sweep_of
from sim.analysis.clusters import pooled_share
from sim.analysis.hindcast.answers import answers_in, column_of
from sim.analysis.hindcast.observation import Observation
from sim.experiments.design.sweep import Sweep
from sim.experiments.play.fill import Progress, fill, quiet
from sim.experiments.store.folders import write_json
from sim.experiments.store.stored import Stored
from sim.ground.checks import POINTS_OF_A_CALIBRATION, RUNS_OF_A_CALIBRATION, SETS_OF_A_CALIBRATION, whole_number
from sim.ground.errors import InputError
from sim.registry import as_scenario
from sim.scenario.scenario import Scenario
from sim.state.arrays import own_numerics


@own_numerics
def calibrate(
    scenario: Scenario,
    observations: Sequence[Observation],
    folder: Path,
    points: int,
    runs: int,
    workers: int,
    on_progress: Progress = quiet,
) -> Calibration:
    """Compute the runs missing in `folder` and return the calibration. on_progress: see `fill`.

    Raises InputError if the folder has other results, FolderBusy if another process is writing to it.
    """
    points, runs = whole_number("points", points, POINTS_OF_A_CALIBRATION), whole_number("runs", runs, RUNS_OF_A_CALIBRATION)
    sweep, items = sweep_of(as_scenario(scenario), observations, points, runs), tuple(observations)
    fill(sweep, folder, workers, on_progress, read=partial(answers_in, items))
    return read(folder, sweep, items)


def read(folder: Path, sweep: Sweep, observations: Sequence[Observation]) -> Calibration:
    """Read the runs of a calibration. Raises InputError for a damaged part, or if runs are missing."""
    stored = Stored(folder)
    if stored.shortfall:
        raise InputError(f"{folder}: {stored.shortfall}; give the same command again")
    table, start = stored.table(), sweep.base.start_date
    met = [meets(item, table[column_of(item)].to_numpy(), start) for item in observations]
    all_met = np.logical_and.reduce(met)
    by_point = np.stack([*met, all_met]).reshape(len(met) + 1, sweep.design.points, -1).mean(axis=2)
    points, runs = (table[key].to_numpy() for key in ("point", "run"))
    _, interval = pooled_share(all_met, np.column_stack([points, stored.run_numbers(points, runs)]))
    low, high = interval or (0.0, 1.0)
    return Calibration(design_of(sweep), tuple(observations), by_point.T, (low, high))


@own_numerics
def write_outcome(folder: Path, calibration: Calibration, scenario: str, sets: int, seed: int) -> dict[str, Any]:
    """Write the plausible sets and calibration.json; return the content of the latter. scenario: its name or path."""
    drawn = calibration.draw(whole_number("sets", sets, SETS_OF_A_CALIBRATION), seed)
    write_plausible(folder, calibration, drawn, scenario)
    names = [item.name for item in calibration.observations]
    outcome = {
        "observations": names,
        "last_observation": str(max((item.seen_by for item in calibration.observations if item.seen_by), default="")),
        "effective_points": calibration.effective,
        "warning": calibration.warning,
        "share_of_runs_that_meet_the_record": float(calibration.met[:, -1].mean()),
        "interval_of_that_share": list(calibration.interval),
        "met": dict(zip(names, calibration.met.mean(axis=0).tolist(), strict=False)),
        "distinct_sets": len(np.unique(drawn)),
        "values": [asdict(value) | {"identified": value.identified} for value in identified(calibration)],
        "tied": [{"values": [one, other], "rank_correlation": rho, "p": p} for one, other, rho, p in paired(calibration)],
        "combinations": [asdict(combination) for combination in combined(calibration)],
    }
    write_json(folder / "calibration.json", outcome)
    return outcome
