"""What all tests can ask for, and what holds for all of them."""

import gc
import signal

pytest_plugins = ["tests.browser"]

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell starts what it puts in the background so
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Leave all that was imported out of what is searched for garbage: every job of an ensemble collects before it begins."""
    gc.collect()
    gc.freeze()
