"""The printed report of `make bench`: calibrated units, replicate-days per second and core, and ratios."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

BUSY = 1.5
"""If the unit varied by more than this factor, the processor was busy and the figures are unreliable."""


SLOWER = 1.1
"""Factor over the units of the last stored run from which a figure is reported as slower."""


@dataclass(frozen=True)
class Figure:
    """The result of one benchmark, by the keys of its `extra_info`.

    unit_microseconds: the calibrated unit; calibrated_units: the median time in units; replicate_days and
    replicate_days_per_second if it computes days; ratio and reads ("times its pace") if it compares.
    """

    test: str
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the test as text."""
        words, _, case = self.test.removeprefix("test_").replace("_", " ").partition("[")
        return f"{words}, {case[:-1].replace('-', ', ')}" if case else words


def rounded(value: float) -> str:
    """Return a number with three significant figures and thousands separators."""
    if value == 0.0:
        return "0"
    value = float(f"{value:.2e}")
    return f"{value:,.{max(2 - int(np.floor(np.log10(abs(value)))), 0)}f}"


def machine(figures: Iterable[Figure]) -> str:
    """Return one line on the machine, with the calibrated unit that makes machines comparable."""
    units = [figure.info["unit_microseconds"] for figure in figures]
    busy = "; the machine was busy: measure again" if max(units) > BUSY * min(units) else ""
    about = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    versions = f"Python {platform.python_version()}, numpy {np.__version__}"
    return (
        f"{about}, {versions}; a unit is {rounded(float(np.median(units)))} microseconds"
        f" ({rounded(min(units))} to {rounded(max(units))} during the measurement){busy}"
    )


def costs(figures: Iterable[Figure]) -> list[str]:
    """Return the table of times, in units, and per replicate-day if days are computed."""
    lines = [f"{'':64}{'units':>12}{'units a':>15}{'replicate-days':>18}"]
    lines += [f"{'':64}{'':>12}{'replicate-day':>15}{'a second and core':>18}"]
    for figure in figures:
        units, days = figure.info["calibrated_units"], figure.info.get("replicate_days")
        line = f"{figure.name:64}{rounded(units):>12}"
        if days:
            line += f"{rounded(units / days):>15}{rounded(figure.info['replicate_days_per_second']):>18}"
        lines.append(line)
    return lines


def ratios(figures: Iterable[Figure]) -> list[str]:
    """Return a line for each figure with a ratio."""
    compared = [figure for figure in figures if "ratio" in figure.info]
    return [f"{figure.name:64}{rounded(figure.info['ratio']):>12}  {figure.info['reads']}" for figure in compared]


def slower(figures: Iterable[Figure], before: Mapping[str, float]) -> list[str]:
    """Return a warning for each figure that took more units than before; before: units of the last stored run by test."""
    grown = [
        (figure.name, figure.info["calibrated_units"] / before[figure.test]) for figure in figures if before.get(figure.test)
    ]
    return [
        f"warning: {name}: {100.0 * (times - 1.0):.0f}% more units than in the last stored run (busy machine, or slower)"
        for name, times in grown
        if times > SLOWER
    ]


def report(figures: list[Figure], skipped: list[tuple[str, str]], before: Mapping[str, float] | None = None) -> list[str]:
    """Return all lines; skipped: tests that were not run, with reasons; before: see `slower`."""
    lines = [machine(figures), "", *costs(figures)] if figures else []
    compared = ratios(figures)
    lines += ["", "ratios, each of two things measured in one process", *compared] if compared else []
    lines += slower(figures, before or {})
    return lines + [f"not measured: {Figure(test).name}: {reason}" for test, reason in skipped]
