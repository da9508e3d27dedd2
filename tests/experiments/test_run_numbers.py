"""Which random numbers a run of a sweep has: shared by all points, or own to each row; what a folder keeps; what is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import sim
from sim.analysis.compare.compare import compare
from sim.analysis.compare.pairs import pair
from sim.analysis.hindcast.hindcast import hindcast
from sim.analysis.hindcast.observation import Observation
from sim.analysis.hindcast.record import agreement
from sim.analysis.pooled import Pooled
from sim.analysis.sensitivity.sensitivity import sensitivity
from sim.cli import commands
from sim.draws import Draws
from sim.experiments.design.design import described
from sim.experiments.design.replicates import OWN, SHARED
from sim.experiments.design.sweep import Sweep
from sim.experiments.design.sweep_file import read_sweep
from sim.experiments.export.netcdf import to_xarray
from sim.experiments.export.tables import outcomes_of, series_of
from sim.experiments.play.folder import default_folder, with_streams_of
from sim.experiments.play.job import pairs_of
from sim.experiments.store.folders import read_manifest, write_json
from sim.experiments.store.initialise import open_folder
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.parts import Job, stamp_of, write_part
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.record.outcomes import OUTCOMES
from tests.sweeps import ROWS, SWEEP, quiet, run_sweep, written

BREAKDOWN = "truce.breakdown_per_day"
LEVERS = {"moscow.policy": {"values": ["documented", "stay"]}}
CLOSE = [{"outcome": "killed_sdf", "stat": "mean", "half_width": 1.0}]


def sweep(rows: int = 64, levers: Any = None, **replicates: Any) -> Sweep:
    data = {
        "format": 1,
        "base": "baseline",
        "design": {"method": "lhs", "points": rows, "seed": 1},
        "levers": levers or {},
        "uncertainties": {BREAKDOWN: {}},
        "replicates": replicates,
        "output": {"series": "none"},
    }
    return read_sweep(data, "made-up", "made-up.toml", Path())


def made_up(folder: Path, made: Sweep, killed: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> SweepResults:
    """Write a sweep whose killed_sdf is a function of the point and of the number of the run: nothing is played."""
    open_folder(folder, made)
    write_json(folder / "asked.json", {"runs": made.runs})
    job = Job(0, made.design.points, 0, made.runs)
    points, runs = pairs_of(job)
    numbers = made.design.run_numbers(points, runs, made.streams)
    table = {outcome.name: np.zeros(job.size) for outcome in OUTCOMES}
    write_part(folder, stamp_of(read_manifest(folder)), job, table | {"killed_sdf": killed(np.array(points), numbers)}, None)
    return SweepResults(folder)


def happens(points: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return 1 in a quarter of the random histories, whatever the values."""
    return (Draws(4, numbers).once("test", 1)[0] < 0.24).astype(float)


def called(*arguments: object) -> Result:
    return CliRunner().invoke(commands, [str(word) for word in arguments])


# --- the numbers ------------------------------------------------------------------------------------------------------


def test_own_numbers_are_those_of_an_ensemble_and_more_runs_leave_them_as_they_are() -> None:
    design, runs = sweep(rows=8).design, 5
    points, run = (each.ravel() for each in np.meshgrid(range(1, 9), range(runs), indexing="ij"))
    numbers = design.run_numbers(points, run, OWN)
    assert sorted(numbers.tolist()) == list(range(8 * runs)), "each random history once"
    assert (numbers == run * 8 + points - 1).all()
    assert sorted(numbers[run < 3].tolist()) == list(range(8 * 3))
    assert design.run_numbers(points, run, SHARED).tolist() == run.tolist()


def test_levers_share_the_numbers_of_their_row_and_the_base_is_played_as_an_ensemble() -> None:
    design = sweep(rows=8, levers=LEVERS).design
    numbers = {(p, r): int(design.run_numbers([p], np.array([r]), OWN)[0]) for p in range(17) for r in range(3)}
    assert [numbers[0, run] for run in range(3)] == [0, 1, 2]
    for point in range(1, 17, 2):
        assert design.row_of_design[point] == design.row_of_design[point + 1]
        assert [numbers[point, run] for run in range(3)] == [numbers[point + 1, run] for run in range(3)]
    assert len({numbers[point, run] for point in range(1, 17) for run in range(3)}) == 8 * 3


# --- what a sweep file says -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replicates", "streams"),
    [
        ({"n": 7}, OWN),
        ({"n": 8}, SHARED),
        ({}, SHARED),
        ({"n": 2, "streams": "shared"}, SHARED),
        ({"n": 64, "streams": "own"}, OWN),
        ({"min": 4, "max": 64, "until": CLOSE}, OWN),
        ({"min": 8, "max": 64, "until": CLOSE}, SHARED),
        ({"min": 8, "max": 64, "until": CLOSE, "streams": "own"}, OWN),
    ],
)
def test_points_of_fewer_than_eight_runs_have_their_own_numbers_unless_the_file_says(
    replicates: dict[str, Any], streams: str
) -> None:
    made = sweep(**replicates)
    assert (made.streams, made.streams_chosen) == (streams, "streams" in replicates)


def test_levers_alone_are_one_row_and_share_their_numbers_always() -> None:
    data = {"format": 1, "base": "baseline", "design": {"method": "grid"}, "levers": LEVERS}
    made = [read_sweep(data | {"replicates": r}, "x", "x.toml", Path()) for r in ({"n": 9}, {"n": 9, "streams": "own"})]
    assert [each.streams for each in made] == [SHARED, SHARED] and made[0].hash == made[1].hash


def test_only_numbers_of_their_own_change_the_hash() -> None:
    shared = sweep(n=8)
    assert sweep(n=8, streams="shared").hash == sweep(n=2, streams="shared").hash == shared.hash
    assert sweep(n=8, streams="own").hash == sweep(n=2).hash != shared.hash
    before = json.dumps([shared.base.hash, described(shared.recipe), "none", None], sort_keys=True)
    assert shared.hash == blake2b(before.encode(), digest_size=4).hexdigest(), "a folder from before keeps its name"


@pytest.mark.parametrize(
    ("replicates", "said"),
    [
        ({"streams": "both"}, '[replicates] streams = "both" must be one of shared, own'),
        ({"streams": 3}, "[replicates] streams = 3 must be one of shared, own"),
        ({"streams": ["own"]}, "[replicates] streams = ['own'] must be one of shared, own"),
        ({"stream": "own"}, "[replicates] stream is not a known key; did you mean streams?"),
        ({"until": CLOSE, "streams": True}, "[replicates] streams = true must be one of shared, own"),
    ],
)
def test_a_mistake_is_one_line(replicates: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as told:
        sweep(**replicates)
    assert str(told.value) == f"made-up.toml: {said}"


# --- what a folder keeps ----------------------------------------------------------------------------------------------

SHORT = SWEEP.replace("days = 9", "days = 2").replace("n = 6", "n = 2") + '[output]\nseries = "none"\n'


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    """A sweep of two runs a point, with numbers of their own. Tests leave its folder as it is."""
    folder = tmp_path_factory.mktemp("begun")
    return run_sweep(load_sweep(written(folder, SHORT)), folder / "it", 1, quiet)


def test_more_runs_go_on_with_the_numbers_a_folder_was_begun_with(begun: SweepResults, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(begun.folder, tmp_path / "it"))
    many = load_sweep(written(tmp_path, SHORT.replace("n = 2", "n = 9")))
    assert many.streams == SHARED and with_streams_of(many, folder).streams == OWN
    more = run_sweep(many, folder, 1, quiet)
    assert more.streams == OWN and more.runs_there == 9 * 9
    table = more.table()
    assert table.filter(np.asarray(table["run"]) < 2).equals(begun.table())
    done = called("sweep", tmp_path / "small.toml", "--workers", 1, "--out", folder)
    assert (
        "random numbers: own: each row of uncertain values has its own random numbers, the same for every lever"
        in done.stdout
    )
    assert "(as in the existing folder)" in done.stdout


def test_a_file_that_contradicts_its_folder_is_refused_in_a_line(begun: SweepResults, tmp_path: Path) -> None:
    file = written(tmp_path, SHORT.replace("n = 2", 'n = 2\nstreams = "shared"'))
    done = called("sweep", file, "--out", begun.folder)
    assert (done.exit_code, done.stderr) == (
        2,
        f'{begun.folder}: was created with streams = "own", the sweep file sets "shared"; name another folder, or leave '
        "[replicates] streams out\n",
    )


def test_a_folder_from_before_there_was_a_choice_goes_on_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shared = sweep(rows=4, n=2, streams="shared")
    made = made_up(Path("results") / f"made-up-{shared.hash}", shared, happens)
    manifest = read_manifest(made.folder)
    del manifest["streams"]
    write_json(made.folder / "manifest.json", manifest)
    few = sweep(rows=4, n=2)
    assert few.streams == OWN and default_folder(few) == made.folder and with_streams_of(few, made.folder).streams == SHARED
    assert run_sweep(few, made.folder, 1, quiet).runs_there == 10
    assert default_folder(sweep(rows=4, n=2, streams="own")) != made.folder


def test_a_manifest_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    made = made_up(tmp_path / "it", sweep(rows=4, n=2), happens)
    for streams, said in (("shared", "its manifest.json was changed; name another folder"), ("some", 'streams = "some"')):
        write_json(made.folder / "manifest.json", made.manifest | {"streams": streams})
        with pytest.raises(InputError, match=said):
            run_sweep(sweep(rows=4, n=2), made.folder, 1, quiet)


def test_plan_says_the_streams_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = called("plan", written(tmp_path, SHORT), "--workers", 1, "--json")
    assert json.loads(done.stdout)["streams"] == OWN
    few = called("plan", written(tmp_path, SHORT.replace("n = 2", 'n = 2\nstreams = "shared"')), "--workers", 1)
    assert "shared: run r of every point has the same random numbers" in few.stdout
    assert "! 18 runs are 2 random histories: every point has the same random numbers." in few.stdout


# --- exports ----------------------------------------------------------------------------------------------------------


def test_rows_say_the_number_of_the_run_that_was_played_where_it_is_not_the_run(begun: SweepResults) -> None:
    table = outcomes_of(begun.folder, ["killed_sdf"])
    assert table.column_names[:4] == ["point", "run", "run_number", "design_row"]
    point, run, number, row = (table[name].to_numpy() for name in table.column_names[:4])
    assert np.array_equal(number, np.where(point == 0, run, run * ROWS + row))
    frame = pytest.importorskip("pandas") and begun.frame(["killed_sdf"])
    assert frame["run_number"].tolist() == number.tolist()


def test_shared_runs_have_no_second_number(tmp_path: Path) -> None:
    made = made_up(tmp_path / "it", sweep(rows=4, n=8), happens)
    assert "run_number" not in outcomes_of(made.folder, ["killed_sdf"]).column_names


def test_series_and_netcdf_have_the_number_too(tmp_path: Path) -> None:
    text = SHORT.replace('series = "none"', 'series = "full"')
    made = run_sweep(load_sweep(written(tmp_path, text)), tmp_path / "it", 1, quiet)
    table = series_of(made.folder, ["sdf_share"])
    assert table.column_names == ["point", "run", "run_number", "day", "sdf_share"]
    assert set(table["run_number"].to_pylist()) == set(range(2 * ROWS))
    pytest.importorskip("xarray")
    numbers = to_xarray(made)["run_number"]
    assert numbers.dims == ("point", "run") and numbers.values[:2].tolist() == [[0, 1], [0, ROWS]]


def test_explain_plays_the_run_of_a_point(begun: SweepResults) -> None:
    told = json.loads(called("explain", begun.folder, "--point", 3, "--run", 1, "--json").stdout)
    assert told["run"] == ROWS + begun.design.row_of_design[3]
    said = called("explain", begun.folder, "--point", 3, "--run", 1).stdout
    assert f"point 3 (its run 1): run {told['run']}, seed" in said.splitlines()[0]
    beside = called("explain", begun.folder, "--point", 3, "--run", 1, "--diverge", begun.folder).stdout
    assert "the two runs never differ" in beside
    assert f"run {told['run']} of baseline, point 3 and of baseline" in called(
        "explain", begun.folder, "--point", 3, "--run", 1, "--diverge", "baseline"
    ).stdout.replace("\n", " ")


@pytest.mark.parametrize(
    ("source", "point", "said"),
    [
        ("{it}", None, "{it}: is a sweep; name a point, as in --point 1\n"),
        ("{it}", 9, "{it}: has no run 1 of point 9; both are counted from 0\n"),
        ("baseline", 1, "baseline: is a scenario; --point needs the results folder of a sweep\n"),
    ],
)
def test_a_point_that_is_not_there_is_one_line(source: str, point: int | None, said: str, begun: SweepResults) -> None:
    named = () if point is None else ("--point", point)
    done = called("explain", source.format(it=begun.folder), "--run", 1, *named)
    assert (done.exit_code, done.stderr) == (2, said.format(it=begun.folder))


# --- what is pooled ---------------------------------------------------------------------------------------------------

RECORD = (Observation("it", "killed_sdf", (1, 1, 1), "persons", "crps", 0, False, "H", "a test"),)


def test_a_thousand_runs_of_four_shared_histories_say_so_and_those_of_their_own_have_the_right_share(tmp_path: Path) -> None:
    shared = Pooled(made_up(tmp_path / "shared", sweep(rows=256, n=4, streams="shared"), happens))
    own = Pooled(made_up(tmp_path / "own", sweep(rows=256, n=4), happens))
    assert shared.runs == own.runs == 1024
    assert shared.note.startswith("1,024 runs are 4 random histories") and own.note == ""
    assert own.outcomes["killed_sdf"].mean() == pytest.approx(0.24, abs=0.03)
    assert shared.outcomes["killed_sdf"].mean() in (0, 0.25, 0.5, 0.75, 1)
    for pooled, widest, narrowest in ((shared, 1.0, 0.4), (own, 0.07, 0.04)):
        share, (low, high) = agreement(pooled, RECORD).share_of_all_met()
        assert share == pooled.outcomes["killed_sdf"].mean() and low <= 0.24 <= high
        assert narrowest <= high - low <= widest
    scored = hindcast(shared, RECORD)
    assert scored["notes"][0] == shared.note
    low, high = scored["observations"][0]["skill_ci"]
    theirs = hindcast(own, RECORD)["observations"][0]["skill_ci"]
    assert high - low > 5 * (theirs[1] - theirs[0]) and hindcast(own, RECORD)["notes"] == []


def test_status_gives_the_mean_with_its_interval_and_says_few_histories(tmp_path: Path) -> None:
    for streams, note in (("shared", True), ("own", False)):
        made = made_up(tmp_path / streams, sweep(rows=16, n=4, streams=streams), lambda p, n: p + happens(p, n))
        said = called("status", made.folder, "--outcome", "killed_sdf").stdout
        assert "(95% interval " in said
        assert ("64 runs are 4 random histories" in " ".join(said.split())) is note


def test_sensitivity_knows_whether_the_points_share_their_runs(tmp_path: Path) -> None:
    found = {}
    for streams in (SHARED, OWN):
        made = made_up(tmp_path / streams, sweep(rows=64, n=4, levers=LEVERS, streams=streams), happens)
        found[streams] = sensitivity(made.folder, "killed_sdf")
    assert (found[SHARED].spread.is_crossed, found[OWN].spread.is_crossed) == (True, False)
    assert found[SHARED].spread.luck == pytest.approx(found[SHARED].spread.total)
    assert found[OWN].spread.both == pytest.approx(0.24 * 0.76, abs=0.05)
    assert "512 runs are 4 random histories" in found[SHARED].warning and not found[OWN].warning


def test_one_run_a_point_is_said_not_to_tell_values_from_luck(tmp_path: Path) -> None:
    made = made_up(tmp_path / "it", sweep(rows=64, n=1), happens)
    done = called("sensitivity", made.folder, "--outcome", "killed_sdf", "--html", tmp_path / "page.html", "--json")
    told = json.loads(done.stdout)
    assert told["variance"]["between_points"] is told["variance"]["luck"] is None and told["together"] is not None
    said = called("sensitivity", made.folder, "--outcome", "killed_sdf").stdout
    assert (
        "values and chance, not separable with one run a point" in said
        and "too small to attribute, and chance" in " ".join(said.split())
    )
    page = (tmp_path / "page.html").read_text()
    assert "With one run a point, effects of values and chance cannot be separated" in page and "nan" not in page.lower()


def test_a_grid_of_one_run_a_point_has_no_intervals_and_is_refused_in_a_line(tmp_path: Path) -> None:
    data = {"format": 1, "base": "baseline", "design": {"method": "grid"}, "levers": LEVERS, "output": {"series": "none"}}
    data |= {"uncertainties": {BREAKDOWN: {"levels": 8}}, "replicates": {"n": 1}}
    made = made_up(tmp_path / "it", read_sweep(data, "grid", "grid.toml", Path()), happens)
    with pytest.raises(InputError, match=r"a grid with one run a point has no intervals, .*; play two or more runs"):
        sensitivity(made.folder, "killed_sdf")


# --- pairs ------------------------------------------------------------------------------------------------------------


def test_a_lever_is_compared_within_rows_and_runs(tmp_path: Path) -> None:
    """What is paired has the same random numbers, so that an effect of 1 on top of them is found exactly."""
    made = sweep(rows=16, n=3, levers=LEVERS)
    column = np.array(made.design.column("moscow.policy"))
    results = made_up(tmp_path / "it", made, lambda p, n: Draws(4, n).once("test", 1)[0] * 50 + (column[p] == "stay"))
    found = compare(results.folder, outcomes=["killed_sdf"], by="moscow.policy")
    assert len(found.paired.base.key) == 48 and not [note for note in found.notes if "histor" in note]
    assert np.ptp(found.paired.others[0].outcomes["killed_sdf"] - found.paired.base.outcomes["killed_sdf"]) < 1e-9
    assert np.array_equal(found.paired.base.clusters, found.paired.others[0].clusters)
    assert len(np.unique(found.paired.base.clusters[:, 1])) == 48
    shared = made_up(tmp_path / "few", sweep(rows=16, n=3, levers=LEVERS, streams="shared"), happens)
    few = compare(shared.folder, outcomes=["killed_sdf"], by="moscow.policy").notes
    assert any(note.startswith("48 runs are 3 random histories") for note in few)


def test_two_sweeps_are_paired_where_points_and_streams_agree_and_refused_otherwise(tmp_path: Path) -> None:
    made = sweep(rows=16, n=2)
    one, other = (made_up(tmp_path / f"{by}", made, lambda p, n, by=by: happens(p, n) + by * p) for by in (0, 1))
    paired = pair([one.folder, other.folder])
    change = paired.others[0].outcomes["killed_sdf"] - paired.base.outcomes["killed_sdf"]
    assert np.array_equal(change, paired.base.key[:, 0]) and len(change) == 32, "the unchanged base is left out"
    shared = made_up(tmp_path / "c", sweep(rows=16, n=2, streams="shared"), happens)
    less = made_up(tmp_path / "d", sweep(rows=8, n=2), happens)
    done = called("compare", one.folder, shared.folder)
    assert (
        done.exit_code == 2
        and 'have different random numbers (streams = "own" and "shared"); play both with the same' in done.stderr
    )
    assert "have different points: their runs cannot be paired" in called("compare", one.folder, less.folder).stderr
    sim.run("baseline", runs=2, sets=["days=2"], out=tmp_path / "e")
    for sources in ((one.folder, tmp_path / "e"), (tmp_path / "e", one.folder)):
        said = f"{one.folder} is a sweep and {tmp_path / 'e'} an ensemble: their runs cannot be paired\n"
        assert called("compare", *sources).stderr == said
