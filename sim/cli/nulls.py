"""The null policies that a hindcast is compared with: the same runs, played with every actor idle and deciding at random."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.exits import DONE, say

if TYPE_CHECKING:
    from sim.analysis.sensitivity.pooled import Pooled
    from sim.experiments.design.uncertain import Uncertain
    from sim.experiments.play.ceiling import Need
    from sim.experiments.store.results import Results
    from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class _Null:
    """The runs under one null policy: what they take that are not there yet, where they go, and how they are played."""

    scenario: Scenario
    need: Need
    folder: Path
    play: Callable[[], Results | Pooled]


def nulls_of(scenario: Scenario, results: Results | Pooled) -> dict[str, Results | Pooled]:
    """Return the same runs under each null policy, played where they lack; none where this disk takes no results.

    scenario: of the results, or the base of a sweep. Raises InputError where the disk or the memory will not do, Ended.
    """
    from sim.analysis.sensitivity.pooled import Pooled
    from sim.cli.batch import processors
    from sim.experiments.play.null_policies import POLICIES

    workers = processors()
    try:
        if isinstance(results, Pooled):
            nulls = {name: _of_sweep(results, name, workers) for name in POLICIES}
        else:
            nulls = {name: _of_scenario(scenario, name, workers, results.uncertain) for name in POLICIES}
        _tell_cost(list(nulls.values()), workers)
        return {name: null.play() for name, null in nulls.items()}
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        say(f"{error.filename}: {error.strerror}; the null policies were not played", DONE)
        return {}


def _tell_cost(nulls: Sequence[_Null], workers: int) -> None:
    """Say what all null policies together will take, and see that it is there."""
    from sim.cli.cost import tell_cost
    from sim.experiments.play.ceiling import check_room

    first, needs = nulls[0], [null.need for null in nulls]
    whole = replace(
        max(needs, key=lambda need: need.memory),
        runs=sum(need.runs for need in needs),
        disk=sum(need.disk for need in needs),
    )
    check_room(whole, first.folder, "make room, or give --no-nulls to score without the null policies")
    tell_cost(first.scenario, whole, workers, more=", for the null policies; --no-nulls scores without them")


def _of_scenario(scenario: Scenario, policy: str, workers: int, drawn: Uncertain | None) -> _Null:
    from sim.cli.batch import compute
    from sim.experiments.play.folder import default_folder
    from sim.experiments.play.need import needs_of
    from sim.experiments.play.null_policies import under_null_policy
    from sim.experiments.play.run import ensemble_of

    null = ensemble_of(under_null_policy(scenario, policy), drawn)
    folder = default_folder(null)
    need, _ = needs_of(null, folder, workers)
    return _Null(null.base, need, folder, lambda: compute(null, folder, workers))


def _of_sweep(results: Pooled, policy: str, workers: int) -> _Null:
    from sim.analysis.sensitivity.pooled import Pooled
    from sim.cli.batch import ending
    from sim.cli.progress import progress
    from sim.experiments.play.fill import fill
    from sim.experiments.play.need import needs_of
    from sim.experiments.play.null_policies import null_folder, null_sweep, played_runs
    from sim.experiments.store.points import SweepResults

    null, folder, runs = null_sweep(results.sweep, policy), null_folder(results.sweep, policy), played_runs(results.sweep)
    need, _ = needs_of(null, folder, workers, only=runs)

    def play() -> Pooled:
        with ending(folder), progress(folder, what=f"runs under {policy}") as report:
            fill(null, folder, workers, report, only=runs)
        return Pooled(SweepResults(folder))

    return _Null(null.base, need, folder, play)
