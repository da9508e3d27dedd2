"""What an ensemble says of each outcome: quantiles, shares with intervals, dates with censoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from sim.record.outcomes import DATE, NUMBER, OUTCOMES, YES_NO, Outcome, arising

SCHEMA = 1
"""Of what --json prints."""

QUANTILES = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
FEW_RUNS = 30
LEVEL = 0.95
DATES_BY = (8, 16, 30, 60, 90, 180)
"""Days since the start by which the probability of a dated outcome is given."""


def summaries(
    table: Mapping[str, np.ndarray], start: date, days: int, outcomes: Sequence[Outcome] = OUTCOMES
) -> dict[str, dict[str, Any]]:
    """Return the summary of every outcome by its name. table: column -> (runs,) float."""
    return {
        outcome.name: summarise(outcome, table[outcome.name][arising(outcome, table)], start, days) for outcome in outcomes
    }


def summarise(outcome: Outcome, values: np.ndarray, start: date, days: int) -> dict[str, Any]:
    """Return the summary of one outcome over the runs, as `pullback run --json` prints it.

    values: (runs,) float, NaN where a date is censored or a question did not arise. n counts the runs that have a value, or
    for a date all runs that are given, those in which it arises, of which `censored` did not come within the horizon of
    `days`.
    """
    head: dict[str, Any] = {
        "name": outcome.name, "unit": outcome.unit, "type": outcome.type, "arises": outcome.arises
    }  # fmt: skip
    head |= {"expression": outcome.formula} if outcome.formula else {}
    known = values[~np.isnan(values)]
    if outcome.type == DATE:
        return head | _dates(values, start, days)
    head |= {"n": len(known), "censored": 0}
    if outcome.type == NUMBER:
        return head | _numbers(known)
    if outcome.type == YES_NO:
        share, ci = wilson(int(known.sum()), len(known))
        return head | {"share": share, "ci": ci}
    counts = [int((known == index).sum()) for index in range(len(outcome.categories))]
    return head | {"shares": dict(zip(outcome.categories, [c / max(len(known), 1) for c in counts], strict=True))}


def wilson(successes: int, n: int) -> tuple[float | None, list[float] | None]:
    """Return the share and its 95% Wilson interval; None where there is no case."""
    if n == 0:
        return None, None
    from scipy.stats import binomtest  # takes a worker, which sums nothing up, as long to import as numpy does

    interval = binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return successes / n, [float(interval.low), float(interval.high)]


def _numbers(known: np.ndarray) -> dict[str, Any]:
    if not len(known):
        return {"mean": None} | dict.fromkeys(QUANTILES)
    quantiles = np.quantile(known, list(QUANTILES.values()))
    return {"mean": float(known.mean())} | dict(zip(QUANTILES, map(float, quantiles), strict=True))


def _dates(values: np.ndarray, start: date, days: int) -> dict[str, Any]:
    """Quantiles over all runs, those that did not come counting as later than any day: null where they cover it."""
    sorted_days = np.sort(np.where(np.isnan(values), np.inf, values))
    n = len(values)
    if not n:
        return {"n": 0, "censored": 0} | dict.fromkeys(QUANTILES) | {"median_date": None, "by": {}}
    quantiles = {name: sorted_days[min(n - 1, int(np.ceil(q * n)) - 1)] for name, q in QUANTILES.items()}
    shown = {name: None if np.isinf(day) else float(day) for name, day in quantiles.items()}
    median = shown["median"]
    by = {
        str(start + timedelta(days=day)): float((values <= day).mean()) for day in sorted({*DATES_BY, days}) if day <= days
    }
    return {
        "n": n,
        "censored": int(np.isnan(values).sum()),
        **shown,
        "median_date": None if median is None else str(start + timedelta(days=int(median))),
        "by": by,
    }
