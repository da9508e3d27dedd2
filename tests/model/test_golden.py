"""Golden numbers: what every outcome of a few runs came to when they were last looked at and found right.

A change of the core that should not move any number must leave them as they are. One that should moves them: look at what
moved, then refresh with

    python -m tests.model.test_golden --refresh

from the top of the checkout, and add a line to CHANGELOG.md that begins with "Output:" and says why. Codes and days are
compared exactly, other numbers to a relative 1e-5, so that another processor or another numpy passes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.model import TheatreModel
from sim.record.outcomes import NUMBER, OUTCOMES, outcome_table
from sim.registry import load_scenario
from sim.scenario.files import scenario_names

GOLDEN = Path(__file__).with_name("golden.json")
RUNS, RUNS_OF_WHAT_IFS, DAYS_OF_WHAT_IFS = 8, 4, 35
RELATIVE, ABSOLUTE = 1e-5, 1e-6
SHOWN = 12
"""Changed outcomes that a failure lists."""

Numbers = dict[str, list[float | None]]
"""Outcome -> value of each run, None where it did not come or did not arise."""


def played(name: str) -> Numbers:
    """Return what the outcomes of a few runs came to: of the baseline over its whole horizon, of the others over weeks."""
    whole = name == "baseline"
    scenario = load_scenario(name, () if whole else (f"days={DAYS_OF_WHAT_IFS}",))
    model = TheatreModel(scenario, runs=RUNS if whole else RUNS_OF_WHAT_IFS)
    model.run_to(scenario.days)
    table = outcome_table(model.history)
    return {key: [None if np.isnan(x) else float(f"{x:.8g}") for x in values] for key, values in table.items()}


def same(outcome_type: str, golden: float | None, now: float | None) -> bool:
    """Compare a value with the golden one: exactly for dates, yes or no, and categories."""
    if golden is None or now is None or outcome_type != NUMBER:
        return golden == now
    return abs(now - golden) <= ABSOLUTE + RELATIVE * abs(golden)


def changes(golden: Numbers, now: Numbers) -> list[str]:
    """Return a line for each outcome that is not what it was."""
    types = {outcome.name: outcome.type for outcome in OUTCOMES}
    lines = [f"{name}: is new" for name in now if name not in golden]
    for name, was in golden.items():
        if name not in now:
            lines.append(f"{name}: is no outcome any more")
            continue
        if len(was) != len(now[name]):
            lines.append(f"{name}: had {len(was)} runs, has {len(now[name])}")
            continue
        moved = [run for run, pair in enumerate(zip(was, now[name], strict=True)) if not same(types[name], *pair)]
        if moved:
            run = moved[0]
            lines.append(f"{name}: in {len(moved)} of {len(was)} runs; run {run} was {was[run]}, is {now[name][run]}")
    return lines


def read() -> dict[str, Numbers]:
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", scenario_names())
def test_no_outcome_moved(name: str) -> None:
    golden = read()
    assert name in golden, f"{name} has no golden numbers yet; python -m tests.model.test_golden --refresh"
    lines = changes(golden[name], played(name))
    more = [f"and {len(lines) - SHOWN} more outcomes"] if len(lines) > SHOWN else []
    told = "\n  ".join([f"{name} is not what it was:", *lines[:SHOWN], *more])
    assert not lines, (
        f"{told}\nif it is meant: python -m tests.model.test_golden --refresh, and a CHANGELOG line 'Output: ...'"
    )


def test_golden_numbers_of_what_is_not_shipped_are_gone() -> None:
    assert set(read()) == set(scenario_names())


def test_a_changed_number_is_told() -> None:
    golden = {"sdf_share_end": [0.05, 0.06], "truce_agreed_on": [8.0, None]}
    assert changes(golden, {"sdf_share_end": [0.05 + 2e-7, 0.06], "truce_agreed_on": [8.0, None]}) == []
    moved = {"sdf_share_end": [0.05, 0.0601], "truce_agreed_on": [8.0, 9.0]}
    assert changes(golden, moved) == [
        "sdf_share_end: in 1 of 2 runs; run 1 was 0.06, is 0.0601",
        "truce_agreed_on: in 1 of 2 runs; run 1 was None, is 9.0",
    ]


def refresh() -> None:
    """Write the golden numbers anew, an outcome a line, and say which scenarios moved."""
    old = read() if GOLDEN.is_file() else {}
    new = {name: played(name) for name in scenario_names()}
    blocks = []
    for name, numbers in new.items():
        lines = ",\n".join(f"  {json.dumps(outcome)}: {json.dumps(values)}" for outcome, values in numbers.items())
        blocks.append(f"{json.dumps(name)}: {{\n{lines}\n}}")
        print(f"{name}: {len(changes(old.get(name, {}), numbers))} outcomes moved")
    GOLDEN.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--refresh"]:
        sys.exit("python -m tests.model.test_golden --refresh writes tests/model/golden.json anew")
    refresh()
