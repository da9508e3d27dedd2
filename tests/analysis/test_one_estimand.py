"""What a comparison prints of one outcome cannot contradict itself: size, interval, shares of pairs, effect and q."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from test_compare import START, side

from sim.analysis.compare.compare import Comparison
from sim.analysis.compare.differences import CLEAR, Difference, differences
from sim.analysis.compare.expectations import answers
from sim.analysis.compare.paired_median import paired_median
from sim.analysis.compare.pairs import _matched
from sim.analysis.compare.sides import Side
from sim.pages.compare import wording as words
from sim.record.outcomes import DATE, OUTCOMES

MADE_UP = 2000
KINDS = (
    "truce_agreed_on",
    "fighting_resumed_on",
    "killed_sdf",
    "truce_extensions",
    "truce_extended",
    "summit_result",
    "sdf_share_end",
)
BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}


def made_up(random: np.random.Generator) -> tuple[Side, Side, str]:
    """Return two sides: few pairs or many, ties, heavy tails, dates that mostly do not come, questions that do not arise."""
    kind, n = str(random.choice(KINDS)), int(random.choice([1, 2, 5, 6, 9, 20, 64, 257]))
    rows = int(random.choice([1, 1, 1, 2, 4])) if n >= 20 else 1
    columns = [_values(random, kind, n), None]
    columns[1] = _moved(random, kind, columns[0])
    arise = [random.random(n) < random.choice([0.0, 0.3, 0.9, 1.0], p=[0.05, 0.15, 0.2, 0.6]) for _ in range(2)]
    sides = []
    for name, values, there in zip("ab", columns, arise, strict=True):
        if kind == "truce_agreed_on":
            found = side(name, truce_agreed_on=values)
        elif kind == "fighting_resumed_on":
            found = side(
                name, fighting_resumed_on=np.where(there, values, np.nan), truce_violations=np.where(there, 1, np.nan)
            )
        else:
            found = side(name, **{kind: np.where(there, values, np.nan)})
        sides.append(replace(found, key=np.column_stack([np.arange(n) % rows, np.arange(n) // rows])))
    return sides[0], sides[1], kind


def _values(random: np.random.Generator, kind: str, n: int) -> np.ndarray:
    if BY_NAME[kind].type == DATE:
        days = np.floor(random.exponential(random.choice([2.0, 15.0, 60.0]), n))
        late = (days > 30) | (random.random(n) < random.choice([0.0, 0.02, 0.5, 0.95]))
        return np.where(late, np.nan, days)
    if kind in ("truce_extended", "summit_result"):
        return random.integers(0, 2 if kind == "truce_extended" else 3, n).astype(float)
    return np.round(random.standard_t(1.2, n) * 100, int(random.choice([-2, 0, 3])))


def _moved(random: np.random.Generator, kind: str, values: np.ndarray) -> np.ndarray:
    """Return what the other side came to: the same, a little more in most pairs, much less in a few, or something else."""
    other = _values(random, kind, len(values))
    if kind in ("truce_extended", "summit_result"):
        return np.where(random.random(len(values)) < random.random(), values, other)
    shifted = values + random.choice([0.0, 1.0, -1.0]) * (random.random(len(values)) < random.choice([0.1, 0.9]))
    turned = random.random(len(values)) < random.choice([0.0, 0.03, 0.4])
    return np.where(turned, other, np.maximum(shifted, 0) if BY_NAME[kind].type == DATE else shifted)


def contradictions(each: Difference) -> Iterator[str]:
    """Yield what of a difference speaks against the rest of it."""
    if each.diff is None:
        if each.n or (each.ci, each.share_greater, each.effect) != (None, None, None):
            yield "no difference, and yet something is said of one"
        return
    sign, most = np.sign(each.diff), np.sign(round(each.share_greater - each.share_less, 12))
    if sign != most or (sign != np.sign(each.effect) if each.effect is not None else not sign):
        yield f"{each.diff} where {each.share_greater:.0%} of pairs are up and {each.share_less:.0%} down, {each.effect}"
    if not 0 <= each.share_greater + each.share_less <= 1 or bool(each.differ) != bool(each.share_greater + each.share_less):
        yield "shares of pairs that are none"
    if each.a is not None and each.b is not None and (each.b - each.a) * sign < 0:
        yield f"from {each.a} to {each.b} is no {each.diff}"
    if each.q < each.p:
        yield "q below p"
    for ends in (each.ci, each.effect_ci):
        if ends is not None and not ends[0] - 1e-12 <= (each.diff if ends is each.ci else each.effect) <= ends[1] + 1e-12:
            yield f"outside its own interval {ends}"
    leaves_0_out = each.ci is not None and (each.ci[0] > 0 or each.ci[1] < 0)
    if leaves_0_out != (each.p < CLEAR):
        yield f"interval {each.ci} with p {each.p}"
    if each.is_clear and not (leaves_0_out and sign):
        yield f"clear, with interval {each.ci}"


def test_no_made_up_comparison_contradicts_itself() -> None:
    random = np.random.default_rng(20260128)
    seen: dict[str, int] = {"clear": 0, "unclear": 0, "nothing arises": 0, "sides apart": 0, "at least": 0}
    for number in range(MADE_UP):
        a, b, kind = made_up(random)
        for each in differences(_matched([a, b]), (BY_NAME[kind], BY_NAME["killed_sdf"])):
            assert list(contradictions(each)) == [], f"made-up comparison {number} of {kind}"
            printed = words.size(each)
            assert printed.startswith("+") == ((each.diff or 0) > 0) and printed.startswith("-") == ((each.diff or 0) < 0)
            seen["nothing arises" if each.diff is None else "clear" if each.is_clear else "unclear"] += 1
            seen["sides apart"] += each.sides_apart
            seen["at least"] += each.at_least
    assert min(seen.values()) > MADE_UP / 100, seen


# --- the cases it was made for ----------------------------------------------------------------------------------------


def test_three_dates_cut_off_at_the_horizon_do_not_turn_122_pairs_round() -> None:
    """122 of 128 pairs are a day later; in three A did not come, so that a mean of 180 days says earlier."""
    a, b = np.full(128, 8.0), np.full(128, 9.0)
    a[:3], b[3:6] = np.nan, 8.0
    last = START + timedelta(180)
    paired = _matched([side("a", end=last, collapse_day=a), side("b", end=last, collapse_day=b)])
    (made,) = differences(paired, (BY_NAME["collapse_day"],))
    assert np.nan_to_num(b, nan=180).mean() < np.nan_to_num(a, nan=180).mean()
    assert (made.diff, made.ci) == (1.0, (1.0, 1.0)) and made.q < 0.001
    assert made.share_greater == pytest.approx(122 / 128) and made.share_less == pytest.approx(3 / 128)
    assert made.effect > 0


def test_fighting_that_never_stopped_does_not_resume_later() -> None:
    nan = np.nan
    a = side(fighting_resumed_on=[20, nan, 25, nan] * 8, truce_violations=[1, 2, 3, 4] * 8)
    b = side("b", fighting_resumed_on=[nan] * 32, truce_violations=[nan] * 31 + [1])
    (made,) = differences(_matched([a, b]), (BY_NAME["fighting_resumed_on"],))
    assert (made.n, made.pairs, made.arises, made.arises_apart) == (1, 32, (32, 1), True)
    (said,) = words.warnings([made])
    assert said.startswith("fighting_resumed_on: arises in 32 of A, 1 of B, in 1 of both")


def test_remarks_that_are_alike_share_a_line_and_say_no_number_three_times() -> None:
    nan = np.nan
    one, other = [1.0, 2.0, 3.0, nan] * 8, [2.0, 4.0, 6.0, nan] * 8
    a, b = (side(name, truce_violations=v, truce_extensions=v) for name, v in (("a", one), ("b", other)))
    made = differences(_matched([a, b]), (BY_NAME["truce_violations"], BY_NAME["truce_extensions"]))
    assert words.remarks(made) == ["truce_violations, truce_extensions: arises in 24 of 32 pairs, on both sides of each"]


def test_a_date_whose_question_always_arises_is_late_where_it_does_not_come() -> None:
    made = differences(
        _matched([side(deal_reached_on=[5.0] * 8), side("b", deal_reached_on=[np.nan] * 8)]), (BY_NAME["deal_reached_on"],)
    )[0]
    assert (made.n, made.diff, made.at_least, made.share_greater) == (8, 26.0, True, 1.0)


def test_rounding_is_no_difference() -> None:
    a = np.linspace(1.0, 9.0, 40).astype(np.float32).astype(float)
    (made,) = differences(_matched([side(killed_sdf=a), side("b", killed_sdf=a * (1 + 1e-7))]), (BY_NAME["killed_sdf"],))
    assert (made.differ, made.diff, made.p) == (0, 0.0, 1.0)


def test_a_person_fewer_in_most_pairs_does_not_hide_hundreds_more_in_the_others() -> None:
    """As in a what-if of escapes: 1,500 more in a third of the pairs, one fewer, by a day's shift, in half of them."""
    more = np.repeat([1500.0, -1.0, 0.0], [32, 48, 16])
    a = np.full(96, 500.0)
    (made,) = differences(_matched([side(killed_sdf=a), side("b", killed_sdf=a + more)]), (BY_NAME["killed_sdf"],))
    assert (made.diff, made.share_greater, made.share_less, made.sides_apart) == (1500.0, pytest.approx(1 / 3), 0.0, False)


def test_an_interval_that_leaves_0_out_among_many_outcomes_is_said_to_be_one_of_them() -> None:
    up = [1.0] * 9 + [-1.0]
    paired = _matched([side(killed_sdf=[0.0] * 10), side("b", killed_sdf=up)])
    every = Comparison(paired, OUTCOMES).differences
    made = next(each for each in every if each.outcome.name == "killed_sdf")
    assert made.ci is not None and made.ci[0] > 0 and not made.is_clear
    assert "among so many outcomes one in twenty does by chance" in words.remark(made)


# --- what was expected ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "moved", "verdict"),
    [
        ("later", 2.0, "as expected"),
        ("earlier", 2.0, "contrary"),
        ("same", 2.0, "contrary"),
        ("later", 0.0, "does not move"),
        ("same", 0.0, "as expected"),
        ("later", np.nan, "as expected"),
    ],
)
def test_each_line_of_expect_is_answered(expected: str, moved: float, verdict: str) -> None:
    a, b = side(collapse_day=[5.0] * 20), side("b", collapse_day=[5.0 + moved] * 20)
    b = replace(b, expected={"collapse_day": expected})
    (answer,) = answers(b, differences(_matched([a, b]), (BY_NAME["collapse_day"],)))
    assert (answer.expected, answer.verdict) == (expected, verdict)


def test_what_chance_could_have_made_or_what_does_not_arise_is_no_answer() -> None:
    a = side(collapse_day=[5.0] * 4, truce_extended=[np.nan] * 4, summit_result=[0.0] * 4)
    b = side("b", collapse_day=[6.0] * 4, truce_extended=[1.0] * 4, summit_result=[0.0, 0.0, 0.0, 1.0])
    b = replace(b, expected={"collapse_day": "later", "truce_extended": "up", "summit_result": "up", "killed_sdf": "up"})
    asked = tuple(BY_NAME[name] for name in ("collapse_day", "truce_extended", "summit_result"))
    found = {each.outcome: each for each in answers(b, differences(_matched([a, b]), asked))}
    assert {name: each.verdict for name, each in found.items()} == {
        "collapse_day": "not distinguishable from chance",
        "truce_extended": "cannot be answered",
        "summit_result": "cannot be answered",
    }
    assert words.expected(found["truce_extended"])[2] == "arises in 0 of A, 4 of B, in 0 of both (apart beyond chance)"


# --- coverage ---------------------------------------------------------------------------------------------------------


def coverage(n: int, samples: int, rows: int = 1) -> float:
    """Return the share of samples whose interval holds the median of the pairs that differ.

    A waits 5 to 35 days, B as long and a skewed bit more or less, whose median is 4; a fifth of the pairs do not differ, and
    what comes after 30 days is not seen, so that of a tenth of the pairs only a least difference is known.
    """
    random, held = np.random.default_rng(20260127), 0
    key = np.column_stack([np.arange(n) % rows, np.arange(n) // rows])
    truth = _truth()
    for _ in range(samples):
        change, cut = _sample(random, n)
        found = paired_median(change, key, cut)
        held += found.ci is None or found.ci[0] <= truth <= found.ci[1]
    return held / samples


def _sample(random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    a = random.uniform(5, 35, n)
    shift = (random.exponential(8.0, n) - 8 * np.log(2) + 4) * (random.random(n) < 0.8)
    b = a + shift
    late_a, late_b = np.minimum(a, 31.0), np.minimum(b, 31.0)
    return late_b - late_a, (a > 31) != (b > 31)


def _truth() -> float:
    changes, _ = _sample(np.random.default_rng(1), 2_000_000)
    return float(np.median(changes[changes != 0]))


@pytest.mark.parametrize(("n", "most"), [(12, 0.995), (64, 0.98), (256, 0.97)])
def test_the_interval_of_the_median_holds_it(n: int, most: float) -> None:
    """It is exact, and so on the safe side where pairs are few. 1,000 samples: standard error 0.7 points."""
    assert 0.935 <= coverage(n, 1000) <= most


@pytest.mark.verify
def test_the_interval_of_the_median_holds_it_to_a_tenth_of_a_point(record_property: pytest.FixtureRequest) -> None:
    for n, most in ((12, 0.995), (64, 0.975), (256, 0.965), (1024, 0.958)):
        held = coverage(n, 40_000)
        record_property(f"coverage of 95% with {n} pairs", round(held, 4))
        assert 0.947 <= held <= most
