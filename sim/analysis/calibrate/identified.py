"""What a calibration says of the values: which ones the record identifies, which it ties, which sums of them it narrows.

The points count as independent draws from the design, and the weights as so many equal ones (`Calibration.effective`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import kstwobign
from scipy.stats import t as student

from sim.analysis.calibrate.weights import FEW, Calibration, effective_size
from sim.state.arrays import own_numerics

LEVEL = 0.01
MOST_PAIRED = 12
POINTS_PER_VALUE = 4
ALL = "all"


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
    the observation is met over that in the design, 1 where it says nothing; None where too few points meet it to say.
    """

    observation: str
    paths: tuple[str, ...]
    shares: tuple[float, ...]
    spread: float | None


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
def paired(calibration: Calibration) -> list[tuple[str, str, float, float]]:
    """Return pairs of values that the record ties to each other: paths, weighted rank correlation, p below LEVEL.

    Looked for among the values whose spread changed most. p: of Student's t with as many draws as the weights say as much
    as, times the number of pairs. None are found where the weights say as much as fewer than FEW / 2 points.
    """
    design, weight, n = calibration.design, calibration.weight, calibration.effective
    if n < FEW / 2:
        return []
    kept = np.flatnonzero(weight)
    names = [value.path for value in identified(calibration)[:MOST_PAIRED]]
    columns = [design.paths.index(name) for name in names]
    ranks = [_ranks(design.points[kept, column], weight[kept]) for column in columns]
    rho = np.cov(ranks, aweights=weight[kept])
    rho /= np.sqrt(np.outer(rho.diagonal(), rho.diagonal()))
    p = 2.0 * student.sf(np.abs(rho) * np.sqrt((n - 2) / np.maximum(1 - rho**2, 1e-12)), n - 2)
    pairs = [(a, b) for a in range(len(names)) for b in range(a)]
    found = [(names[b], names[a], float(rho[a, b]), float(p[a, b] * len(pairs))) for a, b in pairs]
    return sorted((pair for pair in found if pair[3] < LEVEL), key=lambda pair: pair[3])


def _ranks(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return (n,) the share of the weight below each value, and half its own."""
    order = np.argsort(values)
    ranks = np.empty(len(values))
    ranks[order] = weight[order].cumsum() - weight[order] / 2
    return ranks


@own_numerics
def combined(calibration: Calibration) -> list[Combination]:
    """Return, for each observation and for all at once, the sum of values that it speaks of; none where no value weighs.

    The share of runs that meet it is regressed on the values, each over its range, and those are kept whose coefficient is
    further from 0 than chance would bring one of them at LEVEL. How much narrower the observation makes their sum is told by
    the half of the points that the sum is not from, where those that meet it say as much as FEW / 2. Needs POINTS_PER_VALUE
    points for each value, and says nothing on fewer.
    """
    design = calibration.design
    unit = (design.points - design.low) / (design.high - design.low) - 0.5
    if len(unit) < POINTS_PER_VALUE * len(design.paths):
        return []
    names = [*(item.name for item in calibration.observations), ALL]
    varied = [(name, met) for name, met in zip(names, calibration.met.T, strict=True) if np.ptp(met) > 0]
    whole, half = _Regression(unit), _Regression(unit[::2])
    made = (_combination(name, design.paths, whole, half, met) for name, met in varied)
    return [combination for combination in made if combination.paths]


def _combination(
    observation: str, paths: tuple[str, ...], whole: _Regression, half: _Regression, met: np.ndarray
) -> Combination:
    slope, p = whole.of(met)
    kept = np.flatnonzero(p * len(p) < LEVEL)
    kept = kept[np.argsort(-np.abs(slope[kept]))]
    if not len(kept):
        return Combination(observation, (), (), 1.0)
    shares = slope[kept] / np.abs(slope[kept]).sum()
    spread = _spread(whole.unit[1::2, kept], half.of(met[::2])[0][kept], met[::2], met[1::2])
    return Combination(observation, tuple(paths[index] for index in kept), tuple(shares.tolist()), spread)


def _spread(unit: np.ndarray, slope: np.ndarray, met_here: np.ndarray, met_there: np.ndarray) -> float | None:
    """Return the spread of a sum where the record is met, in points other than those that its slopes are from."""
    if min(effective_size(met_here), effective_size(met_there)) < FEW / 2 or np.ptp(met_here) == 0:
        return None
    sums = unit @ slope
    return float(np.sqrt(np.cov(sums, aweights=met_there) / np.var(sums)))


class _Regression:
    """Least squares on (points, values) each over its range; what does not depend on what is regressed is made once."""

    def __init__(self, unit: np.ndarray) -> None:
        self.unit, self._mean = unit, unit.mean(axis=0)
        self._inverse = np.linalg.inv(unit.T @ unit - len(unit) * np.outer(self._mean, self._mean))

    def of(self, met: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (values,) slopes of the share of runs that meet the record, and their p under no effect."""
        centred = met - met.mean()
        slope = self._inverse @ (centred @ self.unit)
        left = float(((centred - self.unit @ slope + self._mean @ slope) ** 2).sum())
        free = len(met) - len(slope) - 1
        error = np.sqrt(left / free * np.diag(self._inverse))
        return slope, 2.0 * student.sf(np.abs(slope) / np.maximum(error, 1e-300), free)
