"""What Mesa's own tools look at: one run of a block as a grid with property layers, and as a data collector.

Both are made when they are first asked for and brought up to the day whenever they are asked for again, from the state
and the record of the block; a model at which nobody looks pays nothing for them.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import mesa
import numpy as np
from mesa.discrete_space import OrthogonalVonNeumannGrid

from sim.ground.errors import InputError
from sim.state.state import NEVER

if TYPE_CHECKING:
    from sim.model import TheatreModel

ABROAD = -1
"""What the layers of codes hold outside of Syria."""


def first_run_in_batch(runs: int, first_run: int | None) -> int:
    """Return the number of a block's first run where none is given: 0, or in Mesa's batch_run that of its iteration.

    Mesa builds the same model for every iteration and tells it nothing, so the iteration is read off its own function.
    Raises InputError where a later iteration would play the runs of the first again.
    """
    iteration = _iteration()
    if first_run is None:
        return iteration * runs
    if iteration:
        raise InputError(
            "batch_run: every iteration would play the same runs: leave first_run out, or give first_run=range(...) alone"
        )
    return first_run


def _iteration() -> int:
    frame = sys._getframe(1)
    while frame := frame.f_back:  # type: ignore[assignment]
        if frame.f_code.co_name == "_model_run_func" and frame.f_globals.get("__name__") == "mesa.batchrunner":
            return int(frame.f_locals.get("iteration", 0))
    return 0


class Views:
    """The grid and the data collector of one model; `model.shown_run` says whose history they show."""

    def __init__(self, model: TheatreModel) -> None:
        self._model = model
        self._grid: OrthogonalVonNeumannGrid | None = None
        self._collector: RecordCollector | None = None

    def grid(self) -> OrthogonalVonNeumannGrid:
        """Return the grid as it stands this evening. A coordinate counts cells from the west and from the south.

        Layers: holder and province (indices in sim.ground.grid.HOLDERS and Grid.provinces), gone_over_on and taken_on
        (the day, or NEVER), allegiance_class, population.
        """
        if self._grid is None:
            self._grid = _empty_grid(self._model)
        _show(self._model, self._grid, self._shown())
        return self._grid

    def collector(self) -> RecordCollector:
        """Return the data collector with every evening so far."""
        run = self._shown()
        if self._collector is None or self._collector.run != run:
            self._collector = RecordCollector(self._model, run)
        self._collector.collect(self._model)
        return self._collector

    def _shown(self) -> int:
        """Return the index in the block of the run of that number, the first where several are."""
        numbers, shown = self._model.history.numbers, self._model.shown_run
        found = np.flatnonzero(numbers == shown)
        if not len(found):
            span = f"runs {numbers.min()} to {numbers.max()}"
            raise InputError(f"shown_run = {shown} is not in this block; it holds {span}")
        return int(found[0])


class RecordCollector(mesa.DataCollector):
    """Mesa's data collector with a row for each evening after the start, day 1 first, filled from the record.

    run: index in the block. The variables are the day and the daily series that the model keeps.
    """

    def __init__(self, model: TheatreModel, run: int) -> None:
        self.run = run
        series = {name: partial(_this_evening, name=name, run=run) for name in model.history.series}
        super().__init__(model_reporters={"day": "day"} | series)

    def collect(self, model: TheatreModel) -> None:
        """Add the evenings that are not there yet; as often as one likes."""
        known, history = len(self.model_vars["day"]), model.history
        for name, values in history.series.items():
            self.model_vars[name] += values[known + 1 : model.day + 1, self.run].tolist()
        self.model_vars["day"] += range(known + 1, model.day + 1)
        self._collection_steps = self.model_vars["day"]  # Mesa 3.5's batch_run finds its rows by it


def _this_evening(model: TheatreModel, name: str, run: int) -> float:
    return float(model.history.series[name][model.day, run])


def _empty_grid(model: TheatreModel) -> OrthogonalVonNeumannGrid:
    """Return the grid with its layers, those filled in that never change."""
    lattice = model.theatre.grid
    x, y = _coordinates(model)
    grid = OrthogonalVonNeumannGrid((int(x.max()) + 1, int(y.max()) + 1), torus=False, random=model.random)
    for name in ("holder", "province", "allegiance_class"):
        grid.create_property_layer(name, default_value=ABROAD, dtype=int)
    for name in ("gone_over_on", "taken_on"):
        grid.create_property_layer(name, default_value=NEVER, dtype=int)
    grid.create_property_layer("population", default_value=0.0, dtype=float)
    for name in ("province", "allegiance_class", "population"):
        getattr(grid, name).data[x, y] = getattr(lattice, name)
    return grid


def _show(model: TheatreModel, grid: OrthogonalVonNeumannGrid, run: int) -> None:
    """Copy the evening of a run of the block into the layers that change."""
    x, y = _coordinates(model)
    history, cells = model.history, model.theatre.cells
    grid.holder.data[x, y] = history.holder_on(model.day)[:, run]
    grid.gone_over_on.data[x[cells], y[cells]] = history.gone_over_on[:, run]
    grid.taken_on.data[x[cells], y[cells]] = history.taken_on[:, run]


def _coordinates(model: TheatreModel) -> tuple[np.ndarray, np.ndarray]:
    """Return for the lattice's cells (cells,) columns from the westernmost and rows from the southernmost."""
    row, col = (axis.astype(int) for axis in (model.theatre.grid.row, model.theatre.grid.col))
    return col - col.min(), row.max() - row
