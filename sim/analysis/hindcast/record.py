"""Runs that agree with the record: all observations together, not one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.analysis.clusters import pooled_share
from sim.analysis.hindcast.answers import answers_of
from sim.analysis.hindcast.observation import Observation, as_number
from sim.analysis.pooled import Pooled
from sim.analysis.where import Condition
from sim.experiments.store.ensemble import Results
from sim.record.readings import NoSeriesError
from sim.state.arrays import own_numerics


@dataclass(frozen=True, eq=False)
class Agreement:
    """met: (observations, runs) bool, the run lies within the range of reports.

    clusters: (runs, 2) row and run number of the runs of a sweep, None for an ensemble.
    """

    observations: tuple[Observation, ...]
    met: np.ndarray
    clusters: np.ndarray | None = None

    @property
    def share_by_observation(self) -> np.ndarray:
        """(observations,) share of the runs that meet it."""
        return self.met.mean(axis=1)

    @property
    def count_by_run(self) -> np.ndarray:
        """(runs,) number of observations that a run meets."""
        return self.met.sum(axis=0)

    @property
    def median_met(self) -> int:
        """Median number of observations met by a run."""
        return int(np.quantile(self.count_by_run, 0.5, method="inverted_cdf"))

    def all_met(self, only_fitted: bool = False) -> int:
        """Return the number of runs that meet every observation, or every one the model was fitted to."""
        return int(self._meets(only_fitted).sum())

    def share_of_all_met(self, only_fitted: bool = False) -> tuple[float | None, list[float] | None]:
        """Return the share of such runs and its 95% interval."""
        return pooled_share(self._meets(only_fitted), self.clusters)

    def _meets(self, only_fitted: bool) -> np.ndarray:
        rows = [item.used_to_fit or not only_fitted for item in self.observations]
        return np.asarray(self.met[rows].all(axis=0))


@own_numerics
def agreement(
    results: Results | Pooled, observations: Sequence[Observation], where: Condition | None = None
) -> Agreement:  # fmt: skip
    """Compare every run with every observation that the results cover; one that does not apply is not met.

    where: restricts the runs. Observations of an evening without a stored series are left out.
    """
    scenario, covered, met = results.scenario, [], []
    kept = np.ones(results.runs, bool) if where is None else where.holds(results.outcomes, results.series)
    for item in observations:
        if item.lies_within(scenario.start_date, scenario.end_date):
            try:
                met.append(inside(item, answers_of(item, results)[kept], scenario.start_date))
            except NoSeriesError:
                continue
            covered.append(item)
    clusters = results.clusters[kept] if isinstance(results, Pooled) else None
    return Agreement(tuple(covered), np.array(met, bool).reshape(len(covered), int(kept.sum())), clusters)


def inside(item: Observation, values: np.ndarray, start: date, beyond: float = 0.0) -> np.ndarray:
    """Return (runs,) bool: the value lies within the reports, or outside by at most `beyond`."""
    low, high = (as_number(x, start) for x in (item.observed[0], item.observed[2]))
    return (values >= low - beyond) & (values <= high + beyond)  # NaN is in no range
