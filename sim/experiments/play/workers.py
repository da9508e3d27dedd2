"""Processes of this machine that work jobs off, and why they do not start where they cannot.

Where the system forks well, on Linux, one process imports the model and workers are forked from it, a driver's first as well
as those that come after one has died; elsewhere each is started by itself and imports what it needs. Either way a worker
takes nothing of its driver's state but what the driver sends, and imports the script that the driver runs.

That no worker starts is a fault of the environment and of no job: a script that starts itself again, an interpreter that is
gone, a system that gives no more processes, memory or semaphores.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import current_process, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sim.experiments.store.locks import is_locked
from sim.ground.errors import InputError

if sys.platform == "linux":  # libraries of other systems do not all outlive a fork
    from multiprocessing import forkserver, resource_tracker
    from multiprocessing.context import ForkServerContext as Context
else:
    from multiprocessing.context import SpawnContext as Context

NAME = "pullback worker"
UNGUARDED = 66
"""The exit code of a worker that began the script anew; the driver says so in its place."""

GUARD = 'if __name__ == "__main__":'
SECONDS_TO_END = 5

IMPORTED_ONCE = "sim.experiments.play.job"
"""What workers are forked with: the model, and what a job plays and stores with."""


class WorkersCannotStart(InputError):
    """No worker can start here; no job is at fault."""


class LocalPool(ProcessPoolExecutor):
    """Processes of this machine, which end when this process does. Raises WorkersCannotStart."""

    def __init__(self, workers: int) -> None:
        _check_script()
        self._context = _Context()
        try:
            _let_one_process_fork()
            super().__init__(workers, mp_context=self._context, initializer=_prepare_worker, initargs=(dict(os.environ),))
            self.first: Future[Any] = super().submit(_ready)
        except (ConnectionError, EOFError):
            raise _cannot("the process that they are forked from ended before it was ready") from None
        except (OSError, ImportError, NotImplementedError, TypeError, MemoryError) as error:
            raise _cannot(f"the system gives no process, memory or semaphore for one ({_said(error)})") from None

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand out a job, starting another worker where all are busy. Raises WorkersCannotStart where none can."""
        try:
            return super().submit(fn, *args, **kwargs)
        except (ConnectionError, EOFError) as error:  # what they are forked from is gone; another pool has a new one
            raise BrokenProcessPool(str(error)) from None
        except (OSError, MemoryError, ValueError) as error:
            closed = isinstance(error, OSError) and error.errno is None
            if closed or isinstance(error, ValueError):  # its pipes are closed, or others have their numbers
                raise BrokenProcessPool(str(error)) from None
            raise _cannot(f"the system gives no more of them ({_said(error)})") from None

    def fault(self) -> WorkersCannotStart | None:
        """Return why no worker has started, of a pool that broke; None where one had."""
        if self.first.done() and not self.first.cancelled() and self.first.exception() is None:
            return None
        started = [worker for worker in self._context.started if worker.pid is not None]
        for worker in started:
            worker.join(SECONDS_TO_END)
        codes = [worker.exitcode for worker in started]
        if UNGUARDED in codes:
            return WorkersCannotStart(
                f"workers start by importing the script anew, and it started the work again: put the call under {GUARD}, "
                "or give workers=1"
            )
        ended = next((code for code in codes if code not in (None, 0, -signal.SIGTERM)), codes[0] if codes else None)
        return _cannot(f"the first {_how(ended)} before it was ready")


class _Context(Context):
    """Starts workers by name, so that one that imports the script anew knows whose it is."""

    def __init__(self) -> None:
        self.started: list[BaseProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> BaseProcess:  # type: ignore[override]  # noqa: N802
        made = Context.Process(*args, **kwargs)
        made.name = NAME
        self.started.append(made)
        return made


def _let_one_process_fork() -> None:
    """Start the process that workers are forked from, where this process has none yet and the system forks.

    It is told where this process finds modules, so that it imports the same ones, and none of the folder it is started in
    (Pythons before 3.13.1 leave that out), and Ctrl-C is kept from it, as from workers.
    """
    if sys.platform != "linux":
        return
    found = os.pathsep.join(os.path.abspath(each) for each in sys.path)
    before = dict(os.environ)
    forkserver.set_forkserver_preload([IMPORTED_ONCE])
    resource_tracker.ensure_running()  # first, as it ends with Ctrl-C let through
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        os.environ |= {"PYTHONPATH": found, "PYTHONSAFEPATH": "1"}
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name in ("PYTHONPATH", "PYTHONSAFEPATH"):
            _set(name, before.get(name))


def refuse_unguarded() -> None:
    """End a worker that is still importing the script and already finds itself asked to start the work.

    To be called first by whatever plays runs. A worker of ours ends without a word, and the driver says why; in a process
    that somebody else starts, it raises WorkersCannotStart.
    """
    if not getattr(current_process(), "_inheriting", False):
        return
    if current_process().name == NAME:
        sys.stderr.flush()
        os._exit(UNGUARDED)
    raise WorkersCannotStart(f"the script plays runs while a process is starting by it: put the call under {GUARD}")


@contextmanager
def nothing_left_without_workers(folder: Path) -> Iterator[None]:
    """Where no worker can start, remove the results folder, and those above it, that were not there before."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        yield
    except WorkersCannotStart:
        if folder in made and not is_locked(folder) and not any((folder / "outcomes").glob("*")):
            shutil.rmtree(folder, ignore_errors=True)
            for above in made[1:]:
                if above.is_dir() and not any(above.iterdir()):
                    above.rmdir()
        raise


def _check_script() -> None:
    """Raise WorkersCannotStart where this process was started by what a worker cannot import."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if file is not None and getattr(main, "__spec__", None) is None and not os.path.exists(file):
        raise _cannot(f"they import the script anew, and {file} is no file; save it as one, with the call under {GUARD}")


def _cannot(why: str) -> WorkersCannotStart:
    return WorkersCannotStart(f"no worker can start: {why}; workers=1 works without")


def _said(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _how(code: int | None) -> str:
    if code is None:
        return "did not end"
    if code < 0:
        name = signal.Signals(-code).name if -code in list(signal.Signals) else f"signal {-code}"
        return f"was ended by {name}"
    return f"ended with exit code {code}"


def _ready() -> None:
    """Say that a worker has started."""


def _prepare_worker(environment: dict[str, str]) -> None:
    """Take over the driver's environment, and end this worker when the driver is gone, so that one that is killed leaves
    nothing running.
    """
    for name in environment.keys() | os.environ.keys():
        _set(name, environment.get(name))
    gc.freeze()  # what was imported is no garbage, and is shared among forked workers as long as nobody looks at it
    driver = parent_process()
    assert driver is not None, "a worker has a parent"

    def leave_with_the_driver() -> None:
        driver.join()
        os._exit(1)

    threading.Thread(target=leave_with_the_driver, daemon=True).start()


def _set(name: str, value: str | None) -> None:
    """Set a variable of the environment, or remove it."""
    if value is None:
        os.environ.pop(name, None)
    elif os.environ.get(name) != value:
        os.environ[name] = value
