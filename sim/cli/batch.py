"""Compute an ensemble for a command: where its results go, how far it is, and what stopping it comes to."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.exits import DISK, DONE, HELD, INTERRUPTED, PARTLY, TERMINATED, Ended, Terminated, say
from sim.ground.paths import shown_path

if TYPE_CHECKING:
    from sim.experiments.design.sweep import Sweep
    from sim.experiments.store.ensemble import Results


def processors() -> int:
    """Return the number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def compute(asked: Sweep, folder: Path, workers: int, continued_from: Path | None = None) -> Results:
    """Compute the runs of an ensemble that `folder` lacks, showing progress. Raises Ended when stopped or when jobs failed.

    taken_up: the results folder whose saved runs are taken up again.
    """
    from sim.cli.progress import progress
    from sim.experiments.play.fill import fill
    from sim.experiments.store.ensemble import open_ensemble

    with ending(folder), progress(folder) as report:
        fill(asked, folder, workers, report, continued_from=continued_from)
        return open_ensemble(folder)


@contextmanager
def ending(folder: Path) -> Iterator[None]:
    """Tell what playing into a folder comes to where it is stopped, fails in part or is another's. Raises Ended."""
    from sim.experiments.play.runner import JobsFailed
    from sim.experiments.store.locks import FolderBusy

    try:
        yield
    except FolderBusy as error:
        raise Ended(str(error), HELD) from None
    except JobsFailed as error:
        raise Ended(str(error), PARTLY) from None
    except (KeyboardInterrupt, Terminated) as stop:
        end_workers()
        code = TERMINATED if isinstance(stop, Terminated) else INTERRUPTED
        raise Ended(f"stopped: {_stored_in(folder)}; the same command goes on from there", code) from None


def _stored_in(folder: Path) -> str:
    from sim.experiments.store.stored import Stored
    from sim.ground.errors import InputError

    try:
        stored = Stored(folder)
        return f"{stored.runs_there} of {stored.runs_asked} runs are stored in {folder}"
    except InputError:  # it was stopped before there was a folder
        return f"no run is stored in {folder}"


def page_beside(path: Path, write: Callable[[], object]) -> tuple[Path | None, int]:
    """Write the page of results that are complete without it; return its path, None where the disk does not take it.

    The second is the exit code: a disk that takes no files at all is no fault of the command.
    """
    try:
        write()
    except OSError as error:
        closed = error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
        return None, say(
            f"{shown_path(path)}: was not written ({error.strerror}); the results are whole", DONE if closed else DISK
        )
    return path, DONE


def end_workers() -> None:
    """End the pool's processes: the way out of Python would wait for every job under way."""
    workers = active_children()
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.join()
