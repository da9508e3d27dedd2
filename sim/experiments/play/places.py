"""What an ensemble keeps of a job besides outcomes and series: who holds each cell, and which rules fired.

Both are numbers of runs, so that those of the parts of a folder add up.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sim.record.history import History
from sim.state.state import NEVER


def control_table(history: History) -> pa.Table:
    """Return a row per theatre cell and day: in how many runs Damascus holds it, and it is contested."""
    counts, cells = control_counts(history), history.theatre.cells
    days = counts.shape[1]
    return pa.table(
        {
            "cell": np.repeat(cells.astype(np.int32), days),
            "day": np.tile(np.arange(days, dtype=np.int16), len(cells)),
            "damascus": counts[:, :, 0].ravel().astype(np.int32),
            "contested": counts[:, :, 1].ravel().astype(np.int32),
        }
    )


def control_counts(history: History) -> np.ndarray:
    """Return (theatre cells, days + 1, 2): runs in which Damascus holds the cell on the evening, and it is contested."""
    days = history.days + 1
    began = history.holder_on(-1)[history.theatre.cells]
    taken = np.where(began == 0, 0, np.where(history.taken_on == NEVER, days, history.taken_on))
    over = np.where(began == 2, 0, np.where(history.gone_over_on == NEVER, days, history.gone_over_on))
    both = np.maximum(taken, over)
    return np.stack([_by_day(taken, days), _by_day(over, days) - _by_day(both, days)], axis=2)


def _by_day(day: np.ndarray, days: int) -> np.ndarray:
    """Return (cells, days) number of runs whose (cells, runs) `day` has come; a day of `days` never comes."""
    cells = len(day)
    flat = (np.arange(cells)[:, None] * (days + 1) + np.minimum(day, days)).ravel()
    return np.bincount(flat, minlength=cells * (days + 1)).reshape(cells, days + 1)[:, :days].cumsum(axis=1)


def rules_table(history: History) -> pa.Table:
    """Return a row per matter, rule and day: in how many runs it fired, and fired for the first time."""
    days = history.days + 1
    decision, rule, runs, first = [], [], [], []
    for name, rules in history.rule_names.items():
        for index, rule_name in enumerate(rules):
            decision += [name] * days
            rule += [rule_name] * days
            fired = history.fired[name] == index
            runs.append(fired.sum(axis=1).astype(np.int32))
            first.append(np.bincount(fired.argmax(axis=0)[fired.any(axis=0)], minlength=days).astype(np.int32))
    day = np.tile(np.arange(days, dtype=np.int16), len(runs))
    counts = {"runs": np.concatenate(runs), "first": np.concatenate(first)}
    return pa.table({"matter": decision, "rule": rule, "day": day} | counts)
