"""What a batch takes of disk, memory and time, told before long work, and refused where it is more than there is."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sim.errors import InputError
from sim.experiments.store import runs_done
from sim.model import BLOCK_RUNS, TheatreModel
from sim.scenario import Scenario

DISK_PER_RUN_DAY = 40
"""Bytes; 28 to 34 were measured for 60 to 720 days, more where a job is small."""

MEMORY_AT_REST = 300e6
MEMORY_PER_RUN_DAY = 300
"""Bytes in the process that sums up; 290 were measured for 4,096 to 8,192 runs of 180 days."""

MEMORY_PER_RUN_DAY_PLAYED = 900
"""Bytes in a worker, of its block; measured for 512 runs of 3,650 days."""

RUN_DAYS_TOLD = 1_000_000
"""From this many on, ten seconds or so, a batch says beforehand what it will take."""

TRIAL_RUNS, TRIAL_DAYS = 256, 30


@dataclass(frozen=True)
class Need:
    """What a batch takes at most. run_days: days of all runs that are yet to play. disk, memory: bytes."""

    run_days: int
    disk: float
    memory: float


def need_of(scenario: Scenario, workers: int, folder: Path) -> Need:
    """Return what the runs of a scenario take that `folder` does not hold yet."""
    evenings = scenario.days + 1
    done = len(runs_done(folder)) if (folder / "outcomes").is_dir() else 0
    run_days = max(scenario.runs - done, 0) * evenings
    block = min(BLOCK_RUNS, scenario.runs) * evenings
    played = workers * (MEMORY_AT_REST + MEMORY_PER_RUN_DAY_PLAYED * block)
    summed_up = MEMORY_AT_REST + MEMORY_PER_RUN_DAY * scenario.runs * evenings
    return Need(run_days, DISK_PER_RUN_DAY * run_days, max(played, summed_up))


def seconds_of(scenario: Scenario, need: Need, workers: int) -> float:
    """Return about how long the runs take: a few of them are played for a month, and their pace is scaled up."""
    model = TheatreModel(scenario, runs=TRIAL_RUNS)
    model.step()  # what is read once is in memory
    start, days = perf_counter(), min(TRIAL_DAYS, scenario.days)
    model.run_to(days)
    return (perf_counter() - start) / (TRIAL_RUNS * max(days - 1, 1)) * need.run_days / workers


def check_room(need: Need, folder: Path) -> None:
    """Raise InputError where a batch takes more disk than is free, or more memory than the machine has."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for what, takes, has in (("disk", need.disk, free), ("memory", need.memory, memory)):
        if takes > has:
            raise InputError(
                f"this would take about {_gigabytes(takes)} of {what} and there are {_gigabytes(has)}: "
                "give fewer --runs or --days, another --out or fewer --workers, or --anyway to try"
            )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 1e10 else f"{size / 1e9:.2g} GB"
