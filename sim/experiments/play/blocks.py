"""The number of runs that a worker computes together, limited by its memory.

A day needs the same number of array operations for one run as for a thousand, so larger blocks compute more runs per second.
Results do not depend on the block.
"""

from __future__ import annotations

WORKER_MEMORY = 500e6
"""Memory limit of a worker, bytes."""

MEMORY_AT_REST = 220e6
"""Bytes of a process after imports and reading; 150e6 to 240e6 were measured."""

MEMORY_PER_RUN = 70e3
"""Bytes of the state and of temporary arrays of a day, independent of the length of runs."""

MEMORY_PER_RUN_DAY = {"none": 480, "quantiles": 800, "full": 480}
"""Bytes of the history and of tables derived from it, by the form of the daily series; measured for 512 to 2,048 runs of 30
to 720 days. Full series are written in pieces."""

SMALLEST_JOB, ENOUGH_RUNS = 32, 512
"""Runs of a job: fewer are not worth a result file; with more, the fixed cost of a day is already shared."""

JOBS_PER_WORKER = 4


def block_runs(days: int, kept: str = "none", memory: float = WORKER_MEMORY) -> int:
    """Return the number of runs of `days` days that a worker computes together, 1 or more.

    kept: form of the daily series: none, quantiles or full. memory: limit of the worker, bytes.
    """
    return max(int((memory - MEMORY_AT_REST) / _bytes_per_run(days, kept)), 1)


def memory_of(runs: int, days: int, kept: str = "none") -> float:
    """Return the memory of a worker that computes so many runs together, bytes."""
    return MEMORY_AT_REST + runs * _bytes_per_run(days, kept)


def share_runs(missing: int, workers: int, block: int) -> int:
    """Return the number of runs of a job: a worker's share, divided evenly if it is more than a block.

    Shares of more than ENOUGH_RUNS are divided into JOBS_PER_WORKER jobs, to show progress and to lose little if
    interrupted, but not below SMALLEST_JOB, since writing a result file takes time.
    """
    share = max(-(-missing // max(workers, 1)), 1)
    most = min(block, max(ENOUGH_RUNS, -(-share // JOBS_PER_WORKER)))
    return max(min(SMALLEST_JOB, block, share), evenly(share, most))


def evenly(runs: int, most: int) -> int:
    """Return the size of the fewest equal pieces of at most `most` runs."""
    return -(-runs // -(-runs // most))


def _bytes_per_run(days: int, kept: str) -> float:
    return MEMORY_PER_RUN + MEMORY_PER_RUN_DAY[kept] * (days + 1)
