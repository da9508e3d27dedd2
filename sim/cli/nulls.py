"""The null policies of a hindcast: the same runs with every actor idle, and with every actor deciding at random."""

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
    """The runs under one null policy: sweep, folder, the runs to play (None: all), and their time, memory and disk."""

    asked: Sweep
    folder: Path
    only: np.ndarray | None
    need: Need


def nulls_of(scenario: Scenario, results: Results | Pooled) -> dict[str, Results | Pooled]:
    """Return the same runs under each null policy, played where missing; none where the disk is not writable.

    scenario: of the results, or the base of a sweep. Raises InputError where disk or memory do not suffice, Ended.
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
    """Print the estimate for all null policies together, and check that disk and memory suffice."""
    first, needs = nulls[0], [null.need for null in nulls]
    total = replace(
        max(needs, key=lambda need: need.memory),
        runs=sum(need.runs for need in needs),
        disk=sum(need.disk for need in needs),
    )
    check_resource_limits(total, first.folder, "free some, or use --no-nulls to score without the null policies")
    print_estimate(first.asked.base, total, workers, more=" for the null policies (--no-nulls leaves them out)")


def _null(scenario: Scenario, results: Results | Pooled, policy: str, workers: int) -> _Null:
    """Return the same runs under a null policy: an ensemble, or those runs of a sweep that have been played."""
    if isinstance(results, Pooled):
        asked, only = null_sweep(results.sweep, policy), played_runs(results.sweep)
        folder = null_folder(results.sweep, policy)
    else:
        asked, only = ensemble_of(under_null_policy(scenario, policy), results.uncertain), None
        folder = default_folder(asked)
    return _Null(asked, folder, only, needs_of(asked, folder, workers, only=only)[0])


def _played(null: _Null, policy: str, workers: int) -> Results | Pooled:
    """Return the runs under a null policy, played where missing."""
    with batch.ending(null.folder), progress(null.folder, what=f"runs under {policy}") as report:
        fill(null.asked, null.folder, workers, report, only=null.only)
        results = open_results(null.folder)
        return Pooled(results) if isinstance(results, SweepResults) else results
