"""Serve the dashboard from this machine: settings of Solara made before it is imported, no request beyond our own files."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
import threading
import warnings
import webbrowser
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from sim.ground.checks import PORT, whole_number
from sim.ground.errors import InputError

ASSETS = Path(__file__).resolve().with_name("assets")
CDN = "/_solara/cdn/"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECONDS_WITHOUT_A_BROWSER = 45
"""A lost browser's session ends after that; its address opens it again."""

BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
MOST_SESSIONS = 32
M_ARENA_MAX = -8
"""The name of a setting of the GNU C library, in malloc.h."""

SETTINGS = {
    "SOLARA_APP": "dashboards.app",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_PROXY_CACHE_DIR": str(ASSETS / "cdn"),
    "SOLARA_KERNEL_CULL_TIMEOUT": f"{SECONDS_WITHOUT_A_BROWSER}s",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_LOADER": "plain",
}

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Served:
    """Where the dashboard is served and what it offers.

    scenario: name or path, None for the baseline. folders: results folders named on the command line. root: the folder
    whose results folders the Compare page lists. base_path: what the addresses of all pages begin with, as a reverse proxy
    has it; "" for none. proxy_host: the name by which browsers call the proxy.
    """

    host: str
    port: int
    scenario: str | None = None
    folders: Sequence[Path] = ()
    root: Path = Path("results")
    base_path: str = ""
    proxy_host: str | None = None

    def __post_init__(self) -> None:
        """Raise InputError for a port or a base path that is none."""
        whole_number("port", self.port, PORT)
        if self.base_path and not BASE_PATH.fullmatch(self.base_path):
            raise InputError(f"--base-path {self.base_path}: give a path as in /pullback, without a slash at its end")

    @property
    def address(self) -> str:
        """Where a browser finds the page that was asked for."""
        host = f"[{self.host}]" if ":" in self.host else "127.0.0.1" if self.host == "0.0.0.0" else self.host
        return f"http://{host}:{self.port}{self.base_path}/{'compare' if self.folders else ''}"


def serve(served: Served, open_browser: bool) -> None:
    """Serve until stopped. Raises InputError where the port is taken or Solara is not installed."""
    _share_memory()
    os.environ.update(SETTINGS | {"SOLARA_ROOT_PATH": served.base_path})
    os.environ["PULLBACK_RESULTS"] = str(served.root.absolute())
    os.environ["PULLBACK_FOLDERS"] = os.pathsep.join(str(folder.absolute()) for folder in served.folders)
    try:
        import uvicorn
        from solara.server.starlette import app
    except ImportError as error:
        raise InputError(
            f"the dashboard is not installed ({error.name} is missing): pip install 'pullback[dashboard]'"
        ) from None
    warnings.filterwarnings("ignore", "Cookies with samesite=none")  # lax is what this machine's pages need
    _offer(served.scenario)
    with _bound(served) as bound:
        config = uvicorn.Config(
            guarded(app, served.host, served.base_path, served.proxy_host),
            log_level="error",
            timeout_graceful_shutdown=1,
            ws_max_size=2**20,
            lifespan="off",
        )
        if open_browser:
            threading.Timer(0.5, webbrowser.open, [served.address]).start()
        uvicorn.Server(config).run(sockets=[bound])


def _share_memory() -> None:
    """Let all threads take memory from one pool: with one for each, a session's engine holds half as much again unused."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)


def _offer(scenario: str | None) -> None:
    if scenario is not None:
        from dashboards.engine.setup import offer
        from dashboards.live.desk import FIRST_SCENARIO

        FIRST_SCENARIO[:] = [offer(scenario)]


def _bound(served: Served) -> socket.socket:
    family = socket.AF_INET6 if ":" in served.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((served.host, served.port))
    except OSError as error:
        bound.close()
        reason = error.strerror or error
        raise InputError(
            f"{served.host}:{served.port} cannot be served ({reason}): choose another with --port or --host"
        ) from None
    return bound


def guarded(app: App, host: str, base_path: str = "", proxy_host: str | None = None) -> App:
    """Return the app with doors before it: the host it is called by, the page that calls it, how many are in, what is there.

    A page of another site can make a browser call this machine; it is told apart by the Host and Origin it sends. base_path
    is taken off the path where a reverse proxy has left it on. proxy_host: another name that it may be called by.
    """
    names = (*LOOPBACK, *([proxy_host] if proxy_host else []))
    inside: set[int] = set()

    async def guard(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        is_socket = scope["type"] == "websocket"
        scope, path = _below(scope, base_path)
        may_enter = _may_enter(headers, host, names, behind_proxy=bool(base_path or proxy_host))
        if not may_enter or (is_socket and len(inside) >= MOST_SESSIONS) or not _is_ours(path):
            await _refuse(is_socket, receive, send)
            return
        try:
            inside.update({id(scope)} if is_socket else ())
            await app(scope, receive, send)
        finally:
            inside.discard(id(scope))

    return guard


def _below(scope: Message, base_path: str) -> tuple[Message, str]:
    """Return the scope as an app below a base path is given it, and the path below; proxies strip it or leave it on."""
    path = scope["path"]
    if not base_path:
        return scope, path
    if path == base_path or path.startswith(f"{base_path}/"):
        path = path.removeprefix(base_path)
    path = path or "/"
    return {**scope, "root_path": base_path, "path": base_path + path, "raw_path": quote(base_path + path).encode()}, path


def _may_enter(headers: dict[str, str], host: str, names: Sequence[str], behind_proxy: bool) -> bool:
    """Whether a request calls one of the names of this machine and comes from no page of another site.

    A proxy calls by a name and port of its own, so that behind one it is the page's name alone that counts.
    """
    try:
        called = urlsplit(f"//{headers.get('host', '')}")
        calls = urlsplit(headers["origin"]) if "origin" in headers else None
    except ValueError:  # an address in brackets that is none
        return False
    by_its_page = calls is None or calls.netloc == called.netloc or (behind_proxy and calls.hostname in names)
    return by_its_page and (host not in LOOPBACK or called.hostname in names)


def _is_ours(path: str) -> bool:
    """Whether a path leads to our own files: what is missing below CDN Solara would look for on the internet."""
    if "\0" in path:  # no file has such a name, and to ask for one is an error
        return False
    if not path.startswith(CDN):
        return True
    below = ASSETS / "cdn"
    file = (below / path.removeprefix(CDN)).resolve()
    return file.is_relative_to(below) and os.path.isfile(file)  # Path.is_file raises where a name is too long


async def _refuse(is_socket: bool, receive: Receive, send: Send) -> None:
    if is_socket:
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not served here, or not to this host or page.\n"})
