"""Compare ensembles, or the points of a sweep, run by run with common random numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sim.analysis.clusters import few_histories
from sim.analysis.compare.differences import Difference, differences
from sim.analysis.compare.expectations import Answer, answers
from sim.analysis.compare.paired_median import LEVEL
from sim.analysis.compare.pairs import Paired, asked_outcome, condition_on, pair, shared_outcomes
from sim.analysis.where import read_condition
from sim.ground.checks import check_once, texts
from sim.ground.errors import InputError
from sim.record.outcomes import Outcome
from sim.record.statistics import FEW_RUNS
from sim.state.arrays import own_numerics

if TYPE_CHECKING:
    import pandas

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Comparison:
    """The sides of a comparison, pair by pair, and how the outcomes differ."""

    paired: Paired
    outcomes: tuple[Outcome, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What limits the figures."""
        pairs = len(self.paired.base.key)
        few = (f"{pairs} pairs are few: intervals are wide and shares rough",) if pairs < FEW_RUNS else ()
        histories = few_histories(len(np.unique(self.paired.base.clusters[:, 1])), pairs)
        return (*self.paired.notes, *few, *([histories] if histories else []))

    @cached_property
    def differences(self) -> list[Difference]:
        """By side, outcome and category."""
        return differences(self.paired, self.outcomes)

    @cached_property
    def answers(self) -> list[Answer]:
        """The expectation of each other side's scenario for the outcomes asked for, with the result."""
        return [answer for side in self.paired.others for answer in answers(side, self.differences)]

    def as_object(self) -> dict[str, Any]:
        """Return the object that `pullback compare --json` prints."""
        base = self.paired.base
        condition = self.paired.condition
        return {
            "schema": SCHEMA,
            "paired": True,
            "n": len(base.key),
            "base": base.name,
            "start": str(base.start),
            "notes": list(self.notes),
            "where": condition.text if condition else None,
            "expected": [_answer(each) for each in self.answers],
            "outcomes": [_as_object(each) for each in self.differences],
        }

    def table(self) -> pa.Table:
        """Return a row per difference."""
        rows = [_as_object(each) for each in self.differences]
        columns = [name for name in rows[0] if name not in ("ci", "effect_ci", "by", "censored", "arises")]
        table = {name: [row[name] for row in rows] for name in columns}
        for name, ends in (
            ("ci", ("low", "high")),
            ("effect_ci", ("low", "high")),
            ("arises", ("a", "b")),
            ("censored", ("a", "b")),
        ):
            table |= {f"{name}_{end}": [row[name] and row[name][i] for row in rows] for i, end in enumerate(ends)}
        return pa.table(table)

    def frame(self) -> pandas.DataFrame:
        """Return the same as a pandas DataFrame. Needs pandas."""
        return self.table().to_pandas()


@own_numerics
def compare(
    *sources: str | Path,
    outcomes: Sequence[str] = (),
    where: str | None = None,
    by: str | None = None,
    uncertain: str | None = None,
) -> Comparison:
    """Compare results with those of the first, run by run.

    sources: results folders, of ensembles or of sweeps with the same points and streams, or names of scenarios that have
    been run; or one sweep, with the path of a lever as `by`.
    outcomes: names, all when left out. where: a condition that the run of the first must meet. uncertain: of the runs that
    names of scenarios stand for, which values they draw, as of `run`. Raises InputError, also where the runs do not have
    common random numbers.
    """
    check_once("--outcome", texts("outcomes", outcomes))
    paired = pair(sources, by, uncertain)
    shared, notes = shared_outcomes(paired)
    chosen = tuple(asked_outcome(paired, name, shared) for name in outcomes)
    if where is not None:
        base = paired.base
        for name, line in base.lacks.items():
            if re.search(rf"\b{name}\b", where):
                raise InputError(f"{base.where_from}: {line}")
        paired = condition_on(paired, read_condition(where, base.start, base.end, base.known))
    return Comparison(paired if chosen else replace(paired, notes=(*paired.notes, *notes)), chosen or shared)


def _answer(answer: Answer) -> dict[str, Any]:
    difference = _as_object(answer.of)
    statistics = ("diff", "ci", "level", "share_greater", "share_less", "n", "arises", "p", "q")
    return {
        "scenario": answer.scenario,
        "name": answer.outcome,
        "expected": answer.expected,
        "found": answer.found,
        "verdict": answer.verdict,
    } | {key: difference[key] for key in statistics}


def _as_object(made: Difference) -> dict[str, Any]:
    return {
        "name": made.outcome.name,
        "category": made.category,
        "type": made.outcome.type,
        "unit": made.outcome.unit,
        "scenario": made.scenario,
        "base": made.base,
        "a": made.a,
        "b": made.b,
        "diff": made.diff,
        "ci": list(made.ci) if made.ci else None,
        "level": LEVEL,
        "effect": made.effect,
        "effect_ci": list(made.effect_ci) if made.effect_ci else None,
        "at_least": made.at_least,
        "share_greater": made.share_greater,
        "share_less": made.share_less,
        "sides_apart": made.sides_apart,
        "differ": made.differ,
        "moved": made.moved,
        "gap": made.gap,
        "n": made.n,
        "pairs": made.pairs,
        "arises": list(made.arises),
        "arises_when": made.outcome.arises,
        "arises_apart": made.arises_apart,
        "censored": list(made.censored),
        "p": made.p,
        "q": made.q,
        "method": made.method,
        "by": [{"date": str(b.date), "a": b.a, "b": b.b, "diff": b.diff, "ci": list(b.ci)} for b in made.by],
    }
