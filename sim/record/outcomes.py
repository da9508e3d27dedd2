"""All outcomes: those that need code, those of data, and the user's own; and their values in a block of runs."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim.record.built_in import BUILT_IN
from sim.record.expressed import Expressed, Known, dated_outcomes, express
from sim.record.history import History
from sim.record.outcome import ALWAYS as ALWAYS
from sim.record.outcome import CATEGORY as CATEGORY
from sim.record.outcome import COVERED as COVERED
from sim.record.outcome import DATE as DATE
from sim.record.outcome import NUMBER as NUMBER
from sim.record.outcome import YES_NO as YES_NO
from sim.record.outcome import Outcome as Outcome
from sim.record.outcome import arising as arising
from sim.record.outcome import columns_read as columns_read
from sim.record.outcome import read_for as read_for
from sim.scenario.own_outcomes import OwnOutcome
from sim.state.arrays import own_numerics


@own_numerics
def outcome_table(history: History, own: tuple[OwnOutcome, ...] = ()) -> dict[str, np.ndarray]:
    """Return every outcome as (runs,) float64, and where dates of the user's own arise. own: outcomes of the user's own."""
    members, missing = history.theatre.members, np.full(history.runs, np.nan)
    there = {outcome.name: outcome.member is None or members.index(*outcome.member) >= 0 for outcome in BUILT_IN}
    table = {each.name: np.asarray(each.of(history) if there[each.name] else missing, dtype=np.float64) for each in BUILT_IN}
    return table | expressed_table(history, own)


@own_numerics
def expressed_table(history: History, own: tuple[OwnOutcome, ...]) -> dict[str, np.ndarray]:
    """Return the outcomes that are written as expressions, those of data and the user's own, as `outcome_table` does."""
    table: dict[str, np.ndarray] = {}
    for outcome in expressed(own).values():
        table |= outcome.columns(history)
    return table


@cache
def expressed(own: tuple[OwnOutcome, ...]) -> dict[str, Expressed]:
    """Return the outcomes that are written as expressions by name, those of data first. Raises InputError."""
    built_in: dict[str, Known | Expressed] = {outcome.name: outcome for outcome in BUILT_IN}
    if not own:
        return express(dated_outcomes(), built_in)
    return expressed(()) | express(own, built_in | expressed(()))


@cache
def outcomes_of(own: tuple[OwnOutcome, ...] = ()) -> tuple[Outcome, ...]:
    """Return all outcomes: the program's, the dated ones of data and, last, the user's own. Raises InputError."""
    shipped, known = outcomes_of() if own else BUILT_IN, expressed(own)
    return (*shipped, *(_outcome(item) for name, item in known.items() if not own or name not in expressed(())))


def _outcome(item: Expressed) -> Outcome:
    own = item.own
    return Outcome(
        own.name, item.unit, item.type, own.definition or own.of, own.systems, item.of, item.categories, item.arises,
        item.as_in, own.member, own.title or own.name, item.share, item.in_full,
    )  # fmt: skip


OUTCOMES = outcomes_of()
"""Those of the program."""
