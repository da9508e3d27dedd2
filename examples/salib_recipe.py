"""Sensitivity with SALib: its sampler draws the points, a sweep runs them, its analyser reads the outcomes.

    python examples/salib_recipe.py results/salib-morris

Needs SALib (pip install SALib). Morris's elementary effects of a few uncertainties on the SDF's share of the country at the
end: mu_star is the mean absolute effect of a step, sigma its variation with the other values. The points are the table of a
sweep, so that they can be resumed, use common random numbers and are stored with the digest of the code.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np

import sim

BASE = "baseline"
OUTCOME = "sdf_share_end"
VARIED = (
    "defection.threshold_other",
    "defection.weight_guarantor",
    "truce.breakdown_per_day",
    "attrition.attacker_coefficient_per_day",
)


def morris(folder: Path, trajectories: int = 8, runs: int = 64, days: int = 180) -> dict[str, Any]:
    """Run a Morris design into `folder` and return SALib's indices."""
    from SALib.analyze import morris as analyse
    from SALib.sample import morris as sample

    base = sim.load_scenario(BASE)
    problem = {"num_vars": len(VARIED), "names": list(VARIED), "bounds": [list(base.entries[p].range) for p in VARIED]}
    points = sample.sample(problem, trajectories, num_levels=4, seed=1)
    points = np.clip(points, *np.array(problem["bounds"]).T)  # its scaling can miss the ends by a rounding error
    results = sim.sweep(_sweep_file(folder, points, runs, days), out=folder / "results")
    means = results.frame([OUTCOME]).groupby("point")[OUTCOME].mean().sort_index().to_numpy()
    return analyse.analyze(problem, points, means, num_levels=4, seed=1)


def _sweep_file(folder: Path, points: np.ndarray, runs: int, days: int) -> Path:
    """Write a sweep file with the points as its table."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "points.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([VARIED, *points.tolist()])
    (folder / "sweep.toml").write_text(
        f"""format = 1
base = "{BASE}"
title = "A design of SALib's"
days = {days}
[design]
method = "table"
table = "points.csv"
include_base = false
[replicates]
n = {runs}
[output]
series = "none"
""",
        encoding="utf-8",
    )
    return folder / "sweep.toml"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: python {sys.argv[0]} RESULTS_FOLDER")
    indices = morris(Path(sys.argv[1]))
    columns = [indices[key] for key in ("names", "mu_star", "mu_star_conf", "sigma")]
    for name, mu_star, interval, sigma in zip(*columns, strict=True):
        print(f"{name:40} mu* {mu_star:8.4f} +- {interval:.4f}   sigma {sigma:8.4f}")
