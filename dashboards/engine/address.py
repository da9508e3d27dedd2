"""The shareable address of a view: scenario, seed, settings, run and day as a query string; input is validated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dashboards.engine.setup import (
    MOST_RUN_DAYS,
    STATED,
    UNCERTAIN,
    Setup,
    changed_values,
    choices,
    scenario_named,
    scenarios_of,
)
from sim.ground.errors import InputError
from sim.registry import registry
from sim.scenario.entries import Value

LONGEST = 8000
"""Longest query string that is read, in characters."""

MOST_NOTICES = 5
"""Parts that are named one by one where they were left out."""

MAPS = ("run", "damascus", "sdf", "contested", "difference")
"""Kinds of map: one run, the probability that a side holds each cell, the difference of two scenarios."""

SETTING = "set."


@dataclass(frozen=True)
class Place:
    """Where a reader stands: what is simulated, the run that is watched, the day, and what the map shows."""

    setup: Setup = field(default_factory=Setup)
    run: int = 0
    day: int = 0
    shows: str = "run"


def write(place: Place) -> str:
    """Return the query string that leads to a place, without its question mark."""
    setup = place.setup
    parts: dict[str, Any] = {"scenario": setup.scenario}
    if setup.against is not None:
        parts["against"] = setup.against
    parts |= {key: value for key in ("seed", "days") if (value := getattr(setup, key)) is not None}
    if setup.uncertain != STATED:
        parts["uncertain"] = setup.uncertain
    parts |= {"runs": setup.runs, "run": place.run, "day": place.day, "map": place.shows}
    parts |= {f"{SETTING}{path}": _text(value) for path, value in changed_values(setup).items()}
    return urlencode(parts)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, str) else repr(value)


def read(query: str | None, start: Place | None = None) -> tuple[Place, tuple[str, ...]]:
    """Return the place a query string names, and a notice for each part that was not understood and left out.

    Nothing in it is evaluated, opened or looked up but names of scenarios, of settings and of their values.
    """
    start = start or Place()
    if not query:
        return start, ()
    if len(query) > LONGEST:
        return start, (f"The address is longer than {LONGEST} characters and was ignored.",)
    given = dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))
    found: dict[str, Any] = {}
    notices: list[str] = []
    for key, text in given.items():
        try:
            found[key] = _reader(key)(key, text)
        except InputError as error:
            notices.append(f"Address: {error}; ignored.")
    return _place(found, start, notices)


def _reader(key: str) -> Callable[[str, str], object]:
    if key.startswith(SETTING):
        return _setting
    if key not in READERS:
        raise InputError(f"{_cut(key)} is not a known part of an address")
    return READERS[key]


def _name(key: str, text: str) -> str:
    if text not in choices():
        raise InputError(f"{key} = {_cut(text)} is not an available scenario")
    return text


def _whole(key: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        raise InputError(f"{key} = {_cut(text)} is not a whole number")
    return int(text)


def _one_of(known: tuple[str, ...]) -> Callable[[str, str], str]:
    def one_of(key: str, text: str) -> str:
        if text not in known:
            raise InputError(f"{key} = {_cut(text)} is not one of {', '.join(known)}")
        return text

    return one_of


def _setting(key: str, text: str) -> Value:
    """Read a setting's value by the type that the code declares for it."""
    path = key.removeprefix(SETTING)
    spec = registry().declared.get(path)
    if spec is None:
        raise InputError(f"{_cut(path)} is not a setting")
    if spec.type is str:
        return text
    if spec.type is bool:
        if text not in ("true", "false"):
            raise InputError(f"{path} = {_cut(text)} is neither true nor false")
        return text == "true"
    try:
        return spec.type(text)
    except ValueError:
        raise InputError(f"{path} = {_cut(text)} is not a number") from None


READERS: dict[str, Callable[[str, str], object]] = {
    "scenario": _name, "against": _name, "seed": _whole, "days": _whole, "runs": _whole, "run": _whole, "day": _whole,
    "map": _one_of(MAPS), "uncertain": _one_of(UNCERTAIN),
}  # fmt: skip


def _place(found: dict[str, Any], start: Place, notices: list[str]) -> tuple[Place, tuple[str, ...]]:
    """Put the parts together; what does not hold together is left out, the settings one by one."""
    setup = replace(start.setup, scenario=found.get("scenario", start.setup.scenario))
    of_setup = ("days", "seed", "runs", "against", "uncertain")
    parts: list[dict[str, Any]] = [{key: found[key]} for key in of_setup if key in found]
    parts += [{"values": (key.removeprefix(SETTING), found[key])} for key in found if key.startswith(SETTING)]
    setup, ignored = _valid(setup, parts)
    notices = _few([*notices, *ignored])
    days, run, day = scenarios_of(setup)[0].days, found.get("run", start.run), found.get("day", start.day)
    if run >= setup.runs or day > days:
        notices.append(
            f"Address: there are {setup.runs} runs, counted from 0, and {days} days; the nearest run and day are shown."
        )
    shows = found.get("map", start.shows)
    if shows == "difference" and setup.against is None:
        shows = start.shows
    return Place(setup, min(run, setup.runs - 1), min(day, days), shows), tuple(notices)


def _valid(setup: Setup, parts: list[dict[str, Any]]) -> tuple[Setup, list[str]]:
    """Return the setup with all parts where they hold together, otherwise with those that do one after another."""
    complete = setup
    for part in parts:
        complete = replace(complete, **_merged(complete, part))
    try:
        scenarios_of(complete)
        return complete, []
    except InputError:
        notices = []
    for part in parts:
        tried = replace(setup, **_merged(setup, part))
        try:
            scenarios_of(tried)
        except InputError as error:
            notices.append(f"Address: {_first_line(error)}; ignored.")
        else:
            setup = tried
    return setup, notices


def _few(notices: list[str]) -> list[str]:
    """Return the first notices, and how many more parts were left out."""
    more = len(notices) - MOST_NOTICES
    return notices if more <= 0 else [*notices[:MOST_NOTICES], f"Address: {more} more parts were ignored."]


def _merged(setup: Setup, part: dict[str, Any]) -> dict[str, Any]:
    if "values" not in part:
        return part
    path, value = part["values"]
    return {"values": {**setup.values, path: value}}


def _first_line(error: InputError) -> str:
    return str(error).splitlines()[0].removeprefix("settings: ")


def _cut(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def default_place(scenario: str | None = None) -> Place:
    """Return where a session begins: the first evening of a scenario, with as many runs as fit if those are fewer."""
    setup = Setup(scenario or Setup().scenario)
    days = scenario_named(setup.scenario).days
    return Place(replace(setup, runs=min(setup.runs, max(1, MOST_RUN_DAYS // days))))
