"""What a value cites supports its level: the number stands in the rows cited, or the source says assumed or fitted."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from sim.registry import load_scenario
from sim.scenario.entries import Entry
from sim.scenario.files import scenario_names

ROOT = Path(__file__).resolve().parents[2]

DERIVED = {
    "damascus.rest_days": "13 less 11 January",
    "sdf.yields_after_zone_days": "16 less 13 January",
    "sdf.hand_over_after_truce_days": "23 less 20 January",
    "us.strike_after_days": "19 less 13 December",
    "withdrawal.airlift_sorties_per_day": "5 to 8 in five days, 2 on the first",
    "advance.gone_over_km_per_day": "Aleppo to Damascus, 310 km, from 27 November to 8 December",
    "custody.recaptured_share": "two thirds",
    "insurgency.attacks_per_day": "16 to 20 a month, the middle",
    "insurgency.share.deir_ez_zor": "0.76 to 0.84, the middle",
    "insurgency.share.raqqa": "0.07 to 0.19, the middle",
    "displacement.return_behind_lines_per_day": "1 - 0.87 ** (1 / 15): 81-90% in two weeks",
    "start.forces.arab_share_of_sdf": "65% to 70%, the middle",
    "start.qamishli.persons": "100 to 200, the middle",
    "start.displaced.aleppo": "138,000 to 162,000, the middle",
    "start.course.recaptured_shaddadi": "two thirds of 200",
}
"""Values that follow from numbers in the rows they cite."""


@cache
def record() -> dict[str, str]:
    """Return the text of each row (a36) and section (2.4) of the record, links left out."""
    text = re.sub(r"https?://\S+", "", (ROOT / "docs" / "RECORD.md").read_text(encoding="utf-8"))
    rows = {found[1]: found[0] for found in re.finditer(r"^\| (a\d\d) \|.*$", text, re.M)}
    heads = list(re.finditer(r"^##+ (\d(?:\.\d)?)\.? .*$", text, re.M))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return rows | {head[1]: text[head.start() : end] for head, end in zip(heads, ends, strict=True)}


def cited(source: str) -> str:
    """Return the text of every row and section that a source cites."""
    spans = [range(int(a), int(b) + 1) for a, b in re.findall(r"a(\d\d)-a(\d\d)", source)]
    names = [f"a{number:02d}" for span in spans for number in span]
    names += re.findall(r"a\d\d", source) + re.findall(r"(?<![\w.])2\.\d(?![\d%])", source)
    names += re.findall(r"section (\d)", source)
    return " ".join(record()[name] for name in names)


def supported(entry: Entry) -> bool:
    """Whether a number is in what its source cites, as it is or in per cent; zero counts as "none"."""
    text = cited(entry.source).replace(",", "")
    numbers = {float(x) for x in re.findall(r"\d+(?:\.\d+)?", text)}
    numbers |= {float(x) / 100 for x in re.findall(r"(\d+)%", text)}
    return float(entry.value) in numbers or float(entry.value) <= 0


@pytest.mark.parametrize("name", scenario_names())
def test_a_value_that_cites_the_record_alone_is_in_it(name: str) -> None:
    entries = load_scenario(name).entries.values()
    numbers = [
        e for e in entries if isinstance(e.value, (int, float)) and not isinstance(e.value, bool) and e.set_by == name
    ]
    alone = [e for e in numbers if "facts" in e.source and not re.search("assumed|fitted", e.source)]
    assert [e.path for e in alone if not supported(e) and e.path not in DERIVED] == []


def test_every_row_and_section_that_a_value_cites_is_there() -> None:
    for entry in load_scenario("baseline").entries.values():
        assert "facts" not in entry.source or cited(entry.source), entry.path


def test_levels_that_rows_speak_against_are_called_assumed() -> None:
    entries = load_scenario("baseline").entries
    for key in ("request_at_core_share", "local_truce_chance_per_day", "incident_chance_per_day"):
        entry = entries[f"damascus.{key}"]
        assert entry.source.startswith(("assumed", "fitted")) and entry.confidence == "-"
