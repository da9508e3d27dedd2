"""pullback watch: what is served, to whom, and what is said when it cannot be."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("solara", reason="the dashboard needs the [dashboard] extra")

from dashboards.serve import ASSETS, MOST_SESSIONS, guarded
from tests.browser import ROOT, Open, ended, free_port, wait_for
from tests.forked import Ended, pullback


def watch(*arguments: str) -> Ended:
    return pullback("watch", "--no-browser", *arguments, folder=ROOT)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("basline",), "did you mean baseline"),
        (("baseline", "moscow-stays"), "name one scenario, or one or more results folders"),
        (("--port", "99999"), "--port"),
        (
            (
                "--host",
                "not an address",
            ),
            "not an address",
        ),
    ],
)
def test_what_cannot_be_watched_is_one_line(arguments: tuple[str, ...], said: str) -> None:
    done = watch(*arguments)
    assert done.code == 2
    assert said in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


def test_a_folder_that_holds_no_results_is_one_line(tmp_path: Path) -> None:
    done = watch(str(tmp_path))
    assert done.code == 2 and "is not a results folder" in done.stderr


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = watch("--port", str(taken.getsockname()[1]))
    assert done.code == 2 and "choose another with --port" in done.stderr


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "solara.py").write_text("raise ImportError('hidden', name='solara')\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "sim", "watch", "--no-browser", "--port", str(free_port())]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "pip install 'pullback[dashboard]'" in done.stderr


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_stops_when_told(sent: int, code: int, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "sim", "watch", "--no-browser", "--port", str(port)]
    with log.open("wb") as written, subprocess.Popen(command, cwd=ROOT, stderr=written) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.send_signal(sent)
            stopped_with = ended(process)
    assert stopped_with == code
    assert "Traceback" not in log.read_text()


def status(url: str, **headers: str) -> int:
    try:
        with urlopen(Request(url, headers=headers), timeout=60) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return int(error.code)


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/", {}, 200),
        ("/compare", {}, 200),
        ("/", {"Host": "elsewhere.example"}, 403),
        ("/", {"Origin": "http://elsewhere.example"}, 403),
        ("/_solara/cdn/requirejs@2.3.6/require.js", {}, 200),
        ("/_solara/cdn/vue@3/dist/vue.js", {}, 403),
        ("/_solara/cdn/%2e%2e/README.md", {}, 403),
        ("/_solara/cdn/%00", {}, 403),
        (f"/_solara/cdn/{'x' * 5000}", {}, 403),
        ("/", {"Host": "["}, 403),
        ("/", {"Origin": "http://["}, 403),
    ],
)
def test_only_our_own_files_are_served_and_only_to_this_machine(served: str, path: str, headers: dict, code: int) -> None:
    assert status(served + path, **headers) == code


def test_sessions_are_bounded() -> None:
    closed: list[str] = []

    async def app(scope: dict, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.05)

    async def send(message: dict) -> None:
        closed.append(message["type"])

    async def receive() -> dict:
        return {"type": "websocket.connect"}

    async def visit_all() -> None:
        guard = guarded(app, "127.0.0.1")
        scopes = [{"type": "websocket", "path": "/", "headers": [(b"host", b"127.0.0.1")]} for _ in range(MOST_SESSIONS + 3)]
        await asyncio.gather(*(guard(scope, receive, send) for scope in scopes))

    with ThreadPoolExecutor(1) as apart:  # Playwright keeps a loop running in this thread
        apart.submit(lambda: asyncio.run(visit_all())).result()
    assert closed == ["websocket.close"] * 3


def test_the_assets_name_their_licences() -> None:
    said = (ASSETS / "README.md").read_text(encoding="utf-8")
    for file in (ASSETS / "cdn").rglob("*"):
        assert not file.is_file() or str(file.relative_to(ASSETS)).removesuffix(".LICENSE.txt") in said


@pytest.mark.parametrize("path", ["/", "/compare"])
def test_every_page_opens_without_the_internet(open_page: Open, path: str) -> None:
    page = open_page(path)
    page.wait_for_selector(".pb-masthead")
    assert page.locator('.pb-masthead nav a[aria-current="page"]').get_attribute("href") == path


def test_the_theme_is_kept_and_the_tabs_turn_pages(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_label("Theme").select_option("dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("link", name="Compare").click()
    page.wait_for_selector('.pb-masthead nav a[href="/compare"][aria-current="page"]')
    assert page.url.endswith("/compare")
    page.reload()
    page.wait_for_selector(".pb-masthead")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
