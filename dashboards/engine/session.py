"""One session's simulation without its thread: what is computed, which day is shown, and what a command does to it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from dashboards.engine import commands as ask
from dashboards.engine.address import Place
from dashboards.engine.ensemble import Ensemble, holder
from dashboards.engine.seat import Seat
from dashboards.engine.setup import drawn_values, scenarios_of
from dashboards.engine.story import Story
from sim.agents import AGENTS
from sim.ground.checks import shown
from sim.ground.errors import InputError

TELLING_SECONDS = 0.02
"""How long the reasons of the watched run may be computed after the runs had their time."""
SPEEDS = (1, 2, 5, 10, 20)
"""Days a second that a reader can choose."""


class Session:
    """The runs of a setup, those of the scenario it is compared with, the watched run's story, and a seat if one is taken.

    day: the day that is shown. target: the day that is to be shown once it is computed. generation: changes when the lines
    of the charts are others. frame_waits, view_waits: something has changed that the page does not show yet.
    """

    def __init__(self, place: Place) -> None:
        """Raises InputError where the place's setup does not hold."""
        self.generation = 0
        self.playing, self.speed, self.actor = False, 5.0, "damascus"
        self.due = 0.0
        self.notice = ""
        self.begin(place)

    def begin(self, place: Place) -> None:
        """Compute a setup from the first evening, on the way to the place's day. Raises InputError."""
        first, second = scenarios_of(place.setup)
        self.place = replace(place, run=min(place.run, place.setup.runs - 1), day=min(place.day, first.days))
        self.scenario = first
        self.uncertain = drawn_values(place.setup, first)
        self.ensemble = Ensemble(first, place.setup.runs, uncertain=self.uncertain)
        self.other = None
        if second is not None:
            drawn = drawn_values(place.setup, second)
            self.other = Ensemble(second, place.setup.runs, paired_with=self.ensemble, uncertain=drawn)
        self.story = Story(first, self.place.run, self.uncertain)
        self.seat: Seat | None = None
        self.day, self.target = 0, self.place.day
        self.frame_waits = self.view_waits = True
        self.generation += 1

    @property
    def last(self) -> int:
        """The last day that can be shown at once."""
        return self.ensemble.day if self.seat is None else min(self.ensemble.day, self.seat.day)

    @property
    def watched(self) -> Story:
        """The run whose reasons are told: the one in the seat, or the watched one."""
        return self.story if self.seat is None else self.seat.story

    def held(self) -> np.ndarray:
        """Return (theatre cells,) uint8 codes of the holders on the day shown, in the seat's run or the watched one."""
        if self.seat is not None:
            return holder(self.seat.story.model.history, self.day, 0)
        return self.ensemble.holder(self.day, self.place.run)

    @property
    def place_now(self) -> Place:
        """The place with the day that is shown."""
        return replace(self.place, day=self.day)

    @property
    def seat_waits(self) -> bool:
        """Whether a person is to decide."""
        return self.seat is not None and self.seat.stop is not None

    @property
    def on_the_way(self) -> bool:
        """Whether days are to be computed before the target can be shown."""
        return self.last < self.target and not self.seat_waits

    @property
    def busy(self) -> bool:
        """Whether there are days to compute: for what is to be shown, or for the reasons of the watched run."""
        return self.on_the_way or self.watched.day < self.day

    # --- time --------------------------------------------------------------------------------------------------------

    def pass_time(self, most_frames: float) -> None:
        """Move the target on by as many days as are due. most_frames: pictures a second."""
        interval = max(1.0 / self.speed, 1.0 / most_frames)
        self.due = max(self.due + interval, time.monotonic())
        if (self.seat_waits and self.day >= self.last) or self.day >= self.scenario.days:
            self.playing, self.view_waits = False, True
        else:
            self.target = min(self.scenario.days, self.day + max(1, round(self.speed * interval)))

    def work(self, until: float) -> None:
        """Compute towards the target until a moment of the monotonic clock, then the watched run's reasons."""
        before, known = self.day, self.watched.day
        try:
            while self.on_the_way and time.monotonic() < until:
                self._step()
            if self.seat_waits:
                self.target = min(self.target, self.last)
            self.day = min(self.target, self.last)
            while self.story.day < self.day and self.seat is None and time.monotonic() < until + TELLING_SECONDS:
                self.story.step()
        except FloatingPointError as error:
            self.playing, self.target, self.notice = False, self.day, f"The model stopped: {error}"
        self.frame_waits |= self.day != before
        self.view_waits |= self.day != before or self.watched.day != known

    def _step(self) -> None:
        for ensemble in (self.ensemble, self.other):
            if ensemble is not None and ensemble.day < self.target:
                ensemble.step()
        if self.seat is not None and self.seat.day < self.target:
            self.seat.step()
            self.view_waits |= self.seat_waits

    # --- commands ----------------------------------------------------------------------------------------------------

    def answer(self, command: ask.Command) -> None:
        """Do what the page asks; say in the notice what cannot be done."""
        self.frame_waits = self.view_waits = True
        self.notice = ""
        try:
            self._do(command)
        except InputError as error:
            self.notice = str(error).removeprefix("settings: ")

    def _do(self, command: ask.Command) -> None:
        match command:
            case ask.Play():
                self._play()
            case ask.Pause():
                self.hold()
            case ask.Step(days):
                self.playing, self.target = False, self._within(self.day + days)
            case ask.GoTo(day):
                self.target = self._within(day)
            case ask.Speed(days_per_second):
                self.speed = min(max(float(days_per_second), SPEEDS[0]), SPEEDS[-1])
            case ask.Reset():
                self.playing = False
                self.begin(replace(self.place, day=0))
            case ask.Apply(place):
                self._apply(place)
            case ask.Watch(run):
                self._watch(run)
            case ask.WatchQuantile(chart, quantile):
                self._watch(self.ensemble.run_at(chart, self.day, quantile))
            case ask.Ask(actor):
                self.actor = _known_actor(actor)
            case ask.Show(shows):
                self.place = replace(self.place, shows=shows)
            case ask.Sit(actor, every):
                self._sit(actor, every)
            case ask.Order(orders):
                self._order(orders)
            case ask.Leave():
                self.seat = None
                self.hold()
                self.generation += 1

    def hold(self) -> None:
        """Stay on the day that is shown."""
        self.playing, self.target = False, self.day

    def _within(self, day: int) -> int:
        return min(max(int(day), 0), self.scenario.days)

    def _play(self) -> None:
        """Let the days pass, from the first again where they are all over."""
        if self.day >= self.scenario.days and self.seat is None:
            self.day = self.target = 0
        self.playing, self.due = True, time.monotonic()

    def _apply(self, place: Place) -> None:
        if place.setup != self.place.setup:
            self.begin(place)
            self.playing = False
        else:
            self.target, self.place = self._within(place.day), replace(self.place, shows=place.shows)
            self._watch(place.run)

    def _watch(self, run: int) -> None:
        """Watch another run; the seat, if one is taken, is left."""
        if not 0 <= run < self.ensemble.runs:
            raise InputError(f"run {run}: there are {self.ensemble.runs} runs, counted from 0")
        if run != self.place.run or self.seat is not None:
            self.place, self.seat = replace(self.place, run=run), None
            self.story = Story(self.scenario, run, self.uncertain)
            self.generation += 1

    def _sit(self, actor: str, every: int | None) -> None:
        branch = self.scenario.branch
        if any(order.actor == _known_actor(actor) for order in self.scenario.orders):
            raise InputError(f"{actor} has a person's orders in this scenario already; take another seat")
        if branch is not None and self.day < branch.day - 1:
            raise InputError(f"this scenario leaves its base on day {branch.day}; a seat can be taken from then on")
        self.playing, self.actor = False, actor
        every = None if every is None else max(1, every)
        self.seat = Seat(self.scenario, self.place.run, actor, self.day, every, self.uncertain)
        self.target = self._within(self.day + 1)
        self.generation += 1

    def _order(self, orders: Mapping[str, str]) -> None:
        if self.seat is None or self.seat.stop is None:
            raise InputError("orders: there is nothing to decide on this day")
        try:
            self.seat.decide(orders)
        except KeyError as error:
            raise InputError(f"orders: {error.args[0]} is not open to {self.seat.actor}") from None
        self._play()


def _known_actor(name: str) -> str:
    if name not in {agent.name for agent in AGENTS}:
        raise InputError(f"actor {shown(name)} is not one of {', '.join(agent.name for agent in AGENTS)}")
    return name
