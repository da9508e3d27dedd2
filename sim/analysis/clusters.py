"""Statistics of runs that are not independent: those of one row of a design share its values, those of one number chance.

Where every point has the random numbers of the same runs, these two ways of depending on each other are crossed, and a mean
over a thousand points of four runs is a mean over four random histories. Where each row has random numbers of its own, its
runs are one cluster. Standard errors: two-way clusters (Cameron, Gelbach and Miller 2011), with Student's t of as many
degrees of freedom as the fewer clusters leave.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy import stats

from sim.experiments.design.replicates import FEWEST_HISTORIES
from sim.record.statistics import LEVEL, wilson

GROUPS = 20
"""Clusters that a jackknife leaves out at a time, where there are more."""

Ends = tuple[float, float]


def ways(clusters: np.ndarray) -> list[np.ndarray]:
    """Return (n,) labels, from 0, of each way in which runs depend on each other: one, or two that are crossed.

    clusters: (n, 2) row of the design and number of the run. A way in which all are alike says nothing; where each cluster
    of one way lies within one of the other, the larger count.
    """
    return list(_labels(clusters)[:2])


def _labels(clusters: np.ndarray) -> tuple[np.ndarray, ...]:
    return _ways(np.ascontiguousarray(clusters, np.int64).tobytes())


@lru_cache(maxsize=4)
def _ways(clusters: bytes) -> tuple[np.ndarray, ...]:
    """Return what `ways` does, and of two ways also the labels of both at once; a page asks the same a thousand times."""
    columns = np.frombuffer(clusters, np.int64).reshape(-1, 2).T
    row, number = (np.unique(column, return_inverse=True)[1] for column in columns)
    rows, numbers = row.max() + 1, number.max() + 1
    both = np.unique(row * numbers + number, return_inverse=True)[1]
    cells = both.max() + 1
    if rows == 1 and numbers == 1:
        return (np.arange(len(row)),)  # what differs is no chance: levels of levers, each taken as one observation
    if rows == 1 or (numbers > 1 and cells == rows):
        return (number,)
    return (row,) if numbers == 1 or cells == numbers else (row, number, both)


def independent(clusters: np.ndarray) -> bool:
    """Whether no two runs share values or random numbers with each other but not with all."""
    return fewest(clusters) == len(clusters)


def fewest(clusters: np.ndarray) -> int:
    """Return the number of clusters of the way that has the fewest: what may count as one observation each."""
    return int(min(label.max() + 1 for label in ways(clusters)))


def clustered(centred: np.ndarray, clusters: np.ndarray) -> tuple[float, int]:
    """Return the standard error of a mean and its degrees of freedom, allowing for what rows and what numbers share.

    centred: (n,) differences from the mean. clusters: (n, 2) row of the design and number of the run.
    """
    labels = _labels(clusters)
    sizes = [int(label.max()) + 1 for label in labels[:2]]
    sums = [
        float((np.bincount(label, centred) ** 2).sum()) * size / max(size - 1, 1)
        for label, size in zip(labels[:2], sizes, strict=True)
    ]
    if len(labels) > 2:
        shared = float((np.bincount(labels[2], centred) ** 2).sum())
        sums.append(sums[0] + sums[1] - shared)
    return float(np.sqrt(max(sums))) / len(centred), max(min(sizes) - 1, 1)


def pooled_mean(values: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, Ends | None]:
    """Return a mean and its interval; None where there is but one cluster. weights: (n,), equal when left out."""
    weights = np.ones(len(values)) if weights is None else weights / weights.mean()
    mean = float((values * weights).mean())
    if len(values) < 2 or fewest(clusters) < 2:
        return mean, None
    error, freedom = clustered((values - mean) * weights, clusters)
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    return mean, (mean - half, mean + half)


def pooled_share(holds: np.ndarray, clusters: np.ndarray | None = None) -> tuple[float | None, list[float] | None]:
    """Return a share and its interval: Wilson's, for as many independent runs as would know it as well.

    holds: (n,) bool. clusters: None where the runs are independent. That number is the share's variance in one run over that
    of the share, less by the ratio of the normal's quantile to Student's squared (Korn and Graubard 1998); where all runs
    are alike it is that of the clusters. Few clusters know their own spread badly, so that of two more is reckoned in, in
    which all runs hold or none. None where there is no run.
    """
    n, share = len(holds), float(holds.mean()) if len(holds) else 0.0
    if n == 0 or clusters is None or independent(clusters):
        return wilson(int(holds.sum()), n)
    few = fewest(clusters)
    error, freedom = clustered(holds - share, clusters)
    shrunk = (share * few + 0.5) / (few + 1)
    square = (freedom * error**2 + 2 * shrunk * (1 - shrunk) / few) / (freedom + 2)
    z = float(stats.norm.ppf((1 + LEVEL) / 2))
    student = float(stats.t.ppf((1 + LEVEL) / 2, freedom))
    known_by = few if share in (0.0, 1.0) else min(shrunk * (1 - shrunk) / square, n) * (z / student) ** 2
    centre = (share + z**2 / (2 * known_by)) / (1 + z**2 / known_by)
    half = z / (1 + z**2 / known_by) * (share * (1 - share) / known_by + z**2 / (4 * known_by**2)) ** 0.5
    return share, [min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)]


def pooled_statistic(statistic: Callable[[np.ndarray], float], values: np.ndarray, clusters: np.ndarray) -> Ends | None:
    """Return the interval of any statistic of the runs: the jackknife that leaves groups of clusters out, both ways.

    None where there are fewer than two clusters.
    """
    labels = [_grouped(label) for label in ways(clusters)]
    if min(label.max() for label in labels) < 1:
        return None
    squares = [_jackknife(statistic, values, label) for label in labels]
    if len(labels) == 2:
        squares.append(squares[0] + squares[1] - _jackknife(statistic, values, _crossed(labels)))
    freedom = min(int(label.max()) for label in labels)
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * max(squares) ** 0.5
    middle = statistic(values)
    return middle - half, middle + half


def few_histories(histories: int, runs: int) -> str:
    """Return the note that so many runs have the random numbers of few, "" where they do not."""
    if histories >= FEWEST_HISTORIES or histories >= runs:
        return ""
    many, these = (
        ("1 random history", "this one") if histories == 1 else (f"{histories} random histories", f"these {histories}")
    )
    return (
        f"{runs:,} runs are {many}: every point has the same random numbers. Shares, quantiles and scores over the points "
        f'hold for {these} only; [replicates] streams = "own", or {FEWEST_HISTORIES} runs or more of each point, shows what '
        "is chance"
    )


def _crossed(labels: list[np.ndarray]) -> np.ndarray:
    return np.unique(labels[0] * (labels[1].max() + 1) + labels[1], return_inverse=True)[1]


def _grouped(label: np.ndarray) -> np.ndarray:
    """Put clusters together at random, so that there are no more than GROUPS."""
    clusters = int(label.max()) + 1
    return label if clusters <= GROUPS else (np.random.default_rng(0).permutation(clusters) % GROUPS)[label]


def _jackknife(statistic: Callable[[np.ndarray], float], values: np.ndarray, label: np.ndarray) -> float:
    """Return the variance of a statistic from what it is without each group."""
    without = np.array([statistic(values[label != group]) for group in range(label.max() + 1)])
    return float((len(without) - 1) / len(without) * ((without - without.mean()) ** 2).sum())
