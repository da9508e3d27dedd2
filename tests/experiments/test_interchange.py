"""Results elsewhere: the files open as they are, and exports by place, event and dimension say what the runs said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

import sim
from sim.cli import commands
from sim.experiments.export.ged import SCHEMA, violent_events
from sim.experiments.export.netcdf import NEEDS, attributes_of, to_xarray, write_netcdf
from sim.experiments.export.prio_grid import by_priogrid_month
from sim.experiments.store.ensemble import Results
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.sweep import SweepResults
from sim.ground.grid import load_grid
from sim.record.history import SERIES
from sim.registry import load_scenario
from tests.sweeps import DAYS, POINTS, RUNS, quiet, run_ensemble, run_sweep, written

MANY, LONG = 24, 30


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return an ensemble from 12 January to 11 February, in parts."""
    scenario, folder = load_scenario("baseline", [f"days={LONG}"]), tmp_path_factory.mktemp("run") / "ensemble"
    run_ensemble(scenario, MANY // 2, 1, folder)
    return run_ensemble(scenario, MANY, 1, folder)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    folder = tmp_path_factory.mktemp("sweep")
    return run_sweep(load_sweep(written(folder)), folder / "small", 1, quiet)


# --- the files as they are --------------------------------------------------------------------------------------------


def test_pyarrow_opens_the_outcomes(swept: SweepResults) -> None:
    table = ds.dataset(swept.folder / "outcomes").to_table().sort_by([("point", "ascending"), ("run", "ascending")])
    assert table.equals(swept.table())


def test_pandas_opens_the_outcomes_and_the_series(swept: SweepResults) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(swept.folder / "outcomes").sort_values(["point", "run"])
    assert np.array_equal(frame["killed_sdf"].to_numpy(), swept.table(["killed_sdf"])["killed_sdf"].to_numpy())
    assert len(pandas.read_parquet(swept.folder / "series")) == POINTS * 5 * (DAYS + 1)


def test_polars_opens_the_outcomes_beside_the_design(swept: SweepResults) -> None:
    polars = pytest.importorskip("polars")
    outcomes = polars.scan_parquet(swept.folder / "outcomes" / "*.parquet")
    joined = outcomes.join(polars.scan_parquet(swept.folder / "design.parquet"), on="point").collect()
    assert joined.height == POINTS * RUNS
    assert set(joined["moscow.policy"]) == {"documented", "stay"}


def test_duckdb_opens_the_outcomes(swept: SweepResults) -> None:
    duckdb = pytest.importorskip("duckdb")
    query = f"select count(*), avg(killed_sdf) from read_parquet('{swept.folder}/outcomes/*.parquet')"
    ((count, mean),) = duckdb.sql(query).fetchall()
    assert count == POINTS * RUNS
    assert mean == pytest.approx(pc.mean(swept.table(["killed_sdf"])["killed_sdf"]).as_py())


def test_an_ensemble_comes_as_a_data_frame(ensemble: Results) -> None:
    frame = sim.open_results(ensemble.folder).frame(["killed_sdf", "truce_agreed_on"])
    assert frame["run"].tolist() == list(range(MANY))
    assert np.array_equal(frame["killed_sdf"].to_numpy(), ensemble.outcomes["killed_sdf"])


# --- PRIO-GRID and months ---------------------------------------------------------------------------------------------


def test_every_priogrid_cell_has_a_row_for_every_month(ensemble: Results) -> None:
    table = by_priogrid_month(ensemble)
    gids = np.unique(load_grid().priogrid)
    assert table.num_rows == 2 * len(gids)
    assert pc.unique(table["month_id"]).to_pylist() == [(2026 - 1980) * 12 + 1, (2026 - 1980) * 12 + 2]
    assert pc.unique(table["days"]).to_pylist() == [20, 11]
    assert pc.unique(table["runs"]).to_pylist() == [MANY]


def test_attacks_of_all_cells_and_months_are_those_of_the_provinces(ensemble: Results) -> None:
    table = by_priogrid_month(ensemble)
    provinces = ("aleppo", "raqqa", "deir_ez_zor", "hasakah")
    names = [
        f"attacks_{key}" for key in provinces if f"attacks_{key}" in sim.TheatreModel(ensemble.scenario, 1).history.series
    ]
    assert pc.sum(table["attacks_by_area"]).as_py() == pytest.approx(
        sum(ensemble.series(n)[-1].mean() for n in names), rel=1e-5
    )
    hosts = [ensemble.series(f"displaced_{key}")[-1].mean() for key in ("aleppo", "hasakah")]
    last = table.filter(pc.equal(table["month"], 2))
    assert pc.sum(last["displaced_by_population"]).as_py() == pytest.approx(sum(hosts), rel=1e-5)


def test_shares_of_a_month_are_the_mean_of_its_evenings(ensemble: Results) -> None:
    model = sim.TheatreModel(ensemble.scenario, runs=MANY)
    model.run_to(LONG)
    grid = load_grid()
    table = by_priogrid_month(ensemble)
    february = table.filter(pc.equal(table["month"], 2))
    gid = int(grid.priogrid[model.theatre.cells[len(model.theatre.cells) // 2]])
    mine = grid.priogrid == gid
    held = np.mean([(model.history.holder_on(day)[mine] == 0).mean(axis=1) for day in range(20, LONG + 1)], axis=0)
    expected = (held * grid.area_km2[mine]).sum() / grid.area_km2[mine].sum()
    row = february.filter(pc.equal(february["priogrid_gid"], gid))
    assert row["share_damascus"][0].as_py() == pytest.approx(expected)
    total = pc.add(pc.add(table["share_damascus"], table["share_sdf"]), table["share_contested"])
    assert pc.max(total).as_py() <= 1 + 1e-9


# --- events -----------------------------------------------------------------------------------------------------------


def test_the_dead_of_the_events_are_the_dead_of_the_runs(ensemble: Results) -> None:
    events = violent_events(ensemble)
    assert events.schema == SCHEMA and all(events["simulated"].to_pylist())
    assert pc.min(events["best"]).as_py() >= 1 and pc.count_distinct(events["id"]).as_py() == events.num_rows
    run = events["run"].to_numpy()
    fought = events["side_b"].to_numpy(zero_copy_only=False) == "SDF"
    for column, outcome in (
        ("deaths_a", "killed_damascus"),
        ("deaths_b", "killed_sdf"),
        ("deaths_civilians", "killed_civilians"),
    ):
        dead = np.bincount(run[fought], weights=events[column].to_numpy()[fought], minlength=MANY)
        assert np.array_equal(dead, ensemble.outcomes[outcome]), outcome
    ours = np.bincount(run[~fought], weights=events["deaths_a"].to_numpy()[~fought], minlength=MANY)
    assert np.array_equal(ours, ensemble.series("us_killed")[-1])


def test_an_event_lies_in_its_province_and_its_priogrid_cell(ensemble: Results) -> None:
    grid = load_grid()
    provinces = {province.name: index for index, province in enumerate(grid.provinces)}
    located = [row for row in violent_events(ensemble).to_pylist() if row["where_prec"] == 4]
    assert located
    for row in {(r["adm_1"], r["priogrid_gid"]): r for r in located}.values():
        assert (grid.province[grid.priogrid == row["priogrid_gid"]] == provinces[row["adm_1"]]).any()
        near = np.abs(grid.lat - row["latitude"]) + np.abs(grid.lon - row["longitude"])
        assert grid.province[near.argmin()] == provinces[row["adm_1"]]


# --- netCDF -----------------------------------------------------------------------------------------------------------


def test_netcdf_gives_back_the_outcomes_of_a_sweep(swept: SweepResults, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    assert write_netcdf(swept.folder, tmp_path / "small.nc")["point"] == POINTS
    with xarray.open_dataset(tmp_path / "small.nc") as back:
        killed = swept.table(["killed_sdf"])["killed_sdf"].to_numpy().reshape(POINTS, RUNS)
        assert np.array_equal(back["killed_sdf"].values, killed)
        assert back["killed_sdf"].attrs["units"] == "persons" and back.attrs["hash"] == swept.manifest["hash"]
        assert back["moscow.policy"].values.astype(str).tolist() == swept.design.column("moscow.policy")
        assert back["sdf_share"].dims == ("point", "level", "day")
        kept = swept.series(["sdf_share"])["sdf_share"].to_numpy().reshape(POINTS, 5, DAYS + 1)
        assert np.array_equal(back["sdf_share"].values, kept)
    assert list(tmp_path.iterdir()) == [tmp_path / "small.nc"]


def test_netcdf_gives_back_an_ensemble(ensemble: Results) -> None:
    pytest.importorskip("xarray")
    made = to_xarray(ensemble)
    assert np.array_equal(made["killed_sdf"].values, ensemble.outcomes["killed_sdf"])
    assert np.array_equal(made["daily_killed_sdf"].values, ensemble.series("killed_sdf"))
    assert made["held_by_damascus"].dims == ("cell", "day") and "lat" in made
    assert made["campaign"].attrs["flag_meanings"].split()[3] == "general"


def test_a_series_of_codes_names_them_in_netcdf_and_has_no_unit() -> None:
    campaign, first = (attributes_of(SERIES[name]) for name in ("campaign", "extended_first"))
    assert campaign["units"] == "1" and campaign["flag_meanings"].split()[3] == "general"
    assert dict(zip(first["flag_values"], first["flag_meanings"].split(), strict=True)) == {
        -1: "lapsed", 0: "not_reached", 1: "extended",
    }  # fmt: skip
    assert attributes_of(SERIES["truce"]) == {"units": "1", "long_name": "A truce is in force"}
    assert attributes_of(SERIES["sorties"])["units"] == "flights"


# --- the command ------------------------------------------------------------------------------------------------------


def called(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        commands([str(word) for word in arguments])
    return ended.value.code, *capfd.readouterr()


def test_export_writes_places_and_events_as_csv(
    ensemble: Results, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, stdout, _ = called(capfd, "export", ensemble.folder, "--priogrid")
    assert code == 0 and stdout.startswith('"priogrid_gid","month_id","year","month","runs","days","share_damascus"')
    code, _, stderr = called(capfd, "export", ensemble.folder, "--events", "--csv", tmp_path / "events.csv")
    assert code == 0 and stderr.endswith(f"rows in {tmp_path / 'events.csv'}\n")
    assert (tmp_path / "events.csv").read_text().startswith('"id","simulated","scenario","run","year","type_of_violence"')


def test_export_says_what_does_not_go(
    swept: SweepResults, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert called(capfd, "export", swept.folder, "--events")[::2] == (
        2,
        f"{swept.folder}: is a sweep, which stores no maps; name the folder of an ensemble (pullback run)\n",
    )
    assert (
        "--series and --priogrid cannot be combined; give one of them"
        in called(capfd, "export", swept.folder, "--series", "sdf_share", "--priogrid")[2]
    )
    monkeypatch.setitem(__import__("sys").modules, "xarray", None)
    assert called(capfd, "export", swept.folder, "--netcdf", tmp_path / "x.nc")[::2] == (
        2,
        f"{NEEDS}\n",
    )
    assert list(tmp_path.iterdir()) == []
