"""Progress of a batch on stderr: a bar on a terminal, otherwise a plain line every ten seconds."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import log10
from pathlib import Path
from time import monotonic

import click

from sim.cli.tables import console

SECONDS_BETWEEN_LINES = 10.0
UNITS = ("B", "kB", "MB", "GB", "TB")


@contextmanager
def progress(folder: Path, is_final: bool = True, what: str = "runs") -> Iterator[Callable[[int, int, int], None]]:
    """Yield the function that is called as jobs end: a bar on a terminal, otherwise a line every ten seconds.

    It takes the number of runs done and requested, and of jobs that failed. is_final: the requested number will not grow,
    so that the time left is known. what: name of the runs.
    """
    started = printed = monotonic()
    before: int | None = None

    def line(seconds: float, done: int, asked: int, failed: int) -> str:
        rate = (done - (before or 0)) / max(seconds, 1e-9)
        left = f", {rate:.0f} a second" if rate else ""
        left += f", {in_time((asked - done) / rate)} left" if rate and is_final else ""
        free = f", {in_bytes(shutil.disk_usage(folder).free)} of disk free"
        so_far = "" if is_final else " so far"
        return f"{done:,} of {asked:,} {what}{so_far}{left}" + (f", {failed} jobs failed" if failed else "") + free

    with _on_a_bar(what) as bar:

        def report(done: int, asked: int, failed: int) -> None:
            nonlocal before, printed
            before, now = done if before is None else before, monotonic()
            if bar is not None:
                bar(done, asked, line(now - started, done, asked, failed))
            elif now - printed >= SECONDS_BETWEEN_LINES:
                printed = now
                click.echo(line(now - started, done, asked, failed), err=True)

        yield report


@contextmanager
def _on_a_bar(what: str) -> Iterator[Callable[[int, int, str], object] | None]:
    """Yield the function that moves a bar, taking runs done, the total and a description; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, text: bar.update(task, completed=done, total=total, description=text)


def in_time(seconds: float) -> str:
    """Write a duration for reading."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def in_bytes(size: float) -> str:
    """Write a size on disk or in memory for reading."""
    power = min(int(log10(max(size, 1)) / 3), len(UNITS) - 1)
    return f"{size / 1000**power:.3g} {UNITS[power]}"
