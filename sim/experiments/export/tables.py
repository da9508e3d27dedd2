"""Results of an ensemble or a sweep as tables: a row per run, with its varied values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from sim.experiments.design.kept import ENSEMBLE
from sim.experiments.store.ensemble import Results, open_ensemble
from sim.experiments.store.folders import read_manifest
from sim.experiments.store.parts import columns_of
from sim.experiments.store.sweep import SweepResults, open_sweep
from sim.ground.checks import check_once, texts


def open_results(folder: str | Path) -> Results | SweepResults:
    """Open the folder of an ensemble or of a sweep. Raises InputError if it is neither.

    Warns of IncompleteResults if requested runs are missing; `missing_runs` of the returned object lists them.
    """
    kind = read_manifest(Path(folder))["kind"]
    folder = Path(folder).absolute()  # it is read later, and the caller may change the current folder
    return open_ensemble(folder) if kind == ENSEMBLE else open_sweep(folder)


def outcomes_of(folder: str | Path, names: Sequence[str] = ()) -> pa.Table:
    """Return a row per run: outcomes, by default all; for a sweep also point, run, run number and the point's values."""
    check_once("--outcome", texts("outcomes", names))
    results = open_results(folder)
    for name in names:
        results.check_holds(name)
    names = list(names) or list(columns_of(results.manifest, results.known))
    if isinstance(results, SweepResults):
        table, design = results.numbered(results.table(names)), results.design_table()
        points = table["point"].to_numpy()
        varied = design.take(pa.array(np.searchsorted(design["point"].to_numpy(), points))).drop_columns("point")
        for place, name in enumerate(varied.column_names, start=table.column_names.index(names[0])):
            table = table.add_column(place, name, varied[name])
        return table
    columns = {name: results.outcomes[name] for name in names}
    return pa.table(
        {"run": results.outcomes["run"]} | {n: pa.array(values, mask=np.isnan(values)) for n, values in columns.items()}
    )


def series_of(folder: str | Path, names: Sequence[str]) -> pa.Table:
    """Return daily series: for an ensemble a row per run and day, for a sweep in the stored form."""
    check_once("--series", texts("series", names))
    results = open_results(folder)
    if isinstance(results, SweepResults):
        return results.numbered(results.series(names))
    runs, days = results.outcomes["run"], int(results.manifest["days"]) + 1
    keys = {"run": np.repeat(runs, days), "day": np.tile(np.arange(days, dtype=np.int16), len(runs))}
    return pa.table(keys | {name: results.series(name).T.ravel() for name in names})
