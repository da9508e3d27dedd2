"""What all tests can ask for, and what holds for all of them."""

import gc
import os
import signal
from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest

pytest_plugins = ["tests.browser"]

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell starts what it puts in the background so
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Make a folder for what is played for all tests; the processes of pytest-xdist are told of it."""
    if not hasattr(config, "workerinput"):
        made = TemporaryDirectory(prefix="pullback-tests-")
        os.environ["PULLBACK_TESTS_LIVED"] = made.name
        config.add_cleanup(made.cleanup)
        # The threads that numpy's OpenBLAS starts spin for a fifth of a second in every process that a test begins.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One process more than there are processors: while a test waits for a browser or a child, another has its processor."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (here or 1) + 1


def pytest_collection_finish() -> None:
    """Leave what was imported out of what is searched for garbage: every job of an ensemble collects before it begins."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def one_process() -> Iterator[None]:
    """Let a command that is called in this process, and told of no workers, play in it: tests of workers ask for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.cli.batch.processors", lambda: 1)
        yield
