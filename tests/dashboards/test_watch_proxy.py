"""pullback watch behind a reverse proxy: the pages and all they need are found below a base path."""

from __future__ import annotations

import gc
import re
import threading
from collections.abc import Iterator
from socket import create_connection, create_server, socket
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

pytest.importorskip("solara", reason="the dashboard needs the [dashboard] extra")

from dashboards.serve import Served
from sim.ground.errors import InputError
from tests.browser import HOST, serving, visiting
from tests.dashboards.test_watch import status
from tests.reverse_proxy import proxy

PREFIX = "/maps/pullback"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve below PREFIX; yield the address of the server itself."""
    with serving(tmp_path_factory.mktemp("below"), "--base-path", PREFIX, "--proxy-host", "pullback.example") as url:
        yield url


@pytest.mark.parametrize("strips", [True, False])
def test_the_page_and_its_files_are_below_the_path(below: str, strips: bool) -> None:
    with proxy(below, PREFIX, strips, keeps_host=False) as address:
        with urlopen(f"{address}/", timeout=60) as answer:
            page = answer.read().decode()
        local = {found for found in re.findall(r'(?:src|href)="(/[^"]*)"', page) if not found.startswith("//")}
        assert local and all(found.startswith(f"{PREFIX}/") for found in local), local
        assert f'solara.rootPath = "{PREFIX}"' in page
        origin = address.removesuffix(PREFIX)
        for found in sorted(local):
            assert status(origin + found.replace("&amp;", "&")) == 200, found
        assert status(f"{address}/_solara/cdn/requirejs@2.3.6/require.js") == 200
        assert status(f"{address}/_solara/cdn/vue@3/dist/vue.js") == 403


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "pullback.example", "Origin": "https://pullback.example"}, 200),
        ({"Origin": "https://pullback.example"}, 200),
        ({"Origin": "http://127.0.0.1:1"}, 200),
        ({"Host": "elsewhere.example"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Host": "pullback.example", "Origin": "https://elsewhere.example"}, 403),
    ],
)
def test_behind_a_proxy_it_is_called_by_its_name_and_by_no_other(below: str, headers: dict, code: int) -> None:
    assert status(f"{below}{PREFIX}/", **headers) == code


@pytest.mark.parametrize(("strips", "keeps_host"), [(True, True), (False, False)])
def test_the_pages_work_in_a_browser(below: str, browser: object, strips: bool, keeps_host: bool) -> None:
    with proxy(below, PREFIX, strips, keeps_host) as address, visiting(browser, address) as opened:
        page = opened("/")
        page.wait_for_selector(".pb-masthead")
        page.get_by_role("link", name="Compare").click()
        page.wait_for_selector('.pb-masthead nav a[aria-current="page"] >> text=Compare')
        assert page.url == f"{address}/compare"
        page.reload()
        page.wait_for_selector(".pb-masthead")
        page.get_by_role("link", name="Live").click()
        page.wait_for_selector('.pb-masthead nav a[aria-current="page"] >> text=Live')
        assert page.url.split("?")[0] == f"{address}/"


@pytest.mark.parametrize("path", ["pullback", "/pullback/", "//", "/a b", "/a?b"])
def test_a_base_path_that_is_none_is_one_line(path: str) -> None:
    with pytest.raises(InputError, match="give a path as in /pullback, without a slash at its end"):
        Served("127.0.0.1", 1, base_path=path)


def test_the_address_that_is_told_has_the_base_path() -> None:
    assert Served("127.0.0.1", 8765).address == "http://127.0.0.1:8765/"
    assert Served("127.0.0.1", 8765, base_path="/a").address == "http://127.0.0.1:8765/a/"


@pytest.mark.parametrize("asked", [b"", f"GET {PREFIX}/ HTTP/1.1\r\n\r\n".encode()], ids=["nothing", "a page"])
def test_a_proxy_of_the_tests_stops_with_connections_open_and_more_coming(asked: bytes) -> None:
    """A connection that is let go of without being closed is a warning in whichever test runs when it is found."""
    running = threading.active_count()
    with (
        create_server((HOST, 0)) as silent,
        proxy(f"http://{HOST}:{silent.getsockname()[1]}", PREFIX, True, True) as address,
    ):
        where = (HOST, urlsplit(address).port)
        visitors = [create_connection(where, timeout=60) for _ in range(8)]
        for visitor in visitors:
            visitor.sendall(asked)
        coming = threading.Thread(target=visit, args=(where, visitors))
        coming.start()
    coming.join()
    for visitor in visitors:
        with visitor:
            assert closed(visitor)
    gc.collect()
    assert threading.active_count() == running


def visit(where: tuple[str, int], visitors: list[socket]) -> None:
    """Connect again and again, until it is refused."""
    for _ in range(200):
        try:
            visitors.append(create_connection(where, timeout=60))
        except ConnectionError:
            return


def closed(visitor: socket) -> bool:
    try:
        return visitor.recv(1) == b""
    except ConnectionError:
        return True
