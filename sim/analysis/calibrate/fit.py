"""Fit the few values marked "fitted by sim/analysis/calibrate/fit.py" to the record up to 20 January 2026.

Nothing later is used. Run it with `python -m sim.analysis.calibrate.fit`. It draws a Sobol design over the plausible ranges
of the baseline for the values in FITTED, runs a short ensemble at each point with common random numbers, scores each against
the observations marked `used_to_fit`, and prints the points, best first. The choice is then written into the baseline by
hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scoringrules import crps_ensemble

from sim.experiments.design.design import Recipe
from sim.experiments.design.factors import read_factor
from sim.experiments.design.sweep import Sweep
from sim.experiments.play.fill import fill
from sim.experiments.store.stored import Stored
from sim.registry import load_scenario

FITTED = (
    "advance.tribes_take_hold_per_day",
    "sdf.core_threatened_at_prospects",
)

DAYS = 14
RUNS = 96
POINTS = 64
DESIGN_SEED = 20260120


@dataclass(frozen=True)
class Target:
    """An observation up to 20 January, the outcome it is compared with, and the error that counts as one."""

    outcome: str
    observed: float
    scale: float


TARGETS = (
    Target("sdf_share_2026_01_19", 0.164, 0.05),
    Target("sdf_share_2026_01_20", 0.058, 0.02),
    Target("truce_agreed_on", 8.0, 1.5),
    Target("raqqa_damascus_2026_01_20", 1.0, 1.0),
    Target("tabqa_damascus_2026_01_20", 1.0, 1.0),
    Target("shaddadi_damascus_2026_01_20", 1.0, 1.0),
    Target("qamishli_damascus_2026_01_20", 0.0, 1.0),
    Target("kobani_damascus_2026_01_20", 0.0, 1.0),
)
"""Sources: facts section 3, a36, a27-a29, a32. A truce after the short horizon counts as one on its last day."""


def design() -> Sweep:
    """Return the sweep over the ranges of the baseline, by a scrambled Sobol sequence; the unchanged baseline is first."""
    base = load_scenario("baseline", [f"days={DAYS}"])
    factors = tuple(read_factor(path, {}, base, path, as_levels=False) for path in FITTED)
    recipe = Recipe("sobol", uncertainties=factors, points=POINTS, seed=DESIGN_SEED)
    return Sweep("fit", "The fitted values", "", base, recipe, RUNS, "none", "")


def misfit(values: dict[str, np.ndarray]) -> float:
    """Return the mean over the targets of the runs' CRPS in units of the target's scale; 0 is perfect.

    values: (runs,) of each target's outcome.
    """
    scores = (crps_ensemble(t.observed, np.nan_to_num(values[t.outcome], nan=float(DAYS))) / t.scale for t in TARGETS)
    return float(np.mean(list(scores)))


def misfits(sweep: Sweep, folder: Path, workers: int = 1) -> list[float]:
    """Return the misfit of each point of a sweep, which is run into a folder."""
    fill(sweep, folder, workers)
    table = Stored(folder).table([target.outcome for target in TARGETS])
    values = {name: table[name].to_numpy().reshape(-1, sweep.runs) for name in table.column_names}
    return [misfit({name: of_points[point] for name, of_points in values.items()}) for point in range(sweep.design.points)]


def main() -> None:
    """Print the points of the design with their misfit, best first, and the misfit of the unchanged baseline."""
    sweep = design()
    with TemporaryDirectory() as folder:
        scores = misfits(sweep, Path(folder) / "fit")
    print(f"{len(FITTED)} values, {POINTS} points of {RUNS} runs; {len(TARGETS)} observations up to 20 January 2026")
    print(f"{scores[0]:8.4f}  the unchanged baseline")
    for score, point in sorted(zip(scores[1:], sweep.design.rows[1:], strict=True)):
        print(f"{score:8.4f}  " + "  ".join(f"{path} = {x:.3f}" for path, x in zip(FITTED, point, strict=True)))


if __name__ == "__main__":
    main()
