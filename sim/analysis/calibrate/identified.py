"""Results of a calibration: values that the record identifies, pairs that it correlates, sums that it narrows.

The points are treated as independent draws from the design, with the effective sample size of the weights.
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
    """The distribution of one value given the record: weighted 5% and 95% quantiles within [low, high].

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
        """Whether the weighted distribution differs from the design."""
        return self.p < LEVEL


@dataclass(frozen=True)
class Combination:
    """A weighted sum of values, each scaled to its range, that an observation, or ALL of them, constrains.

    shares: signed weights of the values, largest first, absolute values summing to 1. spread: standard deviation of the sum
    among points that meet the observation over that in the design, 1 without information; None with too few such points.
    """

    observation: str
    paths: tuple[str, ...]
    shares: tuple[float, ...]
    spread: float | None


@own_numerics
def identified(calibration: Calibration) -> list[Identified]:
    """Return the distribution of each value given the record, the most identified first."""
    design, weight = calibration.design, calibration.weight
    rows = []
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
        rows.append(Identified(path, low, high, p05, p95, float(min(p, 1.0))))
    return sorted(rows, key=lambda value: value.p)


@own_numerics
def paired(calibration: Calibration) -> list[tuple[str, str, float, float]]:
    """Return pairs of values that the record correlates: paths, weighted rank correlation, p below LEVEL.

    Only the values whose distribution changed most are examined. p: of Student's t with the effective sample size, times the
    number of pairs. The list is empty for an effective sample size below FEW / 2.
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
    results = [(names[b], names[a], float(rho[a, b]), float(p[a, b] * len(pairs))) for a, b in pairs]
    return sorted((pair for pair in results if pair[3] < LEVEL), key=lambda pair: pair[3])


def _ranks(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return (n,) the share of the weight below each value, and half its own."""
    order = np.argsort(values)
    ranks = np.empty(len(values))
    ranks[order] = weight[order].cumsum() - weight[order] / 2
    return ranks


@own_numerics
def combined(calibration: Calibration) -> list[Combination]:
    """Return, for each observation and for all together, the sum of values that it constrains; none without an effect.

    The share of runs that meet it is regressed on the values, each scaled to its range; values with a coefficient
    significant at LEVEL (with Bonferroni correction) are kept. The spread of their sum is estimated on the half of the
    points that was not used for its slopes, if the effective sample size of those that meet it is FEW / 2 or more. The list
    is empty with fewer than POINTS_PER_VALUE points per value.
    """
    design = calibration.design
    unit = (design.points - design.low) / (design.high - design.low) - 0.5
    if len(unit) < POINTS_PER_VALUE * len(design.paths):
        return []
    names = [*(item.name for item in calibration.observations), ALL]
    varied = [(name, met) for name, met in zip(names, calibration.met.T, strict=True) if np.ptp(met) > 0]
    full, half = _Regression(unit), _Regression(unit[::2])
    combinations = (_combination(name, design.paths, full, half, met) for name, met in varied)
    return [combination for combination in combinations if combination.paths]


def _combination(
    observation: str, paths: tuple[str, ...], full: _Regression, half: _Regression, met: np.ndarray
) -> Combination:
    slope, p = full.of(met)
    kept = np.flatnonzero(p * len(p) < LEVEL)
    kept = kept[np.argsort(-np.abs(slope[kept]))]
    if not len(kept):
        return Combination(observation, (), (), 1.0)
    shares = slope[kept] / np.abs(slope[kept]).sum()
    spread = _spread(full.unit[1::2, kept], half.of(met[::2])[0][kept], met[::2], met[1::2])
    return Combination(observation, tuple(paths[index] for index in kept), tuple(shares.tolist()), spread)


def _spread(unit: np.ndarray, slope: np.ndarray, met_fitting: np.ndarray, met_testing: np.ndarray) -> float | None:
    """Return the relative spread of a sum among points that meet the record, in points not used for its slopes."""
    if min(effective_size(met_fitting), effective_size(met_testing)) < FEW / 2 or np.ptp(met_fitting) == 0:
        return None
    sums = unit @ slope
    return float(np.sqrt(np.cov(sums, aweights=met_testing) / np.var(sums)))


class _Regression:
    """Least squares on (points, values), each scaled to its range; the inverse is computed once for all responses."""

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
