"""The Live page in a real Chromium, served on this machine: what a reader does comes about."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboards.engine.address import read
from sim.registry import load_scenario

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser import Open

SMALL = "runs=12&days=40"
CANVAS = ".lv-map canvas[data-number]"


def at_day(page: Page, day: int) -> None:
    page.wait_for_selector(f'.lv-map canvas[data-day="{day}"]')


def day(page: Page) -> int:
    return int(page.locator(CANVAS).get_attribute("data-day"))


def opened(open_page: Open, query: str = SMALL, **options: object) -> Page:
    page = open_page(f"/?{query}", **options)
    page.wait_for_selector(CANVAS)
    return page


def test_it_plays_pauses_steps_and_scrubs(open_page: Open) -> None:
    page = opened(open_page)
    page.get_by_label("Play", exact=True).click()
    page.wait_for_function("+document.querySelector('.lv-map canvas').dataset.day >= 3")
    page.get_by_label("Pause", exact=True).click()
    page.get_by_label("Play", exact=True).wait_for()
    page.wait_for_timeout(700)
    held = day(page)
    page.wait_for_timeout(700)
    assert day(page) == held
    page.get_by_label("One day forward").click()
    at_day(page, held + 1)
    page.get_by_label("Day shown").fill("1")
    at_day(page, 1)
    page.get_by_label("Compute to the last day").click()
    at_day(page, 40)


def test_the_keyboard_does_the_same(open_page: Open) -> None:
    page = opened(open_page)
    for key, wanted in (("ArrowRight", 1), ("Shift+ArrowRight", 8), ("ArrowLeft", 7), ("End", 40), ("Home", 0)):
        page.keyboard.press(key)
        at_day(page, wanted)
    page.keyboard.press("Space")
    page.wait_for_function("+document.querySelector('.lv-map canvas').dataset.day >= 2")
    page.keyboard.press("Space")
    page.get_by_label("Play", exact=True).wait_for()
    page.keyboard.press("Home")
    at_day(page, 0)
    page.get_by_role("searchbox", name="Filter the events").press("ArrowRight")  # typing is not stepping
    page.get_by_role("tab", name=re.compile("Moscow")).click()
    page.keyboard.press("ArrowRight")
    page.get_by_role("tab", name=re.compile("SDF"), selected=True).wait_for()
    assert page.locator(".lv-map canvas[data-day]").get_attribute("data-day") == "0"


def test_a_shared_address_opens_where_it_was_shared(open_page: Open) -> None:
    page = opened(open_page, f"{SMALL}&scenario=no-extension&seed=5&run=7&day=9&set.moscow.policy=stay&map=sdf")
    at_day(page, 9)
    page.wait_for_url(re.compile("day=9"))
    place, notices = read(page.url.partition("?")[2])
    assert notices == ()
    assert (place.setup.scenario, place.setup.seed, place.run, place.day, place.shows) == ("no-extension", 5, 7, 9, "sdf")
    assert place.setup.values == {"moscow.policy": "stay"}
    page.get_by_text("1 setting changed").wait_for()


def test_an_address_that_asks_for_what_it_should_not_gets_a_notice(open_page: Open) -> None:
    page = opened(open_page, f"{SMALL}&scenario=../../etc/passwd&evil=<script>alert(1)</script>")
    page.get_by_text("is not an available scenario").wait_for()
    assert page.locator(".lv-notice script").count() == 0
    page.get_by_role("button", name="Dismiss").click()
    page.locator(".lv-notice").wait_for(state="detached")


def test_settings_are_changed_and_applied_together(open_page: Open) -> None:
    page = opened(open_page, f"{SMALL}&day=3")
    at_day(page, 3)
    page.get_by_placeholder("truce, airlift").fill("first truce days")
    page.get_by_role("spinbutton", name=re.compile("first truce days")).fill("6")
    page.get_by_role("spinbutton", name=re.compile("first truce days")).press("Tab")
    page.get_by_text("1 change to apply").wait_for()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile(r"set\.damascus\.first_truce_days=6"))
    at_day(page, 3)
    page.get_by_text("--set damascus.first_truce_days=6").wait_for()
    page.get_by_label("Uncertain values").select_option("all")
    page.get_by_text("1 change to apply").wait_for()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("uncertain=all"))
    page.get_by_text("--uncertain all").wait_for()
    page.get_by_text("uncertain values drawn from their ranges").wait_for()
    page.get_by_text("Bands: uncertain values and chance").scroll_into_view_if_needed()
    assert read(page.url.partition("?")[2])[0].setup.values == {"damascus.first_truce_days": 6.0}, "the other settings stay"


def test_the_map_shows_a_run_a_probability_and_a_difference(open_page: Open) -> None:
    page = opened(open_page, f"{SMALL}&day=8&against=moscow-stays")
    at_day(page, 8)
    pictures = set()
    for name in ("One run", "Probability: Damascus", "SDF", "Contested", "Difference"):
        page.get_by_role("button", name=name, exact=True).click()
        pictures.add(page.evaluate("document.querySelector('.lv-map canvas').toDataURL()"))
    assert len(pictures) == 5
    page.locator(".lv-canvas").first.hover(position={"x": 420, "y": 200})
    page.locator(".lv-map .lv-tip", has_text="Over the runs").wait_for()


def test_a_click_on_a_chart_goes_to_its_day(open_page: Open) -> None:
    page = opened(open_page)
    plot = page.locator(".lv-plot canvas").first
    width = plot.bounding_box()["width"]
    plot.click(position={"x": 46 + (width - 56) * 14 / 28, "y": 60})
    at_day(page, 14)
    assert "median" in plot.get_attribute("aria-label")


def test_a_person_takes_a_seat_orders_and_saves_what_was_ordered(open_page: Open, tmp_path: Path) -> None:
    page = opened(open_page, "runs=6&days=14")
    page.get_by_role("tab", name=re.compile("Damascus")).click()
    page.get_by_role("button", name="Take this seat").click()
    page.get_by_role("button", name=re.compile("Sit down as")).click()
    page.get_by_label("Days a second").select_option("20")
    give = page.get_by_role("button", name=re.compile("Give these orders"))
    over = page.get_by_text("Outcomes, compared with")
    while True:
        give.or_(over).wait_for()
        if over.count():
            break
        page.locator('input[name="campaign"][value="hold_fire"]').check()
        stop = page.locator(".lv-seat form h3").inner_text()
        give.click()
        page.wait_for_function(
            "said => (document.querySelector('.lv-seat form h3') || {}).innerText !== said",
            arg=stop,
        )
    page.locator(".lv-seat tbody tr").first.wait_for()
    with page.expect_download() as got:
        page.get_by_role("button", name="Save the orders").click()
    path = tmp_path / "orders.toml"
    got.value.save_as(path)
    assert tomllib.loads(path.read_text(encoding="utf-8"))["orders"][0]["order"] == "hold_fire"
    assert load_scenario(path).orders
    page.get_by_role("button", name="Leave the seat").click()
    page.locator(".lv-seat").wait_for(state="detached")


def test_a_page_that_is_left_is_found_again_as_it_was(open_page: Open) -> None:
    page = opened(open_page, f"{SMALL}&day=9&run=4")
    at_day(page, 9)
    chart = page.locator(".lv-plot canvas").first
    page.wait_for_function("document.querySelector('.lv-plot canvas').getAttribute('aria-label').includes('median')")
    before = chart.get_attribute("aria-label")
    page.get_by_role("link", name="Compare").click()
    page.locator(".lv").wait_for(state="detached")
    page.get_by_role("link", name="Live").click()
    at_day(page, 9)
    page.wait_for_function("document.querySelector('.lv-plot canvas').getAttribute('aria-label').includes('median')")
    assert chart.get_attribute("aria-label") == before
    page.wait_for_url(re.compile("run=4&day=9"))


def test_series_map_and_picture_are_saved(open_page: Open) -> None:
    page = opened(open_page, f"{SMALL}&day=4")
    at_day(page, 4)
    for name, ending in (("Series as CSV", ".csv"), ("Map as SVG", ".svg"), ("PNG", ".png")):
        with page.expect_download() as got:
            page.get_by_role("button", name=name, exact=True).click()
        assert got.value.suggested_filename.endswith(ending)
        assert Path(got.value.path()).stat().st_size > 1000


@pytest.mark.parametrize("width", [600, 1000, 1400])
def test_nothing_is_wider_than_the_window(open_page: Open, width: int) -> None:
    page = opened(open_page, f"{SMALL}&day=6", width=width)
    at_day(page, 6)
    over = page.evaluate(
        "() => [...document.querySelectorAll('.lv *')].filter(e => !e.closest('.lv-scroll, .lv-list, .lv-tip')"
        " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"
    )
    assert over == []


def test_two_browsers_share_nothing(open_page: Open) -> None:
    one, other = opened(open_page), opened(open_page, f"{SMALL}&seed=9")
    one.keyboard.press("ArrowRight")
    at_day(one, 1)
    other.keyboard.press("End")
    at_day(other, 40)
    assert day(one) == 1
    assert one.get_by_text("seed 20260127").count()
    assert other.get_by_text("seed 9").count()


def test_every_control_has_a_name_and_can_be_reached(open_page: Open) -> None:
    page = opened(open_page, f"{SMALL}&day=6")
    at_day(page, 6)
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('.lv button, .lv input, .lv select')].filter(e => !(e.innerText || '').trim()"
        " && !e.getAttribute('aria-label') && !e.title && !(e.labels && e.labels.length)).map(e => e.outerHTML)"
    )
    assert nameless == []
    assert page.locator(".lv canvas[role=img]:not([aria-label])").count() == 0
