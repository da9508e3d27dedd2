"""A key of a file that was renamed: an error in a user's file, and still read in a results folder written before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.experiments.play.check import verify
from sim.experiments.store.kept import load_sweep
from sim.ground.errors import InputError
from sim.registry import load_scenario
from tests.sweeps import run_sweep

EARLIER = {"question": "asks", "expected": "expect", "decision": "matter"}
"""Key -> its earlier spelling."""

WHAT_IF = """
base = "baseline"
title = "Later"
question = "Does it open?"
expected = { collapse_day = "later" }
takes_effect = 2026-01-14
[[orders]]
actor = "damascus"
decision = "campaign"
order = "hold_fire"
from = 2026-01-15
"""
SWEEP = """
format = 1
base = "baseline"
question = "Does it open?"
days = 3
[design]
method = "grid"
include_base = false
[levers]
"scenario" = { values = ["baseline", "./later.toml"] }
[replicates]
n = 2
"""


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def in_earlier_spelling(text: str) -> str:
    return re.sub(rf"^({'|'.join(EARLIER)}) = ", lambda found: f"{EARLIER[found[1]]} = ", text, flags=re.M)


@pytest.mark.parametrize("key", EARLIER)
def test_the_earlier_spelling_in_a_users_file_is_an_error_that_names_the_key_to_write(tmp_path: Path, key: str) -> None:
    text = re.sub(rf"^{key} = ", f"{EARLIER[key]} = ", WHAT_IF, flags=re.M)
    with pytest.raises(InputError, match=rf"^mine\.toml: .*{EARLIER[key]} was renamed: write {key}$"):
        load_scenario(written(tmp_path, "mine.toml", text))


def test_the_earlier_spelling_in_a_sweep_file_is_an_error(tmp_path: Path) -> None:
    written(tmp_path, "later.toml", WHAT_IF)
    with pytest.raises(InputError, match=r"^mine\.toml: asks was renamed: write question$"):
        load_sweep(written(tmp_path, "mine.toml", in_earlier_spelling(SWEEP)))


def test_a_results_folder_in_the_earlier_spelling_opens_goes_on_and_verifies(tmp_path: Path) -> None:
    written(tmp_path, "later.toml", WHAT_IF)
    sweep, folder = load_sweep(written(tmp_path, "mine.toml", SWEEP)), tmp_path / "made"
    run_sweep(sweep, folder, 1)
    changed = [path for path in folder.rglob("*.toml") if path.read_text() != in_earlier_spelling(path.read_text())]
    assert {path.name for path in changed} >= {"sweep.toml", "scenario.toml"} and len(changed) > 2
    for path in changed:
        path.write_text(in_earlier_spelling(path.read_text()))
    next((folder / "outcomes").glob("*")).unlink()
    again = load_sweep(folder)
    assert (again.hash, again.question) == (sweep.hash, sweep.question)
    later = run_sweep(again, folder, 1).design.scenarios["later"]
    assert later.expected == {"collapse_day": "later"} and later.orders[0].decision == "campaign"
    assert list(verify(folder, 2)) == []
