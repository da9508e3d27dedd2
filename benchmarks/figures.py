"""What `make bench` prints of what it measured: calibrated units, replicate-days a second and core, and ratios."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

BUSY = 1.5
"""A unit that moved by more than this factor says that other work took the processor, so that the figures mean little."""


SLOWER = 1.1
"""By how much more units than in the last stored run a figure is told as slower."""


@dataclass(frozen=True)
class Figure:
    """What one benchmark came to, by the keys of its `extra_info`.

    unit_microseconds: the calibrated unit beside it; calibrated_units: its median time in them; replicate_days and
    replicate_days_per_second where it plays days; ratio and reads where it compares ("times its pace").
    """

    test: str
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the test in words."""
        words, _, case = self.test.removeprefix("test_").replace("_", " ").partition("[")
        return f"{words}, {case[:-1].replace('-', ', ')}" if case else words


def rounded(value: float) -> str:
    """Return a number to three figures, with thousands apart."""
    if value == 0.0:
        return "0"
    value = float(f"{value:.2e}")
    return f"{value:,.{max(2 - int(np.floor(np.log10(abs(value)))), 0)}f}"


def machine(figures: Iterable[Figure]) -> str:
    """Return the machine of the figures in a line, with its calibrated unit: what makes two machines comparable."""
    units = [one.found["unit_microseconds"] for one in figures]
    busy = "; the machine was busy: measure again" if max(units) > BUSY * min(units) else ""
    about = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    versions = f"Python {platform.python_version()}, numpy {np.__version__}"
    return (
        f"{about}, {versions}; a unit is {rounded(float(np.median(units)))} microseconds"
        f" ({rounded(min(units))} to {rounded(max(units))} while these were measured){busy}"
    )


def costs(figures: Iterable[Figure]) -> list[str]:
    """Return the table of times, in units and per replicate-day where days are played."""
    lines = [f"{'':64}{'units':>12}{'units a':>15}{'replicate-days':>18}"]
    lines += [f"{'':64}{'':>12}{'replicate-day':>15}{'a second and core':>18}"]
    for one in figures:
        units, days = one.found["calibrated_units"], one.found.get("replicate_days")
        line = f"{one.name:64}{rounded(units):>12}"
        if days:
            line += f"{rounded(units / days):>15}{rounded(one.found['replicate_days_per_second']):>18}"
        lines.append(line)
    return lines


def ratios(figures: Iterable[Figure]) -> list[str]:
    """Return a line for each figure that compares."""
    compared = [one for one in figures if "ratio" in one.found]
    return [f"{one.name:64}{rounded(one.found['ratio']):>12}  {one.found['reads']}" for one in compared]


def slower(figures: Iterable[Figure], before: Mapping[str, float]) -> list[str]:
    """Return a warning for each figure that took more units than before; before: units of the last stored run by test."""
    grown = [(one.name, one.found["calibrated_units"] / before[one.test]) for one in figures if before.get(one.test)]
    return [
        f"warning: {name}: {100.0 * (times - 1.0):.0f}% more units than in the last stored run (busy machine, or slower)"
        for name, times in grown
        if times > SLOWER
    ]


def report(figures: list[Figure], skipped: list[tuple[str, str]], before: Mapping[str, float] | None = None) -> list[str]:
    """Return all lines; skipped are the tests that were not run, with their reason; before: as `slower` takes it."""
    lines = [machine(figures), "", *costs(figures)] if figures else []
    compared = ratios(figures)
    lines += ["", "ratios, each of two things measured in one process", *compared] if compared else []
    lines += slower(figures, before or {})
    return lines + [f"not measured: {Figure(test).name}: {reason}" for test, reason in skipped]
