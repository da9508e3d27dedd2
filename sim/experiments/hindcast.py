"""The ensemble scored against the dated record, beside the forecast that nothing changes after the start.

A date is scored in days; a run in which it does not come within CAP_DAYS after the observation counts as that late, and so
does "never". Skill is 1 less the ensemble's score over the naive one's: 1 is perfect, 0 no better, negative worse.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scoringrules import brier_score, crps_ensemble, interval_score

from sim.errors import InputError
from sim.experiments.store import SCHEMA, Results
from sim.outcomes import DATE, OUTCOMES, YES_NO
from sim.paths import data_folder
from sim.scenario_file import near_miss

CAP_DAYS = 30.0
RESAMPLES = 1000
RESAMPLING_SEED = 20260128
SCORES = ("crps", "brier", "interval")
KEYS = ("name", "outcome", "observed", "unit", "score", "nothing_changes", "used_to_fit", "confidence", "source")
OPTIONAL = ("by",)
NEVER_SAYS = "never"


@dataclass(frozen=True)
class Observation:
    """A dated fact with its range of reports.

    observed: (low, central, high), dates as calendar dates. by: the evening by which it was so, None where unstated; a
    date says so itself.
    """

    name: str
    outcome: str
    observed: tuple[Any, Any, Any]
    unit: str
    score: str
    nothing_changes: Any
    used_to_fit: bool
    confidence: str
    source: str
    by: date | None = None

    @property
    def seen_by(self) -> date | None:
        """The last evening a scenario must cover to say anything of it, None where that is not stated."""
        return self.observed[1] if isinstance(self.observed[1], date) else self.by

    def lies_within(self, start: date, end: date) -> bool:
        """Whether it came after the evening of the start, when it was still open, and before the runs end."""
        return self.seen_by is None or start < self.seen_by <= end


def load_observations(path: Path | None = None) -> tuple[Observation, ...]:
    """Read the shipped record, or the user's own. Raises InputError naming the observation and what is wrong."""
    path = path or data_folder() / "observations.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path.name}: cannot be read ({error})") from None
    unknown = [key for key in data if key not in ("format", "observation")]
    if unknown or not isinstance(data.get("observation"), list) or not data["observation"]:
        raise InputError(f"{path.name}: expected format = 1 and tables [[observation]]")
    return tuple(_observation(path.name, number, item) for number, item in enumerate(data["observation"], 1))


def _observation(file: str, number: int, item: Mapping[str, Any]) -> Observation:
    where = f"{file}: observation {number}"
    for key in item:
        if key not in KEYS + OPTIONAL:
            raise InputError(f"{where}: {key} is not a known key{near_miss(key, KEYS + OPTIONAL)}")
    missing = [key for key in KEYS if key not in item]
    if missing:
        raise InputError(f"{where}: lacks {', '.join(missing)}")
    known = {outcome.name: outcome for outcome in OUTCOMES}
    if item["outcome"] not in known:
        raise InputError(f"{where}: {item['outcome']} is not a known outcome{near_miss(item['outcome'], known)}")
    outcome = known[item["outcome"]]
    if item["score"] not in SCORES:
        raise InputError(f"{where}: score = {item['score']!r} is not one of {', '.join(SCORES)}")
    if (item["score"] == "brier") != (outcome.type == YES_NO):
        raise InputError(f"{where}: score brier is for yes_no outcomes and for no others; {outcome.name} is {outcome.type}")
    wanted = date if outcome.type == DATE else (int, float)
    observed = item["observed"]
    if not (isinstance(observed, list) and len(observed) == 3 and all(isinstance(x, wanted) for x in observed)):
        kind = "dates" if outcome.type == DATE else "numbers"
        raise InputError(f"{where}: observed must be three {kind}, [low, central, high]")
    if not observed[0] <= observed[1] <= observed[2]:
        raise InputError(f"{where}: observed = [low, central, high] must not fall")
    if type(item.get("by", date.min)) is not date:
        raise InputError(f"{where}: by must be a date without quotes, as in 2026-01-24")
    return Observation(**{**item, "observed": tuple(observed)})


def hindcast(results: Results, observations: tuple[Observation, ...]) -> dict[str, Any]:
    """Score every observation the results cover, as `pullback hindcast --json` prints it."""
    start, end = results.scenario.start_date, results.scenario.end_date
    scored = [
        score(item, results.outcomes[item.outcome], start) if item.lies_within(start, end) else None for item in observations
    ]
    return {
        "schema": SCHEMA,
        "scenario": results.manifest["scenario"],
        "hash": results.manifest["hash"],
        "runs": results.runs,
        "observations": [row for row in scored if row is not None],
        "not_covered": [item.name for item, row in zip(observations, scored, strict=True) if row is None],
    }


def score(item: Observation, values: np.ndarray, start: date) -> dict[str, Any] | None:
    """Return the scores of one observation; None where no run of the ensemble says anything of it."""
    is_date = isinstance(item.observed[1], date)
    if not is_date and np.isnan(values).all():
        return None
    low, observed, high = ((x - start).days if is_date else float(x) for x in item.observed)
    cap = observed + CAP_DAYS
    if is_date:
        values = np.minimum(np.nan_to_num(values, nan=cap), cap)
        naive = cap if item.nothing_changes == NEVER_SAYS else float(item.nothing_changes)
    else:
        values, naive = values[~np.isnan(values)], float(item.nothing_changes)
    target = (low, observed, high)
    ours, theirs = _score(item.score, values, target), _score(item.score, np.array([naive]), target)
    quantiles = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    shown = [str(start.fromordinal(start.toordinal() + round(q))) if is_date else float(q) for q in quantiles]
    return {
        "name": item.name,
        "outcome": item.outcome,
        "observed": str(item.observed[1]) if is_date else item.observed[1],
        "observed_range": [str(x) if is_date else x for x in (item.observed[0], item.observed[2])],
        "kind": item.score,
        "score": ours,
        "quantiles": shown,
        "probability": float(values.mean()) if item.score == "brier" else None,
        "covered50": None if item.score == "brier" else bool(quantiles[1] <= high and low <= quantiles[3]),
        "covered90": None if item.score == "brier" else bool(quantiles[0] <= high and low <= quantiles[4]),
        "width90": None if item.score == "brier" else float(quantiles[4] - quantiles[0]),
        "naive": theirs,
        "skill": _skill(ours, theirs),
        "skill_ci": _skill_interval(item.score, values, target, theirs),
        "used_to_fit": item.used_to_fit,
        "confidence": item.confidence,
        "source": item.source,
    }


def _score(kind: str, values: np.ndarray, target: tuple[float, float, float]) -> float:
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


def _skill(ours: float, theirs: float) -> float | None:
    """Return 1 - ours / theirs; None where the naive forecast is perfect and skill has no meaning."""
    return None if theirs == 0 else 1.0 - ours / theirs


def _skill_interval(kind: str, values: np.ndarray, target: tuple[float, float, float], theirs: float) -> list[float] | None:
    """Return the 95% interval of the skill over resampled runs: how much the number of runs leaves open."""
    if theirs == 0:
        return None
    picks = np.random.default_rng(RESAMPLING_SEED).integers(0, len(values), (RESAMPLES, len(values)))
    if kind == "crps":
        scores = crps_ensemble(np.full(RESAMPLES, target[1]), values[picks])
    else:
        scores = np.array([_score(kind, values[row], target) for row in picks])
    return [float(x) for x in np.quantile(1.0 - scores / theirs, [0.025, 0.975])]
