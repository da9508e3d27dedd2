"""Sweep files and designs: what is varied is what the file says, evenly, with the base beside it; faults are one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.experiments.design.design import Design
from sim.experiments.design.sweep import Sweep
from sim.experiments.design.sweep_file import read_sweep, sweep_names
from sim.experiments.store.kept import load_sweep
from sim.ground.errors import InputError
from sim.registry import load_scenario

BREAKDOWN = "truce.breakdown_per_day"
SORTIES = "withdrawal.airlift_sorties_per_day"
POLICY = "moscow.policy"
CLOSE = [{"outcome": "killed_sdf", "stat": "mean", "half_width": 5.0}]
NONE = {"output": {"series": "none"}}


def sweep(method: str = "grid", folder: Path = Path(), **changes: Any) -> Sweep:
    """Read a sweep of two policies by one or two uncertainties, with some of its keys changed."""
    design = {"method": method} | ({"points": 8, "seed": 7} if method in ("lhs", "sobol") else {})
    data = {
        "format": 1,
        "base": "baseline",
        "design": design | changes.pop("design", {}),
        "levers": {POLICY: {"values": ["documented", "stay"]}},
        "uncertainties": {BREAKDOWN: {}},
    }
    return read_sweep(data | changes, "mine", "mine.toml", folder)


def varied(design: Design, path: str) -> list[Any]:
    """Return the values of a factor, the base's left out."""
    column = design.column(path)
    return [value for value, row in zip(column, design.row_of_design, strict=True) if row >= 0]


# --- points -----------------------------------------------------------------------------------------------------------


def test_point_0_is_the_unchanged_base() -> None:
    made = sweep("sobol")
    assert made.design.row_of_design[0] == -1
    assert made.design.scenario(0, made.base) is made.base
    assert made.design.column(BREAKDOWN)[0] == made.base.entries[BREAKDOWN].value
    assert -1 not in sweep("sobol", design={"include_base": False}).design.row_of_design


def test_a_grid_has_every_combination_once() -> None:
    made = sweep("grid", uncertainties={BREAKDOWN: {"levels": 4}, SORTIES: {"values": [1, 2, 3]}}).design
    rows = [row for row, number in zip(made.rows, made.row_of_design, strict=True) if number >= 0]
    assert len(rows) == len(set(rows)) == 2 * 4 * 3
    assert sorted(set(varied(made, BREAKDOWN))) == pytest.approx(np.linspace(0.002, 0.02, 4))


def test_an_empty_entry_takes_the_scenarios_own_range() -> None:
    low, high = load_scenario("baseline").entries[BREAKDOWN].range
    drawn = varied(sweep("sobol", design={"points": 256}).design, BREAKDOWN)
    assert min(drawn) >= low and max(drawn) <= high
    assert np.mean(drawn) == pytest.approx((low + high) / 2, rel=0.01)
    assert set(varied(sweep("grid").design, BREAKDOWN)) == {low, 0.0035, high}


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_each_stratum_of_a_range_holds_one_point(method: str) -> None:
    made = sweep(method, levers={}, design={"points": 64}, uncertainties={BREAKDOWN: {}, SORTIES: {}}).design
    for path, (low, high) in ((BREAKDOWN, (0.002, 0.02)), (SORTIES, (1, 3))):
        places = (np.array(varied(made, path)) - low) / (high - low)
        assert sorted(np.floor(places * 64).astype(int)) == list(range(64))


def test_a_log_scale_gives_each_factor_of_the_range_as_many_points() -> None:
    factor = {BREAKDOWN: {"range": [0.002, 0.02], "scale": "log"}}
    drawn = varied(sweep("sobol", levers={}, design={"points": 64}, uncertainties=factor).design, BREAKDOWN)
    assert np.mean(np.array(drawn) < np.sqrt(0.002 * 0.02)) == 0.5


def test_whole_numbers_stay_whole_and_each_comes_as_often() -> None:
    path = "start.qamishli.radars"
    made = sweep("sobol", levers={}, design={"points": 64}, uncertainties={path: {}}).design
    assert {type(value) for value in varied(made, path)} == {int}
    assert np.unique(varied(made, path), return_counts=True)[1].tolist() == [16, 16, 16, 16]


def test_a_distribution_is_cut_to_the_range() -> None:
    normal = {"distribution": "norm", "arguments": {"loc": 0.005, "scale": 0.01}}
    drawn = varied(sweep("lhs", levers={}, design={"points": 500}, uncertainties={BREAKDOWN: normal}).design, BREAKDOWN)
    assert min(drawn) >= 0.002 and max(drawn) <= 0.02
    from scipy.stats import truncnorm

    expected = truncnorm.mean((0.002 - 0.005) / 0.01, (0.02 - 0.005) / 0.01, loc=0.005, scale=0.01)
    assert np.mean(drawn) == pytest.approx(expected, rel=0.005)


def test_one_at_a_time_leaves_the_base_in_one_value_and_takes_each_in_turn() -> None:
    made = sweep("one-at-a-time", levers={}, uncertainties={BREAKDOWN: {}, SORTIES: {"values": [1, 3]}}).design
    base = made.rows[0]
    away = [[place for place, value in enumerate(row) if value != base[place]] for row in made.rows[1:]]
    assert away == [[0], [1], [0], [1]]


def test_levers_are_crossed_with_the_points_over_the_uncertainties() -> None:
    made = sweep("sobol").design
    by_policy = {
        policy: [value for value, p in zip(varied(made, BREAKDOWN), varied(made, POLICY), strict=True) if p == policy]
        for policy in ("documented", "stay")
    }
    assert by_policy["documented"] == by_policy["stay"]
    assert made.points == 1 + 2 * 8
    assert made.row_of_design == (-1, *(row for row in range(8) for _ in range(2)))


def test_half_a_grid_is_spread_over_the_grid() -> None:
    made = sweep("grid", levers={}, design={"seed": 3}, uncertainties={BREAKDOWN: {"levels": 40}}).design
    half = varied(made, BREAKDOWN)[:20]
    assert 0.3 < np.mean(np.array(half) < 0.011) < 0.7


def test_the_seed_of_the_design_changes_its_points_and_the_same_seed_does_not() -> None:
    one, same, other = (sweep("lhs", design={"seed": seed}) for seed in (1, 1, 2))
    assert one.design == same.design and one.hash == same.hash
    assert one.design != other.design and one.hash != other.hash


def test_a_star_stands_for_the_uncertain_numbers_and_what_is_named_goes_before() -> None:
    made = sweep("lhs", uncertainties={"truce.*": {}, BREAKDOWN: {"values": [0.003]}})
    uncertain = [p for p, e in load_scenario("baseline").entries.items() if p.startswith("truce.") and e.range]
    assert sorted(factor.path for factor in made.recipe.uncertainties) == sorted(uncertain)
    assert set(varied(made.design, BREAKDOWN)) == {0.003}


def test_a_design_takes_eight_bytes_a_number_and_is_read_as_plain_values() -> None:
    factors = {BREAKDOWN: {}, SORTIES: {}, "start.qamishli.radars": {}}
    made = sweep("lhs", design={"points": 64}, uncertainties=factors).design
    assert [column.dtype for column in made.rows.columns] == [object, np.float64, np.float64, object]
    assert [type(value) for value in made.rows[3]] == [str, float, float, int]
    assert list(made.rows) == [made.rows[point] for point in range(made.points)] == list(made.rows[:])
    assert made.rows[-1] == made.rows[made.points - 1]
    other = sweep("lhs", design={"points": 65}, uncertainties=factors).design
    assert made.rows != other.rows and made.rows != list(made.rows)
    with pytest.raises(IndexError):
        made.rows[made.points]


def test_a_table_is_played_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "sets.csv").write_text(f"{BREAKDOWN},{SORTIES}\n0.004,1.5\n0.01,2\n")
    made = sweep("table", tmp_path, levers={}, design={"table": "sets.csv"}, uncertainties={}).design
    assert made.rows[1:] == ((0.004, 1.5), (0.01, 2.0))


def test_a_source_lets_a_value_out_of_the_range_of_the_base() -> None:
    wide = {"values": [0.0, 0.05], "source": "assumed: a bound"}
    made = sweep("grid", levers={}, uncertainties={BREAKDOWN: wide})
    point = varied(made.design, BREAKDOWN).index(0.05) + 1
    assert made.design.scenario(point, made.base).entries[BREAKDOWN].value == 0.05


# --- the hash ---------------------------------------------------------------------------------------------------------


def test_the_hash_follows_the_numbers_and_not_the_words() -> None:
    assert sweep().hash == sweep(title="Another title").hash
    assert sweep().hash != sweep(seed=5).hash
    assert sweep().hash != sweep(output={"series": "full"}).hash


def test_the_number_of_runs_changes_the_hash_only_where_quantiles_are_kept() -> None:
    few, many = {"n": 8}, {"n": 16}
    assert sweep(replicates=few).hash != sweep(replicates=many).hash
    none = {"series": "none"}
    assert sweep(replicates=few, output=none).hash == sweep(replicates=many, output=none).hash


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"replicate": {}}, "replicate is not a known key; did you mean replicates?"),
        ({"format": 2}, "format = 2 must be 1"),
        ({"base": "basline"}, "base: basline is not a known scenario; did you mean baseline?"),
        ({"design": {"method": "gird"}}, '[design] method = "gird" must be one of grid, one-at-a-time, lhs, sobol, table'),
        ({"design": {"points": 8}}, "[design] points go with lhs and sobol, not with grid"),
        ({"design": {"method": "sobol", "points": 100}}, "[design] points = 100 must be a power of 2 for sobol, as in 64"),
        ({"design": {"seeds": 3}}, "[design] seeds is not a known key; did you mean seed?"),
        ({"replicates": {"n": 0}}, "[replicates] n = 0 must be a whole number of 1 or more"),
        ({"replicates": {"min": 4}}, "[replicates] min, step and max go with until = [...]; a fixed number of runs is n"),
        ({"replicates": {"runs": 4}}, "[replicates] runs is not a known key; known are n"),
        ({"replicates": {"n": 4, "until": []}}, "[replicates] n goes without until; give min, step and max"),
        ({"replicates": {"until": CLOSE}}, '[replicates] until needs [output] series = "none" or "full"'),
        (NONE | {"replicates": {"until": 3}}, "[replicates] until = 3 must be a list, as in [{ outcome ="),
        (
            NONE | {"replicates": {"until": [{"outcom": "x"}]}},
            "[replicates] until: outcom is not a known key; did you mean outcome?",
        ),
        (
            NONE | {"replicates": {"until": [{"outcome": "killed_sfd"}]}},
            '[replicates] until: outcome = "killed_sfd" is not an outcome with a mean or a share; did you mean killed_sdf?',
        ),
        (
            NONE | {"replicates": {"until": [CLOSE[0] | {"stat": "share"}]}},
            '[replicates] until: stat = "share" of killed_sdf must be "mean": it is a number',
        ),
        (
            NONE | {"replicates": {"until": [CLOSE[0] | {"half_width": 0}]}},
            "[replicates] until: half_width = 0 must be a number above 0",
        ),
        (NONE | {"replicates": {"until": CLOSE, "max": 4}}, "[replicates] max = 4 must be a whole number of 64 or more"),
        ({"output": {"series": "all"}}, '[output] series = "all" must be one of quantiles, full, none'),
        ({"levers": {"moscow.polcy": {}}}, "[levers] moscow.polcy is not a known value; did you mean moscow.policy?"),
        ({"levers": {POLICY: {}}}, "[levers] moscow.policy has no range; list some of documented, stay,"),
        ({"levers": {POLICY: {"values": ["sty"]}}}, '[levers] moscow.policy: moscow.policy = "sty" is not one of'),
        (
            {"levers": {POLICY: {"value": ["stay"]}}},
            "[levers] moscow.policy: value is not a known key; did you mean values?",
        ),
        ({"levers": {BREAKDOWN: {}}}, f"{BREAKDOWN} stands under [levers] and in the design over the uncertainties"),
        ({"levers": {}, "uncertainties": {}}, "[levers] and [uncertainties] are empty; a sweep varies something"),
        (
            {"uncertainties": {BREAKDOWN: {"range": [0.02, 0.002]}}},
            f"[uncertainties] {BREAKDOWN}: range = [0.02, 0.002] must",
        ),
        ({"uncertainties": {BREAKDOWN: {"range": [0.002, 0.5]}}}, f"[uncertainties] {BREAKDOWN}: 0.5 is outside the range"),
        ({"uncertainties": {BREAKDOWN: {"scale": "lg"}}}, f'[uncertainties] {BREAKDOWN}: scale = "lg" must be "linear" or'),
        (
            {"uncertainties": {"sdf.value_of_posts": {"scale": "log"}}},
            "[uncertainties] sdf.value_of_posts: a log scale needs",
        ),
        ({"uncertainties": {BREAKDOWN: {"distribution": "nrm"}}}, f'[uncertainties] {BREAKDOWN}: "nrm" with {{}} is not a'),
        (
            {"uncertainties": {BREAKDOWN: {"values": [0.003, 0.003]}}},
            f"[uncertainties] {BREAKDOWN}: values = [0.003, 0.003]",
        ),
        ({"uncertainties": {"trce.*": {}}}, "[uncertainties] trce.* stands for no uncertain value"),
        (
            {"uncertainties": {BREAKDOWN: {"levels": 10**7}}},
            f"[uncertainties] {BREAKDOWN}: levels = 10000000 must be a whole number from 2 to 1000",
        ),
    ],
)
def test_a_fault_is_one_line_that_says_where(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as told:
        assert sweep(**changes).design
    assert str(told.value).removeprefix("mine.toml: ").startswith(said)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{BREAKDOWN}\n0.004,1\n", "row 2 has 2 values, the first row names 1; numbers take a decimal point, as in 0.5"),
        (f"{BREAKDOWN}\nmany\n", f'row 2: {BREAKDOWN} = "many" must be float, as in 0.0035'),
        ("truce.breakdown\n1\n", "row 1: truce.breakdown is not a known value; did you mean truce.breakdown_per_day?"),
        ("", "is empty"),
        (f"{BREAKDOWN}\n", "needs a first row of paths and a row of values for each point"),
    ],
)
def test_a_fault_of_a_table_is_one_line_with_its_row(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "sets.csv").write_text(text)
    with pytest.raises(InputError) as told:
        sweep("table", tmp_path, levers={}, design={"table": "sets.csv"}, uncertainties={})
    assert str(told.value) == f"mine.toml: {tmp_path / 'sets.csv'}: {said}"


# --- shipped sweeps ---------------------------------------------------------------------------------------------------


def test_four_sweeps_are_shipped_and_each_asks_something() -> None:
    sweeps = [load_sweep(name) for name in sweep_names()]
    assert len(sweeps) >= 4
    assert all(each.title and each.question.endswith("?") and each.design.points > 1 for each in sweeps)
    everything = load_sweep("all-uncertainties")
    uncertain = {p for p, e in everything.base.entries.items() if e.kind == "uncertainty" and e.range[0] < e.range[1]}
    assert {factor.path for factor in everything.recipe.uncertainties} == uncertain


def test_a_name_that_is_not_shipped_names_the_near_miss() -> None:
    with pytest.raises(InputError, match=r"withdrawal-pce is not a known sweep; did you mean withdrawal-pace\?"):
        load_sweep("withdrawal-pce")
