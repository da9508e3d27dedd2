"""Run jobs on any `concurrent.futures.Executor`: a bounded window of submitted jobs; failures do not stop the others.

A job is any small picklable object. The work writes its own result and returns nothing; a failed job is returned with its
error.
"""

from __future__ import annotations

import errno
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from sim.experiments.play.workers import LocalPool
from sim.ground.errors import one_line

WINDOW_PER_WORKER = 2
KILLED = "killed their worker"
STOPPING = (signal.SIGINT, signal.SIGTERM)

Job = TypeVar("Job")
Work = Callable[[Job], object]
MakePool = Callable[[int], Executor]
Finished = tuple[Job, str | None]
"""A job and the reason of its failure, None if it succeeded."""


class JobsFailed(RuntimeError):
    """Some jobs failed; the rest is stored."""


def local_pool(workers: int) -> Executor:
    """Return processes of this machine, which end when this process does. Raises WorkersCannotStart."""
    with _stopping_waits():
        return LocalPool(workers)


def work_off(
    work: Work[Job], jobs: Iterable[Job], workers: int, make_pool: MakePool = local_pool
) -> Iterator[Finished[Job]]:
    """Yield each job when it has finished or failed. Faults of the environment are raised: OSError, WorkersCannotStart.

    work: a picklable function. A job that raises is yielded with its error. If a worker dies, the jobs under way are retried
    one by one, to find the one that kills its worker.
    """
    if workers <= 1:
        for job in jobs:
            yield job, _tried(work, job)
        return
    waiting = deque(jobs)
    while waiting:
        for suspect in (yield from _in_pool(work, waiting, workers, make_pool)):
            if (yield from _in_pool(work, deque([suspect]), 1, make_pool)):
                yield suspect, KILLED


def _tried(work: Work[Job], job: Job) -> str | None:
    try:
        work(job)
    except OSError:
        raise
    except Exception as error:
        return _fault_of(error)
    return None


def _fault_of(error: BaseException) -> str:
    if type(error).__name__ == "KilledWorker":  # raised by Dask once a job has killed several workers
        return KILLED
    text = " ".join([str(error), *getattr(error, "__notes__", ())])
    return f"raised {type(error).__name__}: {one_line(text)}"


def _in_pool(
    work: Work[Job], waiting: deque[Job], workers: int, make_pool: MakePool
) -> Generator[Finished[Job], None, list[Job]]:
    """Run the waiting jobs; return those under way when a worker died, none if all finished."""
    under_way: dict[Future[object], Job] = {}
    pool = make_pool(workers)
    try:
        while waiting or under_way:
            while waiting and len(under_way) < WINDOW_PER_WORKER * workers:
                with _stopping_waits():
                    under_way[pool.submit(work, waiting[0])] = waiting[0]
                waiting.popleft()
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                if future.cancelled():
                    raise OSError(errno.ECONNRESET, "the scheduler is unreachable; repeat the command once it is back")
                error = future.exception()
                if isinstance(error, (BrokenProcessPool, OSError)):
                    raise error
                yield under_way.pop(future), None if error is None else _fault_of(error)
        return []
    except BrokenProcessPool:
        if isinstance(pool, LocalPool) and (fault := pool.fault()) is not None:
            raise fault from None
        return list(under_way.values())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _stopping_waits() -> Iterator[None]:
    """Defer Ctrl-C and SIGTERM while processes start: an interrupted one would die with a traceback of its own.

    A process that starts meanwhile inherits the blocked Ctrl-C, which only the driver should handle.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    before = {name: signal.signal(name, lambda number, _: received.append(number)) for name in STOPPING}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name, handler in before.items():
            signal.signal(name, handler or signal.SIG_DFL)
    for number in received:
        signal.raise_signal(number)
