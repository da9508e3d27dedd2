"""The engine of the live page: what it computes is what the model computes, and it keeps in step with its browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from dashboards.engine import commands as ask
from dashboards.engine.address import MAPS, MOST_NOTICES, Place, read, write
from dashboards.engine.charts import CHARTS, documented, documented_days
from dashboards.engine.engine import MOST_UNSEEN, PARTS, Engine
from dashboards.engine.ensemble import Ensemble, difference
from dashboards.engine.frames import LINES, PLANES, WATCHED, Frame
from dashboards.engine.seat import Seat
from dashboards.engine.seat_file import as_toml
from dashboards.engine.seat_view import reckoning
from dashboards.engine.session import Session
from dashboards.engine.setup import MOST_RUN_DAYS, MOST_RUNS, Setup, choices, command, offer, scenario_named, scenarios_of
from dashboards.engine.story import Story
from dashboards.engine.views import View, emptied, reasons
from dashboards.engine.why import explain
from sim import TheatreModel, load_scenario
from sim.errors import InputError
from sim.experiments.store import control_counts
from sim.model import policies_of
from sim.state import CUSTODY_SITES, US_BASES

DAYS = 24
SETUP = Setup(runs=12, days=DAYS)


def to_end(ensemble: Ensemble) -> Ensemble:
    while ensemble.running:
        ensemble.step()
    return ensemble


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return to_end(Ensemble(scenarios_of(SETUP)[0], SETUP.runs))


@pytest.fixture(scope="module")
def model() -> TheatreModel:
    made = TheatreModel(scenarios_of(SETUP)[0], runs=SETUP.runs)
    made.run_to(DAYS)
    return made


# --- what is computed ---------------------------------------------------------------------------------------------------


def test_quantiles_are_those_of_the_models_runs(ensemble: Ensemble, model: TheatreModel) -> None:
    for index, chart in enumerate(CHARTS):
        values = sum(model.history.series[name].astype(np.float64) for name in chart.series)
        values = values.cumsum(axis=0) if chart.sums_days else values
        expected = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95), axis=1).T
        np.testing.assert_allclose(ensemble.quantiles[:, index], expected, rtol=1e-5, atol=1e-4, err_msg=chart.title)


@pytest.mark.parametrize("day", [0, 5, 8, DAYS])
def test_maps_of_any_day_are_those_of_the_record(ensemble: Ensemble, model: TheatreModel, day: int) -> None:
    cells = model.theatre.cells
    counts = control_counts(model.history)[:, day]
    damascus, sdf, contested = ensemble.probability(day)
    np.testing.assert_array_equal(damascus, np.rint(counts[:, 0] * 255 / SETUP.runs))
    np.testing.assert_array_equal(contested, np.rint(counts[:, 1] * 255 / SETUP.runs))
    np.testing.assert_array_equal(sdf, np.rint((SETUP.runs - counts.sum(axis=1)) * 255 / SETUP.runs))
    for run in (0, 7):
        np.testing.assert_array_equal(ensemble.holder(day, run), model.history.holder_on(day)[cells, run])


def test_difference_is_none_between_equals_and_paired_runs_share_their_luck() -> None:
    first, second = scenarios_of(replace(SETUP, against="moscow-stays"))
    one = to_end(Ensemble(first, SETUP.runs))
    other = to_end(Ensemble(second, SETUP.runs, paired_with=one))
    alone = to_end(Ensemble(second, SETUP.runs))
    np.testing.assert_array_equal(other.quantiles, alone.quantiles)
    assert (difference(one.probability(DAYS), one.probability(DAYS)) == 128).all()
    zero, full = np.zeros((3, 1), np.uint8), np.full((3, 1), 255, np.uint8)
    assert difference(full, zero).item() == 255
    assert difference(zero, full).item() == 0


def test_a_watched_extreme_is_the_extreme(ensemble: Ensemble) -> None:
    values = ensemble.chart_values(0, DAYS)
    assert values[ensemble.run_at(0, DAYS, 0.0)] == values.min()
    assert values[ensemble.run_at(0, DAYS, 1.0)] == values.max()
    middle = values[ensemble.run_at(0, DAYS, 0.5)]
    assert (values < middle).sum() <= SETUP.runs / 2 <= (values <= middle).sum()


def test_the_story_of_a_run_is_that_run(model: TheatreModel) -> None:
    story = Story(scenarios_of(SETUP)[0], 5)
    while story.model.running:
        story.step()
    for name, values in model.history.series.items():
        np.testing.assert_array_equal(story.model.history.series[name][:, 0], values[:, 5], err_msg=name)
    assert len(story.evenings) == len(story.told) == DAYS + 1
    assert story.evenings[DAYS].transferred == round(float(model.history.series["detainees_transferred"][DAYS, 5]))


def test_bases_and_prisons_are_hollow_from_the_evening_nobody_is_left() -> None:
    story = Story(load_scenario("baseline"), 1)
    while story.day < 60:
        story.step()
    began = story.evenings[0]
    assert emptied(began, began) == []
    for now in story.evenings:
        keys = set(emptied(began, now))
        assert keys & set(US_BASES) == {key for key, n in zip(US_BASES, now.us_persons, strict=True) if n == 0}
        assert keys & set(CUSTODY_SITES) == {
            key for key, before, n in zip(CUSTODY_SITES, began.inmates, now.inmates, strict=True) if before and not n
        }
    assert any(n == 0 for n in story.evenings[60].us_persons)
    left = replace(story.evenings[60], stock=np.zeros_like(began.stock))
    assert "qamishli_airport" in emptied(began, left)


def test_documented_marks_lie_in_the_days_of_the_scenario() -> None:
    baseline = scenario_named("baseline")
    share = documented(baseline)[0]
    assert [(mark.first, mark.central) for mark in share] == [(7, 0.164), (8, 0.058)]
    assert all(0 < mark.first <= mark.last <= baseline.days and mark.source for mark in documented_days(baseline))
    assert documented_days(scenarios_of(Setup(days=5))[0]) == ()


# --- why ----------------------------------------------------------------------------------------------------------------


def test_what_it_would_have_taken_turns_the_rule() -> None:
    scenario = scenarios_of(SETUP)[0]
    story, policies = Story(scenario, 3), policies_of(scenario)
    said = set()
    while story.model.running:
        story.step()
        for path, decision in story.decisions[story.day].items():
            actor, _, matter = path.partition(".")
            why = explain(decision, policies[actor][matter], scenario)
            assert why.fired.holds
            assert not any(passed.holds for passed in why.passed)
            said |= {(weighed.rule, change) for weighed in (*why.passed, why.fired) for change in weighed.changes}
    assert ("a_truce_holds", "truce no") in said
    needed = scenario["moscow"].residual_tie_needed
    assert ("the_tie_does_not_carry_a_residual", f"tie to moscow at most {needed:.3g}") in said


# --- setups and addresses -----------------------------------------------------------------------------------------------


def test_an_address_leads_back_to_its_place() -> None:
    values = {"moscow.policy": "stay", "damascus.first_truce_days": 7.0}
    place = Place(Setup("no-extension", "baseline", values, seed=5, runs=40, days=30), run=3, day=9, shows="difference")
    assert read("?" + write(place)) == (place, ())
    long = Place(Setup(runs=4, days=3000))  # too many days for as many runs as there are unless an address says
    assert read(write(long)) == (long, ())


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("evil=1", "'evil'"), ("scenario=../../etc/passwd", "passwd"), ("scenario=/srv/x.toml", "x.toml"), ("run=-1", "run"),
        ("set.nothing.here=1", "nothing.here"), ("set.moscow.policy=__import__", "moscow.policy"), ("day=1e3", "day"),
        ("set.damascus.first_truce_days=99", "first_truce_days"), ("runs=100000", "runs"), ("map=globe", "map"),
        ("set.damascus.first_truce_days=nan", "first_truce_days"), ("runs=²", "runs"), ("x=" + "y" * 9000, "longer"),
    ],
)  # fmt: skip
def test_what_an_address_should_not_say_is_left_out_with_a_notice(query: str, word: str) -> None:
    place, notices = read(query)
    assert place == Place()
    assert len(notices) == 1
    assert word in notices[0]


def test_many_parts_that_are_left_out_are_counted() -> None:
    _, notices = read("&".join(f"x{number}=1" for number in range(500)))
    assert len(notices) == MOST_NOTICES + 1 and notices[-1] == "Address: 495 more parts were left out."


def test_a_day_or_run_beyond_the_last_becomes_the_nearest() -> None:
    place, notices = read("days=10&runs=4&day=99&run=4")
    assert (place.day, place.run) == (10, 3)
    assert len(notices) == 1


def test_a_session_is_bounded() -> None:
    with pytest.raises(InputError, match="whole number from 1 to 1000"):
        scenarios_of(Setup(runs=MOST_RUNS + 1))
    with pytest.raises(InputError, match="too many for a session"):
        scenarios_of(Setup(runs=MOST_RUNS, days=MOST_RUN_DAYS // MOST_RUNS + 1))
    with pytest.raises(InputError, match="do not share luck"):
        scenarios_of(Setup(against="quiet-2025"))


def test_the_command_computes_the_same_scenario(tmp_path: object) -> None:
    import shlex

    setup = Setup(values={"moscow.policy": "stay", "damascus.first_truce_days": 7.0}, seed=3, days=20)
    parts = shlex.split(command(setup))
    sets = [parts[i + 1] for i, part in enumerate(parts) if part == "--set"]
    again = load_scenario(parts[2], sets).with_values({"seed": 3, "days": 20}, set_by="--seed")
    assert again.hash == scenarios_of(setup)[0].hash


def test_a_file_on_offer_can_be_chosen_by_name_only(tmp_path: object) -> None:
    path = tmp_path / "my-own.toml"
    path.write_text('base = "baseline"\n[damascus]\nfirst_truce_days = 6\n', encoding="utf-8")
    assert offer(path) == "my-own"
    assert "my-own" in choices()
    assert scenario_named("my-own")["damascus"].first_truce_days == 6
    with pytest.raises(InputError, match="not one of"):
        scenario_named(str(path))


# --- a seat -------------------------------------------------------------------------------------------------------------


def play(seat: Seat, decide: Callable[[Seat], dict[str, str]]) -> Seat:
    while not seat.over:
        seat.step()
        if seat.stop is not None:
            seat.decide(decide(seat))
    return seat


def test_a_seat_left_to_its_policy_is_the_run_itself(model: TheatreModel) -> None:
    seat = play(Seat(scenarios_of(SETUP)[0], 2, "damascus", 0, 3), lambda seat: {})
    for name, values in model.history.series.items():
        np.testing.assert_array_equal(seat.story.model.history.series[name][:, 0], values[:, 2], err_msg=name)
    assert seat.dated_orders() == ()
    assert all(item["same"] for item in reckoning(seat))


def test_orders_saved_as_a_file_run_as_they_were_played(tmp_path: object) -> None:
    setup = replace(SETUP, values={"moscow.reply_chance_per_day": 0.9})
    scenario = scenarios_of(setup)[0]
    seat = play(Seat(scenario, 4, "damascus", 2, 4), lambda seat: {"campaign": "hold_fire"} if seat.stop.day < 15 else {})
    path = tmp_path / "played.toml"
    path.write_text(as_toml(seat, setup), encoding="utf-8")
    again = load_scenario(path)
    assert again.orders
    model = TheatreModel(again, runs=6)
    model.run_to(DAYS)
    for name, values in seat.story.model.history.series.items():
        np.testing.assert_array_equal(model.history.series[name][:, 4], values[:, 0], err_msg=name)
    assert not all(item["same"] for item in reckoning(seat))


def test_a_seat_in_a_file_of_the_users_own_keeps_its_orders(tmp_path: object) -> None:
    own = tmp_path / "with-orders.toml"
    order = 'actor = "sdf"\nmatter = "truce"\norder = "stay"\nfrom = 2026-01-15\nto = 2026-01-20\nnote = "As it \\"was\\""\n'
    own.write_text(f'base = "baseline"\n[[orders]]\n{order}', encoding="utf-8")
    session = Session(Place(Setup(offer(own), runs=3, days=14), run=2))
    session.answer(ask.Sit("sdf", 2))
    assert "orders in this scenario already" in session.notice
    session.answer(ask.Sit("damascus", 2))
    while not session.seat.over:
        session.target = 14
        session.work(float("inf"))
        session.answer(ask.Order({"campaign": "declare_a_zone"}))
    path = tmp_path / "played.toml"
    path.write_text(as_toml(session.seat, session.place.setup), encoding="utf-8")
    model = TheatreModel(load_scenario(path), runs=3)
    model.run_to(14)
    for name, values in session.seat.story.model.history.series.items():
        np.testing.assert_array_equal(model.history.series[name][:, 2], values[:, 0], err_msg=name)


def test_a_stop_shows_what_the_policy_then_does(model: TheatreModel) -> None:
    seat = Seat(scenarios_of(SETUP)[0], 6, "us", 0, None)
    stops = 0
    while not seat.over:
        seat.step()
        if seat.stop is not None:
            stops += 1
            expected = {item.matter: item.policy.rule for item in seat.stop.matters}
            seat.decide({})
            done = {path.partition(".")[2]: d.rule for path, d in seat.story.decisions[-1].items() if path.startswith("us.")}
            assert done == expected
    assert stops > 1


def test_reasons_in_a_seat_are_the_persons_only_where_there_was_an_order() -> None:
    session = Session(Place(SETUP))
    session.answer(ask.Sit("moscow", 1))
    session.work(float("inf"))
    session.answer(ask.Order({"supply": "stay"}))
    session.work(float("inf"))
    told = {item["matter"]: item for item in reasons(session.watched, "moscow", 1)}
    assert told["moscow.supply"]["person"]
    assert told["moscow.residual"]["fired"]["rule"] == "otherwise"
    assert not any(rule["rule"].startswith("ordered_") for rule in told["moscow.residual"]["passed"])


def test_an_order_that_is_not_open_is_refused() -> None:
    seat = Seat(scenarios_of(SETUP)[0], 0, "moscow", 0, 1)
    seat.step()
    with pytest.raises(KeyError):
        seat.decide({"qamishli": "attack_everywhere"})
    assert seat.stop is not None


# --- the thread ---------------------------------------------------------------------------------------------------------


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


def test_maps_have_names() -> None:
    assert set(MAPS) == set(PLANES)
