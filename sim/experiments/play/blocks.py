"""How many runs a worker plays together: as many as its memory takes.

A day costs the same array operations for one run as for a thousand, so that larger blocks play more runs a second. What
comes out is the same whatever the block.
"""

from __future__ import annotations

WORKER_MEMORY = 500e6
"""Bytes that a worker may take."""

MEMORY_AT_REST = 220e6
"""Bytes of a process that has read and imported what it needs; 150 to 240 were measured."""

MEMORY_PER_RUN = 70e3
"""Bytes of the state and of what a day makes of it, however long the runs are."""

MEMORY_PER_RUN_DAY = {"none": 480, "quantiles": 800, "full": 480}
"""Bytes of the history, and of what is made of it, by what of the daily series is kept; measured for 512 to 2,048 runs of
30 to 720 days. Those of every run are written a piece at a time."""

SMALLEST_JOB, ENOUGH_RUNS = 32, 512
"""Runs of a job: its result file is worth a second or more; most of what a day costs by itself is shared."""

JOBS_PER_WORKER = 4


def block_runs(days: int, kept: str = "none", memory: float = WORKER_MEMORY) -> int:
    """Return how many runs of so many days a worker plays together, 1 or more.

    kept: what of the daily series a job writes at once: none, quantiles or full. memory: bytes that the worker may take.
    """
    return max(int((memory - MEMORY_AT_REST) / _bytes_per_run(days, kept)), 1)


def memory_of(runs: int, days: int, kept: str = "none") -> float:
    """Return the bytes that a worker takes which plays so many runs together."""
    return MEMORY_AT_REST + runs * _bytes_per_run(days, kept)


def share_runs(missing: int, workers: int, block: int) -> int:
    """Return how many runs a job of an ensemble has: a worker's share, cut evenly where it is more than a block.

    Shares of more than ENOUGH_RUNS are cut into JOBS_PER_WORKER, so that it shows how far the work is, and little is lost
    when it is stopped; none below SMALLEST_JOB, as a result file takes its time.
    """
    share = max(-(-missing // max(workers, 1)), 1)
    most = min(block, max(ENOUGH_RUNS, -(-share // JOBS_PER_WORKER)))
    return max(min(SMALLEST_JOB, block, share), evenly(share, most))


def evenly(runs: int, most: int) -> int:
    """Return the size of pieces of `most` at most that cut so many runs into as few and as equal ones as can be."""
    return -(-runs // -(-runs // most))


def _bytes_per_run(days: int, kept: str) -> float:
    return MEMORY_PER_RUN + MEMORY_PER_RUN_DAY[kept] * (days + 1)
