"""Designs: which points of the space of levers and uncertainties a sweep plays, in an order that may stop half-way.

A point is a setting of every factor. The points over the uncertainties are crossed with the grid of the levers. Points are
numbered in the order they are played, from 0, the unchanged base where it is included. The first half of a design covers
its space as evenly as it can: a grid comes in a random order, a one-at-a-time design takes each value in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product, zip_longest
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.arrays import own_numerics
from sim.errors import InputError
from sim.experiments.factors import Factor, settings_of
from sim.experiments.replicates import SHARED
from sim.scenario import Scenario
from sim.scenario_entries import Value

if TYPE_CHECKING:
    from scipy.stats import qmc

METHODS = ("grid", "one-at-a-time", "lhs", "sobol", "table")
SAMPLED = ("lhs", "sobol")
MOST_POINTS = 1_000_000
MOST_VALUES = 20_000_000
"""Points times factors: a gigabyte in memory."""

MOST_SOBOL = 21201
"""Dimensions that scipy has direction numbers for (Joe and Kuo 2008)."""


@dataclass(frozen=True)
class Recipe:
    """How the points of a design are made.

    points and seed: of a sampled design. table: the rows of a table over the uncertainties, in order.
    """

    method: str
    levers: tuple[Factor, ...] = ()
    uncertainties: tuple[Factor, ...] = ()
    points: int = 0
    levels: int = 3
    seed: int = 0
    include_base: bool = True
    table: tuple[tuple[Value, ...], ...] = ()

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Levers, then uncertainties."""
        return self.levers + self.uncertainties


@dataclass(frozen=True)
class Design:
    """The points of a sweep.

    factors: what varies. rows: per point, the value of each factor. row_of_design: per point, which row of the design over
    the uncertainties it belongs to, -1 for the unchanged base.
    """

    factors: tuple[Factor, ...]
    rows: tuple[tuple[Value, ...], ...]
    row_of_design: tuple[int, ...] = field(repr=False)

    @property
    def points(self) -> int:
        """Number of points, the base included."""
        return len(self.rows)

    def scenario(self, point: int, base: Scenario) -> Scenario:
        """Return the scenario of a point."""
        if self.row_of_design[point] < 0:
            return base
        pairs = zip(self.factors, self.rows[point], strict=True)
        return base.with_values({f.path: settings_of(f, value, base) for f, value in pairs}, set_by=f"point {point}")

    def columns(self, points: Sequence[int]) -> dict[str, list[Value]]:
        """Return by path the values of a factor in these points: the columns of a block with a run of each.

        A design varies values only, so any of its points can be mixed in a block.
        """
        rows = [self.rows[point] for point in points]
        return {factor.path: [row[place] for row in rows] for place, factor in enumerate(self.factors)}

    def run_numbers(self, points: Sequence[int] | np.ndarray, runs: np.ndarray, streams: str) -> np.ndarray:
        """Return (n,) the numbers of the runs played for (point, run): each number stands for one set of random numbers.

        points, runs: (n,). Shared streams: run r of every point is number r. Own: run r of row u of the design is number
        r * rows + u, so that no two rows meet the same random numbers, the points that levers make of a row do, and runs
        that are added later leave the others as they are. The unchanged base is no row and stays out of what is pooled: it
        is played as an ensemble is, run r with number r, whatever the streams.
        """
        if streams == SHARED:
            return np.asarray(runs, np.int64)
        rows = np.array(self.row_of_design, np.int64)
        row = rows[np.asarray(points, np.int64)]
        return np.where(row < 0, runs, np.asarray(runs, np.int64) * (rows.max(initial=0) + 1) + row)

    def column(self, path: str) -> list[Value]:
        """Return the value of a factor in every point. Raises KeyError."""
        for place, factor in enumerate(self.factors):
            if factor.path == path:
                return [row[place] for row in self.rows]
        raise KeyError(path)


@own_numerics
def make_design(recipe: Recipe) -> Design:
    """Return the points of a recipe. Raises InputError where there are too many, or none."""
    over_uncertainties = _rows(recipe)
    combinations = _grid(recipe.levers, recipe.levels)
    size = len(over_uncertainties) * len(combinations) + recipe.include_base
    _check_size(size, len(recipe.factors))
    rows = [(number, lever + row) for number, row in enumerate(over_uncertainties) for lever in combinations]
    if recipe.method in ("grid", "one-at-a-time") and len(over_uncertainties) == 1:
        rows = _shuffled(rows, recipe.seed)  # levers alone
    if recipe.include_base:
        rows.insert(0, (-1, tuple(factor.before for factor in recipe.factors)))
    return Design(recipe.factors, tuple(row for _, row in rows), tuple(number for number, _ in rows))


def _rows(recipe: Recipe) -> list[tuple[Value, ...]]:
    """Return the rows of the design over the uncertainties, in the order they are played; one empty row for none."""
    varied = recipe.uncertainties
    if recipe.method == "table":
        return list(recipe.table)
    if not varied:
        return [()]
    if recipe.method == "grid":
        return _shuffled(_grid(varied, recipe.levels), recipe.seed)
    if recipe.method == "one-at-a-time":
        return _one_at_a_time(varied, recipe.levels)
    _check_size(recipe.points, len(varied))
    shares = _sampler(recipe).random(recipe.points)
    return list(zip(*(factor.at(shares[:, place]) for place, factor in enumerate(varied)), strict=True))


def _grid(factors: Sequence[Factor], levels: int) -> list[tuple[Value, ...]]:
    steps = [factor.steps(levels) for factor in factors]
    _check_size(prod(map(len, steps)), len(factors))
    return list(product(*steps))


def _check_size(points: int, factors: int) -> None:
    if points > MOST_POINTS:
        raise InputError(f"[design] has {points:,} points; a sweep takes at most {MOST_POINTS:,}")
    if points * factors > MOST_VALUES:
        most = MOST_VALUES // factors
        raise InputError(f"[design] has {points:,} points of {factors} values; a sweep of so many takes at most {most:,}")


def _one_at_a_time(factors: Sequence[Factor], levels: int) -> list[tuple[Value, ...]]:
    """Return rows in which one factor leaves the base: the ends of every factor first, then what is between."""
    before = tuple(factor.before for factor in factors)
    others = [_ends_first([v for v in factor.steps(levels) if v != factor.before]) for factor in factors]
    return [
        (*before[:place], value, *before[place + 1 :])
        for round_ in zip_longest(*others)
        for place, value in enumerate(round_)
        if value is not None
    ]


def _ends_first(values: list[Value]) -> list[Value]:
    return [values[place // 2 if place % 2 == 0 else -1 - place // 2] for place in range(len(values))]


def _sampler(recipe: Recipe) -> qmc.QMCEngine:
    from scipy.stats import qmc  # takes a worker, which draws no design, as long to import as numpy and scipy do

    dimensions, random = len(recipe.uncertainties), np.random.default_rng(recipe.seed)
    if recipe.method == "lhs":
        return qmc.LatinHypercube(dimensions, rng=random)
    if dimensions > MOST_SOBOL:
        raise InputError(f"[design] sobol takes at most {MOST_SOBOL} uncertainties; take lhs")
    return qmc.Sobol(dimensions, scramble=True, rng=random)


def _shuffled(rows: list[Any], seed: int) -> list[Any]:
    return [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))]


def described(recipe: Recipe) -> Mapping[str, Any]:
    """Return what of a recipe changes its points, as it goes into the hash and the manifest."""
    return {
        "method": recipe.method,
        "points": recipe.points,
        "levels": recipe.levels,
        "seed": recipe.seed,
        "include_base": recipe.include_base,
        "levers": [_described(factor) for factor in recipe.levers],
        "uncertainties": [_described(factor) for factor in recipe.uncertainties],
        "table": [list(row) for row in recipe.table],
    }


def _described(factor: Factor) -> dict[str, Any]:
    return {key: list(v) if isinstance(v, tuple) else v for key, v in vars(factor).items()}
