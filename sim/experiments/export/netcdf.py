"""Results as one netCDF file with named dimensions and units; needs xarray."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.experiments.design.factors import evidence_of
from sim.experiments.design.replicates import SHARED
from sim.experiments.export.tables import open_results
from sim.experiments.store.ensemble import Results
from sim.experiments.store.sweep import SweepResults
from sim.ground.errors import InputError
from sim.ground.files import whole_file
from sim.record.history import SERIES, Series
from sim.record.outcomes import DATE, Outcome
from sim.scenario.theatre import theatre_of
from sim.state.quantity import YES_NO

if TYPE_CHECKING:
    import xarray


NEEDS = "--netcdf needs xarray and a netCDF library: pip install xarray h5netcdf h5py, or export as CSV"


def write_netcdf(folder: Path, file: Path) -> dict[str, int]:
    """Write the results in a folder as one file; return the sizes of its dimensions.

    Raises InputError if xarray or a netCDF library is not installed.
    """
    dataset = to_xarray(open_results(folder))
    with TemporaryDirectory() as name:  # netCDF libraries need a seekable file
        written = Path(name) / "made.nc"
        try:
            dataset.to_netcdf(written)
        except ImportError:
            raise InputError(NEEDS) from None
        with written.open("rb") as source, whole_file(file) as target:
            copyfileobj(source, target)
    return dict(dataset.sizes)


def to_xarray(results: Results | SweepResults) -> xarray.Dataset:
    """Return results as an xarray Dataset.

    A sweep has outcomes over (point, run), NaN for missing runs; varied values over (point); series over (point, level, day)
    if quantiles are kept. An ensemble has outcomes over (run); series over (day, run); shares of the runs in which Damascus
    holds a cell, or it is contested, over (cell, day).
    """
    try:
        import xarray
    except ModuleNotFoundError:
        raise InputError(NEEDS) from None
    variables = _of_sweep(results) if isinstance(results, SweepResults) else _of_ensemble(results)
    keep = ("hash", "scenario", "seed", "start", "code", "created")
    attributes = {name: results.manifest[name] for name in keep}
    note = "simulated; explores, does not predict"
    note = f"{results.shortfall}; {note}" if results.shortfall else note
    return xarray.Dataset(variables, attrs=attributes | {"note": note})


def _of_ensemble(results: Results) -> dict[str, Any]:
    variables: dict[str, Any] = {"run": results.outcomes["run"].astype(np.int32)}
    variables |= {o.name: ("run", results.outcomes[o.name], _of_outcome(o, results)) for o in results.known}
    variables["day"] = _days(results)
    names = {name: name if name not in variables else f"daily_{name}" for name in SERIES}
    variables |= {
        names[name]: (("day", "run"), results.series(name), attributes_of(series)) for name, series in SERIES.items()
    }
    cells, shares = results.control
    grid = theatre_of(results.scenario).grid
    variables |= {"lat": ("cell", grid.lat[cells]), "lon": ("cell", grid.lon[cells])}
    for place, name in enumerate(("held_by_damascus", "contested")):
        variables[name] = (("cell", "day"), shares[:, :, place].astype(np.float32), _attributes("1", "share of the runs"))
    return variables


def _of_sweep(results: SweepResults) -> dict[str, Any]:
    table = results.table()
    points, runs = table["point"].to_numpy(), table["run"].to_numpy()
    shape = (results.design.points, int(runs.max()) + 1)
    variables: dict[str, Any] = {"point": np.arange(shape[0], dtype=np.int32), "run": np.arange(shape[1], dtype=np.int32)}
    if results.streams != SHARED:
        numbers = results.run_numbers(np.repeat(np.arange(shape[0]), shape[1]), np.tile(np.arange(shape[1]), shape[0]))
        variables["run_number"] = (("point", "run"), numbers.reshape(shape), _attributes("1", "number of the run played"))
    for outcome in results.known:
        values = np.full(shape, np.nan)
        values[points, runs] = table[outcome.name].to_numpy()
        variables[outcome.name] = (("point", "run"), values, _of_outcome(outcome, results))
    for factor in results.design.factors:
        unit = evidence_of(factor, results.base).unit
        variables[factor.path] = ("point", _plain(results.design.column(factor.path)), _attributes(unit, "what varies"))
    if results.manifest["series"] == "quantiles":
        variables |= _quantiles(results, variables)
    return variables


def _quantiles(results: SweepResults, taken: dict[str, Any]) -> dict[str, Any]:
    names = results.series_names()
    table = results.series(names)
    levels = np.unique(table["level"].to_numpy())
    present, days = np.unique(table["point"].to_numpy()), int(results.manifest["days"]) + 1
    quantiles: dict[str, Any] = {"level": levels, "day": _days(results)}
    for name in names:
        values = np.full((results.design.points, len(levels), days), np.nan, np.float32)
        values[present] = table[name].to_numpy().reshape(len(present), len(levels), days)
        quantiles[f"daily_{name}" if name in taken else name] = (
            ("point", "level", "day"),
            values,
            attributes_of(SERIES[name]),
        )
    return quantiles


def _plain(column: list[Any]) -> np.ndarray:
    """Return values in types of netCDF: booleans as 0 and 1, text as text."""
    values = np.array(column)
    return values.astype(np.int8) if values.dtype == bool else values


def _days(results: Results | SweepResults) -> tuple[str, np.ndarray, dict[str, str]]:
    days = np.arange(int(results.manifest["days"]) + 1, dtype=np.int32)
    return "day", days, _attributes(_since(results), "evening")


def _of_outcome(outcome: Outcome, results: Results | SweepResults) -> dict[str, str]:
    """Return the attributes of an outcome; a date is in days since the start, which readers decode as dates."""
    return _attributes(_since(results) if outcome.type == DATE else outcome.unit, outcome.definition)


def attributes_of(series: Series) -> dict[str, Any]:
    """Return the attributes of a daily series: claims and codes have no unit, and the names of codes stand beside them."""
    made: dict[str, Any] = _attributes("1" if series.codes or series.unit == YES_NO else series.unit, series.title)
    if series.codes:
        values = np.arange(len(series.codes), dtype=np.float32) + np.float32(series.first_code)
        made |= {"flag_values": values, "flag_meanings": " ".join(name.replace(" ", "_") for name in series.codes)}
    return made


def _since(results: Results | SweepResults) -> str:
    return f"days since {results.manifest['start']}"


def _attributes(unit: str, text: str) -> dict[str, str]:
    return {"units": unit, "long_name": text}
