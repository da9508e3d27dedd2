"""What Mesa's own tools look at: one run of a block as a grid with property layers, and as a data collector.

Both are made when they are first asked for and brought up to the day whenever they are asked for again, from the state
and the record of the block; a model at which nobody looks pays nothing for them.
"""

from __future__ import annotations

import sys
from functools import partial

import mesa
import numpy as np
from mesa.discrete_space import OrthogonalVonNeumannGrid

from sim.ground.checks import FIRST_RUN, RUNS, whole_number
from sim.ground.errors import InputError
from sim.ground.theatre import Theatre
from sim.record.history import History
from sim.state.state import NEVER, State

ABROAD = -1
"""What the layers of codes hold outside of Syria."""


def numbers_of(runs: int, first_run: int | None) -> np.ndarray:
    """Return (runs,) the numbers of a block's runs, from first_run on: from 0, or in Mesa's batch_run by its iteration.

    Mesa builds the same model for every iteration and tells it nothing, so the iteration is read off its own function.
    Raises InputError where a later iteration would play the runs of the first again.
    """
    runs, iteration = whole_number("runs", runs, RUNS), _iteration()
    if first_run is not None and iteration:
        raise InputError(
            "batch_run: every iteration would play the same runs: leave first_run out, or give first_run=range(...) alone"
        )
    first = whole_number("first_run", iteration * runs if first_run is None else first_run, FIRST_RUN)
    return np.arange(first, first + runs)


def _iteration() -> int:
    frame = sys._getframe(1)
    while frame := frame.f_back:  # type: ignore[assignment]
        if frame.f_code.co_name == "_model_run_func" and frame.f_globals.get("__name__") == "mesa.batchrunner":
            return int(frame.f_locals.get("iteration", 0))
    return 0


class ViewedModel(mesa.Model):
    """A model whose block of runs Mesa's tools can look at: one run at a time, that of the number `shown_run`."""

    theatre: Theatre
    state: State
    history: History
    shown_run: int
    _grid: OrthogonalVonNeumannGrid | None = None
    _collector: RecordCollector | None = None

    @property
    def day(self) -> int:
        """Days since the start."""
        return self.state.day

    @property
    def grid(self) -> OrthogonalVonNeumannGrid:
        """A Mesa grid of the lattice: its property layers show run `shown_run` as it stands this evening.

        A coordinate counts cells from the west and from the south. Layers: holder and province (indices in
        sim.ground.lattice.HOLDERS and Grid.provinces), gone_over_on and taken_on (the day, or NEVER), allegiance_class,
        population.
        """
        if self._grid is None:
            self._grid = _empty_grid(self)
        _show(self, self._grid, self._shown())
        return self._grid

    @property
    def datacollector(self) -> RecordCollector:
        """A Mesa data collector of the daily series of run `shown_run`, up to this evening."""
        run = self._shown()
        if self._collector is None or self._collector.run != run:
            self._collector = RecordCollector(self, run)
        self._collector.collect(self)
        return self._collector

    def _shown(self) -> int:
        """Return the index in the block of the run of that number, the first where several are."""
        numbers, shown = self.history.numbers, self.shown_run
        found = np.flatnonzero(numbers == shown)
        if not len(found):
            span = f"runs {numbers.min()} to {numbers.max()}"
            raise InputError(f"shown_run = {shown} is not in this block; it holds {span}")
        return int(found[0])


class RecordCollector(mesa.DataCollector):
    """Mesa's data collector with a row for each evening after the start, day 1 first, filled from the record.

    run: index in the block. The variables are the day and the daily series that the model keeps.
    """

    def __init__(self, model: ViewedModel, run: int) -> None:
        self.run = run
        series = {name: partial(_this_evening, name=name, run=run) for name in model.history.series}
        super().__init__(model_reporters={"day": "day"} | series)

    def collect(self, model: ViewedModel) -> None:
        """Add the evenings that are not there yet; as often as one likes."""
        known, history = len(self.model_vars["day"]), model.history
        for name, values in history.series.items():
            self.model_vars[name] += values[known + 1 : model.day + 1, self.run].tolist()
        self.model_vars["day"] += range(known + 1, model.day + 1)
        self._collection_steps = self.model_vars["day"]  # Mesa 3.5's batch_run finds its rows by it


def _this_evening(model: ViewedModel, name: str, run: int) -> float:
    return float(model.history.series[name][model.day, run])


def _empty_grid(model: ViewedModel) -> OrthogonalVonNeumannGrid:
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


def _show(model: ViewedModel, grid: OrthogonalVonNeumannGrid, run: int) -> None:
    """Copy the evening of a run of the block into the layers that change."""
    x, y = _coordinates(model)
    history, cells = model.history, model.theatre.cells
    grid.holder.data[x, y] = history.holder_on(model.day)[:, run]
    grid.gone_over_on.data[x[cells], y[cells]] = history.gone_over_on[:, run]
    grid.taken_on.data[x[cells], y[cells]] = history.taken_on[:, run]


def _coordinates(model: ViewedModel) -> tuple[np.ndarray, np.ndarray]:
    """Return for the lattice's cells (cells,) columns from the westernmost and rows from the southernmost."""
    row, col = (axis.astype(int) for axis in (model.theatre.grid.row, model.theatre.grid.col))
    return col - col.min(), row.max() - row
