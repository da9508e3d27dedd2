"""Outcomes of one's own in results: kept, added to what is there a part at a time, told where they lack, compared."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.analysis.compare.compare import compare
from sim.analysis.hindcast.answers import answers_of
from sim.analysis.hindcast.hindcast import hindcast
from sim.analysis.hindcast.observations import load_observations
from sim.analysis.measure import measure_of
from sim.analysis.pooled import Pooled
from sim.analysis.sensitivity.point_values import point_values
from sim.analysis.where import condition_on
from sim.experiments.export.tables import outcomes_of as table_of
from sim.experiments.play import fill as filling
from sim.experiments.play.check import compact, verify
from sim.experiments.play.run import ensemble_of
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.stored import Stored
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.record.outcomes import OUTCOMES, outcomes_of
from sim.registry import load_scenario
from sim.scenario.own_outcomes import OwnOutcome
from sim.scenario.scenario import Scenario
from tests.sweeps import SWEEP, quiet, run_ensemble, run_sweep, written

OWN = """
[outcomes]
truce_then = { title = "Truce in force on 21 January", of = "truce@2026-01-21" }
worst = "max(displaced_aleppo + displaced_hasakah)"
broken_later = "truce_broken_on + 2"
worst_thousands = { of = "worst / 1000", unit = "thousand persons" }
"""
NAMES = ("truce_then", "worst", "broken_later", "worst_thousands")
RUNS = 6


def scenario_of(folder: Path, own: str = OWN, name: str = "mine", days: int = 14) -> Scenario:
    file = folder / f"{name}.toml"
    file.write_text(f'base = "baseline"\ndays = {days}\ntitle = "Mine"\n{own}')
    return load_scenario(file)


def files_of(folder: Path, *but: str) -> dict[str, bytes]:
    found = [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] not in but]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an ensemble without outcomes of its own, in three parts."""
    at = tmp_path_factory.mktemp("plain")
    for runs in (2, 4, RUNS):
        run_ensemble(scenario_of(at, own=""), runs, 1, at / "A")
    return at / "A"


@pytest.fixture
def there(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "A"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the same ensemble, played with outcomes of its own from the start."""
    at = tmp_path_factory.mktemp("whole")
    run_ensemble(scenario_of(at), RUNS, 1, at / "A")
    return at / "A"


def test_they_are_no_part_of_what_makes_numbers(tmp_path: Path) -> None:
    mine, base = scenario_of(tmp_path), scenario_of(tmp_path, own="", name="other")
    assert mine.hash == base.hash and mine == replace(base, name="mine")
    assert ensemble_of(mine).hash == ensemble_of(base).hash
    with_own, without = (load_sweep(written(tmp_path, SWEEP + more)) for more in (OWN, ""))
    assert with_own.hash == without.hash and [own.name for own in with_own.outcomes] == list(NAMES)


def test_they_are_kept_as_any_outcome(whole: Path) -> None:
    results = Stored(whole)
    values = {name: results.table()[name].to_numpy() for name in (*NAMES, "truce_broken_on", "displaced_peak")}
    assert np.allclose(values["worst"], values["displaced_peak"], rtol=1e-6)
    assert np.array_equal(values["worst_thousands"], values["worst"] / 1000)
    assert np.array_equal(values["broken_later"], values["truce_broken_on"] + 2, equal_nan=True)
    known = {outcome.name: outcome for outcome in results.known}
    assert (known["truce_then"].title, known["truce_then"].type) == ("Truce in force on 21 January", "yes_no")
    assert (known["worst"].unit, known["worst_thousands"].unit) == ("persons", "thousand persons")
    assert known["worst"].definition == "max(displaced_aleppo + displaced_hasakah)"
    assert table_of(whole).column_names[-5:] == [*NAMES[:3], "broken_later_arises", NAMES[3]]
    assert table_of(whole, ["truce_then"]).column_names == ["run", "truce_then"]
    assert list(verify(whole, 1)) == []


def test_an_older_folder_is_told_and_gains_them_and_keeps_all_else(there: Path, whole: Path, tmp_path: Path) -> None:
    before, columns = files_of(there, "outcomes", "outcomes.json", "scenario.toml"), Stored(there).table()
    said = (
        r"worst is not the name of an outcome; .* \[outcomes\] in the file of the scenario, "
        rf"and pullback run FILE --out {there} adds it"
    )
    with pytest.raises(InputError, match=said):
        measure_of("worst", Stored(there))
    mine = run_ensemble(scenario_of(tmp_path), RUNS, 1, there)
    assert files_of(there, "outcomes", "outcomes.json", "scenario.toml") == before
    assert mine.table(columns.column_names[2:]).equals(columns)
    assert mine.table().equals(Stored(whole).table())
    assert list(verify(there, 1)) == []
    after = files_of(there)
    run_ensemble(scenario_of(tmp_path), RUNS, 1, there)
    run_ensemble(scenario_of(tmp_path, own="", name="other"), RUNS, 1, there)
    assert files_of(there) == after, "nothing is lost by a call that asks for less"


class Killed(BaseException):
    """Stands for a driver that is killed."""


def killed_before(part: int) -> Callable[..., None]:
    """Return what adds outcomes and is killed before this part, counted from 1."""
    add, seen = filling.add_outcomes, []

    def work(*given: Any) -> None:
        seen.append(given)
        if len(seen) == part:
            raise Killed
        add(*given)

    return work


@pytest.mark.parametrize("part", [1, 2, 3])
def test_killed_between_parts_nothing_is_lost_and_the_same_command_goes_on(
    there: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    columns = Stored(there).table()
    with monkeypatch.context() as patched:
        patched.setattr(filling, "add_outcomes", killed_before(part))
        with pytest.raises(Killed):
            run_ensemble(scenario_of(tmp_path), RUNS, 1, there)
    left = Stored(there)
    assert left.lacking == NAMES and left.table().equals(columns), "what every part holds is read as before"
    said = f"lacks truce_then, worst, broken_later and 1 more; pullback run {there}/scenario.toml --out {there} adds them"
    assert left.lacks == said
    with pytest.raises(InputError, match="lacks truce_then, worst"):
        left.table(["worst"])
    with pytest.raises(InputError, match="adds them"):
        measure_of("worst", left)
    with pytest.raises(InputError, match="adds them"):
        condition_on(left, "worst > 3")
    assert list(verify(there, 0)) == [said]
    run_ensemble(load_scenario(there / "scenario.toml"), RUNS, 1, there)
    assert Stored(there).table().equals(Stored(whole).table())


def test_opening_what_lacks_them_says_so_in_a_line(there: Path) -> None:
    (there / "outcomes.json").write_text('{"x": {"of": "truce@2026-01-20"}}')
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table_of(there)
    assert [
        f"lacks x; pullback run {there}/scenario.toml --out {there} adds it" in str(each.message) for each in caught
    ] == [True]


@pytest.mark.parametrize("text", ["{", '{"x": 3}', '{"x": "truc@2026-01-20"}', "[]"])
def test_a_damaged_list_of_them_is_one_line(there: Path, text: str) -> None:
    (there / "outcomes.json").write_text(text)
    with pytest.raises(InputError, match=r"outcomes\.json: "):
        Stored(there).table()


def test_another_expression_under_the_name_is_worked_out_anew_and_with_it_what_is_made_of_it(
    there: Path, tmp_path: Path
) -> None:
    own = '[outcomes]\na = "days(truce)"\nb = "a + 1"\nc = "days(not truce)"\n'
    first = run_ensemble(scenario_of(tmp_path, own), RUNS, 1, there).table()
    files = {path: path.stat().st_mtime_ns for path in (there / "outcomes").iterdir()}
    changed = own.replace('a = "days(truce)"', 'a = { title = "Other", of = "2 * days(truce)" }')
    (there / "outcomes.json").write_text(json.dumps({"a": "2 * days(truce)", "b": "a + 1", "c": "days(not truce)"}))
    assert Stored(there).lacking == ("a", "b")
    after = run_ensemble(scenario_of(tmp_path, changed), RUNS, 1, there).table()
    assert np.array_equal(after["b"].to_numpy(), 2 * first["a"].to_numpy() + 1)
    assert after["c"].equals(first["c"])
    files = {path: path.stat().st_mtime_ns for path in (there / "outcomes").iterdir()}
    retitled = changed.replace("Other", "Yet another")
    assert {o.name: o.title for o in run_ensemble(scenario_of(tmp_path, retitled), RUNS, 1, there).known}[
        "a"
    ] == "Yet another"
    assert {path: path.stat().st_mtime_ns for path in (there / "outcomes").iterdir()} == files, "a title needs no run"


def test_numbers_that_come_out_otherwise_are_refused(there: Path, tmp_path: Path) -> None:
    part = sorted((there / "outcomes").iterdir())[0]
    table = pq.read_table(part)
    place = table.column_names.index("killed_sdf")
    changed = table.set_column(place, "killed_sdf", [np.full(len(table), 77.0)])
    pq.write_table(changed, part)
    with pytest.raises(Exception, match="killed_sdf comes out otherwise when it is played again"):
        run_ensemble(scenario_of(tmp_path), RUNS, 1, there)


def test_compared_where_both_have_it_and_told_where_one_lacks_it(there: Path, whole: Path, tmp_path: Path) -> None:
    made = compare(whole, there)
    assert {outcome.name for outcome in made.outcomes} == {outcome.name for outcome in OUTCOMES}
    assert "worst is not compared: mine (A) lacks it" in made.notes or any("worst is not compared" in n for n in made.notes)
    with pytest.raises(InputError, match="lacks it"):
        compare(whole, there, outcomes=["worst"])
    run_ensemble(scenario_of(tmp_path, OWN.replace("2026-01-21", "2026-01-22")), RUNS, 1, there)
    made = compare(whole, there, where="worst > 0 and worst_thousands < 1e6")
    assert "worst" in {outcome.name for outcome in made.outcomes} and made.as_object()["where"]
    assert "truce_then is not compared: the sides define it otherwise" in made.notes
    truce = Stored(whole).table()["truce_then"].to_numpy() == 1
    met = compare(whole, there, where="truce@2026-01-21 and days(truce) > 0").paired.base.key[:, 1].tolist()
    assert met == np.flatnonzero(truce).tolist() and len(met) > 0
    with pytest.raises(InputError, match="truce_then: the sides define it otherwise"):
        compare(whole, there, outcomes=["truce_then"])


OBSERVED = """
format = 1
[[observation]]
name = "Few killed by then"
outcome = "{outcome}"
observed = [0, 1, 500]
by = 2026-01-22
unit = "persons"
score = "crps"
nothing_changes = 0
used_to_fit = false
confidence = "L"
source = "assumed"
"""


def test_a_record_has_outcomes_of_its_own_worked_out_of_the_series(plain: Path, whole: Path, tmp_path: Path) -> None:
    file = tmp_path / "record.toml"
    file.write_text(OBSERVED.format(outcome="dead") + '\n[outcomes]\ndead = "killed_sdf@2026-01-22"\n')
    (item,) = load_observations(file)
    results = run_ensemble(scenario_of(tmp_path, own=""), RUNS, 1, plain)
    assert np.array_equal(answers_of(item, results), results.series("killed_sdf")[10])
    assert hindcast(results, [item])["observations"][0]["name"] == "Few killed by then"
    file.write_text(OBSERVED.format(outcome="worst"))
    (item,) = load_observations(file, Stored(whole).own)
    early = run_ensemble(scenario_of(tmp_path), RUNS, 1, whole)
    displaced = early.series("displaced_aleppo") + early.series("displaced_hasakah")
    assert np.allclose(answers_of(item, early), displaced[:11].max(axis=0), rtol=1e-6)
    file.write_text(OBSERVED.format(outcome="dead") + '\n[outcomes]\ndead = "killed_sd@2026-01-22"\n')
    with pytest.raises(InputError, match=r"record.toml: outcomes: dead: column 1: killed_sd is not a series; did you mean"):
        load_observations(file)


# Sweeps


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("swept")
    run_sweep(load_sweep(written(at)), at / "S", 1, quiet)
    return at / "S"


def test_a_sweep_gains_them_in_the_form_that_keeps_quantiles_alone(swept: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(swept, tmp_path / "S"))
    before, columns = files_of(folder, "outcomes", "outcomes.json", "scenario.toml"), SweepResults(folder).table()
    own = OWN.replace("2026-01-21", "2026-01-20")
    results = run_sweep(load_sweep(written(tmp_path, SWEEP + own)), folder, 1, quiet)
    assert results.own == load_sweep(folder).outcomes
    assert files_of(folder, "outcomes", "outcomes.json", "scenario.toml") == before
    assert results.table(columns.column_names[2:]).equals(columns)
    assert np.allclose(results.values("worst")[2], results.values("displaced_peak")[2], rtol=1e-6)
    worst = point_values(results, measure_of("worst", results), condition_on(results, "worst_thousands > 0"))
    peak = point_values(results, measure_of("displaced_peak", results))
    assert np.allclose(worst.values, peak.values, rtol=1e-6)
    assert list(verify(folder, 2)) == []
    with pytest.raises(InputError, match="lever"):
        Pooled(results)
    compact(folder)
    assert list(verify(folder, 0)) == [] and SweepResults(folder).table().equals(results.table())
    more = load_sweep(written(tmp_path, SWEEP + own + 'more = "worst + 1"\n'))
    assert np.array_equal(run_sweep(more, folder, 1, quiet).values("more")[2], results.values("worst")[2] + 1)


def test_a_lack_in_a_sweep_names_the_command(swept: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(swept, tmp_path / "S"))
    (folder / "outcomes.json").write_text('{"x": "days(truce)"}')
    assert SweepResults(folder).lacks == f"lacks x; pullback sweep {folder} adds it"
    assert run_sweep(load_sweep(folder), folder, 1, quiet).lacks == ""


def test_a_rule_for_the_number_of_runs_takes_them(tmp_path: Path) -> None:
    rule = 'min = 2\nstep = 2\nmax = 6\nuntil = [{ outcome = "soon", stat = "share", half_width = 0.01 }]\n'
    text = SWEEP.replace("n = 6\n", rule) + '\n[outcomes]\nsoon = "first(truce)"\n[output]\nseries = "none"\n'
    sweep = load_sweep(written(tmp_path, text))
    results = run_sweep(sweep, tmp_path / "S", 1, quiet)
    assert sweep.sequential is not None and sweep.sequential.until[0].of_date
    assert results.is_complete and (results.wanted == 6).all() and results.unsettled == 9
    with pytest.raises(InputError, match=r'stat = "mean" of soon must be "share": it is a date'):
        load_sweep(written(tmp_path, text.replace('"share"', '"mean"')))


def test_scenarios_of_a_lever_bring_theirs_and_may_not_contradict(tmp_path: Path) -> None:
    scenario_of(tmp_path, '[outcomes]\nx = "days(truce)"\n', "one", days=9)
    scenario_of(tmp_path, '[outcomes]\nx = "days(deal)"\n', "two", days=9)
    lever = '[levers]\nscenario = { values = ["./one.toml", "./two.toml"] }\n'
    text = SWEEP[: SWEEP.index("[levers]")] + lever + SWEEP[SWEEP.index("\n[uncertainties]") :]
    said = r'outcomes: x: is "days\(deal\)" in two and "days\(truce\)" elsewhere; say under \[outcomes\] which'
    with pytest.raises(InputError, match=said):
        load_sweep(written(tmp_path, text))
    sweep = load_sweep(written(tmp_path, text + '\n[outcomes]\nx = "days(truce or deal)"\n'))
    assert sweep.outcomes == (OwnOutcome("x", "days(truce or deal)"),)


def test_a_new_outcome_of_data_is_added_to_folders_in_the_same_way(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = sorted((there / "outcomes").iterdir())[0]
    table = pq.read_table(part)
    pq.write_table(table.drop_columns("sdf_share_2026_01_20"), part)
    assert Stored(there).lacking == ("sdf_share_2026_01_20",)
    kept = [outcome.name for outcome in Stored(there).known]
    assert kept == [outcome.name for outcome in outcomes_of() if outcome.name != "sdf_share_2026_01_20"]
    run_ensemble(load_scenario(there / "scenario.toml"), RUNS, 1, there)
    again = Stored(there).table()
    assert np.array_equal(again["sdf_share_2026_01_20"].to_numpy()[: len(table)], table["sdf_share_2026_01_20"].to_numpy())
