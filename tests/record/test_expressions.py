"""Expressions: what is read, what it comes to run by run, what is missing, and errors that say the column."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.ground.errors import InputError
from sim.record.expressions.evaluate import arises, evaluate
from sim.record.expressions.kinds import ALWAYS, CATEGORY, COVERED, DATE, NUMBER, YES_NO, Kind, Names
from sim.record.expressions.parser import RESERVED, parse, parse_condition

START, DAYS = date(2026, 1, 12), 4
NEVER, NAN = math.inf, math.nan

SERIES = {
    "share": np.array([[1.0, 1.0, 1.0], [0.8, 1.0, 0.9], [0.6, 1.0, 0.2], [0.4, 1.0, 0.3], [0.2, 1.0, 0.4]]),
    "truce": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]),
    "posture": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [2.0, 2.0, 1.0], [2.0, 2.0, 1.0], [0.0, 2.0, 1.0]]),
    "attacks": np.array([[0.0, 1.0, 2.0]] * 5),
}
OUTCOMES = {
    "broken_on": np.array([2.0, NEVER, NAN]),
    "agreed_on": np.array([1.0, 3.0, NEVER]),
    "dead": np.array([10.0, 0.0, 4.0]),
    "tonnes_out": np.array([100.0, 50.0, 0.0]),
    "extended": np.array([1.0, 0.0, NAN]),
    "terms": np.array([1.0, NAN, 0.0]),
    "share": np.array([7.0, 8.0, 9.0]),
}
NAMES = Names(
    {
        "share": Kind(NUMBER, "1", daily=True),
        "truce": Kind(YES_NO, daily=True),
        "posture": Kind(CATEGORY, "", ("none", "general", "halted"), daily=True),
        "attacks": Kind(NUMBER, "attacks/day", daily=True),
    },
    {
        "broken_on": Kind(DATE),
        "agreed_on": Kind(DATE),
        "dead": Kind(NUMBER, "persons"),
        "tonnes_out": Kind(NUMBER, "tonnes"),
        "extended": Kind(YES_NO),
        "terms": Kind(CATEGORY, "", ("individual", "units")),
        "share": Kind(NUMBER, "1"),
    },
    dict.fromkeys(("agreed_on", "dead", "tonnes_out", "share"), ALWAYS)
    | {"broken_on": "where a truce was in force", "extended": "where it expired", "terms": "where a deal was signed"},
)


@dataclass(frozen=True)
class Runs:
    """Three runs of four days."""

    start_date: date = START
    days: int = DAYS
    runs: int = 3

    def of_series(self, name: str) -> np.ndarray:
        return SERIES[name].astype(np.float32)

    def of_outcome(self, name: str) -> np.ndarray:
        return OUTCOMES[name]


def value_of(text: str) -> list[float]:
    return evaluate(parse(text, NAMES), Runs()).tolist()


def same(found: list[float], wanted: list[float]) -> bool:
    return bool(np.allclose(found, wanted, rtol=1e-6, atol=0, equal_nan=True))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("dead", [10, 0, 4]),
        ("dead - 2 * 3 + 1", [5, -5, -1]),
        ("-(dead - 2) * 3", [-24, 6, -6]),
        ("dead / 4 / 2", [1.25, 0, 0.5]),
        ("1 / dead", [0.1, NAN, 0.25]),
        ("1e3 + .5 + 1_000", [2000.5] * 3),
        ("share", [7, 8, 9]),
        ("share@2026-01-14", [0.6, 1, 0.2]),
        ("share@2026-01-16", [0.2, 1, 0.4]),
        ("share@2026-01-17", [NAN] * 3),
        ("share@2026-01-11", [NAN] * 3),
        ("truce@2026-01-13", [0, 1, 0]),
        ("min(share)", [0.2, 1, 0.2]),
        ("max(share, 2026-01-13, 2026-01-15)", [0.8, 1, 0.9]),
        ("mean(share, 2026-01-13, 2026-01-14)", [0.7, 1, 0.55]),
        ("sum(attacks)", [0, 5, 10]),
        ("sum(attacks, 2026-01-12, 2026-01-12)", [0, 1, 2]),
        ("sum(attacks, 2026-01-12, 2026-01-17)", [NAN] * 3),
        ("change(share)", [-0.8, 0, -0.6]),
        ("change(share, 2026-01-14, 2026-01-15)", [-0.2, 0, 0.1]),
        ("days(truce)", [3, 3, 0]),
        ("days(not truce, 2026-01-12, 2026-01-13)", [2, 1, 2]),
        ("days(posture == halted)", [2, 3, 0]),
        ("days(posture != halted and share < 0.5)", [1, 0, 3]),
        ("first(share < 0.5)", [3, NEVER, 2]),
        ("first(share < 0.5, 2026-01-15, 2026-01-16)", [3, NEVER, 3]),
        ("first(share < 0.5 * share@2026-01-12)", [3, NEVER, 2]),
        ("first(truce and share * dead > 5)", [2, NEVER, NEVER]),
        ("max(share / (share - 1))", [-0.25, NAN, -0.25]),  # an evening that divides by 0 is left out
        ("first(share > share@2026-02-01)", [NAN] * 3),
        ("agreed_on + 3", [4, 6, NEVER]),
        ("2 + agreed_on - 1", [2, 4, NEVER]),
        ("broken_on - agreed_on", [1, NAN, NAN]),
        ("2026-01-31 - agreed_on", [18, 16, NAN]),
        ("broken_on < 2026-01-15", [1, 0, NAN]),
        ("broken_on >= 2026-01-14", [1, 0, NAN]),
        ("broken_on == 2026-01-14", [1, 0, NAN]),
        ("broken_on != 2026-01-13", [1, 0, NAN]),
        ("broken_on != 2026-01-13 or never", [1, 1, NAN]),
        ("broken_on < agreed_on + 1", [0, 0, NAN]),
        ("agreed_on < broken_on or never", [1, 1, NAN]),
        ("broken_on == never", [0, 1, NAN]),
        ("never != agreed_on", [1, 1, 0]),
        ("agreed_on < 2026-02-01", [NAN] * 3),
        ("agreed_on > 2026-01-11", [NAN] * 3),
        ("not (broken_on < 2026-01-15)", [0, 1, NAN]),
        ("extended", [1, 0, NAN]),
        ("extended == yes", [1, 0, NAN]),
        ("extended != false", [1, 0, NAN]),
        ("not extended = no", [1, 0, NAN]),
        ("extended or dead > 3", [1, 0, 1]),
        ("extended and dead > 9", [1, 0, 0]),
        ("extended and dead > 3", [1, 0, NAN]),
        ("terms == units", [1, NAN, 0]),
        ('"units" != terms', [0, NAN, 1]),
        ("'dead' > '5'", [1, 0, 0]),
        ("dead > 3 or dead < 1 and extended", [1, 0, 1]),
        ("(dead > 3 or dead < 1) and extended", [1, 0, NAN]),
        ("agreed_on > 2026-01-13 or never and dead > 1", [0, 0, 1]),
    ],
)
def test_an_expression_comes_to_what_is_worked_out_by_hand(text: str, wanted: list[float]) -> None:
    assert same(value_of(text), wanted)


@pytest.mark.parametrize(
    ("text", "type_", "unit", "said"),
    [
        ("truce@2026-01-13", YES_NO, "", COVERED),
        ("dead / days(truce)", NUMBER, "persons/days", "where the divisor is not 0"),
        ("sum(attacks) * 2", NUMBER, "attacks", ALWAYS),
        ("dead / 1000", NUMBER, "persons", ALWAYS),
        ("dead / (2 * dead)", NUMBER, "1", "where the divisor is not 0"),
        ("broken_on - agreed_on", NUMBER, "days", "where both dates came and where a truce was in force"),
        ("first(truce)", DATE, "", ALWAYS),
        ("agreed_on < 2026-01-15", YES_NO, "", COVERED),
        ("agreed_on == never", YES_NO, "", ALWAYS),
        ("extended and terms == units", YES_NO, "", "where it expired and where a deal was signed"),
        ("mean(share, 2026-01-13, 2026-01-14) < 0.5", YES_NO, "", COVERED),
    ],
)
def test_an_expression_says_its_type_its_unit_and_when_it_arises(text: str, type_: str, unit: str, said: str) -> None:
    node = parse(text, NAMES)
    assert (node.kind.type, node.kind.unit, arises(node, NAMES)) == (type_, unit, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 + 2 + shar", "column 9: shar is not a series or outcome; did you mean share?"),
        ("truc@2026-01-13", "column 1: truc is not a series; did you mean truce?"),
        ("dead@2026-01-13", "column 1: dead is an outcome, one value a run, and no series"),
        ("truce@2026-02-30", "column 7: 2026-02-30 is not a date; write one as in 2026-03-01"),
        ("dead > '2026-02-30'", "column 9: 2026-02-30 is not a date"),
        ("dead > 2026-1-5", "column 8: 2026-1-5 is not a date"),
        ("truce@dead", "column 7: @ is followed by a date, as in 2026-02-02, not dead"),
        ("truce", "column 1: truce is a series, not one value a run; write series@2026-02-02, or min"),
        ("max(dead)", "column 5: dead is one value a run; max is taken of a series"),
        ("max(truce)", "column 5: truce is yes or no; max takes a series of numbers; days(truce) counts its evenings"),
        ("first(share)", "column 7: share is a number; first takes a condition on a series"),
        ("maxx(share)", "column 1: maxx is not a function; did you mean max?"),
        ("max share", "column 5: ( is expected after max, as in max(sdf_share), not share"),
        ("max(share", "column 10: ) is expected at the end of max(, not the end"),
        ("max(share, 2026-01-13)", "column 22: , is expected between the first and the last day of the window, not )"),
        ("max(share, dead, 2026-01-13)", "column 12: the window begins with a date, as in 2026-02-02, not dead"),
        ("max(share, 2026-01-15, 2026-01-13)", "column 1: the window of max ends on 2026-01-13, before it begins"),
        ("broken_on + extended", "column 13: extended is yes or no; + takes numbers and dates"),
        ("broken_on + broken_on", "column 11: two dates cannot be added; a date less a date is a number of days"),
        ("5 - broken_on", "column 3: broken_on is a date and cannot be taken from a number"),
        ("broken_on + dead", "column 13: dead is in persons; to a date goes a number of days"),
        ("broken_on * 2", "column 1: broken_on is a date; * takes numbers"),
        ("dead + tonnes_out", "column 6: dead is in persons and tonnes_out in tonnes; + takes numbers of one unit"),
        ("dead < tonnes_out", "column 6: dead is in persons and tonnes_out in tonnes; they cannot be compared"),
        ("broken_on < 3", "column 11: broken_on is a date and 3 is a number; they cannot be compared"),
        ("extended == 1", "column 10: extended is yes or no and 1 is a number; give yes or no"),
        ("extended < yes", "column 10: < goes with numbers and dates; extended is yes or no: use == or !="),
        ("terms > units", "column 7: > goes with numbers and dates; terms is a category: use == or !="),
        ("terms == unit", "column 10: unit is not a category of terms; did you mean units?"),
        ("terms == dead", "column 7: terms is a category and dead is a number: individual, units"),
        ("terms == posture@2026-01-13", "column 7: terms is a category and posture@2026-01-13 is a category"),
        ("dead == units", "column 9: units is not a series or outcome"),
        ("dead and extended", "column 1: dead is a number; and joins what is yes or no"),
        ("not dead", "column 5: dead is a number; not goes with what is yes or no"),
        ("-broken_on", "column 2: broken_on is a date; - goes with a number"),
        ("dead > 3 or never", "column 13: or never goes with the comparison of a date with another"),
        ("broken_on == never or never", "column 23: or never goes with the comparison of a date with another"),
        ("broken_on < never", "column 11: never goes with == and !="),
        ("never + 1", "column 1: never is no date to reckon with; + takes numbers and dates"),
        ("1 < dead < 3", "column 10: comparisons do not follow each other; join two by and"),
        ("dead 3", "column 6: 3 is not expected here; join two parts by and, or, or a sign"),
        ("(dead", "column 6: ) is expected at the end of the brackets, not the end"),
        ("dead +", "column 7: the expression ends where a name, a number, a date or a bracket is expected"),
        ("dead > ", "column 8: the expression ends where"),
        ("dead > and", "column 8: and stands where a name"),
        ("dead ; 3", "column 6: ';' has no meaning here; signs are + - * /"),
        ("dead > 3x", "column 8: 3x is neither a number nor a date"),
        ("dead > 1e999", "column 8: 1e999 is not a number"),
        ("dead > nan", "column 8: nan is not a series or outcome"),
        ("dead > 'two words'", 'column 8: "two words": quotes hold one name, number or date'),
        ("dead > 'open", "column 8: the quotes are not closed"),
        ("dead > ''", 'column 8: "": quotes hold one name, number or date'),
        ("__import__('os')", "column 1: __import__ is not a function; functions are"),
        ("dead.__class__", "column 5: '.' has no meaning here"),
        ("  ", "is empty; write an expression"),
        ("(" * 41 + "dead" + ")" * 41, "column 41: more than 40 brackets, minuses and nots"),
        ("not " * 10_000, "has 40,000 letters; an expression has at most 2,000"),
        ("-" * 1000 + "1", "column 401: an expression has at most 400 words and signs"),
    ],
)
def test_a_fault_is_one_line_with_its_column(text: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        parse(text, NAMES)
    assert str(told.value).startswith(said) and "\n" not in str(told.value)


def test_a_condition_is_yes_or_no() -> None:
    assert parse_condition("dead > 3", NAMES).kind.type == YES_NO
    with pytest.raises(InputError, match="column 2: dead - 3 is a number, not a condition"):
        parse_condition(" dead - 3", NAMES)


def test_the_longest_and_the_deepest_that_is_read_is_worked_out() -> None:
    assert same(value_of("+".join(["dead"] * 200)), [2000, 0, 800])
    assert same(value_of("(" * 40 + "dead" + ")" * 40), [10, 0, 4])
    assert same(value_of("not " * 40 + "dead > 3"), [1, 0, 1])


# Random expressions, beside a plain reading of the same for one run: None is what does not arise.

Plain = tuple[str, Callable[[int], Any]]


def _number(name: str) -> Callable[[int], Any]:
    return lambda run: None if math.isnan(OUTCOMES[name][run]) else float(OUTCOMES[name][run])


def _reckon(sign: str, a: Any, b: Any) -> Any:
    if a is None or b is None or (sign == "/" and b == 0):
        return None
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[sign]()


def _compare(sign: str, a: Any, b: Any, dates: bool = False, or_never: bool = False) -> Any:
    if a is None or b is None:
        return None
    if dates and NEVER in (a, b):
        return or_never
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[sign]


def _join(word: str, a: Any, b: Any) -> Any:
    decides = word == "or"
    if decides in (a, b) and (a is decides or b is decides):
        return decides
    return None if a is None or b is None else not decides


def _two(sign: str, a: Plain, b: Plain, how: Callable[..., Any], more: str = "") -> Plain:
    return f"({a[0]} {sign} {b[0]}{more})", lambda run: how(sign, a[1](run), b[1](run))


SIGNS = some.sampled_from(["<", "<=", ">", ">=", "==", "!="])
NUMBERS = some.recursive(
    some.one_of(
        some.integers(0, 9).map(lambda n: (str(n), lambda run: float(n))),
        some.sampled_from([("share", _number("share")), ("max(share)", lambda run: 1.0)]),
    ),
    lambda inner: (
        some.tuples(some.sampled_from("+-*"), inner, inner).map(lambda x: _two(*x, _reckon))
        | some.tuples(inner, some.sampled_from([0, 2, 4])).map(
            lambda x: _two("/", x[0], (str(x[1]), lambda r: x[1]), _reckon)
        )
    ),
    max_leaves=6,
)
DATES = some.tuples(some.sampled_from(["broken_on", "agreed_on"]), some.integers(0, 3)).map(
    lambda x: (f"{x[0]} + {x[1]}", lambda run: _reckon("+", _number(x[0])(run), x[1]))
)
FIXED = some.integers(0, DAYS).map(lambda n: (str(START + timedelta(n)), lambda run: float(n)))
ANSWERS = some.recursive(
    some.one_of(
        some.sampled_from([("extended", _number("extended"))]).map(
            lambda x: (x[0], lambda run: None if x[1](run) is None else x[1](run) == 1)
        ),
        some.tuples(SIGNS, NUMBERS, some.integers(0, 9)).map(
            lambda x: _two(x[0], x[1], (str(x[2]), lambda run: float(x[2])), _compare)
        ),
        some.tuples(SIGNS, DATES, DATES | FIXED).map(lambda x: _two(x[0], x[1], x[2], partial(_compare, dates=True))),
        some.tuples(SIGNS, DATES, FIXED).map(
            lambda x: _two(x[0], x[1], x[2], partial(_compare, dates=True, or_never=True), " or never")
        ),
    ),
    lambda inner: (
        some.tuples(some.sampled_from(["and", "or"]), inner, inner).map(lambda x: _two(*x, _join))
        | inner.map(lambda x: (f"(not {x[0]})", lambda run: None if x[1](run) is None else not x[1](run)))
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(ANSWERS)
def test_random_expressions_come_to_what_a_plain_reading_gives(plain: Plain) -> None:
    text, of_run = plain
    wanted = [NAN if of_run(run) is None else float(of_run(run)) for run in range(3)]
    assert same(value_of(text), wanted), text


PIECES = some.sampled_from(
    [
        *NAMES.series,
        *NAMES.outcomes,
        *RESERVED,
        "units",
        "2026-01-14",
        "2026-02-30",
        "3",
        "1e9",
        "==",
        "!=",
        *"'\"(),@<=+-*/x.é٣",
    ]
)


@settings(max_examples=300, deadline=None)
@given(some.lists(PIECES, max_size=14).map(" ".join) | some.text(max_size=30))
def test_whatever_is_written_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        node = parse(text, NAMES)
    except InputError:
        return
    assert evaluate(node, Runs()).shape == (3,)
