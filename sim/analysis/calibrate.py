"""Approximate Bayesian computation: which sets of the uncertain values the record up to 20 January 2026 speaks for.

A space-filling design covers every uncertain value within its own sourced range. Each point is played as a short ensemble,
and its weight is the share of its runs that meet every observation used to fit, within the reports' range and a tolerance.
Points drawn in proportion to their weight are an ensemble of plausible sets, not one best point. Method: Tavare et al. 1997,
Pritchard et al. 1999 (rejection), with the runs of a point as its draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.stats import kstwobign, spearmanr
from scipy.stats import t as student

from sim.analysis.answers import BY_NAME, answers
from sim.analysis.observation import Observation, as_number
from sim.analysis.record import inside
from sim.arrays import own_numerics
from sim.experiments.design import Recipe
from sim.experiments.factors import Factor
from sim.experiments.manifest import CALIBRATION
from sim.experiments.replicates import default_streams
from sim.experiments.sweep_file import Sweep
from sim.history import History
from sim.outcomes import read_for
from sim.scenario import Scenario

DAYS_AFTER = 5
"""Days played beyond the last observation: a truce of 25 January is nearer to one of the 20th than none."""

TOLERANCE = 0.1
"""Beyond the range of the reports, as a share of the distance from the record to "nothing changes"."""

NEVER_DAYS = 30.0
"""That distance, in days, where "nothing changes" says never."""

LEVEL = 0.01
MOST_PAIRED = 12
POINTS_PER_VALUE = 4
ALL = "all"


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


@dataclass(frozen=True)
class Identified:
    """What the record says of one value: its weighted 5% and 95% quantiles within [low, high].

    p: of a Kolmogorov-Smirnov distance as large from the uniform distribution over the range, times the number of values.
    """

    path: str
    low: float
    high: float
    p05: float
    p95: float
    p: float

    @property
    def identified(self) -> bool:
        """The weight is spread otherwise than the design."""
        return self.p < LEVEL


@dataclass(frozen=True)
class Combination:
    """A sum of values, each over its range, that the runs which meet an observation, or ALL of them, have in common.

    shares: of each value in the sum, signed, the largest first, their sizes adding up to 1. spread: that of the sum where
    the observation is met over that in the design, 1 where it says nothing.
    """

    observation: str
    paths: tuple[str, ...]
    shares: tuple[float, ...]
    spread: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """A design, its observations, and (points, observations + 1) share of the runs that meet each, and all."""

    design: Design
    observations: tuple[Observation, ...]
    met: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        """(points,) share of the runs that meet every observation, scaled to sum 1; all 0 where no run does."""
        total = self.met[:, -1].sum()
        return self.met[:, -1] / total if total > 0 else self.met[:, -1]

    @property
    def effective(self) -> float:
        """Number of equally weighted points that would say as much (Kish)."""
        squares = (self.weight**2).sum()
        return float(1.0 / squares) if squares > 0 else 0.0

    def draw(self, sets: int, seed: int) -> np.ndarray:
        """Return (sets,) points drawn systematically: a point of weight w comes about w times `sets` times."""
        start = np.random.default_rng(seed).random()
        ladder = (np.arange(sets) + start) / sets
        return np.minimum(np.searchsorted(self.weight.cumsum(), ladder), len(self.weight) - 1)


def uncertain(scenario: Scenario) -> tuple[str, ...]:
    """Return the paths of the values that calibration may move: uncertain numbers with a range of some width."""
    return tuple(
        path
        for path, entry in scenario.entries.items()
        if entry.kind == "uncertainty"
        and entry.range is not None
        and entry.range[0] < entry.range[1]
        and isinstance(entry.value, float)
    )


def sweep_of(scenario: Scenario, observations: Sequence[Observation], points: int, runs: int) -> Sweep:
    """Return the sweep that a calibration is: a Latin hypercube over the ranges of the uncertain values.

    What is kept of each run is its answer to each observation. The columns of the design are paired at random: so few points
    of a Sobol sequence in so many dimensions would tie values to each other.
    """
    entries = {path: scenario.entries[path] for path in uncertain(scenario)}
    ranges = {path: entry.range for path, entry in entries.items() if entry.range is not None}
    factors = tuple(Factor(path, entries[path].value, low=low, high=high) for path, (low, high) in ranges.items())
    recipe = Recipe("lhs", uncertainties=factors, points=points, seed=scenario.seed, include_base=False)
    base = scenario.with_values({"days": days_needed(scenario, observations)}, set_by="calibrate")
    columns = tuple(map(column_of, observations))
    name = f"calibrate-{scenario.name}"
    streams = default_streams(runs)
    return Sweep(
        name, scenario.title, "", base, recipe, runs, "none", "", streams=streams, kind=CALIBRATION, columns=columns
    )


def column_of(item: Observation) -> str:
    """Return the name of the column that holds what runs say of an observation: what it is of, and when."""
    said = [item.outcome, item.event and item.event.text, item.since and f"since {item.since}", item.by and f"by {item.by}"]
    return f"{item.name} ({', '.join(str(each) for each in said if each)}, at {item.read})"


def design_of(sweep: Sweep) -> Design:
    """Return the points of a calibration as arrays."""
    factors = sweep.recipe.uncertainties
    low, high = np.array([(factor.low, factor.high) for factor in factors]).T
    return Design(tuple(factor.path for factor in factors), low, high, np.column_stack(sweep.design.rows.columns))


def answers_in(observations: Sequence[Observation], history: History) -> dict[str, np.ndarray]:
    """Return what runs that were played say of each observation, (runs,) each by column."""
    end = history.start_date + timedelta(history.days)
    made = {}
    for item in observations:
        table = {name: np.asarray(BY_NAME[name].of(history), float) for name in read_for(BY_NAME[item.outcome])}
        made[column_of(item)] = np.asarray(answers(item, table, history, end), float)
    return made


def days_needed(scenario: Scenario, observations: Sequence[Observation]) -> int:
    """Return the days to play so that every observation can be read."""
    last = max(item.seen_by or scenario.end_date for item in observations)
    return min((last - scenario.start_date).days + DAYS_AFTER, scenario.days)


def meets(item: Observation, values: np.ndarray, start: date) -> np.ndarray:
    """Return (runs,) bool: the run lies within the reports and the tolerance. What did not come meets nothing."""
    central, naive = as_number(item.observed[1], start), float(item.forecasts(start)["nothing_changes"][0])
    beyond = TOLERANCE * (NEVER_DAYS if np.isinf(naive) else abs(naive - central))
    return inside(item, values, start, beyond) & np.isfinite(values)


@own_numerics
def identified(calibration: Calibration) -> list[Identified]:
    """Return what the record says of each value, the most identified first."""
    design, weight = calibration.design, calibration.weight
    found = []
    for index, path in enumerate(design.paths):
        values = design.points[:, index]
        order = np.argsort(values)
        reached = weight[order].cumsum()
        share = (values[order] - design.low[index]) / (design.high[index] - design.low[index])
        p = kstwobign.sf(np.abs(reached - share).max() * np.sqrt(calibration.effective)) * len(design.paths)
        p05, p95 = (
            float(values[order][min(int(np.searchsorted(reached, level)), len(values) - 1)]) for level in (0.05, 0.95)
        )
        low, high = float(design.low[index]), float(design.high[index])
        found.append(Identified(path, low, high, p05, p95, float(min(p, 1.0))))
    return sorted(found, key=lambda value: value.p)


@own_numerics
def paired(calibration: Calibration, drawn: np.ndarray) -> list[tuple[str, str, float, float]]:
    """Return pairs of values that the record ties to each other: paths, rank correlation over the sets, p below LEVEL.

    drawn: (sets,) points as `draw` gives them. Looked for among the values whose spread changed most.
    """
    design, points = calibration.design, np.unique(drawn)
    names = [value.path for value in identified(calibration)[:MOST_PAIRED]]
    columns = [design.paths.index(name) for name in names]
    pairs = [(a, b) for a in range(len(names)) for b in range(a)]
    found = []
    for a, b in pairs:
        rho, p = spearmanr(design.points[points, columns[a]], design.points[points, columns[b]])
        if p * len(pairs) < LEVEL:
            found.append((names[b], names[a], float(rho), float(p * len(pairs))))
    return sorted(found, key=lambda pair: pair[3])


@own_numerics
def combined(calibration: Calibration) -> list[Combination]:
    """Return, for each observation and for all at once, the sum of values that it speaks of; none where no value weighs.

    The share of runs that meet it is regressed on the values, each over its range, and those are kept whose coefficient is
    further from 0 than chance would bring one of them at LEVEL. How much narrower the observation makes their sum is told by
    the half of the points that the sum is not from. Needs POINTS_PER_VALUE points for each value, and says nothing on fewer.
    """
    design = calibration.design
    unit = (design.points - design.low) / (design.high - design.low) - 0.5
    if len(unit) < POINTS_PER_VALUE * len(design.paths):
        return []
    names = [*(item.name for item in calibration.observations), ALL]
    varied = [(name, met) for name, met in zip(names, calibration.met.T, strict=True) if np.ptp(met) > 0]
    made = (_combination(name, design.paths, unit, met) for name, met in varied)
    return [combination for combination in made if combination.paths]


def _combination(observation: str, paths: tuple[str, ...], unit: np.ndarray, met: np.ndarray) -> Combination:
    slope, p = _regressed(unit, met)
    kept = np.flatnonzero(p * len(p) < LEVEL)
    kept = kept[np.argsort(-np.abs(slope[kept]))]
    if not len(kept):
        return Combination(observation, (), (), 1.0)
    one, other = slice(0, None, 2), slice(1, None, 2)
    half, _ = _regressed(unit[one], met[one])
    sums = unit[other][:, kept] @ half[kept]
    spread = np.sqrt(np.cov(sums, aweights=met[other]) / np.var(sums))
    shares = slope[kept] / np.abs(slope[kept]).sum()
    return Combination(observation, tuple(paths[index] for index in kept), tuple(shares.tolist()), float(spread))


def _regressed(unit: np.ndarray, met: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (values,) slopes of the share of runs that meet the record, by least squares, and their p under no effect."""
    x = np.column_stack([np.ones(len(unit)), unit])
    inverse = np.linalg.inv(x.T @ x)
    slope = inverse @ x.T @ met
    free = len(x) - x.shape[1]
    error = np.sqrt(np.sum((met - x @ slope) ** 2) / free * np.diag(inverse))
    return slope[1:], 2.0 * student.sf(np.abs(slope[1:]) / np.maximum(error[1:], 1e-300), free)
