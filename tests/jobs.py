"""Jobs for tests of the runner, in a file of their own: a worker imports what its job stands in, and these need no model."""

import os


def half(job: int) -> None:
    """Raise for 3, kill the worker for 5, be done with others."""
    if job == 3:
        raise ValueError("three is\nrefused")
    if job == 5:
        os._exit(1)


def full_disk(job: int) -> None:
    raise OSError(28, "No space left on device")
