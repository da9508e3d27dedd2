"""The model a user would otherwise write: one Mesa agent per cell and four actors, one run at a time.

The cells follow the rules of the core, in sub-moves; the actors follow its rules of the campaign, the pull-back, the truce,
the request and the partnership, in scalar form. It has no other system of the core and keeps only the SDF's share, so it is,
if anything, quicker than a like-for-like model would be. As Mesa models do, it steps every agent on every day; with
`skip_quiet` it has the core's own trick and leaves the cells alone on days without fighting.
"""

from __future__ import annotations

from functools import cache
from math import exp
from random import Random

import mesa
import numpy as np

from benchmarks.peer_cells import Cell, Ground
from sim.draws import Draws
from sim.ground.theatre import OTHER, Theatre
from sim.mechanisms.defection import draw_thresholds
from sim.model import SUB_MOVES
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from sim.scenario.settings import Settings
from sim.scenario.theatre import theatre_of
from sim.state.state import GENERAL, HALTED, IN_POCKET, NONE, ZONE
from tests.shipped import POCKET


@cache
def baseline() -> Scenario:
    """Read the scenario once for all replicates."""
    return load_scenario("baseline")


@cache
def baseline_theatre() -> Theatre:
    """Cut the theatre once for all replicates."""
    return theatre_of(baseline())


class Damascus(mesa.Agent):
    """Zone, pocket, general offensive, halt, truce, request."""

    def step(self) -> None:
        """Decide the day's posture."""
        model, values, chance = self.model, self.model.scenario["damascus"], self.model.random.random
        days = model.day - model.campaign_since
        if model.press_on:
            model.enter(GENERAL)
        elif model.truce:
            model.enter(NONE)
        elif model.campaign == GENERAL:
            gainless = model.day - model.last_gain_on >= values.gainless_days
            if model.arab_share() <= values.halt_at_arab_share or gainless:
                model.enter(HALTED)
        elif model.campaign == IN_POCKET:
            resolve = values.escalation_slope * (model.guarantor_absence - values.escalation_midpoint)
            if model.pulled_back[POCKET] and chance() < 1.0 / (1.0 + exp(-resolve)):
                model.enter(GENERAL)
            elif days >= values.pocket_days:
                model.enter(NONE)
        elif model.campaign == ZONE and days >= values.ultimatum_days:
            model.enter(IN_POCKET)
        elif model.campaign == NONE and model.truces == 0 and chance() < values.opening_chance_per_day:
            model.enter(ZONE)
        model.offered = model.campaign == HALTED or (
            model.campaign == GENERAL and model.arab_share() <= values.truce_at_arab_share
        )
        if not model.requested and model.arab_share() < 0.5:
            model.requested = chance() < values.request_chance_per_day


class Sdf(mesa.Agent):
    """Pulls back from the pocket, takes a truce when the core is threatened."""

    def step(self) -> None:
        """Decide ground and truce."""
        model, values = self.model, self.model.scenario["sdf"]
        if model.press_on:
            return
        pressed = model.campaign in (ZONE, IN_POCKET) and model.day - model.campaign_since >= values.yields_after_zone_days
        if pressed and model.halt_urged and model.random.random() < values.pull_back_chance_per_day:
            model.pulled_back[POCKET] = True
        if model.offered and model.share() < 0.5 * model.first_share:
            model.truce, model.truces = True, model.truces + 1


class UnitedStates(mesa.Agent):
    """Urges a halt, and shifts its partnership when the SDF has lost its land."""

    def step(self) -> None:
        """Decide mediation and partner."""
        model = self.model
        if model.press_on:
            return
        model.halt_urged = model.campaign in (ZONE, IN_POCKET, GENERAL)
        if model.share() <= model.scenario["us"].shift_at_share * model.first_share:
            model.guarantor_absence = max(model.guarantor_absence, model.scenario["guarantee"].absence_after_shift)


class Moscow(mesa.Agent):
    """Leaves when asked, as fast as its aircraft fly."""

    def step(self) -> None:
        """Fly out what a day's sorties take."""
        model = self.model
        if model.requested and model.tonnes > 0:
            rates = model.scenario["withdrawal"]
            model.tonnes = max(model.tonnes - rates.airlift_sorties_per_day * rates.tonnes_per_sortie, 0.0)


class PeerModel(mesa.Model):
    """One run. press_on: Damascus attacks everywhere from the first day, and nobody else does anything."""

    def __init__(
        self, run: int = 0, days: int = 180, press_on: bool = False, skip_quiet: bool = False, rng: int | None = None
    ) -> None:
        super().__init__(rng=rng)
        self.scenario, self.days = baseline(), days
        self.press_on, self.skip_quiet = press_on, skip_quiet
        self.random = Random(run)
        self.theatre = baseline_theatre()
        self.defection, self.advance = self.scenario["defection"], self.scenario["advance"]
        draws = Draws(self.scenario.seed, [run])
        self.thresholds = draw_thresholds(self.theatre, Settings(self.scenario)["defection"], draws)[:, 0]
        self.contested = (
            self.advance.contested_other_km_per_day,
            self.advance.contested_mixed_km_per_day,
            self.advance.contested_kurdish_majority_km_per_day,
        )
        self._make_cells()
        self._make_course()
        self.actors = [kind(self) for kind in (Damascus, Sdf, UnitedStates, Moscow)]
        self.datacollector = mesa.DataCollector(model_reporters={"sdf_share": PeerModel.share})

    def _make_cells(self) -> None:
        theatre = self.theatre
        cells = [Cell(self, row) for row in range(theatre.size)]
        everybody = [*cells, Ground(self, 0.0), Ground(self, 1.0)]
        for cell in cells:
            cell.settle(everybody)
        self.cells = mesa.agent.AgentSet(cells, random=self.random)
        for _ in range(12):
            self.cells.do("hear")
            self.cells.do("note")
        communities = [cell for cell in cells if cell.community]
        groups = (len(theatre.grid.provinces), 3)
        self.near, self.far = np.zeros(groups), np.zeros(3)
        for cell in communities:
            self.near[cell.province, cell.klass] += 1
            self.far[cell.klass] += 1
        self.over_near, self.over_far = np.zeros(groups), np.zeros(3)
        for cell in communities:
            if cell.over:
                self.count_over(cell)
        self.held = sum(cell.area for cell in cells if cell.army == 0)
        self.arab_all = sum(cell.klass == OTHER for cell in communities)
        self.arab = sum(cell.klass == OTHER and cell.army == 0 for cell in communities)

    def _make_course(self) -> None:
        self.day, self.campaign, self.campaign_since, self.last_gain_on = 0, NONE, -100, -100
        self.truce, self.truces, self.offered, self.halt_urged, self.requested = False, 0, False, False, False
        self.guarantor_absence = self.scenario["start"].ties.guarantor_absence
        self.first_share = self.share()
        self.pulled_back = [False] * 6
        self.fighting, self.assault_core = [False] * 6, self.press_on
        self.tonnes = 300.0

    def step(self) -> None:
        """One day: actors, then cells in sub-moves where anybody fights."""
        self.day += 1
        for actor in self.actors:
            actor.step()
        general, pocket = self.campaign == GENERAL, self.campaign == IN_POCKET
        self.fighting = [(general or (pocket and sector == POCKET)) and not self.truce for sector in range(6)]
        if any(self.fighting) or not self.skip_quiet:
            for _ in range(SUB_MOVES):
                self._sub_move()
        self.datacollector.collect(self)
        self.running = self.day < self.days

    def _sub_move(self) -> None:
        self.share_near = self.over_near / np.maximum(self.near, 1)
        self.share_far = self.over_far / np.maximum(self.far, 1)
        for deed in ("weigh", "go_over", "march", "take", "hear", "note"):
            self.cells.do(deed)

    def enter(self, campaign: int) -> None:
        """Take a posture."""
        if campaign != self.campaign:
            self.campaign, self.campaign_since, self.last_gain_on = campaign, self.day, self.day

    def count_over(self, cell: Cell) -> None:
        """Count a community that went over."""
        self.over_near[cell.province, cell.klass] += 1
        self.over_far[cell.klass] += 1

    def lose(self, cell: Cell) -> None:
        """Count a cell that fell."""
        self.held -= cell.area
        self.arab -= cell.community and cell.klass == OTHER
        self.last_gain_on = self.day

    def share(self) -> float:
        """Return the SDF's share of the country."""
        return self.held / self.theatre.country_area

    def arab_share(self) -> float:
        """Return the share of Arab-majority communities not taken."""
        return self.arab / max(self.arab_all, 1)
