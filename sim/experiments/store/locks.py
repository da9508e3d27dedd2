"""One driver to a folder: locks on it, the shards of a job array beside each other, and who may commit parts."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from sim.ground.checks import SHARDS, Limits, whole_number
from sim.ground.files import hold_standard_descriptors, write_text

LOCK = ".lock"
TOGETHER = ".lock-together"
DRIVER = ".driver"
LOCK_TRIES = 5


class FolderBusy(RuntimeError):
    """Another run is writing to the results folder."""


@dataclass(frozen=True)
class Shard:
    """One of `of` parts that a sweep is split into for a job array. number: from 1 to `of`."""

    number: int
    of: int

    def __post_init__(self) -> None:
        """Raise InputError where there is no such part."""
        whole_number("the number of a shard", self.number, Limits(1, whole_number("the number of shards", self.of, SHARDS)))

    def __str__(self) -> str:
        return f"{self.number}-of-{self.of}"


@contextmanager
def locked(folder: Path, shard: Shard | None = None) -> Iterator[None]:
    """Hold the folder's lock, or that of one shard. Raises FolderBusy when another driver holds it.

    Shards share the folder with each other and with nobody else; those of another split are turned away too.
    """
    with ExitStack() as stack:
        stack.enter_context(_flocked(folder / LOCK, shared=shard is not None))
        if shard is not None:
            stack.enter_context(_flocked(folder / f"{LOCK}-{shard}"))
            for other in folder.glob(f"{LOCK}-*-of-*"):
                if not other.name.endswith(f"-of-{shard.of}") and _is_flocked(other):
                    raise FolderBusy(f"{folder}: is being worked on in another split, {other.name}; wait for it")
        yield


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Wait until no worker commits a part and no shard writes what all shards share, and keep them waiting."""
    with (folder / TOGETHER).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Lease:
    """What lets the workers of a driver commit to a folder, until another driver takes it over."""

    folder: str
    file: str
    token: str

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Keep the folder from being taken over meanwhile. Raises FolderBusy when it has been.

        A worker beyond this machine outlives a driver that is killed; what it commits later could overlap with what the
        next driver has planned.
        """
        with (Path(self.folder) / TOGETHER).open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            try:
                token = (Path(self.folder) / self.file).read_text(encoding="utf-8")
            except FileNotFoundError:
                token = ""
            if token != self.token:
                raise FolderBusy(f"{self.folder}: another driver has taken over")
            yield


def acquire(folder: Path, shard: Shard | None = None) -> Lease:
    """Return the pass of a new driver and end those of earlier ones, other shards of the same split excepted.

    To be called when the folder is held, and alone.
    """
    for path in folder.glob(f"{DRIVER}*"):
        if shard is None or not path.name.endswith(f"-of-{shard.of}"):
            path.unlink()
    made = Lease(str(folder.resolve()), f"{DRIVER}-{shard}" if shard else DRIVER, token_hex(8))
    write_text(folder / made.file, made.token)
    return made


@contextmanager
def _flocked(path: Path, shared: bool = False) -> Iterator[None]:
    hold_standard_descriptors()
    with path.open("a+") as file:
        for last in (False,) * LOCK_TRIES + (True,):
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if last:
                    raise FolderBusy(
                        f"{path.parent}: another run is writing here; wait for it, or name another folder"
                    ) from None
                time.sleep(0.1)  # `status` looks whether a lock is free by taking it for a moment
            except OSError as error:
                raise OSError(
                    error.errno, "this disk keeps no locks (flock); name a folder on one that does", str(path.parent)
                ) from None
        yield


def is_locked(folder: Path) -> bool:
    """Whether a driver is writing to the folder, or one of its shards."""
    return any(_is_flocked(path) for path in folder.glob(f"{LOCK}*"))


def _is_flocked(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
