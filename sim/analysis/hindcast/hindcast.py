"""Scores of the ensemble against the dated record, compared with reference forecasts and with null policies.

Reference forecasts: persistence ("nothing changes" after the start), and climatology if an observation gives one. A date is
scored in days by the CRPS restricted to the days that the runs cover (Gneiting and Ranjan 2011, threshold weights): dates
after the last day, and "never", count as the day after it, which each row gives. Runs in which an outcome does not apply are
left out. Skill is 1 minus the ensemble's score over that of the better reference forecast: 1 is perfect, 0 no better,
negative worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from scoringrules import brier_score, crps_ensemble, interval_score

from sim.analysis.clusters import independent, pooled_statistic
from sim.analysis.hindcast.answers import answers_of
from sim.analysis.hindcast.observation import Observation, as_number
from sim.analysis.pooled import Pooled
from sim.analysis.where import Condition
from sim.experiments.store.ensemble import Results
from sim.ground.errors import InputError
from sim.record.readings import NoSeriesError
from sim.record.statistics import SCHEMA
from sim.state.arrays import own_numerics

RESAMPLES, AT_A_TIME = 1000, 50
RESAMPLING_SEED = 20260128
TEST, FITTED, UNCHANGED = "test", "fitted", "unchanged"
"""Groups of observations: all others; used to fit; "nothing changes" lies within the reports."""

Target = tuple[float, float, float]


@own_numerics
def hindcast(
    results: Results | Pooled,
    observations: Sequence[Observation],
    null_policies: Mapping[str, Results | Pooled] | None = None,
    where: Condition | None = None,
) -> dict[str, Any]:
    """Score every observation that the results cover, in the form of `pullback hindcast --json`.

    null_policies: name -> the same runs with that policy for every actor (in a sweep, with the values of their points).
    where: restricts the scored runs, also of the null policies. Raises InputError if no run meets it.
    """
    start, end = results.scenario.start_date, results.scenario.end_date
    kept = _kept(results, where)
    nulls = {name: (other, _kept(other, where)) for name, other in (null_policies or {}).items()}
    if not kept.any():
        raise InputError(f'no run of {results.manifest["scenario"]} meets --where "{where.text if where else ""}"')
    clusters = results.clusters
    rows: list[dict[str, Any]] = []
    left_out: dict[str, list[str]] = {"not_covered": [], "not_read": []}
    for item in observations:
        if not item.lies_within(start, end):
            left_out["not_covered"].append(item.name)
            continue
        try:
            values = answers_of(item, results)[kept]
        except NoSeriesError:
            left_out["not_read"].append(item.name)
            continue
        null_values = {name: answers_of(item, other)[met] for name, (other, met) in nulls.items()}
        row = score(item, values, start, end, null_values, None if clusters is None else clusters[kept])
        if row is None:
            left_out["not_covered"].append(item.name)
        else:
            rows.append(row)
    return {
        "schema": SCHEMA,
        "scenario": results.manifest["scenario"],
        "hash": results.manifest["hash"],
        "runs": int(kept.sum()),
        "incomplete": results.shortfall or None,
        "where": where.text if where else None,
        "notes": _notes(results, where, kept, {n: met for n, (_, met) in nulls.items()}, left_out["not_read"]),
        "nulls_are": _nulls_are(results, null_policies or {}),
        "observations": rows,
        "blocks": [summed_up(block, rows) for block in (TEST, FITTED, UNCHANGED)],
        "all": summed_up("all", rows),
    } | left_out


def _kept(results: Results | Pooled, where: Condition | None) -> np.ndarray:
    """Return (runs,) bool: the run is scored."""
    return np.ones(results.runs, bool) if where is None else where.holds(results.outcomes, results.series)


def _notes(
    results: Results | Pooled,
    where: Condition | None,
    kept: np.ndarray,
    nulls: Mapping[str, np.ndarray],
    unread: Sequence[str],
) -> list[str]:
    notes = [results.note] if isinstance(results, Pooled) and results.note else []
    if where is not None:
        of_nulls = " and ".join(f"{met.sum():,} {name}" for name, met in nulls.items())
        of_null_runs = f"; of the null policies likewise, {of_nulls}" if nulls else ""
        notes.append(f"only the {kept.sum():,} of {len(kept):,} runs that meet {where.text}{of_null_runs}")
    if unread:
        cause = 'the sweep keeps no daily series of its runs; [output] series = "full" does'
        notes.append(f"not scored, as they are of an evening before the last and {cause}: {'; '.join(unread)}")
    return notes


def _nulls_are(results: Results | Pooled, nulls: Mapping[str, Results | Pooled]) -> str | None:
    """Return a text about the runs under the null policies, None without any."""
    if not nulls:
        return None
    names, others = f"null policies {' and '.join(nulls)}", {other.runs for other in nulls.values()}
    if others != {results.runs}:  # incomplete results, or more runs than the scenario's number
        return f"{names}: {' and '.join(f'{other.runs:,}' for other in nulls.values())} runs beside these {results.runs:,}"
    if isinstance(results, Pooled):
        of_points = f"{results.runs:,} runs of {results.points:,} points"
        return f"{names}: each of the {of_points} was repeated with the values of its point"
    return f"{names}: each of the {results.runs:,} runs was repeated"


def score(
    item: Observation,
    values: np.ndarray,
    start: date,
    end: date,
    null_policies: Mapping[str, np.ndarray] | None = None,
    clusters: np.ndarray | None = None,
) -> dict[str, Any] | None:
    """Return the scores of one observation; None if it applies in no run of the ensemble.

    values: (runs,) of `answers`: days with never as inf, NaN if it does not apply. end: the last day. null_policies: name ->
    the same under that policy. clusters: (runs, 2) row and run number of the runs of a sweep.
    """
    cap = float((end - start).days + 1) if item.is_date else np.inf
    clusters = None if clusters is None else clusters[~np.isnan(values)]
    values = _defined(values, cap)
    if not len(values):
        return None
    low, central, high = (as_number(x, start) for x in item.observed)
    target = low, central, high
    forecasts = item.forecasts(start)
    naive = {name: _score(item.score, _defined(forecast, cap), target) for name, forecast in forecasts.items()}
    better = min(naive, key=lambda name: naive[name])
    own = _score(item.score, values, target)
    return {
        **_of_the_record(item, end),
        "score": own,
        "n": len(values),
        **_of_the_spread(item, values, start, target),
        "naive": naive[better],
        "naive_is": better,
        "nothing_changes": naive["nothing_changes"],
        "climatology": naive.get("climatology"),
        "forecasts": {
            name: [float(x) if np.isfinite(x) else None for x in forecast] for name, forecast in forecasts.items()
        },
        "null_policies": {
            name: _null_score(item.score, other, cap, target) for name, other in (null_policies or {}).items()
        },
        "skill": None if naive[better] == 0 else 1.0 - own / naive[better],
        "skill_ci": _skill_interval(item.score, values, target, naive[better], clusters),
    }


def _of_the_record(item: Observation, end: date) -> dict[str, Any]:
    """Return the fields of an observation."""
    return {
        "name": item.name,
        "outcome": item.outcome,
        "block": UNCHANGED if item.unchanged else FITTED if item.used_to_fit else TEST,
        "asks": item.event.text if item.event else None,
        "observed": _shown(item.observed[1]),
        "observed_range": [_shown(item.observed[0]), _shown(item.observed[2])],
        "unit": item.unit,
        "by": None if item.by is None else str(item.by),
        "since": None if item.since is None else str(item.since),
        "restricted_to": str(end + timedelta(1)) if item.is_date else None,
        "disagreement": item.disagreement,
        "kind": item.score,
        "used_to_fit": item.used_to_fit,
        "confidence": item.confidence,
        "source": item.source,
    }


def _of_the_spread(item: Observation, values: np.ndarray, start: date, target: Target) -> dict[str, Any]:
    """Return the quantiles of the runs, and whether their intervals overlap the reports; None for yes or no."""
    q05, q25, _, q75, q95 = quantiles = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    low, _, high = target
    has_interval = item.score != "brier"
    return {
        "quantiles": [str(start + timedelta(round(q))) if item.is_date else float(q) for q in quantiles],
        "probability": None if has_interval else float(values.mean()),
        "covered50": bool(q25 <= high and low <= q75) if has_interval else None,
        "covered90": bool(q05 <= high and low <= q95) if has_interval else None,
        "width50": float(q75 - q25) if has_interval else None,
        "width90": float(q95 - q05) if has_interval else None,
        "interval_score": _score("interval", values, target) if has_interval else None,
    }


def summed_up(block: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Count the hits of a group and list its misses; "all" has every row.

    A miss lies outside the 90% interval, or has no positive skill if skill is defined.
    """
    rows = [row for row in rows if block in ("all", row["block"])]
    with_interval = [row for row in rows if row["covered90"] is not None]
    with_skill = [row for row in rows if row["skill"] is not None]
    nulls = rows[0]["null_policies"] if rows else {}
    return {
        "block": block,
        "observations": len(rows),
        "with_interval": len(with_interval),
        "covered50": sum(row["covered50"] for row in with_interval),
        "covered90": sum(row["covered90"] for row in with_interval),
        "with_skill": len(with_skill),
        "positive_skill": sum(row["skill"] > 0 for row in with_skill),
        "worse_null_policies": {name: _beaten(rows, name) for name in nulls},
        "outside90": [row["name"] for row in with_interval if not row["covered90"]],
        "without_skill": [row["name"] for row in with_skill if row["skill"] <= 0],
    }


def _beaten(rows: Sequence[Mapping[str, Any]], null: str) -> dict[str, int]:
    """Return the numbers of observations on which a null policy scores worse, the same, better, or not at all."""
    pairs = [(row["null_policies"][null], row["score"]) for row in rows]
    compared = [(null_score, ensemble_score) for null_score, ensemble_score in pairs if null_score is not None]
    return {
        "worse": sum(null_score > ensemble_score for null_score, ensemble_score in compared),
        "same": sum(null_score == ensemble_score for null_score, ensemble_score in compared),
        "better": sum(null_score < ensemble_score for null_score, ensemble_score in compared),
        "silent": len(pairs) - len(compared),
    }


def _defined(values: np.ndarray, cap: float) -> np.ndarray:
    """Return the values that are not NaN, limited to the cap."""
    return np.minimum(values[~np.isnan(values)], cap)


def _null_score(kind: str, values: np.ndarray, cap: float, target: Target) -> float | None:
    """Return a null policy's score, None if the observation applies in none of its runs."""
    answers = _defined(values, cap)
    return _score(kind, answers, target) if len(answers) else None


def _score(kind: str, values: np.ndarray, target: Target) -> float:
    """Return CRPS of the ensemble, Brier score of its share of yes, or the interval score of its 90% interval.

    target: (low, central, high) of the reports. CRPS and Brier score use the central one; the interval score uses the value
    within the reports nearest to the interval, so that an interval which overlaps them is penalised for its width only.
    """
    if kind == "crps":
        return float(crps_ensemble(target[1], values))
    if kind == "brier":
        return float(brier_score(target[1], float(np.clip(values.mean(), 0.0, 1.0))))
    low, high = np.quantile(values, [0.05, 0.95])
    nearest = np.clip(0.5 * (max(low, target[0]) + min(high, target[2])), target[0], target[2])
    return float(interval_score(nearest, low, high, 0.1))


def _skill_interval(
    kind: str, values: np.ndarray, target: Target, reference: float, clusters: np.ndarray | None = None
) -> list[float] | None:
    """Return the 95% interval of the skill due to the number of runs; None with too few.

    Independent runs are resampled (bootstrap); for a sweep the shared rows and random numbers are left out in turn
    (jackknife).
    """
    if reference == 0:
        return None
    if clusters is not None and not independent(clusters):
        ends = pooled_statistic(lambda resampled: 1.0 - _score(kind, resampled, target) / reference, values, clusters)
        return None if ends is None else [ends[0], min(ends[1], 1.0)]
    random, scores = np.random.default_rng(RESAMPLING_SEED), np.empty(RESAMPLES)
    for first in range(0, RESAMPLES, AT_A_TIME):
        picks = random.integers(0, len(values), (AT_A_TIME, len(values)))
        if kind == "crps":
            scores[first : first + AT_A_TIME] = crps_ensemble(np.full(AT_A_TIME, target[1]), values[picks])
        else:
            scores[first : first + AT_A_TIME] = [_score(kind, values[row], target) for row in picks]
    return [float(x) for x in np.quantile(1.0 - scores / reference, [0.025, 0.975])]


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value
