"""Which runs came out as the documented record has it: every observation at once, not one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.analysis.observations import Observation
from sim.analysis.pooled import Pooled
from sim.arrays import own_numerics
from sim.experiments.results import Results


@dataclass(frozen=True, eq=False)
class Agreement:
    """met: (observations, runs) bool, the run lies inside the observation's range of reports."""

    observations: tuple[Observation, ...]
    met: np.ndarray

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
        """Number of observations that half of the runs meet or pass."""
        return int(np.quantile(self.count_by_run, 0.5, method="inverted_cdf"))

    def all_met(self, only_fitted: bool = False) -> int:
        """Return the number of runs that meet every observation, or every one the model was fitted to."""
        rows = [item.used_to_fit or not only_fitted for item in self.observations]
        return int(self.met[rows].all(axis=0).sum())


@own_numerics
def agreement(results: Results | Pooled, observations: Sequence[Observation]) -> Agreement:
    """Compare every run with every observation that the scenario covers; a question that did not arise is not met."""
    scenario = results.scenario
    covered = tuple(item for item in observations if item.lies_within(scenario.start_date, scenario.end_date))
    met = [_inside(item, results.outcomes[item.outcome], scenario.start_date) for item in covered]
    return Agreement(covered, np.array(met, bool).reshape(len(covered), results.runs))


def _inside(item: Observation, values: np.ndarray, start: date) -> np.ndarray:
    ends = (item.observed[0], item.observed[2])
    low, high = ((x - start).days if isinstance(x, date) else float(x) for x in ends)
    return (values >= low) & (values <= high)  # NaN is in no range
