"""A scenario that leaves its base on a day, and a person's dated orders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.scenario.export import write_scenario


def scenario_with(folder: Path, text: str, base: str = "baseline") -> Path:
    path = folder / "mine.toml"
    path.write_text(f'base = "{base}"\n{text}', encoding="utf-8")
    return path


def played(scenario: object, days: int = 24, runs: int = 8) -> TheatreModel:
    model = TheatreModel(scenario, runs=runs)
    model.run_to(days)
    return model


def same_until(one: TheatreModel, other: TheatreModel) -> int:
    """Return the last day up to which every series is equal bit for bit."""
    days = one.day
    equal = [
        all(np.array_equal(one.history.series[k][day], other.history.series[k][day]) for k in one.history.series)
        for day in range(days + 1)
    ]
    return equal.index(False) - 1 if False in equal else days


def test_values_hold_from_the_day_they_take_effect(tmp_path: Path) -> None:
    later = load_scenario(scenario_with(tmp_path, 'takes_effect = 2026-01-20\nmoscow.policy = "leave_entirely"\n'))
    assert [day for day, _ in later.stages] == [0, 8]
    assert same_until(played(load_scenario("baseline")), played(later)) == 7


def test_a_branch_that_changes_nothing_changes_nothing(tmp_path: Path) -> None:
    same = load_scenario(scenario_with(tmp_path, "takes_effect = 2026-01-20\n"))
    assert same_until(played(load_scenario("baseline")), played(same)) == 24


def test_a_branch_comes_back_from_its_results_folder(tmp_path: Path) -> None:
    text = 'takes_effect = 2026-01-20\nmoscow.policy = "stay"\n[[orders]]\nactor = "us"\ndecision = "partner"\n'
    later = load_scenario(scenario_with(tmp_path, text + 'order = "shift_partner"\nfrom = 2026-01-21\n'))
    write_scenario(later, tmp_path)
    back = load_scenario(tmp_path / "scenario.toml")
    assert (back.hash, back.orders, [day for day, _ in back.stages]) == (later.hash, later.orders, [0, 8])


def test_an_order_is_carried_out_on_its_days_and_recorded_as_a_rule(tmp_path: Path) -> None:
    text = (
        '[[orders]]\nactor = "moscow"\ndecision = "qamishli"\norder = "leave_qamishli"\nfrom = 2026-01-14\nto = 2026-01-15\n'
    )
    ordered = played(load_scenario(scenario_with(tmp_path, text)), days=6)
    history = ordered.history
    names = history.rule_names["moscow.qamishli"]
    fired = np.array(names)[history.fired["moscow.qamishli"][1:7]]
    assert names[0] == "ordered_leave_qamishli_from_2026_01_14"
    assert ((fired == names[0]).all(axis=1) == [False, True, True, False, False, False]).all()
    assert (history.series["withdrawal_phase"][2] >= 1).all()
    assert (played(load_scenario("baseline"), days=6).history.series["withdrawal_phase"][2] == 0).all()


def test_a_changed_seed_changes_the_whole_branch(tmp_path: Path) -> None:
    path = scenario_with(tmp_path, 'takes_effect = 2026-01-20\nmoscow.policy = "stay"\n')
    other = load_scenario(path, sets=["seed=5"])
    assert {stage.seed for _, stage in other.stages} == {5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("takes_effect = 2026-01-12\n", "takes_effect = 2026-01-12 must be a day from 2026-01-13 to 2026-07-11"),
        ("takes_effect = 2026-01-20\nseed = 5\n", "seed cannot change on 2026-01-20; it belongs to the base"),
        (
            "takes_effect = 2026-01-20\nstart.forces.sdf_fighters = 50000\n",
            "start.forces.sdf_fighters belongs to the first evening and cannot change on 2026-01-20",
        ),
        (
            "takes_effect = 2026-01-20\ndefection.run_spread = 0.06\n",
            "defection.run_spread belongs to the first evening and cannot change on 2026-01-20",
        ),
        ('[[orders]]\nactor = "moscw"\n', "order 1: lacks decision, order, from"),
        (
            '[[orders]]\nactor = "moscw"\ndecision = "supply"\norder = "stay"\nfrom = 2026-01-20\n',
            'order 1: actor = "moscw" is not one of damascus, moscow, sdf, us; did you mean moscow?',
        ),
        (
            '[[orders]]\nactor = "moscow"\ndecision = "supply"\norder = "stop"\nfrom = 2026-01-20\n',
            'order 1: order = "stop" is not one of send_supply, stay',
        ),
        (
            '[[orders]]\nactor = "moscow"\ndecision = "supply"\norder = "stay"\nfrom = 2026-01-20\nto = 2026-01-19\n',
            "order 1: to = 2026-01-19 is before from = 2026-01-20",
        ),
        (
            '[[orders]]\nactor = "us"\ndecision = "partner"\norder = "stay"\nfrom = 2026-01-20\nto = 2026-01-22\n'
            '[[orders]]\nactor = "us"\ndecision = "partner"\norder = "shift_partner"\nfrom = 2026-01-22\n',
            "order 2: overlaps another order of us.partner, from 2026-01-20 to 2026-01-22",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario(scenario_with(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
