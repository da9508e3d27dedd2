"""Files as they are written: whole or not at all, through links, and never in place of what is no regular file."""

from __future__ import annotations

import ast
import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sim.ground.errors import InputError
from sim.ground.files import descriptor_of, whole_file, write_text

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "what was there before\n", "what is there now\n"


def test_a_new_file_has_the_mode_that_the_user_gives_new_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "new", NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    there = tmp_path / "there"
    there.write_text(OLD)
    there.chmod(mode)
    write_text(there, NEW)
    assert (there.read_text(), stat.S_IMODE(there.stat().st_mode)) == (NEW, mode)
    assert list(tmp_path.iterdir()) == [there]


@pytest.mark.parametrize("exists", [True, False], ids=["to a file", "dangling"])
def test_a_chain_of_links_stays_and_its_end_is_written(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "deep").mkdir()
    end = tmp_path / "deep" / "end"
    if exists:
        end.write_text(OLD)
    (tmp_path / "deep" / "second").symlink_to("end")
    (tmp_path / "first").symlink_to("deep/second")
    write_text(tmp_path / "first", NEW)
    assert end.read_text() == NEW and not end.is_symlink()
    assert (tmp_path / "first").readlink() == Path("deep/second") and (tmp_path / "deep" / "second").readlink() == Path(
        "end"
    )


def test_links_in_a_circle_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)) as told:
        write_text(tmp_path / "a", NEW)
    assert told.value.filename == str(tmp_path / "a")


def test_every_name_of_a_file_shows_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "one").write_text(OLD * 9)
    (tmp_path / "other").hardlink_to(tmp_path / "one")
    write_text(tmp_path / "one", NEW)
    assert (tmp_path / "other").read_text() == NEW and (tmp_path / "other").samefile(tmp_path / "one")


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_text(tmp_path / "pipe", NEW)
    reader.join(30)
    assert got == [NEW] and (tmp_path / "pipe").is_fifo()


def test_a_pipe_whose_reader_has_seen_enough_is_no_trouble(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with whole_file(tmp_path / "pipe") as file:
        os.close(reading)
        file.write(NEW.encode() * 100_000)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}", "link"])
def test_an_open_descriptor_is_written_to_where_it_stands(tmp_path: Path, name: str) -> None:
    """Also one that a link leads to: what else is written to it stays."""
    with (tmp_path / "open").open("w+") as file:
        file.write(OLD)
        file.flush()
        path = Path(name.format(file.fileno()))
        if name == "link":
            path = tmp_path / name
            path.symlink_to(f"/dev/fd/{file.fileno()}")
        write_text(path, NEW)
    assert (tmp_path / "open").read_text() == OLD + NEW


def test_the_names_of_descriptors_are_known() -> None:
    names = ("/dev/stdout", "/dev/fd/63", f"/proc/{os.getpid()}/fd/4", "/dev/null", "/dev/fd/x", "dev/fd/1")
    assert [descriptor_of(Path(name)) for name in names] == [1, 63, 4, None, None, None]


def test_a_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder; name a file"):
        write_text(tmp_path, NEW)


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").write_text(OLD)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("sim.ground.files.os.fsync", full)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as told:
        write_text(tmp_path / "there", NEW)
    assert (told.value.errno, told.value.filename) == (errno.ENOSPC, str(tmp_path / "there"))
    assert (tmp_path / "there").read_text() == OLD and list(tmp_path.iterdir()) == [tmp_path / "there"]


def test_a_full_disk_is_met_before_a_file_of_two_names_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one").write_text(OLD)
    (tmp_path / "other").hardlink_to(tmp_path / "one")

    def full(descriptor: int, offset: int, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("sim.ground.files.os.posix_fallocate", full)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as told:
        write_text(tmp_path / "one", NEW * 100)
    assert told.value.filename == str(tmp_path / "one")
    assert (tmp_path / "other").read_text() == OLD


def test_a_device_that_is_full_is_named() -> None:
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as told:
        write_text(Path("/dev/full"), NEW)
    assert (told.value.errno, told.value.filename) == (errno.ENOSPC, "/dev/full")


def test_a_fault_of_any_kind_leaves_nothing(tmp_path: Path) -> None:
    def stopped() -> None:
        with whole_file(tmp_path / "new") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_a_name_as_long_as_a_disk_takes_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("\u015f" * 127)
    write_text(path, NEW)
    assert path.read_text() == NEW


def test_half_a_character_is_escaped_in_a_page_and_refused_elsewhere(tmp_path: Path) -> None:
    write_text(tmp_path / "page", "caf\udce9", errors="backslashreplace")
    assert (tmp_path / "page").read_text() == "caf\\udce9"
    with pytest.raises(InputError, match="is not valid text"):
        write_text(tmp_path / "table", "caf\udce9")


def test_no_file_is_opened_where_a_standard_stream_is_closed(tmp_path: Path) -> None:
    """A process that was started without them, as by a service: what is printed there later would be in the file."""
    code = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from sim.ground.files import whole_file
with whole_file(Path("new")) as file:
    assert file.fileno() > 2, file.fileno()
    os.write(1, b"printed")
    os.write(2, b"printed")
    file.write(b"new")
"""
    line = 'exec "$0" -c "$1" <&- >&- 2>&-'
    assert subprocess.run(["sh", "-c", line, sys.executable, code], cwd=tmp_path).returncode == 0
    assert (tmp_path / "new").read_bytes() == b"new"


# --- one helper -------------------------------------------------------------------------------------------------------

WRITES = {"write_text", "write_bytes", "touch", "symlink_to", "hardlink_to", "mkfifo"}
MOVES = {"os.replace", "os.rename", "os.open", "os.fdopen", "os.link", "os.symlink", "shutil.copy", "shutil.copyfile",
         "shutil.copy2", "shutil.copytree", "shutil.move", "tempfile.mkstemp"}  # fmt: skip
MAKERS = {"write_table", "ParquetWriter", "write_csv", "to_netcdf", "to_csv", "to_parquet", "save", "savez",
          "savez_compressed", "dump"}  # fmt: skip
LIBRARIES = ("np", "pq", "csv", "dataset", "json", "pickle")
"""Functions of libraries that write a file where they are given a path."""

MAY = {
    ("sim/ground/files.py", "open"): "the helper itself",
    ("sim/ground/files.py", "os.open"): "the helper itself",
    ("sim/ground/files.py", "os.fdopen"): "the helper itself",
    ("sim/ground/files.py", "os.replace"): "the helper itself",
    ("sim/experiments/store/locks.py", "open"): "locks hold no text, and are kept open",
    ("sim/experiments/store/folders.py", "touch"): "an empty mark has nothing to lose",
    ("sim/experiments/export/netcdf.py", "to_netcdf"): "into a temporary folder, copied from there",
    ("sim/record/snapshot.py", "savez_compressed"): "given a stream",
    ("sim/experiments/store/folders.py", "ParquetWriter"): "given a stream of whole_file",
    ("sim/cli/tables.py", "write_csv"): "given a stream of whole_file",
}


def writing(file: Path) -> set[str]:
    """Return the calls of a module that may write a file."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        if last == "open" and name != "os.open" and "webbrowser" not in name:
            given = [*node.args[(0 if "." in name else 1) :], *(word.value for word in node.keywords if word.arg == "mode")]
            if given and not (isinstance(given[0], ast.Constant) and set(str(given[0].value)) <= set("rbt")):
                found.add("open")
        elif name in MOVES:
            found.add(name)
        elif (last in WRITES and "." in name) or (
            last in MAKERS and name.partition(".")[0] in ("np", "pq", "csv", "dataset")
        ):
            found.add(last)
    return found


def test_every_file_is_written_by_the_one_helper() -> None:
    files = [*(ROOT / "sim").rglob("*.py"), *(ROOT / "dashboards").rglob("*.py")]
    found = {(str(file.relative_to(ROOT)), call) for file in files for call in writing(file)}
    assert found == set(MAY)


def test_what_may_write_is_seen(tmp_path: Path) -> None:
    lines = (
        'open("x", "w")',
        'path.open("ab")',
        "open(x, mode)",
        'p.write_text("")',
        "os.replace(a, b)",
        "pq.write_table(t, p)",
    )
    for line in lines:
        (tmp_path / "x.py").write_text(line)
        assert writing(tmp_path / "x.py"), line
    (tmp_path / "x.py").write_text('open("x")\npath.open("rb")\nwrite_text(path, "")\nwebbrowser.open(url)')
    assert not writing(tmp_path / "x.py")
