"""An ensemble by PRIO-GRID cell and month, the unit of VIEWS and of much conflict research."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from sim.experiments.store.ensemble import Results
from sim.ground.theatre import CONTESTED, DAMASCUS, SDF
from sim.record.history import SERIES
from sim.scenario.theatre import theatre_of

VIEWS_EPOCH = 1980
ATTACKS, DISPLACED = "attacks_", "displaced_"


def by_priogrid_month(results: Results) -> pa.Table:
    """Return a row per PRIO-GRID cell and month, each figure a mean over the runs.

    month_id: month number of VIEWS, 1 is January 1980. days: evenings of the month that the ensemble covers. share_*: share
    of the cell's area in the country, over these evenings. attacks_by_area: insurgent attacks of the month in a province,
    distributed by area; displaced_by_population: displaced persons hosted by a province on the month's last evening,
    distributed by residents. The model has both by province only, so that differences within a province carry no
    information; they are null if the model has no series for the cell's provinces.
    """
    grid = theatre_of(results.scenario).grid
    gids, of_cell = np.unique(grid.priogrid, return_inverse=True)
    months, of_day = _months(results)
    control = _control_shares(results)
    rows = []
    for month, (year, number) in enumerate(months):
        evenings = np.flatnonzero(of_day == month)
        shares = control[:, :, evenings].mean(axis=2)
        by_gid = _summed(shares * grid.area_km2, of_cell, len(gids)) / _summed(grid.area_km2[None], of_cell, len(gids))
        rows.append(
            {
                "priogrid_gid": gids.astype(np.int32),
                "month_id": np.full(len(gids), 12 * (year - VIEWS_EPOCH) + number, np.int32),
                "year": np.full(len(gids), year, np.int16),
                "month": np.full(len(gids), number, np.int8),
                "runs": np.full(len(gids), results.runs, np.int32),
                "days": np.full(len(gids), len(evenings), np.int8),
                "share_damascus": by_gid[0],
                "share_sdf": by_gid[1],
                "share_contested": by_gid[2],
                "attacks_by_area": _spread(results, ATTACKS, grid.area_km2, of_cell, evenings),
                "displaced_by_population": _spread(results, DISPLACED, grid.population, of_cell, evenings),
            }
        )
    columns = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    return pa.table({name: pa.array(column, from_pandas=True) for name, column in columns.items()})


def _months(results: Results) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Return the (year, month) covered, and (days + 1,) the index of the month of each evening."""
    dates = [results.scenario.start_date + timedelta(days=day) for day in range(int(results.manifest["days"]) + 1)]
    months = sorted({(day.year, day.month) for day in dates})
    return months, np.array([months.index((day.year, day.month)) for day in dates])


def _control_shares(results: Results) -> np.ndarray:
    """Return (3, lattice cells, days + 1) shares of the runs: held by Damascus, held by the SDF, contested."""
    theatre = theatre_of(results.scenario)
    cells, of_runs = results.control
    control = np.zeros((3, theatre.grid.cells, of_runs.shape[1]))
    for place, holder in enumerate((DAMASCUS, SDF, CONTESTED)):
        control[place] = (theatre.start_holder == holder)[:, None]
    control[0, cells], control[2, cells] = of_runs[:, :, 0], of_runs[:, :, 1]
    control[1, cells] = 1.0 - control[0, cells] - control[2, cells]
    return control


def _summed(values: np.ndarray, of_cell: np.ndarray, size: int) -> np.ndarray:
    """Sum (n, cells) over the cells of each of `size` groups."""
    return np.stack([np.bincount(of_cell, weights=row, minlength=size) for row in values])


def _spread(results: Results, prefix: str, weight: np.ndarray, of_cell: np.ndarray, evenings: np.ndarray) -> np.ndarray:
    """Distribute the series of provinces over their cells by weight; return (groups,), NaN without a series.

    Attacks are cumulative, so the increase over the evenings is taken; displaced persons are a stock on the last evening.
    """
    grid = theatre_of(results.scenario).grid
    spread = np.full(grid.cells, np.nan)
    for index, province in enumerate(grid.provinces):
        name = prefix + province.key
        if name not in SERIES:
            continue
        mean = results.series(name).mean(axis=1, dtype=np.float64)
        value = mean[evenings[-1]]
        if prefix == ATTACKS:
            value -= mean[evenings[0] - 1] if evenings[0] else 0.0
        inside = grid.province == index
        spread[inside] = value * weight[inside] / weight[inside].sum(dtype=np.float64)
    known = np.bincount(of_cell, weights=~np.isnan(spread))
    return np.where(known > 0, np.bincount(of_cell, weights=np.nan_to_num(spread)), np.nan)
