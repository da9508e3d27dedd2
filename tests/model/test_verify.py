"""Checks that take long: references with a small error, whole runs in numbers, false alarms. `make verify` runs them."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np
import pytest

import sim.model
from sim.model import TheatreModel
from sim.record.history import History
from sim.record.outcomes import outcome_table
from sim.record.statistics import wilson
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from tests.fine_lattice import fine_theatre
from tests.mechanisms.test_closed_forms import ENOUGH, ruin, wins
from tests.model.test_fine_lattice import DATES, SHARES, restated

pytestmark = pytest.mark.verify
Record = Callable[[str, object], None]

RUNS = 512


def played(scenario: Scenario, runs: int = RUNS) -> History:
    model = TheatreModel(scenario, runs)
    model.run_to(scenario.days)
    return model.history


@pytest.mark.parametrize(("army", "fighters", "share", "runs"), [(12, 10, 0.768646, 16_000), (60, 50, 0.950655, 6_000)])
def test_the_square_law_to_a_small_error(army: int, fighters: int, share: float, runs: int, record_property: Record) -> None:
    found = wins(army, fighters, ENOUGH, 1.0, runs)
    record_property("share of fights won", round(found, 5))
    record_property("exact", share)
    assert found == pytest.approx(share, abs=0.004)


@pytest.mark.parametrize(("army", "fighters", "advantage"), [(12, 10, 1.0), (12, 5, 2.0), (30, 8, 4.0)])
def test_the_linear_law_to_a_small_error(army: int, fighters: int, advantage: float, record_property: Record) -> None:
    exact = ruin(army, fighters, 1.0 / (1.0 + advantage))
    found = wins(army, fighters, 1.0, advantage, 16_000)
    record_property("share of fights won", round(found, 5))
    record_property("exact", round(exact, 6))
    assert found == pytest.approx(exact, abs=0.004)


# --- the size of the cell and of the sub-move -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def to_march() -> Scenario:
    return load_scenario("baseline", ["days=60"])


def medians(scenario: Scenario, theatre: object = None) -> dict[str, float]:
    model = TheatreModel(scenario, RUNS, theatre=theatre)
    model.run_to(scenario.days)
    table = outcome_table(model.history)
    return {name: float(np.nanmedian(table[name])) for name in (*SHARES, *DATES, "displaced_peak")}


def test_outcomes_settle_as_sub_moves_grow_in_number(
    to_march: Scenario, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    found = {}
    for sub_moves in (4, 6, 12, 24, 48):
        monkeypatch.setattr(sim.model, "SUB_MOVES", sub_moves)
        found[sub_moves] = medians(to_march)
        record_property(f"{sub_moves} sub-moves", {name: round(value, 4) for name, value in found[sub_moves].items()})
    for coarse in (4, 6, 12):
        for name in SHARES:
            assert abs(found[coarse][name] - found[48][name]) < 0.02, (coarse, name)
        for name in DATES:
            assert abs(found[coarse][name] - found[48][name]) <= 1.0, (coarse, name)
    assert all(abs(found[24][name] - found[48][name]) < 0.01 for name in SHARES)


def test_a_lattice_with_each_cell_split_in_four_gives_the_same_course(to_march: Scenario, record_property: Record) -> None:
    whole, split = medians(to_march), medians(restated(to_march), fine_theatre(to_march))
    record_property("whole cells", {name: round(value, 4) for name, value in whole.items()})
    record_property("quarters", {name: round(value, 4) for name, value in split.items()})
    assert all(abs(whole[name] - split[name]) < 0.015 for name in SHARES)
    assert all(abs(whole[name] - split[name]) <= 1.0 for name in DATES)
    assert split["displaced_peak"] == pytest.approx(whole["displaced_peak"], rel=0.10)


# --- direction, run by run --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "at_most"),
    [("baseline", 0.0), ("damascus-presses-on", 0.0), ("us-leaves-first", 0.0), ("mass-escape", 0.01)],
)
def test_more_guards_never_raise_the_escapes_of_any_run(name: str, at_most: float, record_property: Record) -> None:
    """Up to any of 180 days. Where a mass escape changes the course of the fighting, a few runs go the other way."""
    base = load_scenario(name, ["days=180"])
    guards = {path: entry for path, entry in base.entries.items() if path.startswith("start.guards.")}
    escaped = []
    for factor in (0.5, 1.0, 2.0):
        changed = {path: int(np.clip(entry.value * factor, *entry.range)) for path, entry in guards.items()}
        escaped.append(played(base.with_values(changed, set_by="test")).series["detainees_escaped"])
    raised = [float((more > fewer).any(axis=0).mean()) for more, fewer in zip(escaped[1:], escaped, strict=False)]
    record_property("mean escapes at half, all and twice the guards", [round(float(x[-1].mean()), 1) for x in escaped])
    record_property("share of runs in which more guards had more escaped on some day", raised)
    assert max(raised) <= at_most


def test_a_longer_extension_never_lowers_survival_at_its_old_end(record_property: Record) -> None:
    """Over 60 days, from the first extension on: as long as the shorter one is in force, so is the longer."""
    short, long = (played(load_scenario("baseline", ["days=60", f"damascus.extension_days={term}"])) for term in (10, 20))
    extended = (short.series["truce_extensions"] > 0) & (long.series["truce_extensions"] > 0)
    first = np.where(extended.any(axis=0), extended.argmax(axis=0), 60)
    runs = np.flatnonzero(first + 10 <= 60)
    at_end = [h.series["truce"][first[runs] + 10, runs] for h in (short, long)]
    record_property("runs", len(runs))
    record_property("share in force at the old end, 10 and 20 days", [round(float(x.mean()), 4) for x in at_end])
    assert len(runs) > RUNS / 2
    assert (at_end[1] >= at_end[0]).all()


# --- false alarms -----------------------------------------------------------------------------------------------------


def test_a_quiet_half_year_raises_few_false_alarms_and_half_a_guarantor_many(record_property: Record) -> None:
    """1,024 runs of each. What comes with the guarantor half present is measured, not wished for."""
    shares = {}
    for name in ("quiet-2025", "quiet-2025-half"):
        collapsed = ~np.isnan(outcome_table(played(load_scenario(name), 1024))["collapse_day"])
        shares[name], interval = wilson(int(collapsed.sum()), 1024)
        record_property(f"{name}: share of runs that collapse", round(shares[name], 4))
        record_property(f"{name}: 95% interval", [round(x, 4) for x in interval])
    assert shares["quiet-2025"] <= 0.05
    assert shares["quiet-2025-half"] > shares["quiet-2025"]


def test_attacks_cluster_as_a_hawkes_process_for_several_branching_ratios(record_property: Record) -> None:
    from tests.mechanisms.test_closed_forms import attacks_by_day

    for ratio in (0.2, 0.45, 0.6):
        counts = attacks_by_day(ratio, runs=400, days=4000)
        windows = counts[200:3800].reshape(-1, 300, 400).sum(axis=1)
        fano = windows.var() / windows.mean()
        record_property(f"n = {ratio}: mean, Fano factor", [round(float(counts[200:].mean()), 4), round(float(fano), 3)])
        assert counts[200:].mean() == pytest.approx(0.6, rel=0.01)
        assert log(fano * (1.0 - ratio) ** 2) == pytest.approx(0.0, abs=0.06)
