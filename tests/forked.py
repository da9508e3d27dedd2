"""The program in a forked child, with the standard streams that a shell may give it, from a process that has it loaded."""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import sim.cli

SECONDS = 120
CLOSED, FULL, NOWHERE, KEPT, UNREAD = "closed", "/dev/full", "/dev/null", "kept", "unread"
STREAMS = (KEPT, CLOSED, FULL, NOWHERE, UNREAD)
"""Where a stream may lead: KEPT is read back by the test, UNREAD is a pipe whose reader has closed it."""


@dataclass(frozen=True)
class Ended:
    """What came of a command line. piped: what was written to the pipe or fifo whose reading end was given."""

    code: int
    stdout: bytes
    stderr: str
    piped: bytes


def pullback(
    *arguments: object,
    folder: Path,
    stdout: str = KEPT,
    stderr: str = KEPT,
    stdin: str = NOWHERE,
    encoding: str = "utf-8",
    pipe: int | None = None,
    closing: Sequence[int] = (),
) -> Ended:
    """Run a command line in a folder, its streams as Python makes them at the start of a process.

    encoding: as PYTHONIOENCODING has it, as in ascii:replace. pipe: a descriptor that is read meanwhile. closing:
    descriptors that only the child keeps.
    """
    with TemporaryFile() as out, TemporaryFile() as err, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a child that forks from threads: it uses none of them
        child = os.fork()
        if child == 0:
            _be_the_program(list(map(str, arguments)), folder, {0: stdin, 1: stdout, 2: stderr}, (out, err), encoding)
        for number in closing:
            os.close(number)
        code, piped = _ended(child, pipe)
        return Ended(code, _read(out), _read(err).decode("utf-8", "replace"), piped)


def _read(file: Any) -> bytes:
    file.seek(0)
    return bytes(file.read())


def _ended(child: int, pipe: int | None) -> tuple[int, bytes]:
    """Wait for a child, reading a pipe meanwhile so that it does not fill up."""
    data = b""
    if pipe is None:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), data
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        while select.select([pipe], [], [], 0.005)[0]:
            more = os.read(pipe, 2**16)
            data += more
            if not more:
                break
        if done:
            return os.waitstatus_to_exitcode(status), data


def _be_the_program(
    arguments: list[str], folder: Path, streams: dict[int, str], files: tuple[Any, Any], encoding: str
) -> None:
    """Do in a child what a process does from its start to its end; never returns."""
    code = 99
    try:
        signal.alarm(SECONDS)
        os.chdir(folder)
        for number, where in streams.items():
            if where == CLOSED:
                os.close(number)
            elif where == UNREAD:
                reading, writing = os.pipe()
                os.dup2(writing, number)
                os.close(reading)
                os.close(writing)
            elif where == KEPT:
                os.dup2(files[number - 1].fileno(), number)
            else:
                opened = os.open(where, os.O_RDWR)
                os.dup2(opened, number)
                os.close(opened)
        sys.stdin = sys.__stdin__ = _text(0, streams[0], encoding, "strict")
        sys.stdout = sys.__stdout__ = _text(1, streams[1], encoding, "strict")
        sys.stderr = sys.__stderr__ = _text(2, streams[2], encoding, "backslashreplace")
        sys.argv = ["pullback", *arguments]
        warnings.resetwarnings()
        code = _exit_code()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _exit_code() -> int:
    try:
        sim.cli.main()
    except SystemExit as ended:
        code = ended.code
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            return 120  # as the interpreter does
    return int(code or 0)


def _text(number: int, where: str, encoding: str, errors: str) -> Any:
    if where == CLOSED:
        return None
    encoding, _, given = encoding.partition(":")
    read = number == 0
    buffered, raw = io.BufferedReader if read else io.BufferedWriter, io.FileIO(number, "r" if read else "w", closefd=False)
    return io.TextIOWrapper(buffered(raw), encoding, given or errors)
