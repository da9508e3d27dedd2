"""The pages of the dashboard and what they share: masthead, tabs, theme. dashboards.serve serves it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import solara

from dashboards.compare.page import ComparePage
from dashboards.live.page import LivePage

LOOK = Path(__file__).with_name("style.css")
TABS = ({"path": "/", "label": "Live"}, {"path": "/compare", "label": "Compare"})


@solara.component_vue("masthead.vue", vuetify=False)
def Masthead(  # noqa: N802
    tabs: list[dict[str, str]], base: str, here: str, event_go: Callable[[str], None]
) -> None:
    """Draw the name of the program, the tabs and the choice of a theme; hand back the path of a tab that was pressed.

    base: what the addresses of the tabs begin with.
    """


@solara.component
def Layout(children: list[solara.Element] = []) -> None:  # noqa: B006, N802  # the signature that Solara calls
    """Put the masthead above a page."""
    router = solara.use_router()
    here = next((tab["path"] for tab in TABS[1:] if router.path.rstrip("/") == tab["path"]), "/")
    solara.Title("Pullback")
    solara.Style(LOOK)
    with solara.Div(classes=["pb"]):
        Masthead(tabs=list(TABS), base=os.environ.get("SOLARA_ROOT_PATH", ""), here=here, event_go=router.push)
        solara.Div(classes=["pb-page"], children=children)


routes = [
    solara.Route("/", component=LivePage, label="Live", layout=Layout),
    solara.Route("compare", component=ComparePage, label="Compare"),
]
