"""Sequential replicates: a point gets runs until its outcomes are known closely enough, the same ones however stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import t as student

from sim.cli import commands
from sim.experiments.design.replicates import Criterion, Sequential
from sim.experiments.play.check import disk_used, status, verify
from sim.experiments.play.estimate import estimate
from sim.experiments.store.kept import load_sweep
from tests.sweeps import POINTS, RUNS, SWEEP, assert_same, quiet, run_sweep, written

MEAN = Criterion("killed_sdf", "mean", 0.5)
RULE = Sequential(least=4, step=3, most=12, until=(MEAN,))
FILE = (
    SWEEP.replace(f"n = {RUNS}", "min = 4\nstep = 4\nmax = 24\n")
    + 'until = [{ outcome = "killed_sdf", stat = "mean", half_width = 12.0 }]\n\n[output]\nseries = "none"\n'
)


def wanted(values: list[float], there: int, rule: Sequential = RULE) -> int:
    """Return the runs that one point is to have, of whose values so many are there."""
    padded = np.full((1, rule.most), np.nan)
    padded[0, : len(values)] = values
    return int(rule.wanted(np.arange(rule.most)[None, :] < there, {"killed_sdf": padded})[0])


def test_a_mean_is_known_by_students_interval() -> None:
    values = np.random.default_rng(1).normal(size=20)
    half = float(student.interval(0.95, 19, scale=values.std(ddof=1) / np.sqrt(20))[1])
    assert Criterion("killed_sdf", "mean", half * 1.001).holds(values)
    assert not Criterion("killed_sdf", "mean", half * 0.999).holds(values)
    assert Criterion("killed_sdf", "mean", half * 1.001).holds(np.append(values, np.nan)), "what did not arise is left out"
    assert not Criterion("killed_sdf", "mean", 100.0).holds(values[:1])


def test_a_share_is_known_by_wilsons_interval_and_a_date_by_the_share_in_which_it_came() -> None:
    never = np.full(73, np.nan)  # Wilson's half width at no success in n is z^2 / 2 (n + z^2)
    assert Criterion("deal_reached_on", "share", 0.0251).holds(never)
    assert not Criterion("deal_reached_on", "share", 0.0249).holds(never)
    assert not Criterion("truce_extended", "share", 0.4).holds(never), "it arose in no run"


@pytest.mark.parametrize(
    ("values", "there", "runs"),
    [
        ([], 0, 4),
        ([1.0] * 4, 4, 4),
        ([1.0] * 4, 3, 4),
        ([0.0, 9.0] * 2, 4, 7),
        ([0.0, 9.0] * 2 + [4.5] * 3, 7, 10),
        ([0.0, 9.0] * 6, 12, 12),
        ([1.0] * 4 + [0.0, 99.0] * 4, 12, 4),
    ],
)
def test_a_point_gets_steps_until_the_criterion_holds_or_it_has_the_most(values: list[float], there: int, runs: int) -> None:
    assert wanted(values, there) == runs


def test_a_sequential_sweep_gives_each_point_what_it_needs_and_resumes_to_the_same(tmp_path: Path) -> None:
    sweep = load_sweep(written(tmp_path, FILE))
    at_once = run_sweep(sweep, tmp_path / "at once", 1, quiet)
    runs = at_once.wanted
    assert set(runs.tolist()) <= {4, 8, 12, 16, 20, 24} and len(set(runs.tolist())) > 1
    points, _, killed = at_once.values("killed_sdf")
    for point in range(POINTS):
        mine = killed[points == point]
        assert len(mine) == runs[point]
        enough = [Criterion("killed_sdf", "mean", 12.0).holds(mine[:n]) for n in range(4, int(runs[point]) + 1, 4)]
        assert enough[:-1] == [False] * (len(enough) - 1) and (enough[-1] or runs[point] == 24)
    assert list(verify(at_once.folder, 0)) == []

    resumed = tmp_path / "resumed"
    told: list[int] = []

    def stop(done: int, asked: int, failed: int) -> None:
        told.append(done)
        if len(told) in (3, 12):
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run_sweep(sweep, resumed, 1, stop)
    made = status(resumed)
    assert made.done < made.asked
    assert_same(run_sweep(sweep, resumed, 1, quiet), at_once)
    made = status(resumed)
    assert (made.done, made.points_done) == (made.asked, POINTS)
    short = [not Criterion("killed_sdf", "mean", 12.0).holds(killed[points == point][:24]) for point in range(POINTS)]
    assert made.unsettled == sum(short)


def test_points_that_end_without_being_known_closely_enough_are_told(tmp_path: Path) -> None:
    file = written(tmp_path, FILE.replace("half_width = 12.0", "half_width = 1e-9").replace("max = 24", "max = 12"))
    done = CliRunner().invoke(commands, ("sweep", str(file), "--workers", "1", "--out", str(tmp_path / "it")))
    assert done.exit_code == 0, done.stderr
    assert f"{POINTS * 12} of {POINTS * 12} runs of {POINTS} points" in done.stdout
    assert f"{POINTS} points have the most runs allowed and are less precise" in done.stdout
    assert f"{POINTS} points have the most runs" in CliRunner().invoke(commands, ("status", str(tmp_path / "it"))).stdout


def test_what_a_rule_takes_at_most_is_reckoned_step_by_step(tmp_path: Path) -> None:
    sweep = load_sweep(written(tmp_path, FILE.replace("half_width = 12.0", "half_width = 1e-9")))
    made = estimate(sweep, 1)
    results = run_sweep(sweep, tmp_path / "it", 1, quiet)
    assert made.runs == results.runs_there == POINTS * 24
    assert made.jobs >= len(results.parts)
    assert disk_used(results.folder) <= 1.05 * made.disk


def test_a_fixed_number_and_a_rule_add_to_the_same_folder(tmp_path: Path) -> None:
    fixed = load_sweep(written(tmp_path, SWEEP + '[output]\nseries = "none"\n'))
    rule = load_sweep(written(tmp_path, FILE.replace("half_width = 12.0", "half_width = 1e6")))
    assert fixed.hash == rule.hash
    run_sweep(fixed, tmp_path / "mine", 1, quiet)
    made = run_sweep(rule, tmp_path / "mine", 1, quiet)
    assert made.is_complete and made.wanted.min() == RUNS
    assert list(verify(made.folder, 0)) == []
