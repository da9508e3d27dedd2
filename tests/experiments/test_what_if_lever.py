"""What-ifs as a lever of a sweep: each point is its scenario played alone, whatever it shares a block with, by name."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from sim.analysis.compare.pairs import pair
from sim.analysis.pooled import Pooled
from sim.analysis.sensitivity.point_values import PointValues
from sim.analysis.sensitivity.sensitivity import _layout
from sim.cli import commands
from sim.experiments.design.design import Design
from sim.experiments.design.sweep import Sweep
from sim.experiments.export.tables import outcomes_of
from sim.experiments.play.check import compact, status, verify
from sim.experiments.play.job import play
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.registry import load_scenario
from sim.scenario.export import write_scenario
from tests.sweeps import assert_same, quiet, run_sweep

DAYS, RUNS, ROWS = 7, 2, 2
BREAKDOWN, BATCH = "truce.breakdown_per_day", "transfer.batch_chance_per_day"
LATER = """
base = "us-leaves-first"
title = "Later"
expected = { collapse_day = "later" }
takes_effect = 2026-01-17
[moscow]
policy = "stay"
[truce]
breakdown_per_day = 0.015
[[orders]]
actor = "damascus"
decision = "campaign"
order = "hold_fire"
from = 2026-01-18
to = 2026-01-19
"""
SOONER = 'base = "baseline"\ntitle = "Sooner"\ntakes_effect = 2026-01-14\n[sdf]\npolicy = "integrate_early"\n'
ORDERED = """
base = "baseline"
title = "Ordered"
days = 30
seed = 5
[[orders]]
actor = "damascus"
decision = "campaign"
order = "hold_fire"
from = 2026-01-14
to = 2026-01-16
"""
RESCHEDULED = """
base = "baseline"
title = "No summit"
[[timeline]]
date = 2026-01-16
event = "deadline"
note = "a later one"
source = "assumed"
"""
SWEEP = f"""
format = 1
base = "baseline"
days = {DAYS}

[design]
method = "lhs"
points = {ROWS}
seed = 3

[levers]
"scenario" = {{ values = ["transfer-stalls", "baseline", "./later.toml", "sooner.toml", "./ordered.toml",
                         "./rescheduled.toml"] }}
"damascus.policy" = {{ values = ["documented", "press_on"] }}

[uncertainties]
"*" = {{}}
"{BATCH}" = {{}}

[replicates]
n = {RUNS}

[output]
series = "full"
"""
LISTED = SWEEP[SWEEP.index("{ values = [") : SWEEP.index("] }") + 3]
NAMES = ("transfer-stalls", "baseline", "later", "sooner", "ordered", "rescheduled")
MIXABLE = 4
"""Blocks that the six fall into: three take effect on days or have a timeline of their own."""


def written(folder: Path, text: str = SWEEP) -> Path:
    for name, said in (("later", LATER), ("sooner", SOONER), ("ordered", ORDERED), ("rescheduled", RESCHEDULED)):
        (folder / f"{name}.toml").write_text(said)
    (folder / "mine.toml").write_text(text)
    return folder / "mine.toml"


def read(folder: Path, old: str = "", new: str = "") -> Sweep:
    return load_sweep(written(folder, SWEEP.replace(old, new)))


def names_of(design: Design) -> list[str]:
    return design.names(range(design.points))


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    """The sweep, played once, its files gone and its folder elsewhere."""
    files, away = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("away")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 5 * RUNS)
        run_sweep(load_sweep(written(files)), files / "swept", 1, quiet)
    shutil.move(files / "swept", away / "moved")
    shutil.rmtree(files)
    return SweepResults(away / "moved")


# --- what is played ---------------------------------------------------------------------------------------------------


def test_every_point_is_its_scenario_played_alone(swept: SweepResults) -> None:
    table, names = swept.table(), swept.series_names()
    series = swept.series(names)
    for point in range(swept.design.points):
        numbers = swept.run_numbers(np.full(RUNS, point), np.arange(RUNS))
        alone = play(swept.design.scenario(point, swept.base), numbers, (), "full")
        rows = np.flatnonzero(table["point"].to_numpy() == point)
        for name, values in alone.outcomes.items():
            assert np.array_equal(values, table[name].to_numpy()[rows], equal_nan=True), (point, name)
        days = np.flatnonzero(series["point"].to_numpy() == point)
        for name in names:
            assert np.array_equal(alone.series[name].T.ravel(), series[name].to_numpy()[days], equal_nan=True), (point, name)


def test_scenarios_are_mixed_as_far_as_they_can_be(swept: SweepResults) -> None:
    blocks = swept.design.blocks(range(swept.design.points), swept.base)
    assert len(blocks) == MIXABLE
    assert sorted(np.concatenate([block.places for block in blocks]).tolist()) == list(range(swept.design.points))


def test_a_point_is_the_what_if_with_the_values_of_its_row(swept: SweepResults) -> None:
    design, base = swept.design, swept.base
    for point in range(1, design.points):
        name, made = names_of(design)[point], design.scenario(point, base)
        what_if = design.scenarios.get(name, base)
        drawn = {factor.path: design.drawn(factor.path, base)[point] for factor in design.factors[1:]}
        assert (made.days, made.seed, made.orders) == (DAYS, base.seed, what_if.orders)
        assert [day for day, _ in made.stages] == [day for day, _ in what_if.stages]
        for (_, stage), (_, own) in zip(made.stages, what_if.stages, strict=True):
            for path, entry in stage.entries.items():
                set_away = own.entries[path].value != base.entries[path].value
                expected = own.entries[path].value if set_away else drawn.get(path, base.entries[path].value)
                assert entry.value == expected, (point, path)


def test_what_a_what_if_sets_itself_is_never_drawn_over(swept: SweepResults) -> None:
    design, base = swept.design, swept.base
    played, drawn = design.column(BATCH), design.drawn(BATCH, base)
    stalled = [place for place, name in enumerate(names_of(design)) if name == "transfer-stalls"]
    assert [played[place] for place in stalled] == [0.0] * len(stalled)
    assert all(design.scenario(place, base).entries[BATCH].value == 0.0 for place in stalled)
    rows = np.array(design.row_of_design)
    for row in range(ROWS):
        assert len({value for value, mine in zip(drawn, rows == row, strict=True) if mine}) == 1
    assert len(set(drawn)) == ROWS + 1  # and the base's
    later = names_of(design).index("later")  # its own from its day on: what was drawn holds before
    assert design.column(BREAKDOWN)[later] == design.drawn(BREAKDOWN, base)[later]
    stages = [stage.entries[BREAKDOWN].value for _, stage in design.scenario(later, base).stages]
    assert stages == [design.column(BREAKDOWN)[later], 0.015]


def test_the_design_table_names_the_scenario_and_shows_what_was_played(swept: SweepResults) -> None:
    table = swept.design_table()
    assert set(table["scenario"].to_pylist()) == set(NAMES) and table["scenario"][0].as_py() == "baseline"
    assert table[BATCH].to_pylist() == [
        swept.design.scenario(point, swept.base).entries[BATCH].value for point in range(swept.design.points)
    ]
    assert outcomes_of(swept.folder, ["killed_sdf"])["scenario"].to_pylist()[::RUNS] == table["scenario"].to_pylist()


def test_a_base_that_takes_effect_later_is_varied_from_its_day_on(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('base = "./later.toml"\ntitle = "Other"\n[us]\npolicy = "stay"\n')
    text = SWEEP.replace('base = "baseline"', 'base = "./later.toml"')
    text = text.replace(LISTED, '{ values = ["later", "./other.toml"] }')
    sweep = load_sweep(written(tmp_path, text.replace('"*" = {}', "").replace(BATCH, BREAKDOWN)))
    base, design = sweep.base, sweep.design
    points = range(design.points)
    (block,) = design.blocks(points, base)
    together = play(block.scenario, np.zeros(len(points), int), block.columns, "full")
    for point in points:
        made = design.scenario(point, base)
        assert base.branch is not None and made.branch is not None and made.branch.origin.hash == base.branch.origin.hash
        alone = play(made, np.zeros(1, int), (), "full")
        for name, values in alone.series.items():
            assert np.array_equal(values[:, 0], together.series[name][:, point]), (point, name)


def test_what_ifs_of_too_many_orders_for_a_record_get_blocks_of_their_own(tmp_path: Path) -> None:
    def ordered(name: str, first: int, count: int) -> None:
        days = [date(2026, 1, 13) + timedelta(days=first + 2 * day) for day in range(count)]
        orders = [
            f'[[orders]]\nactor = "moscow"\ndecision = "qamishli"\norder = "leave_qamishli"\nfrom = {day}\n' for day in days
        ]
        (tmp_path / f"{name}.toml").write_text(f'base = "baseline"\ntitle = "{name}"\n' + "\n".join(orders))

    listed = SWEEP[SWEEP.index("values = [") + 9 : SWEEP.index("] }") + 1]
    for count, blocks in ((60, 3), (20, 1)):
        for first in range(3):
            ordered(f"o{first}", first + 50 * (first == 2), count)
        sweep = read(tmp_path, listed, '["./o0.toml", "./o1.toml", "./o2.toml"]')
        assert len(sweep.design.blocks(range(1, sweep.design.points), sweep.base)) == blocks


# --- the folder -------------------------------------------------------------------------------------------------------


def test_a_moved_folder_is_gone_on_with_compacted_and_verified(swept: SweepResults, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    shutil.copytree(swept.folder, folder)
    lost = sorted((folder / "outcomes").iterdir())[1:2]
    for part in lost:
        part.unlink()
    assert lost and status(folder).done < status(folder).asked
    again = load_sweep(folder)
    assert again.hash == swept.manifest["hash"] and again.design == swept.design
    run_sweep(again, folder, 1, quiet)
    before, after = compact(folder)
    assert after < before
    assert_same(SweepResults(folder), swept)
    assert list(verify(folder, 2)) == []
    assert status(folder).scenarios == NAMES


def test_a_table_of_a_design_is_gone_on_with_too(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"{BATCH},us.policy\n0.5,stay\n0.5,stay\n0.25,documented\n")
    text = SWEEP.replace('"lhs"', '"table"\ntable = "./rows.csv"\nrepeated = true').replace(f"points = {ROWS}\n", "")
    text = text[: text.index("[uncertainties]")] + "[replicates]\nn = 2\n[output]\nseries = 'none'\n"
    text = text.replace('"./later.toml", ', "")
    sweep = load_sweep(written(tmp_path, text))
    run_sweep(sweep, tmp_path / "it", 1, quiet)
    (tmp_path / "rows.csv").unlink()
    again = load_sweep(tmp_path / "it")
    assert (again.hash, again.runs) == (sweep.hash, 2)
    paired = pair([tmp_path / "it"], by="scenario")
    assert len(paired.base.key) == 3 * 2 * 2  # rows that repeat count, each with the same row of the others


def test_the_hash_of_a_sweep_is_that_of_its_scenarios_too(tmp_path: Path) -> None:
    before = read(tmp_path).hash
    assert read(tmp_path, "./ordered.toml", "ordered.toml").hash == before
    written(tmp_path)
    (tmp_path / "ordered.toml").write_text(ORDERED.replace("2026-01-14", "2026-01-15"))
    assert load_sweep(tmp_path / "mine.toml").hash != before


def test_a_scenario_that_was_changed_in_the_folder_is_named(swept: SweepResults, tmp_path: Path) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(swept.folder, folder)
    (file,) = folder.glob("scenarios/ordered-*/scenario.toml")
    file.write_text(file.read_text().replace("from = 2026-01-14", "from = 2026-01-15"))
    (fault,) = verify(folder, 3)
    assert fault.endswith("scenario.toml: is not what was run; name another folder")
    with pytest.raises(InputError, match=r"scenario.toml: is not what was run"):
        run_sweep(load_sweep(folder), folder, 1, quiet)


OWN = "".join(f'{key} = "shipped"\n' for key in ("classes", "sectors", "sites"))


def test_own_maps_are_kept_beside_a_scenario(tmp_path: Path) -> None:
    from sim.ground.paths import data_folder

    shutil.copy(data_folder() / "control-2026-01-12.txt", tmp_path / "map.txt")
    (tmp_path / "mapped.toml").write_text(LATER.replace('"us-leaves-first"', '"./own.toml"'))
    (tmp_path / "own.toml").write_text('base = "baseline"\ntitle = "Own"\ncontrol = "./map.txt"\n' + OWN)
    made = load_scenario(tmp_path / "mapped.toml")
    (tmp_path / "kept").mkdir()
    write_scenario(made, tmp_path / "kept")
    (tmp_path / "map.txt").unlink()
    shutil.move(tmp_path / "kept", tmp_path / "moved")
    assert load_scenario(tmp_path / "moved" / "scenario.toml").hash == made.hash


# --- what is said of it -----------------------------------------------------------------------------------------------


def test_compare_pairs_scenarios_by_row_and_run(swept: SweepResults) -> None:
    paired = pair([swept.folder], by="scenario")
    assert paired.base.name == "baseline" and {side.name for side in paired.others} == set(NAMES) - {"baseline"}
    assert len(paired.base.key) == ROWS * 2 * RUNS
    expected = {side.name: side.expected for side in paired.others}
    assert expected["later"] == {"collapse_day": "later"} and expected["transfer-stalls"]["detainees_transferred"] == "down"
    table, design = swept.table(["us_persons"]), swept.design
    point, value = table["point"].to_numpy(), table["us_persons"].to_numpy()
    for side in (paired.base, *paired.others):
        mine = [each for each, name in enumerate(names_of(design)) if name == side.name and design.row_of_design[each] >= 0]
        assert np.array_equal(side.outcomes["us_persons"], np.concatenate([value[point == each] for each in mine]))
    policies = pair([swept.folder], by="damascus.policy")
    assert len(policies.base.key) == ROWS * len(NAMES) * RUNS


def test_sensitivity_takes_the_scenario_as_a_lever_and_values_as_drawn(swept: SweepResults) -> None:
    points = np.arange(1, swept.design.points)
    layout, entries = _layout(swept, PointValues(points, np.zeros((len(points), RUNS))))
    grades = {entry.path: grade for entry, grade in entries}
    assert (grades["scenario"], grades["damascus.policy"]) == ("lever", "lever") and grades[BATCH] != "lever"
    column = dict(zip(grades, layout.columns, strict=True))[BATCH]
    assert len(set(column.tolist())) == ROWS
    with pytest.raises(InputError, match="varies scenario, a lever"):
        Pooled(swept)


def test_the_command_line_names_the_scenarios(swept: SweepResults, tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(commands, list(arguments))
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    folder = str(swept.folder)
    assert "scenarios transfer-stalls, baseline, later, sooner, ordered" in said("status", folder)
    point = names_of(swept.design).index("ordered")
    assert "ordered_hold_fire_from_2026_01_14" in said("explain", folder, "--point", str(point), "--run", "1")
    for wrong in (["--run", "0"], ["--run", "2", "--point", "1"], ["--run", "0", "--point", "99"]):
        assert CliRunner().invoke(commands, ["explain", folder, *wrong]).exit_code != 0


def test_netcdf_names_the_scenarios(swept: SweepResults) -> None:
    pytest.importorskip("xarray")
    from sim.experiments.export.netcdf import to_xarray

    made = to_xarray(swept)
    assert made["scenario"].values.tolist() == swept.design.column("scenario")
    assert made["scenario"].attrs["units"] == "name"


# --- what is refused --------------------------------------------------------------------------------------------------

LEVER = r"\[levers\] scenario"
FAULTS: list[tuple[str, str, str]] = [
    (LISTED, "{}", LEVER + r" = {} must list names of scenarios or paths, as in { values = \[\"baseline\""),
    (LISTED, "{ values = [1] }", LEVER + r" = {'values': \[1\]} must list names"),
    (LISTED, '{ values = ["us-leave-first"] }', LEVER + ": us-leave-first is not a known scenario; did you mean"),
    (LISTED, '{ values = ["./gone.toml"] }', LEVER + r": \./gone.toml: .*no such file"),
    (LISTED, '{ values = ["./bad.toml"] }', LEVER + r": bad.toml: moscow.policy = \"sty\" is not one of"),
    (LISTED, '{ values = ["later.toml", "./later.toml"] }', LEVER + r": \./later.toml: another is called later"),
    (LISTED, '{ values = ["./baseline.toml"] }', LEVER + r": \./baseline.toml: another is called baseline"),
    (LISTED, '{ values = ["from-ceasefire"] }', LEVER + ": from-ceasefire: it starts on 2026-01-20, the base on 2026-01-12"),
    (LISTED, '{ values = ["./epoch.toml"] }', LEVER + r": \./epoch.toml: its epoch is 2026-01-10"),
    (f"days = {DAYS}", "days = 4", LEVER + r": \./later.toml: with days = 4 of the sweep: takes_effect = 2026-01-17 must"),
    ('base = "baseline"', 'base = "./later.toml"', LEVER + ": .*: the base takes effect on day 5"),
    (
        '"damascus.policy" = { values = ["documented", "press_on"] }',
        '"us.policy" = { values = ["documented", "stay"] }',
        r"\[levers\] us.policy: later sets it too, under scenario; leave out",
    ),
    ('"*" = {}', '"scenario" = { values = ["baseline"] }', r"\[uncertainties\] scenario is a lever; list its values under"),
]


@pytest.mark.parametrize(("old", "new", "says"), FAULTS, ids=[new[:40] for _, new, _ in FAULTS])
def test_a_faulty_lever_of_scenarios_is_one_line(old: str, new: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('base = "baseline"\n[moscow]\npolicy = "sty"\n')
    (tmp_path / "epoch.toml").write_text('base = "baseline"\nepoch = 2026-01-10\n')
    (tmp_path / "baseline.toml").write_text('base = "us-leaves-first"\n')
    with pytest.raises(InputError, match=rf"mine.toml: {says}") as caught:
        load_sweep(written(tmp_path, SWEEP.replace(old, new)))
    assert "\n" not in str(caught.value)


def test_a_table_names_no_scenario(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("scenario\nbaseline\n")
    table: dict[str, Any] = {"format": 1, "base": "baseline", "design": {"method": "table", "table": "rows.csv"}}
    from sim.experiments.design.sweep_file import read_sweep

    with pytest.raises(InputError, match=r"row 1: scenario is a lever; list its values under \[levers\]"):
        read_sweep(table, "mine", "mine.toml", tmp_path)
