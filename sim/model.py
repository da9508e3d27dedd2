"""TheatreModel: a block of runs of one scenario, stepped a day at a time by its four Mesa agents and its mechanisms.

A block is a scenario, the numbers of its runs, and columns: the values, policies and orders that differ by run.
One day, in order: the agents read the same state and write orders; diplomacy; logistics; fighting in sub-moves; custody,
insurgents, people and estimates; record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

import mesa
import numpy as np

from sim.agents import AGENTS
from sim.agents.base import Watcher
from sim.agents.seen import Seen, see
from sim.draws import Draws
from sim.ground.checks import ANY_DAY, whole_number
from sim.ground.errors import InputError
from sim.ground.theatre import Theatre
from sim.mechanisms import AFTERMATH, DIPLOMACY, FIGHTING, LOGISTICS, MECHANISMS, campaign
from sim.record.history import SERIES, History
from sim.record.mesa_views import ViewedModel, numbers_of
from sim.registry import as_scenario
from sim.scenario.scenario import Scenario
from sim.scenario.settings import Settings, rule_names, stages_of
from sim.scenario.theatre import theatre_of
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


class TheatreModel(ViewedModel):
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
        draws: Draws | None = None,
        series: Iterable[str] = tuple(SERIES),
    ) -> None:
        """scenario: a checked scenario, a name or a path. runs: size of the block, at least 1. first_run: 0-based number of
        its first run; 0 when left out, and in Mesa's batch_run that of the iteration's block.

        theatre: another world than the scenario's lattice, for tests and benchmarks. rng: always None, as Mesa's
        batch_run gives it. numbers: the number of each run in place of runs and first_run, any and also repeated.
        columns: what differs by run in the scenario's stages, its own values last; stages before those given have nothing
        that does. draws: the drawn numbers of a model of the same seed, start and runs, to be used again. series: names of
        the daily series that are kept. Raises InputError, a ValueError.
        """
        super().__init__(rng=0)  # Mesa's own generator is never used
        if rng is not None:
            raise InputError("luck comes from the scenario's seed and the number of the run, not from rng")
        scenario = as_scenario(scenario)
        numbers = numbers_of(runs, first_run) if numbers is None else numbers
        self.draws = draws or Draws(scenario.seed, numbers, (scenario.start_date - scenario.epoch).days)
        runs = self.draws.runs
        self.days = scenario.days
        self.running = True
        self.watcher: Watcher | None = None
        self.shown_run = int(self.draws.numbers[0])
        self._stages = stages_of(scenario, columns, runs)
        self.setting = self._stages[0][1]
        self.theatre = theatre or theatre_of(scenario)
        self.state = initial_state(self.theatre, self.setting["start"], runs)
        for mechanism in MECHANISMS:
            if hasattr(mechanism, "initialise"):
                mechanism.initialise(self.theatre, self.state, self.setting[mechanism.NAME], self.draws)
        self.state.check(sizes(self.theatre, runs))
        for agent in AGENTS:
            agent(self, self.draws)
        getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa's table of agent numbers would keep every model for good
        rules, start = rule_names(setting for _, setting in self._stages), scenario.start_date
        self.history = History(self.theatre, self.state, scenario.days, start, self.draws.numbers, rules, series)
        self._take_effect()

    @np.errstate(**NUMERICS)
    def step(self) -> None:
        """Advance every run of the block by one day; stop running at the horizon.

        Raises FloatingPointError, noting who was at work and on what day, where a number would become infinite or none.
        """
        if not self.running:
            return
        self.seen = self.morning()
        self.orders = Orders.zeros(sizes(self.theatre, self.draws.runs))
        self.state.day += 1
        self.state.summit_today = self.setting.scenario.falls_on("summit", self.state.day)
        self.agents.do("step")
        for mechanism in DIPLOMACY + LOGISTICS + (campaign,):
            self._move(mechanism, 1.0, self.state, self.orders, self.setting, self.draws)
        self._fight()
        for mechanism in AFTERMATH:
            self._move(mechanism, 1.0, self.state, self.orders, self.setting, self.draws)
        self.history.record(self.theatre, self.state, self.orders)
        self.running = self.state.day < self.days

    @np.errstate(**NUMERICS)
    def morning(self) -> Seen:
        """Return what can be observed on the morning of the next day, under the values that hold on it."""
        if self._stages and self._stages[0][0] <= self.state.day + 1:
            self._take_effect()
        return see(self.theatre, self.state, self.setting.scenario.waits(self.state.day))

    def _fight(self) -> None:
        """Let the runs fight in which Damascus attacks or receives ground, in pieces that fit the processor's cache."""
        state = self.state
        state.front_cells[:] = 0.0
        fights = np.flatnonzero(state.fighting.any(axis=0) | state.handing_over.any(axis=0))
        size = piece_size(self.theatre)
        for first in range(0, len(fights), size):
            runs = fights[first : first + size]
            if len(runs) == self.draws.runs:
                self._sub_moves(state, self.orders, self.setting, self.draws)
            else:
                part = state.part(runs)
                self._sub_moves(part, self.orders.part(runs), self.setting.part(runs), self.draws.part(runs))
                state.write_back(part)
        close_day(state)

    def _sub_moves(self, state: State, orders: Orders, setting: Settings, draws: Draws) -> None:
        for _ in range(SUB_MOVES):
            for mechanism in FIGHTING:
                self._move(mechanism, 1.0 / SUB_MOVES, state, orders, setting, draws)
        survey(self.theatre, state)

    def _move(self, mechanism: ModuleType, dt: float, state: State, orders: Orders, setting: Settings, draws: Draws) -> None:
        """Let a mechanism move the state of the block, or of some of its runs."""
        try:
            mechanism.advance(self.theatre, state, orders, setting[mechanism.NAME], draws, dt)
        except FloatingPointError as error:
            error.add_note(f"in the mechanism {mechanism.NAME}, on day {state.day}")
            raise
        if self.watcher is not None:
            self.watcher.advanced(mechanism.NAME)

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

    def _take_effect(self) -> None:
        """Let the values of the stage that is due hold from now on."""
        _, self.setting = self._stages.pop(0)
        for agent in self.agents:
            agent.adopt(self.setting[agent.name], self.setting.policies[agent.name], self.history.rule_names)


def piece_size(theatre: Theatre) -> int:
    """Return the number of runs whose cells stay in cache together."""
    return max(1, CELLS_TIMES_RUNS // max(theatre.size, 1))
