"""What runs say of an observation: its outcome on the evening it is of, as the value, or the yes or no, that is scored."""

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
    """Daily series of results as readings take them: (days + 1, runs) each, read when asked for."""

    series: Mapping[str, np.ndarray]
    days: int
    runs: int
    start_date: date


class _Series(Mapping[str, np.ndarray]):
    """The series that results keep of every run. Raises NoSeriesError where a sweep keeps quantiles alone, or none."""

    def __init__(self, results: Results | Pooled) -> None:
        self._results = results

    def __getitem__(self, name: str) -> np.ndarray:
        found = self._results.series(name)
        if found is None:
            raise NoSeriesError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(SERIES)

    def __len__(self) -> int:
        return len(SERIES)


def recorded(results: Results | Pooled) -> Recorded:
    """Return the series of results."""
    scenario = results.scenario
    return Recorded(_Series(results), scenario.days, results.runs, scenario.start_date)


def answers(item: Observation, table: Mapping[str, np.ndarray], record: Daily, end: date) -> np.ndarray:
    """Return (runs,) what each run says: a number, days since the start with never as inf, an event as 1 or 0; else NaN.

    NaN says that the question does not arise in the run. table: (runs,) values of the outcome at the end, and where it
    arises. Raises NoSeriesError where an earlier evening is asked for and not kept.
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
    """Return what runs that were played say of each observation, (runs,) by column, as a calibration keeps it."""
    end = history.start_date + timedelta(history.days)
    made = {}
    for item in observations:
        table = columns_in(item, history)
        made[column_of(item)] = np.asarray(answers(item, table, history, end), float)
    return made


def columns_in(item: Observation, record: History | UpTo) -> dict[str, np.ndarray]:
    """Return what the outcome of an observation comes to at the end, and where it arises. Raises NoSeriesError."""
    outcome = item.outcome_asked
    if outcome.formula:
        return expressed(item.own)[outcome.name].columns(record)
    known = {each.name: each for each in OUTCOMES}
    return {name: np.asarray(known[name].of(record), float) for name in read_for(outcome)}


def column_of(item: Observation) -> str:
    """Return the name of the column that holds what runs say of an observation: what it is of, and when."""
    own = f"{item.outcome} = {item.outcome_asked.formula}" if item.own else item.outcome
    said = [own, item.event and item.event.text, item.since and f"since {item.since}", item.by and f"by {item.by}"]
    return f"{item.name} ({', '.join(str(each) for each in said if each)}, at {item.read})"


def is_read_early(item: Observation, end: date) -> bool:
    """Whether an observation asks for an outcome on an evening before the last one, and no name of an outcome says which."""
    if item.since is not None:
        return True
    outcome = item.outcome_asked
    early = item.by is not None and item.by < end and item.read != END
    return early and outcome.type != DATE and COVERED not in outcome.arises


def answers_of(item: Observation, results: Results | Pooled) -> np.ndarray:
    """Return (runs,) what the runs of results say of an observation, as `answers` does."""
    return answers(item, columns_of(item, results), recorded(results), results.scenario.end_date)


def columns_of(item: Observation, results: Results | Pooled) -> dict[str, np.ndarray]:
    """Return what the outcome of an observation comes to in results, (runs,), and where it arises.

    An outcome of the user's own that they were not asked for is worked out of their daily series. Raises InputError where
    they do not keep these of every run.
    """
    outcome = item.outcome_asked
    if any((each.name, each.formula) == (outcome.name, outcome.formula) for each in results.known):
        return {name: results.outcomes[name] for name in read_for(outcome)}
    record = recorded(results)
    try:
        return columns_in(item, UpTo(record, record.days))
    except NoSeriesError:
        what = f"lacks {outcome.name}, and keeps no daily series of its runs to work it out of"
        how = "put it under [outcomes] of the file that was played, and give the same command again"
        raise InputError(f"{results.folder}: {what}; {how}") from None


def has_series(outcome: Outcome) -> bool:
    """Whether an outcome can be read on any evening, from daily series alone."""
    blank = Recorded({name: np.zeros((2, 1), np.float32) for name in SERIES}, 1, 1, date(2026, 1, 12))
    try:
        outcome.of(UpTo(blank, 1))
    except NoSeriesError:
        return False
    return True


def check_readable(observations: tuple[Observation, ...], scenario: Scenario) -> None:
    """Raise InputError for an observation whose outcome is kept for the last day alone and asked for on another."""
    for item in observations:
        early = is_read_early(item, scenario.end_date) and item.lies_within(scenario.start_date, scenario.end_date)
        if early and not has_series(item.outcome_asked):
            raise InputError(
                f"{item.name}: {item.outcome} has no daily series and is known on the last day alone, {scenario.end_date}, "
                f'not on {item.by}; end the scenario on that day, or say read = "{END}"'
            )
