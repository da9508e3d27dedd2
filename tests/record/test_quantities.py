"""A quantity is described once, on its field; series, outcomes and observations take what they say from there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.agents import AGENTS
from sim.agents.seen import OBSERVED, Seen
from sim.mechanisms import MECHANISMS
from sim.model import TheatreModel
from sim.record.events import KINDS
from sim.record.history import SERIES
from sim.record.outcomes import CATEGORY, NUMBER, OUTCOMES, Outcome
from sim.registry import load_scenario
from sim.scenario.heading import EVENTS
from sim.state.orders import Orders
from sim.state.quantity import CODE_UNIT, DAY, YES_NO, Quantity, is_counted
from sim.state.state import CAMPAIGNS, NEVER, State
from sim.state.words import in_words

ROOT = Path(__file__).resolve().parents[2]
WRITERS = {mechanism.NAME for mechanism in MECHANISMS} | {"survey", "start"}
ACTORS = {agent.name for agent in AGENTS}


def check(quantity: Quantity) -> None:
    """A quantity has a name for sentences and a unit; a code has names for all its codes, a number bounds in order."""
    assert quantity.title and quantity.unit
    assert bool(quantity.codes) == (quantity.unit == CODE_UNIT)
    if quantity.codes:
        assert quantity.low is not None and quantity.high == quantity.low + len(quantity.codes) - 1
    if quantity.low is not None and quantity.high is not None:
        assert quantity.low < quantity.high
    assert not quantity.share or (quantity.unit, quantity.low or 0) == ("1", 0)


@pytest.mark.parametrize("item", State.arrays(), ids=lambda item: item.name)
def test_a_field_of_the_state_says_what_it_is_and_who_writes_it(item: Field[Any]) -> None:
    says = item.metadata
    check(says["quantity"])
    assert says["written_by"] and set(says["written_by"]) <= WRITERS
    assert (says["quantity"].unit == YES_NO) == (says["dtype"] is np.bool_)
    assert (says["quantity"].unit == CODE_UNIT) == (says["dtype"] is np.int8)


def test_an_order_says_what_it_is_and_whose_it_is() -> None:
    for item in Orders.arrays():
        check(item.metadata["quantity"])
        assert len(item.metadata["written_by"]) == 1 and set(item.metadata["written_by"]) <= ACTORS, item.name


def test_what_actors_observe_says_what_it_is_and_what_moves_it() -> None:
    kinds = {kind.name for kind in KINDS}
    assert list(OBSERVED) == [item.name for item in fields(Seen)]
    for name, item in OBSERVED.items():
        check(item.quantity)
        assert set(item.moved_by) <= kinds, name
        assert item.timeline in ("", *EVENTS), name
        bounded = item.quantity.low is not None or item.quantity.high is not None
        assert bounded or item.quantity.unit in (YES_NO, DAY), name


def test_what_actors_observe_lies_within_its_bounds() -> None:
    """But for lengths of time that have not begun or will not end; an error of observation comes on top."""
    model = TheatreModel(load_scenario("baseline", ["days=40"]), runs=8)
    for _ in range(40):
        seen = model.morning()
        for name, item in OBSERVED.items():
            values, what = np.asarray(getattr(seen, name), np.float64), item.quantity
            if not (item.lot or item.timeline or name == "day"):
                assert values.shape == _shape(item.axes, model), name
            for value in () if what.unit == "days" else np.unique(values):
                assert what.low is None or value >= what.low, (name, value)
                assert what.high is None or value <= what.high, (name, value)
        model.step()


def _shape(axes: str, model: TheatreModel) -> tuple[int, ...]:
    if axes == "runs":
        return (8,)
    first, last = axes.split()
    return (len(model.theatre.members[first]), 8 if last == "runs" else 1)


@pytest.mark.parametrize("name", SERIES)
def test_a_series_has_a_title_a_unit_and_the_names_of_its_codes(name: str) -> None:
    check(SERIES[name])
    assert SERIES[name].title[0].isupper() or SERIES[name].title[0].isdigit()
    assert "(" not in SERIES[name].title or "index" not in SERIES[name].title


def test_the_codes_of_a_series_are_those_of_its_field() -> None:
    assert SERIES["campaign"].codes == CAMPAIGNS and SERIES["campaign"].code_name(3) == "general"
    assert [SERIES["extended_first"].code_name(code) for code in (-1, 0, 1)] == ["lapsed", "not reached", "extended"]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.name)
def test_an_outcome_has_a_title_of_its_own(outcome: Outcome) -> None:
    title = outcome.title
    assert title and title[0].isalnum() and not title.endswith(".") and "_" not in title
    assert [each.title for each in OUTCOMES].count(title) == 1


def test_an_outcome_that_reads_a_series_at_the_end_says_what_the_series_says() -> None:
    found = 0
    for outcome in OUTCOMES:
        series = SERIES.get(outcome.name) or SERIES.get(outcome.name.removesuffix("_end"))
        if series is not None and outcome.type == NUMBER and series.unit != "1/day":
            found += 1
            assert (outcome.unit, outcome.share) == (series.unit, series.share), outcome.name
            assert outcome.title.startswith(series.title.partition(":")[0]), outcome.name
        if series is not None and outcome.type == CATEGORY and series.codes:
            assert set(outcome.categories) <= set(series.codes), outcome.name
    assert found > 25
    assert {outcome.name for outcome in OUTCOMES if outcome.share and not is_part(outcome.definition)} == set()


def is_part(definition: str) -> bool:
    """Whether a definition speaks of a part of a whole, or refers to one that does."""
    return definition.startswith(("share", "SDF-held", "the same"))


@pytest.mark.parametrize(
    ("quantity", "value", "text"),
    [
        (Quantity("", YES_NO), True, "yes"),
        (Quantity("", YES_NO), 0, "no"),
        (Quantity("", CODE_UNIT, ("none", "drawing_down")), 1, "drawing down"),
        (Quantity("", CODE_UNIT, ("lapsed", "not reached"), -1), -1, "lapsed"),
        (Quantity("", "days", low=0), 3, "3 days"),
        (Quantity("", "days", low=0), 1.0, "1 day"),
        (Quantity("", "days", low=0), -1, "never"),
        (Quantity("", "days"), -5, "-5 days"),
        (Quantity("", "days"), float("inf"), "never"),
        (Quantity("", "days"), 20 - NEVER, "never"),
        (Quantity("", "days"), 7000, "7,000 days"),
        (Quantity("", "persons", low=0), 12000, "12,000 persons"),
        (Quantity("", "1", low=0, high=1), 0.4321, "0.432"),
        (Quantity("", "tonnes"), 0.5, "0.5 tonnes"),
    ],
)
def test_a_value_in_words(quantity: Quantity, value: float, text: str) -> None:
    assert in_words(quantity, value) == text


def test_things_are_counted_and_shares_and_tonnes_are_not() -> None:
    assert all(is_counted(unit) for unit in ("persons", "days", "flights", "violations", "attacks"))
    assert not any(is_counted(unit) for unit in ("1", "1/day", "tonnes", "km2"))


# --- nothing is decided by a part of a quantity's name ----------------------------------------------------------------

ASKS_FOR_A_PART = {"startswith", "endswith", "removeprefix", "removesuffix"}
NOT_OF_A_QUANTITY = {
    "start.": "a section of a scenario",
    "by": "a key of an observation",
    "since": "a key of an observation",
    "run": "a column of a table",
    "base": "a key of a scenario",
}


def parts_of_names() -> set[str]:
    arrays = [item.name for struct in (State, Orders) for item in struct.arrays()]
    return {part for name in [*arrays, *OBSERVED, *SERIES, *(o.name for o in OUTCOMES)] for part in name.split("_")}


def guesses(code: str, parts: set[str]) -> Iterator[str]:
    """Yield what a file asks of a part of a name: `"share" in name`, `word in item.name`, `name.endswith("_on")`."""
    for node in ast.walk(ast.parse(code)):
        texts: list[str] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKS_FOR_A_PART:
            texts = [
                item.value
                for argument in node.args
                for item in ast.walk(argument)
                if isinstance(item, ast.Constant) and isinstance(item.value, str)
            ]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            whole = node.comparators[0]
            if "name" in (getattr(whole, "id", ""), getattr(whole, "attr", "")):
                yield ast.unparse(node)
            if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
                texts = [node.left.value]
        for text in texts:
            words = text.strip("_. ")
            if words and text not in NOT_OF_A_QUANTITY and set(words.split("_")) <= parts:
                yield f"{ast.unparse(node)}: {text!r}"


@pytest.mark.parametrize("house", ["sim", "dashboards"])
def test_no_code_decides_by_a_part_of_a_quantity_s_name(house: str) -> None:
    parts = parts_of_names()
    found = {
        str(file.relative_to(ROOT)): guess
        for file in sorted((ROOT / house).rglob("*.py"))
        for guess in guesses(file.read_text(encoding="utf-8"), parts)
    }
    assert found == {}


@pytest.mark.parametrize(
    "guess",
    [
        'if item.name.endswith(("_on", "_since")): pass',
        'share = "share" in outcome.name',
        'what = name.removesuffix("_end")',
        "low = any(word in name for word in SHARES)",
        "tie = TIE in name",
    ],
)
def test_a_guess_is_found(guess: str) -> None:
    assert list(guesses(guess, parts_of_names()))
