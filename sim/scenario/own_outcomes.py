"""Outcomes that a file defines, under [outcomes]: a name, what it is of, and how people call it.

The form alone: what an expression may name, and whether it fits, is said by who reads outcomes off the days
(`Register.check_outcomes`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.scenario.files import check_known

MOST = 200
KEYS = ("of", "title", "unit", "definition")
KEYS_OF_DATA = (*KEYS, "systems", "member")
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
EXAMPLE = 'truce_on_1_june = { title = "Truce in force on 1 June", of = "truce@2026-06-01" }'

CheckOutcomes = Callable[["tuple[OwnOutcome, ...]"], object]
"""Raises InputError for the first of them that does not fit, with its name."""


@dataclass(frozen=True)
class OwnOutcome:
    """An outcome as an expression. of: its text. unit: of a number, "" for what the expression says.

    systems, member: of one that is shipped, as an Outcome has them.
    """

    name: str
    of: str
    title: str = ""
    unit: str = ""
    definition: str = ""
    systems: tuple[int, ...] = ()
    member: tuple[str, str] | None = None

    def as_table(self) -> dict[str, Any]:
        """Return the table that a file defines it by."""
        return {key: getattr(self, key) for key in KEYS if getattr(self, key)}


def own_outcomes(raw: Any, keys: Sequence[str] = KEYS) -> tuple[OwnOutcome, ...]:
    """Read a table [outcomes]: a table each, or the text of its expression. Raises InputError."""
    if not isinstance(raw, Mapping):
        raise InputError(f"outcomes must be a table, as in [outcomes] with {EXAMPLE}")
    if len(raw) > MOST:
        raise InputError(f"outcomes: {len(raw)} are defined; at most {MOST} are kept")
    return tuple(_own(name, item, keys) for name, item in raw.items())


def _own(name: str, raw: Any, keys: Sequence[str]) -> OwnOutcome:
    where = f"outcomes: {shown(name)[1:-1]}"
    if not NAME.fullmatch(name):
        raise InputError(f"{where}: a name is up to 60 small letters, digits and underscores, and begins with a letter")
    table = {"of": raw} if isinstance(raw, str) else raw
    if not isinstance(table, Mapping):
        raise InputError(f"{where} = {shown(raw)} must be an expression in quotes or a table, as in {EXAMPLE}")
    check_known(table, keys, f"{where}: ")
    if table.get("of") is None:
        raise InputError(f'{where}: lacks of = "...", the expression that it is')
    for key in KEYS:
        if key in table and (not isinstance(table[key], str) or not table[key].strip()):
            raise InputError(f"{where}: {key} = {shown(table[key])} must be text in quotes, and not empty")
    text = {key: " ".join(table[key].split()) for key in KEYS if key in table}
    member = tuple(table["member"].split(".")) if "member" in table else None
    return OwnOutcome(name, systems=tuple(table.get("systems", ())), member=member, **text)  # type: ignore[arg-type]


def take_any(own: tuple[OwnOutcome, ...]) -> None:
    """Take outcomes whatever their expressions say, where nothing is known that they may name."""


def over(before: Sequence[OwnOutcome], given: Sequence[OwnOutcome]) -> tuple[OwnOutcome, ...]:
    """Return outcomes with others put on top: one of a name that is there is in its place, others follow."""
    new = {own.name: own for own in given}
    return (*(new.pop(own.name, own) for own in before), *new.values())
