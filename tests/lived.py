"""Scenarios lived through to their horizon, once for all tests: by whichever process of a run of the tests asks first."""

from __future__ import annotations

import fcntl
import os
import pickle
from functools import cache
from pathlib import Path

from sim.model import TheatreModel
from sim.record.history import History
from sim.scenario.scenario import Scenario

RUNS = 96
"""Runs that the tests of scenarios have in common."""

FOLDER = os.environ.get("PULLBACK_TESTS_LIVED")
"""Where the processes of a run of the tests find what another has played; tests/conftest.py makes it."""


@cache
def lived(scenario: Scenario, runs: int = RUNS) -> History:
    """Return the record of the first runs of a scenario."""
    if FOLDER is None:
        return _played(scenario, runs)
    path = Path(FOLDER) / f"{scenario.hash}-{runs}"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            half = path.with_suffix(".half")
            half.write_bytes(pickle.dumps(_played(scenario, runs)))
            half.rename(path)
        return pickle.loads(path.read_bytes())


def _played(scenario: Scenario, runs: int) -> History:
    model = TheatreModel(scenario, runs=runs)
    model.run_to(scenario.days)
    return model.history
