"""The runs of a sweep under a null policy, each with the values of its point and its own number.

They form a sweep too, nulls/POLICY in the folder of the first, which is resumed, checked and read like any other.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from sim.experiments.design.design import Recipe
from sim.experiments.design.sweep import Sweep
from sim.experiments.store.parts import times_there
from sim.experiments.store.sweep import SweepResults
from sim.registry import registry
from sim.scenario.scenario import Scenario

POLICIES = ("idle", "random")


def under_null_policy(scenario: Scenario, policy: str) -> Scenario:
    """Return a scenario with every actor under a null policy."""
    return scenario.with_values({f"{actor}.policy": policy for actor in registry().actors}, set_by="hindcast")


def null_sweep(results: SweepResults, policy: str) -> Sweep:
    """Return the points of a sweep in the same order, with every actor under a null policy.

    It keeps the daily series of every run if the sweep does, and none otherwise.
    """
    manifest, design = results.manifest, results.design
    varied = tuple(row for row, number in zip(design.rows, design.row_of_design, strict=True) if number >= 0)
    return Sweep(
        name=f"{manifest['name']}-{policy}",
        title=f"{manifest['title'] or manifest['name']}: every actor {policy}",
        question="",
        base=under_null_policy(replace(results.base, name=manifest["scenario"]), policy),
        recipe=Recipe("table", (), design.factors, include_base=len(varied) < design.points, table=varied),
        runs=played_runs(results).shape[1],
        series="full" if manifest["series"] == "full" else "none",
        text=f"# The points in design.parquet, with every actor under the null policy {policy}.\n",
        streams=results.streams,
        streams_chosen=True,
        outcomes=results.own,
    )


def null_folder(results: SweepResults, policy: str) -> Path:
    """Return the folder of the runs of a sweep under a null policy."""
    return results.folder / "nulls" / policy


def played_runs(results: SweepResults) -> np.ndarray:
    """Return (points, runs) bool: finished runs, which are also computed under the null policies."""
    most = max((job.end_run for job in results.parts), default=0)
    return times_there(results.parts, results.design.points, most) > 0
