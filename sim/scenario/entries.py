"""Check every value of a scenario against its declaration in the code: key, type, unit, bounds, range, kind, source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from math import isfinite
from numbers import Integral, Real
from typing import Any

from sim.ground.checks import first_repeated, shown
from sim.ground.errors import InputError
from sim.scenario.files import HEADING_KEYS, Layer, check_known, near_miss
from sim.scenario.own_outcomes import CheckOutcomes, take_any
from sim.state.values import Axes, PerMember, declared, paths_of_members, types_of

Value = float | int | bool | str

MOST = 1e12
"""Largest permitted number. It is far above any value of the model; products of larger numbers would overflow float32."""

ENTRY_KEYS = ("value", "unit", "range", "kind", "confidence", "source")
CONFIDENCES = ("H", "M", "L", "-")
PYTHON_TYPES: Mapping[type, Any] = {float: Real, int: Integral, bool: bool, str: str}
TYPE_NAMES = {float: "a number", int: "a whole number", bool: "true or false", str: "text in quotes"}


@dataclass(frozen=True)
class Entry:
    """One value of a scenario with its evidence.

    range: the plausible (low, high), None for text and booleans. kind: lever, uncertainty or state. confidence: H, M, L,
    or - if assumed or chosen. set_by: the scenario that set the value, or "--set".
    """

    path: str
    value: Value
    unit: str
    range: tuple[float, float] | None
    kind: str
    confidence: str
    source: str
    set_by: str

    @property
    def is_uncertain(self) -> bool:
        """Whether it is an uncertainty with a range wider than a point."""
        return self.kind == "uncertainty" and self.range is not None and self.range[0] < self.range[1]

    @property
    def grade(self) -> str:
        """Grade of evidence: "assumed", "fitted", or the confidence of the source."""
        stated = next((word for word in ("assumed", "fitted") if self.source.startswith(word)), self.confidence)
        return "assumed" if stated == "-" else stated


@dataclass(frozen=True)
class Declared:
    """Declaration of one value in the code: type, unit, hard bounds, permitted names and kinds."""

    type: type
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Register:
    """The schema of a scenario.

    sections: the dataclass of each section. policies: of each actor, by name. axes: keys of the members of each axis.
    outcomes: names that `expected` may use. check_outcomes: raises InputError for
    faulty outcomes of a file. orders: by "actor.decision", the orders a person may give. drawn_at_start: paths
    of values that are read on the first evening only. factory: rebuilds the schema in another process.
    """

    sections: Mapping[str, type]
    policies: Mapping[str, Mapping[str, Any]]
    axes: Axes
    outcomes: tuple[str, ...]
    check_outcomes: CheckOutcomes = take_any
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drawn_at_start: frozenset[str] = frozenset()
    factory: Callable[[], Register] | None = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Policies contain functions that cannot be pickled, so the receiving process rebuilds the schema."""
        return super().__reduce_ex__(protocol) if self.factory is None else (_made_again, (self.factory, self.axes))

    def of_members(self, axes: Axes) -> Register:
        """Return the schema for other members of the axes."""
        return self if axes == self.axes else replace(self, axes=axes)

    @property
    def actors(self) -> tuple[str, ...]:
        """The sections of actors."""
        return tuple(self.policies)

    def only_at_start(self, path: str) -> bool:
        """Whether only the first evening reads the value of this path."""
        return path.startswith("start.") or path in self.drawn_at_start

    @cached_property
    def declared(self) -> dict[str, Declared]:
        """Every value by its dotted path, in the order of the code."""
        return {
            path: Declared(kind, spec["unit"], spec["low"], spec["high"], self._choices(path, spec), self._kinds(name))
            for name, section in self.sections.items()
            for path, kind, spec in declared(section, self.axes, f"{name}.")
        }

    @cached_property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """The permitted names of text values, by path."""
        return {path: spec.choices for path, spec in self.declared.items() if spec.choices}

    def _choices(self, path: str, spec: Mapping[str, Any]) -> tuple[str, ...]:
        actor, _, name = path.partition(".")
        return tuple(self.policies[actor]) if name == "policy" and actor in self.policies else spec["choices"]

    @cached_property
    def tables(self) -> frozenset[str]:
        """Dotted paths of the sections and their sub-tables."""
        return frozenset(path[:end] for path in self.declared for end, letter in enumerate(path) if letter == ".")

    def _kinds(self, section: str) -> tuple[str, ...]:
        if section in self.actors:
            return ("lever", "uncertainty")
        return ("state",) if section == "start" else ("uncertainty",)


def _made_again(factory: Callable[[], Register], axes: Axes) -> Register:
    return factory().of_members(axes)


def apply_entries(entries: Mapping[str, Entry], layer: Layer, register: Register) -> tuple[dict[str, Entry], list[str]]:
    """Return the entries with the values of `layer` applied, in the order of the code, and the errors found."""
    changed, faults = dict(entries), []
    seen = set(entries)
    values_given = list(_flatten(layer.tables, register))
    duplicate = first_repeated(path for path, _ in values_given)
    if duplicate is not None:
        faults.append(f"{duplicate} is given twice, in quotes and as a table; give it once")
    for path, raw in values_given:
        seen.add(path)
        try:
            changed[path] = _entry(path, raw, entries.get(path), layer.name, register)
        except InputError as error:
            faults.append(str(error))
    reason = (
        "a scenario without a base sets every value" if layer.complete else "it belongs to the sites of this file: set it"
    )
    faults += [f"{path} is missing; {reason}" for path in register.declared if path not in seen]
    return {path: changed[path] for path in register.declared if path in changed}, faults


def paths_set(layer: Layer, register: Register) -> list[str]:
    """Return the keys of the heading and the dotted paths that a layer sets."""
    return [key for key in layer.data if key in HEADING_KEYS] + [path for path, _ in _flatten(layer.tables, register)]


def build_section(name: str, section: Any, entries: Mapping[str, Entry], axes: Axes) -> Any:
    """Make the dataclass `section` from the values below the dotted path `name`."""
    hints = types_of(section)
    values_given: dict[str, Any] = {}
    for item in fields(section):
        kind, path = hints[item.name], f"{name}.{item.name}"
        if is_dataclass(kind):
            values_given[item.name] = build_section(path, kind, entries, axes)
        elif "axis" in item.metadata:
            paths = paths_of_members(item, axes, f"{name}.")
            values_given[item.name] = PerMember({key: entries[at].value for key, at in paths.items()})
        else:
            values_given[item.name] = entries[path].value
    return section(**values_given)


def _flatten(tables: Mapping[str, Any], register: Register, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, raw value) of every entry in `tables`, known or not."""
    for key, raw in tables.items():
        path = prefix + key
        is_table = isinstance(raw, Mapping)
        misspelt = is_table and path not in register.declared and raw and "value" not in raw
        if is_table and (path in register.tables or misspelt):
            yield from _flatten(raw, register, f"{path}.")
        else:
            yield path, raw


def _entry(path: str, raw: Any, before: Entry | None, set_by: str, register: Register) -> Entry:
    spec = register.declared.get(path)
    if spec is None:
        raise InputError(_unknown(path, register))
    if not isinstance(raw, Mapping):
        if before is None:
            raise InputError(f"{path} needs evidence: {{ {', '.join(f'{key} = ...' for key in ENTRY_KEYS)} }}")
        raw = {"value": raw}
    check_known(raw, ENTRY_KEYS, f"{path}: ")
    needs = [key for key in ENTRY_KEYS if key != "range" or spec.type in (int, float)] if before is None else ["value"]
    missing = [key for key in needs if key not in raw]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}")
    if before is not None and "range" in raw and "source" not in raw:
        raise InputError(f"{path} has a new range; give its source with source = ...")
    value = check_value(path, raw["value"], spec)
    evidence = {key: raw[key] for key in ("unit", "kind", "confidence", "source") if key in raw}
    _check_evidence(path, evidence, spec)
    bounds = _check_range(path, raw["range"], spec) if "range" in raw else before.range if before else None
    if bounds and not isinstance(value, str) and not bounds[0] <= value <= bounds[1]:
        raise InputError(_out_of_range(path, value, bounds))
    if before is None:
        return Entry(path=path, value=value, range=bounds, set_by=set_by, **evidence)
    return replace(before, value=value, range=bounds, set_by=set_by, **evidence)


def check_value(path: str, raw: Any, spec: Declared) -> Value:
    """Return `raw` as the declared type. Raises InputError for another type, inf or NaN, or a number out of bounds."""
    if not isinstance(raw, PYTHON_TYPES[spec.type]) or (isinstance(raw, bool) and spec.type is not bool):
        raise InputError(f"{path} = {shown(raw)} must be {TYPE_NAMES[spec.type]}")
    if spec.type is bool:
        return raw
    if spec.type is str:
        if spec.choices and raw not in spec.choices:
            hint = near_miss(raw, spec.choices)
            raise InputError(f"{path} = {shown(raw)} is not one of {', '.join(spec.choices)}{hint}")
        return raw
    return _check_number(path, raw, spec)


def _check_number(path: str, raw: Any, spec: Declared) -> float | int:
    number: float | int
    try:
        number = spec.type(raw)
        finite = isfinite(number)
    except OverflowError:
        finite = False
    if not finite:
        raise InputError(f"{path} = {shown(raw)} must be a finite number")
    if abs(number) > MOST:
        raise InputError(f"{path} = {shown(raw)} is beyond {MOST:g}, the largest permitted number")
    if spec.low is not None and number < spec.low:
        raise InputError(f"{path} = {shown(raw)} must be {spec.low:g} or more")
    if spec.high is not None and number > spec.high:
        raise InputError(f"{path} = {shown(raw)} must be {spec.high:g} or less")
    return number


def _check_range(path: str, raw: Any, spec: Declared) -> tuple[Any, Any]:
    if spec.type not in (int, float):
        raise InputError(f"{path} takes no range; only numbers have one")
    if not isinstance(raw, (list, tuple)) or len(raw) != 2:
        raise InputError(f"{path}: range = {shown(raw)} must be [low, high]")
    ends = zip(("low", "high"), raw, strict=True)
    low, high = (check_value(f"{path}: {end} end of the range", bound, spec) for end, bound in ends)
    if float(low) > float(high):
        raise InputError(f"{path}: range = {shown(raw)} must be [low, high], the low end first")
    return low, high


def _check_evidence(path: str, evidence: Mapping[str, Any], spec: Declared) -> None:
    for key, raw in evidence.items():
        if not isinstance(raw, str) or not raw.strip():
            raise InputError(f"{path}: {key} = {shown(raw)} must be text in quotes, and not empty")
    allowed = {"unit": (spec.unit,), "kind": spec.kinds, "confidence": CONFIDENCES}
    for key, choices in allowed.items():
        if key in evidence and evidence[key] not in choices:
            raise InputError(f"{path}: {key} = {shown(evidence[key])} must be {' or '.join(map(shown, choices))}")


def _out_of_range(path: str, value: float, bounds: tuple[float, float]) -> str:
    low, high = min(bounds[0], value), max(bounds[1], value)
    return (
        f"{path} = {value} is outside its range [{bounds[0]}, {bounds[1]}]; to widen it give "
        f'{{ value = {value}, range = [{low}, {high}], source = "..." }}'
    )


def _unknown(path: str, register: Register) -> str:
    if path in register.tables:
        return f"{path} must be a table of values, as in [{path}]"
    hint = near_miss(path, (*register.declared, *HEADING_KEYS)) or "; pullback show baseline lists them all"
    return f"{path} is not a known key{hint}"
