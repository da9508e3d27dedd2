"""Factors of a design: scenario values that a sweep varies, each over a range, a list or a distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log
from typing import Any

import numpy as np

from sim.ground.checks import first_repeated, shown
from sim.ground.errors import InputError
from sim.registry import registry
from sim.scenario.entries import Entry, Value
from sim.scenario.files import check_known, near_miss
from sim.scenario.scenario import Scenario

KEYS = ("values", "range", "scale", "levels", "distribution", "arguments", "source")
SCALES = ("linear", "log")
LEVELS = 3
MOST_LEVELS = 1000

SCENARIO = "scenario"
"""Path of the lever whose values are names of scenarios."""


@dataclass(frozen=True)
class Factor:
    """One value that varies.

    values: its values in turn, or () for a continuum over [low, high]; scale: linear or log. levels: number of values of the
    continuum in a grid. distribution: name of a scipy.stats distribution with its arguments, truncated to [low, high].
    whole: it is an integer. before: the value of the base. source: for values outside the base's own range.
    """

    path: str
    before: Value
    values: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    scale: str = "linear"
    levels: int | None = None
    distribution: str = ""
    arguments: Mapping[str, float] = field(default_factory=dict)
    whole: bool = False
    source: str = ""

    def at(self, share: np.ndarray) -> list[Value]:
        """Return the values at shares in [0, 1) of the range, the list or the probability."""
        if self.values:
            return [self.values[int(place)] for place in np.asarray(share) * len(self.values)]
        if self.whole:  # each integer of the range gets an equal part
            return [int(self.low + place) for place in np.asarray(share) * (self.high - self.low + 1)]
        return np.clip(self._quantile(np.asarray(share)), self.low, self.high).tolist()

    def steps(self, levels: int) -> tuple[Value, ...]:
        """Return the values of a grid: those listed, or `levels` evenly spaced over the continuum, including the ends."""
        if self.values:
            return self.values
        places = np.linspace(0.0, 1.0, self.levels or levels)
        if self.whole:
            return tuple(dict.fromkeys(int(v) for v in np.rint(self.low + places * (self.high - self.low))))
        return tuple(np.clip(self._quantile(places), self.low, self.high).tolist())

    def _quantile(self, share: np.ndarray) -> np.ndarray:
        if self.distribution:
            frozen = _frozen(self.distribution, self.arguments)
            first, last = frozen.cdf(self.low), frozen.cdf(self.high)
            return frozen.ppf(first + share * (last - first))
        if self.scale == "log":
            return np.exp(log(self.low) + share * (log(self.high) - log(self.low)))
        return self.low + share * (self.high - self.low)


def read_factor(path: str, raw: Any, base: Scenario, where: str, as_levels: bool) -> Factor:
    """Return the factor of a path in a sweep file; an empty entry uses the range of the base.

    where: start of error messages. as_levels: the factor belongs to a grid, so that an empty entry has three values, the two
    ends and the value of the base. Raises InputError.
    """
    entry = _entry(path, base, where)
    if not isinstance(raw, Mapping):
        raise InputError(f"{where} = {shown(raw)} must be a table, as in {{ values = [...] }}, or {{}} for its own range")
    check_known(raw, KEYS, f"{where}: ")
    given = [key for key in ("values", "range", "distribution") if key in raw]
    if "values" in raw and len(raw) > 1 + ("source" in raw):
        raise InputError(
            f"{where}: values go without other keys; leave out {', '.join(sorted(set(raw) - {'values', 'source'}))}"
        )
    source = raw.get("source", "")
    if not isinstance(source, str) or ("source" in raw and not source.strip()):
        raise InputError(f"{where}: source = {shown(source)} must be text in quotes, and not empty")
    factor = Factor(path, entry.value, whole=isinstance(entry.value, int), source=source)
    if "values" in raw:
        factor = replace(factor, values=_listed(raw["values"], where))
    elif not isinstance(entry.value, (int, float)) or isinstance(entry.value, bool):
        factor = replace(factor, values=_choices(entry, where, given))
    else:
        factor = _continuum(factor, raw, entry, where)
        if as_levels and not raw:
            factor = replace(factor, values=tuple(sorted({*factor.steps(2), entry.value})))
    _check_against(base, factor, where)
    return factor


def column_factor(path: str, column: Sequence[Value], base: Scenario, where: str) -> Factor:
    """Return the factor with the values of a column of a table, unordered. Raises InputError."""
    before = _entry(path, base, where).value
    numbers = [value for value in column if not isinstance(value, (bool, str))]
    if len(numbers) < len(column):
        factor = Factor(path, before, values=tuple(dict.fromkeys(column)))
    else:
        factor = Factor(path, before, low=min(numbers), high=max(numbers), whole=isinstance(before, int))
    _check_against(base, factor, where)
    return factor


def settings_of(factor: Factor, value: Value, base: Scenario, onto: Scenario | None = None) -> Any:
    """Return the entry that sets a value: the value alone, or with a range and source if it is outside the scenario's range.

    onto: the scenario that is changed, by default the base. The range of the base takes precedence over its range.
    """
    entry = base.entries[factor.path]
    bounds, own = entry.range, (onto or base).entries[factor.path].range
    if bounds is None or isinstance(value, str):
        return value
    if bounds[0] <= value <= bounds[1]:
        return value if own == bounds else {"value": value, "range": list(bounds), "source": entry.source}
    if not factor.source:
        return value
    return {"value": value, "range": [min(bounds[0], value), max(bounds[1], value)], "source": factor.source}


def evidence_of(factor: Factor, base: Scenario) -> Entry:
    """Return the evidence of a factor: the base's entry, or "chosen" for the lever of scenarios."""
    if factor.path != SCENARIO:
        return base.entries[factor.path]
    return Entry(SCENARIO, factor.before, "name", None, "lever", "-", "chosen", "the sweep")


def _entry(path: str, base: Scenario, where: str) -> Entry:
    if path == SCENARIO:
        raise InputError(f"{where} is a lever; list its values under [levers]")
    if path not in base.entries:
        hint = near_miss(path, base.entries) or f"; pullback show {base.name} lists them all"
        raise InputError(f"{where} is not a known value{hint}")
    return base.entries[path]


def _listed(raw: Any, where: str) -> tuple[Value, ...]:
    if not isinstance(raw, (list, tuple)) or not raw:
        raise InputError(f"{where}: values = {shown(raw)} must be a list of one or more values")
    if first_repeated(raw) is not None:
        raise InputError(f"{where}: values = {shown(raw)} names a value twice")
    return tuple(raw)


def _choices(entry: Entry, where: str, given: list[str]) -> tuple[Value, ...]:
    if isinstance(entry.value, bool) and not given:
        return (False, True)
    choices = registry().choices.get(entry.path, ())
    named = ", ".join(choices) if choices else "true, false"
    raise InputError(f"{where} has no range; list some of {named} as values")


def _continuum(factor: Factor, raw: Mapping[str, Any], entry: Entry, where: str) -> Factor:
    low, high = _range(raw.get("range", entry.range), where)
    scale = raw.get("scale", "linear")
    if scale not in SCALES:
        raise InputError(f"{where}: scale = {shown(scale)} must be {' or '.join(map(shown, SCALES))}")
    if scale == "log" and low <= 0:
        raise InputError(f"{where}: a log scale needs a range above 0, not [{low:g}, {high:g}]; give range = [...]")
    levels = raw.get("levels")
    if levels is not None and (not isinstance(levels, int) or isinstance(levels, bool) or not 2 <= levels <= MOST_LEVELS):
        raise InputError(f"{where}: levels = {shown(levels)} must be a whole number from 2 to {MOST_LEVELS}")
    factor = replace(factor, low=low, high=high, scale=scale, levels=levels)
    return _with_distribution(factor, raw, where)


def _range(raw: Any, where: str) -> tuple[float, float]:
    numbers = isinstance(raw, (list, tuple)) and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in raw)
    if not numbers or len(raw) != 2 or not raw[0] <= raw[1]:
        raise InputError(f"{where}: range = {shown(raw)} must be [low, high], the low end first")
    if raw[0] == raw[1]:
        raise InputError(f"{where} cannot vary: its range is [{raw[0]:g}, {raw[1]:g}]; give range or values, with a source")
    return raw[0], raw[1]


def _with_distribution(factor: Factor, raw: Mapping[str, Any], where: str) -> Factor:
    if "distribution" not in raw:
        if "arguments" in raw:
            raise InputError(f'{where}: arguments need a distribution, as in distribution = "norm"')
        return factor
    name, arguments = raw["distribution"], raw.get("arguments", {})
    if factor.whole or factor.scale == "log":
        raise InputError(f"{where}: a distribution needs a value that is not an integer, on a linear scale")
    try:
        frozen = _frozen(name, arguments)
        inside = float(frozen.cdf(factor.high) - frozen.cdf(factor.low))
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"{where}: {shown(name)} with {shown(arguments)} is not a scipy.stats distribution: {error}"
        ) from None
    if not inside > 0:
        raise InputError(f"{where}: {name} with {shown(arguments)} has no probability in [{factor.low:g}, {factor.high:g}]")
    return replace(factor, distribution=name, arguments=dict(arguments))


def _frozen(name: str, arguments: Mapping[str, float]) -> Any:
    """Return a continuous distribution. Raises AttributeError, TypeError or ValueError."""
    from scipy import stats

    family = getattr(stats, name)
    if not isinstance(family, stats.rv_continuous):
        raise ValueError("it is not a continuous distribution")
    return family(**arguments)


def _check_against(base: Scenario, factor: Factor, where: str) -> None:
    """Raise InputError if the base rejects a value of the factor; all listed values are checked, or the two ends."""
    for value in factor.values or (factor.low, factor.high):
        try:
            base.with_values({factor.path: settings_of(factor, value, base)}, set_by=where)
        except (InputError, TypeError) as error:
            raise InputError(f"{where}: {_rejection(str(error).removeprefix(f'{where}: '), value, base, factor)}") from None


def _rejection(message: str, value: Value, base: Scenario, factor: Factor) -> str:
    bounds = base.entries[factor.path].range
    if bounds is None or "outside its range" not in message:
        return message
    return f'{shown(value)} is outside the range [{bounds[0]}, {bounds[1]}] of the base; to use it give source = "..."'
