"""The parts of the Live page that are drawn in the browser. Each takes plain values and returns a reader's commands.

`frame` is a frame of the engine as frame_values writes it; parts that draw it acknowledge its number.
"""

from __future__ import annotations

import inspect
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import solara

from dashboards.engine.frames import Frame

Heard = Callable[[Any], None]
Part = Callable[..., solara.Element]


@dataclass(frozen=True)
class Sealed:
    """Plain values on their way to the browser. Solara looks for components in every list and dict, not in here."""

    value: Any


def drawn(path: str) -> Callable[[Callable[..., None]], Part]:
    """Return a decorator that makes a part of a Vue file beside this one; what it takes is the function's signature."""

    def decorate(function: Callable[..., None]) -> Part:
        names = inspect.signature(function).parameters
        made = solara.component_vue(path, vuetify=False, to_json=dict.fromkeys(names, _opened))(function)

        def part(**given: Any) -> solara.Element:
            return made(
                **{name: Sealed(value) if isinstance(value, (dict, list)) else value for name, value in given.items()}
            )

        return part

    return decorate


def _opened(value: Any, widget: object) -> Any:
    return value.value if isinstance(value, Sealed) else value


def frame_values(frame: Frame) -> dict[str, Any]:
    """Return a frame as plain values; its bytes in base 64."""
    return {
        "number": frame.number,
        "generation": frame.generation,
        "day": frame.day,
        "last": frame.last,
        "playing": frame.playing,
        "busy": frame.busy,
        "first": frame.first,
        "planes": b64encode(frame.planes).decode(),
        "lines": b64encode(frame.lines).decode(),
    }


@drawn("heading.vue")
def Heading(  # noqa: N802
    heading: dict[str, Any], notices: list[str], event_apply: Heard, event_dismiss: Heard
) -> None:
    """Describe the simulation, and let the reader choose the scenario and the one it is compared with."""


@drawn("map.vue")
def Map(  # noqa: N802
    ground: dict[str, Any],
    frame: dict[str, Any],
    shows: str,
    caption: str,
    emptied: list[str],
    against: str,
    uncertain: bool,
    event_ack: Heard,
    event_show: Heard,
) -> None:
    """Draw the map. emptied: keys of the bases and prisons that the watched run has emptied, drawn hollow.

    uncertain: whether uncertain values differ by run.
    """


@drawn("transport.vue")
def Transport(  # noqa: N802
    frame: dict[str, Any],
    charts: dict[str, Any],
    happened: list[dict[str, Any]],
    speed: float,
    address: str,
    event_do: Heard,
) -> None:
    """Show the day, the scrubber and the buttons, and listen to the keyboard."""


@drawn("fans.vue")
def Fans(  # noqa: N802
    charts: dict[str, Any],
    frame: dict[str, Any],
    other: str,
    watched: str,
    uncertain: bool,
    event_ack: Heard,
    event_do: Heard,
) -> None:
    """Draw the fan charts. uncertain: whether uncertain values differ by run."""


@drawn("actors.vue")
def Actors(  # noqa: N802
    cards: list[dict[str, Any]], actor: str, why: list[dict[str, Any]], date: str, ready: bool, seated: str, event_do: Heard
) -> None:
    """Show the actors and why the chosen one decided as it did."""


@drawn("seat.vue")
def SeatPanel(seat: dict[str, Any], event_do: Heard) -> None:  # noqa: N802
    """Let a person decide."""


@drawn("places.vue")
def Places(places: dict[str, Any], run: str) -> None:  # noqa: N802
    """Show the truce clock, the stocks of the bases, the detention sites."""


@drawn("events.vue")
def Events(happened: list[dict[str, Any]], day: int, event_do: Heard) -> None:  # noqa: N802
    """List the events of the watched run."""


@drawn("provinces.vue")
def Provinces(provinces: list[dict[str, Any]], date: str, run: str, runs: int) -> None:  # noqa: N802
    """Show the content of the map as a table."""


@drawn("runs.vue")
def Runs(  # noqa: N802
    run: int, runs: int, charts: list[str], same_set: int | None, event_do: Heard
) -> None:
    """Choose the run that is watched. same_set: the run that plays the same drawn values, if there is one."""


@drawn("settings.vue")
def Settings(heading: dict[str, Any], groups: list[dict[str, Any]], event_apply: Heard) -> None:  # noqa: N802
    """Show and set the values of the scenario."""


@drawn("exports.vue")
def Exports(  # noqa: N802
    command: str, explain: str, address: str, download: dict[str, Any], event_export: Heard
) -> None:
    """Offer the exports."""
