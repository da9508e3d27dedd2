"""A real Chromium on pages that are served on this machine alone: fixtures for the browser tests.

`open_page` opens an address and keeps what was asked for; at its end no request may have left this machine, none may have
failed, and no script may have raised an error.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
FLAGS = [
    f"--{name}"
    for name in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync",
    )
]  # fmt: skip
HOST = "127.0.0.1"
START_SECONDS = 60.0
WAIT_MILLISECONDS = 60_000.0

Open = Callable[..., "Page"]


def free_port() -> int:
    """Return a port that nobody listens on, below those that the system gives to connections of other tests meanwhile."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as made, suppress(OSError):
            made.bind((HOST, port))
            return port


def chromium() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def serving(log_folder: Path, *options: str) -> Iterator[str]:
    """Serve the pages as `pullback watch` does; yield their address."""
    port, log = free_port(), log_folder / "log"
    command = [sys.executable, "-m", "sim", "watch", "--port", str(port), "--no-browser", *options]
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=ROOT, stdout=written, stderr=subprocess.STDOUT, env={**os.environ})
        try:
            url = f"http://{HOST}:{port}"
            wait_for(url, process, log)
            yield url
        finally:
            process.terminate()
            ended(process)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the pages; yield their address."""
    pytest.importorskip("solara", reason="the [dashboard] extra is not installed")
    with serving(tmp_path_factory.mktemp("served")) as url:
        yield url


def ended(process: subprocess.Popen[bytes]) -> int:
    """Return with what code a process ends that was told to; one that does not is killed."""
    try:
        return process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the served pages answer."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(url, timeout=5) as answer:
                assert answer.status == 200
                return
        except HTTPError as error:
            with error:
                raise AssertionError(log.read_text(encoding="utf-8", errors="replace")) from error
        except (URLError, ConnectionError, TimeoutError):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8", errors="replace")
            time.sleep(0.2)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once for all tests."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=path, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def open_page(served: str, browser: Browser) -> Iterator[Open]:
    """Return a function that opens a path of the served pages in a window of its own."""
    with visiting(browser, served) as open_:
        yield open_


@contextmanager
def visiting(browser: Browser, address: str) -> Iterator[Open]:
    """Yield a function that opens a path below an address in a window of its own; at the end all must have gone well."""
    asked: list[str] = []
    wrong: list[str] = []
    opened = []

    def watch(page: Page) -> None:
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: wrong.append(f"{request.url}: {request.failure}"))
        page.on("response", lambda answer: wrong.append(f"{answer.url}: {answer.status}") if answer.status >= 400 else None)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))

    def open_(path: str = "/", width: int = 1400, height: int = 900, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        watch(page)
        page.goto(address + path)
        return page

    try:
        yield open_
    finally:
        for context in opened:
            context.close()
    assert asked
    assert not [url for url in asked if not re.match(rf"(https?|wss?)://{re.escape(HOST)}:|data:|blob:|about:", url)]
    assert not wrong
