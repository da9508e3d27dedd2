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
from sim.record.outcomes import COVERED, DATE, OUTCOMES, Outcome, arising, expressed, read_for
from sim.record.readings import Daily, NoSeriesError, UpTo, as_of
from sim.scenario.scenario import Scenario


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
    outcome, start = item.outcome_asked, record.start_date
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
        table = columns_in(item, history)
        columns[column_of(item)] = np.asarray(answers(item, table, history, end), float)
    return columns


def columns_in(item: Observation, record: History | UpTo) -> dict[str, np.ndarray]:
    """Return what the outcome of an observation comes to at the end, and where it arises. Raises NoSeriesError."""
    outcome = item.outcome_asked
    if outcome.formula:
        return expressed(item.own)[outcome.name].columns(record)
    known = {each.name: each for each in OUTCOMES}
    return {name: np.asarray(known[name].of(record), float) for name in read_for(outcome)}


def column_of(item: Observation) -> str:
    """Return the column name of an observation, with its outcome and dates."""
    outcome = f"{item.outcome} = {item.outcome_asked.formula}" if item.own else item.outcome
    parts = [outcome, item.event and item.event.text, item.since and f"since {item.since}", item.by and f"by {item.by}"]
    return f"{item.name} ({', '.join(str(part) for part in parts if part)}, at {item.read})"


def is_read_early(item: Observation, end: date) -> bool:
    """Whether an observation needs its outcome on an evening before the last that the outcome's name does not give."""
    if item.since is not None:
        return True
    outcome = item.outcome_asked
    early = item.by is not None and item.by < end and item.read != END
    return early and outcome.type != DATE and COVERED not in outcome.arises


def answers_of(item: Observation, results: Results | Pooled) -> np.ndarray:
    """Return (runs,) the value of an observation in the runs of results; see `answers`."""
    return answers(item, columns_of(item, results), recorded(results), results.scenario.end_date)


def columns_of(item: Observation, results: Results | Pooled) -> dict[str, np.ndarray]:
    """Return (runs,) the values of the outcome of an observation in results, and where it arises.

    A user's outcome that the results lack is computed from their daily series. Raises InputError if those are not stored
    for every run.
    """
    outcome = item.outcome_asked
    if any((each.name, each.formula) == (outcome.name, outcome.formula) for each in results.known):
        return {name: results.outcomes[name] for name in read_for(outcome)}
    record = recorded(results)
    try:
        return columns_in(item, UpTo(record, record.days))
    except NoSeriesError:
        what = f"lacks {outcome.name}, and the daily series of its runs, from which it could be computed, are not stored"
        how = "define it under [outcomes] in the file that was played, and run the same command again"
        raise InputError(f"{results.folder}: {what}; {how}") from None


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
        if early and not has_series(item.outcome_asked):
            raise InputError(
                f"{item.name}: {item.outcome} has no daily series and is known on the last day only, {scenario.end_date}, "
                f'not on {item.by}; end the scenario on that day, or give read = "{END}"'
            )
