"""Results folders: what was computed is what is read back, and what is not whole is not read at all."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.experiments.store.ensemble import Results, open_ensemble
from sim.experiments.store.parts import Job
from sim.ground.errors import InputError
from sim.ground.theatre import CONTESTED, DAMASCUS
from sim.model import TheatreModel
from sim.record.history import SERIES
from sim.record.outcomes import outcome_table
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from tests.sweeps import flip, job_of, play_part, runs_in, task_for

DAYS = 10
PARTS = ((0, 2), (2, 3))
"""(first run, runs) of the parts that are stored."""

FIRST, LATER = (job_of(*part).part for part in PARTS)
TABLES = ("series", "control", "rules", "outcomes")


def played(first_run: int, runs: int) -> TheatreModel:
    model = TheatreModel(load_scenario("baseline", [f"days={DAYS}"]), runs=runs, first_run=first_run)
    model.run_to(DAYS)
    return model


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("baseline", [f"days={DAYS}"])


@pytest.fixture(scope="module")
def models() -> list[TheatreModel]:
    return [played(*part) for part in PARTS]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, scenario: Scenario) -> Path:
    """Play a results folder of five runs in two parts, the later runs written first."""
    made = tmp_path_factory.mktemp("made") / "mine"
    for part in reversed(PARTS):
        play_part(made, scenario, *part)
    return made


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Return a copy of it to harm."""
    return Path(shutil.copytree(made, tmp_path / "mine"))


def test_outcomes_come_back_run_by_run_and_what_did_not_come_as_nan(folder: Path) -> None:
    direct = outcome_table(played(0, 5).history)
    stored = open_ensemble(folder).outcomes
    assert stored["run"].tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(direct["deal_reached_on"]).any(), "there is a date that did not come"
    for name, values in direct.items():
        assert np.array_equal(stored[name], values, equal_nan=True), name


@pytest.mark.parametrize("name", ["sdf_share", "truce", "attacks"])
def test_series_come_back_as_days_by_runs(folder: Path, name: str) -> None:
    direct = played(0, 5).history.series[name]
    assert np.array_equal(open_ensemble(folder).series(name), direct)


def test_control_is_the_share_of_all_runs_of_all_parts(folder: Path, models: list[TheatreModel]) -> None:
    cells, shares = open_ensemble(folder).control
    assert shares.shape == (len(cells), DAYS + 1, 2)
    for day in (0, 7, DAYS):
        holder = np.concatenate([model.history.holder_on(day)[cells] for model in models], axis=1)
        assert np.array_equal(shares[:, day, 0], (holder == DAMASCUS).mean(axis=1))
        assert np.array_equal(shares[:, day, 1], (holder == CONTESTED).mean(axis=1))


def test_every_run_has_one_rule_a_day_in_each_matter(folder: Path) -> None:
    results = open_ensemble(folder)
    for decision, rules in results.rules.items():
        fired = sum(count[0] for count in rules.values())
        assert (fired[1:] == results.runs).all(), decision
        assert fired[0] == 0, f"{decision}: nobody decides before the first morning"


def test_a_part_counts_once_its_outcomes_are_there(folder: Path) -> None:
    """The outcomes are written last: what a killed worker left of the other tables is not read."""
    (folder / "outcomes" / LATER).unlink()
    (folder / "outcomes" / f".{Job(0, 1, 5, 6).part}").write_bytes(b"half")
    assert runs_in(folder) == [0, 1]
    results = open_ensemble(folder)
    assert results.series("sdf_share").shape == (DAYS + 1, 2)
    assert results.control[1].max() <= 1.0


@pytest.mark.parametrize("table", TABLES)
def test_a_part_that_is_not_written_to_its_end_is_not_there(
    tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """A file takes its name only once it is whole on the disk; until then a worker may be killed."""
    task_for(tmp_path / "mine", scenario)

    def killed(hidden: Path, path: Path) -> None:
        if Path(path).parent.name == table:
            raise KeyboardInterrupt
        os.rename(hidden, path)

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        play_part(tmp_path / "mine", scenario, *PARTS[0])
    assert not list((tmp_path / "mine" / table).glob("[0-9]*"))
    assert not runs_in(tmp_path / "mine")


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def bare(content: bytes) -> bytes:
    """Return a whole file of as many rows with one column in place of all."""
    made = BytesIO()
    pq.write_table(pq.read_table(BytesIO(content)).select(["run"]), made)
    return made.getvalue()


READ: dict[str, Callable[[Results], object]] = {
    "outcomes": lambda results: results.outcomes,
    "series": lambda results: [results.series(name) for name in SERIES],
    "control": lambda results: results.control,
    "rules": lambda results: results.rules,
}


@pytest.mark.parametrize("damage", [cut, flip, lambda content: b""], ids=["cut", "flip", "empty"])
@pytest.mark.parametrize("table", TABLES)
def test_a_damaged_part_is_named_with_what_to_do(folder: Path, table: str, damage: Callable[[bytes], bytes]) -> None:
    part = folder / table / LATER
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(InputError) as told:
        READ[table](open_ensemble(folder))
    committed = folder / "outcomes" / part.name
    assert str(told.value) == f"{part}: is damaged; remove {committed} and give the same command again"


def test_a_part_with_other_columns_than_the_rest_is_damaged(folder: Path) -> None:
    for name in (FIRST, LATER):
        part = folder / "outcomes" / name
        content = part.read_bytes()
        part.write_bytes(bare(content))
        with pytest.raises(InputError, match=re.escape(f"{part}: is damaged; remove {part} and give")):
            open_ensemble(folder).frame()
        part.write_bytes(content)


@pytest.mark.parametrize("name", ["mine.parquet", "0000000-0000001_0000000-99999999.parquet", "0-x.parquet"])
def test_a_file_that_is_no_part_is_named(folder: Path, name: str) -> None:
    (folder / "outcomes" / name).write_bytes(b"")
    with pytest.raises(InputError, match=f"{name}: is no part of a results folder; move it elsewhere"):
        open_ensemble(folder)


def test_what_the_message_says_mends_it(folder: Path, scenario: Scenario, models: list[TheatreModel]) -> None:
    part = folder / "series" / LATER
    part.write_bytes(cut(part.read_bytes()))
    (folder / "outcomes" / part.name).unlink()
    assert runs_in(folder) == [0, 1]
    play_part(folder, scenario, *PARTS[1])
    whole = np.concatenate([model.history.series["sdf_share"] for model in models], axis=1)
    assert np.array_equal(open_ensemble(folder).series("sdf_share"), whole)


def test_a_folder_of_other_results_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"mine: holds the results of baseline [0-9a-f]{8}; name another folder"):
        task_for(folder, load_scenario("baseline", [f"days={DAYS + 1}"]))
    with pytest.raises(InputError, match="holds the results of"):
        task_for(folder, load_scenario("baseline", [f"days={DAYS}", "seed=1"]))


def test_a_folder_of_other_code_is_refused(folder: Path, scenario: Scenario) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"code": "of last week"}))
    with pytest.raises(InputError, match="was made by another version of the code"):
        task_for(folder, scenario)


def test_a_folder_of_the_users_is_left_as_it_is(tmp_path: Path, scenario: Scenario) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="exists and is not a results folder; name another"):
        task_for(tmp_path, scenario)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_number_of_runs_is_not_part_of_what_a_folder_is_for(folder: Path) -> None:
    task_for(folder, load_scenario("baseline", [f"days={DAYS}", "runs=9"]))


def test_what_is_no_results_folder_is_said(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match=r"is not a results folder: it has no manifest\.json; name another"):
        open_ensemble(tmp_path)
    for part in (folder / "outcomes").iterdir():
        part.unlink()
    with pytest.raises(InputError, match="holds no finished run"):
        open_ensemble(folder)
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
    with pytest.raises(InputError, match="has schema 99, this version reads"):
        open_ensemble(folder)


def test_the_scenario_comes_back_as_it_was_run(folder: Path, scenario: Scenario) -> None:
    back = open_ensemble(folder).scenario
    assert (back.hash, back.seed, back.days, back.start_date) == (
        scenario.hash,
        scenario.seed,
        scenario.days,
        scenario.start_date,
    )
