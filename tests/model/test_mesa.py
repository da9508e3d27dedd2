"""What a Mesa user relies on: the grid and the data collector show one run as it is, batch_run, and pickling."""

from __future__ import annotations

import pickle
from inspect import signature
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest
from mesa.batchrunner import batch_run

from sim.agents import AGENTS
from sim.experiments.play.replay import keep_ledger
from sim.ground.errors import InputError
from sim.model import TheatreModel
from sim.record.history import SERIES
from sim.record.mesa_views import ABROAD
from sim.registry import load_scenario
from sim.state.state import NEVER

DAY = 9
"""The collapse is over in most runs: the layers have something to show."""


@pytest.fixture
def model() -> TheatreModel:
    """Runs 4, 5 and 6 of the baseline on the evening of DAY."""
    made = TheatreModel(load_scenario("baseline", ["days=20"]), runs=3, first_run=4)
    made.run_to(DAY)
    return made


def on_the_lattice(model: TheatreModel, layer: np.ndarray) -> np.ndarray:
    """Return (cells,) what a layer holds at each cell, found by its place on the globe: x eastward, y northward."""
    grid = model.theatre.grid
    x = np.rint((grid.lon - grid.lon.min()) / 0.1).astype(int)
    y = np.rint((grid.lat - grid.lat.min()) / 0.1).astype(int)
    return layer[x, y]


# --- the grid ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [4, 5, 6])
def test_the_layers_show_the_chosen_run(model: TheatreModel, run: int) -> None:
    model.shown_run = run
    grid, cells, index = model.grid, model.theatre.cells, run - 4
    assert (on_the_lattice(model, grid.holder.data) == model.history.holder_on(DAY)[:, index]).all()
    for name in ("gone_over_on", "taken_on"):
        shown = on_the_lattice(model, getattr(grid, name).data)
        assert (shown[cells] == getattr(model.state, name)[:, index]).all(), name
        assert (np.delete(shown, cells) == NEVER).all(), name
        assert (shown != NEVER).any(), name


def test_the_layers_that_never_change_are_the_lattice_s(model: TheatreModel) -> None:
    for name in ("province", "allegiance_class", "population"):
        layer = getattr(model.grid, name).data
        assert (on_the_lattice(model, layer) == getattr(model.theatre.grid, name)).all(), name
    assert (model.grid.holder.data != ABROAD).sum() == model.theatre.grid.cells


def test_the_grid_follows_the_model(model: TheatreModel) -> None:
    fresh = TheatreModel(load_scenario("baseline", ["days=20"]), runs=3, first_run=4)
    grid = fresh.grid
    before = grid.holder.data.copy()
    fresh.run_to(DAY)
    assert fresh.grid is grid
    assert (grid.holder.data != before).any()
    assert (grid.holder.data == model.grid.holder.data).all()


def test_a_cell_of_the_grid_has_what_its_layers_say_and_its_neighbours(model: TheatreModel) -> None:
    grid, town = model.theatre.grid, model.theatre.grid.town("raqqa").cell
    x, y = int(grid.col[town] - grid.col.min()), int(grid.row.max() - grid.row[town])
    cell = model.grid[x, y]
    assert cell.holder == model.history.holder_on(DAY)[town, 0]
    assert {other.coordinate for other in cell.neighborhood} == {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)}


# --- the data collector -----------------------------------------------------------------------------------------------


def test_the_collector_has_every_evening_of_the_chosen_run(model: TheatreModel) -> None:
    model.shown_run = 5
    table = model.datacollector.get_model_vars_dataframe()
    assert table["day"].tolist() == list(range(1, DAY + 1))
    assert set(table.columns) == {"day", *SERIES}
    for name in SERIES:
        assert np.array_equal(table[name], model.history.series[name][1 : DAY + 1, 1]), name


def test_the_collector_follows_the_model_and_the_choice_of_the_run(model: TheatreModel) -> None:
    first = model.datacollector
    model.run_to(DAY + 2)
    assert model.datacollector is first
    assert first.model_vars["day"] == list(range(1, DAY + 3))
    model.shown_run = 6
    assert model.datacollector.model_vars["sdf_share"] == model.history.series["sdf_share"][1 : DAY + 3, 2].tolist()


def test_a_reporter_says_what_stands_in_the_last_row(model: TheatreModel) -> None:
    collector = model.datacollector
    for name in ("sdf_share", "qamishli_persons"):
        assert collector.model_reporters[name](model) == collector.model_vars[name][-1]


def test_asking_for_both_moves_nothing(model: TheatreModel) -> None:
    looked_at = TheatreModel(load_scenario("baseline", ["days=20"]), runs=3, first_run=4)
    while looked_at.day < DAY:
        looked_at.step()
        assert looked_at.grid is not None and looked_at.datacollector is not None
    assert all((looked_at.history.series[name] == model.history.series[name]).all() for name in SERIES)


def test_nothing_is_made_before_it_is_asked_for(model: TheatreModel) -> None:
    assert not any(isinstance(part, mesa.DataCollector | mesa.space._Grid) for part in vars(model).values())
    assert "_views" not in vars(model)


def test_a_run_that_is_not_in_the_block_cannot_be_shown(model: TheatreModel) -> None:
    model.shown_run = 0
    with pytest.raises(ValueError, match="shown_run = 0 is not in this block; it holds runs 4 to 6"):
        _ = model.grid


# --- batch_run and pickling -------------------------------------------------------------------------------------------


def test_batch_run_gives_the_runs_of_a_block() -> None:
    scenario = load_scenario("baseline", ["days=10"])
    whole = TheatreModel(scenario, runs=2)
    whole.run_to(10)
    rows = batch_run(TheatreModel, {"scenario": [scenario], "runs": 1, "first_run": range(2)}, display_progress=False)
    assert [row["day"] for row in rows] == [10, 10]
    for name in ("sdf_share", "killed_sdf", "detainees_escaped"):
        assert [row[name] for row in rows] == whole.history.series[name][-1].tolist(), name


@pytest.mark.parametrize("runs", [1, 2])
def test_iterations_of_batch_run_are_different_runs(runs: int) -> None:
    scenario = load_scenario("baseline", ["days=6"])
    whole = TheatreModel(scenario, runs=3 * runs)
    whole.run_to(6)
    rows = repeated({"scenario": scenario, "runs": runs}, 3)
    for name in ("sdf_share", "killed_sdf"):
        assert [row[name] for row in rows] == whole.history.series[name][-1, ::runs].tolist(), name


def test_iterations_beside_numbers_of_runs_are_refused() -> None:
    with pytest.raises(InputError, match=r"batch_run: every iteration would play the same runs: leave first_run out"):
        repeated({"scenario": load_scenario("baseline", ["days=2"]), "runs": 1, "first_run": [4]}, 2)


def repeated(parameters: dict[str, Any], iterations: int) -> list[dict[str, Any]]:
    """Call batch_run with a number of iterations, which newer versions of Mesa want as so many generators."""
    newer = "rng" in signature(batch_run).parameters
    how = {"rng": [None] * iterations} if newer else {"iterations": iterations}
    return batch_run(TheatreModel, parameters, display_progress=False, **how)


def test_a_scenario_is_taken_by_name_and_path_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base = "baseline"\ndays = 2\n')
    assert TheatreModel("baseline", runs=1).days == load_scenario("baseline").days
    assert TheatreModel(tmp_path / "mine.toml", runs=1).days == 2
    assert keep_ledger(str(tmp_path / "mine.toml"), 3).run == 3
    assert [row["day"] for row in repeated({"scenario": str(tmp_path / "mine.toml"), "runs": 1}, 1)] == [2]
    for given in (3, None, {"days": 2}):
        with pytest.raises(InputError, match=r"must be a scenario, as load_scenario returns it, a name or a path"):
            TheatreModel(given)
    with pytest.raises(InputError, match=r"baselin is not a known scenario; did you mean baseline\?"):
        TheatreModel("baselin")


def test_batch_run_day_by_day() -> None:
    scenario = load_scenario("baseline", ["days=4"])
    parameters = {"scenario": [scenario], "runs": 1, "first_run": 3}
    rows = batch_run(TheatreModel, parameters, display_progress=False, data_collection_period=1)
    assert [row["day"] for row in rows] == [1, 2, 3, 4]


def test_a_seed_by_the_way_of_mesa_is_refused() -> None:
    with pytest.raises(ValueError, match="the scenario's seed"):
        TheatreModel(load_scenario("baseline"), runs=1, rng=7)


ORDERED = """
base = "baseline"
title = "A person at Moscow"
days = 20

[[orders]]
actor = "moscow"
decision = "qamishli"
order = "leave_qamishli"
from = 2026-01-15
"""


def rules_of(model: TheatreModel) -> list[list[str]]:
    choices = [choice for agent in model.agents for decision in agent.decisions.values() for choice in decision]
    return [[rule.name for rule in choice.rules] for choice in choices]


@pytest.mark.parametrize("policy", ["documented", "random", "a person's"])
def test_a_model_pickles_with_what_it_shows_and_goes_on_alike(policy: str, tmp_path: Path) -> None:
    """Rules of the null policy and a person's orders are made of values; they travel too."""
    (tmp_path / "mine.toml").write_text(ORDERED)
    if policy == "a person's":
        scenario = load_scenario(tmp_path / "mine.toml")
    else:
        scenario = load_scenario("baseline", ["days=20", *(f'{agent.name}.policy="{policy}"' for agent in AGENTS)])
    model = TheatreModel(scenario, runs=2)
    model.run_to(DAY)
    assert model.grid is not None and model.datacollector is not None
    again: TheatreModel = pickle.loads(pickle.dumps(model))
    assert (again.grid.holder.data == model.grid.holder.data).all()
    assert again.datacollector.model_vars == model.datacollector.model_vars
    for each in (model, again):
        each.run_to(20)
    assert all((again.history.series[name] == model.history.series[name]).all() for name in SERIES)
    assert all((again.history.fired[name] == model.history.fired[name]).all() for name in model.history.fired)
    assert rules_of(again) == rules_of(model)
