"""Members of the axes: a prison, a base, a sector is a row of data; what a file of one's own leaves open is an error."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sim.agents import AGENTS
from sim.cli import commands
from sim.experiments.design.what_ifs import WhatIf, check_comparable
from sim.ground.errors import InputError
from sim.ground.grid import load_grid
from sim.ground.members import AXES, load_sectors, read_members, shipped_members
from sim.ground.paths import data_folder
from sim.model import TheatreModel
from sim.record.outcomes import OUTCOMES, outcome_table
from sim.registry import load_scenario
from sim.scenario.export import write_scenario
from sim.scenario.theatre import theatre_of

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (data_folder() / "theatre.toml").read_text(encoding="utf-8")
MINE = 'base = "baseline"\ntitle = "Mine"\nsites = "sites.toml"\n'

PRISON = """
[[custody_sites]]
key = "raqqa_jail"
name = "a jail in Raqqa"
kind = "prison"
lat = 35.95
lon = 39.01
source = "assumed"
"""
EVIDENCE = 'kind = "state", confidence = "-", source = "assumed"'
VALUES = f"""
[start.inmates]
raqqa_jail = {{ value = 500, unit = "persons", range = [500, 500], {EVIDENCE} }}
[start.guards]
raqqa_jail = {{ value = 20, unit = "persons", range = [20, 20], {EVIDENCE} }}
[start.custody]
raqqa_jail = {{ value = "guarded", unit = "name", {EVIDENCE} }}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.toml").write_text(MINE + VALUES)
    (tmp_path / "sites.toml").write_text(SHIPPED + PRISON)
    return tmp_path


# --- a file of one's own ------------------------------------------------------------------------------------------------


def test_a_prison_of_ones_own_is_guarded_and_escaped_from(folder: Path) -> None:
    scenario = load_scenario(folder / "mine.toml")
    assert scenario.hash != load_scenario("baseline").hash
    assert scenario["start"].inmates["raqqa_jail"] == 500
    model = TheatreModel(scenario, 64)
    site = scenario.members.index("custody_sites", "raqqa_jail")
    assert (model.state.inmates[site] == 500).all() and model.state.inmates.shape == (9, 64)
    model.run_to(20)
    assert (model.state.custody[site] != 0).any() and model.state.escaped[site].sum() > 0
    total = model.history.series["detainees_escaped"][20]
    assert (total >= model.state.escaped[site]).all()


def test_a_scenario_of_ones_own_sites_is_complete_in_its_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scenario, kept = load_scenario(folder / "mine.toml"), tmp_path_factory.mktemp("kept")
    write_scenario(scenario, kept)
    (folder / "sites.toml").unlink()
    assert load_scenario(kept / "scenario.toml").hash == scenario.hash


def test_a_value_of_a_member_that_is_missing_is_named(folder: Path) -> None:
    (folder / "mine.toml").write_text(MINE)
    with pytest.raises(InputError, match=r"start.inmates.raqqa_jail is missing; it belongs to the sites"):
        load_scenario(folder / "mine.toml")


def test_what_a_site_left_out_would_have_said_does_not_arise(folder: Path) -> None:
    (folder / "sites.toml").write_text(without("custody_sites", "alaya"))
    (folder / "mine.toml").write_text(MINE)
    model = TheatreModel(load_scenario(folder / "mine.toml", ["days=3"]), 4)
    model.run_to(3)
    table = outcome_table(model.history)
    assert np.isnan(table["alaya_escapes"]).all() and not np.isnan(table["panorama_escapes"]).any()
    assert np.isfinite(table["displaced_peak"]).all()
    (folder / "mine.toml").write_text(MINE + "[start.inmates]\nalaya = 10\n")
    with pytest.raises(InputError, match=r"start.inmates.alaya is not a known key"):
        load_scenario(folder / "mine.toml")


@pytest.mark.parametrize("axis", [axis for axis in AXES if axis != "sectors"])
def test_an_empty_axis_switches_its_mechanism_off(folder: Path, axis: str) -> None:
    given = {each: "[]" if each == axis else '"shipped"' for each in AXES}
    (folder / "sites.toml").write_text("\n".join(f"{each} = {members}" for each, members in given.items()))
    (folder / "mine.toml").write_text(MINE)
    if axis == "institutions":  # assets name them
        with pytest.raises(InputError, match=r"assets: rmelan: oil is none of the institutions"):
            load_scenario(folder / "mine.toml")
        return
    model = TheatreModel(load_scenario(folder / "mine.toml", ["days=12"]), 8)
    model.run_to(12)
    nobody = {
        "custody_sites": "detainees_escaped", "assets": "oil_share_damascus", "us_bases": "us_persons",
        "insurgent_provinces": "attacks", "hosts": "displaced_hasakah", "coastal_bases": "supply_delivered",
        "towns": "raqqa_taken",
    }  # fmt: skip
    assert axis not in nobody or not model.history.series[nobody[axis]].any()
    assert all(np.isfinite(values).all() for values in model.history.series.values())
    missing = {name for name, values in outcome_table(model.history).items() if np.isnan(values).all()}
    about = {outcome.name for outcome in OUTCOMES if outcome.member and outcome.member[0] == axis}
    assert about <= missing


def test_sectors_of_ones_own_are_drawn_by_their_letters(folder: Path) -> None:
    letters = (data_folder() / "sectors.txt").read_text()
    (folder / "sectors.txt").write_text(
        "\n".join(line if line.startswith("#") else line.replace("z", "r") for line in letters.splitlines())
    )
    (folder / "mine.toml").write_text('base = "baseline"\ntitle = "Mine"\nsectors = "sectors.txt"\n')
    scenario = load_scenario(folder / "mine.toml")
    before, after = theatre_of(load_scenario("baseline")), theatre_of(scenario)
    index = [sector.key for sector in scenario.members["sectors"]].index
    assert (after.sector == index("raqqa")).sum() == np.isin(before.sector, [index("raqqa"), index("deir_ez_zor")]).sum()
    assert scenario.hash != load_scenario("baseline").hash
    (folder / "sectors.txt").write_text(letters.replace("z", "q"))
    with pytest.raises(InputError, match=r"mine.toml: sectors: sectors.txt: line \d+, column \d+: 'q' is not one of d"):
        load_scenario(folder / "mine.toml")


def without(axis: str, key: str) -> str:
    blocks = re.split(r"(?m)^(?=\[\[)", SHIPPED)
    return "".join(block for block in blocks if not block.startswith(f'[[{axis}]]\nkey = "{key}"'))


FAULTS = (
    (SHIPPED.replace('key = "roj"', 'key = "al_hol"'), "custody_sites: al_hol stands there twice"),
    (SHIPPED + PRISON.replace("35.95", "45.95"), "custody_sites: raqqa_jail: 45.95 N, 39.01 E is in no"),
    (SHIPPED + PRISON.replace('kind = "prison"', 'kind = "hotel"'), 'custody_sites: raqqa_jail: kind "hotel" is'),
    (SHIPPED + PRISON.replace('source = "assumed"\n', ""), "custody_sites: raqqa_jail: source is missing"),
    (SHIPPED + PRISON.replace("lat = 35.95\nlon = 39.01\n", ""), "custody_sites: raqqa_jail is no site of the lattice;"),
    (SHIPPED + "[[prisons]]\n", "prisons is not one of sectors"),
    (SHIPPED.replace("[[towns]]", "[[gains]]"), "towns is missing: give its members"),
    (SHIPPED.replace('letter = "z"', 'letter = "r"'), "sectors: each needs a letter of its own"),
    (SHIPPED.replace('roles = ["port"]', 'roles = ["harbour"]'), 'coastal_bases: tartus: roles "harbour" is not'),
    (SHIPPED.replace('institution = "airport"', 'institution = "airfield"'), "assets: qamishli_airport: airfield is"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "says"), FAULTS, ids=[says[:40] for _, says in FAULTS])
def test_a_fault_is_one_line_that_names_the_member(folder: Path, text: str, says: str) -> None:
    (folder / "sites.toml").write_text(text)
    with pytest.raises(InputError, match=re.escape(f"mine.toml: sites: sites.toml: {says}")):
        load_scenario(folder / "mine.toml")


# --- the shipped ones ---------------------------------------------------------------------------------------------------


def test_the_shipped_members_are_of_the_lattice_and_have_a_source() -> None:
    members = shipped_members()
    assert members.digest == read_members(data_folder() / "theatre.toml").digest
    assert all(member.source for axis in AXES for member in members[axis])
    grid = load_grid()
    assert (load_sectors("", members) >= 0).all() and len(load_sectors("", members)) == grid.cells


PLACES = {
    word
    for table in ("provinces.tsv", "sites.tsv", "towns.tsv")
    for line in (data_folder() / table).read_text(encoding="utf-8").splitlines()[1:]
    if not line.startswith("#")
    for word in re.findall(r"[a-z]{4,}", line.split("\t")[0 if table != "provinces.tsv" else 2])
} - {
    "damascus", "base", "post", "prison", "camp", "field", "dam", "plant", "airport", "bridge", "bridges", "garrison",
    "international", "village", "green", "crossing", "euphrates", "former", "station", "tell",
}  # fmt: skip
"""Words of the names of places; Damascus is an actor as well."""

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def test_no_rule_and_no_mechanism_names_a_place() -> None:
    """Outside docstrings that cite evidence, and names of rules, orders and matters, which users write."""
    named = {name for agent in AGENTS for policy in agent.policies.values() for decision, rules in policy.items()
             for name in (decision, *(rule.name for rule in rules), *(rule.order.__name__ for rule in rules))}  # fmt: skip
    found = []
    for file in [*(ROOT / "sim" / "agents").rglob("*.py"), *(ROOT / "sim" / "mechanisms").rglob("*.py")]:
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            docs = ast.get_docstring(node, clean=False) if isinstance(node, DOCUMENTED) else None
            if docs and re.search(r"facts|Evidence|Source", docs):
                text = text.replace(docs, "")
        for word in re.findall(r"\w+", re.sub(r'Rule\([^\n]*?, "[^"\n]*"\)', "", text)):
            if word not in named and set(re.split(r"_|\d", word.lower())) & PLACES:
                found.append(f"{file.name}: {word}")
    assert found == []


# --- where two scenarios have other members -----------------------------------------------------------------------------


def test_results_of_ones_own_sites_are_reported_and_told_apart_from_the_base(folder: Path) -> None:
    out = folder / "made"
    (folder / "mine.toml").write_text("days = 6\n" + MINE + VALUES)
    played = ("run", str(folder / "mine.toml"), "--runs", "4", "--workers", "1", "--out", str(out))
    parted = ("explain", str(folder / "mine.toml"), "--run", "0", "--diverge", "baseline")
    for line in (played, ("check", str(folder / "mine.toml")), parted):
        done = CliRunner().invoke(commands, line)
        assert done.exit_code == 0, done.output
    assert "start.inmates.raqqa_jail: 500 and no such member" in done.output
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("no such member") == 3  # inmates, guards, custody


def test_scenarios_of_other_sectors_are_never_mixed_in_a_block_and_those_of_other_members_are_refused(folder: Path) -> None:
    base = load_scenario("baseline")
    letters = (data_folder() / "sectors.txt").read_text()
    (folder / "sectors.txt").write_text(letters.replace("z", "r"))
    (folder / "other.toml").write_text('base = "baseline"\ntitle = "Other"\nsectors = "sectors.txt"\n')
    other = WhatIf(load_scenario(folder / "other.toml"), base)
    check_comparable(other)
    assert other.block != WhatIf(base, base).block
    with pytest.raises(InputError, match="its sites have other members than the base's"):
        check_comparable(WhatIf(load_scenario(folder / "mine.toml"), base))


def test_sites_cannot_change_on_the_day_a_branch_takes_effect(folder: Path) -> None:
    (folder / "later.toml").write_text("takes_effect = 2026-01-20\n" + MINE + VALUES)
    with pytest.raises(InputError, match="sites cannot change on 2026-01-20; it belongs to the base"):
        load_scenario(folder / "later.toml")
