"""Dask workers as the pool of a sweep: connect to a scheduler, check its workers, submit jobs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sim.experiments.store.digest import code_digest
from sim.ground.errors import InputError

WAIT_SECONDS = 60
MALLOC = {"MALLOC_TRIM_THRESHOLD_": 268_435_456, "MALLOC_MMAP_THRESHOLD_": 67_108_864}
"""Without these, or with Dask's low default trim threshold, memory of large arrays is returned to the system each time."""


@dataclass(frozen=True)
class WorkerReport:
    """The report of a worker. malloc: variables of MALLOC in its environment, bytes. sees: whether it sees the folder."""

    code: str
    malloc: dict[str, int]
    sees: bool


class ClusterPool(Executor):
    """The workers of a scheduler. A job of a lost worker is given to another; after several, Dask reports it as failed."""

    def __init__(self, client: Any) -> None:
        self.executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a job."""
        return self.executor.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Drop the unfinished jobs."""
        self.executor.shutdown(wait=wait and not cancel_futures)


@contextmanager
def connected(address: str, folder: Path, warn: Callable[[str], None]) -> Iterator[tuple[Callable[[int], Executor], int]]:
    """Yield the factory of the pool of a scheduler's workers, and their number of threads.

    folder: of the results, which every worker must see. warn: receives warnings about slow workers. Raises InputError if
    there is no scheduler or no worker, or if a worker has other code or does not see the folder.
    """
    try:
        distributed: Any = import_module("distributed")
    except ModuleNotFoundError:
        raise InputError("--engine dask needs Dask: pip install 'pullback[cluster]'") from None
    try:
        client = distributed.Client(address, timeout=WAIT_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=WAIT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"--scheduler {address}: no scheduler with a worker answers at this address ({_first_line(error)})"
        ) from None
    with client:
        try:
            reports = client.run(report, str(folder.resolve()))
        except ModuleNotFoundError as error:
            raise InputError(f"{address}: its workers cannot import {error.name}; install pullback there") from None
        check_workers(reports, folder)
        for warning in slow_workers(reports, client.nthreads()):
            warn(warning)
        yield lambda workers: ClusterPool(client), sum(client.nthreads().values())


def report(folder: str) -> WorkerReport:
    """Return the report of a worker; runs on the worker."""
    malloc = {name: int(os.environ[name]) for name in MALLOC if os.environ.get(name, "").isdecimal()}
    return WorkerReport(code_digest(), malloc, Path(folder).is_dir())


def check_workers(reports: dict[str, WorkerReport], folder: Path) -> None:
    """Raise InputError for the first worker that has other code or does not see the folder."""
    for worker, worker_report in reports.items():
        if worker_report.code != code_digest():
            raise InputError(f"worker {worker} has another version of the code; install the same one for all workers")
        if not worker_report.sees:
            raise InputError(f"worker {worker} does not see {folder.resolve()}; name a folder on a disk that all share")


def slow_workers(reports: dict[str, WorkerReport], threads: dict[str, int]) -> Iterator[str]:
    """Yield warnings about slow workers."""
    slow = [
        worker
        for worker, worker_report in reports.items()
        if any(worker_report.malloc.get(n, 0) < least for n, least in MALLOC.items())
    ]
    if slow:
        setting = " ".join(f"{name}={least}" for name, least in MALLOC.items())
        yield f"{len(slow)} of {len(reports)} workers may be several times slower; start them with {setting}"
    shared = [worker for worker, count in threads.items() if count > 1]
    if shared:
        yield f"{len(shared)} of {len(reports)} workers have several threads; start more of them with --nthreads 1"


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
