"""What long work will take, told before it begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.progress import in_bytes, in_time

if TYPE_CHECKING:
    from sim.experiments.design.sweep import Sweep
    from sim.experiments.play.need import Need
    from sim.scenario.scenario import Scenario


def check_and_tell_cost(asked: Sweep, folder: Path, workers: int, anyway: bool) -> None:
    """See that there is room for the runs of an ensemble, unless told to try anyway, and say what they take.

    Raises InputError, OSError.
    """
    from sim.experiments.play.need import check_resource_limits, needs_of

    need, _ = needs_of(asked, folder, workers)
    if not anyway:
        check_resource_limits(need, folder)
    print_estimate(asked.base, need, workers)


def print_estimate(scenario: Scenario, need: Need, workers: int, most: Need | None = None, more: str = "") -> None:
    """Say what long work will take, on stderr. most: what it may come to, where a rule says how many runs there are.

    scenario: what is played, or the base of what is. more: what the line ends with.
    """
    from sim.experiments.play.need import seconds_per_run

    if not need.runs or not (most or need).is_long:
        return
    pace = seconds_per_run(scenario, need) / workers
    said = f"about {in_time(pace * need.runs)}, {in_bytes(need.disk)} of disk, {in_bytes(need.memory)} of memory"
    if most is not None:
        said += f"; up to {most.runs:,} runs, {in_time(pace * most.runs)} and {in_bytes(most.disk)} by its rule"
    click.echo(f"{need.runs:,} runs of {need.evenings - 1} days: {said}{more}", err=True)
