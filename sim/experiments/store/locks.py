"""Locks of a results folder: one driver at a time, or the shards of one job array; leases for committing parts."""

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
        """Raise InputError if there is no such part."""
        whole_number("the number of a shard", self.number, Limits(1, whole_number("the number of shards", self.of, SHARDS)))

    def __str__(self) -> str:
        return f"{self.number}-of-{self.of}"


@contextmanager
def locked(folder: Path, shard: Shard | None = None) -> Iterator[None]:
    """Lock the folder, for a driver or for one shard. Raises FolderBusy if another driver has locked it.

    Shards of the same split share the folder; shards of another split are refused.
    """
    with ExitStack() as stack:
        stack.enter_context(_flock(folder / LOCK, shared=shard is not None))
        if shard is not None:
            stack.enter_context(_flock(folder / f"{LOCK}-{shard}"))
            for other in folder.glob(f"{LOCK}-*-of-*"):
                if not other.name.endswith(f"-of-{shard.of}") and _is_taken(other):
                    raise FolderBusy(f"{folder}: is in use by another split, {other.name}; wait for it")
        yield


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Exclude commits of parts and writes of files that all shards share; waits for those in progress."""
    with (folder / TOGETHER).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Lease:
    """Permission for a driver's workers to commit parts to a folder; it ends when another driver acquires the folder."""

    folder: str
    file: str
    token: str

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Prevent another driver from acquiring the folder during a commit. Raises FolderBusy if one has.

        A worker on another machine survives the death of its driver; its later commits could overlap with the jobs of the
        next driver.
        """
        with (Path(self.folder) / TOGETHER).open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            try:
                token = (Path(self.folder) / self.file).read_text(encoding="utf-8")
            except FileNotFoundError:
                token = ""
            if token != self.token:
                raise FolderBusy(f"{self.folder}: another driver has acquired the folder")
            yield


def acquire(folder: Path, shard: Shard | None = None) -> Lease:
    """Return the lease of a new driver and revoke earlier ones, except those of other shards of the same split.

    Call it with the folder locked, and exclusively.
    """
    for path in folder.glob(f"{DRIVER}*"):
        if shard is None or not path.name.endswith(f"-of-{shard.of}"):
            path.unlink()
    lease = Lease(str(folder.resolve()), f"{DRIVER}-{shard}" if shard else DRIVER, token_hex(8))
    write_text(folder / lease.file, lease.token)
    return lease


@contextmanager
def _flock(path: Path, shared: bool = False) -> Iterator[None]:
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
                time.sleep(0.1)  # `status` tests a lock by taking it for a moment
            except OSError as error:
                raise OSError(
                    error.errno, "this disk does not support locks (flock); name a folder on one that does", str(path.parent)
                ) from None
        yield


def is_locked(folder: Path) -> bool:
    """Whether a driver or a shard is writing to the folder."""
    return any(_is_taken(path) for path in folder.glob(f"{LOCK}*"))


def _is_taken(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
