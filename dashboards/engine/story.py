"""The watched run: played again beside the ensemble by itself, with its ledger and what stood on each evening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboards.engine.setup import columns_of
from sim.experiments.design.uncertain import Uncertain
from sim.experiments.play.replay import open_ledger
from sim.ground.theatre import Theatre
from sim.model import TheatreModel
from sim.record.ledger import Choice, Event
from sim.scenario.scenario import Scenario
from sim.state.state import State
from sim.state.values import Columns


@dataclass(frozen=True)
class Evening:
    """What a page shows of one run on an evening. Codes are indices into the lists of sim.state.state.

    stock: (places, classes) of Russian equipment. inmates, guards, custody, escaped: by custody site. us_persons: by base.
    truce_left: days to the expiry of the truce in force, truce_term: its whole term; None for one without an end.
    """

    campaign: int
    fighting: tuple[str, ...]
    truce: bool
    truce_left: int | None
    truce_term: int | None
    truces: int
    extensions: int
    deal_terms: int
    withdrawal: int
    stock: np.ndarray
    on_the_road: float
    inmates: tuple[int, ...]
    guards: tuple[int, ...]
    custody: tuple[int, ...]
    escaped: tuple[int, ...]
    transferred: int
    pulled_back: tuple[str, ...]
    us_persons: tuple[int, ...]
    partner_shifted: bool
    transfer_running: bool


def evening(theatre: Theatre, state: State) -> Evening:
    """Read an evening off the state of a model of one run."""
    return Evening(
        campaign=int(state.campaign[0]),
        fighting=_sectors(theatre, state.fighting),
        truce=bool(state.truce[0]),
        truce_left=_days(state.truce_ends[0] - state.day),
        truce_term=_days(state.truce_term[0]),
        truces=int(state.truces[0]),
        extensions=int(state.extensions[0]),
        deal_terms=int(state.deal_terms[0]) if state.deal[0] else 0,
        withdrawal=int(state.withdrawal[0]),
        stock=state.stock[:, :, 0].copy(),
        on_the_road=float(state.on_the_road[:, :, 0].sum()),
        inmates=_whole(state.inmates),
        guards=_whole(state.guards),
        custody=_whole(state.custody),
        escaped=_whole(state.escaped - state.recaptured),
        transferred=round(float(state.transferred[0])),
        pulled_back=_sectors(theatre, state.pulled_back),
        us_persons=_whole(state.us_persons),
        partner_shifted=bool(state.partner_shifted[0]),
        transfer_running=bool(state.transfer_running[0]),
    )


def _days(number: float) -> int | None:
    return int(number) if np.isfinite(number) else None


def _whole(rows: np.ndarray) -> tuple[int, ...]:
    return tuple(np.rint(rows[:, 0]).astype(int).tolist())


def _sectors(theatre: Theatre, flags: np.ndarray) -> tuple[str, ...]:
    return tuple(name for name, flag in zip(theatre.members.axes["sectors"], flags[:, 0].tolist(), strict=True) if flag)


class Story:
    """One run of a scenario, with the values that are drawn for it, a day at a time; what came before is kept."""

    def __init__(self, scenario: Scenario, run: int, uncertain: Uncertain | None = None) -> None:
        self.scenario, self.run = scenario, run
        self.columns = columns_of(uncertain, scenario, [run])
        self.model = self.again()
        self.ledger = open_ledger(self.model, scenario)
        self.evenings = [evening(self.model.theatre, self.model.state)]
        self.choices: list[dict[str, Choice]] = [{}]
        self.events: list[tuple[Event, ...]] = [()]
        self.told: list[tuple[Told, ...]] = [()]

    @property
    def day(self) -> int:
        """The last evening that is known."""
        return self.model.day

    def again(self) -> TheatreModel:
        """Return the run on its first evening, in a model of its own."""
        return TheatreModel(self.scenario, numbers=[self.run], columns=self.columns)

    def drawn(self, day: int) -> Columns:
        """Return the run's own values on a day, by path."""
        stages = [own for (first, _), own in zip(self.scenario.stages, self.columns, strict=False) if first <= max(day, 0)]
        return stages[-1] if stages else {}

    def step(self) -> None:
        """Play one more day, unless the horizon is reached."""
        if not self.model.running:
            return
        decided, happened = len(self.ledger.choices), len(self.ledger.events)
        self.model.step()
        self.evenings.append(evening(self.model.theatre, self.model.state))
        self.choices.append({choice.decision: choice for choice in self.ledger.choices[decided:]})
        self.events.append(tuple(self.ledger.events[happened:]))
        self.told.append(tell(self.day, self.events[-1]))

    def last_action(self, actor: str, day: int) -> Choice | None:
        """Return an actor's latest decision up to a day to order something else than it had before in the matter."""
        for on in range(min(day, self.day), 0, -1):
            before = self.choices[on - 1]
            for decision, choice in self.choices[on].items():
                changed = decision not in before or before[decision].order != choice.order
                if decision.startswith(f"{actor}.") and changed and not choice.idle:
                    return choice
        return None


@dataclass(frozen=True)
class Told:
    """An event in words; those of cells are counted by kind and province."""

    day: int
    kind: str
    text: str
    main: bool
    actors: tuple[str, ...]


def tell(day: int, events: tuple[Event, ...]) -> tuple[Told, ...]:
    """Say the events of a day, each kind and place once."""
    grouped: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        grouped.setdefault((event.kind.name, event.place), []).append(event)
    return tuple(_told(day, same) for same in grouped.values())


def _told(day: int, same: list[Event]) -> Told:
    first = same[0]
    kind = first.kind
    text = first.text
    if first.cell is not None:
        text = kind.text.format(place=first.place_name, n=f"{len(same):,}", now="")
    elif len(same) > 1 and not kind.now:
        text = kind.text.format(place=first.place_name, n=f"{sum(event.size for event in same):,.0f}", now=first.now)
    actors = tuple(dict.fromkeys(decision.partition(".")[0] for decision in kind.ordered))
    return Told(day, kind.name, text, not kind.minor, actors)
