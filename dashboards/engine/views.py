"""The slower views of a session as plain values for the page: cards, reasons, places, events, provinces, the seat."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from dashboards.engine.address import Place, write
from dashboards.engine.ensemble import WHOLE
from dashboards.engine.seat_view import seat_view
from dashboards.engine.session import Session
from dashboards.engine.setup import command
from dashboards.engine.story import Evening, Story
from dashboards.engine.why import explain, words
from sim.agents import AGENTS
from sim.experiments.design.uncertain import sets_of
from sim.ground.grid import load_grid
from sim.ground.lattice import HOLDERS
from sim.ground.members import Members
from sim.scenario.scenario import Scenario
from sim.scenario.settings import policies_of
from sim.state.state import AIRFIELD, CAMPAIGNS, EQUIPMENT_CLASSES, CUSTODIES, PHASES, PLACES, TERMS

LATEST = 40
"""Events that are shown while days pass; all of them are when they stand still."""
TICKS = frozenset(
    [
        "campaign_changed",
        "partner_shifted",
        "truce_signed",
        "truce_extended",
        "truce_lapsed",
        "truce_broken",
        "deal_signed",
        "deal_ended",
        "summit_held",
        "withdrawal_requested",
        "withdrawal_started",
        "drawdown_ended",
        "last_russian_left",
        "transfer_started",
        "transfer_stopped",
        "us_strikes",
    ]
)
"""Kinds of event that are marked on the time line."""
PLACE_NAMES = {"outposts": "Outposts", "qamishli": "Qamishli airport", "hmeimim": "Hmeimim", "russia": "Flown on to Russia"}
ACTOR_NAMES = {"damascus": "Damascus", "moscow": "Moscow", "sdf": "SDF", "us": "United States"}
CAMPAIGN_SAID = {
    "none": "No offensive",
    "zone": "Closed zone declared, ultimatum runs",
    "pocket": "Attacks the Deir Hafer pocket",
    "general": "General offensive",
    "halted": "Offensive halted at the city lines",
}
PHASE_SAID = {
    "none": "Stays at Qamishli",
    "announced": "Prepares to leave Qamishli",
    "drawing_down": "Evacuates Qamishli",
    "residual": "A residual stays at Qamishli",
    "gone": "Has left Qamishli",
}


@dataclass(frozen=True)
class View:
    """What the slower parts of the page show. All fields but the first are plain values.

    place: the setup and run that it is of. why_day: the day of the reasons; they may lag behind the day that is shown.
    same_set: the run with the same drawn values as the watched one, None where there is none.
    """

    place: Place
    day: int
    date: str
    notice: str
    address: str
    command: str
    cards: list[dict[str, Any]]
    actor: str
    why: list[dict[str, Any]]
    why_day: int
    places: dict[str, Any]
    emptied: list[str]
    events: list[dict[str, Any]]
    ticks: list[dict[str, Any]]
    provinces: list[dict[str, Any]]
    seat: dict[str, Any] | None
    same_set: int | None


def look(session: Session) -> View:
    """Return the views of the session's day, of what is known of the watched run by now."""
    story, day = session.watched, session.day
    known, members = min(day, story.day), story.scenario.members
    return View(
        place=session.place,
        day=day,
        date=said_date(story.scenario.start_date, day),
        notice=session.notice,
        address=write(session.place_now),
        command=command(session.place.setup),
        cards=[card(story, agent.name, known) for agent in AGENTS],
        actor=session.actor,
        why=reasons(story, session.actor, known),
        why_day=known,
        places=places(members, story.evenings[0], story.evenings[known]),
        emptied=emptied(members, story.evenings[0], story.evenings[known]),
        events=events(story, LATEST if session.playing else None),
        ticks=[{"day": told.day, "text": told.text} for day in story.told for told in day if told.kind in TICKS],
        provinces=provinces(session),
        seat=None if session.seat is None else seat_view(session.seat, session.place.setup),
        same_set=same_set(session),
    )


def same_set(session: Session) -> int | None:
    """Return the first other run that plays the drawn values of the watched one, None where there is none."""
    if session.uncertain is None:
        return None
    sets, run = sets_of(np.arange(session.ensemble.runs)), session.place.run
    return next((other for other in np.flatnonzero(sets == sets[run]).tolist() if other != run), None)


def said_date(start: date, day: int) -> str:
    """Write a day's date as in Mon 12 January 2026."""
    when = start + timedelta(days=day)
    return f"{when:%a} {when.day} {when:%B %Y}"


def card(story: Story, actor: str, day: int) -> dict[str, Any]:
    """Return an actor's posture and its last action."""
    action = story.last_action(actor, day)
    return {
        "actor": actor,
        "name": ACTOR_NAMES.get(actor, words(actor)),
        "posture": POSTURES[actor](story.evenings[day]) if actor in POSTURES else "",
        "action": "" if action is None else action.order_text.rstrip("."),
        "since": "" if action is None else said_date(story.scenario.start_date, action.day),
    }


def _sectors(keys: tuple[str, ...]) -> str:
    named = {town.key: town.name for town in load_grid().towns}
    return ", ".join(named.get(key, words(key)) for key in keys)


def _damascus(now: Evening) -> str:
    if now.deal_terms:
        return f"Deal in force: {words(TERMS[now.deal_terms])}"
    where = f" in {_sectors(now.fighting)}" if now.fighting else ""
    return "Truce in force" if now.truce and not now.fighting else CAMPAIGN_SAID[CAMPAIGNS[now.campaign]] + where


def _moscow(now: Evening) -> str:
    return PHASE_SAID[PHASES[now.withdrawal]]


def _sdf(now: Evening) -> str:
    if now.pulled_back:
        return f"Has pulled back from {_sectors(now.pulled_back)}"
    return "Holds its ground"


def _us(now: Evening) -> str:
    partner = "Partner: Damascus" if now.partner_shifted else "Partner: the SDF"
    held = sum(n > 0 for n in now.us_persons)
    return f"{partner}; {sum(now.us_persons):,} troops at {held} base{'s' if held != 1 else ''}"


POSTURES = {"damascus": _damascus, "moscow": _moscow, "sdf": _sdf, "us": _us}


def reasons(story: Story, actor: str, day: int) -> list[dict[str, Any]]:
    """Return why an actor decided as it did on a day, each of its matters; of a person's orders, that they were given."""
    policy = policies_of(setting(story.scenario, day))[actor]
    found = []
    for path, choice in story.choices[day].items():
        owner, _, decision = path.partition(".")
        if owner != actor:
            continue
        names = {rule.name for rule in policy[decision]}
        if choice.rule in names:
            weighed = tuple(reading for reading in choice.readings if reading.rule in names)  # without a seat's own rules
            why = explain(replace(choice, readings=weighed), policy[decision], story.scenario, story.drawn(day))
            found.append(asdict(why) | {"title": words(decision)})
        else:
            found.append({"title": words(decision), "decision": path, "order_text": choice.order_text, "person": True})
    return found


def setting(scenario: Scenario, day: int) -> Scenario:
    """Return the stage of a scenario whose values hold on a day."""
    return [stage for first, stage in scenario.stages if first <= max(day, 0)][-1]


def places(members: Members, start: Evening, now: Evening) -> dict[str, Any]:
    """Return stocks of Russian equipment, custody sites, US bases and the truce clock."""
    most = np.maximum(start.stock.sum(axis=0), 1e-9)
    stocks = [
        {
            "name": PLACE_NAMES[place],
            "items": [
                {
                    "name": words(EQUIPMENT_CLASSES[i]),
                    "now": round(float(now.stock[row, i])),
                    "start": round(float(start.stock[row, i])),
                    "share": min(1.0, float(now.stock[row, i] / most[i])),
                    "before": min(1.0, float(start.stock[row, i] / most[i])),
                }
                for i in range(len(EQUIPMENT_CLASSES))
                if start.stock[:, i].sum() > 0
            ],
        }
        for row, place in enumerate(PLACES)
    ]
    custody = [
        {
            "name": site.name,
            "inmates": now.inmates[i],
            "start": start.inmates[i],
            "guards": now.guards[i],
            "escaped": now.escaped[i],
            "custody": "Damascus" if CUSTODIES[now.custody[i]] == "damascus" else CUSTODIES[now.custody[i]],
        }
        for i, site in enumerate(members["custody_sites"])
    ]
    bases = [
        {"name": site.name, "now": now.us_persons[i], "start": start.us_persons[i]}
        for i, site in enumerate(members["us_bases"])
    ]
    truce = {
        "on": now.truce, "left": now.truce_left, "term": now.truce_term, "signed": now.truces, "extended": now.extensions,
        "deal": words(TERMS[now.deal_terms]) if now.deal_terms else "",
    }  # fmt: skip
    moved = {"transferred": now.transferred, "running": now.transfer_running, "road": round(now.on_the_road)}
    return {"stocks": stocks, "custody": custody, "bases": bases, "truce": truce, "moved": moved}


def emptied(members: Members, start: Evening, now: Evening) -> list[str]:
    """Return the keys of the bases and prisons of the start at which nobody is left."""
    left = [("qamishli_airport", start.stock[AIRFIELD].sum(), now.stock[AIRFIELD].sum())]
    left += zip(members.axes["us_bases"], start.us_persons, now.us_persons, strict=True)
    left += zip(members.axes["custody_sites"], start.inmates, now.inmates, strict=True)
    return [key for key, before, after in left if before > 0 and after <= 0]


def events(story: Story, latest: int | None) -> list[dict[str, Any]]:
    """Return the events of the watched run that are known; with `latest`, so many of the main ones, the last."""
    start = story.scenario.start_date
    told = [told for day in story.told for told in day if told.main or latest is None]
    return [
        {"day": item.day, "date": f"{(start + timedelta(days=item.day)):%d %b}", "text": item.text, "main": item.main,
         "actors": item.actors}
        for item in told[-(latest or 0):]
    ]  # fmt: skip


def provinces(session: Session) -> list[dict[str, Any]]:
    """Return who holds each province's theatre cells: in the watched run, and the mean over the runs."""
    theatre, held = session.ensemble.theatre, session.held()
    mean = session.ensemble.probability(session.day) / WHOLE
    rows = []
    for index, province in enumerate(theatre.grid.provinces):
        here = theatre.province == index
        if not here.any():
            continue
        counts = np.bincount(held[here], minlength=len(HOLDERS))
        rows.append(
            {
                "name": province.name,
                "cells": int(here.sum()),
                "damascus": int(counts[0]),
                "sdf": int(counts[1]),
                "contested": int(counts[2]),
                "mean": [round(float(mean[side][here].mean()), 3) for side in range(3)],
            }
        )
    return rows
