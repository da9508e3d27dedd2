"""The digest of code and data covers what makes the numbers, whatever its suffix, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from sim.experiments.store.digest import DATA_OF_PAGES, DATA_OF_RUNS, MAKE_NONE, MAKE_NUMBERS, code_digest, makes_numbers
from sim.ground.paths import PACKAGE

NUMBERS = {
    "agents", "agents/damascus", "draws.py", "experiments/design", "ground", "mechanisms", "model.py", "record",
    "record/expressions",
    "registry.py", "scenario", "state",
}  # fmt: skip
"""Folders and files of the top whose every module makes numbers."""

IN_PART = {
    "experiments/play": ("blocks.py", "job.py"),
    "analysis/hindcast": ("answers.py", "observation.py"),
}
"""Folders of which some modules do; those named are among them."""

DATA = {
    "cells.tsv", "control-2026-01-12.txt", "control-2026-01-20.txt", "provinces.tsv", "sectors.txt", "sites.tsv",
    "theatre.toml", "towns.tsv",
}  # fmt: skip


def files(package: Path) -> Iterable[Path]:
    return (
        path.relative_to(package)
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    )


def rooms() -> dict[str, Path]:
    """Return a module of each folder of the package, and each module that lies at its top."""
    found = {}
    for path in files(PACKAGE):
        if path.suffix == ".py" and path.name != "__init__.py":
            found.setdefault(str(path if path.parent == Path() else path.parent), path)
    return found


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(PACKAGE, tmp_path_factory.mktemp("copy") / "sim", ignore=ignored)


def moves(package: Path, file: Path, before: bytes, after: bytes) -> bool:
    """Whether a change of the first `before` in a file of the copy, which is taken back, changes the digest."""
    was, text = code_digest(package), (package / file).read_bytes()
    assert before in text, f"{file} has no {before!r}"
    (package / file).write_bytes(text.replace(before, after, 1))
    try:
        return code_digest(package) != was
    finally:
        (package / file).write_bytes(text)
        assert code_digest(package) == was


@pytest.mark.parametrize(("room", "file"), rooms().items())
def test_a_comment_in_a_room_counts_just_where_the_room_makes_numbers(package: Path, room: str, file: Path) -> None:
    if room in IN_PART:
        assert all(moves(package, Path(room, name), b"\n", b"  # touched\n") for name in IN_PART[room])
    else:
        assert moves(package, file, b"\n", b"  # touched\n") == (room in NUMBERS)


@pytest.mark.parametrize("room", [room for room in rooms() if not room.endswith(".py")])
def test_a_new_file_in_a_room_counts_just_where_the_room_makes_numbers(package: Path, room: str) -> None:
    was, new = code_digest(package), package / room / "added_today.py"
    new.write_text("a = 1\n")
    assert (code_digest(package) != was) == (room in NUMBERS or room == "experiments/play")
    new.unlink()


@pytest.mark.parametrize("file", sorted(path.name for path in (PACKAGE / "data").iterdir() if path.is_file()))
def test_a_value_of_a_table_counts_just_where_runs_read_it(package: Path, file: str) -> None:
    text = (PACKAGE / "data" / file).read_bytes()
    value = next(byte for byte in reversed(text) if chr(byte).isalnum())
    other = b"7" if value != ord("7") else b"8"
    assert moves(package, Path("data", file), text, text[: text.rindex(value)] + other + text[text.rindex(value) + 1 :]) == (
        file in DATA
    )


def test_a_scenario_in_the_wheel_counts_by_its_own_hash_alone() -> None:
    assert not makes_numbers(Path("scenarios/baseline.toml"))


def test_every_module_and_every_file_of_data_is_decided_and_no_decision_is_left_over() -> None:
    here = list(files(PACKAGE))
    for path in here:
        decided = path.parts[0] == "data" or any(path.is_relative_to(room) for room in (*MAKE_NUMBERS, *MAKE_NONE))
        assert decided, f"{path}: say in sim/experiments/store/digest.py whether it makes numbers"
    of_data = [path for path in here if path.parts[0] == "data"]
    for path in of_data:
        assert any(path.match(pattern) for pattern in (*DATA_OF_RUNS, *DATA_OF_PAGES)), f"{path}: say whether runs read it"
    known = {*map(str, here), *(str(parent) for path in here for parent in path.parents), "scenarios"}
    assert set(MAKE_NUMBERS) | set(MAKE_NONE) <= known
    assert [pattern for pattern in DATA_OF_PAGES if not any(path.match(pattern) for path in of_data)] == []


@pytest.mark.parametrize("stray", ["notes.txt", "data/notes.txt", "data/old.tsv", "agents/.#sdf.py", "agents/sdf copy.py"])
def test_a_file_that_is_no_part_of_the_program_makes_no_other_version(tmp_path: Path, stray: str) -> None:
    for name in ("data", "agents"):
        (tmp_path / name).mkdir()
    (tmp_path / "agents" / "sdf.py").write_text("a = 1\n")
    (tmp_path / "data" / "cells.tsv").write_text("row\n")
    before = code_digest(tmp_path)
    (tmp_path / stray).write_text("a = 2\n")
    assert code_digest(tmp_path) == before
    for part in ("agents/sdf.py", "data/cells.tsv", "data/control-2026-01-20.txt", "data/theatre.toml", "orders.py"):
        (tmp_path / part).write_text(f"{before}\n")
        changed = code_digest(tmp_path)
        assert changed != before
        before = changed
