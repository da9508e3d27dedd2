"""How outcomes are read off a history: each reading takes a History and returns (runs,) numbers.

A day that did not come, and a question that did not arise, is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Protocol

import numpy as np

from sim.ground.members import shipped_members
from sim.record.history import History
from sim.state.state import NEVER, RESIDUAL

Reading = Callable[["History | UpTo"], np.ndarray]

EXTENSION_REASONS = ("transfer", "talks", "other")
EXTENSION_RULES = ("the_truce_expires_while_the_transfer_runs", "the_truce_expires_while_talks_go_on")
"""Damascus's rules for the first two reasons; a person's order, or the lot of a null policy, is another."""


def first_day(holds: np.ndarray) -> np.ndarray:
    """Return (runs,) the first day on which (days + 1, runs) `holds`, NaN where it never does."""
    return np.where(holds.any(axis=0), holds.argmax(axis=0), np.nan)


def at_end(name: str) -> Reading:
    """Read a series on the last evening."""
    return lambda history: history.series[name][-1]


class NoSeriesError(Exception):
    """Raised where a reading looks at more than the daily series, of which no earlier evening is kept."""


class Daily(Protocol):
    """What has daily series: (days + 1, runs) each, from the evening of the start on."""

    @property
    def series(self) -> Mapping[str, np.ndarray]:
        """By name."""

    @property
    def days(self) -> int:
        """After the first evening."""

    @property
    def runs(self) -> int:
        """Number of them."""

    @property
    def start_date(self) -> date:
        """Date of the first evening."""


class UpTo:
    """What was recorded as it stood on the evening of `day`: its daily series up to then, and nothing else."""

    def __init__(self, history: Daily, day: int) -> None:
        self.days: int = day
        self.runs: int = history.runs
        self.start_date: date = history.start_date
        self.series: Mapping[str, np.ndarray] = _Cut(history.series, day + 1)

    def __getattr__(self, name: str) -> Any:
        raise NoSeriesError(name)


class _Cut(Mapping[str, np.ndarray]):
    def __init__(self, series: Mapping[str, np.ndarray], evenings: int) -> None:
        self._series, self._evenings = series, evenings

    def __getitem__(self, name: str) -> np.ndarray:
        return self._series[name][: self._evenings]

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)


def as_of(reading: Reading, when: date) -> Reading:
    """Take a reading of daily series on the evening of a calendar day; NaN in every run where the days do not cover it.

    Raises NoSeriesError where it looks at anything else.
    """

    def read(history: History | UpTo) -> np.ndarray:
        day = (when - history.start_date).days
        return reading(UpTo(history, day)) if 0 <= day <= history.days else np.full(history.runs, np.nan)

    return read


def summed(name: str) -> Reading:
    """Add up a series of daily numbers over the run."""
    return lambda history: history.series[name].sum(axis=0)


def once(name: str, level: float, reading: Reading) -> Reading:
    """Read what arises only once a series has reached a level; NaN where it never has."""

    def read(history: History | UpTo) -> np.ndarray:
        return np.where((history.series[name] >= level).any(axis=0), reading(history), np.nan)

    return read


def days_at(name: str, code: int) -> Reading:
    """Count the evenings on which a series of codes shows this one."""
    return lambda history: (history.series[name] == code).sum(axis=0)


def first(name: str, least: float = 1.0) -> Reading:
    """First day on which a series reaches a level."""
    return lambda history: first_day(history.series[name] >= least)


def category(name: str, skip: int = 0) -> Reading:
    """Read a series of codes on the last evening; the first `skip` codes stand for nothing reached."""

    def read(history: History | UpTo) -> np.ndarray:
        code = history.series[name][-1] - skip
        return np.where(code < 0, np.nan, code)

    return read


def deal_terms(history: History | UpTo) -> np.ndarray:
    """Index of the first deal's terms, NaN without a deal."""
    day = first_day(history.series["deal"] >= 1)
    terms = history.series["deal_terms"][np.nan_to_num(day).astype(int), np.arange(history.runs)]
    return np.where(np.isnan(day), np.nan, terms - 1)


def truce_agreed_on(history: History | UpTo) -> np.ndarray:
    """First evening with a truce that is still in force on the next."""
    truce = history.series["truce"] > 0
    return first_day(truce[:-1] & truce[1:]) if history.days else np.full(history.runs, np.nan)


def truce_extended(history: History | UpTo) -> np.ndarray:
    """What came of the first expiry."""
    came = history.series["extended_first"][-1]
    return np.where(came == 0, np.nan, came > 0)


def first_extension_reason(history: History | UpTo) -> np.ndarray:
    """Index in EXTENSION_REASONS of the rule that offered the first extension, NaN without one."""
    day = first_day(history.series["truce_extensions"] >= 1)
    rules = history.rule_names["damascus.truce"]
    reasons = [EXTENSION_RULES.index(rule) if rule in EXTENSION_RULES else len(EXTENSION_RULES) for rule in rules]
    fired = history.fired["damascus.truce"][np.nan_to_num(day).astype(int), np.arange(history.runs)]
    return np.where(np.isnan(day), np.nan, np.array(reasons)[fired])


def fighting_resumed_on(history: History | UpTo) -> np.ndarray:
    """First day Damascus attacked again after a truce."""
    return first_day(history.series["resumed_on"] > NEVER)


def tonnes_out(history: History | UpTo) -> np.ndarray:
    """Return (days + 1, runs) tonnes of equipment that have left Qamishli."""
    series = history.series
    return series["tonnes_by_air"] + series["tonnes_by_road"] + series["tonnes_flown_out"]


def qamishli_95_percent_out_on(history: History | UpTo) -> np.ndarray:
    """First day on which 95% of the tonnes of equipment ordered out have left."""
    ordered = history.series["tonnes_ordered_out"]
    return first_day((ordered > 0) & (tonnes_out(history) >= 0.95 * ordered))


def when_the_drawdown_ended(name: str) -> Reading:
    """Read a series on the evening the drawdown of Qamishli ended; NaN where it has not."""

    def read(history: History | UpTo) -> np.ndarray:
        day = first_day(history.series["withdrawal_phase"] >= RESIDUAL)
        index = np.nan_to_num(day).astype(int)
        return np.where(np.isnan(day), np.nan, history.series[name][index, np.arange(history.runs)])

    return read


def qamishli_residual(history: History | UpTo) -> np.ndarray:
    """Whether Russians stayed at Qamishli when the drawdown had ended."""
    persons = when_the_drawdown_ended("qamishli_persons")(history)
    return np.where(np.isnan(persons), np.nan, persons > 0)


def share_to_hmeimim(history: History | UpTo) -> np.ndarray:
    """Share of the tonnes that left which did not go to Russia; NaN where nothing left."""
    out = tonnes_out(history)[-1]
    return np.where(out > 0, 1.0 - history.series["tonnes_to_russia"][-1] / np.maximum(out, 1e-6), np.nan)


def cells_changed(history: History | UpTo) -> np.ndarray:
    """Cells whose holder on 28 January is not that of 20 January, by taking or by going over."""
    a, b = ((date(2026, 1, day) - history.start_date).days for day in (20, 28))
    if a < 0 or b > history.days:
        return np.full(history.runs, np.nan)
    moved = [((days > a) & (days <= b)) for days in (history.taken_on, history.gone_over_on)]
    return (moved[0] | (moved[1] & (history.taken_on == NEVER))).sum(axis=0)


def shaddadi_recaptured_share(history: History | UpTo) -> np.ndarray:
    """Share of those who escaped from Shaddadi that was retaken; NaN where none escaped."""
    escaped = history.series["shaddadi_escapes"][-1]
    return history.series["shaddadi_recaptured"][-1] / np.where(escaped > 0, escaped, np.nan)


def transfer_ended_on(history: History | UpTo) -> np.ndarray:
    """First day on which all detainees of the plan have been moved; NaN without a plan."""
    plan = history.transfer_plan
    return first_day((history.series["detainees_transferred"] >= plan) & (plan > 0))


def stock_at_end(place: int, item: int) -> Reading:
    """Read what is at a place (indices in PLACES and CLASSES) on the last evening."""
    return lambda history: history.stock[place, item]


def at_site(name: str, site: str) -> Reading:
    """Read an array of the state at a prison or camp of the theatre on the last evening."""
    return lambda history: getattr(history, name)[history.theatre.members.index("custody_sites", site)]


def number_taken(kind: str) -> Reading:
    """Count the assets of a kind that are Damascus's on the last evening."""
    keys = [asset.key for asset in shipped_members()["assets"] if asset.kind == kind]
    return lambda history: np.sum([history.series[f"{key}_damascus"][-1] for key in keys], axis=0)
