"""Text that people hand in: as office programs save it, numbered as they see it, read in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sim.analysis.hindcast.observations import load_observations
from sim.experiments.store.kept import load_sweep
from sim.ground.errors import InputError
from sim.ground.grid import load_control
from sim.ground.paths import data_folder
from sim.ground.user_text import read_table, read_text, read_toml
from sim.registry import load_scenario
from tests.sweeps import SWEEP

ROOT = Path(__file__).resolve().parents[2]
MARK = b"\xef\xbb\xbf"
ORDERS = b'base = "baseline"\n[[orders]]\nactor = "moscow"\ndecision = "supply"\norder = "stay"\nfrom = 2026-02-01\n'
TABLE = "truce.breakdown_per_day,moscow.policy\n0.004,stay\n\n0.005,documented\n"
OF_A_TABLE = 'format = 1\nbase = "baseline"\n[design]\nmethod = "table"\ntable = "points.csv"\n'

PROGRAM_FILES = {
    "sim/ground/user_text.py", "sim/ground/data_tables.py", "sim/scenario/files.py", "sim/experiments/store/folders.py",
    "sim/record/snapshot.py", "sim/experiments/store/asked.py", "sim/experiments/store/locks.py",
    "sim/experiments/store/digest.py", "sim/experiments/store/definitions.py",
    "sim/analysis/calibrate/run.py", "sim/analysis/calibrate/plausible.py", "sim/cli/exits.py", "sim/cli/sweep_folder.py",
    "sim/cli/tables.py", "sim/pages/report/report.py",
    "sim/pages/page_file.py", "sim/pages/report/values.py", "dashboards/engine/exports.py", "dashboards/compare/question.py",
    "sim/ground/files.py", "sim/experiments/export/netcdf.py",
}  # fmt: skip
"""Who may open a file or take CSV or TOML: the reader of what people hand in, and modules that open the program's own
files or write. sim/scenario/files.py parses the TOML of --set, which is no file."""

READS = {"read_text", "read_bytes", "open", "reader", "DictReader", "loads", "load", "read_csv", "loadtxt", "genfromtxt"}
MODULES = {"tomllib", "csv", "open", "numpy", "np", "io"}


def saved(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def opens(file: Path) -> bool:
    """Whether a module opens a file for itself, or parses TOML or CSV."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id == "open":
            return True
        if isinstance(called, ast.Attribute) and called.attr in READS:
            base = called.value.id if isinstance(called.value, ast.Name) else ""
            if called.attr in ("read_text", "read_bytes", "open") or base in MODULES:
                return True
    return False


def test_files_are_opened_where_they_may_be_and_nowhere_else() -> None:
    files = [*(ROOT / "sim").rglob("*.py"), *(ROOT / "dashboards").rglob("*.py")]
    opening = {str(file.relative_to(ROOT)) for file in files if opens(file)}
    assert "sim/ground/user_text.py" in opening
    assert opening - PROGRAM_FILES - {"dashboards/serve.py"} == set()


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_a_byte_order_mark_and_the_line_ends_of_any_system_are_taken(tmp_path: Path, ending: bytes) -> None:
    def as_office(text: str) -> bytes:
        return MARK + text.encode().replace(b"\n", ending)

    assert len(load_scenario(saved(tmp_path, "mine.toml", as_office(ORDERS.decode()))).orders) == 1
    assert load_sweep(saved(tmp_path, "small.toml", as_office(SWEEP))).design.points == 9
    saved(tmp_path, "points.csv", as_office(TABLE))
    assert load_sweep(saved(tmp_path, "table.toml", as_office(OF_A_TABLE))).design.points == 3
    shipped = (data_folder() / "observations.toml").read_text(encoding="utf-8")
    assert load_observations(saved(tmp_path, "record.toml", as_office(shipped))) == load_observations()
    letters = (data_folder() / "control-2026-01-12.txt").read_text(encoding="utf-8")
    control = load_control(str(saved(tmp_path, "map.txt", as_office(letters))))
    assert (control == load_control("2026-01-12")).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('title = "ä"\n'.encode("utf-16"), "it.toml: is saved as UTF-16 (some programs call it Unicode); save it as UTF-8"),
        (b'title = "a"\r\n\r\n# \xe9\r\n', "it.toml: not UTF-8 (at line 3); save it as UTF-8"),
        (b'title = "a"\n\n\n\0', "it.toml: line 4 contains a null byte: it is not a text file in UTF-8"),
        (b"days = 3,5\n", "it.toml: not TOML: Expected newline or end of document after a statement (at line 1, column 9)"
         "; write numbers with a point, as in 0.5"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_one_line_that_says_where(tmp_path: Path, content: bytes, said: str) -> None:
    path = saved(tmp_path, "it.toml", content)
    for read in (read_toml, load_scenario, load_sweep, load_observations):
        with pytest.raises(InputError) as told:
            read(path)
        assert str(told.value) == said


def test_a_file_without_an_end_is_not_read_to_its_end() -> None:
    with pytest.raises(InputError, match=r"/dev/zero: is longer than 1 MB, the largest file of this kind that is read"):
        read_text(Path("/dev/zero"), most=1_000_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a;b\n1;2\n", "row 1: cells are separated by semicolons; save the file with commas as separators"),
        ("a\tb\n1\t2\n", "row 1: cells are separated by tabs"),
        ('a,b\n\n"0,5",2\n', "row 3: 0,5 has a decimal comma; write 0.5"),
        ("a,b\n1,2\n\n0,5,2\n", "row 4 has 3 values, the first row names 2; numbers take a decimal point, as in 0.5"),
        ("\n\na,b\n1\n", "row 4 has 1 values, the first row names 2"),
        ('a,b\n1,"2\n', "row 2: not CSV"),
        ("\n\n", "is empty"),
    ],
)
def test_rows_of_a_table_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path, text: str, said: str) -> None:
    path = saved(tmp_path, "it.csv", text.encode())
    with pytest.raises(InputError) as told:
        list(read_table(path)[1])
    assert str(told.value).startswith((f"{path}: {said}", f"{path} {said}"))
