"""The reference itself: one run of a scenario, a day at a time."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from sim.ground.theatre import Theatre
from sim.scenario.scenario import Scenario
from tests.reference import damascus, moscow, sdf, united_states
from tests.reference.chance import Luck
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
from tests.reference.fighting import begin_advance, begin_defection, defect, march, set_campaign
from tests.reference.logistics import serve_abroad, supply, transfer, withdraw
from tests.reference.sight import err, look
from tests.reference.state import Orders, Run
from tests.reference.world import World, close_evening, survey

SUB_MOVES = 6
ACTORS = {"damascus": damascus, "moscow": moscow, "sdf": sdf, "us": united_states}


class Reference:
    """One run. `run` is its state, `fired` the rule of each "actor.matter" that fired today."""

    def __init__(self, scenario: Scenario, number: int, theatre: Theatre) -> None:
        self.stages = list(scenario.stages)
        self.setting = self.stages[0][1]
        self.world = World(theatre)
        self.luck = Luck(scenario.seed, number, (scenario.start_date - scenario.epoch).days)
        self.run = Run(theatre, self.setting["start"])
        self.fired: dict[str, str] = {}
        self._first_evening()

    def _first_evening(self) -> None:
        world, run = self.world, self.run
        survey(world, run)
        begin_defection(world, run, self.setting["defection"], self.luck)
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
        seen = err(sight, actor, values.observation_error, self.luck)
        for matter, any_order in module.ANY_ORDER.items():
            seen.chance = self.luck.today(f"{actor}.{matter}", self.run.day)
            rule, order = self._rule(actor, matter, any_order, seen, values)
            module.give(order, orders, seen, values)
            self.fired[f"{actor}.{matter}"] = rule

    def _rule(
        self, actor: str, matter: str, any_order: tuple[str, ...], seen: SimpleNamespace, values: Any
    ) -> tuple[str, str]:
        for order in self.setting.orders:
            if (order.actor, order.matter) == (actor, matter) and order.first <= self.date <= order.last:
                return order.rule, order.order
        if values.policy == "idle":
            return "otherwise", "stay"
        if values.policy == "random":
            drawn = next(o for k, o in enumerate(any_order, 1) if seen.chance <= k / len(any_order))
            return f"drew_{drawn}", drawn
        return ACTORS[actor].decide(matter, seen, values)

    def _diplomacy_and_logistics(self, orders: Orders) -> None:
        run, luck, rates = self.run, self.luck, self.setting
        run.summit_today = any(item.event == "summit" and item.date == self.date for item in rates.timeline)
        move_guarantor(run, orders, rates["guarantee"])
        talk(run, orders, rates["talks"], luck)
        keep_truce(run, orders, rates["truce"], luck)
        if run.summit_today:
            meet(run, rates["summit"], luck)
        drift(run, orders, rates["relations"])
        withdraw(run, orders, rates["withdrawal"], luck)
        supply(run, orders, rates["supply"])
        transfer(run, orders, rates["transfer"], luck)
        serve_abroad(run, orders, rates["us_presence"], luck)
        set_campaign(self.world, run, orders)

    def _evening(self, orders: Orders) -> None:
        world, run, luck, rates = self.world, self.run, self.luck, self.setting
        lose(world, run, rates["attrition"], luck)
        guard(world, run, orders, rates["custody"], luck)
        strike_back(world, run, rates["insurgency"], luck)
        displace(world, run, rates["displacement"])
        note_assets(world, run, rates["assets"])
        follow_prospects(world, run, rates["prospects"])
        write_indices(world, run, rates["indices"])
