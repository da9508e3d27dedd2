"""The cells of the peer model (peer.py): one Mesa agent each, with defection, advance and nearness of the army."""

from __future__ import annotations

import mesa

from sim.ground.theatre import DAMASCUS, KURDISH, SDF
from sim.model import SUB_MOVES


class Ground(mesa.Agent):
    """Ground outside the theatre: held by Damascus, or ground from which no army comes."""

    def __init__(self, model: mesa.Model, army: float) -> None:
        super().__init__(model)
        self.army, self.nearness, self.over = army, army, 0.0


class Cell(Ground):
    """One cell: its community, the army in it, and its neighbours."""

    def __init__(self, model: mesa.Model, row: int) -> None:
        theatre = model.theatre
        super().__init__(model, float(theatre.start_holder[theatre.cells[row]] == DAMASCUS))
        self.row, self.sector = row, int(theatre.sector[row])
        self.klass, self.province = int(theatre.allegiance_class[row]), int(theatre.province[row])
        self.area = float(theatre.area_km2[row])
        self.community = bool(theatre.community[row])
        self.over = float(theatre.start_holder[theatre.cells[row]] != SDF)
        self.threshold, self.patience = float(model.thresholds[row]), model.random.expovariate(1.0)
        self.progress, self.goes, self.step_now, self.news = 0.0, False, 0.0, 0.0

    def settle(self, everybody: list[Ground]) -> None:
        """Cache the neighbours, the communities among them and the ease of crossing each edge."""
        theatre, advance = self.model.theatre, self.model.scenario["advance"]
        self.around = [everybody[row] for row in theatre.neighbours[:, self.row]]
        self.kin = [everybody[row] for row in theatre.kin[:, self.row] if row < theatre.size]
        self.ease = [
            (advance.road_factor if theatre.road_edge[side, self.row] else 1.0)
            * (advance.river_factor if theatre.river_edge[side, self.row] else 1.0)
            / float(theatre.edge_km[side, self.row])
            for side in range(4)
        ]

    def weigh(self) -> None:
        """Decide whether the community goes over."""
        model, rates = self.model, self.model.defection
        self.goes = False
        if self.over or not self.community or not model.fighting[self.sector]:
            return
        gone = sum(kin.over for kin in self.kin) / max(len(self.kin), 1)
        alike = rates.own_province_share * model.share_near[self.province, self.klass]
        alike += (1.0 - rates.own_province_share) * model.share_far[self.klass]
        pressure = rates.weight_neighbours * gone + rates.weight_like_class * alike
        pressure += rates.weight_army * self.nearness + rates.weight_guarantor * model.guarantor_absence
        if pressure > self.threshold:
            self.patience -= rates.going_over_per_day / SUB_MOVES
            self.goes = self.patience <= 0

    def go_over(self) -> None:
        """Go over."""
        if self.goes:
            self.over = 1.0
            self.model.count_over(self)

    def march(self) -> None:
        """Compute the progress of the army in the cell in this sub-move."""
        model, rates = self.model, self.model.advance
        self.step_now = 0.0
        if self.army > 0:
            return
        ordered = model.pulled_back[self.sector] and self.klass != KURDISH
        attacked = model.fighting[self.sector]
        speed = 0.0
        if attacked and (self.klass != KURDISH or model.assault_core):
            speed = rates.gone_over_km_per_day if self.over else model.contested[self.klass]
        if ordered:
            speed = max(speed, rates.ordered_out_km_per_day)
        reach = max(neighbour.army * ease for neighbour, ease in zip(self.around, self.ease, strict=True))
        self.step_now = speed * reach + (rates.tribes_take_hold_per_day * self.over if attacked else 0.0)
        self.step_now /= SUB_MOVES

    def take(self) -> None:
        """Pass to the army when it has crossed the cell."""
        if self.army > 0:
            self.army = 1.0
            return
        self.progress += self.step_now
        if self.progress >= 1.0:
            self.army = 1.0 + min((self.progress - 1.0) / max(self.step_now, 1e-9), 1.0)
            self.model.lose(self)

    def hear(self) -> None:
        """Compute the nearness of the army."""
        factor = self.model.advance.nearness_per_cell
        self.news = max(
            self.nearness, *(max(factor * neighbour.nearness, min(neighbour.army, 1.0)) for neighbour in self.around)
        )

    def note(self) -> None:
        """Store the computed nearness."""
        self.nearness = self.news
