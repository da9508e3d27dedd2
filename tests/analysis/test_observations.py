"""The record: what was fitted and when, where reports differ, and a record of the user's own."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from sim.analysis.calibrate import fit
from sim.analysis.hindcast.observations import load_observations
from sim.ground.errors import InputError
from sim.ground.paths import data_folder
from sim.record.outcomes import DATE, OUTCOMES
from sim.registry import load_scenario

START = date(2026, 1, 12)
LAST_FITTED, LAST_KNOWN = date(2026, 1, 20), date(2026, 1, 28)
RUNS = 6


def test_the_record_ends_on_28_january_and_says_when_each_observation_was_so() -> None:
    for item in load_observations():
        assert item.seen_by is not None and item.seen_by <= LAST_KNOWN, item.name


def test_what_is_fitted_is_fitted_to_observations_up_to_20_january() -> None:
    fitted = {item.outcome: item for item in load_observations() if item.used_to_fit}
    assert all(item.seen_by <= LAST_FITTED for item in fitted.values())
    dates = {outcome.name for outcome in OUTCOMES if outcome.type == DATE}
    for target in fit.TARGETS:
        central = fitted[target.outcome].observed[1]
        assert target.observed == ((central - START).days if target.outcome in dates else central), target.outcome


def test_few_values_are_fitted_inside_their_ranges_and_marked_so() -> None:
    entries = load_scenario("baseline").entries
    marked = {path for path, entry in entries.items() if entry.source.startswith("fitted by sim/analysis/calibrate/fit.py")}
    assert set(fit.FITTED) == marked
    assert len(fit.FITTED) <= len(fit.TARGETS)
    for path in fit.FITTED:
        low, high = entries[path].range
        assert low <= entries[path].value <= high


GOOD = {
    "name": '"Truce"',
    "outcome": '"truce_agreed_on"',
    "observed": "[2026-01-19, 2026-01-20, 2026-01-21]",
    "unit": '"date"',
    "score": '"crps"',
    "nothing_changes": '"never"',
    "used_to_fit": "false",
    "confidence": '"H"',
    "source": '"a test"',
}


def written(folder: Path, **changes: str | None) -> Path:
    lines = [f"{key} = {value}" for key, value in (GOOD | changes).items() if value is not None]
    path = folder / "record.toml"
    path.write_text("format = 1\n[[observation]]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcome": '"truce_agreed"'}, "truce_agreed is not a known outcome; did you mean truce_agreed_on?"),
        ({"source": None}, "lacks source"),
        ({"scor": '"crps"'}, "scor is not a known key; did you mean score?"),
        ({"score": '"skill"'}, "score = 'skill' is not one of crps, brier, interval"),
        ({"score": '"brier"'}, "observed must be three numbers, [low, central, high]"),
        ({"observed": "[8, 9, 10]"}, "observed must be three dates, [low, central, high]"),
        ({"observed": "[2026-01-20]"}, "observed must be three dates, [low, central, high]"),
        ({"observed": "[2026-01-21, 2026-01-20, 2026-01-21]"}, "observed = [low, central, high] must not fall"),
        ({"by": '"soon"'}, "by must be a date without quotes, as in 2026-01-24"),
        ({"nothing_changes": "0"}, 'nothing_changes must be "never" or a date'),
        ({"used_to_fit": '"no"'}, "used_to_fit must be true or false"),
        ({"source": "5"}, "source must be text in quotes"),
        ({"outcome": '"summit_result"'}, 'summit_result is a category; give it with is = "rift"'),
        ({"unit": '"days"'}, 'unit = "days" does not fit; truce_agreed_on is in "date"'),
        ({"observed": None, "came_by": "2026-01-20"}, "an event is scored by brier, not by crps"),
        ({"score": '"brier"', "came_by": "2026-01-20"}, "give observed or came_by, not both"),
        ({"observed": None}, "lacks observed = [low, central, high], or came_by, not_by, not_before"),
        (
            {"score": '"brier"', "observed": None, "not_by": "2026-01-20", "came_by": "2026-01-20"},
            "not_by goes without others; leave out came_by",
        ),
        (
            {"score": '"brier"', "observed": None, "came_by": "2026-01-20", "not_before": "2026-01-21"},
            "came_by and not_before exclude every value",
        ),
        (
            {"score": '"brier"', "observed": None, "came_by": "2026-01-20", "by": "2026-01-20"},
            "came_by name the day; leave out by",
        ),
        (
            {"score": '"brier"', "observed": "[1, 1, 1]"},
            "brier scores whether truce_agreed_on had occurred by a day: give by",
        ),
        (
            {"at_least": "3"},
            "at_least does not go with truce_agreed_on, which is a date",
        ),
        ({"read": '"then"'}, "read must be 'by', the evening of by, or 'end', the last one"),
        ({"since": "2026-01-14"}, "since needs a number without a day in its name; not truce_agreed_on"),
        ({"climatology": "0.6"}, 'climatology must be a table, as in { values = [16, 20], source = "..." }'),
        ({"climatology": '{ values = [3], source = "" }'}, "climatology: values must be dates"),
        (
            {"climatology": '{ values = [2026-01-20], source = "", n = 3 }'},
            "climatology: n is not a known key; known are values, source",
        ),
    ],
)
def test_a_fault_of_a_users_record_is_one_line_that_names_it(
    tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    with pytest.raises(InputError) as told:
        load_observations(written(tmp_path, **changes))
    assert str(told.value) == f"record.toml: observation 1: {said}"


def test_a_file_that_is_not_a_record_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "record.toml"
    twice = written(tmp_path).read_text() + written(tmp_path).read_text().removeprefix("format = 1\n")
    for text, said in (
        ("a =", "record.toml: not TOML: Invalid value (at end of document)"),
        (
            "format = 2\n",
            "record.toml: expected format = 1, tables [[observation]], [outcomes] if any, and nothing else",
        ),
        (
            "format = 1\nobservation = [3]\n",
            "record.toml: expected format = 1, tables [[observation]], [outcomes] if any, and nothing else",
        ),
        (twice, "record.toml: observation 2: another one has the name 'Truce'"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as told:
            load_observations(path)
        assert str(told.value) == said
    with pytest.raises(InputError, match=r"none.toml: no such file"):
        load_observations(tmp_path / "none.toml")


def test_a_users_record_is_read(tmp_path: Path) -> None:
    (item,) = load_observations(written(tmp_path))
    assert item.observed == (date(2026, 1, 19), date(2026, 1, 20), date(2026, 1, 21))


def test_the_shipped_record_has_a_source_for_every_observation() -> None:
    raw = tomllib.loads((data_folder() / "observations.toml").read_text(encoding="utf-8"))["observation"]
    assert all(item["source"].startswith("facts ") and item["confidence"] in ("H", "M", "L") for item in raw)


def test_the_shipped_record_says_where_reports_differ_and_where_past_cases_are_from() -> None:
    for item in load_observations():
        assert item.disagreement, item.name
        assert item.climatology is None or len(item.climatology.source) > 20


def test_the_record_that_the_page_shows_is_read(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "ANALYSIS.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(format = 1\n\n\[\[observation\]\].*?)```", text, re.DOTALL)
    (tmp_path / "record.toml").write_text(block, encoding="utf-8")
    (item,) = load_observations(tmp_path / "record.toml")
    assert (item.score, item.climatology.values, item.lies_within(START, date(2026, 2, 28))) == ("crps", (25, 33), True)
