"""How far a batch is, on stderr: a bar on a terminal, otherwise a plain line every ten seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import log10
from time import monotonic

import click

SECONDS_BETWEEN_LINES = 10.0
UNITS = ("B", "kB", "MB", "GB", "TB")

Report = Callable[[int, int], object]
"""Takes the number of runs done and the number asked for."""


@contextmanager
def progress(what: str = "runs") -> Iterator[Report]:
    """Yield the function that a batch calls as its runs, or other units of `what`, come in."""
    with on_a_bar(what) as bar:
        yield _lines(what) if bar is None else lambda done, total: bar(done, total, what)


@contextmanager
def on_a_bar(what: str) -> Iterator[Callable[[int, int, str], object] | None]:
    """Yield the function that moves a bar, taking what is done, the total and what to say; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    from sim.cli.tables import console

    with Progress(console=console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, said: bar.update(task, completed=done, total=total, description=said)


def _lines(what: str) -> Report:
    started = said = monotonic()

    def report(done: int, total: int) -> None:
        nonlocal said
        now = monotonic()
        if now - said >= SECONDS_BETWEEN_LINES:
            said = now
            click.echo(f"{done} of {total} {what}, {now - started:.0f} s", err=True)

    return report


def in_time(seconds: float) -> str:
    """Write a stretch of time for reading."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def in_bytes(size: float) -> str:
    """Write a size on disk or in memory for reading."""
    power = min(int(log10(max(size, 1)) / 3), len(UNITS) - 1)
    return f"{size / 1000**power:.3g} {UNITS[power]}"
