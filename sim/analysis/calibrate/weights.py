"""Approximate Bayesian computation: parameter sets consistent with the record up to 20 January 2026.

A space-filling design covers every uncertain value within its sourced range. Each point is run, by default once, and its
weight is the share of its runs that meet every observation used to fit, within the range of the reports and a tolerance.
Points drawn in proportion to their weight are an ensemble of plausible sets, not one best point. Method: Tavare et al. 1997,
Pritchard et al. 1999 (rejection), with the runs of a point as its draws. One run per point is plain rejection and is the
most efficient: for the baseline over three times as informative as 32 runs per point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.analysis.hindcast.answers import column_of
from sim.analysis.hindcast.observation import Observation, as_number
from sim.analysis.hindcast.record import inside
from sim.experiments.design.design import Recipe
from sim.experiments.design.factors import Factor
from sim.experiments.design.kept import CALIBRATION
from sim.experiments.design.replicates import OWN
from sim.experiments.design.sweep import Sweep
from sim.scenario.scenario import Scenario

DAYS_AFTER = 5
"""Days simulated beyond the last observation, so that a late event counts as nearer to the record than none."""

TOLERANCE = 0.1
"""Tolerance beyond the range of the reports, as a share of the distance from the record to "nothing changes"."""

NEVER_DAYS = 30.0
"""That distance, in days, if "nothing changes" forecasts never."""


FEW = 50
"""Effective sample size below which quantiles and sets are imprecise: a share of one half is known to 0.14."""


@dataclass(frozen=True)
class SampledPoints:
    """Points over the uncertain values: paths, (values,) low and high, (points, values) settings."""

    paths: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    points: np.ndarray

    def settings(self, point: int) -> dict[str, float]:
        """Return the settings of one point."""
        return dict(zip(self.paths, self.points[point].tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Calibration:
    """A design, its observations, and (points, observations + 1) shares of the runs that meet each, and all.

    interval: 95% interval of the share of runs that meet all.
    """

    design: SampledPoints
    observations: tuple[Observation, ...]
    met: np.ndarray
    interval: tuple[float, float] = (0.0, 1.0)

    @property
    def weight(self) -> np.ndarray:
        """(points,) share of the runs that meet every observation, scaled to sum 1; all 0 if no run does."""
        total = self.met[:, -1].sum()
        return self.met[:, -1] / total if total > 0 else self.met[:, -1]

    @property
    def effective(self) -> float:
        """Effective sample size: the number of equally weighted points with the same information."""
        return effective_size(self.weight)

    @property
    def warning(self) -> str:
        """Warning if the effective sample size is small, else ""."""
        if round(self.effective) >= FEW:
            return ""
        points = len(self.met) * FEW / max(self.effective, 1.0)
        enough = f"about {math.ceil(points / 1000) * 1000:,} or more"
        return (
            f"an effective sample size below {FEW}: quantiles and plausible sets rest on few points; give {enough} --points"
        )

    def draw(self, sets: int, seed: int) -> np.ndarray:
        """Return (sets,) points by systematic sampling: a point of weight w is drawn about w times `sets` times."""
        start = np.random.default_rng(seed).random()
        ladder = (np.arange(sets) + start) / sets
        return np.minimum(np.searchsorted(self.weight.cumsum(), ladder), len(self.weight) - 1)


def effective_size(weights: np.ndarray) -> float:
    """Return the effective sample size of (n,) weights, 0 if all are 0. Source: Kish 1965."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def sweep_of(scenario: Scenario, observations: Sequence[Observation], points: int, runs: int) -> Sweep:
    """Return the sweep of a calibration: a Latin hypercube over the ranges of the uncertain values.

    It keeps the observed quantities of each run. A Latin hypercube is used because few points of a Sobol sequence in many
    dimensions would correlate values. Each point has its own random numbers, so that points are independent draws.
    """
    factors = tuple(
        Factor(path, entry.value, low=entry.range[0], high=entry.range[1])
        for path, entry in scenario.entries.items()
        if entry.is_uncertain and entry.range and isinstance(entry.value, float)
    )
    recipe = Recipe("lhs", uncertainties=factors, points=points, seed=scenario.seed, include_base=False)
    base = scenario.with_values({"days": days_needed(scenario, observations)}, set_by="calibrate")
    columns = tuple(map(column_of, observations))
    name = f"calibrate-{scenario.name}"
    return Sweep(name, scenario.title, "", base, recipe, runs, "none", "", streams=OWN, kind=CALIBRATION, columns=columns)


def design_of(sweep: Sweep) -> SampledPoints:
    """Return the points of a calibration as arrays."""
    factors = sweep.recipe.uncertainties
    low, high = np.array([(factor.low, factor.high) for factor in factors]).T
    return SampledPoints(tuple(factor.path for factor in factors), low, high, np.column_stack(sweep.design.rows.columns))


def days_needed(scenario: Scenario, observations: Sequence[Observation]) -> int:
    """Return the number of days needed to read every observation."""
    last = max(item.seen_by or scenario.end_date for item in observations)
    return min((last - scenario.start_date).days + DAYS_AFTER, scenario.days)


def meets(item: Observation, values: np.ndarray, start: date) -> np.ndarray:
    """Return (runs,) bool: the run lies within the reports and the tolerance; an event that never occurs does not."""
    central, naive = as_number(item.observed[1], start), float(item.forecasts(start)["nothing_changes"][0])
    beyond = TOLERANCE * (NEVER_DAYS if np.isinf(naive) else abs(naive - central))
    return inside(item, values, start, beyond) & np.isfinite(values)
