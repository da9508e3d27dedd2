"""What `make bench` prints: calibrated units, replicate-days, ratios, and what was not measured."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from benchmarks.figures import Figure, report, rounded

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
DAY = {"unit_microseconds": 10.0, "calibrated_units": 1234.5, "replicate_days": 512, "replicate_days_per_second": 41_474}
FIGURES = [
    Figure("test_one_day[offensive-large]", DAY),
    Figure("test_loading_a_scenario", {"unit_microseconds": 14.0, "calibrated_units": 7091.0}),
    Figure("test_against_the_peer", DAY | {"ratio": 531.4, "reads": "times its pace"}),
]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.98765, "0.988"), (1.0149, "1.01"), (9.999, "10.0"), (531.4, "531"), (41_474, "41,500"), (-2.5, "-2.50")],
)
def test_numbers_have_three_figures(value: float, text: str) -> None:
    assert rounded(value) == text


def test_the_report_has_units_and_ratios_and_no_seconds_of_a_benchmark() -> None:
    said = report(FIGURES, [("test_the_cells_of_a_day_against_loops", "numba is not installed")])
    assert said[0].endswith("a unit is 10.0 microseconds (10.0 to 14.0 during the measurement)")
    assert re.search(r"^one day, offensive, large +1,230 +2\.41 +41,500$", "\n".join(said), re.MULTILINE)
    assert re.search(r"^loading a scenario +7,090$", "\n".join(said), re.MULTILINE)
    assert re.search(r"^against the peer +531  times its pace$", "\n".join(said), re.MULTILINE)
    assert said[-1] == "not measured: the cells of a day against loops: numba is not installed"


def test_a_busy_machine_is_said() -> None:
    said = report([*FIGURES, Figure("test_it", {"unit_microseconds": 15.1, "calibrated_units": 1.0})], [])
    assert said[0].endswith("the machine was busy: measure again")


def test_what_takes_more_units_than_in_the_last_stored_run_is_a_warning_below_the_whole_table() -> None:
    before = {"test_one_day[offensive-large]": 1000.0, "test_loading_a_scenario": 6900.0, "test_gone": 1.0}
    plain, said = report(FIGURES, []), report(FIGURES, [], before)
    assert said[:-1] == plain
    assert said[-1].startswith("warning: one day, offensive, large: 23% more units than in the last stored run")


def test_a_slower_run_does_not_fail() -> None:
    assert "--benchmark-compare-fail" not in (BENCHMARKS.parent / "Makefile").read_text(encoding="utf-8")


def test_nothing_measured_is_said_without_a_table() -> None:
    assert report([], [("test_it", "why")]) == ["not measured: it: why"]


def test_every_ratio_says_what_it_is_of() -> None:
    """The table is printed when all is measured: what it lacks would lose ten minutes of figures."""
    kept = [
        {keyword.arg for keyword in call.keywords}
        for file in sorted(BENCHMARKS.glob("test_*.py"))
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("extra_info.update")
    ]
    stored = "".join(file.read_text(encoding="utf-8") for file in BENCHMARKS.glob("test_*.py"))
    assert kept and all("reads" in keys for keys in kept if "ratio" in keys)
    assert 'extra_info["ratio"]' not in stored
