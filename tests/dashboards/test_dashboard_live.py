"""The Live page rendered without a browser: what its parts are given, and what they hand back."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

solara = pytest.importorskip("solara", reason="the [dashboard] extra is not installed")

import ipyvue  # noqa: E402
import reacton  # noqa: E402

from dashboards.engine.address import Place, write  # noqa: E402
from dashboards.engine.charts import CHARTS  # noqa: E402
from dashboards.engine.frames import LINES, PLANES  # noqa: E402
from dashboards.engine.setup import Setup  # noqa: E402
from dashboards.live import components, desk, page  # noqa: E402
from sim.experiments.design.uncertain import uncertain_of  # noqa: E402
from sim.experiments.play.folder import default_folder  # noqa: E402
from sim.experiments.play.run import ensemble_of  # noqa: E402

SETUP = Setup(runs=8, days=20)
PARTS = {
    "heading", "map", "transport", "fans", "actors", "places", "events", "provinces", "runs", "settings", "exports"
}  # fmt: skip


class Rendered:
    """The page as it stands in a session."""

    def __init__(self, container: object, context: object) -> None:
        self.container, self.context, self.desk = container, context, desk._desk.peek()

    def parts(self) -> dict[str, object]:
        """Return the parts by the name of their file."""
        return {
            Path(widget.template_file[1]).stem: widget
            for widget in self.context.find(ipyvue.VueTemplate).widgets
            if isinstance(widget.template_file, tuple) and str(widget.template_file[1]).endswith(".vue")
        }

    def value(self, part: str, name: str) -> object:
        found = getattr(self.parts()[part], name)
        return found.value if isinstance(found, components.Sealed) else found

    def answer(self) -> None:
        """Acknowledge the frame that is shown, as a browser does."""
        frame = self.value("fans", "frame")
        self.parts()["map"].vue_ack(frame["number"])
        self.parts()["fans"].vue_ack([frame["number"], frame["last"], frame["generation"]])

    def within(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until something holds, looking at every frame meanwhile."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it did not come"
            self.answer()
            time.sleep(0.01)

    def shows(self, day: int) -> bool:
        return self.value("transport", "frame")["day"] == day


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rendered]:
    query = write(Place(SETUP))
    monkeypatch.setattr(page, "desk", lambda search: desk.desk(query))
    desk._desk.set(None)
    container, context = reacton.render(page.LivePage(), handle_error=False)
    made = Rendered(container, context)
    yield made
    made.desk.engine.close(wait=30.0)
    context.close()
    desk._desk.set(None)


def test_every_part_is_there_and_has_its_file(rendered: Rendered) -> None:
    assert set(rendered.parts()) == PARTS
    files = {path.stem for path in Path(components.__file__).parent.glob("*.vue")}
    assert files == PARTS | {"seat"}


def test_no_part_is_given_a_value_by_the_name_of_something_of_its_own(rendered: Rendered) -> None:
    computed = 0
    for name, widget in rendered.parts().items():
        script = (Path(components.__file__).parent / f"{name}.vue").read_text(encoding="utf-8").partition("<script>")[2]
        script = re.sub(r"\n  watch: \{.*?\},\n(?=  \w|\};)", "\n", script, flags=re.DOTALL)  # watchers do bear such names
        own = set(re.findall(r"^(?: {4}|  computed: \{ )(\w+)\(.*\) \{", script, flags=re.MULTILINE))
        data = re.search(r"  data\(\) \{\s*return \{(.*?)\};\s*\}", script, flags=re.DOTALL)
        own |= set(re.findall(r"(\w+):", data.group(1))) if data else set()
        computed += len(own)
        assert not own & set(widget.trait_names()), name
    assert computed > 60


def test_a_frame_carries_the_maps_and_the_charts(rendered: Rendered) -> None:
    frame, ground = rendered.value("map", "frame"), rendered.value("map", "ground")
    assert len(b64decode(frame["planes"])) == len(PLANES) * len(ground["theatre"])
    assert len(b64decode(frame["lines"])) == 4 * LINES * len(CHARTS)
    assert len(ground["row"]) == len(ground["holder"]) == 1839


def test_a_single_run_is_called_one_of_many_and_the_page_says_what_it_is(rendered: Rendered) -> None:
    assert rendered.value("map", "caption") == "run 0, one of 8 runs"
    assert (rendered.value("heading", "heading")["runs"], rendered.value("heading", "heading")["days"]) == (8, 20)


def test_the_days_are_stepped_played_and_gone_to(rendered: Rendered) -> None:
    do = rendered.parts()["transport"].vue_event_do
    do({"do": "step", "days": 1})
    rendered.within(lambda: rendered.shows(1))
    do({"do": "goto", "day": 9})
    rendered.within(lambda: rendered.shows(9))
    do({"do": "speed", "speed": 20})
    do({"do": "play"})
    rendered.within(lambda: rendered.shows(20))
    do({"do": "step", "days": -3})
    rendered.within(lambda: rendered.shows(17))
    rendered.within(lambda: rendered.value("provinces", "date") == "Thu 29 January 2026")
    rendered.within(lambda: bool(rendered.value("events", "happened")))
    assert {card["actor"] for card in rendered.value("actors", "cards")} == {"damascus", "moscow", "sdf", "us"}


def test_settings_are_applied_together_and_stand_in_the_address_and_the_command(rendered: Rendered) -> None:
    groups = rendered.value("settings", "groups")
    item = next(item for group in groups for item in group["items"] if item["path"] == "damascus.first_truce_days")
    assert (item["unit"], item["low"], item["high"]) == ("days", 1, 7)
    assert item["source"]
    rendered.parts()["settings"].vue_event_apply({"values": {"damascus.first_truce_days": 6, "moscow.policy": "stay"}})
    rendered.within(lambda: "set.moscow.policy=stay" in rendered.value("transport", "address"))
    rendered.within(lambda: "--set damascus.first_truce_days=6" in rendered.value("exports", "command"))
    rendered.within(lambda: rendered.value("settings", "heading")["changed"] == 2)
    changed = {
        item["path"]: (item["value"], item["default"])
        for group in rendered.value("settings", "groups")
        for item in group["items"]
        if item["value"] != item["default"]
    }
    assert changed == {"damascus.first_truce_days": (6.0, 4.0), "moscow.policy": ("stay", "documented")}


def test_uncertain_values_are_drawn_by_a_switch_among_the_settings(rendered: Rendered) -> None:
    assert rendered.value("settings", "heading")["uncertain"] == "stated"
    assert not rendered.value("heading", "heading")["drawn"]
    assert not (rendered.value("fans", "uncertain") or rendered.value("map", "uncertain"))
    rendered.parts()["settings"].vue_event_apply({"uncertain": "all", "values": {}})
    rendered.within(lambda: "uncertain=all" in rendered.value("transport", "address"))
    rendered.within(lambda: "--uncertain all" in rendered.value("exports", "command"))
    rendered.within(lambda: "uncertain values drawn from their ranges" in rendered.value("heading", "heading")["drawn"])
    rendered.within(lambda: rendered.value("fans", "uncertain") and rendered.value("map", "uncertain"))
    rendered.within(lambda: rendered.value("runs", "same_set") == 1)
    session = rendered.desk.engine.session
    folder = default_folder(ensemble_of(session.scenario, uncertain_of("all", session.scenario)))
    assert rendered.value("exports", "explain") == f"pullback explain {folder} --run 0"
    drawn = [item["path"] for group in rendered.value("settings", "groups") for item in group["items"] if item["drawn"]]
    assert sorted(drawn) == sorted(session.uncertain.paths)
    rendered.parts()["exports"].vue_event_export("csv")
    rendered.within(lambda: "uncertain-all-series.csv" in rendered.value("exports", "download")["name"])
    rendered.parts()["heading"].vue_event_apply({"scenario": "no-extension"})
    rendered.within(lambda: rendered.value("heading", "heading")["scenario"] == "no-extension")
    assert rendered.value("heading", "heading")["uncertain"] == "all", "it stays as the number of runs does"


def test_what_does_not_hold_is_said_and_changes_nothing(rendered: Rendered) -> None:
    rendered.parts()["settings"].vue_event_apply({"values": {"damascus.first_truce_days": 99}})
    rendered.within(lambda: any("first_truce_days" in said for said in rendered.value("heading", "notices")))
    rendered.parts()["settings"].vue_event_apply({"uncertain": "../plausible.csv"})
    rendered.within(lambda: any("stated, all, assumed" in said for said in rendered.value("heading", "notices")))
    assert rendered.desk.engine.session.place.setup == SETUP


@pytest.mark.parametrize(
    "wish", [{}, {"do": "rm"}, {"do": "goto"}, {"do": "goto", "day": "x"}, {"do": "order", "orders": 3}]
)
def test_a_wish_that_makes_no_sense_is_left_out(rendered: Rendered, wish: dict[str, object]) -> None:
    rendered.parts()["transport"].vue_event_do(wish)
    rendered.parts()["settings"].vue_event_apply(wish | {"values": 5})
    rendered.parts()["transport"].vue_event_do({"do": "step", "days": 1})
    rendered.within(lambda: rendered.shows(1))
    assert rendered.desk.engine.session.place.setup == SETUP


def test_another_scenario_forgets_the_settings_of_the_first(rendered: Rendered) -> None:
    rendered.parts()["settings"].vue_event_apply({"values": {"moscow.policy": "stay"}})
    rendered.within(lambda: rendered.value("heading", "heading")["changed"] == 1)
    rendered.parts()["heading"].vue_event_apply({"scenario": "no-extension"})
    rendered.within(lambda: rendered.value("heading", "heading")["scenario"] == "no-extension")
    assert rendered.value("heading", "heading")["changed"] == 0
    rendered.parts()["heading"].vue_event_apply({"against": "baseline", "days": 20})
    rendered.within(
        lambda: rendered.value("map", "against") == "baseline" and rendered.value("map", "shows") == "difference"
    )


def test_a_seat_is_taken_and_left(rendered: Rendered) -> None:
    do = rendered.parts()["actors"].vue_event_do
    do({"do": "sit", "actor": "moscow", "every": 3})
    rendered.within(lambda: "seat" in rendered.parts())
    rendered.within(lambda: rendered.value("seat", "seat")["stop"] is not None)
    stop = rendered.value("seat", "seat")["stop"]
    assert [item["matter"] for item in stop["matters"]] == ["qamishli", "residual", "supply"]
    rendered.within(lambda: rendered.value("map", "caption") == "your run: run 0, one of 8 runs")
    rendered.parts()["seat"].vue_event_do({"do": "order", "orders": {"qamishli": "leave_qamishli"}})
    rendered.within(lambda: bool(rendered.value("seat", "seat")["given"]))
    rendered.parts()["seat"].vue_event_do({"do": "leave"})
    rendered.within(lambda: "seat" not in rendered.parts())


def test_exports_hold_what_is_shown(rendered: Rendered) -> None:
    rendered.parts()["transport"].vue_event_do({"do": "goto", "day": 9})
    rendered.within(lambda: rendered.shows(9))
    rendered.parts()["exports"].vue_event_export("csv")
    rendered.within(lambda: rendered.value("exports", "download")["count"] == 1)
    rows = rendered.value("exports", "download")["text"].splitlines()
    assert rows[0].startswith("chart,unit,day,date,p05")
    assert len(rows) == 1 + 10 * len(CHARTS)
    rendered.parts()["exports"].vue_event_export("svg")
    rendered.within(lambda: rendered.value("exports", "download")["count"] == 2)
    drawn = ElementTree.fromstring(rendered.value("exports", "download")["text"])
    assert len(drawn.findall("{*}rect/{*}title")) == 1839
    rendered.parts()["exports"].vue_event_export("../../etc/passwd")
    assert rendered.value("exports", "download")["count"] == 2


def test_the_first_place_is_the_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    made = desk.Desk(write(Place(replace(SETUP, seed=7), run=5, day=3)) + "&nonsense=1")
    assert made.engine.session.place == Place(replace(SETUP, seed=7), run=5, day=3)
    assert made.notices.value == ["Address: 'nonsense' is not a known part of an address; ignored."]
