"""Time from one dated event to another, censored in runs in which the second had not come by the last day.

Survival by Kaplan and Meier with log-log intervals (scipy.stats.ecdf over CensoredData).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Duration:
    """A stretch of time between two dated outcomes."""

    title: str
    first: str
    second: str


DURATIONS = (
    Duration("From the first truce to renewed fighting", "truce_agreed_on", "fighting_resumed_on"),
    Duration("From the first truce to an integration deal", "truce_agreed_on", "deal_reached_on"),
    Duration("From the request to the last Russian at Qamishli", "withdrawal_requested_on", "last_russian_left_on"),
    Duration("From the first load out of Qamishli to 95% of it", "withdrawal_started_on", "qamishli_95_percent_out_on"),
)


@dataclass(frozen=True, eq=False)
class Survival:
    """Share of the runs that are still waiting after (steps,) days, with its interval.

    n: runs in which the first event came; ended: of these, in which the second came.
    """

    days: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int
    ended: int

    @property
    def median(self) -> float | None:
        """Days after which half of the runs have ended, None where fewer have."""
        below = self.share <= 0.5
        return float(self.days[below.argmax()]) if below.any() else None


def survival(duration: Duration, outcomes: Mapping[str, np.ndarray], limit: float) -> Survival | None:
    """Return the survival over the runs in which the first event came by `limit` days; None where it came in none.

    A wait that had not ended by then is censored at `limit`.
    """
    first, second = outcomes[duration.first], outcomes[duration.second]
    began = first <= limit
    first, second = first[began], second[began]
    if not len(first):
        return None
    ended = second <= limit
    waited = np.where(ended, second, limit) - first
    return of_sample(waited, ended)


def of_sample(waited: np.ndarray, ended: np.ndarray) -> Survival:
    """Return the survival of a sample. waited: (runs,) days; ended: (runs,) bool, else it was still waiting."""
    estimate = stats.ecdf(stats.CensoredData(uncensored=waited[ended], right=waited[~ended])).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no interval before the first end and after the last
        ends = estimate.confidence_interval(method="log-log")
    shares = estimate.probabilities
    low = np.where(np.isnan(ends.low.probabilities), (shares >= 1.0).astype(float), ends.low.probabilities)
    high = np.where(np.isnan(ends.high.probabilities), shares, ends.high.probabilities)
    return Survival(estimate.quantiles, shares, low, high, len(waited), int(ended.sum()))
