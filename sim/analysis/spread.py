"""Split an outcome's spread into that of uncertain values and chance, from runs that play each parameter set twice.

Two runs of a set share its values and nothing else, so that what they have in common is due to the values: the intraclass
correlation of pairs, from a one-way analysis of variance (Fisher 1925). Its interval is by bootstrap over the sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sim.analysis.clusters import pooled_share
from sim.experiments.design.uncertain import sets_of
from sim.experiments.export.summary import summary
from sim.experiments.store.ensemble import Results
from sim.record.outcomes import CATEGORY, DATE, YES_NO, Outcome, arising
from sim.record.statistics import summaries
from sim.state.arrays import own_numerics

FEWEST_SETS = 16
FEWEST_APART = 8
"""Fewest runs that differ from the most frequent value: with fewer, two that agree may do so by chance."""

RESAMPLES = 400
LEVELS = (0.025, 0.975)


@dataclass(frozen=True)
class Share:
    """The share of an outcome's variance over the runs due to values, with its 95% interval; the rest is chance.

    sets: number of parameter sets it is estimated from, those of which both runs have the outcome.
    """

    share: float
    low: float
    high: float
    sets: int


@own_numerics
def share_of_values(outcome: Outcome, table: Mapping[str, np.ndarray], days: int) -> Share | None:
    """Return the share due to values, None where the outcome is a category, hardly varies, or arises in few sets.

    table: outcome -> (runs,), and "run" -> their numbers. A date that does not come within the `days` counts as the last.
    """
    if outcome.type == CATEGORY:
        return None
    values = table[outcome.name]
    values = np.where(np.isnan(values), days, values) if outcome.type == DATE else values
    values = np.where(arising(outcome, table), values, np.nan)
    pairs = _pairs(values, sets_of(table["run"]))
    if len(pairs) < FEWEST_SETS or pairs.size - np.unique(pairs, return_counts=True)[1].max() < FEWEST_APART:
        return None
    drawn = np.random.default_rng(0).integers(len(pairs), size=(RESAMPLES, len(pairs)))
    low, high = np.quantile(_common(pairs[drawn]), LEVELS)
    return Share(float(_common(pairs[None])[0]), float(low), float(high), len(pairs))


def _pairs(values: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Return (sets, 2) values of the sets of which two runs have one."""
    known = ~np.isnan(values)
    values, sets = values[known], sets[known]
    order = np.argsort(sets, kind="stable")
    values, sets = values[order], sets[order]
    first = np.flatnonzero(sets[1:] == sets[:-1])
    return np.column_stack([values[first], values[first + 1]])


def _common(pairs: np.ndarray) -> np.ndarray:
    """Return (samples,) intraclass correlations of (samples, sets, 2), those below 0 as 0."""
    means = pairs.mean(axis=2)
    between = 2 * ((means - means.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / (pairs.shape[1] - 1)
    within = ((pairs[:, :, 0] - pairs[:, :, 1]) ** 2).mean(axis=1) / 2
    total = between + within
    return np.where(total > 0, np.maximum(between - within, 0) / np.where(total > 0, total, 1), 0)


@own_numerics
def summary_of(results: Results, stated: Results | None = None) -> dict[str, Any]:
    """Return the object that `pullback run --json` prints. Where values are drawn by run, outcomes have two more keys.

    as_stated: its summary over `stated`, the runs in which every value is as stated, None without those. values: the share
    of the spread due to values (Share), None where it cannot be estimated. Intervals of shares allow for runs that share
    values.
    """
    result, scenario = summary(results), results.scenario
    if "uncertain" not in results.manifest:
        return result
    start, days = scenario.start_date, scenario.days
    others = {} if stated is None else summaries(stated.outcomes, start, days, stated.known)
    clusters = results.clusters
    assert clusters is not None, "values are drawn by run"
    by_name = {outcome["name"]: outcome for outcome in result["outcomes"]}
    for outcome in results.known:
        share, row = share_of_values(outcome, results.outcomes, days), by_name[outcome.name]
        if outcome.type == YES_NO and row["share"] is not None:
            values = results.outcomes[outcome.name]
            known = ~np.isnan(values) & arising(outcome, results.outcomes)
            _, row["ci"] = pooled_share(values[known] > 0, clusters[known])
        row |= {"as_stated": others.get(outcome.name), "values": None if share is None else asdict(share)}
    drawn = results.manifest["uncertain"]
    sets = len(np.unique(clusters[:, 0]))
    return result | {"uncertain": {"what": drawn["what"], "drawn": drawn["drawn"], "each": drawn["each"], "sets": sets}}
