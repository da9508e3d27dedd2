"""Which jobs a sweep is cut into: what one shard plays of it, and what its folder does not hold yet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.experiments.design.sweep import Sweep
from sim.experiments.play.blocks import block_runs, share_runs
from sim.experiments.store.locks import Shard
from sim.experiments.store.parts import Job

SHARD_RUNS = 512
"""Runs of the points that go to one shard before those of the next; a change would leave shards half done."""


def job_runs(sweep: Sweep) -> int:
    """Return how many runs a job has at most: a block."""
    return block_runs(sweep.base.days, sweep.series)


def points_of(shard: Shard | None, points: int, runs: int) -> np.ndarray:
    """Return (points,) which points are a shard's: as many as have SHARD_RUNS runs, then as many for the next."""
    if shard is None:
        return np.ones(points, bool)
    return np.arange(points) // max(1, SHARD_RUNS // runs) % shard.of == shard.number - 1


def plan(there: np.ndarray, workers: int, most: int, whole_points: bool = True) -> list[Job]:
    """Cut the (point, run) that are not there into jobs that keep every worker busy.

    there: (points, runs) bool. A job takes points as they follow each other, `most` runs at most, or one point.
    whole_points: however many runs a point lacks, they stay in one job, as quantiles over them need.
    """
    size = share_runs(int(there.size - there.sum()), workers, most)
    jobs: list[Job] = []
    for point, (first, end) in _spans(there):
        if jobs:
            last = jobs[-1]
            follows = (last.end_point, last.first_run, last.end_run) == (point, first, end)
            if follows and last.size + end - first <= size:
                jobs[-1] = Job(last.first_point, point + 1, first, end)
                continue
        step = end - first if whole_points else size
        jobs += [Job(point, point + 1, run, min(run + step, end)) for run in range(first, end, step)]
    return jobs


def _spans(there: np.ndarray) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield each point with each gap in its runs."""
    for point in np.flatnonzero(~there.all(axis=1)).tolist():
        steps = np.diff(np.concatenate([[False], ~there[point], [False]]).astype(np.int8))
        for first, end in zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True):
            yield point, (first, end)
