"""All files are written here, atomically: completely or not at all. Only regular files are replaced.

A link is followed and kept. A pipe, a device or an open descriptor (/dev/stdout, /dev/fd/63) is written to directly.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from sim.ground.errors import InputError

STDOUT = Path("-")
"""Standard output. A file named "-" is given by its absolute path."""

DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
NAMED_DESCRIPTORS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
MOST_LINKS = 40
LETTERS_KEPT = 40
"""Characters of a file name that its temporary name keeps, so that a long name stays within the limit of the file system."""


def write_text(path: Path, text: str, errors: str = "strict") -> None:
    """Write a text file in UTF-8. errors: as of str.encode, for surrogates of undecodable file names.

    Raises InputError if the text cannot be encoded, and OSError with the path if the file cannot be written.
    """
    try:
        data = text.encode("utf-8", errors)
    except UnicodeEncodeError as error:
        raise InputError(f"{path}: {text[error.start : error.end]!r} is not valid text and cannot be written") from None
    with whole_file(path) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a stream to a temporary file that is renamed to `path` once it is on disk; on an error nothing remains.

    A replaced file keeps its mode and owner. A file with several names (hard links), of another owner, or in a read-only
    folder is overwritten in place once the content is complete. Raises InputError for a folder or a block device, and
    OSError with the path.
    """
    hold_standard_descriptors()
    try:
        with _stream(path) as file:
            yield file
    except OSError as error:
        if path == STDOUT or not error.errno:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from None


def hold_standard_descriptors() -> None:
    """Open /dev/null as descriptors 0, 1 and 2 if they are closed; else the next file opened would receive printed text."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            os.dup2(opened, number)
            if opened != number:
                os.close(opened)
            os.set_inheritable(number, True)


def descriptor_of(path: Path) -> int | None:
    """Return the number of the open descriptor that a path denotes, None for any other path."""
    match = DESCRIPTOR.fullmatch(str(path).replace(f"/proc/{os.getpid()}/", "/proc/self/"))
    return int(match[1]) if match else NAMED_DESCRIPTORS.get(str(path))


def _stream(path: Path) -> AbstractContextManager[BinaryIO]:
    """Return a stream to the target of a path."""
    if path == STDOUT:
        return _standard_output()
    try:
        status = path.stat()
    except FileNotFoundError:
        status = None
    if status is not None and not stat.S_ISREG(status.st_mode):
        if stat.S_ISDIR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            raise InputError(f"{path}: is a {'folder' if stat.S_ISDIR(status.st_mode) else 'disk'}; name a file")
        number = descriptor_of(path)
        return _through(os.open(path, os.O_WRONLY) if number is None else os.dup(number))
    target = _followed(path)
    number = descriptor_of(target)
    if number is not None:
        return _through(os.dup(number))
    if status is None:
        return _replaced(target, None)
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    is_ours = status.st_uid == os.geteuid() or os.geteuid() == 0
    may_replace = status.st_nlink == 1 and is_ours and os.access(target.parent, os.W_OK | os.X_OK)
    return _replaced(target, status) if may_replace else _in_place(target)


def _followed(path: Path) -> Path:
    """Return the end of a chain of links: a path, or a descriptor."""
    for _ in range(MOST_LINKS):
        if descriptor_of(path) is not None or not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    sys.stdout.flush()
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _through(descriptor: int) -> Iterator[BinaryIO]:
    """Write to a descriptor. A closed pipe is not an error: its reader has finished."""
    with suppress(BrokenPipeError), os.fdopen(descriptor, "wb") as file:
        yield file


@contextmanager
def _replaced(target: Path, before: os.stat_result | None) -> Iterator[BinaryIO]:
    hidden = target.with_name(f".{target.name[:LETTERS_KEPT]}.{token_hex(4)}")  # two processes may write the same file
    try:
        with hidden.open("xb") as file:
            yield file
            if before is not None:
                _keep(file.fileno(), before)
            file.flush()
            os.fsync(file.fileno())
        os.replace(hidden, target)
    except BaseException:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)
        raise


def _keep(descriptor: int, before: os.stat_result) -> None:
    """Copy owner and mode of the replaced file."""
    with suppress(PermissionError):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


@contextmanager
def _in_place(target: Path) -> Iterator[BinaryIO]:
    """Overwrite a file once the content is complete; space is reserved first, so that a full disk leaves the old content."""
    from shutil import copyfileobj
    from tempfile import TemporaryFile

    with TemporaryFile() as ready:
        yield ready
        size = ready.seek(0, os.SEEK_END)
        ready.seek(0)
        with target.open("r+b") as file:
            _reserve(file.fileno(), size)
            copyfileobj(ready, file)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())


def _reserve(descriptor: int, size: int) -> None:
    before = os.fstat(descriptor).st_size
    if size <= before or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError:
        os.ftruncate(descriptor, before)
        raise
