"""The Compare page: a form, and the answer. The address holds the question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import solara

from dashboards.compare import question as ask
from dashboards.compare.question import Answer, Question
from dashboards.compare.shelf import Shelved, shelf
from dashboards.live.components import Heard, drawn
from sim.ground.errors import InputError

LOOK = Path(__file__).with_name("compare.css")


@drawn("chooser.vue")
def Chooser(  # noqa: N802
    folders: list[dict[str, Any]], outcomes: list[dict[str, str]], asked: dict[str, str], busy: bool, trouble: str,
    event_change: Heard, event_again: Heard,
) -> None:  # fmt: skip
    """Choose what to compare. trouble: why there is no answer, in one line."""


@drawn("answer.vue")
def Shown(  # noqa: N802
    title: str, columns: list[str], rows: list[list[list[Any]]], csv: str, html: str, command: str
) -> None:
    """Show an answer: the table, and its charts in a page of their own that cannot run scripts."""


@solara.component
def ComparePage() -> None:  # noqa: N802
    """Compare results folders."""
    router = solara.use_router()
    on_offer, look_again = solara.use_state(solara.use_memo(shelf, []))
    asked, ask_for = solara.use_state(solara.use_memo(lambda: ask.read(router.search), []))
    trouble, tell = solara.use_state("")
    answered = solara.lab.use_task(lambda: _answer(asked, on_offer), dependencies=[asked, on_offer], raise_error=False)

    def change(wish: dict[str, Any]) -> None:
        try:
            wanted = ask.fitting(ask.asked(asked, wish), on_offer)
        except InputError as error:
            tell(str(error))
            return
        tell("")
        ask_for(wanted)
        router.push(f"/compare?{ask.write(wanted)}")

    choices = solara.use_memo(lambda: ask.outcome_choices(asked.a, on_offer), [asked.a, on_offer])
    solara.Style(LOOK)
    with solara.Div(classes=["cp"]):
        Chooser(
            folders=[_offered(each) for each in on_offer],
            outcomes=choices,
            asked=dict(vars(asked)),
            busy=answered.pending,
            trouble=trouble or _trouble(answered, on_offer),
            event_change=change,
            event_again=lambda _: look_again(shelf()),
        )
        made = answered.value if answered.finished else None
        if isinstance(made, Answer):
            Shown(
                title=made.title,
                columns=list(made.columns),
                rows=[[list(cell) for cell in row] for row in made.rows],
                csv=made.csv,
                html=made.html,
                command=made.command,
            )


def _answer(asked: Question, on_offer: tuple[Shelved, ...]) -> Answer | str | None:
    """Return the answer, None while the question is not complete, or in one line why there is none."""
    try:
        return ask.remembered(asked, on_offer, ask.stamps(asked, on_offer))
    except InputError as error:
        return str(error)


def _trouble(answered: solara.lab.Task, on_offer: tuple[Shelved, ...]) -> str:
    """Return in one line why there is no answer, "" where there is one or it is still made."""
    if not on_offer:
        return "There are no results yet. Run pullback run baseline, then press Look for new folders."
    if answered.error:
        return f"These results cannot be read ({type(answered.exception).__name__}). Check them with pullback verify DIR."
    return answered.value if answered.finished and isinstance(answered.value, str) else ""


def _offered(each: Shelved) -> dict[str, Any]:
    return {
        "name": each.name, "sweep": each.is_sweep, "caption": each.caption, "trouble": each.trouble,
        "levers": list(each.levers), "varied": list(each.varied),
    }  # fmt: skip
