"""The null policies that a hindcast is compared with: the same runs, played with every actor idle and deciding at random."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sim.analysis.pooled import Pooled
from sim.cli import batch
from sim.cli.cost import print_estimate
from sim.cli.exits import DONE, say
from sim.cli.progress import progress
from sim.experiments.design.sweep import Sweep
from sim.experiments.export.tables import open_results
from sim.experiments.play.fill import fill
from sim.experiments.play.folder import default_folder
from sim.experiments.play.need import Need, check_resource_limits, needs_of
from sim.experiments.play.null_policies import POLICIES, null_folder, null_sweep, played_runs, under_null_policy
from sim.experiments.play.run import ensemble_of
from sim.experiments.store.ensemble import Results
from sim.experiments.store.sweep import SweepResults
from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class _Null:
    """The runs under one null policy: the sweep they are, where they go, which are played (None: all), what that takes."""

    asked: Sweep
    folder: Path
    only: np.ndarray | None
    need: Need


def nulls_of(scenario: Scenario, results: Results | Pooled) -> dict[str, Results | Pooled]:
    """Return the same runs under each null policy, played where they lack; none where this disk takes no results.

    scenario: of the results, or the base of a sweep. Raises InputError where the disk or the memory will not do, Ended.
    """
    workers = batch.processors()
    try:
        nulls = {name: _null(scenario, results, name, workers) for name in POLICIES}
        _tell_cost(list(nulls.values()), workers)
        return {name: _played(null, name, workers) for name, null in nulls.items()}
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        say(f"{error.filename}: {error.strerror}; the null policies were not played", DONE)
        return {}


def _tell_cost(nulls: Sequence[_Null], workers: int) -> None:
    """Say what all null policies together will take, and see that it is there."""
    first, needs = nulls[0], [null.need for null in nulls]
    whole = replace(
        max(needs, key=lambda need: need.memory),
        runs=sum(need.runs for need in needs),
        disk=sum(need.disk for need in needs),
    )
    check_resource_limits(whole, first.folder, "make room, or give --no-nulls to score without the null policies")
    print_estimate(first.asked.base, whole, workers, more=", for the null policies; --no-nulls scores without them")


def _null(scenario: Scenario, results: Results | Pooled, policy: str, workers: int) -> _Null:
    """Return the same runs under a null policy: of an ensemble one as well, of a sweep those of its runs that are there."""
    if isinstance(results, Pooled):
        asked, only = null_sweep(results.sweep, policy), played_runs(results.sweep)
        folder = null_folder(results.sweep, policy)
    else:
        asked, only = ensemble_of(under_null_policy(scenario, policy), results.uncertain), None
        folder = default_folder(asked)
    return _Null(asked, folder, only, needs_of(asked, folder, workers, only=only)[0])


def _played(null: _Null, policy: str, workers: int) -> Results | Pooled:
    """Return the runs under a null policy, played where they lack."""
    with batch.ending(null.folder), progress(null.folder, what=f"runs under {policy}") as report:
        fill(null.asked, null.folder, workers, report, only=null.only)
        results = open_results(null.folder)
        return Pooled(results) if isinstance(results, SweepResults) else results
