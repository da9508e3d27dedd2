"""The layout of the Live page, and its event handlers. Computation is in dashboards.engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import solara

from dashboards.engine import commands as ask
from dashboards.live import components as parts
from dashboards.live.desk import Desk, desk

LOOK = Path(__file__).parent / "live.css"


@solara.component
def LivePage() -> None:  # noqa: N802
    """Show a session's simulation, starting at the place in the address."""
    router = solara.use_router()
    here = solara.use_memo(lambda: desk(router.search), [])
    solara.use_effect(here.wake, [])
    solara.Style(LOOK)
    with solara.Div(classes=["lv"]):
        _Heading(here)
        with solara.Div(classes=["lv-stage"]):
            with solara.Div(classes=["lv-left"]):
                _Map(here)
                _Transport(here)
            with solara.Div(classes=["lv-right"]), solara.Div(classes=["lv-side"]):
                _Seat(here)
                _Actors(here)
        _Fans(here)
        with solara.Div(classes=["lv-columns"]):
            _Places(here)
            with solara.Div(classes=["lv-stack"]):
                _Events(here)
        with solara.Div(classes=["lv-columns"]):
            _Provinces(here)
            with solara.Div(classes=["lv-stack"]):
                _Runs(here)
                _Exports(here)
        _Settings(here)


@solara.component
def _Heading(here: Desk) -> None:  # noqa: N802
    stage, view = here.stage.value, here.view.value
    notices = [*here.notices.value, *([view.notice] if view.notice else [])]
    parts.Heading(heading=stage.heading, notices=notices, event_apply=here.apply, event_dismiss=here.dismiss)


@solara.component
def _Map(here: Desk) -> None:  # noqa: N802
    stage, view = here.stage.value, here.view.value
    parts.Map(
        ground=stage.ground,
        frame=here.frame.value,
        shows=view.place.shows,
        caption=here.run_caption(view),
        emptied=view.emptied,
        against=stage.heading["against"] or "",
        uncertain=bool(stage.heading["drawn"]),
        event_ack=lambda number: here.engine.acknowledge("map", int(number)),
        event_show=lambda shows: here.engine.send(ask.Show(str(shows))),
    )


@solara.component
def _Transport(here: Desk) -> None:  # noqa: N802
    view = here.view.value
    parts.Transport(
        frame={key: value for key, value in here.frame.value.items() if key not in ("planes", "lines")},
        charts=here.stage.value.charts,
        happened=view.ticks,
        speed=here.engine.session.speed,
        address=view.address,
        event_do=here.do,
    )


@solara.component
def _Fans(here: Desk) -> None:  # noqa: N802
    stage, view = here.stage.value, here.view.value
    against = stage.heading["against"]
    parts.Fans(
        charts=stage.charts,
        frame={key: value for key, value in here.frame.value.items() if key != "planes"},
        other="the same run by its policy" if view.seat else f"median of {against}" if against else "",
        watched=here.run_caption(view),
        uncertain=bool(stage.heading["drawn"]),
        event_ack=lambda got: here.engine.acknowledge("charts", int(got[0]), int(got[1]), int(got[2])),
        event_do=here.do,
    )


@solara.component
def _Actors(here: Desk) -> None:  # noqa: N802
    view = here.view.value
    parts.Actors(
        cards=view.cards,
        actor=view.actor,
        why=view.why,
        date=view.date,
        ready=view.why_day == view.day,
        seated=view.seat["actor"] if view.seat else "",
        event_do=here.do,
    )


@solara.component
def _Seat(here: Desk) -> None:  # noqa: N802
    seat = here.view.value.seat
    if seat is not None:
        parts.SeatPanel(seat=seat, event_do=here.do)


@solara.component
def _Places(here: Desk) -> None:  # noqa: N802
    view = here.view.value
    parts.Places(places=view.places, run=here.run_caption(view))


@solara.component
def _Events(here: Desk) -> None:  # noqa: N802
    view = here.view.value
    parts.Events(happened=view.events, day=view.day, event_do=here.do)


@solara.component
def _Provinces(here: Desk) -> None:  # noqa: N802
    view = here.view.value
    parts.Provinces(provinces=view.provinces, date=view.date, run=here.run_caption(view), runs=view.place.setup.runs)


@solara.component
def _Runs(here: Desk) -> None:  # noqa: N802
    view = here.view.value
    titles = [chart["title"] for chart in here.stage.value.charts["charts"]]
    parts.Runs(run=view.place.run, runs=view.place.setup.runs, charts=titles, same_set=view.same_set, event_do=here.do)


@solara.component
def _Settings(here: Desk) -> None:  # noqa: N802
    stage = here.stage.value
    parts.Settings(heading=stage.heading, groups=stage.settings, event_apply=here.apply)


@solara.component
def _Exports(here: Desk) -> None:  # noqa: N802
    view = here.view.value
    download: dict[str, Any] = here.download.value
    parts.Exports(
        command=view.command,
        explain=here.explain_command(view),
        address=view.address,
        download=download,
        event_export=here.export,
    )
