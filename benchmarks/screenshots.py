"""The README's pictures of the dashboard: python -m benchmarks.screenshots.

Needs Chromium, the [dev] extra, and Pillow, which [bench] brings.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser import FLAGS, ROOT, chromium, serving

PICTURES = Path(__file__).with_name("pictures")
RESULTS = ROOT / "results" / "pictures"
"""Inside the checkout, so that the pages show no folder of this machine; removed at the end."""

SIZE = {"width": 1400, "height": 900}
RUNS = 128
MOST_BYTES = 300_000
QUALITY = 80
MILLISECONDS = 120_000
"""Longest time until a page is complete, on a busy machine."""

MARGIN = 16
CARDS = ".lv-card, .cp-card"
"""Elements that a picture must not cut at its lower edge."""


def live(page: Page, address: str) -> None:
    """Show 24 January with a truce in force: the probable control of Damascus, and the reasons of its decisions."""
    page.goto(f"{address}/?scenario=baseline&runs=200&day=12&map=damascus")
    page.wait_for_selector('.lv-map canvas[data-day="12"]')
    page.wait_for_timeout(2000)
    page.get_by_text("The watched run is being played again").wait_for(state="detached")
    page.wait_for_timeout(1000)


def compare(page: Page, address: str) -> None:
    """Show the comparison of the baseline with the scenario in which Moscow stays."""
    page.goto(f"{address}/compare?a=baseline&b=moscow-stays")
    page.frame_locator("iframe.cp-pictures").get_by_role("heading", name="How large the differences are").wait_for()
    page.wait_for_timeout(1000)


def keep(name: str, page: Page) -> None:
    """Write a picture of the window, down to the last complete card."""
    path = PICTURES / f"{name}.webp"
    boxes = [card.bounding_box() for card in page.locator(CARDS).all()]
    ends = [box["y"] + box["height"] for box in boxes if box is not None]
    height = max(end for end in ends if end + MARGIN <= SIZE["height"]) + MARGIN
    picture = page.screenshot(clip={"x": 0, "y": 0, "width": SIZE["width"], "height": height})
    Image.open(io.BytesIO(picture)).convert("RGB").save(path, quality=QUALITY, method=6)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{path}: {size:,} bytes, more than {MOST_BYTES:,}")
    print(f"{path.relative_to(ROOT)} {size:,} bytes")


SHOWN = (("live", live, "light"), ("live-dark", live, "dark"), ("compare", compare, "light"))
"""Name of the picture, function that shows it, and theme."""


def main() -> None:
    """Run and serve the compared scenarios; take each page in the light theme, the live page also in the dark one."""
    path = chromium()
    if path is None:
        raise SystemExit("no Chromium on this machine: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    shutil.rmtree(RESULTS, ignore_errors=True)
    try:
        with sync_playwright() as started:
            for scenario in ("baseline", "moscow-stays"):
                command = ["run", scenario, "--runs", str(RUNS), "--out", str(RESULTS / scenario)]
                subprocess.run([sys.executable, "-m", "sim", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            browser = started.chromium.launch(executable_path=path, args=FLAGS)
            with serving(RESULTS, "--results", str(RESULTS)) as address:
                for name, show, theme in SHOWN:
                    context = browser.new_context(viewport=SIZE, color_scheme=theme)
                    context.set_default_timeout(MILLISECONDS)
                    page = context.new_page()
                    show(page, address)
                    keep(name, page)
                    context.close()
            browser.close()
    finally:
        shutil.rmtree(RESULTS, ignore_errors=True)


if __name__ == "__main__":
    main()
