"""Standard output and standard error, wrapped once at the start.

A character that the encoding of a stream lacks is written as an escape. Errors on standard error do not stop the program.
Where standard output is closed or full the command continues to its end, and its exit code reports it.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from sim.cli.exits import DISK, OUTPUT, Ended, ReaderClosed
from sim.experiments.store.partial import IncompleteResults
from sim.ground.errors import one_line
from sim.ground.files import hold_standard_descriptors

STRICT = ("strict", "surrogateescape")
"""Python's own handling of characters that an encoding lacks; any other is the user's choice."""


class Output(io.FileIO):
    """Standard output. It fails once, with its name; afterwards nothing is flushed at exit."""

    def __init__(self, descriptor: int, is_closed: bool) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.is_closed, self.has_failed = is_closed, False

    def write(self, data: Any, /) -> int:
        """Write to the descriptor. Raises OSError that names standard output, ReaderClosed where a pipe has no reader."""
        if self.has_failed:
            return len(data)
        try:
            if self.is_closed:
                raise OSError(errno.EBADF, "is closed")
            return super().write(data)
        except BrokenPipeError:
            self.has_failed = True
            raise ReaderClosed from None
        except OSError as error:
            self.has_failed = True
            raise OSError(error.errno, error.strerror, OUTPUT) from None


class Messages(io.FileIO):
    """Standard error. Output that cannot be written is dropped."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)

    def write(self, data: Any, /) -> int:
        """Write to the descriptor; errors are ignored."""
        try:
            return super().write(data) or 0
        except OSError:
            return len(data)


def take_streams() -> None:
    """Wrap sys.stdout and sys.stderr, and leave no standard descriptor closed.

    Streams that a caller of the program has replaced are left alone.
    """
    hold_standard_descriptors()
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(sys.__stdout__, Output(1, is_closed=sys.__stdout__ is None))
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(sys.__stderr__, Messages(2))


def _text(before: TextIO | None, raw: io.FileIO) -> TextIO:
    """Return a stream of text that is encoded and flushed as the one before it."""
    if not isinstance(before, io.TextIOWrapper):
        return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=True)
    before.flush()
    errors = "backslashreplace" if before.errors in STRICT else before.errors
    file = io.BufferedWriter(raw)
    return io.TextIOWrapper(file, before.encoding, errors, None, before.line_buffering, before.write_through)


@contextmanager
def stored_in(folder: Path) -> Iterator[None]:
    """Where standard output fails within, report where the results are stored."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.filename != OUTPUT:
            raise
        raise Ended(f"{OUTPUT}: {error.strerror}; the results are stored in {os.fspath(folder)}", DISK) from None


@contextmanager
def incomplete_results_told() -> Iterator[None]:
    """Write a line to standard error for each results folder read that lacks runs."""
    shown: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *place: Any, **rest: Any) -> None:
        if not issubclass(category, IncompleteResults):
            before(message, category, *place, **rest)
        elif str(message) not in shown:
            shown.add(str(message))
            click.echo(f"pullback: {one_line(message)}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", IncompleteResults)
        before, warnings.showwarning = warnings.showwarning, show
        yield
