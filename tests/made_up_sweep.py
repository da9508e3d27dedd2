"""Sweeps whose killed_sdf is a known function of their factors, for tests of sensitivity: nothing is played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sim.experiments.design.sweep_file import read_sweep
from sim.experiments.store.initialise import open_folder
from sim.experiments.store.folders import read_manifest, write_json
from sim.experiments.store.parts import Job, stamp_of, write_part
from sim.experiments.store.sweep import SweepResults
from sim.record.outcomes import OUTCOMES

BREAKDOWN = "truce.breakdown_per_day"  # confidence M
RISE = "truce.breakdown_rise_per_violation"  # assumed
VIOLATIONS = "truce.violations_per_day"  # confidence L
POLICY = "moscow.policy"
RUNS = 8

Function = Callable[[dict[str, np.ndarray], np.ndarray], np.ndarray]


def made_up(
    folder: Path,
    function: Function,
    points: int = 256,
    design: Any = None,
    uncertainties: Any = None,
    **outcomes: np.ndarray,
) -> SweepResults:
    """Write a sweep whose killed_sdf is a function of its factors, scaled to [0, 1], and of (runs,) standard normal luck."""
    data = {
        "format": 1,
        "base": "baseline",
        "design": design or {"method": "lhs", "points": points, "seed": 1},
        "levers": {POLICY: {"values": ["documented", "stay"]}},
        "uncertainties": uncertainties or {BREAKDOWN: {}, RISE: {}, VIOLATIONS: {}},
        "output": {"series": "none"},
    }
    sweep = read_sweep(data, "made-up", "made-up.toml", Path())
    open_folder(folder, sweep)
    write_json(folder / "asked.json", {"runs": RUNS})
    columns = {factor.path: np.array(sweep.design.column(factor.path)) for factor in sweep.design.factors}
    for factor in sweep.recipe.uncertainties:
        columns[factor.path] = ((columns[factor.path] - factor.low) / (factor.high - factor.low))[:, None]
    columns[POLICY] = (columns[POLICY] == "stay").astype(float)[:, None]
    values = function(columns, np.random.default_rng(5).standard_normal(RUNS)[None, :])
    shape = (sweep.design.points, RUNS)
    table = {outcome.name: np.zeros(shape[0] * RUNS) for outcome in OUTCOMES}
    table |= {name: np.broadcast_to(given, shape).ravel() for name, given in outcomes.items()}
    table["killed_sdf"] = np.broadcast_to(values, shape).ravel()
    write_part(folder, stamp_of(read_manifest(folder)), Job(0, shape[0], 0, RUNS), table, None)
    return SweepResults(folder)
