"""Exit codes of the command line, and one line for errors that the user can correct."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import click

from sim.ground.errors import InputError, one_line

DONE, PARTLY, USAGE, BUG, DISK, HELD, INTERRUPTED, TERMINATED = 0, 1, 2, 70, 74, 75, 130, 143


class Terminated(BaseException):
    """SIGTERM came. Not an Exception, so that nothing but the way out catches it."""

    @staticmethod
    def stop(signal_number: int, frame: Any) -> NoReturn:
        """Handle the signal."""
        raise Terminated


OUTPUT = "standard output"
"""The file name of an OSError on standard output."""


class ReaderClosed(Exception):
    """The reader closed standard output: the command is done."""


class Ended(Exception):
    """A command stopped before its end, for a reason that the user can act on."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def exit_code(call: Callable[[], Any]) -> int:
    """Call a command and return its exit code; print errors on stderr."""
    try:
        code = call()
        return code if isinstance(code, int) else DONE
    except ReaderClosed:
        return DONE
    except InputError as error:
        return say(error, USAGE, program="")
    except Ended as error:
        return say(error, error.code)
    except click.UsageError as error:
        return say(_usage(error), USAGE)
    except click.ClickException as error:
        return say(error.format_message(), USAGE)
    except (KeyboardInterrupt, click.Abort):
        return say("stopped", INTERRUPTED)
    except Terminated:
        return say("stopped", TERMINATED)
    except OSError as error:
        return say(f"{error.filename}: {error.strerror}" if error.filename else error, DISK)
    except Exception:
        traceback.print_exc()
        return say("this is a bug in pullback; please report it with the lines above", BUG)


def and_flushed(call: Callable[[], Any]) -> Any:
    """Call a command and flush its output, so that errors of writing are raised."""
    try:
        code = call()
        sys.stdout.flush()
    except BrokenPipeError as error:  # click would end in silence; of standard output it is a ReaderClosed
        raise Ended(f"{error.filename or 'a process of this program'}: {error.strerror or 'has ended'}", DISK) from None
    return code


def say(message: object, code: int, program: str = "pullback: ") -> int:
    """Write one line to stderr and return the code."""
    print(program + one_line(message), file=sys.stderr)
    return code


def _usage(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx else "pullback"
    message = error.format_message().strip().rstrip(".")
    return f"{message} (see {command} --help)"
