"""A small reverse proxy: what comes below a prefix goes to a server, the prefix taken off or left on, sockets and all.

A thread to each direction of a connection. When it stops, every connection is shut and every thread has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socket import SHUT_RDWR, create_connection, socket
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tests.browser import HOST

CHUNK = 65536
UNKNOWN = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True)
class Way:
    """To which server requests go, and what they are changed to."""

    server: SplitResult
    prefix: str
    strips: bool
    keeps_host: bool

    def changed(self, head: list[str]) -> bytes | None:
        """Return the head of a request as the server gets it; None for a path that is not below the prefix."""
        method, path, version = head[0].split(" ")
        if not path.startswith(self.prefix):
            return None
        path = path.removeprefix(self.prefix) or "/" if self.strips else path
        fields = head[1:]
        if not any(line.lower().startswith("upgrade:") for line in fields):
            fields = [line for line in fields if not line.lower().startswith("connection:")] + ["connection: close"]
        if not self.keeps_host:
            fields = [line for line in fields if not line.lower().startswith("host:")] + [f"host: {self.server.netloc}"]
        return "\r\n".join([f"{method} {path} {version}", *fields, "", ""]).encode("latin-1")


class Listening(ThreadingTCPServer):
    """Listens on a free port; knows its connections, so that no thread waits for one when it stops."""

    request_queue_size = 128

    def __init__(self, way: Way) -> None:
        self.way = way
        self.lock = threading.Lock()
        self.connections: set[socket] = set()
        super().__init__((HOST, 0), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.lock:
            self.connections.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        with self.lock:
            self.connections.discard(request)
        super().close_request(request)

    def stop(self) -> None:
        """Accept nothing more, and shut what was accepted; leaving `with` then waits for the threads."""
        self.shutdown()
        with self.lock:
            shut(*self.connections)


class Connection(StreamRequestHandler):
    """One connection of a browser, and that to the server which it is carried over to."""

    server: Listening

    def handle(self) -> None:
        way = self.server.way
        with suppress(ConnectionError):
            head = self.head()
            if not head:
                return
            changed = way.changed(head)
            if changed is None:
                self.connection.sendall(UNKNOWN)
                return
            with create_connection((way.server.hostname, way.server.port)) as onward:
                onward.sendall(changed)
                ends = (self.connection, onward)
                sending = threading.Thread(target=carry, args=(self.rfile.read1, onward, ends))
                sending.start()
                carry(onward.recv, self.connection, ends)
                sending.join()

    def head(self) -> list[str]:
        """Return the lines of the head of a request; none when the connection ended before."""
        lines: list[str] = []
        while line := self.rfile.readline().decode("latin-1"):
            if line == "\r\n":
                return lines
            lines.append(line.removesuffix("\r\n"))
        return []


def carry(read: Callable[[int], bytes], sink: socket, ends: tuple[socket, ...]) -> None:
    """Carry what comes until there is no more; then neither end has anything to wait for."""
    with suppress(OSError):
        while data := read(CHUNK):
            sink.sendall(data)
    shut(*ends)


def shut(*ends: socket) -> None:
    """End both directions of connections, so that whoever waits for them goes on; they may have ended already."""
    for end in ends:
        with suppress(OSError):
            end.shutdown(SHUT_RDWR)


@contextmanager
def proxy(target: str, prefix: str, strips: bool, keeps_host: bool) -> Iterator[str]:
    """Yield the address at which `target` is found below the prefix.

    strips: whether the prefix is taken off. keeps_host: whether the browser's Host goes on, as it came, to the target.
    """
    with Listening(Way(urlsplit(target), prefix, strips, keeps_host)) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://{HOST}:{listening.server_address[1]}{prefix}"
        finally:
            listening.stop()
            thread.join()
