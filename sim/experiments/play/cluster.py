"""Dask workers as the pool of a sweep: connect to a scheduler, see that its workers fit, hand them jobs."""

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
"""Without these, or with the low trim threshold that Dask sets by itself, large arrays go back to the system each time."""


@dataclass(frozen=True)
class WorkerReport:
    """What a worker says of itself. malloc: those of MALLOC that its environment sets, as bytes. sees: the folder."""

    code: str
    malloc: dict[str, int]
    sees: bool


class ClusterPool(Executor):
    """The workers of a scheduler. A job whose worker is lost is given to another; after some, Dask names it."""

    def __init__(self, client: Any) -> None:
        self.executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand out a job."""
        return self.executor.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Forget the jobs that are not done."""
        self.executor.shutdown(wait=wait and not cancel_futures)


@contextmanager
def connected(address: str, folder: Path, warn: Callable[[str], None]) -> Iterator[tuple[Callable[[int], Executor], int]]:
    """Yield what makes the pool of a scheduler's workers, and the number of their threads.

    folder: where results go, which every worker must see. warn: is told what makes workers slow. Raises InputError where
    there is no scheduler or no worker, or where a worker has other code or another disk.
    """
    try:
        distributed: Any = import_module("distributed")
    except ModuleNotFoundError:
        raise InputError("--engine dask needs Dask: pip install 'pullback[cluster]'") from None
    try:
        client = distributed.Client(address, timeout=WAIT_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=WAIT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"--scheduler {address}: no scheduler with a worker answers there ({_first_line(error)})") from None
    with client:
        try:
            seen = client.run(report, str(folder.resolve()))
        except ModuleNotFoundError as error:
            raise InputError(f"{address}: its workers do not know {error.name}; install pullback for them too") from None
        check_workers(seen, folder)
        for warning in slow_workers(seen, client.nthreads()):
            warn(warning)
        yield lambda workers: ClusterPool(client), sum(client.nthreads().values())


def report(folder: str) -> WorkerReport:
    """Return what a worker has and sees; it runs there."""
    malloc = {name: int(os.environ[name]) for name in MALLOC if os.environ.get(name, "").isdecimal()}
    return WorkerReport(code_digest(), malloc, Path(folder).is_dir())


def check_workers(seen: dict[str, WorkerReport], folder: Path) -> None:
    """Raise InputError for the first worker that has other code or does not see the folder."""
    for worker, its in seen.items():
        if its.code != code_digest():
            raise InputError(f"worker {worker} has another version of the code; install the same one for all workers")
        if not its.sees:
            raise InputError(f"worker {worker} does not see {folder.resolve()}; name a folder on a disk that all share")


def slow_workers(seen: dict[str, WorkerReport], threads: dict[str, int]) -> Iterator[str]:
    """Yield what is to be said of workers that would be slow."""
    low = [worker for worker, its in seen.items() if any(its.malloc.get(n, 0) < least for n, least in MALLOC.items())]
    if low:
        setting = " ".join(f"{name}={least}" for name, least in MALLOC.items())
        yield f"{len(low)} of {len(seen)} workers may be several times slower; start them with {setting}"
    shared = [worker for worker, count in threads.items() if count > 1]
    if shared:
        yield f"{len(shared)} of {len(seen)} workers have several threads; start them with --nthreads 1, more of them"


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
