"""Designs: the points of the space of levers and uncertainties that a sweep runs, in an order that can be cut short.

A point is one value of every factor. The points over the uncertainties are crossed with the grid of the levers. Points are
numbered from 0 in the order they are run; point 0 is the unchanged base if it is included. The first half of a design covers
its space as evenly as possible: a grid is in random order, a one-at-a-time design takes each value in turn.

A lever may have scenarios as its values. Values that such a scenario sets differently from the base override the design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import product, zip_longest
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.experiments.design.factors import SCENARIO, Factor
from sim.experiments.design.replicates import SHARED
from sim.experiments.design.rows import Rows, as_column, replaced
from sim.experiments.design.what_ifs import WhatIf, columns_of, grouped
from sim.ground.errors import InputError
from sim.scenario.entries import Value
from sim.scenario.scenario import Scenario
from sim.state.arrays import own_numerics
from sim.state.values import Columns

if TYPE_CHECKING:
    from scipy.stats import qmc

METHODS = ("grid", "one-at-a-time", "lhs", "sobol", "table")
SAMPLED = ("lhs", "sobol")
MOST_POINTS = 1_000_000
MOST_VALUES = 20_000_000
"""Largest number of points times factors, about a gigabyte in memory."""

MOST_SOBOL = 21201
"""Largest number of dimensions with direction numbers in scipy (Joe and Kuo 2008)."""


@dataclass(frozen=True)
class Recipe:
    """Specification of a design.

    points, seed: of a sampled design. table: the rows of a table over the uncertainties, in order. what_ifs: by name, the
    scenarios of a lever other than the base.
    """

    method: str
    levers: tuple[Factor, ...] = ()
    uncertainties: tuple[Factor, ...] = ()
    points: int = 0
    levels: int = 3
    seed: int = 0
    include_base: bool = True
    table: tuple[tuple[Value, ...], ...] = ()
    what_ifs: Mapping[str, WhatIf] = field(default_factory=dict)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Levers, then uncertainties."""
        return self.levers + self.uncertainties


@dataclass(frozen=True, eq=False)
class Block:
    """Points that are run together, one run of each.

    places: (runs,) indices into the requested points. scenario, columns: arguments of TheatreModel.
    """

    places: np.ndarray
    scenario: Scenario
    columns: tuple[Columns, ...]


@dataclass(frozen=True)
class Design:
    """The points of a sweep.

    factors: the values that vary. rows: per point, the value of each factor in the run. row_of_design: per point, the row of
    the design over the uncertainties, -1 for the unchanged base. scenarios: by name, those of a lever other than the base;
    the name is "" if all points belong to one scenario that continues from the base.
    """

    factors: tuple[Factor, ...]
    rows: Rows
    row_of_design: tuple[int, ...] = field(repr=False)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict, compare=False, repr=False)

    @property
    def points(self) -> int:
        """Number of points, including the base."""
        return len(self.rows)

    @property
    def scenario_names(self) -> tuple[str, ...]:
        """Names of the scenarios of a lever, none if no lever lists any."""
        return next((tuple(map(str, factor.values)) for factor in self.factors if factor.path == SCENARIO), ())

    def scenario(self, point: int, base: Scenario) -> Scenario:
        """Return the scenario of a point."""
        what_if = self.what_if(self.names([point])[0], base)
        if self.row_of_design[point] < 0:
            return what_if.scenario
        pairs = zip(self.factors, self.rows[point], strict=True)
        varied = [(factor, value) for factor, value in pairs if factor.path != SCENARIO]
        return what_if.with_values(varied, set_by=f"point {point}")

    def what_if(self, name: str, base: Scenario) -> WhatIf:
        """Return the scenario of this name in the lever of scenarios, the base for any other name."""
        return WhatIf(self.scenarios.get(name, base), base)

    def blocks(self, points: Sequence[int], base: Scenario) -> list[Block]:
        """Return blocks with one run of each of these points, mixed as far as their scenarios allow."""
        names = self.names(points)
        what_ifs = {name: self.what_if(name, base) for name in dict.fromkeys(names)}
        group = grouped(what_ifs)
        blocks = []
        for number in sorted(set(group.values())):
            places = [place for place, name in enumerate(names) if group[name] == number]
            mixed = {name: what_if for name, what_if in what_ifs.items() if group[name] == number}
            selected = np.array(points, np.int64)[places]
            pairs = zip(self.factors, self.rows.columns, strict=True)
            varied = {factor.path: column[selected].tolist() for factor, column in pairs if factor.path != SCENARIO}
            columns = columns_of(mixed, [names[place] for place in places], varied)
            blocks.append(Block(np.array(places), next(iter(mixed.values())).scenario, columns))
        return blocks

    def names(self, points: Sequence[int]) -> list[str]:
        """Return the name of the scenario of each of these points, "" if no lever lists scenarios."""
        if not self.scenario_names:
            return [""] * len(points)
        lever = self.rows.columns[self._place(SCENARIO)]
        return [str(lever[point]) for point in points]

    def run_numbers(self, points: Sequence[int] | np.ndarray, runs: np.ndarray, streams: str) -> np.ndarray:
        """Return (n,) run numbers of (point, run): each number identifies one set of random numbers.

        points, runs: (n,). Shared streams: run r of every point has number r. Own streams: run r of row u of the design has
        number r * rows + u. Then rows never share random numbers, the points that levers make of a row do, and runs added
        later do not change the others. The unchanged base is not a row and is not pooled; as in an ensemble, its run r has
        number r with either setting.
        """
        if streams == SHARED:
            return np.asarray(runs, np.int64)
        rows = np.array(self.row_of_design, np.int64)
        row = rows[np.asarray(points, np.int64)]
        return np.where(row < 0, runs, np.asarray(runs, np.int64) * (rows.max(initial=0) + 1) + row)

    def column(self, path: str) -> list[Value]:
        """Return the value of a factor in every point. Raises KeyError."""
        return list(self.rows.columns[self._place(path)].tolist())

    def _place(self, path: str) -> int:
        places = {factor.path: place for place, factor in enumerate(self.factors)}
        return places[path]

    def drawn(self, path: str, base: Scenario) -> list[Value]:
        """Return the value that the design drew for a factor in every point, also if a what-if overrides it.

        It is the base's value if every point of the row overrides the drawn one. Raises KeyError.
        """
        column = self.column(path)
        levers = self.scenarios if self.scenario_names and path != SCENARIO else ()
        fixing = {name for name in levers if path in self.what_if(name, base).own}
        if not fixing:
            return column
        before = self.factors[self._place(path)].before
        points = list(zip(self.row_of_design, column, self.column(SCENARIO), strict=True))
        played = {row: value for row, value, name in points if name not in fixing}
        return [played.get(row, before) for row, _, _ in points]


@own_numerics
def make_design(recipe: Recipe) -> Design:
    """Return the points of a recipe. Raises InputError if there are too many, or none."""
    uncertain, levers = _rows(recipe), Rows.of(_grid(recipe.levers, recipe.levels), len(recipe.levers))
    size = len(uncertain) * len(levers) + recipe.include_base
    _check_size(size, len(recipe.factors))
    row, lever = np.divmod(np.arange(len(uncertain) * len(levers)), len(levers))
    if recipe.method in ("grid", "one-at-a-time") and len(uncertain) == 1:
        order = _order(len(row), recipe.seed)  # levers only
        row, lever = row[order], lever[order]
    columns = [column[lever] for column in levers.columns] + [column[row] for column in uncertain.columns]
    if recipe.include_base:
        row = np.insert(row, 0, -1)
        pairs = zip(recipe.factors, columns, strict=True)
        columns = [as_column([factor.before, *column.tolist()]) for factor, column in pairs]
    scenarios = {name: what_if.scenario for name, what_if in recipe.what_ifs.items()}
    return Design(recipe.factors, Rows(_played(recipe, columns), size), tuple(row.tolist()), scenarios)


def _played(recipe: Recipe, columns: list[np.ndarray]) -> list[np.ndarray]:
    """Replace drawn values by those that a what-if sets, in its points."""
    paths = [factor.path for factor in recipe.factors]
    for name, what_if in recipe.what_ifs.items() if SCENARIO in paths else ():
        where = columns[paths.index(SCENARIO)] == name
        own = {path: value for path, value in what_if.own.items() if path in paths}
        columns = [replaced(c, where, own[p]) if p in own else c for p, c in zip(paths, columns, strict=True)]
    return columns


def _rows(recipe: Recipe) -> Rows:
    """Return the rows of the design over the uncertainties, in the order of the runs; one empty row if there are none."""
    varied = recipe.uncertainties
    if recipe.method in SAMPLED and varied:
        _check_size(recipe.points, len(varied))
        shares = _sampler(recipe).random(recipe.points)
        return Rows((as_column(factor.at(shares[:, place])) for place, factor in enumerate(varied)), recipe.points)
    return Rows.of(_listed(recipe), len(varied))


def _listed(recipe: Recipe) -> Sequence[tuple[Value, ...]]:
    varied = recipe.uncertainties
    if recipe.method == "table":
        return recipe.table
    if not varied:
        return [()]
    if recipe.method == "one-at-a-time":
        return _one_at_a_time(varied, recipe.levels)
    combinations = _grid(varied, recipe.levels)
    return [combinations[place] for place in _order(len(combinations), recipe.seed)]


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
    """Return rows in which one factor differs from the base: the ends of every factor first, then the values between."""
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
    from scipy.stats import qmc  # slow to import, and workers do not need it

    dimensions, random = len(recipe.uncertainties), np.random.default_rng(recipe.seed)
    if recipe.method == "lhs":
        return qmc.LatinHypercube(dimensions, rng=random)
    if dimensions > MOST_SOBOL:
        raise InputError(f"[design] sobol takes at most {MOST_SOBOL} uncertainties; use lhs")
    return qmc.Sobol(dimensions, scramble=True, rng=random)


def _order(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(rows)


def described(recipe: Recipe) -> Mapping[str, Any]:
    """Return the parts of a recipe that change its points, for the hash and the manifest; what-ifs by their hashes."""
    description = {item.name: getattr(recipe, item.name) for item in fields(recipe) if item.name != "what_ifs"}
    description |= {name: [asdict(factor) for factor in description[name]] for name in ("levers", "uncertainties")}
    hashes = {name: what_if.scenario.hash for name, what_if in recipe.what_ifs.items()}
    return description | ({"scenarios": hashes} if hashes else {})
