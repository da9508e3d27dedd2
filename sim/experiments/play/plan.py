"""The jobs of a sweep: the points of a shard, and the runs that its folder lacks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.experiments.design.sweep import Sweep
from sim.experiments.play.blocks import block_runs, share_runs
from sim.experiments.store.locks import Shard
from sim.experiments.store.parts import Job

SHARD_RUNS = 512
"""Runs of consecutive points in one shard before the next begins; a change would leave shards incomplete."""


def job_runs(sweep: Sweep) -> int:
    """Return the largest number of runs of a job, which is a block."""
    return block_runs(sweep.base.days, sweep.series)


def points_of(shard: Shard | None, points: int, runs: int) -> np.ndarray:
    """Return (points,) bool, the points of a shard: groups of SHARD_RUNS runs in turn."""
    if shard is None:
        return np.ones(points, bool)
    return np.arange(points) // max(1, SHARD_RUNS // runs) % shard.of == shard.number - 1


def plan(present: np.ndarray, workers: int, most: int, whole_points: bool = True) -> list[Job]:
    """Divide the missing (point, run) into jobs that keep every worker busy.

    present: (points, runs) bool. A job has consecutive points with at most `most` runs, or one point. whole_points: all
    missing runs of a point are in one job, as quantiles need.
    """
    size = share_runs(int(present.size - present.sum()), workers, most)
    jobs: list[Job] = []
    for point, (first, end) in _spans(present):
        if jobs:
            last = jobs[-1]
            follows = (last.end_point, last.first_run, last.end_run) == (point, first, end)
            if follows and last.size + end - first <= size:
                jobs[-1] = Job(last.first_point, point + 1, first, end)
                continue
        step = end - first if whole_points else size
        jobs += [Job(point, point + 1, run, min(run + step, end)) for run in range(first, end, step)]
    return jobs


def _spans(present: np.ndarray) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield each point with each gap in its runs."""
    for point in np.flatnonzero(~present.all(axis=1)).tolist():
        steps = np.diff(np.concatenate([[False], ~present[point], [False]]).astype(np.int8))
        for first, end in zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True):
            yield point, (first, end)
