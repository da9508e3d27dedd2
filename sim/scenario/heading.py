"""Check the heading of a scenario file: title, dates, length, seed, control raster, timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sim.ground.checks import DAYS, RUNS, SEED, Limits, first_repeated, shown, whole_number
from sim.ground.errors import InputError
from sim.ground.grid import ALLEGIANCE_LETTERS, HOLDER_LETTERS, load_control
from sim.ground.members import SHIPPED, load_sectors, read_members, shipped_members
from sim.ground.user_text import read_text
from sim.scenario.entries import Register
from sim.scenario.files import HEADING_KEYS, RENAMED, Layer, check_known, near_miss, renamed_key
from sim.scenario.orders import dated_orders
from sim.scenario.own_outcomes import over, own_outcomes

FORMAT = 1
MOST_RUNS = RUNS.most

EVENTS = ("summit", "deadline")
TIMELINE_KEYS = ("date", "event", "note", "source")
DIRECTIONS = ("up", "down", "earlier", "later", "same")
"""Directions that `expected` may give for an outcome."""

SETTABLE = ("days", "runs", "seed", "start_date")
"""Keys that may also be set outside of a file."""

REQUIRED = ("format", "title", "epoch", "start_date", "days", "runs", "seed", "control")
"""Keys that a scenario without a base must have."""

OF_THE_MAP = ("classes", "sectors", "sites")
"""Keys that belong to a map of control; a map of the user's own must give each of them."""

SHIPPED_GROUND: Mapping[str, Mapping[str, Any]] = {
    "classes": {"classes": "", "classes_digest": ""},
    "sectors": {"sectors": "", "sectors_digest": ""},
    "sites": {"sites": "", "members": shipped_members()},
}

Check = Callable[[str, Any, Layer, Register], dict[str, Any]]


@dataclass(frozen=True)
class TimelineEvent:
    """A dated event that no actor decides: a summit, a deadline."""

    date: date
    event: str
    note: str
    source: str


def apply_heading(heading: Mapping[str, Any], layer: Layer, register: Register) -> tuple[dict[str, Any], list[str]]:
    """Return the heading with the keys of `layer` applied, and the errors found.

    A file with a control raster but no raster of communities uses its control raster for both. With a raster of the user's
    own it must also give classes, sectors and sites; a shipped raster has the shipped ones.
    """
    changed, faults = dict(heading), [renamed_key(key, RENAMED) for key in RENAMED if key in layer.data]
    register = _with_own(register, heading)
    given = {key: layer.data[key] for key in HEADING_KEYS if key in layer.data}
    if layer.complete:
        missing = [key for key in REQUIRED if key not in given]
        faults += [f"{key} is missing; a scenario without a base gives it" for key in missing]
    for key, raw in given.items():
        try:
            changed |= _outcomes(raw, changed, register) if key == "outcomes" else _CHECKS[key](key, raw, layer, register)
        except InputError as error:
            faults.append(str(error))
        register = _with_own(register, changed)  # what is defined here may be expected here
    if "control" in given and "control_digest" in changed:
        if "communities" not in given:
            changed |= {"communities": changed["control"], "communities_digest": changed["control_digest"]}
        changed |= {name: raw for key in OF_THE_MAP if key not in given for name, raw in SHIPPED_GROUND[key].items()}
        if "/" in changed["control"]:
            faults += [
                f'{key} is missing: with a map of your own give {key}: a path, or {key} = "{SHIPPED}"'
                for key in OF_THE_MAP
                if key not in given
            ]
    return changed, faults or _check_end(changed) + _check_sectors(changed, given)


def own_heading(layer: Layer) -> dict[str, Any]:
    """Return the initial values of the keys that a file does not inherit from its base."""
    return {"title": layer.name, "question": "", "base": None, "expected": {}}


def _text(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
    if not isinstance(raw, str) or not raw.strip():
        raise InputError(f"{key} = {shown(raw)} must be text in quotes, and not empty")
    return {key: raw}


def _date(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
    if type(raw) is not date:  # a date with a time of day is a subclass
        raise InputError(f"{key} = {shown(raw)} must be a date without quotes, as in 2026-01-12")
    return {key: raw}


def _whole(limits: Limits) -> Check:
    def check(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
        return {key: whole_number(key, raw, limits)}

    return check


def _format(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
    if raw != FORMAT or isinstance(raw, bool):
        raise InputError(f"format = {shown(raw)} cannot be read by this version; it reads {FORMAT}")
    return {}


def _raster(letters: str) -> Check:
    """Check a raster: a shipped one by name, or the user's own by a path relative to the scenario's folder."""

    def check(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
        raster = _text(key, raw, layer, register)[key]
        if raster == SHIPPED and key in OF_THE_MAP:
            return dict(SHIPPED_GROUND[key])
        if "/" in raster or raster.endswith(".txt"):
            raster = str((layer.folder / raster).resolve())
        try:
            cells = load_control(raster, letters)
        except InputError as error:
            raise InputError(f"{key}: {error}") from None
        return {key: raster, f"{key}_digest": blake2b(cells.tobytes(), digest_size=16).hexdigest()}

    return check


def _file(read: Callable[[Path], dict[str, Any]]) -> Check:
    """Check a file: "shipped", or the user's own by a path relative to the scenario's folder."""

    def check(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
        if _text(key, raw, layer, register)[key] == SHIPPED:
            return dict(SHIPPED_GROUND[key])
        path = (layer.folder / raw).resolve()
        try:
            return {key: str(path)} | read(path)
        except InputError as error:
            raise InputError(f"{key}: {error}") from None

    return check


def _check_sectors(heading: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Return the error of a raster of sectors whose letters are not those of the sectors."""
    if not {"sectors", "sites"} & set(given):
        return []
    try:
        load_sectors(heading.get("sectors", ""), heading.get("members", shipped_members()))
    except InputError as error:
        return [f"sectors: {error}"]
    return []


def _with_own(register: Register, heading: Mapping[str, Any]) -> Register:
    """Return the schema with the outcomes that a heading defines."""
    names = tuple(own.name for own in heading.get("outcomes", ()) if own.name not in register.outcomes)
    return replace(register, outcomes=(*register.outcomes, *names)) if names else register


def _outcomes(raw: Any, heading: Mapping[str, Any], register: Register) -> dict[str, Any]:
    """Return the outcomes of the base, with those of the file added or replaced."""
    own = over(heading.get("outcomes", ()), own_outcomes(raw))
    register.check_outcomes(own)
    return {"outcomes": own}


def _expected(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise InputError('expected must be a table, as in { collapse_day = "later" }')
    for outcome, direction in raw.items():
        if outcome not in register.outcomes:
            raise InputError(f"expected: {outcome} is not a known outcome{near_miss(outcome, register.outcomes)}")
        if direction not in DIRECTIONS:
            raise InputError(f"expected: {outcome} = {shown(direction)} is not one of {', '.join(DIRECTIONS)}")
    return {key: dict(raw)}


def _timeline(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        raise InputError("timeline must be tables, each under [[timeline]]")
    events = []
    for number, item in enumerate(raw, 1):
        try:
            events.append(_timeline_event(item, layer, register))
        except InputError as error:
            raise InputError(f"timeline event {number}: {error}") from None
    if (duplicate := first_repeated(events, key=lambda event: (event.date, event.event))) is not None:
        raise InputError(f"timeline: {duplicate.event} on {duplicate.date} is given twice; give it once")
    return {key: tuple(sorted(events, key=lambda event: (event.date, event.event)))}


def _timeline_event(item: Mapping[str, Any], layer: Layer, register: Register) -> TimelineEvent:
    check_known(item, TIMELINE_KEYS, "")
    missing = [key for key in TIMELINE_KEYS if key not in item]
    if missing:
        raise InputError(f"lacks {', '.join(missing)}")
    checked = _date("date", item["date"], layer, register)
    for key in ("event", "note", "source"):
        checked |= _text(key, item[key], layer, register)
    if checked["event"] not in EVENTS:
        hint = near_miss(checked["event"], EVENTS)
        raise InputError(f"event = {shown(item['event'])} is not one of {', '.join(EVENTS)}{hint}")
    return TimelineEvent(**checked)


def _orders(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        raise InputError("orders must be tables, each under [[orders]]")
    return {key: dated_orders(raw, register)}


def _as_run(key: str, raw: Any, layer: Layer, register: Register) -> dict[str, Any]:
    if not isinstance(raw, bool):
        raise InputError(f"{key} = {shown(raw)} must be true or false")
    return {}


def _check_end(heading: Mapping[str, Any]) -> list[str]:
    try:
        heading["start_date"] + timedelta(days=heading["days"])
    except OverflowError:
        return [f"start_date = {heading['start_date']} and days = {heading['days']} end after the last date of the calendar"]
    return []


_CHECKS: dict[str, Check] = {
    "format": _format,
    "title": _text,
    "question": _text,
    "base": _text,
    "expected": _expected,
    "epoch": _date,
    "start_date": _date,
    "days": _whole(DAYS),
    "runs": _whole(RUNS),
    "seed": _whole(SEED),
    "control": _raster(HOLDER_LETTERS),
    "communities": _raster(HOLDER_LETTERS),
    "classes": _raster(ALLEGIANCE_LETTERS),
    "sectors": _file(lambda path: {"sectors_digest": blake2b(read_text(path).encode(), digest_size=16).hexdigest()}),
    "sites": _file(lambda path: {"members": read_members(path)}),
    "timeline": _timeline,
    "orders": _orders,
    "takes_effect": _date,
    "as_run": _as_run,
}
