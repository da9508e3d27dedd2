"""Jobs for tests of the runner, in a file of their own: a worker imports what its job stands in, and these need no model."""

import os
import sys


def half(job: int) -> None:
    """Raise for 3, kill the worker for 5, be done with others."""
    if job == 3:
        raise ValueError("three is\nrefused")
    if job == 5:
        os._exit(1)


def full_disk(job: int) -> None:
    raise OSError(28, "No space left on device")


def module_and_variables(name: str) -> tuple[str | None, dict[str, str]]:
    """Return where a module comes from that is already imported, and the environment."""
    return sys.modules[name].__file__, dict(os.environ)
