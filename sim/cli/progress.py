"""How far a batch is, on stderr: a bar on a terminal, otherwise a plain line every ten seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click

SECONDS_BETWEEN_LINES = 10.0

Report = Callable[[int, int], None]
"""Takes the number of runs done and the number asked for."""


@contextmanager
def progress(what: str = "runs") -> Iterator[Report]:
    """Yield the function that a batch calls as its runs, or other units of `what`, come in."""
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    from rich.progress import Progress

    from sim.cli.tables import console

    with Progress(console=console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(what: str) -> Report:
    started = said = monotonic()

    def report(done: int, total: int) -> None:
        nonlocal said
        now = monotonic()
        if now - said >= SECONDS_BETWEEN_LINES:
            said = now
            click.echo(f"{done} of {total} {what}, {now - started:.0f} s", err=True)

    return report
