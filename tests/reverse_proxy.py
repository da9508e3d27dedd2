"""A small reverse proxy: what comes below a prefix goes to a server, the prefix taken off or left on, sockets and all."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.browser import HOST, free_port


@contextmanager
def proxy(target: str, prefix: str, strips: bool, keeps_host: bool) -> Iterator[str]:
    """Yield the address at which `target` is found below the prefix.

    strips: whether the prefix is taken off. keeps_host: whether the browser's Host goes on, as it came, to the target.
    """
    port, server = free_port(), urlsplit(target)
    loop, ready = asyncio.new_event_loop(), threading.Event()
    opened: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, version = head[0].split(" ")
            if not path.startswith(prefix):
                writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                return
            path = path.removeprefix(prefix) or "/" if strips else path
            fields = [line for line in head[1:] if line]
            if not any(line.lower().startswith("upgrade:") for line in fields):
                fields = [line for line in fields if not line.lower().startswith("connection:")] + ["connection: close"]
            if not keeps_host:
                fields = [line for line in fields if not line.lower().startswith("host:")] + [f"host: {server.netloc}"]
            up, down = await asyncio.open_connection(server.hostname, server.port)
            opened.append(down)
            try:
                down.write("\r\n".join([f"{method} {path} {version}", *fields, "", ""]).encode("latin-1"))
                await asyncio.gather(carry(reader, down), carry(up, writer))
            finally:
                down.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()

    stopped = asyncio.Event()

    async def listen() -> None:
        async with await asyncio.start_server(serve, HOST, port) as listening:
            ready.set()
            await stopped.wait()
            listening.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:  # a connection may come in as the last ones go
            for writer in opened:
                writer.transport.abort()
            _, left = await asyncio.wait(others, timeout=1)
            for task in left:
                task.cancel()
        await asyncio.sleep(0.1)  # what was aborted closes its socket in the next round

    thread = threading.Thread(target=loop.run_until_complete, args=(listen(),), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # of a connection dropped while it is accepted
        thread.start()
        assert ready.wait(10)
        yield f"http://{HOST}:{port}{prefix}"
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
        loop.close()
        gc.collect()
