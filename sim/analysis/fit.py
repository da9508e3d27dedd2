"""Fit the few values marked "fitted by sim/analysis/fit.py" to the record up to 20 January 2026, and to nothing later.

Run it with `python -m sim.analysis.fit`. It draws a Sobol design over the plausible ranges that the baseline states for
the values in FITTED, runs a short ensemble at each point under the same luck, scores each against the observations marked
`used_to_fit`, and prints the points best first. The choice is then written into the baseline by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc
from scoringrules import crps_ensemble

from sim.model import TheatreModel
from sim.outcomes import OUTCOMES
from sim.scenario import Scenario, load_scenario

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
    """An observation up to 20 January, what is read of a run for it, and the error that counts as one."""

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


def design(scenario: Scenario) -> np.ndarray:
    """Return (points, values) of a scrambled Sobol sequence over the stated ranges."""
    low, high = np.array([scenario.entries[path].range for path in FITTED]).T
    sample = qmc.Sobol(len(FITTED), seed=DESIGN_SEED).random(POINTS)
    return qmc.scale(sample, low, high)


def misfit(scenario: Scenario) -> float:
    """Return the mean over the targets of the ensemble's CRPS in units of the target's scale; 0 is perfect."""
    model = TheatreModel(scenario, runs=RUNS)
    model.run_to(DAYS)
    read = {outcome.name: outcome.of for outcome in OUTCOMES}
    scores = []
    for target in TARGETS:
        values = np.nan_to_num(np.asarray(read[target.outcome](model.history), np.float64), nan=float(DAYS))
        scores.append(crps_ensemble(target.observed, values) / target.scale)
    return float(np.mean(scores))


def main() -> None:
    """Print the design's points with their misfit, best first, and the misfit of the baseline as it stands."""
    base = load_scenario("baseline", ["days=14"])
    print(f"{len(FITTED)} values, {POINTS} points of {RUNS} runs; {len(TARGETS)} observations up to 20 January 2026")
    print(f"{misfit(base):8.4f}  the baseline as it stands")
    rows = []
    for point in design(base):
        changed = base.with_values(dict(zip(FITTED, map(float, point), strict=True)), set_by="fit")
        rows.append((misfit(changed), point))
    for score, point in sorted(rows, key=lambda row: row[0]):
        print(f"{score:8.4f}  " + "  ".join(f"{path} = {x:.3f}" for path, x in zip(FITTED, point, strict=True)))


if __name__ == "__main__":
    main()
