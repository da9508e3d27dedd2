"""Results of an ensemble or a sweep as tables: a row per run, with what set it apart."""

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
    """Open the folder of an ensemble or of a sweep. Raises InputError when it is neither.

    Warns of IncompleteResults where runs that were asked for are not there; `missing_runs` of what it returns names them.
    """
    kind = read_manifest(Path(folder))["kind"]
    folder = Path(folder).absolute()  # it is read later, and the caller may go elsewhere
    return open_ensemble(folder) if kind == ENSEMBLE else open_sweep(folder)


def outcomes_of(folder: str | Path, names: Sequence[str] = ()) -> pa.Table:
    """Return a row per run: outcomes, all unless named; of a sweep also point, run, number and the point's values."""
    check_once("--outcome", texts("outcomes", names))
    made = open_results(folder)
    for name in names:
        made.check_holds(name)
    names = list(names) or list(columns_of(made.manifest, made.known))
    if isinstance(made, SweepResults):
        table, design = made.numbered(made.table(names)), made.design_table()
        points = table["point"].to_numpy()
        varied = design.take(pa.array(np.searchsorted(design["point"].to_numpy(), points))).drop_columns("point")
        for place, name in enumerate(varied.column_names, start=table.column_names.index(names[0])):
            table = table.add_column(place, name, varied[name])
        return table
    columns = {name: made.outcomes[name] for name in names}
    return pa.table(
        {"run": made.outcomes["run"]} | {n: pa.array(values, mask=np.isnan(values)) for n, values in columns.items()}
    )


def series_of(folder: str | Path, names: Sequence[str]) -> pa.Table:
    """Return daily series: of an ensemble a row per run and day; of a sweep as it keeps them."""
    check_once("--series", texts("series", names))
    made = open_results(folder)
    if isinstance(made, SweepResults):
        return made.numbered(made.series(names))
    runs, days = made.outcomes["run"], int(made.manifest["days"]) + 1
    keys = {"run": np.repeat(runs, days), "day": np.tile(np.arange(days, dtype=np.int16), len(runs))}
    return pa.table(keys | {name: made.series(name).T.ravel() for name in names})
