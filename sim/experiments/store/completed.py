"""Put outcomes that were asked for later into parts that are there, a part at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from sim.experiments.store.definitions import formulas_of, lacking, with_formulas
from sim.experiments.store.folders import write_table
from sim.experiments.store.parts import STAMP, Job, column_of
from sim.experiments.store.stored import read_part
from sim.ground.errors import InputError
from sim.record.outcomes import Outcome, read_for


def parts_lacking(folder: Path, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> list[Job]:
    """Return the parts that lack an outcome which is written as an expression."""
    files = {folder / "outcomes" / job.part: job for job in jobs}
    return [files[file] for file in lacking(files, outcomes)]


def complete_part(folder: Path, job: Job, values: Mapping[str, np.ndarray], outcomes: Sequence[Outcome]) -> None:
    """Replace a part by one that has what it lacks of the outcomes as well; the file is whole at any moment.

    values: (size,) each, of all outcomes, in the order of the part. Raises InputError where what it holds is another number.
    """
    file = folder / "outcomes" / job.part
    kept, names = read_part(file), lacking([file], outcomes).get(file, ())
    new = {column for each in outcomes if each.name in names for column in read_for(each)}
    for name in set(values) & set(kept.column_names) - new:
        if not np.array_equal(values[name], kept[name].to_numpy(), equal_nan=True):
            raise InputError(f"{file}: {name} comes out otherwise when it is played again; play it into another folder")
    for name in [name for name in values if name in new]:
        there, column = name in kept.column_names, column_of(values[name])
        kept = kept.set_column(kept.column_names.index(name), name, column) if there else kept.append_column(name, column)
    stamp = {STAMP: (pq.read_metadata(file).metadata or {})[STAMP]}
    write_table(file, with_formulas(kept, stamp, formulas_of(outcomes)))
