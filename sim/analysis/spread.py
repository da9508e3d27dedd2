"""What of an outcome's spread the uncertain values bring, and what chance: of runs that play each set of values twice.

Two runs of a set share the values and nothing else, so that what they have in common is what values bring: the intraclass
correlation of pairs, from a one-way analysis of variance (Fisher 1925). Its interval is that of sets drawn anew.
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
"""Runs that differ from what most have: with fewer, two that agree are luck."""

RESAMPLES = 400
LEVELS = (0.025, 0.975)


@dataclass(frozen=True)
class Share:
    """The share of an outcome's variance over the runs that the values bring, with its 95% interval; chance has the rest.

    sets: that it is read off, both of whose runs have the outcome.
    """

    share: float
    low: float
    high: float
    sets: int


@own_numerics
def share_of_values(outcome: Outcome, table: Mapping[str, np.ndarray], days: int) -> Share | None:
    """Return what values bring of an outcome, None where it is a name, hardly varies, or arises in few sets.

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
    whole = between + within
    return np.where(whole > 0, np.maximum(between - within, 0) / np.where(whole > 0, whole, 1), 0)


@own_numerics
def summary_of(results: Results, stated: Results | None = None) -> dict[str, Any]:
    """Return what `pullback run --json` prints. Where values are drawn by run there are two more keys in each outcome.

    as_stated: its summary over `stated`, the runs in which every value is as stated, None without those. values: what of the
    spread the values bring (Share), None where that cannot be told. Intervals of shares allow for runs that share values.
    """
    made, scenario = summary(results), results.scenario
    if "uncertain" not in results.manifest:
        return made
    start, days = scenario.start_date, scenario.days
    others = {} if stated is None else summaries(stated.outcomes, start, days, stated.known)
    clusters = results.clusters
    assert clusters is not None, "values are drawn by run"
    by_name = {outcome["name"]: outcome for outcome in made["outcomes"]}
    for outcome in results.known:
        share, row = share_of_values(outcome, results.outcomes, days), by_name[outcome.name]
        if outcome.type == YES_NO and row["share"] is not None:
            values = results.outcomes[outcome.name]
            known = ~np.isnan(values) & arising(outcome, results.outcomes)
            _, row["ci"] = pooled_share(values[known] > 0, clusters[known])
        row |= {"as_stated": others.get(outcome.name), "values": None if share is None else asdict(share)}
    drawn = results.manifest["uncertain"]
    told = {"what": drawn["what"], "drawn": drawn["drawn"], "each": drawn["each"], "sets": len(np.unique(clusters[:, 0]))}
    return made | {"uncertain": told}
