"""Share of the variance between the points of a sweep that each factor explains by itself.

What counts as one observation depends on the design. Sampled uncertainties have one for each row of the design, the mean
over the levers it is crossed with; levers are compared within rows. In a grid every factor is compared with the residual
of the additive model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.sensitivity.point_values import PointValues
from sim.analysis.sensitivity.variance import Share, codes, dummy_share, left_over, number_of_bins, share

GROUPS = 20


@dataclass(frozen=True, eq=False)
class Layout:
    """The points of a sweep as observations of its factors.

    rows: (points,) row of the design. columns: (points,) values of each factor. is_lever: of each factor. is_grid: every
    factor is crossed with every other.
    """

    found: PointValues
    rows: np.ndarray
    columns: tuple[np.ndarray, ...]
    is_lever: tuple[bool, ...]
    is_grid: bool

    @property
    def observations(self) -> int:
        """Number of independent observations of a factor of the design."""
        return len(self.rows) if self.is_grid else len(np.unique(self.rows))

    def shares(self) -> list[Share]:
        """Return the share of each factor of the variance of the points' means."""
        means = self.found.means
        total, bins = float(means.var()), number_of_bins(self.observations)
        if self.is_grid:
            coded = [codes(column, bins=len(np.unique(column))) for column in self.columns]
            error = left_over(coded, means)
            return [share(code, means, total, error) for code in coded]
        levers = iter(self._of_levers(means, total))
        first, averaged = self._by_row(means)
        return [
            next(levers) if lever else share(codes(column[first], bins), averaged, total)
            for column, lever in zip(self.columns, self.is_lever, strict=True)
        ]

    def _by_row(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each row the place of a point of it, and its mean clear of the levers' effects."""
        _, first, row = np.unique(self.rows, return_index=True, return_inverse=True)
        combination = self._combination()
        effect = np.bincount(combination, means) / np.bincount(combination)
        return first, np.bincount(row, means - effect[combination]) / np.bincount(row)

    def _combination(self) -> np.ndarray:
        """Return (points,) index of the combination of levers."""
        levers = [codes(c, bins=len(c)) for c, lever in zip(self.columns, self.is_lever, strict=True) if lever]
        if not levers:
            return np.zeros(len(self.rows), int)
        return np.unique(np.column_stack(levers), axis=0, return_inverse=True)[1].ravel()

    def _of_levers(self, means: np.ndarray, total: float) -> list[Share]:
        levers = [codes(c, bins=len(c)) for c, lever in zip(self.columns, self.is_lever, strict=True) if lever]
        if not levers:
            return []
        _, row = np.unique(self.rows, return_inverse=True)
        within = means - (np.bincount(row, means) / np.bincount(row))[row]
        error = left_over(levers, within, lost=row.max())
        return [share(code, within, total, error) for code in levers]

    def dummy(self) -> float:
        """Return the share that 95% of factors without effect stay below."""
        means, bins = self.found.means, number_of_bins(self.observations)
        if self.is_grid:
            return dummy_share(means, bins)
        averaged = self._by_row(means)[1]
        total = float(means.var())
        return dummy_share(averaged, bins) * float(averaged.var()) / total if total else 0.0

    def without_groups(self) -> Iterator[Layout]:
        """Yield the layout without each group of observations: rows drawn, or the runs of a grid, whose points are set."""
        random = np.random.default_rng(0)
        if self.is_grid:
            runs = random.permutation(self.found.values.shape[1])
            for group in range(min(GROUPS, len(runs))):
                yield self._kept(np.s_[:], np.sort(np.delete(runs, np.s_[group::GROUPS])))
            return
        rows = random.permutation(np.unique(self.rows))
        for group in range(min(GROUPS, len(rows))):
            yield self._kept(~np.isin(self.rows, rows[group::GROUPS]), np.s_[:])

    def _kept(self, points: np.ndarray | slice, runs: np.ndarray | slice) -> Layout:
        values = self.found.values[points][:, runs]
        known = ~np.isnan(values).all(axis=1)
        found = PointValues(self.found.points[points][known], values[known])
        columns: Sequence[np.ndarray] = [column[points][known] for column in self.columns]
        return Layout(found, self.rows[points][known], tuple(columns), self.is_lever, self.is_grid)
