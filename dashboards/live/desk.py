"""One browser's desk: its engine, and its page. A page that is left and reopened keeps its desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import solara
from solara.server import kernel_context

from dashboards.engine import commands as ask
from dashboards.engine import stage
from dashboards.engine.address import Place, default_place, read
from dashboards.engine.engine import Engine
from dashboards.engine.exports import map_svg, series_csv
from dashboards.engine.frames import Frame
from dashboards.engine.session import Session
from dashboards.engine.setup import scenario_named
from dashboards.engine.views import View, look
from dashboards.live.components import frame_values
from sim.experiments.play.folder import default_folder
from sim.experiments.play.run import ensemble_of

FIRST_SCENARIO: list[str] = []
"""The scenario that a session begins with, when `pullback watch` was given one; at most one."""


@dataclass(frozen=True)
class Stage:
    """What stays the same while a setup is played."""

    heading: dict[str, Any]
    ground: dict[str, Any]
    charts: dict[str, Any]
    settings: list[dict[str, Any]]


class Desk:
    """Hands a reader's commands to the engine, and the engine's frames and views to the page."""

    def __init__(self, query: str | None) -> None:
        place, notices = read(query, default_place(*FIRST_SCENARIO))
        self.engine = Engine(place, self._hear)
        self.notices = solara.Reactive(list(notices))
        self.stage = solara.Reactive(self._set())
        self.view = solara.Reactive(look(self.engine.session))
        self.frame = solara.Reactive(frame_values(self.engine.picture()))
        self.download: solara.Reactive[dict[str, Any]] = solara.Reactive({"count": 0, "name": "", "text": ""})
        self._awake = False

    def wake(self) -> None:
        """Start the engine, once. To be called in an effect of the page, which gives the thread its context."""
        if not self._awake:
            self._awake = True
            self.engine.start()

    def _hear(self, frame: Frame, view: View | None) -> None:
        """Take what the engine hands out, in its thread. The map comes first, unless it is of another ground."""
        session = self.engine.session
        if _ground(session) != self._ground:
            self.stage.set(self._set())
        self.frame.set(frame_values(frame))
        if session.place.setup != self._setup:
            self.stage.set(self._set())
        if view is not None:
            self.view.set(view)

    def _set(self) -> Stage:
        session = self.engine.session
        self._setup, self._ground = session.place.setup, _ground(session)
        return Stage(
            stage.heading(self._setup, session.scenario),
            stage.ground(session),
            stage.charts(session),
            stage.settings(self._setup, session.scenario),
        )

    # --- commands of a reader ------------------------------------------------------------------------------------------

    def do(self, wish: Mapping[str, Any]) -> None:
        """Pass on a command: {"do": name, ...}. Invalid ones are ignored."""
        with suppress(*INVALID):
            self.engine.send(WISHES[wish["do"]](wish))

    def apply(self, wish: Mapping[str, Any]) -> None:
        """Simulate another setup, to the day that is shown. It is validated where it is simulated."""
        with suppress(*INVALID):
            self.engine.send(ask.Apply(self._place(wish)))

    def _place(self, wish: Mapping[str, Any]) -> Place:
        """Return the place that a form requests. Another scenario is used without the settings of the first."""
        place = self.engine.session.place_now
        changed = {key: read(wish[key]) for key, read in FORM.items() if key in wish}
        if changed.get("scenario", place.setup.scenario) != place.setup.scenario:
            changed = {"values": {}, "seed": None, "days": None} | changed
        setup = replace(place.setup, **changed)
        shows = "run" if place.shows == "difference" and setup.against is None else place.shows
        shows = "difference" if setup.against is not None and place.setup.against is None else shows
        return replace(place, setup=setup, shows=shows)

    def dismiss(self, _: object = None) -> None:
        """Remove the notices of the address."""
        self.notices.set([])

    def export(self, what: str) -> None:
        """Write an export and let the browser save it."""
        session = self.engine.session
        made = {"csv": ("series.csv", series_csv), "svg": (f"map-day-{session.day}.svg", map_svg)}
        if what in made:
            name, write = made[what]
            count = self.download.value["count"] + 1
            drawn = "" if session.uncertain is None else f"uncertain-{session.uncertain.what}-"
            self.download.set({"count": count, "name": f"{session.scenario.name}-{drawn}{name}", "text": write(session)})

    # --- captions ---------------------------------------------------------------------------------------

    def run_caption(self, view: View) -> str:
        """Describe the run, always as one of many."""
        played = "your run: " if view.seat else ""
        return f"{played}run {view.place.run}, one of {view.place.setup.runs} runs"

    def explain_command(self, view: View) -> str:
        """Return the command that explains the watched run; of a changed setup, from its results."""
        session, setup = self.engine.session, view.place.setup
        untouched = session.scenario.hash == scenario_named(setup.scenario).hash and session.uncertain is None
        source = setup.scenario if untouched else default_folder(ensemble_of(session.scenario, session.uncertain))
        return f"pullback explain {source} --run {view.place.run}"


def _ground(session: Session) -> tuple[str, ...]:
    """Return what the theatre is cut from."""
    scenario = session.scenario
    return scenario.control_digest, scenario.communities_digest, scenario.classes_digest


WISHES: Mapping[str, Callable[[Mapping[str, Any]], ask.Command]] = {
    "play": lambda wish: ask.Play(),
    "pause": lambda wish: ask.Pause(),
    "reset": lambda wish: ask.Reset(),
    "step": lambda wish: ask.Step(int(wish["days"])),
    "goto": lambda wish: ask.GoTo(int(wish["day"])),
    "speed": lambda wish: ask.Speed(float(wish["speed"])),
    "watch": lambda wish: ask.Watch(int(wish["run"])),
    "quantile": lambda wish: ask.WatchQuantile(int(wish["chart"]), float(wish["quantile"])),
    "ask": lambda wish: ask.Ask(str(wish["actor"])),
    "sit": lambda wish: ask.Sit(str(wish["actor"]), int(wish["every"]) if wish["every"] else None),
    "order": lambda wish: ask.Order({str(key): str(value) for key, value in wish["orders"].items() if value}),
    "leave": lambda wish: ask.Leave(),
}
"""Commands of the page by name; others are ignored."""

INVALID = (KeyError, TypeError, ValueError, AttributeError)
"""Errors of reading a command that no part of the page sends."""

FORM: Mapping[str, Callable[[Any], Any]] = {
    "scenario": str,
    "against": lambda value: str(value) if value else None,
    "seed": lambda value: value,
    "runs": lambda value: value,
    "days": lambda value: value,
    "uncertain": str,
    "values": lambda values: {str(path): value for path, value in values.items()},
}
"""The fields of a setup, as a form sends them; they are validated where it is simulated."""

_desk: solara.Reactive[Desk | None] = solara.Reactive(None)
"""Each browser has its own: Solara keeps one per kernel."""


def desk(query: str | None) -> Desk:
    """Return the browser's desk, made on its first visit; when the browser is lost its engine ends."""
    found = _desk.peek()
    if found is None:
        found = Desk(query)
        _desk.set(found)
        if kernel_context.has_current_context():
            kernel_context.get_current_context().on_close(found.engine.close)
    return found
