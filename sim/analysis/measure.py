"""An outcome as one number a run, so that it has a mean: dates restricted to the horizon, a category as yes or no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.experiments.store.stored import Stored
from sim.ground.errors import InputError
from sim.record.outcomes import CATEGORY, DATE, OUTCOMES, Outcome, arising
from sim.scenario.files import near_miss
from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Measure:
    """One number a run.

    days: the horizon that a date is restricted to: what did not come counts as that many days. category: index of the
    category that counts as 1, None for other outcomes.
    """

    outcome: Outcome
    days: int
    category: int | None = None

    @property
    def said(self) -> str:
        """What the number is, with its unit."""
        if self.category is not None:
            return f"{self.outcome.name} = {self.outcome.categories[self.category]}, share of the runs"
        if self.outcome.type == DATE:
            return f"{self.outcome.name}, days until, at most {self.days}"
        unit = "share of the runs" if self.outcome.type == "yes_no" else self.outcome.unit
        return self.outcome.name + (f", {unit}" if unit != "1" else "")

    def of_table(self, table: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the number of each run, NaN where the outcome's question did not arise. table: what `read_for` names."""
        return np.where(arising(self.outcome, table), self.of(table[self.outcome.name]), np.nan)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the number of each run, NaN where it has no value; a date that did not come counts as the last day."""
        if self.outcome.type == DATE:
            return np.where(np.isnan(values), self.days, np.minimum(values, self.days))
        if self.category is not None:
            return np.where(np.isnan(values), np.nan, values == self.category)
        return values


def outcome_named(name: str, outcomes: Sequence[Outcome] = OUTCOMES) -> Outcome:
    """Return an outcome. Raises InputError with the near miss."""
    for outcome in outcomes:
        if outcome.name == name:
            return outcome
    hint = near_miss(name, [outcome.name for outcome in outcomes]) or "; pullback run --json lists them all"
    raise InputError(f"{name} is not an outcome{hint}")


def measure_of(text: str, results: Stored) -> Measure:
    """Return a measure of results by an outcome's name, or NAME=CATEGORY. Raises InputError, also where they lack it."""
    name, known = text.partition("=")[0].strip(), [outcome.name for outcome in results.known]
    results.check_holds(name)
    if name not in known:
        raise InputError(f"{name} is not an outcome{near_miss(name, known)}{results.adds}")
    return measure_named(text, results.base, results.known)


def measure_named(text: str, scenario: Scenario, outcomes: Sequence[Outcome] = OUTCOMES) -> Measure:
    """Return a measure by the name of an outcome, or NAME=CATEGORY. Raises InputError."""
    name, _, category = (part.strip() for part in text.partition("="))
    outcome = outcome_named(name, outcomes)
    if outcome.type != CATEGORY:
        if category:
            raise InputError(f"{text}: {name} has no categories; give {name} alone")
        return Measure(outcome, scenario.days)
    if category not in outcome.categories:
        example = f"{name}={outcome.categories[0]}"
        raise InputError(f"{text}: say which of {', '.join(outcome.categories)}, as in {example}")
    return Measure(outcome, scenario.days, outcome.categories.index(category))
