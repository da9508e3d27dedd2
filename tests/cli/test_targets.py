"""Command lines that write to pipes, links, devices, folders, closed and full streams.

Nothing but a regular file is ever replaced, what is written is whole or the command says that it is not, and nothing that
was computed is lost. Forty command lines each time the tests run, the same ones; 200 others with `make verify`.
"""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sim.cli import commands
from sim.cli.exits import DISK, DONE, HELD, PARTLY, USAGE
from tests.forked import CLOSED, FULL, KEPT, NOWHERE, STREAMS, Ended, pullback
from tests.sweeps import runs_in

SHORT, LONG = 40, 200
OLD = b"what was there before\n"
SHORT_RUN = ("run", "baseline", "--days", "3", "--workers", "1", "--runs")
SWEEP = """\
format = 1
name = "tiny"
base = "baseline"
days = 3
[design]
method = "lhs"
points = 24
[levers]
"moscow.policy" = { values = ["documented", "stay"] }
[uncertainties]
"withdrawal.airlift_sorties_per_day" = {}
[replicates]
n = 1
"""
RECORD = """\
format = 1
[[observation]]
name = "Defections"
outcome = "cells_by_defection"
observed = [0, 5, 10]
unit = "cells"
score = "crps"
nothing_changes = 0
used_to_fit = false
confidence = "L"
source = "a test"
"""

WRITERS = (
    ("export", "r", "--csv"), ("export", "s", "--csv"), ("export", "r", "--series", "sdf_share", "--csv"),
    ("export", "r", "--priogrid", "--csv"), ("export", "r", "--events", "--csv"), ("compare", "r", "r", "--csv"),
    ("compare", "r", "r", "--html"), ("compare", "s", "--by", "moscow.policy", "--csv"),
    ("sensitivity", "s", "--outcome", "displaced_end", "--csv"),
    ("sensitivity", "s", "--outcome", "displaced_end", "--html"),
    ("hindcast", "r", "--observations", "record.toml", "--html"),
)  # fmt: skip
"""Commands that take a file to write."""

SHOWERS = (
    ("list",), ("--help",), ("show", "baseline"), ("show", "./title.toml"), ("check", "./title.toml"), ("status", "s"),
    ("explain", "r", "--run", "1"), ("export", "r"), ("compare", "r", "r"), ("compare", "r", "r", "--json"),
    ("verify", "s", "--recompute", "0"), (*SHORT_RUN, "4", "--out", "r"), (*SHORT_RUN, "4", "--out", "r", "--json"),
)  # fmt: skip
"""Commands that show something."""

FOLDERS = ("new", "link", "dangling", "folder", "hard", "fifo", "null", "-", "r")
"""What --out may lead to."""

TARGETS = (
    "new", "file", "link", "dangling", "hard", "fifo", "descriptor", "null", "full", "device", "-", "folder", "nowhere",
    "stdout", "of results",
)  # fmt: skip
"""What a file to write may be: see `_lay_out`."""


@dataclass
class Target:
    """What a command line writes to. path: as it is typed. watched: what must stay what it is. read: what came of it."""

    path: str
    watched: list[Path] = field(default_factory=list)
    read: Callable[[Ended], bytes | None] = lambda ended: None
    pipe: int | None = None
    closing: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def one_process() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, one_process: pytest.MonkeyPatch) -> Path:
    """A folder with an ensemble r, a sweep s, the null policies of r in results, and files to read."""
    folder = tmp_path_factory.mktemp("made")
    one_process.setattr("sim.cli.batch.processors", lambda: 1)
    titled = 'base = "baseline"\ntitle = "Qami\u015flo"\n'
    for name, text in (("tiny.toml", SWEEP), ("record.toml", RECORD), ("title.toml", titled)):
        (folder / name).write_text(text, encoding="utf-8")
    with inside(folder):
        for line in (
            (*SHORT_RUN, "4", "--out", "r"),
            ("sweep", "./tiny.toml", "--workers", "1", "--out", "s"),
            ("hindcast", "r", "--observations", "record.toml"),
        ):
            done = CliRunner().invoke(commands, line)
            assert done.exit_code == DONE, done.stderr
    return folder


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def expected(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], bytes]:
    """What a command writes into a new file."""
    written: dict[tuple[str, ...], bytes] = {}
    place = tmp_path_factory.mktemp("expected") / "file"

    def of(line: tuple[str, ...]) -> bytes:
        if line not in written:
            with inside(made):
                done = CliRunner().invoke(commands, [*line, str(place)])
            assert done.exit_code == DONE, done.stderr
            written[line] = place.read_bytes()
        return written[line]

    return of


@pytest.mark.parametrize("share", [SHORT, pytest.param(LONG, marks=pytest.mark.verify)], ids=["short", "long"])
def test_any_target_and_any_streams(
    made: Path,
    expected: Callable[[tuple[str, ...]], bytes],
    tmp_path: Path,
    share: int,
    record_property: Callable[[str, Any], None],
) -> None:
    choose = random.Random(share)
    codes: dict[int, int] = {}
    for number in range(share):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in ("r", "s", "results"):
            shutil.copytree(made / name, folder / name)
        for path in made.glob("*.toml"):
            shutil.copy(path, folder)
        kind = choose.choice(("write", "write", "show", "run"))
        ended = {"write": _write, "show": _show, "run": _run}[kind](folder, choose, expected)
        codes[ended.code] = codes.get(ended.code, 0) + 1
        shutil.rmtree(folder)
    record_property("command lines", share)
    record_property("exit codes", {str(code): count for code, count in sorted(codes.items())})
    assert codes.keys() >= {DONE, USAGE, DISK}


def _streams(choose: random.Random) -> dict[str, str]:
    return {
        "stdout": choose.choice((KEPT, *STREAMS)),
        "stderr": choose.choice((KEPT, *STREAMS)),
        "stdin": choose.choice((NOWHERE, CLOSED)),
        "encoding": choose.choice(("utf-8", "ascii", "latin-1")),
    }


def _write(folder: Path, choose: random.Random, expected: Callable[[tuple[str, ...]], bytes]) -> Ended:
    """A command writes a file: all of it arrives, or the exit code says so and what was there stays."""
    line, kind, streams = choose.choice(WRITERS), choose.choice(TARGETS), _streams(choose)
    target = _lay_out(folder, kind)
    before, results = _looks(target.watched), _digest(folder)
    ended = pullback(*line, target.path, folder=folder, **streams, pipe=target.pipe, closing=target.closing)
    what = f"{line} to {kind}, {streams}: {ended}"
    _ends_well(ended, what)
    assert _looks(target.watched) == before, what
    assert _digest(folder) == results, what
    got = target.read(ended)
    if kind in ("-", "stdout"):
        assert streams["stdout"] != KEPT or got == expected(line), what
        assert ended.code == (DISK if streams["stdout"] in (CLOSED, FULL) else DONE), what
    elif kind in ("folder", "nowhere", "of results"):
        assert ended.code == USAGE and got in (None, OLD), what
    elif kind == "full":
        assert ended.code == DISK, what
    else:
        assert got is None or got == expected(line), what
        assert ended.code == (DISK if line[0] != "export" and streams["stdout"] in (CLOSED, FULL) else DONE), what
    assert not [path for path in folder.rglob(".*") if path.name not in (".lock", ".driver", ".lock-together")], what
    if target.pipe is not None:
        os.close(target.pipe)
    return ended


def _show(folder: Path, choose: random.Random, expected: Callable[[tuple[str, ...]], bytes]) -> Ended:
    """A command shows something: where it cannot be shown the exit code says so."""
    line, streams = choose.choice(SHOWERS), _streams(choose)
    before = _digest(folder)
    ended = pullback(*line, folder=folder, **streams)
    what = f"{line}, {streams}: {ended}"
    _ends_well(ended, what)
    assert _digest(folder) == before, what
    assert ended.code == (DISK if streams["stdout"] in (CLOSED, FULL) else DONE), what
    if streams["stdout"] == KEPT:
        assert ended.stdout.decode(streams["encoding"]).strip(), what
    if streams["stdout"] in (CLOSED, FULL) and streams["stderr"] == KEPT:
        assert ended.stderr.startswith("pullback: standard output: ") and ended.stderr.count("\n") == 1, what
        assert line[0] != "run" or ended.stderr.endswith("; the results are stored in r\n"), what
    return ended


def _run(folder: Path, choose: random.Random, expected: Callable[[tuple[str, ...]], bytes]) -> Ended:
    """Runs are computed: they are stored whatever the streams are, or the folder is refused and nothing is changed."""
    kind, streams = choose.choice(FOLDERS), _streams(choose)
    if kind in ("link", "dangling"):
        (folder / kind).symlink_to("behind")
        (folder / "behind").mkdir() if kind == "link" else None
        target = Target(kind, [folder / kind])
    else:
        target = Target(kind) if kind in ("new", "-", "r") else _lay_out(folder, kind)
    before = _looks(target.watched)
    ended = pullback(*SHORT_RUN, "6", "--out", target.path, folder=folder, **streams)
    what = f"run into {kind}, {streams}: {ended}"
    _ends_well(ended, what)
    assert _looks(target.watched) == before, what
    if kind in ("hard", "fifo", "null", "-"):
        assert ended.code in (USAGE, DISK) and not (folder / "-").exists(), what
    else:
        assert runs_in(folder / target.path) == list(range(6)), what
        assert ended.code == (DISK if streams["stdout"] in (CLOSED, FULL) else DONE), what
    if target.pipe is not None:
        os.close(target.pipe)
    return ended


def _ends_well(ended: Ended, what: str) -> None:
    assert ended.code in (DONE, PARTLY, USAGE, DISK, HELD), what
    assert "Traceback" not in ended.stderr, what


def _lay_out(folder: Path, kind: str) -> Target:
    """Make what a command is to write to, and say how what came of it is read."""
    there = folder / "there"
    match kind:
        case "new":
            return Target("there", read=lambda _: there.read_bytes())
        case "file":
            there.write_bytes(OLD)
            there.chmod(0o640)
            return Target("there", [there], lambda _: there.read_bytes())
        case "link" | "dangling":
            there.symlink_to("behind")
            if kind == "link":
                (folder / "behind").write_bytes(OLD)
            return Target("there", [there], lambda _: (folder / "behind").read_bytes())
        case "hard":
            (folder / "other").write_bytes(OLD)
            there.hardlink_to(folder / "other")
            return Target("there", [there, folder / "other"], lambda _: (folder / "other").read_bytes())
        case "fifo":
            os.mkfifo(there)
            pipe = os.open(there, os.O_RDONLY | os.O_NONBLOCK)
            return Target("there", [there], lambda ended: ended.piped, pipe)
        case "descriptor":
            pipe, writing = os.pipe()
            os.set_inheritable(writing, True)
            return Target(f"/dev/fd/{writing}", [], lambda ended: ended.piped, pipe, [writing])
        case "null" | "full":
            return Target(f"/dev/{kind}", [Path(f"/dev/{kind}")])
        case "device":
            with_device = _device(there)
            return Target("there", [there]) if with_device else Target("/dev/null", [Path("/dev/null")])
        case "folder":
            there.mkdir()
            return Target("there", [there])
        case "nowhere":
            return Target("no/such/there")
        case "stdout":
            return Target("/dev/stdout", read=lambda ended: ended.stdout)
        case "of results":
            path = next((folder / "r" / "outcomes").iterdir())
            return Target(str(path.relative_to(folder)), [path])
    return Target("-", read=lambda ended: ended.stdout)


def _device(path: Path) -> bool:
    """Make another /dev/null, where this user and this place may."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        path.write_bytes(b"")
    except OSError:
        path.unlink(missing_ok=True)
        return False
    return True


def _looks(paths: list[Path]) -> list[tuple[int, ...]]:
    """Return the kind and mode of what has each name, and its inode unless it is a regular file of this name alone."""
    looks = []
    for path in paths:
        status = path.lstat()
        is_plain = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        names = 0 if stat.S_ISDIR(status.st_mode) else status.st_nlink
        looks.append((status.st_mode, names, 0 if is_plain else status.st_ino))
    return looks


def _digest(folder: Path) -> dict[str, str]:
    """Return what the files of the results hold; pages are written anew each time."""
    found = (path for name in ("r", "s") for path in sorted((folder / name).rglob("*")))
    kept = (path for path in found if path.is_file() and path.suffix != ".html" and not path.name.startswith("."))
    return {str(path.relative_to(folder)): blake2b(path.read_bytes()).hexdigest() for path in kept}
