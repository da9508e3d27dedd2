"""Work jobs off by whatever `concurrent.futures.Executor` there is: a bounded window, failures named, the rest done.

A job is any small object that pickles. Its work writes its own result; what comes back is that it is done, or why not.
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
"""A job and why it failed, None where it is done."""


class JobsFailed(RuntimeError):
    """Some jobs failed; the rest is stored."""


def local_pool(workers: int) -> Executor:
    """Return processes of this machine, which end when this process does. Raises WorkersCannotStart."""
    with _stopping_waits():
        return LocalPool(workers)


def work_off(work: Work[Job], jobs: Iterable[Job], workers: int, make_pool: MakePool = local_pool) -> Iterator[Finished[Job]]:
    """Yield each job as it is done or has failed. What is no job's fault is raised: OSError where the disk fails, and
    WorkersCannotStart.

    work: a function that pickles. A job that raises is told with what it raised. Where a worker dies, the jobs under way are
    tried again one by one, so that the one that kills is told and the others are done.
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
        return _said(error)
    return None


def _said(error: BaseException) -> str:
    if type(error).__name__ == "KilledWorker":  # what Dask raises once a job has taken several workers with it
        return KILLED
    said = " ".join([str(error), *getattr(error, "__notes__", ())])
    return f"raised {type(error).__name__}: {one_line(said)}"


def _in_pool(
    work: Work[Job], waiting: deque[Job], workers: int, make_pool: MakePool
) -> Generator[Finished[Job], None, list[Job]]:
    """Work off what is waiting; return the jobs that were under way when a worker died, none where all went well."""
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
                    raise OSError(errno.ECONNRESET, "the scheduler is gone; the same command goes on once it is back")
                error = future.exception()
                if isinstance(error, (BrokenProcessPool, OSError)):
                    raise error
                yield under_way.pop(future), None if error is None else _said(error)
        return []
    except BrokenProcessPool:
        if isinstance(pool, LocalPool) and (fault := pool.fault()) is not None:
            raise fault from None
        return list(under_way.values())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _stopping_waits() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait while processes start: one stopped half-way would die with a traceback of its own.

    A process that starts meanwhile inherits that Ctrl-C is kept from it: that is for the driver alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {each: signal.signal(each, lambda number, _: came.append(number)) for each in STOPPING}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for each, handler in before.items():
            signal.signal(each, handler or signal.SIG_DFL)
    for number in came:
        signal.raise_signal(number)
