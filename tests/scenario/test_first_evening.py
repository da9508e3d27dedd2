"""The first evening agrees with itself, with the weeks before it and with what the outcomes say of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sim.cli import commands
from sim.ground.errors import InputError
from sim.ground.grid import load_control, load_grid
from sim.ground.paths import data_folder
from sim.ground.theatre import SDF
from sim.model import TheatreModel
from sim.record.outcomes import outcome_table
from sim.registry import load_scenario, registry
from sim.scenario.export import to_toml
from sim.scenario.files import scenario_names
from sim.scenario.first_evening import about_the_map, contradictions
from sim.scenario.scenario import Scenario
from sim.scenario.theatre import theatre_of
from sim.state.state import EQUIPMENT_CLASSES, COAST, GENERAL, IN_POCKET, ZONE
from tests.shipped import CUSTODY_SITES, POCKET

GRID = load_grid()


def described(scenario: Scenario) -> tuple[str, str, str]:
    return scenario.control, scenario.communities, scenario.classes


def rows() -> list[list[str]]:
    text = (data_folder() / "control-2026-01-12.txt").read_text(encoding="utf-8")
    return [list(line) for line in text.splitlines() if not line.startswith("#")]


MINE = """\
base = "baseline"
title = "Mine"
control = "map.txt"
classes = "shipped"
sectors = "shipped"
sites = "shipped"
"""
THEIR_PRISONS = "\n[start.custody]\n" + "".join(f'{site} = "damascus"\n' for site in CUSTODY_SITES)


@pytest.fixture
def another_defender(tmp_path: Path) -> Path:
    """A scenario whose map gives the SDF's ground to Damascus and Idlib with Hama to a defender there."""
    letters = rows()
    theirs = {GRID.province_index(key) for key in ("idlib", "hama")}
    for row, col, province in zip(GRID.row, GRID.col, GRID.province, strict=True):
        letters[row][col] = "S" if province in theirs else "G" if letters[row][col] == "S" else letters[row][col]
    (tmp_path / "map.txt").write_text("\n".join(map("".join, letters)), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(MINE + THEIR_PRISONS, encoding="utf-8")
    return tmp_path / "mine.toml"


# --- a map of one's own -------------------------------------------------------------------------------------------------


def test_a_replaced_map_brings_its_own_communities(another_defender: Path) -> None:
    scenario = load_scenario(another_defender)
    assert scenario.communities == scenario.control and scenario.communities_digest == scenario.control_digest
    theatre, model = theatre_of(scenario), TheatreModel(scenario, 2)
    held = load_control(scenario.control) == SDF
    assert set(theatre.cells[theatre.community]) == set(np.flatnonzero(held))
    assert not model.state.gone_over[:-1].any() and model.state.held_area.sum() > 0


def test_check_says_what_does_not_fit_a_replaced_map(another_defender: Path) -> None:
    done = CliRunner().invoke(commands, ["check", str(another_defender)])
    count = int((load_control(str(another_defender.parent / "map.txt")) == SDF).sum())
    assert done.exit_code == 0
    assert f"map.txt: {count} communities on map.txt: {count} other, 0 mixed, 0 kurdish_majority" in done.output
    assert f"classes: {count} communities lie outside hasakah" in done.output
    assert f"sectors: {count} communities lie in no named sector" in done.output


@pytest.mark.parametrize("key", ["classes", "sectors", "sites"])
def test_a_map_of_ones_own_says_whose_classes_sectors_and_sites_go_with_it(another_defender: Path, key: str) -> None:
    said = another_defender.read_text()
    another_defender.write_text(said.replace(f'{key} = "shipped"\n', ""))
    with pytest.raises(InputError, match=f"mine.toml: {key} is missing: with a map of your own say whose {key} go with it"):
        load_scenario(another_defender)


def test_sites_that_the_map_leaves_on_others_ground_are_an_error(another_defender: Path) -> None:
    another_defender.write_text(MINE)
    with pytest.raises(InputError, match=r"start.custody.al_sinaa = guarded, but its cell is damascus on map.txt"):
        load_scenario(another_defender)


def test_a_map_may_bring_its_own_classes(another_defender: Path) -> None:
    letters = rows()
    for row, col, province in zip(GRID.row, GRID.col, GRID.province, strict=True):
        letters[row][col] = "2" if province == GRID.province_index("idlib") else "0"
    (another_defender.parent / "classes.txt").write_text("\n".join(map("".join, letters)), encoding="utf-8")
    before = load_scenario(another_defender)
    another_defender.write_text(another_defender.read_text().replace('classes = "shipped"', 'classes = "classes.txt"'))
    scenario = load_scenario(another_defender)
    theatre = theatre_of(scenario)
    assert scenario.hash != before.hash
    assert (theatre.allegiance_class == 2).sum() == (GRID.province == GRID.province_index("idlib")).sum()
    assert "classes:" not in " ".join(about_the_map(theatre, *described(scenario)))
    (another_defender.parent / "whole.toml").write_text(to_toml(scenario), encoding="utf-8")
    assert load_scenario(another_defender.parent / "whole.toml").hash == scenario.hash
    (another_defender.parent / "classes.txt").write_text("\n".join(map("".join, rows())), encoding="utf-8")
    with pytest.raises(InputError, match=r"mine.toml: classes: classes.txt: line 3, column 67: 'S' is not one of 0, 1, 2"):
        load_scenario(another_defender)


def test_ground_of_the_sdf_that_is_none_of_the_communities_named_is_an_error(another_defender: Path) -> None:
    another_defender.write_text('communities = "2026-01-12"\n' + another_defender.read_text())
    with pytest.raises(InputError, match=r"mine.toml: communities: \d+ cells that the SDF holds on map.txt are none of"):
        load_scenario(another_defender)


# --- what it says of the truce and of the coast -------------------------------------------------------------------------


@pytest.mark.parametrize("name", scenario_names())
def test_no_shipped_scenario_contradicts_itself(name: str) -> None:
    scenario = load_scenario(name)
    assert contradictions(scenario["start"], scenario.control, scenario.communities, scenario.members) == []
    assert about_the_map(theatre_of(scenario), *described(scenario)) == []


@pytest.mark.parametrize(
    ("course", "says"),
    [
        (
            'truce_term = { value = 3, range = [3, 3], source = "assumed" }',
            "truce_days_left = 4 is more than truce_term = 3",
        ),
        ('campaign = "general"', "campaign = general, while truce_days_left = 4 says that a truce is in force"),
        (
            'escaped_shaddadi = { value = 100, range = [100, 100], source = "assumed" }',
            "recaptured_shaddadi is more than escaped_shaddadi",
        ),
    ],
)
def test_a_first_evening_that_contradicts_itself_is_an_error(tmp_path: Path, course: str, says: str) -> None:
    (tmp_path / "mine.toml").write_text(f'base = "from-ceasefire"\ntitle = "Mine"\n[start.course]\n{course}\n')
    with pytest.raises(InputError, match=f"mine.toml: start.course: {says}"):
        load_scenario(tmp_path / "mine.toml")


@pytest.mark.parametrize("item", EQUIPMENT_CLASSES)
def test_what_is_at_hmeimim_in_the_end_is_more_than_what_came_from_qamishli(item: str) -> None:
    scenario = load_scenario("baseline", ["days=25"])
    model = TheatreModel(scenario, 8)
    first = model.state.stock[COAST, EQUIPMENT_CLASSES.index(item)].copy()
    assert (first == getattr(scenario["start"].coast, item)).all() and (first > 0).all()
    model.run_to(25)
    assert (outcome_table(model.history)[f"hmeimim_{item}_end"] >= first).all()


# --- what remembers the days before -------------------------------------------------------------------------------------


def test_what_has_memory_starts_as_after_a_long_quiet_time() -> None:
    """With nobody acting, a first day leaves estimates, indices, relations and the army's nearness where they were."""
    idle = {f"{actor}.policy": "idle" for actor in registry().actors}
    model = TheatreModel(load_scenario("baseline").with_values(idle, "test"), 400)
    names = ("prospects", "influence_parts", "authority_parts", "uncertainty_parts", "relation", "nearness", "taken_cells")
    before = {name: getattr(model.state, name).copy() for name in (*names, "excitation")}
    model.step()
    for name in names:
        np.testing.assert_allclose(getattr(model.state, name), before[name], atol=1e-4, err_msg=name)
    assert model.state.excitation.mean(axis=1) == pytest.approx(before["excitation"].mean(axis=1), rel=0.05)


# --- fighting that resumes ----------------------------------------------------------------------------------------------


def resumed(scenario: Scenario, runs: int) -> tuple[np.ndarray, np.ndarray, TheatreModel]:
    """Return (runs,) the day fighting resumed by the outcome, and by the posture after a truce has ended; NaN for never."""
    model = TheatreModel(scenario, runs)
    model.run_to(scenario.days)
    campaign, truce = model.history.series["campaign"], model.history.series["truce"] > 0
    ended = np.zeros_like(truce)
    ended[1:] = np.logical_or.accumulate(truce[:-1] & ~truce[1:])
    again = ended & ((campaign == IN_POCKET) | (campaign == GENERAL))
    by_posture = np.where(again.any(axis=0), again.argmax(axis=0), np.nan)
    return outcome_table(model.history)["fighting_resumed_on"], by_posture, model


def test_fighting_resumes_by_the_outcome_when_it_does_by_the_posture() -> None:
    outcome, posture, model = resumed(load_scenario("from-ceasefire"), 48)
    np.testing.assert_array_equal(outcome, posture)
    assert 0 < np.isnan(outcome).mean() < 1
    assert not (model.history.series["campaign"] == ZONE).any(), (
        "the pocket has fallen: there is nothing to close a zone around"
    )


def test_an_ultimatum_after_a_truce_ends_in_resumed_fighting(tmp_path: Path) -> None:
    """With the pocket still the SDF's, a lapsed truce is followed by a zone and an attack on it."""
    letters = rows()
    later = [line for line in (data_folder() / "control-2026-01-20.txt").read_text().splitlines() if line[0] != "#"]
    pocket = theatre_of(load_scenario("baseline"))
    cells = set(pocket.cells[pocket.sector == POCKET].tolist())
    for index, (row, col) in enumerate(zip(GRID.row, GRID.col, strict=True)):
        letters[row][col] = "S" if index in cells else later[row][col]
    (tmp_path / "map.txt").write_text("\n".join(map("".join, letters)), encoding="utf-8")
    lines = 'base = "from-ceasefire"\ntitle = "Pocket"\ncontrol = "map.txt"\ncommunities = "2026-01-12"\ndays = 90\n'
    lines += "".join(f'{key} = "shipped"\n' for key in ("classes", "sectors", "sites"))
    (tmp_path / "pocket.toml").write_text(lines, encoding="utf-8")
    outcome, posture, model = resumed(load_scenario(tmp_path / "pocket.toml"), 32)
    np.testing.assert_array_equal(outcome, posture)
    days = np.nan_to_num(outcome).astype(int)
    before = model.history.series["campaign"][np.maximum(days - 1, 0), np.arange(32)]
    assert (before[~np.isnan(outcome)] == ZONE).any()
