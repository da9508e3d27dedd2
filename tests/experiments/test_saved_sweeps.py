"""Sweeps stopped on an evening and taken up again: bit for bit those that never stopped, or under other values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sim.cli import commands
from sim.experiments.play.check import verify
from sim.experiments.store.sweep import SweepResults
from sim.model import TheatreModel
from sim.record.outcomes import outcome_table
from sim.registry import load_scenario
from sim.scenario.scenario import branch_off
from tests.sweeps import assert_same

UNTIL, DAYS, RUNS = 5, 12, 2
BREAKDOWN = "truce.breakdown_per_day"
SWEEP = f"""
format = 1
base = "baseline"
days = {DAYS}
[design]
method = "lhs"
points = 2
seed = 3
[levers]
"scenario" = {{ values = ["baseline", "us-leaves-first", "early-integration"] }}
"damascus.policy" = {{ values = ["documented", "press_on"] }}
[uncertainties]
"{BREAKDOWN}" = {{}}
"defection.threshold_other" = {{}}
[replicates]
n = {RUNS}
"""
PLAIN = SWEEP.replace('"scenario" = { values = ["baseline", "us-leaves-first", "early-integration"] }\n', "")


def pullback(folder: Path, *arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(commands, arguments)


def played(folder: Path, *arguments: str) -> None:
    done = pullback(folder, "sweep", *arguments, "--workers", "1")
    assert done.exit_code == 0, done.stderr


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sweeps saved on an evening in small jobs, so that each saw other policies first."""
    folder = tmp_path_factory.mktemp("saved")
    for name, text in (("mine", SWEEP), ("plain", PLAIN)):
        (folder / f"{name}.toml").write_text(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 3 * RUNS)
            played(folder, f"./{name}.toml", "--until", str(UNTIL), "--save", f"{name}-kept")
    return folder


def test_points_go_on_bit_for_bit_when_nothing_is_changed(here: Path) -> None:
    for name in ("mine", "plain"):
        assert len(list((here / f"{name}-kept" / "states").iterdir())) > 1
        played(here, "--from", f"{name}-kept", "--out", f"{name}-on")
        played(here, f"./{name}.toml", "--out", f"{name}-whole")
        on, whole = SweepResults(here / f"{name}-on"), SweepResults(here / f"{name}-whole")
        assert on.manifest["hash"] == whole.manifest["hash"]
        assert_same(on, whole)


def test_under_other_values_every_point_is_its_scenario_that_takes_effect_on_that_day(here: Path) -> None:
    sets = (f"{BREAKDOWN}=0.015", 'moscow.policy="stay"')
    line = [word for each in sets for word in ("--set", each)]
    for name in ("mine", "plain"):
        played(here, "--from", f"{name}-kept", "--out", f"{name}-other", *line)
        other = SweepResults(here / f"{name}-other")
        assert list(verify(other.folder, 99)) == [], "played from the first evening it is the same"
        table, runs = other.table(), np.arange(RUNS)
        point = other.design.points - 1
        values = {f.path: other.design.column(f.path)[point] for f in other.design.factors}
        base = load_scenario(str(values.pop("scenario", "baseline")), [f"days={DAYS}"])
        alone = branch_off(base.with_values(values, set_by="test"), UNTIL + 1, sets)
        model = TheatreModel(alone, numbers=other.run_numbers(np.full(RUNS, point), runs))
        model.run_to(DAYS)
        mine = table["point"].to_numpy() == point
        for outcome, expected in outcome_table(model.history).items():
            assert np.array_equal(table[outcome].to_numpy()[mine], expected, equal_nan=True), outcome
    compared = pullback(here, "compare", "plain-on", "plain-other")
    assert compared.exit_code == 0, compared.stderr


def test_what_lacks_is_taken_up_with_the_same_command(here: Path) -> None:
    line = ("--from", "plain-kept", "--out", "again", "--set", 'sdf.policy="idle"', "--days", "9")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.experiments.play.fill.job_runs", lambda sweep: 2 * RUNS)
        played(here, *line)
    whole = SweepResults(here / "again").table()
    lost = sorted((here / "again" / "outcomes").iterdir())[1]
    lost.unlink()
    played(here, *line)
    assert SweepResults(here / "again").table().equals(whole)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "nowhere"), "nowhere: is not a results folder"),
        (("--from", "plain-none"), "has no saved states; create them with sweep --until DAY --save DIR"),
        (
            ("--from", "plain-kept", "--set", "seed=3"),
            "seed and start_date cannot change; the runs keep their random numbers",
        ),
        (("--from", "plain-kept", "--set", "start.forces.sdf_fighters=50000"), "belongs to the first evening"),
        (("--from", "plain-kept", "--days", "3"), "was saved on the evening of 2026-01-17; its runs cannot end before it"),
        (("./plain.toml", "--until", "2027-01-01", "--save", "x"), "2027-01-01"),
        (("./plain.toml", "--until", "5"), "--until DAY and --save DIR go together"),
        (("./plain.toml", "--set", "days=3"), "--set and --days need --from DIR"),
        (("./plain.toml", "--from", "plain-kept"), "name a sweep, or the folder of saved runs to continue"),
        ((), "name a sweep, or the folder of saved runs to continue"),
    ],
)
def test_what_cannot_be_taken_up_is_said_in_one_line(here: Path, arguments: tuple[str, ...], said: str) -> None:
    if not (here / "plain-none").exists():
        played(here, "./plain.toml", "--out", "plain-none")
    done = pullback(here, "sweep", *arguments)
    assert done.exit_code == 2 and said in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 or "Usage" in done.stderr
    assert not (here / "x").exists()
