"""The parts of the Live page that are drawn in the browser. Each takes plain values and hands back what a reader does.

`frame` is a frame of the engine as frame_values writes it; parts that draw it acknowledge its number.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import solara

from dashboards.engine.frames import Frame

Heard = Callable[[Any], None]


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


@solara.component_vue("heading.vue", vuetify=False)
def Heading(  # noqa: N802
    heading: dict[str, Any], notices: list[str], event_apply: Heard, event_dismiss: Heard
) -> None:
    """Say what is simulated, and let the reader choose the scenario and the one it is compared with."""


@solara.component_vue("map.vue", vuetify=False)
def Map(  # noqa: N802
    ground: dict[str, Any], frame: dict[str, Any], shows: str, said: str, against: str, event_ack: Heard, event_show: Heard
) -> None:
    """Draw the map."""


@solara.component_vue("transport.vue", vuetify=False)
def Transport(  # noqa: N802
    frame: dict[str, Any],
    charts: dict[str, Any],
    happened: list[dict[str, Any]],
    speed: float,
    address: str,
    event_do: Heard,
) -> None:
    """Show the day, the scrubber and the buttons, and listen to the keyboard."""


@solara.component_vue("fans.vue", vuetify=False)
def Fans(  # noqa: N802
    charts: dict[str, Any], frame: dict[str, Any], other: str, watched: str, event_ack: Heard, event_do: Heard
) -> None:
    """Draw the fan charts."""


@solara.component_vue("actors.vue", vuetify=False)
def Actors(  # noqa: N802
    cards: list[dict[str, Any]], actor: str, why: list[dict[str, Any]], date: str, ready: bool, seated: str, event_do: Heard
) -> None:
    """Show the actors and why the chosen one decided as it did."""


@solara.component_vue("seat.vue", vuetify=False)
def SeatPanel(seat: dict[str, Any], event_do: Heard) -> None:  # noqa: N802
    """Let a person decide."""


@solara.component_vue("places.vue", vuetify=False)
def Places(places: dict[str, Any], run: str) -> None:  # noqa: N802
    """Show the truce clock, the stocks of the bases, the detention sites."""


@solara.component_vue("events.vue", vuetify=False)
def Events(happened: list[dict[str, Any]], day: int, event_do: Heard) -> None:  # noqa: N802
    """List the events of the watched run."""


@solara.component_vue("provinces.vue", vuetify=False)
def Provinces(provinces: list[dict[str, Any]], date: str, run: str, runs: int) -> None:  # noqa: N802
    """Say in a table what the map shows."""


@solara.component_vue("runs.vue", vuetify=False)
def Runs(run: int, runs: int, charts: list[str], event_do: Heard) -> None:  # noqa: N802
    """Choose the run that is watched."""


@solara.component_vue("settings.vue", vuetify=False)
def Settings(heading: dict[str, Any], groups: list[dict[str, Any]], event_apply: Heard) -> None:  # noqa: N802
    """Show and set the values of the scenario."""


@solara.component_vue("exports.vue", vuetify=False)
def Exports(  # noqa: N802
    command: str, explain: str, address: str, download: dict[str, Any], event_export: Heard
) -> None:
    """Offer what a reader can take along."""
