"""TheatreModel: a block of runs of one scenario, stepped a day at a time by its four Mesa agents and its mechanisms.

A block is a scenario, the numbers of its runs, and columns: the values, policies and orders that differ by run.
One day, in order: the agents read the same state and write orders; diplomacy; logistics; fighting in sub-moves; custody,
insurgents, people and estimates; record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import ModuleType

import mesa
import numpy as np
from mesa.discrete_space import OrthogonalVonNeumannGrid

from sim.agents import AGENTS
from sim.agents.base import Watcher
from sim.agents.seen import Seen, see
from sim.draws import Draws
from sim.ground.checks import ANY_DAY, FIRST_RUN, RUNS, whole_number
from sim.ground.errors import InputError
from sim.ground.grid import ALLEGIANCE_CLASSES, load_control, load_grid
from sim.ground.members import load_sectors
from sim.ground.theatre import Theatre, make_theatre
from sim.mechanisms import AFTERMATH, DIPLOMACY, FIGHTING, LOGISTICS, MECHANISMS, campaign
from sim.record.history import History
from sim.record.mesa_views import RecordCollector, Views, first_run_in_batch
from sim.registry import as_scenario
from sim.scenario.scenario import Scenario
from sim.scenario.settings import Settings, rule_names, stages_of
from sim.state.arrays import NUMERICS
from sim.state.orders import Orders
from sim.state.start import initial_state
from sim.state.state import State, sizes
from sim.state.survey import close_day, survey
from sim.state.values import Columns

SUB_MOVES = 6
"""Fighting moves per day: with six a column keeps its pace; with four one of 35 km a day loses a tenth of it."""

CELLS_TIMES_RUNS = 60_000
"""Theatre cells times runs that stay within the processor's cache: so many runs fight at a time."""


class TheatreModel(mesa.Model):
    """A block of runs. A run of the same number and the same values is the same history, whatever the block."""

    @np.errstate(**NUMERICS)
    def __init__(
        self,
        scenario: Scenario | str | Path,
        runs: int = 32,
        first_run: int | None = None,
        theatre: Theatre | None = None,
        rng: None = None,
        numbers: Sequence[int] | np.ndarray | None = None,
        columns: Sequence[Columns] = (),
    ) -> None:
        """scenario: a checked scenario, a name or a path. runs: size of the block, at least 1. first_run: 0-based number of
        its first run; 0 when left out, and in Mesa's batch_run that of the iteration's block.

        theatre: another world than the scenario's lattice, for tests and benchmarks. rng: always None, as Mesa's
        batch_run gives it. numbers: the number of each run in place of runs and first_run, any and also repeated.
        columns: what differs by run in the scenario's stages, its own values last; stages before those given have nothing
        that does. Raises InputError, a ValueError.
        """
        super().__init__(rng=0)  # Mesa's own generator is never used
        if rng is not None:
            raise InputError("luck comes from the scenario's seed and the number of the run, not from rng")
        scenario = as_scenario(scenario)
        if numbers is None:
            runs = whole_number("runs", runs, RUNS)
            first_run = whole_number("first_run", first_run_in_batch(runs, first_run), FIRST_RUN)
            numbers = np.arange(first_run, first_run + runs)
        self.luck = Draws(scenario.seed, numbers, (scenario.start_date - scenario.epoch).days)
        runs = self.luck.runs
        self.days = scenario.days
        self.running = True
        self.watcher: Watcher | None = None
        self.shown_run = int(self.luck.numbers[0])
        self._stages = stages_of(scenario, columns, runs)
        self.setting = self._stages[0][1]
        self.theatre = theatre or theatre_of(scenario)
        self.state = initial_state(self.theatre, self.setting["start"], runs)
        for mechanism in MECHANISMS:
            if hasattr(mechanism, "begin"):
                mechanism.begin(self.theatre, self.state, self.setting[mechanism.NAME], self.luck)
        self.state.check(sizes(self.theatre, runs))
        for agent in AGENTS:
            agent(self, self.luck)
        getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa's table of agent numbers would keep every model for good
        names = rule_names(setting for _, setting in self._stages)
        self.history = History(self.theatre, self.state, scenario.days, scenario.start_date, self.luck.numbers, names)
        self._take_effect()

    @property
    def day(self) -> int:
        """Days since the start."""
        return self.state.day

    @property
    def grid(self) -> OrthogonalVonNeumannGrid:
        """A Mesa grid of the lattice: its property layers show run `shown_run` as it stands this evening."""
        return self._views.grid()

    @property
    def datacollector(self) -> RecordCollector:
        """A Mesa data collector of the daily series of run `shown_run`, up to this evening."""
        return self._views.collector()

    @cached_property
    def _views(self) -> Views:
        return Views(self)

    @np.errstate(**NUMERICS)
    def step(self) -> None:
        """Advance every run of the block by one day; stop running at the horizon.

        Raises FloatingPointError, noting who was at work and on what day, where a number would become infinite or none.
        """
        if not self.running:
            return
        self.seen = self.morning()
        self.orders = Orders.zeros(sizes(self.theatre, self.luck.runs))
        self.state.day += 1
        scenario = self.setting.scenario
        today = scenario.start_date + timedelta(days=self.state.day)
        self.state.summit_today = any(e.event == "summit" and e.date == today for e in scenario.timeline)
        self.agents.do("step")
        for mechanism in DIPLOMACY + LOGISTICS + (campaign,):
            self._advance(mechanism, 1.0)
        self._fight()
        for mechanism in AFTERMATH:
            self._advance(mechanism, 1.0)
        self.history.record(self.theatre, self.state, self.orders)
        self.running = self.state.day < self.days

    @np.errstate(**NUMERICS)
    def morning(self) -> Seen:
        """Return what can be observed on the morning of the next day, under the values that hold on it."""
        if self._stages and self._stages[0][0] <= self.state.day + 1:
            self._take_effect()
        return see(self.theatre, self.state, self._waits())

    def run_to(self, day: int) -> None:
        """Step until `day`, or to the horizon if that comes first. Raises InputError."""
        day = whole_number("day", day, ANY_DAY)
        while self.running and self.state.day < day:
            self.step()

    def catch_up(self) -> None:
        """Take up what holds on the state's day, after the state was put there from outside."""
        while self._stages and self._stages[0][0] <= self.state.day:
            self._take_effect()
        self.running = self.state.day < self.days

    def _advance(self, mechanism: ModuleType, dt: float) -> None:
        self._move(mechanism, dt, self.state, self.orders, self.setting, self.luck)

    def _move(self, mechanism: ModuleType, dt: float, state: State, orders: Orders, setting: Settings, luck: Draws) -> None:
        """Let a mechanism move the state of the block, or of some of its runs."""
        try:
            mechanism.advance(self.theatre, state, orders, setting[mechanism.NAME], luck, dt)
        except FloatingPointError as error:
            error.add_note(f"in the mechanism {mechanism.NAME}, on day {state.day}")
            raise
        if self.watcher is not None:
            self.watcher.advanced(mechanism.NAME)

    def _fight(self) -> None:
        """Let the runs fight in which Damascus attacks or receives ground, in pieces that fit the processor's cache."""
        state = self.state
        state.front_cells[:] = 0.0
        fights = np.flatnonzero(state.fighting.any(axis=0) | state.handing_over.any(axis=0))
        size = piece_size(self.theatre)
        for first in range(0, len(fights), size):
            runs = fights[first : first + size]
            if len(runs) == self.luck.runs:
                self._sub_moves(state, self.orders, self.setting, self.luck)
            else:
                part = state.part(runs)
                self._sub_moves(part, self.orders.part(runs), self.setting.part(runs), self.luck.part(runs))
                state.put(part)
        close_day(state)

    def _sub_moves(self, state: State, orders: Orders, setting: Settings, luck: Draws) -> None:
        for _ in range(SUB_MOVES):
            for mechanism in FIGHTING:
                self._move(mechanism, 1.0 / SUB_MOVES, state, orders, setting, luck)
        survey(self.theatre, state)

    def _take_effect(self) -> None:
        """Let the values of the stage that is due hold from now on."""
        _, self.setting = self._stages.pop(0)
        for agent in self.agents:
            agent.adopt(self.setting[agent.name], self.setting.policies[agent.name], self.history.rule_names)

    def _waits(self) -> dict[str, float]:
        """Return days from the start to the next event of each name that has not passed; a deadline stays once lapsed."""
        waits: dict[str, float] = {}
        for item in self.setting.scenario.timeline:
            day = (item.date - self.setting.scenario.start_date).days
            if item.event == "deadline" or day > self.state.day:
                waits[item.event] = min(day, waits.get(item.event, float("inf")))
        return waits


def theatre_of(scenario: Scenario) -> Theatre:
    """Cut the theatre that a scenario is played on out of the lattice."""
    grid = load_grid()
    if scenario.classes:
        grid = replace(grid, allegiance_class=load_control(scenario.classes, ALLEGIANCE_CLASSES))
    sectors = load_sectors(scenario.sectors, scenario.members)
    return make_theatre(grid, load_control(scenario.control), load_control(scenario.communities), sectors, scenario.members)


def piece_size(theatre: Theatre) -> int:
    """Return the number of runs whose cells stay in cache together."""
    return max(1, CELLS_TIMES_RUNS // max(theatre.size, 1))
