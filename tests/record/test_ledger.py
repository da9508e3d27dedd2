"""The ledger of a run: decisions that follow from what was noted, events with a cause, stories told from them."""

from __future__ import annotations

from collections import Counter
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.analysis.explain import find_event, partings, story, to_json, why
from sim.analysis.explain import read_values as told_values
from sim.experiments.design.uncertain import uncertain_of
from sim.experiments.play.replay import keep_ledger
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record.events import BY_NAME, KINDS
from sim.record.ledger import Choice, Ledger
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from sim.scenario.settings import policies_of
from sim.state.state import BASE_STATUSES, NEVER

DAYS = 60
RUNS = (0, 3)
SCENARIOS = ("baseline", "damascus-presses-on", "early-integration", "us-leaves-first", "from-ceasefire")


@cache
def ledger_of(name: str, run: int = 3) -> Ledger:
    return keep_ledger(load_scenario(name), run, DAYS)


@cache
def block_of(name: str) -> TheatreModel:
    model = TheatreModel(load_scenario(name), runs=4)
    model.run_to(DAYS)
    return model


def rules_of(scenario: Scenario) -> dict[tuple[str, str], Any]:
    return {
        (f"{actor}.{decision}", rule.name): rule
        for actor, policy in policies_of(scenario).items()
        for decision, rules in policy.items()
        for rule in rules
    }


def as_object(values: dict[str, Any]) -> SimpleNamespace:
    """Return what an actor saw, as it is."""
    return SimpleNamespace(**values)


def as_values(own: dict[str, Any]) -> SimpleNamespace:
    """Return an actor's own values as a block of one run reads them."""
    return SimpleNamespace(
        **{key: as_values(v) if isinstance(v, dict) else np.array([v], np.float32) for key, v in own.items()}
    )


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("run", RUNS)
def test_every_rule_weighed_gives_the_same_from_the_noted_values_alone(name: str, run: int) -> None:
    ledger, rules = ledger_of(name, run), rules_of(load_scenario(name))
    for choice in ledger.choices:
        for reading in choice.readings:
            when = rules[choice.decision, reading.rule].when
            again = bool(np.asarray(when(as_object(reading.saw), as_values(reading.own))).reshape(-1)[0])
            assert again == reading.holds, (choice.day, choice.decision, reading)
        assert [reading.holds for reading in choice.readings] == [False] * (len(choice.readings) - 1) + [True]


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("run", RUNS)
def test_the_ledger_of_a_run_is_that_of_the_same_run_in_a_block(name: str, run: int) -> None:
    history = block_of(name).history
    for choice in ledger_of(name, run).choices:
        index = history.fired[choice.decision][choice.day, run]
        assert history.rule_names[choice.decision][index] == choice.rule


def test_the_next_in_line_is_less_urgent_than_the_rule_that_fired() -> None:
    policies = policies_of(load_scenario("baseline"))
    found = 0
    for choice in ledger_of("baseline").choices:
        actor, _, decision = choice.decision.partition(".")
        names = [rule.name for rule in policies[actor][decision]]
        if choice.next_in_line is not None:
            found += 1
            assert names.index(choice.next_in_line) > names.index(choice.rule)
        else:
            assert choice.rule == names[-1]
    assert found > 0


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_change_of_holder_is_one_event_with_its_cause(name: str) -> None:
    model, run = block_of(name), 3
    taken = {
        (int(cell), int(day))
        for cell, day in zip(model.theatre.cells, model.state.taken_on[:, run], strict=True)
        if day != NEVER
    }
    over = {
        (int(cell), int(day))
        for cell, day in zip(model.theatre.cells, model.state.gone_over_on[:, run], strict=True)
        if day != NEVER
    }
    events = ledger_of(name, run).events
    assert Counter((e.cell, e.day) for e in events if e.kind.name.startswith("taken_by_")) == Counter(taken)
    assert Counter((e.cell, e.day) for e in events if e.kind.name == "community_gone_over") == Counter(over)
    for event in events:
        if event.cell is not None:
            assert why(ledger_of(name, run), event).because


@pytest.mark.parametrize("name", SCENARIOS)
def test_events_add_up_to_the_series(name: str) -> None:
    series, events = block_of(name).history.series, ledger_of(name).events

    def total(kind: str) -> float:
        return sum(event.size for event in events if event.kind.name == kind)

    def gain(key: str) -> float:
        return float(series[key][DAYS, 3] - series[key][0, 3])

    assert total("truce_signed") == gain("truces")
    assert total("truce_extended") == gain("truce_extensions")
    assert total("truce_broken") == gain("truces_broken")
    assert total("detainees_moved") == gain("detainees_transferred")
    assert total("us_base_left") == -gain("us_bases")
    assert total("cargo_flights") == gain("sorties")


def test_the_kinds_of_event_fit_together() -> None:
    names = {kind.name for kind in KINDS}
    assert len(names) == len(KINDS)
    assert {earlier for kind in KINDS for earlier in kind.after} <= names
    decisions = set(TheatreModel(load_scenario("baseline"), runs=1).history.fired)
    assert {decision for kind in KINDS for decision in kind.ordered} <= decisions


def test_most_kinds_of_event_come_up_in_the_shipped_scenarios() -> None:
    seen = {event.kind.name for name in SCENARIOS for event in ledger_of(name).events}
    seen |= {event.kind.name for run in (3, 4) for event in keep_ledger(load_scenario("baseline"), run).events}
    assert set(BY_NAME) - seen <= {
        "road_closed",
        "supply_stopped",
        "base_status_changed",
        "asset_with_sdf",
        "taken_by_assault",
    }  # rare


def test_the_story_tells_every_main_event_and_every_order_behind_it() -> None:
    ledger = ledger_of("baseline")
    days = {day.day: day for day in story(ledger)}
    for event in ledger.events:
        if not event.kind.minor:
            assert event.day in days
    told = {(d.decision, d.rule) for day in days.values() for d in day.choices}
    assert told == {(d.decision, d.rule) for d in ledger.choices if not d.idle}


def test_an_extension_goes_back_to_the_transfer_and_to_the_first_truce() -> None:
    ledger = ledger_of("baseline")
    cause = why(ledger, find_event(ledger, "truce_extended"))

    def texts(node: Any) -> list[str]:
        return [node.text] + [text for child in node.because for text in texts(child)]

    told = " ".join(texts(cause))
    for needed in (
        "the_truce_expires_while_the_transfer_runs",
        "transfer_started",
        "truce_signed",
        "the timeline: deadline",
    ):
        assert needed in told
    assert all(child.day <= cause.day for child in cause.because)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("truce_extnded", "is not a kind of event; did you mean truce_extended?"),
        ("truce_extended@2026-01-01", "in run 3 it happened on 2026-01-24"),
        ("site_cut_off:nowhere", "site_cut_off happened only at al_aqtan"),
        ("asset_with_sdf", "asset_with_sdf did not happen in run 3"),
        ("", "nothing is not a kind of event; kinds are campaign_changed"),
    ],
)
def test_an_event_that_is_not_there_is_said_in_one_line(wanted: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        find_event(ledger_of("baseline"), wanted)
    assert said in str(caught.value)


def test_two_paired_runs_part_where_the_policy_first_makes_a_difference() -> None:
    choices, events = partings(ledger_of("baseline"), ledger_of("early-integration"))
    assert choices is not None
    assert {one.decision for one, _ in choices.choices} == {"sdf.talks"}
    assert events is not None
    assert choices.date <= events.date
    a, b = (block_of(name).history.series for name in ("baseline", "early-integration"))
    day = (events.date - load_scenario("baseline").start_date).days
    assert all(np.array_equal(a["truces"][:day, 3], b["truces"][:day, 3]) for key in a)


def test_a_run_never_parts_from_itself_and_unpaired_runs_are_refused() -> None:
    assert partings(ledger_of("baseline"), ledger_of("baseline")) == (None, None)
    with pytest.raises(InputError, match="have different random numbers"):
        partings(ledger_of("baseline"), keep_ledger(load_scenario("baseline", ["seed=1"]), 3, 1))


def test_an_event_of_a_code_says_its_name_and_its_places_are_those_of_the_field() -> None:
    kinds = {kind.name: kind for kind in KINDS}
    assert kinds["taken_by_assault"].places == "cells" and kinds["truce_signed"].places == ""
    assert kinds["base_status_changed"].codes == BASE_STATUSES and kinds["truce_signed"].codes == ()
    now = {event.now for event in ledger_of("baseline").events if event.kind.name == "taken_by_defection"}
    assert now == {"defection"}


def test_what_a_rule_read_is_told_in_words() -> None:
    ledger = ledger_of("baseline")
    lines = [line for choice in ledger.choices for line in told_values(ledger, choice)]
    assert "a truce is in force: yes" in lines and "posture of the army: general" in lines
    assert "days until the truce expires: 0 days" in lines
    assert not [line for line in lines if line.startswith(("truce = ", "days_to_expiry", "campaign = "))]


def test_the_ledger_as_json_holds_every_decision_and_event() -> None:
    ledger = ledger_of("baseline")
    made = to_json(ledger)
    assert (len(made["decisions"]), len(made["events"])) == (len(ledger.choices), len(ledger.events))
    assert made["decisions"][0]["date"] == "2026-01-13"


def test_a_ledger_of_drawn_values_is_that_run_of_the_ensemble_that_draws_them() -> None:
    scenario = load_scenario("baseline", ["days=24"])
    uncertain, numbers = uncertain_of("all", scenario), np.arange(6)
    block = TheatreModel(scenario, numbers=numbers, columns=uncertain.columns(scenario, numbers))
    block.run_to(24)
    own = keep_ledger(scenario, 5, columns=uncertain.columns(scenario, np.array([5])))
    stated = keep_ledger(scenario, 5)
    for decision, codes in block.history.fired.items():
        fired = [block.history.rule_names[decision][code] for code in codes[1:, 5]]
        assert fired == [choice.rule for choice in own.choices if choice.decision == decision], decision
    assert [choice.rule for choice in own.choices] != [choice.rule for choice in stated.choices]
    noted = {path: value for choice in own.choices for path, value in read_values(choice).items()}
    drawn = uncertain.columns(scenario, np.array([5]))[0]
    both = noted.keys() & drawn.keys()
    assert len(both) > 3 and all(noted[path] == pytest.approx(float(drawn[path][0]), rel=1e-6) for path in both)


def read_values(choice: Choice) -> dict[str, Any]:
    """Return the actor's own values that a decision read, by path."""
    actor = choice.decision.partition(".")[0]
    return {f"{actor}.{name}": value for reading in choice.readings for name, value in reading.own.items()}
