"""Latency of the Live page in Chromium: from an input event to the canvas that shows its result.

    python benchmarks/dashboard.py [--seconds 10] [--json FILE]

Needs the [dashboard] extra, playwright and a Chromium on this machine. Serves the real baseline at 200 runs by
`pullback watch` and prints each figure with its target. The machine should be otherwise idle.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.request import urlopen

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import FLAGS, HOST, chromium, free_port  # noqa: E402

CANVAS = ".lv-map canvas[data-number]"
REPEATS = 20
SESSIONS = 4
LOST_SECONDS = 60
WATCH = """() => {
  const canvas = document.querySelector('.lv-map canvas[role=img]');
  window.drawn = [];
  new MutationObserver(() => window.drawn.push([performance.now(), +canvas.dataset.day, +canvas.dataset.generation]))
    .observe(canvas, { attributes: true, attributeFilter: ['data-number'] });
}"""
WAIT = """async ([act, until]) => {
  const canvas = document.querySelector('.lv-map canvas[role=img]');
  const before = { ...canvas.dataset }, start = performance.now();
  const holds = new Function('now', 'before', 'return ' + until);
  return await new Promise((resolve, reject) => {
    const look = () => { if (holds(canvas.dataset, before)) { seen.disconnect(); resolve(performance.now() - start); } };
    const seen = new MutationObserver(look);
    const names = ['data-number', 'aria-label'];
    seen.observe(document.querySelector('.lv'), { attributes: true, subtree: true, attributeFilter: names });
    setTimeout(() => reject('nothing came of ' + act), 20000);
    new Function(act)();
  });
}"""
CLICK = "document.querySelector('[aria-label=\"{}\"]').click()"
SCRUB = (
    "const it = document.querySelector('.lv-scrub input'); it.value = {}; it.dispatchEvent(new Event('input'));"
    "it.dispatchEvent(new Event('change'))"
)


@dataclass(frozen=True)
class Figure:
    """A measured figure and its target. more_is_better: the figure should be above the target."""

    what: str
    value: float
    unit: str
    bar: float
    more_is_better: bool = False

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.value >= self.bar if self.more_is_better else self.value <= self.bar


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Serve the pages; yield the address and the server's process id."""
    port = free_port()
    with TemporaryFile() as log:
        command = [sys.executable, "-m", "sim", "watch", "--port", str(port), "--no-browser"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            for _ in range(300):
                try:
                    urlopen(f"http://{HOST}:{port}", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield f"http://{HOST}:{port}", process.pid
        finally:
            process.terminate()
            process.wait(30)


def opened(browser: Browser, url: str, query: str = "") -> Page:
    """Open the page in a new session and wait for its map."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.goto(f"{url}/?{query}")
    page.wait_for_selector(CANVAS)
    return page


def percentile(values: list[float]) -> float:
    """Return the 95th percentile."""
    return float(np.quantile(values, 0.95))


def first_map(browser: Browser, url: str) -> float:
    """Return the 95th percentile of seconds from the address to the first map."""
    times = []
    for _ in range(6):
        start = time.monotonic()
        page = opened(browser, url)
        times.append(time.monotonic() - start)
        page.context.close()
    return percentile(times[1:])  # the first one reads files from disk


def p95_of(page: Page, act: Callable[[int], str], until: str, pause: float = 0.3) -> float:
    """Return the 95th percentile of milliseconds from an action to the picture that shows it."""
    times = []
    for number in range(REPEATS):
        times.append(page.evaluate(WAIT, [act(number), until]))
        time.sleep(pause)
    return percentile(times)


def pauses(page: Page) -> float:
    """Return the 95th percentile of milliseconds from pressing pause to the changed button."""
    times = []
    play = "document.querySelector('.lv-play').getAttribute('aria-label')"
    for _ in range(REPEATS // 2):
        page.evaluate(WAIT, [CLICK.format("Play"), f"{play} === 'Pause'"])
        time.sleep(0.6)
        times.append(page.evaluate(WAIT, [CLICK.format("Pause"), f"{play} === 'Play'"]))
    return percentile(times)


def settings(page: Page) -> float:
    """Return the 95th percentile of milliseconds from applying a setting to the first map of the new runs."""
    times = []
    page.fill("input[placeholder^='truce, airlift']", "first truce days")
    for number in range(REPEATS // 2):
        field = page.locator("input[type=number][id='set-damascus.first_truce_days']")
        field.fill(str(2 + number % 5))
        field.press("Tab")
        page.get_by_text("1 change waits").wait_for()
        act = "document.querySelector('.lv-apply .lv-strong').click()"
        times.append(page.evaluate(WAIT, [act, "now.generation !== before.generation"]))
        time.sleep(1.5)
    return percentile(times)


def play(pages: list[Page], seconds: float, speed: str) -> list[float]:
    """Play in all pages at once from the first evening; return frames per second of each."""
    for page in pages:
        page.get_by_label("Days a second").select_option(speed)
        page.evaluate(WATCH)
    for page in pages:
        page.get_by_label("Play", exact=True).click()
    for page in pages:
        page.evaluate("window.drawn.length = 0")
    start = time.monotonic()
    pages[0].wait_for_timeout(seconds * 1000)
    counts = [page.evaluate("window.drawn.length") / (time.monotonic() - start) for page in pages]
    for page in pages:
        page.get_by_label("Pause", exact=True).click()
        page.get_by_label("Play", exact=True).wait_for()
    return counts


def megabytes(process: int) -> float:
    """Return the memory of a process that is in use, in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def threads(process: int) -> int:
    """Return the number of threads of a process."""
    return len(list(Path(f"/proc/{process}/task").iterdir()))


def processor_seconds(process: int) -> float:
    """Return the processor time a process has used."""
    numbers = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def measure(seconds: float) -> Iterator[Figure]:
    """Yield each figure as it is measured."""
    with served() as (url, process), sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield Figure("first map", first_map(browser, url), "s", 2.0)
        yield from _one_session(browser, url, process, seconds)
        pages = [opened(browser, url, f"seed={number + 1}") for number in range(SESSIONS)]
        for page in pages:
            page.evaluate("document.querySelector('[aria-label=\"Compute to the last day\"]').click()")
        for page in pages:
            page.wait_for_selector('.lv-map canvas[data-day="180"]', timeout=120_000)
        after = megabytes(process)
        more = [opened(browser, url, f"seed={number + 9}&day=180") for number in range(2)]
        for page in more:
            page.wait_for_selector('.lv-map canvas[data-day="180"]', timeout=120_000)
        time.sleep(2)
        yield Figure("memory of a session with all its days", (megabytes(process) - after) / len(more), "MB", 25)
        for page in more:
            page.context.close()
        yield Figure(
            f"{SESSIONS} sessions at once, slowest", min(play(pages, seconds, "10")), "frames/s", 8, more_is_better=True
        )
        busy = threads(process)
        browser.close()
        time.sleep(LOST_SECONDS)
        used = processor_seconds(process)
        time.sleep(5)
        yield Figure("processor after lost browsers", 100 * (processor_seconds(process) - used) / 5, "%", 1)
        yield Figure("engines left after lost browsers", max(0, threads(process) - (busy - SESSIONS)), "threads", 0)


def _one_session(browser: Browser, url: str, process: int, seconds: float) -> Iterator[Figure]:
    page = opened(browser, url)
    page.evaluate("document.querySelector('.lv-play').scrollIntoView()")
    yield Figure("frames, 200 runs", play([page], seconds, "10")[0], "frames/s", 10, more_is_better=True)
    yield Figure("pause", pauses(page), "ms", 250)
    last = int(page.locator(CANVAS).get_attribute("data-day") or 0)
    fresh = opened(browser, url)  # on its first evening, so that each step computes a day
    yield Figure("step, p95", p95_of(fresh, lambda _: CLICK.format("One day on"), "now.day !== before.day"), "ms", 150)
    fresh.context.close()
    days = np.random.default_rng(1).permutation(last)[:REPEATS]
    yield Figure("scrub, p95", p95_of(page, lambda n: SCRUB.format(days[n]), "now.number !== before.number"), "ms", 150)
    yield Figure("setting to first new map, p95", settings(page), "ms", 300)
    page.context.close()


def main() -> None:
    """Measure and print the figures, and write them to a file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each play lasts")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before the start")
    kept: list[dict[str, Any]] = []
    for figure in measure(arguments.seconds):
        kept.append(asdict(figure) | {"reached": figure.reached})
        bar = f"{'at least' if figure.more_is_better else 'at most'} {figure.bar:g} {figure.unit}"
        print(
            f"{figure.what:40} {figure.value:8.1f} {figure.unit:10} {bar:24} {'' if figure.reached else 'missed'}",
            flush=True,
        )
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"load": os.getloadavg()[0], "figures": kept}, indent=2) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
