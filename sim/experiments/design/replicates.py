"""The number of runs of a point, fixed or determined by a precision target, and whether points share random numbers.

Shared: run r has the same numbers in every point, so that differences are paired. Own: each row of uncertain values has
independent numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import stdtrit

from sim.ground.checks import first_repeated, shown
from sim.ground.errors import InputError
from sim.record.outcomes import CATEGORY, DATE, NUMBER, OUTCOMES, YES_NO, Outcome
from sim.record.statistics import LEVEL, wilson
from sim.scenario.files import check_known, near_miss

STATS = {"mean": (NUMBER,), "share": (YES_NO, DATE)}
"""Statistic -> types of outcome it applies to. The share of a date is the share of runs in which it occurred."""

DATES = frozenset(outcome.name for outcome in OUTCOMES if outcome.type == DATE)

SHARED, OWN = STREAMS = ("shared", "own")
FEWEST_HISTORIES = 8
"""With fewer runs a point has its own random numbers by default: so few shared histories do not represent chance, however
many points share them."""


def default_streams(runs: int) -> str:
    """Return the default of `streams`. runs: the fewest of a point."""
    return SHARED if runs >= FEWEST_HISTORIES else OWN


def streams_of(manifest: Mapping[str, Any], folder: Path) -> str:
    """Return `streams` of a sweep; a manifest without it is older than the setting and had shared numbers."""
    streams = manifest.get("streams", SHARED)
    if streams not in STREAMS:
        raise InputError(f"{folder / 'manifest.json'}: streams = {shown(streams)} must be one of {', '.join(STREAMS)}")
    return str(streams)


@dataclass(frozen=True)
class Criterion:
    """A precision target: the half-width of the 95% interval of a statistic is at most half_width.

    of_date: the outcome is a date that the user defines; its share is that of the runs in which it occurred.
    """

    outcome: str
    stat: str
    half_width: float
    of_date: bool = False

    def holds(self, values: np.ndarray) -> bool:
        """Whether (runs,) values meet the target; NaN if a date did not occur or the outcome does not apply."""
        if self.stat == "mean":
            return _half_width_of_mean(values[~np.isnan(values)]) <= self.half_width
        is_date = self.of_date or self.outcome in DATES
        occurred = ~np.isnan(values) if is_date else values[~np.isnan(values)] > 0
        return _half_width_of_share(occurred) <= self.half_width


@dataclass(frozen=True)
class Sequential:
    """Runs of a point: `least` first, then `step` more at a time until every criterion holds or there are `most`.

    Repeated checks stop slightly early on average: the intervals of such points cover slightly less than 95%.
    """

    least: int
    step: int
    most: int
    until: tuple[Criterion, ...]

    def wanted(self, present: np.ndarray, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return (points,) the number of runs that each point needs, given the results so far.

        present: (points, runs) bool. values: outcome -> (points, runs). It depends on the results only, so that it is the
        same however often a sweep was interrupted.
        """
        ready = np.where(present.all(axis=1), present.shape[1], present.argmin(axis=1))
        return np.array([self._of_point(int(n), {name: v[p] for name, v in values.items()}) for p, n in enumerate(ready)])

    def unsettled(self, present: np.ndarray, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return (points,) bool: the point has the most runs permitted and a criterion still does not hold."""
        at_limit = present[:, : self.most].sum(axis=1) >= self.most
        return at_limit & ~np.array(
            [all(c.holds(values[c.outcome][p, : self.most]) for c in self.until) for p in range(len(at_limit))]
        )

    def _of_point(self, ready: int, values: Mapping[str, np.ndarray]) -> int:
        runs = self.least
        while runs < self.most and runs <= ready and not all(c.holds(values[c.outcome][:runs]) for c in self.until):
            runs = min(runs + self.step, self.most)
        return runs


def _half_width_of_mean(values: np.ndarray) -> float:
    """Return half the width of Student's interval, inf for fewer than two values."""
    if len(values) < 2:
        return np.inf
    return float(stdtrit(len(values) - 1, 0.5 + LEVEL / 2) * values.std(ddof=1) / np.sqrt(len(values)))


def _half_width_of_share(holds: np.ndarray) -> float:
    """Return half the width of Wilson's interval, inf without a value."""
    _, interval = wilson(int(holds.sum()), len(holds))
    return np.inf if interval is None else (interval[1] - interval[0]) / 2


def read_criteria(raw: Any, where: str, outcomes: Sequence[Outcome] = OUTCOMES) -> tuple[Criterion, ...]:
    """Read the list under `until`. Raises InputError."""
    example = '[{ outcome = "truce_extensions", stat = "mean", half_width = 0.25 }]'
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw or not all(isinstance(x, Mapping) for x in raw):
        raise InputError(f"{where}until = {shown(raw)} must be a list, as in {example}")
    types = {outcome.name: outcome.type for outcome in outcomes if outcome.type != CATEGORY}
    criteria = tuple(_read_criterion(item, f"{where}until: ", types) for item in raw)
    if (duplicate := first_repeated(criteria, key=lambda item: item.outcome)) is not None:
        raise InputError(f"{where}until: {duplicate.outcome} is given twice; give it once")
    return criteria


def _read_criterion(raw: Mapping[str, Any], where: str, types: Mapping[str, str]) -> Criterion:
    check_known(raw, ("outcome", "stat", "half_width"), where)
    name, stat, half_width = str(raw.get("outcome")), raw.get("stat"), raw.get("half_width")
    if name not in types:
        raise InputError(
            f"{where}outcome = {shown(raw.get('outcome'))} is not an outcome with a mean or a share{near_miss(name, types)}"
        )
    if stat not in STATS or types[name] not in STATS[stat]:
        fits = next(stat for stat, of_types in STATS.items() if types[name] in of_types)
        raise InputError(f'{where}stat = {shown(stat)} of {name} must be "{fits}": it is a {types[name]}')
    if not isinstance(half_width, (int, float)) or isinstance(half_width, bool) or not half_width > 0:
        raise InputError(f"{where}half_width = {shown(half_width)} must be a number above 0")
    return Criterion(name, str(stat), float(half_width), types[name] == DATE and name not in DATES)
