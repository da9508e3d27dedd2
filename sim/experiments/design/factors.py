"""Factors of a design: values of a scenario that a sweep varies, each over a range, a list or a distribution."""

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
"""Path of the lever whose values are scenarios, by name."""


@dataclass(frozen=True)
class Factor:
    """One value that varies.

    values: what it takes, in turn, or () for a continuum over [low, high]; scale: linear or log. levels: how many values a
    grid takes of the continuum. distribution: name of a scipy.stats distribution with its arguments, cut to [low, high].
    whole: it is a whole number. before: the value of the base. source: for values outside of the base's own range.
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
        """Return the values at shares in [0, 1) of the range, of the list or of the probability."""
        if self.values:
            return [self.values[int(place)] for place in np.asarray(share) * len(self.values)]
        if self.whole:  # every whole number of the range takes an equal part of it
            return [int(self.low + place) for place in np.asarray(share) * (self.high - self.low + 1)]
        return np.clip(self._quantile(np.asarray(share)), self.low, self.high).tolist()

    def steps(self, levels: int) -> tuple[Value, ...]:
        """Return the values of a grid: those listed, or `levels` evenly over the continuum, ends included."""
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
    """Return the factor that a sweep file gives for a path; an empty entry takes the range of the base.

    where: what an error message begins with. as_levels: it stands in a grid, so an empty entry is its two ends and the
    value of the base. Raises InputError.
    """
    entry = _entry(path, base, where)
    if not isinstance(raw, Mapping):
        raise InputError(f"{where} = {shown(raw)} must be a table, as in {{ values = [...] }}, or {{}} for its own range")
    check_known(raw, KEYS, f"{where}: ")
    given = [key for key in ("values", "range", "distribution") if key in raw]
    if "values" in raw and len(raw) > 1 + ("source" in raw):
        raise InputError(f"{where}: values stand alone; leave out {', '.join(sorted(set(raw) - {'values', 'source'}))}")
    source = raw.get("source", "")
    if not isinstance(source, str) or ("source" in raw and not source.strip()):
        raise InputError(f"{where}: source = {shown(source)} must be text in quotes, and not empty")
    made = Factor(path, entry.value, whole=isinstance(entry.value, int), source=source)
    if "values" in raw:
        made = replace(made, values=_listed(raw["values"], where))
    elif not isinstance(entry.value, (int, float)) or isinstance(entry.value, bool):
        made = replace(made, values=_choices(entry, where, given))
    else:
        made = _continuum(made, raw, entry, where)
        if as_levels and not raw:
            made = replace(made, values=tuple(sorted({*made.steps(2), entry.value})))
    _check_against(base, made, where)
    return made


def column_factor(path: str, column: Sequence[Value], base: Scenario, where: str) -> Factor:
    """Return the factor that takes the values of a column of a table, in no order. Raises InputError."""
    before = _entry(path, base, where).value
    numbers = [value for value in column if not isinstance(value, (bool, str))]
    if len(numbers) < len(column):
        made = Factor(path, before, values=tuple(dict.fromkeys(column)))
    else:
        made = Factor(path, before, low=min(numbers), high=max(numbers), whole=isinstance(before, int))
    _check_against(base, made, where)
    return made


def settings_of(factor: Factor, value: Value, base: Scenario, onto: Scenario | None = None) -> Any:
    """Return what a scenario is set to: the value, or with the range and source that let it out of the scenario's own.

    onto: the scenario that is set, the base when left out. What it says of the value's range gives way to the base.
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
    """Return what stands behind a factor: the base's entry; of the lever of scenarios, that they were chosen."""
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


def _continuum(made: Factor, raw: Mapping[str, Any], entry: Entry, where: str) -> Factor:
    low, high = _range(raw.get("range", entry.range), where)
    scale = raw.get("scale", "linear")
    if scale not in SCALES:
        raise InputError(f"{where}: scale = {shown(scale)} must be {' or '.join(map(shown, SCALES))}")
    if scale == "log" and low <= 0:
        raise InputError(f"{where}: a log scale needs a range above 0, not [{low:g}, {high:g}]; give range = [...]")
    levels = raw.get("levels")
    if levels is not None and (not isinstance(levels, int) or isinstance(levels, bool) or not 2 <= levels <= MOST_LEVELS):
        raise InputError(f"{where}: levels = {shown(levels)} must be a whole number from 2 to {MOST_LEVELS}")
    made = replace(made, low=low, high=high, scale=scale, levels=levels)
    return _with_distribution(made, raw, where)


def _range(raw: Any, where: str) -> tuple[float, float]:
    numbers = isinstance(raw, (list, tuple)) and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in raw)
    if not numbers or len(raw) != 2 or not raw[0] <= raw[1]:
        raise InputError(f"{where}: range = {shown(raw)} must be [low, high], the low end first")
    if raw[0] == raw[1]:
        raise InputError(f"{where} cannot vary: its range is [{raw[0]:g}, {raw[1]:g}]; give range or values, with a source")
    return raw[0], raw[1]


def _with_distribution(made: Factor, raw: Mapping[str, Any], where: str) -> Factor:
    if "distribution" not in raw:
        if "arguments" in raw:
            raise InputError(f'{where}: arguments need a distribution, as in distribution = "norm"')
        return made
    name, arguments = raw["distribution"], raw.get("arguments", {})
    if made.whole or made.scale == "log":
        raise InputError(f"{where}: a distribution goes with numbers that need not be whole, on a linear scale")
    try:
        frozen = _frozen(name, arguments)
        inside = float(frozen.cdf(made.high) - frozen.cdf(made.low))
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"{where}: {shown(name)} with {shown(arguments)} is not a scipy.stats distribution: {error}"
        ) from None
    if not inside > 0:
        raise InputError(f"{where}: {name} with {shown(arguments)} has no probability in [{made.low:g}, {made.high:g}]")
    return replace(made, distribution=name, arguments=dict(arguments))


def _frozen(name: str, arguments: Mapping[str, float]) -> Any:
    """Return a continuous distribution. Raises AttributeError, TypeError or ValueError."""
    from scipy import stats

    family = getattr(stats, name)
    if not isinstance(family, stats.rv_continuous):
        raise ValueError("it is not a continuous distribution")
    return family(**arguments)


def _check_against(base: Scenario, factor: Factor, where: str) -> None:
    """Raise InputError where the base would refuse a value the factor takes: all that are listed, or the ends."""
    for value in factor.values or (factor.low, factor.high):
        try:
            base.with_values({factor.path: settings_of(factor, value, base)}, set_by=where)
        except (InputError, TypeError) as error:
            raise InputError(f"{where}: {_refused(str(error).removeprefix(f'{where}: '), value, base, factor)}") from None


def _refused(said: str, value: Value, base: Scenario, factor: Factor) -> str:
    bounds = base.entries[factor.path].range
    if bounds is None or "outside its range" not in said:
        return said
    return f'{shown(value)} is outside the range [{bounds[0]}, {bounds[1]}] of the base; to go there give source = "..."'
