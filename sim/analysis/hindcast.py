"""The ensemble scored against the dated record, beside forecasts that need no model and beside policies without rules.

The forecasts without a model: nothing changes after the start, and the past, where an observation states one. A date is
scored in days; a run in which it does not come within CAP_DAYS after the observation counts as that late, and so does
"never". A run in which a question does not arise says nothing of it. Skill is 1 less the ensemble's score over that of the
better of the forecasts without a model: 1 is perfect, 0 no better, negative worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from scoringrules import brier_score, crps_ensemble, interval_score

from sim.analysis.observations import NEVER_SAYS, Observation
from sim.analysis.pooled import Pooled
from sim.arrays import own_numerics
from sim.experiments.folders import SCHEMA
from sim.experiments.results import Results

CAP_DAYS = 30.0
RESAMPLES, AT_A_TIME = 1000, 50
RESAMPLING_SEED = 20260128
TEST, FITTED, UNCHANGED = "test", "fitted", "unchanged"
"""Blocks that are scored apart: neither of what follows; used to fit; "nothing changes" lies within the reports."""

Target = tuple[float, float, float]


@own_numerics
def hindcast(
    results: Results | Pooled, observations: Sequence[Observation], null_policies: Mapping[str, Results] | None = None
) -> dict[str, Any]:
    """Score every observation the results cover, as `pullback hindcast --json` prints it.

    null_policies: name -> results of the same scenario under the same luck with that policy for every actor.
    """
    start, end = results.scenario.start_date, results.scenario.end_date
    others = {name: other.outcomes for name, other in (null_policies or {}).items()}
    scored = []
    for item in observations:
        nulls = {name: outcomes[item.outcome] for name, outcomes in others.items()}
        inside = item.lies_within(start, end)
        scored.append(score(item, results.outcomes[item.outcome], start, nulls) if inside else None)
    rows = [row for row in scored if row is not None]
    return {
        "schema": SCHEMA,
        "scenario": results.manifest["scenario"],
        "hash": results.manifest["hash"],
        "runs": results.runs,
        "incomplete": results.shortfall or None,
        "observations": rows,
        "blocks": [summed_up(block, rows) for block in (TEST, FITTED, UNCHANGED)],
        "all": summed_up("all", rows),
        "not_covered": [item.name for item, row in zip(observations, scored, strict=True) if row is None],
    }


def score(
    item: Observation, values: np.ndarray, start: date, null_policies: Mapping[str, np.ndarray] | None = None
) -> dict[str, Any] | None:
    """Return the scores of one observation; None where no run of the ensemble says anything of it.

    values: (runs,) of the outcome. null_policies: name -> the same under that policy.
    """
    is_date = isinstance(item.observed[1], date)
    if not is_date and np.isnan(values).all():
        return None
    low, observed, high = ((x - start).days if is_date else float(x) for x in item.observed)
    target = (low, observed, high)
    cap = observed + CAP_DAYS if is_date else None
    values = _answers(values, cap)
    naive = _naive(item, start, cap, target)
    better = min(naive, key=lambda name: naive[name])
    ours = _score(item.score, values, target)
    quantiles = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    has_interval = item.score != "brier"
    return {
        "name": item.name,
        "outcome": item.outcome,
        "block": UNCHANGED if item.unchanged else FITTED if item.used_to_fit else TEST,
        "observed": _shown(item.observed[1]),
        "observed_range": [_shown(item.observed[0]), _shown(item.observed[2])],
        "unit": item.unit,
        "disagreement": item.disagreement,
        "kind": item.score,
        "score": ours,
        "n": len(values),
        "quantiles": [_shown(date.fromordinal(start.toordinal() + round(q))) if is_date else float(q) for q in quantiles],
        "probability": None if has_interval else float(values.mean()),
        "covered50": bool(quantiles[1] <= high and low <= quantiles[3]) if has_interval else None,
        "covered90": bool(quantiles[0] <= high and low <= quantiles[4]) if has_interval else None,
        "width50": float(quantiles[3] - quantiles[1]) if has_interval else None,
        "width90": float(quantiles[4] - quantiles[0]) if has_interval else None,
        "interval_score": _score("interval", values, target) if has_interval else None,
        "naive": naive[better],
        "naive_is": better,
        "nothing_changes": naive["nothing_changes"],
        "climatology": naive.get("climatology"),
        "null_policies": {
            name: _null_score(item.score, other, cap, target) for name, other in (null_policies or {}).items()
        },
        "skill": None if naive[better] == 0 else 1.0 - ours / naive[better],
        "skill_ci": _skill_interval(item.score, values, target, naive[better]),
        "used_to_fit": item.used_to_fit,
        "confidence": item.confidence,
        "source": item.source,
    }


def summed_up(block: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Count the hits of a block and name its misses; "all" takes every row.

    A miss lies outside the 90% interval, or has no positive skill where skill has a meaning.
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
    """Return on how many observations a null policy scores worse, the same and better, and on how many it is silent."""
    theirs = [(row["null_policies"][null], row["score"]) for row in rows]
    said = [(null_score, ours) for null_score, ours in theirs if null_score is not None]
    return {
        "worse": sum(null_score > ours for null_score, ours in said),
        "same": sum(null_score == ours for null_score, ours in said),
        "better": sum(null_score < ours for null_score, ours in said),
        "silent": len(theirs) - len(said),
    }


def _answers(values: np.ndarray, cap: float | None) -> np.ndarray:
    """Return what the runs say: days up to the cap for a date, else the values of runs in which the question arose."""
    if cap is not None:
        return np.minimum(np.nan_to_num(values, nan=cap), cap)
    return values[~np.isnan(values)]


def _naive(item: Observation, start: date, cap: float | None, target: Target) -> dict[str, float]:
    """Return the scores of the forecasts without a model, by name."""

    def read(said: Any) -> float:
        if said == NEVER_SAYS:
            return np.nan
        return float((said - start).days) if isinstance(said, date) else float(said)

    told = {"nothing_changes": (item.nothing_changes,)}
    if item.climatology is not None:
        told["climatology"] = item.climatology.values
    return {
        name: _score(item.score, _answers(np.array([read(x) for x in said]), cap), target) for name, said in told.items()
    }


def _null_score(kind: str, values: np.ndarray, cap: float | None, target: Target) -> float | None:
    """Return a null policy's score, None where its runs say nothing of the observation."""
    answers = _answers(values, cap)
    return _score(kind, answers, target) if len(answers) else None


def _score(kind: str, values: np.ndarray, target: Target) -> float:
    """Return CRPS of the ensemble, Brier score of its share of yes, or the interval score of its 90% interval.

    target: (low, central, high) of the reports. CRPS and Brier score the central one; the interval score the report that
    is nearest to the interval, so that an interval which meets the reports pays for its width only.
    """
    if kind == "crps":
        return float(crps_ensemble(target[1], values))
    if kind == "brier":
        return float(brier_score(target[1], float(np.clip(values.mean(), 0.0, 1.0))))
    low, high = np.quantile(values, [0.05, 0.95])
    nearest = np.clip(0.5 * (max(low, target[0]) + min(high, target[2])), target[0], target[2])
    return float(interval_score(nearest, low, high, 0.1))


def _skill_interval(kind: str, values: np.ndarray, target: Target, theirs: float) -> list[float] | None:
    """Return the 95% interval of the skill over resampled runs: how much the number of runs leaves open."""
    if theirs == 0:
        return None
    random, scores = np.random.default_rng(RESAMPLING_SEED), np.empty(RESAMPLES)
    for first in range(0, RESAMPLES, AT_A_TIME):
        picks = random.integers(0, len(values), (AT_A_TIME, len(values)))
        if kind == "crps":
            scores[first : first + AT_A_TIME] = crps_ensemble(np.full(AT_A_TIME, target[1]), values[picks])
        else:
            scores[first : first + AT_A_TIME] = [_score(kind, values[row], target) for row in picks]
    return [float(x) for x in np.quantile(1.0 - scores / theirs, [0.025, 0.975])]


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value
