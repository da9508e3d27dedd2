"""Worker processes of this machine, and the reasons if they cannot start.

On Linux one process imports the model and all workers are forked from it, also later replacements; elsewhere each worker is
spawned and imports the model itself. In both cases a worker has only the state that the driver sends, and imports the script
that the driver runs.

If no worker starts, the environment is at fault and not a job: a script that starts itself again, a missing interpreter, or
a system without free processes, memory or semaphores.
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

if sys.platform == "linux":  # on other systems some libraries do not survive a fork
    from multiprocessing import forkserver, resource_tracker
    from multiprocessing.context import ForkServerContext as Context
else:
    from multiprocessing.context import SpawnContext as Context

NAME = "pullback worker"
UNGUARDED = 66
"""Exit code of a worker that restarted the script; the driver reports it."""

GUARD = 'if __name__ == "__main__":'
SECONDS_TO_END = 5

IMPORTED_ONCE = "sim.experiments.play.job"
"""Module that is imported before workers are forked, with the model and the storage."""


class WorkersCannotStart(InputError):
    """No worker can start on this machine; no job is at fault."""


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
            raise _cannot("the process from which they are forked ended before it was ready") from None
        except (OSError, ImportError, NotImplementedError, TypeError, MemoryError) as error:
            raise _cannot(f"the system provides no process, memory or semaphore for one ({_error_text(error)})") from None

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a job, starting another worker if all are busy. Raises WorkersCannotStart if none can start."""
        try:
            return super().submit(fn, *args, **kwargs)
        except (
            ConnectionError,
            EOFError,
        ) as error:  # the process they are forked from has ended; another pool starts a new one
            raise BrokenProcessPool(str(error)) from None
        except (OSError, MemoryError, ValueError) as error:
            closed = isinstance(error, OSError) and error.errno is None
            if closed or isinstance(error, ValueError):  # its pipes are closed, or their descriptors were reused
                raise BrokenProcessPool(str(error)) from None
            raise _cannot(f"the system provides no more of them ({_error_text(error)})") from None

    def fault(self) -> WorkersCannotStart | None:
        """Return the reason why no worker of a broken pool has started; None if one had."""
        if self.first.done() and not self.first.cancelled() and self.first.exception() is None:
            return None
        started = [worker for worker in self._context.started if worker.pid is not None]
        for worker in started:
            worker.join(SECONDS_TO_END)
        codes = [worker.exitcode for worker in started]
        if UNGUARDED in codes:
            return WorkersCannotStart(
                f"workers import the script again, and it restarted the work: put the call under {GUARD}, or give workers=1"
            )
        ended = next((code for code in codes if code not in (None, 0, -signal.SIGTERM)), codes[0] if codes else None)
        return _cannot(f"the first {_how(ended)} before it was ready")


class _Context(Context):
    """Starts workers with a name, by which one that imports the script again recognises itself."""

    def __init__(self) -> None:
        self.started: list[BaseProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> BaseProcess:  # type: ignore[override]  # noqa: N802
        process = Context.Process(*args, **kwargs)
        process.name = NAME
        self.started.append(process)
        return process


def _let_one_process_fork() -> None:
    """Start the process from which workers are forked, if the system forks and it is not running.

    It receives the module path of this process without the current folder (Pythons before 3.13.1 do not pass the path), and
    Ctrl-C is blocked in it, as in workers.
    """
    if sys.platform != "linux":
        return
    module_path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    before = dict(os.environ)
    forkserver.set_forkserver_preload([IMPORTED_ONCE])
    resource_tracker.ensure_running()  # first, because it unblocks Ctrl-C
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        os.environ |= {"PYTHONPATH": module_path, "PYTHONSAFEPATH": "1"}
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name in ("PYTHONPATH", "PYTHONSAFEPATH"):
            _set(name, before.get(name))


def refuse_unguarded() -> None:
    """End a worker that is still importing the script and is already requested to start the work.

    Every function that computes runs calls this first. A worker of this program ends silently, and the driver reports why;
    in another program's process it raises WorkersCannotStart.
    """
    if not getattr(current_process(), "_inheriting", False):
        return
    if current_process().name == NAME:
        sys.stderr.flush()
        os._exit(UNGUARDED)
    raise WorkersCannotStart(f"the script starts runs while a process is importing it: put the call under {GUARD}")


@contextmanager
def nothing_left_without_workers(folder: Path) -> Iterator[None]:
    """If no worker can start, remove the results folder and its parents if they were created here."""
    created = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except WorkersCannotStart:
        if folder in created and not is_locked(folder) and not any((folder / "outcomes").glob("*")):
            shutil.rmtree(folder, ignore_errors=True)
            for above in created[1:]:
                if above.is_dir() and not any(above.iterdir()):
                    above.rmdir()
        raise


def _check_script() -> None:
    """Raise WorkersCannotStart if workers cannot import the main script of this process."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if file is not None and getattr(main, "__spec__", None) is None and not os.path.exists(file):
        raise _cannot(f"they import the script again, and {file} is not a file; save it as one, with the call under {GUARD}")


def _cannot(reason: str) -> WorkersCannotStart:
    return WorkersCannotStart(f"no worker can start: {reason}; workers=1 works without")


def _error_text(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _how(code: int | None) -> str:
    if code is None:
        return "did not end"
    if code < 0:
        name = signal.Signals(-code).name if -code in list(signal.Signals) else f"signal {-code}"
        return f"was ended by {name}"
    return f"ended with exit code {code}"


def _ready() -> None:
    """Do nothing; its completion shows that a worker has started."""


def _prepare_worker(environment: dict[str, str]) -> None:
    """Copy the driver's environment, and end this worker with the driver, so that a killed driver leaves no processes."""
    for name in environment.keys() | os.environ.keys():
        _set(name, environment.get(name))
    gc.freeze()  # imported objects are never collected, and their memory stays shared among forked workers
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
