"""Outcomes that are written as expressions, as a folder keeps them: what is asked for, and what each part was made with.

outcomes.json has the user's own that were asked for, complete. Each part carries the text of every expression it was made
with, so that one that was added or changed since, in data or by the user, is known to be missing: the command that made the
folder puts it in, a part at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sim.experiments.store.folders import write_json
from sim.ground.errors import InputError
from sim.record.outcomes import Outcome, outcomes_of, read_for
from sim.scenario.own_outcomes import OwnOutcome, over, own_outcomes

FILE = "outcomes.json"
FORMULAS = b"pullback_outcomes"


def read_own(folder: Path) -> tuple[OwnOutcome, ...]:
    """Return the outcomes of the user's own that a folder is asked for. Raises InputError."""
    path = folder / FILE
    try:
        own = own_outcomes(json.loads(path.read_text(encoding="utf-8")))
        outcomes_of(own)
    except FileNotFoundError:
        return ()
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (OSError, ValueError, TypeError, RecursionError):
        raise InputError(f"{path}: is damaged; remove it and give the same command again") from None
    return own


def asked_own(folder: Path, own: Sequence[OwnOutcome]) -> tuple[OwnOutcome, ...]:
    """Return the outcomes that a folder is to have: those it is asked for, and these put on top. Raises InputError."""
    after = over(read_own(folder), own)
    try:
        outcomes_of(after)
    except InputError as error:
        raise InputError(f"{folder}: keeps outcomes that these do not fit: {error}; name another folder") from None
    return after


def note_own(folder: Path, own: Sequence[OwnOutcome]) -> None:
    """Add outcomes to those that a folder is asked for. Raises InputError."""
    after = asked_own(folder, own)
    if after:
        write_json(folder / FILE, {each.name: each.as_table() for each in after})


def formulas_of(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return the text of each outcome that is written as an expression, by name."""
    return {outcome.name: outcome.formula for outcome in outcomes if outcome.formula}


def with_formulas(table: pa.Table, stamp: Mapping[bytes, bytes], formulas: Mapping[str, str]) -> pa.Table:
    """Return a table that carries a stamp, and the texts of the expressions in it."""
    said = {FORMULAS: json.dumps(formulas).encode()} if formulas else {}
    return table.replace_schema_metadata({**stamp, **said})


def formulas_in(schema: pa.Schema) -> dict[str, str]:
    """Return the expressions that a part was made with, {} where it does not say."""
    raw = (schema.metadata or {}).get(FORMULAS, b"{}")
    return dict(json.loads(raw))


def lacking(files: Iterable[Path], outcomes: Sequence[Outcome]) -> dict[Path, tuple[str, ...]]:
    """Return which outcomes that are expressions parts do not hold, or hold by another expression.

    A part that is damaged is left to whoever reads it.
    """
    wanted = [outcome for outcome in outcomes if outcome.formula]
    made: dict[Path, tuple[str, ...]] = {}
    for file in files:
        try:
            schema = pq.read_schema(file)
            formulas = formulas_in(schema)
        except (pa.ArrowException, OSError, ValueError, UnicodeError):
            continue
        columns = set(schema.names)
        names = tuple(
            each.name
            for each in wanted
            if not columns.issuperset(read_for(each)) or formulas.get(each.name, each.formula) != each.formula
        )
        if names:
            made[file] = names
    return made
