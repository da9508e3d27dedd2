"""The runs of a session: stepped together, with what charts and maps need of every day so far."""

from __future__ import annotations

import numpy as np

from dashboards.engine.charts import CHARTS, KEPT
from dashboards.engine.setup import columns_of
from sim.draws import Draws
from sim.experiments.design.uncertain import Uncertain
from sim.ground.theatre import CONTESTED, DAMASCUS
from sim.model import TheatreModel
from sim.record.history import History
from sim.scenario.scenario import Scenario
from sim.state.state import NEVER

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
WHOLE = 255
"""All runs, in a byte."""


class Ensemble:
    """Runs of one scenario. A day once computed can be asked for again at once."""

    def __init__(
        self, scenario: Scenario, runs: int, paired_with: Ensemble | None = None, uncertain: Uncertain | None = None
    ) -> None:
        """paired_with: an ensemble of the same seed, start and number of runs, whose drawn numbers are used again.

        uncertain: which values are drawn by run, None for none.
        """
        self.scenario, self.runs = scenario, runs
        draws = None if paired_with is None else paired_with.draws
        columns = columns_of(uncertain, scenario, range(runs))
        model = TheatreModel(scenario, runs, columns=columns, draws=draws, series=KEPT)
        self.theatre, self.history = model.theatre, model.history
        self._model: TheatreModel | None = model
        self.quantiles = np.zeros((scenario.days + 1, len(CHARTS), len(QUANTILES)), np.float32)
        self._so_far = np.zeros((len(CHARTS), runs), np.float32)
        self._sum_up()

    @property
    def day(self) -> int:
        """The last day that is computed."""
        return self.history.day

    @property
    def draws(self) -> Draws | None:
        """The drawn numbers, None once they are let go."""
        return None if self._model is None else self._model.draws

    @property
    def running(self) -> bool:
        """Whether there are days left to compute."""
        return self._model is not None

    def step(self) -> None:
        """Compute one more day, unless the horizon is reached; there the model and its drawn numbers are let go."""
        if self._model is None:
            return
        self._model.step()
        self._sum_up()
        if not self._model.running:
            for agent in list(self._model.agents):
                agent.remove()  # model and agents hold each other
            self._model = None

    def values(self, day: int) -> np.ndarray:
        """Return (charts, runs) float32 values of one day; a chart that adds up its days shows that day's own number."""
        series = self.history.series
        return np.stack([np.add.reduce([series[name][day] for name in chart.series]) for chart in CHARTS])

    def _sum_up(self) -> None:
        today = self.values(self.day)
        adds_up = np.array([chart.sums_days for chart in CHARTS])[:, None]
        self._so_far = today + self._so_far * adds_up
        self.quantiles[self.day] = np.quantile(self._so_far, QUANTILES, axis=1).T

    def path(self, run: int, days: range) -> np.ndarray:
        """Return (days, charts) float32: what the charts show of one run."""
        return paths(self.history, run)[days.start : days.stop]

    def chart_values(self, chart: int, day: int) -> np.ndarray:
        """Return (runs,) what a chart shows of every run on one day."""
        series = np.add.reduce([self.history.series[name] for name in CHARTS[chart].series])
        return series[: day + 1].sum(axis=0) if CHARTS[chart].sums_days else series[day]

    def run_at(self, chart: int, day: int, quantile: float) -> int:
        """Return the run whose value in a chart on a day is nearest to a quantile of the runs, the first of equals."""
        values = self.chart_values(chart, day)
        wanted = np.quantile(values, quantile, method="inverted_cdf")
        return int(np.abs(values - wanted).argmin())

    def probability(self, day: int) -> np.ndarray:
        """Return (3, theatre cells) uint8: share of the runs in which Damascus, the SDF, nobody clearly holds it, of 255."""
        history, start = self.history, self.theatre.start_holder[self.theatre.cells][:, None]
        taken = came_by(history.taken_on, day) | (start == DAMASCUS)
        over = came_by(history.gone_over_on, day) | (start == CONTESTED)
        damascus, contested = taken.sum(axis=1), (over & ~taken).sum(axis=1)
        counts = np.stack([damascus, self.runs - damascus - contested, contested])
        return np.rint(counts * (WHOLE / self.runs)).astype(np.uint8)

    def holder(self, day: int, run: int) -> np.ndarray:
        """Return (theatre cells,) uint8 codes of the holders in one run."""
        return holder(self.history, day, run)


def paths(history: History, run: int) -> np.ndarray:
    """Return (days + 1, charts) float32: what the charts show of one run, to the horizon."""
    found = []
    for chart in CHARTS:
        series = np.add.reduce([history.series[name][:, run] for name in chart.series])
        found.append(series.cumsum(dtype=np.float32) if chart.sums_days else series)
    return np.stack(found, axis=1)


def came_by(on: np.ndarray, day: int) -> np.ndarray:
    """Hold where a day has come by the evening of `day`."""
    return (on != NEVER) & (on <= day)


def holder(history: History, day: int, run: int) -> np.ndarray:
    """Return (theatre cells,) uint8 codes of the holders in one run on the evening of a day."""
    start = history.theatre.start_holder[history.theatre.cells]
    taken, over = came_by(history.taken_on[:, run], day), came_by(history.gone_over_on[:, run], day)
    now = np.where(taken, DAMASCUS, np.where(over & (start != DAMASCUS), CONTESTED, start))
    return now.astype(np.uint8)


def difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return (theatre cells,) uint8: probability of Damascus in the first less the second; 128 is none, 0 and 255 are all.

    Both are what Ensemble.probability returns, over the same cells.
    """
    gap = first[0].astype(np.int16) - second[0].astype(np.int16)
    return (128 + np.rint(gap / 2.0)).clip(0, WHOLE).astype(np.uint8)
