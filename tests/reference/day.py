"""The reference itself: one run of a scenario, a day at a time."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from sim.ground.theatre import Theatre
from sim.scenario.scenario import Scenario
from tests.reference import damascus, moscow, sdf, united_states
from tests.reference.chance import RunDraws
from tests.reference.diplomacy import drift, keep_truce, meet, move_guarantor, talk
from tests.reference.evening import (
    displace,
    follow_prospects,
    guard,
    lose,
    note_assets,
    prospects_of,
    remember_attacks,
    strike_back,
    write_indices,
)
from tests.reference.fighting import begin_advance, initialise_defection, defect, march, set_campaign
from tests.reference.logistics import serve_abroad, supply, transfer, withdraw
from tests.reference.sight import err, look
from tests.reference.state import Orders, Run
from tests.reference.world import World, close_evening, survey

SUB_MOVES = 6
ACTORS = {"damascus": damascus, "moscow": moscow, "sdf": sdf, "us": united_states}


class Reference:
    """One run. `run` is its state, `fired` the rule of each "actor.decision" that fired today."""

    def __init__(self, scenario: Scenario, number: int, theatre: Theatre) -> None:
        self.stages = list(scenario.stages)
        self.setting = self.stages[0][1]
        self.world = World(theatre)
        self.draws = RunDraws(scenario.seed, number, (scenario.start_date - scenario.epoch).days)
        self.run = Run(theatre, self.setting["start"])
        self.fired: dict[str, str] = {}
        self._first_evening()

    def _first_evening(self) -> None:
        world, run = self.world, self.run
        survey(world, run)
        initialise_defection(world, run, self.setting["defection"], self.draws)
        begin_advance(world, run, self.setting["advance"])
        run.transfer_plan = min(int(self.setting["transfer"].planned_persons), int(sum(run.inmates[:6])))
        remember_attacks(run, self.setting["insurgency"])
        note_assets(world, run, self.setting["assets"])
        run.prospects = prospects_of(world, run)
        write_indices(world, run, self.setting["indices"])

    @property
    def date(self) -> date:
        return self.setting.start_date + timedelta(days=self.run.day)

    def step(self) -> None:
        """Live through one day."""
        self.setting = [stage for first, stage in self.stages if first <= self.run.day + 1][-1]
        sight = look(self.world, self.run, self.setting.timeline, self.setting.start_date)
        self.run.day += 1
        orders = Orders()
        for actor in ACTORS:
            self._decide(actor, sight, orders)
        self._diplomacy_and_logistics(orders)
        if self.run.fighting.any() or self.run.handing_over.any():
            for _ in range(SUB_MOVES):
                defect(self.world, self.run, self.setting["defection"], 1.0 / SUB_MOVES)
                march(self.world, self.run, self.setting["advance"], 1.0 / SUB_MOVES)
        survey(self.world, self.run)
        close_evening(self.run)
        self._evening(orders)

    def _decide(self, actor: str, sight: SimpleNamespace, orders: Orders) -> None:
        values, module = self.setting[actor], ACTORS[actor]
        seen = err(sight, actor, values.observation_error, self.draws)
        for decision, any_order in module.ANY_ORDER.items():
            seen.chance = self.draws.today(f"{actor}.{decision}", self.run.day)
            rule, order = self._rule(actor, decision, any_order, seen, values)
            module.give(order, orders, seen, values)
            self.fired[f"{actor}.{decision}"] = rule

    def _rule(
        self, actor: str, decision: str, any_order: tuple[str, ...], seen: SimpleNamespace, values: Any
    ) -> tuple[str, str]:
        for order in self.setting.orders:
            if (order.actor, order.decision) == (actor, decision) and order.first <= self.date <= order.last:
                return order.rule, order.order
        if values.policy == "idle":
            return "otherwise", "stay"
        if values.policy == "random":
            drawn = next(o for k, o in enumerate(any_order, 1) if seen.chance <= k / len(any_order))
            return f"drew_{drawn}", drawn
        return ACTORS[actor].decide(decision, seen, values)

    def _diplomacy_and_logistics(self, orders: Orders) -> None:
        run, draws, rates = self.run, self.draws, self.setting
        run.summit_today = any(item.event == "summit" and item.date == self.date for item in rates.timeline)
        move_guarantor(run, orders, rates["guarantee"])
        talk(run, orders, rates["talks"], draws)
        keep_truce(run, orders, rates["truce"], draws)
        if run.summit_today:
            meet(run, rates["summit"], draws)
        drift(run, orders, rates["relations"])
        withdraw(run, orders, rates["withdrawal"], draws)
        supply(run, orders, rates["supply"])
        transfer(run, orders, rates["transfer"], draws)
        serve_abroad(run, orders, rates["us_presence"], draws)
        set_campaign(self.world, run, orders)

    def _evening(self, orders: Orders) -> None:
        world, run, draws, rates = self.world, self.run, self.draws, self.setting
        lose(world, run, rates["attrition"], draws)
        guard(world, run, orders, rates["custody"], draws)
        strike_back(world, run, rates["insurgency"], draws)
        displace(world, run, rates["displacement"])
        note_assets(world, run, rates["assets"])
        follow_prospects(world, run, rates["prospects"])
        write_indices(world, run, rates["indices"])
