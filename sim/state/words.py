"""Write a value of a quantity in words."""

from __future__ import annotations

from math import isfinite

from sim.state.quantity import DAYS, YES_NO, Quantity, is_counted
from sim.state.state import NEVER


def in_words(quantity: Quantity, value: float) -> str:
    """Return "yes", "general", "3 days", "never" or "0.43".

    A length of time since what has not happened (NEVER), until what will not, or outside its bounds, is "never".
    """
    if quantity.unit == YES_NO:
        return "yes" if value else "no"
    if quantity.codes:
        return quantity.code_name(value).replace("_", " ")
    outside = (quantity.low is not None and value < quantity.low) or (quantity.high is not None and value > quantity.high)
    if quantity.unit == DAYS and (outside or not isfinite(value) or value >= -NEVER):
        return "never"
    if quantity.unit == "1":
        return f"{value:.3g}"
    amount = f"{value:,.0f}" if is_counted(quantity.unit) or abs(value) >= 1000 else f"{value:.3g}"
    return f"{amount} {quantity.unit.removesuffix('s') if amount == '1' else quantity.unit}"
