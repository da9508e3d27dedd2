"""Standard streams: closed, full, and in an encoding that lacks a letter. What was computed is stored whatever they are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from sim.experiments.store.ensemble import open_ensemble
from tests.browser import free_port
from tests.forked import CLOSED, FULL, KEPT, NOWHERE, UNREAD, pullback
from tests.sweeps import runs_in

ROOT = Path(__file__).resolve().parents[2]
RUN = ("run", "baseline", "--days", "3", "--workers", "1", "--runs", "2", "--out", "mine")


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of the shell in which "$P" is the program."""
    script = f'P() {{ {sys.executable} -m sim "$@"; }}\n{line}'
    known = {**os.environ, "PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(["bash", "-c", script], cwd=folder, env=known, capture_output=True, timeout=120)


@pytest.mark.parametrize("stdout", [CLOSED, FULL])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["table", "json"])
def test_runs_are_stored_where_their_summary_cannot_be_shown(tmp_path: Path, stdout: str, more: tuple[str, ...]) -> None:
    ended = pullback(*RUN, *more, folder=tmp_path, stdout=stdout)
    why = {CLOSED: "is closed", FULL: "No space left on device"}[stdout]
    line = f"pullback: standard output: {why}; the results are stored in mine\n"
    assert (ended.code, ended.stderr) == (74, line)
    assert runs_in(tmp_path / "mine") == [0, 1] and (tmp_path / "mine" / "report.html").is_file()


@pytest.mark.parametrize("stderr", [CLOSED, FULL, NOWHERE])
def test_nothing_that_happens_to_standard_error_stops_a_run(tmp_path: Path, stderr: str) -> None:
    ended = pullback(*RUN, folder=tmp_path, stderr=stderr, stdin=CLOSED)
    assert (ended.code, b"2 simulated runs" in ended.stdout) == (0, True)
    assert pullback("show", "none", folder=tmp_path, stderr=stderr).code == 2


def test_all_streams_closed_and_two_workers(tmp_path: Path) -> None:
    """In earnest: files of the workers would be descriptors 0 to 2."""
    line = "P run baseline --days 3 --workers 2 --runs 4 --out mine <&- >&- 2>&-"
    assert shell(line, tmp_path).returncode == 74
    stored = open_ensemble(tmp_path / "mine")
    assert stored.outcomes["run"].tolist() == [0, 1, 2, 3] and stored.series("sdf_share").shape == (4, 4)


def test_a_python_process_without_streams_runs_an_ensemble(tmp_path: Path) -> None:
    code = 'import sys, sim; assert sys.stdout is None; sim.run("baseline", runs=2, sets=["days=3"], out="mine")'
    line = 'exec "$0" -c "$1" <&- >&- 2>&-'
    known = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(["sh", "-c", line, sys.executable, code], cwd=tmp_path, env=known).returncode == 0
    assert runs_in(tmp_path / "mine") == [0, 1]


@pytest.mark.parametrize("arguments", [("--help",), ("list",), ("show", "baseline"), ("check", "baseline")])
@pytest.mark.parametrize("stdout", [CLOSED, FULL])
def test_what_cannot_be_shown_is_one_line(tmp_path: Path, arguments: tuple[str, ...], stdout: str) -> None:
    ended = pullback(*arguments, folder=tmp_path, stdout=stdout)
    assert ended.code == 74 and ended.stderr.startswith("pullback: standard output: ") and ended.stderr.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_trouble(tmp_path: Path) -> None:
    for arguments in (("--help",), ("list",), RUN):
        ended = pullback(*arguments, folder=tmp_path, stdout=UNREAD)
        assert (ended.code, ended.stderr) == (0, "")
    assert runs_in(tmp_path / "mine") == [0, 1]


# --- encodings --------------------------------------------------------------------------------------------------------


@pytest.fixture
def titled(tmp_path: Path) -> Path:
    """A folder with a scenario whose title few encodings have."""
    (tmp_path / "x.toml").write_text('base = "baseline"\ntitle = "Qami\u015flo, \u0642"\n', encoding="utf-8")
    return tmp_path


ESCAPED, WHOLE = b"Qami\\u015flo, \\u0642", "Qami\u015flo, \u0642".encode()


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", ESCAPED), ("latin-1", ESCAPED), ("utf-8", WHOLE)])
def test_a_title_is_shown_in_every_encoding(titled: Path, encoding: str, shown: bytes) -> None:
    ended = pullback("show", "./x.toml", folder=titled, encoding=encoding)
    assert ended.code == 0 and shown in ended.stdout
    (titled / "x.toml").write_text('base = "baseline"\ntitle = 5\n"\u015f" = 1\n', encoding="utf-8")
    ended = pullback("check", "./x.toml", folder=titled, encoding=encoding)
    assert ended.code == 2 and "Traceback" not in ended.stderr


def test_a_title_is_shown_under_the_locale_c(titled: Path) -> None:
    done = shell("P show ./x.toml", titled, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (done.returncode, done.stderr) == (0, b"") and b"Qami\\u015flo" in done.stdout


def test_a_choice_of_the_user_for_what_an_encoding_lacks_is_kept(titled: Path) -> None:
    ended = pullback("show", "./x.toml", folder=titled, encoding="ascii:replace")
    assert ended.code == 0 and b"Qami?lo" in ended.stdout


def test_a_folder_whose_name_is_no_text_is_refused_and_a_page_is_written(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    ended = pullback(*RUN[:-1], name, folder=tmp_path, encoding="ascii")
    line = "pullback: --out caf\\udce9: cannot be encoded in this locale (see pullback run --help)\n"
    assert (ended.code, ended.stderr, list(tmp_path.iterdir())) == (2, line, [])
    assert pullback(*RUN, folder=tmp_path).code == 0
    assert pullback("export", "mine", "--csv", name, folder=tmp_path, encoding="ascii").code == 0
    assert (tmp_path / name).read_text().count("\n") == 3


# --- the dashboard ----------------------------------------------------------------------------------------------------


@pytest.mark.verify
def test_the_dashboard_is_served_without_streams(tmp_path: Path) -> None:
    pytest.importorskip("solara", reason="the [dashboard] extra is not installed")
    port = free_port()
    line = 'exec "$0" -m sim watch --no-browser --port "$1" <&- >&- 2>&-'
    started = subprocess.Popen(["sh", "-c", line, sys.executable, str(port)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}", timeout=120) as answer:
                    assert answer.status == 200
                break
            except (URLError, ConnectionError):
                assert started.poll() is None and time.monotonic() < deadline
                time.sleep(0.2)
    finally:
        started.send_signal(signal.SIGINT)
        assert started.wait(30) in (0, 130)


def test_the_kept_streams_are_what_a_process_has(tmp_path: Path) -> None:
    """What the other tests rest on: a child that is forked ends as a process of its own does."""
    done = shell("P --help", tmp_path)
    ended = pullback("--help", folder=tmp_path, stdout=KEPT)
    assert (ended.code, ended.stdout, ended.stderr) == (done.returncode, done.stdout, done.stderr.decode())
