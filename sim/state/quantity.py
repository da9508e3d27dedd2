"""What a quantity is, said once on its field: how a sentence names it, its unit, its codes, its bounds."""

from __future__ import annotations

from dataclasses import dataclass

YES_NO, CODE_UNIT, DAY, DAYS = "yes_no", "code", "day", "days"
"""Units of what is no number of things: a claim, a code, a day since the start (or NEVER), a length of time."""

MEASURED = ("1", "1/day", "tonnes", "tonnes/day", "km2")
"""Units of numbers that need not be whole; every other number is counted."""


def is_counted(unit: str) -> bool:
    """Whether numbers of this unit are whole ones."""
    return unit not in MEASURED


@dataclass(frozen=True)
class Quantity:
    """One quantity.

    title: how a sentence names it. unit: one of the above, "1" for a share or an index, or what is counted or weighed.
    codes: names of the codes from `low` on. low, high: inclusive bounds of meaning, None where open; a length of time
    outside them has not begun or will not end. share: a part of a whole, which reads best in percent.
    """

    title: str
    unit: str = "1"
    codes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    share: bool = False

    @property
    def first_code(self) -> int:
        """Number of the first of the codes."""
        return int(self.low or 0)

    def code_name(self, code: float) -> str:
        """Return the name of a code."""
        return self.codes[int(code) - self.first_code]
