"""An outcome as one number a run, so that it has a mean: dates restricted to the horizon, a category as yes or no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from sim.experiments.store.stored import Stored
from sim.ground.errors import InputError
from sim.record.outcomes import CATEGORY, DATE, OUTCOMES, YES_NO, Outcome, arising
from sim.scenario.files import near_miss
from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Measure:
    """One number a run.

    days: the horizon that a date is restricted to: a date that did not come counts as that many days. category: index of
    the category that counts as 1, None for other outcomes.
    """

    outcome: Outcome
    days: int
    category: int | None = None

    @property
    def name(self) -> str:
        """What `measure_named` reads: the outcome's name, or NAME=CATEGORY."""
        return self.outcome.name + ("" if self.category is None else f"={self.outcome.categories[self.category]}")

    @property
    def title(self) -> str:
        """The outcome's title, with the category that is counted."""
        if self.category is None:
            return self.outcome.title
        return f"{self.outcome.title}: {self.outcome.categories[self.category].replace('_', ' ')}"

    @property
    def caption(self) -> str:
        """The title, with what the number of a run is and its unit."""
        if self.category is not None or self.outcome.type == YES_NO:
            return f"{self.title}, share of the runs"
        if self.outcome.type == DATE:
            return f"{self.title}, days from the start, at most {self.days}"
        return self.title + (f", {self.outcome.unit}" if self.outcome.unit != "1" else "")

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
    """Return an outcome by its name. Raises InputError with the likeliest name; a title leads to its name too."""
    for outcome in outcomes:
        if outcome.name == name:
            return outcome
    raise InputError(f"{name} is not the name of an outcome{likeliest(name, outcomes)}")


def likeliest(name: str, outcomes: Sequence[Outcome], otherwise: str = "; pullback list outcomes shows them all") -> str:
    """Return what to write instead of an unknown name: the likeliest name, else that of the likeliest title."""
    by_title, names = {outcome.title.lower(): outcome for outcome in outcomes}, [outcome.name for outcome in outcomes]
    titles = get_close_matches(name.lower().replace("_", " "), by_title, 1)
    if titles and (not name.isidentifier() or not get_close_matches(name, names, 1)):
        outcome = by_title[titles[0]]
        return f"; did you mean {outcome.name} ({outcome.title})?"
    return near_miss(name, names) or otherwise


def measure_of(text: str, results: Stored) -> Measure:
    """Return a measure of results by an outcome's name, or NAME=CATEGORY. Raises InputError, also where they lack it."""
    name, known = text.partition("=")[0].strip(), [outcome.name for outcome in results.known]
    results.check_holds(name)
    if name not in known:
        raise InputError(f"{name} is not the name of an outcome{likeliest(name, results.known, results.adds)}")
    return measure_named(text, results.base, results.known)


def measure_named(text: str, scenario: Scenario, outcomes: Sequence[Outcome] = OUTCOMES) -> Measure:
    """Return a measure by the name of an outcome, or NAME=CATEGORY. Raises InputError."""
    name, _, category = (part.strip() for part in text.partition("="))
    outcome = outcome_named(name, outcomes)
    if outcome.type != CATEGORY:
        if category:
            raise InputError(f"{text}: {name} has no categories; write {name} alone")
        return Measure(outcome, scenario.days)
    if category not in outcome.categories:
        example = f"{name}={outcome.categories[0]}"
        raise InputError(f"{text}: choose one of {', '.join(outcome.categories)}, as in {example}")
    return Measure(outcome, scenario.days, outcome.categories.index(category))
