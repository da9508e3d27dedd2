"""The value of an observation in each run: its outcome on the observed evening, or whether the observed event occurred."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from sim.analysis.hindcast.observation import END, Observation
from sim.analysis.pooled import Pooled
from sim.experiments.store.ensemble import Results
from sim.ground.errors import InputError
from sim.record.history import SERIES, History
from sim.record.outcomes import COVERED, DATE, OUTCOMES, Outcome, arising, read_for
from sim.record.readings import Daily, NoSeriesError, UpTo, as_of
from sim.scenario.scenario import Scenario

BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}


@dataclass(frozen=True, eq=False)
class Recorded:
    """Daily series of results, (days + 1, runs) each, read on demand; the input of readings."""

    series: Mapping[str, np.ndarray]
    days: int
    runs: int
    start_date: date


class _Series(Mapping[str, np.ndarray]):
    """The stored series of every run. Raises NoSeriesError if a sweep keeps quantiles only, or none."""

    def __init__(self, results: Results | Pooled) -> None:
        self._results = results

    def __getitem__(self, name: str) -> np.ndarray:
        values = self._results.series(name)
        if values is None:
            raise NoSeriesError(name)
        return values

    def __iter__(self) -> Iterator[str]:
        return iter(SERIES)

    def __len__(self) -> int:
        return len(SERIES)


def recorded(results: Results | Pooled) -> Recorded:
    """Return the series of results."""
    scenario = results.scenario
    return Recorded(_Series(results), scenario.days, results.runs, scenario.start_date)


def answers(item: Observation, table: Mapping[str, np.ndarray], record: Daily, end: date) -> np.ndarray:
    """Return (runs,) the value in each run: a number, days since the start with never as inf, or 1 or 0 for an event.

    NaN: the outcome does not apply in the run. table: (runs,) values of the outcome at the end, and of those that determine
    whether it applies. Raises NoSeriesError if an earlier evening is needed and not kept.
    """
    outcome, start = BY_NAME[item.outcome], record.start_date
    if outcome.type == DATE:
        values = np.where(np.isnan(table[outcome.name]), np.inf, table[outcome.name])
        values = np.where(arising(outcome, table), values, np.nan)
    elif item.by is not None and is_read_early(item, end):
        known = UpTo(record, record.days)
        values = np.asarray(as_of(outcome.of, item.by)(known), np.float64)
        if item.since is not None:
            values = values - np.asarray(as_of(outcome.of, item.since)(known), np.float64)
    else:
        values = table[outcome.name]
    return values if item.event is None else item.event.holds(values, start)


def answers_in(observations: Sequence[Observation], history: History) -> dict[str, np.ndarray]:
    """Return column -> (runs,) the value of each observation in the runs of a history, as kept by a calibration."""
    end = history.start_date + timedelta(history.days)
    columns = {}
    for item in observations:
        table = {name: np.asarray(BY_NAME[name].of(history), float) for name in read_for(BY_NAME[item.outcome])}
        columns[column_of(item)] = np.asarray(answers(item, table, history, end), float)
    return columns


def column_of(item: Observation) -> str:
    """Return the column name of an observation, with its outcome and dates."""
    parts = [item.outcome, item.event and item.event.text, item.since and f"since {item.since}", item.by and f"by {item.by}"]
    return f"{item.name} ({', '.join(str(part) for part in parts if part)}, at {item.read})"


def is_read_early(item: Observation, end: date) -> bool:
    """Whether an observation needs its outcome on an evening before the last that the outcome's name does not give."""
    if item.since is not None:
        return True
    outcome = BY_NAME[item.outcome]
    early = item.by is not None and item.by < end and item.read != END
    return early and outcome.type != DATE and outcome.arises != COVERED


def answers_of(item: Observation, results: Results | Pooled) -> np.ndarray:
    """Return (runs,) the value of an observation in the runs of results; see `answers`."""
    table = {name: results.outcomes[name] for name in read_for(BY_NAME[item.outcome])}
    return answers(item, table, recorded(results), results.scenario.end_date)


def has_series(outcome: Outcome) -> bool:
    """Whether an outcome can be read on any evening, from daily series only."""
    blank = Recorded({name: np.zeros((2, 1), np.float32) for name in SERIES}, 1, 1, date(2026, 1, 12))
    try:
        outcome.of(UpTo(blank, 1))
    except NoSeriesError:
        return False
    return True


def check_readable(observations: tuple[Observation, ...], scenario: Scenario) -> None:
    """Raise InputError for an observation before the last day whose outcome is known on the last day only."""
    for item in observations:
        early = is_read_early(item, scenario.end_date) and item.lies_within(scenario.start_date, scenario.end_date)
        if early and not has_series(BY_NAME[item.outcome]):
            raise InputError(
                f"{item.name}: {item.outcome} has no daily series and is known on the last day only, {scenario.end_date}, "
                f'not on {item.by}; end the scenario on that day, or give read = "{END}"'
            )
