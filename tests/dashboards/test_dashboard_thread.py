"""The engine of the live page keeps in step with its browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from dashboards.engine import commands as ask
from dashboards.engine.address import Place
from dashboards.engine.charts import CHARTS
from dashboards.engine.engine import MOST_UNSEEN, PARTS, Engine
from dashboards.engine.frames import LINES, PLANES, WATCHED, Frame
from dashboards.engine.setup import Setup
from dashboards.engine.views import View

DAYS = 24
SETUP = Setup(runs=12, days=DAYS)


class Browser:
    """Stands in for a browser: notes what comes, and acknowledges it while `answers`."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.views: list[View] = []
        self.answers = True
        self.news = threading.Condition()

    def __call__(self, frame: Frame, view: View | None) -> None:
        with self.news:
            self.frames.append(frame)
            self.views += [] if view is None else [view]
            self.news.notify_all()
        if self.answers:
            for part in PARTS:
                self.engine.acknowledge(part, frame.number, frame.last, frame.generation)

    def wait(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        with self.news:
            assert self.news.wait_for(holds, seconds), "it did not come"


@pytest.fixture
def browser() -> Iterator[Browser]:
    made = Browser()
    made.engine = Engine(Place(SETUP), made)
    made.engine.start()
    made.wait(lambda: bool(made.frames))
    yield made
    made.engine.close(wait=30.0)
    assert not made.engine._thread.is_alive()


def test_the_first_frame_is_the_first_evening(browser: Browser) -> None:
    frame, theatre = browser.frames[0], browser.engine.session.ensemble.theatre
    assert (frame.day, frame.last, frame.playing) == (0, 0, False)
    assert len(frame.planes) == len(PLANES) * theatre.size
    assert len(frame.lines) == len(CHARTS) * LINES * 4


def test_playing_goes_to_the_end_and_the_charts_get_every_day_once(browser: Browser) -> None:
    browser.engine.send(ask.Speed(20))
    browser.engine.send(ask.Play())
    browser.wait(lambda: browser.frames[-1].day == DAYS and not browser.frames[-1].playing)
    got = np.full((DAYS + 1, len(CHARTS), LINES), np.nan, np.float32)
    for frame in browser.frames:
        days = np.frombuffer(frame.lines, "<f4").reshape(-1, len(CHARTS), LINES)
        got[frame.first : frame.first + len(days)] = days
    np.testing.assert_array_equal(got[:, :, :WATCHED], browser.engine.session.ensemble.quantiles)
    np.testing.assert_array_equal(got[:, :, WATCHED], browser.engine.session.ensemble.path(0, range(DAYS + 1)))


def test_scrubbing_back_shows_what_was(browser: Browser) -> None:
    browser.engine.send(ask.GoTo(9))
    browser.wait(lambda: browser.frames[-1].day == 9)
    first = browser.frames[-1].planes
    browser.engine.send(ask.GoTo(2))
    browser.wait(lambda: browser.frames[-1].day == 2)
    browser.engine.send(ask.Step(7))
    browser.wait(lambda: browser.frames[-1].day == 9)
    assert browser.frames[-1].planes == first
    assert browser.frames[-1].last == 9


def test_charts_that_have_lost_their_days_get_them_again(browser: Browser) -> None:
    browser.engine.send(ask.GoTo(9))
    browser.wait(lambda: browser.frames[-1].day == 9)
    browser.engine.acknowledge("charts", browser.frames[-1].number, -1, -1)
    browser.wait(lambda: browser.frames[-1].first == 0 and len(browser.frames[-1].lines) == 10 * len(CHARTS) * LINES * 4)


def test_without_acknowledgements_the_engine_waits(browser: Browser) -> None:
    browser.answers = False
    browser.engine.send(ask.Speed(20))
    browser.engine.send(ask.Play())
    time.sleep(1.0)
    came = len(browser.frames)
    time.sleep(0.5)
    assert len(browser.frames) == came
    assert browser.frames[-1].number - browser.engine._seen["map"] <= MOST_UNSEEN + 2  # a command is answered at once
    assert browser.frames[-1].day < DAYS


def test_after_long_silence_it_pauses_by_itself(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.engine.engine.SILENCE_SECONDS", 0.2)
    browser.answers = False
    browser.engine.send(ask.Speed(20))
    browser.engine.send(ask.Play())
    browser.wait(lambda: browser.frames[-1].playing)
    deadline = time.monotonic() + 30
    while browser.engine.session.playing and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not browser.engine.session.playing


def test_another_setup_is_computed_to_the_same_day(browser: Browser) -> None:
    browser.engine.send(ask.GoTo(6))
    browser.wait(lambda: browser.frames[-1].day == 6)
    values = {"damascus.opening_chance_per_day": 0.2}
    place = Place(replace(SETUP, values=values, against="baseline"), day=6, shows="difference")
    browser.engine.send(ask.Apply(place))
    browser.wait(lambda: browser.frames[-1].day == 6 and browser.frames[-1].generation > browser.frames[0].generation)
    gap = np.frombuffer(browser.frames[-1].planes, np.uint8).reshape(len(PLANES), -1)[PLANES.index("difference")]
    assert (gap < 128).any()
    browser.wait(lambda: "set.damascus.opening_chance_per_day=0.2" in browser.views[-1].address)


def test_a_setup_that_does_not_hold_is_a_notice_and_changes_nothing(browser: Browser) -> None:
    generation = browser.engine.session.generation
    browser.engine.send(ask.Apply(Place(replace(SETUP, values={"damascus.first_truce_days": 1e9}))))
    browser.wait(lambda: bool(browser.views) and "first_truce_days" in browser.views[-1].notice)
    assert browser.engine.session.generation == generation
    assert browser.engine.session.place.setup == SETUP


def test_a_seat_stops_takes_orders_and_is_reckoned_up(browser: Browser) -> None:
    browser.engine.send(ask.Sit("damascus", 5))
    browser.wait(lambda: bool(browser.views) and bool(browser.views[-1].seat) and bool(browser.views[-1].seat["stop"]))
    stop = browser.views[-1].seat["stop"]
    assert stop["day"] == 1
    assert {item["matter"] for item in stop["matters"]} == {"campaign", "truce", "talks", "request"}
    for _ in range(DAYS):
        if browser.views[-1].seat["over"]:
            break
        told = browser.views[-1].seat["stop"]["day"]
        browser.engine.send(ask.Speed(20))
        browser.engine.send(ask.Order({"campaign": "hold_fire"}))
        browser.wait(
            lambda told=told: (
                browser.views[-1].seat["over"]
                or (bool(browser.views[-1].seat["stop"]) and browser.views[-1].seat["stop"]["day"] > told)
            )
        )
    assert browser.views[-1].seat["reckoning"]
    assert "[[orders]]" in browser.views[-1].seat["file"]
    browser.engine.send(ask.Leave())
    browser.wait(lambda: browser.views[-1].seat is None)


def test_sessions_share_no_state(browser: Browser) -> None:
    other = Browser()
    other.engine = Engine(Place(replace(SETUP, seed=99), run=3), other)
    other.engine.start()
    try:
        for one, day in ((browser, 4), (other, 7)):
            one.engine.send(ask.GoTo(day))
        browser.wait(lambda: browser.frames[-1].day == 4)
        other.wait(lambda: other.frames[-1].day == 7)
        assert (browser.engine.session.day, browser.engine.session.place.run) == (4, 0)
    finally:
        other.engine.close(wait=30.0)
