"""Approximate Bayesian computation: which sets of the uncertain values the record up to 20 January 2026 speaks for.

A space-filling design covers every uncertain value within its own sourced range. Each point is played, once unless asked
otherwise, and its weight is the share of its runs that meet every observation used to fit, within the reports' range and a
tolerance. Points drawn in proportion to their weight are an ensemble of plausible sets, not one best point. Method: Tavare
et al. 1997, Pritchard et al. 1999 (rejection), with the runs of a point as its draws. One run a point is rejection itself
and says the most of the values that so many runs can: of the baseline's over three times as much as 32 runs a point.
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
"""Days played beyond the last observation: a truce of 25 January is nearer to one of the 20th than none."""

TOLERANCE = 0.1
"""Beyond the range of the reports, as a share of the distance from the record to "nothing changes"."""

NEVER_DAYS = 30.0
"""That distance, in days, where "nothing changes" says never."""


FEW = 50
"""Effective sample size below which quantiles and sets rest on too few points: a share of a half is known to 14 points."""


@dataclass(frozen=True)
class Design:
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
    """A design, its observations, and (points, observations + 1) share of the runs that meet each, and all.

    interval: 95%, of the share of the runs that meet all, as far as so many points and runs know it.
    """

    design: Design
    observations: tuple[Observation, ...]
    met: np.ndarray
    interval: tuple[float, float] = (0.0, 1.0)

    @property
    def weight(self) -> np.ndarray:
        """(points,) share of the runs that meet every observation, scaled to sum 1; all 0 where no run does."""
        total = self.met[:, -1].sum()
        return self.met[:, -1] / total if total > 0 else self.met[:, -1]

    @property
    def effective(self) -> float:
        """Effective sample size: the number of equally weighted points that would say as much."""
        return effective_size(self.weight)

    @property
    def warning(self) -> str:
        """What to do where the effective sample size is small, "" where it is not."""
        if round(self.effective) >= FEW:
            return ""
        points = len(self.met) * FEW / max(self.effective, 1.0)
        enough = f"about {math.ceil(points / 1000) * 1000:,} or more"
        return (
            f"an effective sample size below {FEW}: quantiles and plausible sets rest on few points; give {enough} --points"
        )

    def draw(self, sets: int, seed: int) -> np.ndarray:
        """Return (sets,) points drawn systematically: a point of weight w comes about w times `sets` times."""
        start = np.random.default_rng(seed).random()
        ladder = (np.arange(sets) + start) / sets
        return np.minimum(np.searchsorted(self.weight.cumsum(), ladder), len(self.weight) - 1)


def effective_size(weights: np.ndarray) -> float:
    """Return the number of equal weights that would say as much as (n,) weights, 0 where all are 0. Source: Kish 1965."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def sweep_of(scenario: Scenario, observations: Sequence[Observation], points: int, runs: int) -> Sweep:
    """Return the sweep that a calibration is: a Latin hypercube over the ranges of the uncertain values.

    What is kept of each run is its answer to each observation. The columns of the design are paired at random: so few points
    of a Sobol sequence in so many dimensions would tie values to each other. Each point has random numbers of its own, so
    that points count as independent draws, also of what is chance.
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


def design_of(sweep: Sweep) -> Design:
    """Return the points of a calibration as arrays."""
    factors = sweep.recipe.uncertainties
    low, high = np.array([(factor.low, factor.high) for factor in factors]).T
    return Design(tuple(factor.path for factor in factors), low, high, np.column_stack(sweep.design.rows.columns))


def days_needed(scenario: Scenario, observations: Sequence[Observation]) -> int:
    """Return the days to play so that every observation can be read."""
    last = max(item.seen_by or scenario.end_date for item in observations)
    return min((last - scenario.start_date).days + DAYS_AFTER, scenario.days)


def meets(item: Observation, values: np.ndarray, start: date) -> np.ndarray:
    """Return (runs,) bool: the run lies within the reports and the tolerance. What did not come meets nothing."""
    central, naive = as_number(item.observed[1], start), float(item.forecasts(start)["nothing_changes"][0])
    beyond = TOLERANCE * (NEVER_DAYS if np.isinf(naive) else abs(naive - central))
    return inside(item, values, start, beyond) & np.isfinite(values)
