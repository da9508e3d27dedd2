"""What a batch takes of disk, memory and time, told before long work, and refused where it is more than there is."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.scenario.scenario import Scenario

DISK_PER_RUN_DAY = 40
"""Bytes; 28 to 34 were measured for 60 to 720 days, more where a job is small."""

RUN_DAYS_TOLD = 1_000_000
"""From this many on, ten seconds or so, a batch says beforehand what it will take."""

DAY_AS_RUNS = 60
"""A day of a block takes its time whatever the number of runs, as if there were so many more of them; measured."""

TRIAL_RUNS, TRIAL_DAYS = 256, 30


@dataclass(frozen=True)
class Need:
    """What a batch takes at most.

    runs: that are yet to play, of so many evenings each. at_once: runs that a worker plays together. disk, memory: bytes.
    less: what to give less of where that is too much.
    """

    runs: int
    evenings: int
    at_once: int
    disk: float
    memory: float
    less: str

    @property
    def is_long(self) -> bool:
        """Whether it takes long enough to be told beforehand."""
        return self.runs * self.evenings * (1 + DAY_AS_RUNS / self.at_once) >= RUN_DAYS_TOLD


def seconds_per_run(scenario: Scenario, need: Need) -> float:
    """Return about how long a worker takes for a run: a few of them are played for a month, and their pace is scaled up."""
    runs = min(TRIAL_RUNS, need.at_once)
    model = TheatreModel(scenario, runs=runs)
    model.step()  # what is read once is in memory
    start, days = perf_counter(), min(TRIAL_DAYS, scenario.days)
    model.run_to(days)
    return (perf_counter() - start) / (runs * max(days - 1, 1)) * need.evenings


def check_room(need: Need, folder: Path, otherwise: str = "") -> None:
    """See that what a batch takes is there. Nothing is written. otherwise: what the message advises in place of fewer runs.

    Raises InputError where it takes more disk than is free, or more memory than the machine has; OSError where the folder
    cannot be written and runs are to be added to it.
    """
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    disk = shutil.disk_usage(there)
    if need.runs and there.is_dir() and not (disk.total and os.access(there, os.W_OK | os.X_OK)):  # /proc has no room at all
        advice = "" if otherwise else "; name another folder"
        raise OSError(errno.EACCES, f"nothing can be written to {there.absolute()}{advice}", str(folder))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for what, takes, has, at, other in (
        ("disk", need.disk, disk.free, f"{there.absolute()} has", "another --out"),
        ("memory", need.memory, memory, "this machine has", "fewer --workers"),
    ):
        if takes > has:
            raise InputError(
                f"this would take about {_gigabytes(takes)} of {what} and {at} {_gigabytes(has)}: "
                + (otherwise or f"give fewer {need.less}, or {other}, or --anyway to try")
            )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 1e10 else f"{size / 1e9:.2g} GB"
