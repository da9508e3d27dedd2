"""The caller's own settings, of numpy and of Python, stay the caller's: they do not reach the model."""

from __future__ import annotations

import decimal
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.analysis.calibrate.run import calibrate
from sim.analysis.hindcast.hindcast import hindcast
from sim.analysis.hindcast.observations import load_observations
from sim.experiments.export.summary import summary
from sim.model import TheatreModel
from sim.pages.report.report import write_report
from sim.registry import load_scenario
from tests.sweeps import ROOT, SWEEP, written

DAYS, RUNS = 40, 16


@pytest.fixture
def odd_settings() -> Iterator[None]:
    """Settings that somebody's script may have made before it calls."""
    errors, printing, bits, context = np.geterr(), np.get_printoptions(), np.random.get_state(), decimal.getcontext().copy()
    mask, zone = os.umask(0o077), os.environ.get("TZ")
    np.seterr(all="raise")
    np.set_printoptions(precision=1, threshold=2)
    np.random.seed(1)
    random.seed(1)
    decimal.getcontext().prec = 2
    os.environ["TZ"] = "Pacific/Kiritimati"
    yield
    np.seterr(**errors)
    np.set_printoptions(**printing)
    np.random.set_state(bits)
    decimal.setcontext(context)
    os.umask(mask)
    os.environ.pop("TZ")
    os.environ.update({"TZ": zone} if zone else {})


def played() -> dict[str, np.ndarray]:
    model = TheatreModel("baseline", runs=RUNS)
    model.run_to(DAYS)
    return model.history.series | {"fired": np.array([list(model.history.fired.values())])}


def asked(folder: Path) -> list[Any]:
    """Return what a study from beginning to end gives."""
    results = sim.run("baseline", RUNS, [f"days={DAYS}"], out=folder / "a")
    sim.run("no-defection", RUNS, [f"days={DAYS}"], out=folder / "b")
    folder.joinpath("own").mkdir()
    sim.sweep(written(folder / "own", SWEEP.replace("points = 4", "points = 8")), out=folder / "s")
    scenario, record = load_scenario("baseline", [f"days={DAYS}"]), load_observations()
    fitted = [item for item in record if item.used_to_fit]
    met = calibrate(scenario, fitted, folder / "c", 2, 4, 1).met
    write_report(results, scenario)
    return [
        {key: value for key, value in summary(results).items() if key != "results"},
        sim.compare(folder / "a", folder / "b").as_object(),
        sim.sensitivity(folder / "s", "killed_sdf").table().to_pydict(),
        hindcast(results, record, {"idle": results}),
        [each.tolist() for each in met],
    ]


def test_numbers_are_the_same_under_any_settings_of_the_caller(request: Any, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    before, study = played(), asked(tmp_path / "one")
    request.getfixturevalue("odd_settings")
    state, errors = np.random.get_state()[1].copy(), np.geterr()
    after, again = played(), asked(tmp_path / "two")
    for name, values in before.items():
        assert np.array_equal(values, after[name], equal_nan=True), name
    assert repr(again) == repr(study)
    assert np.geterr() == errors and (np.random.get_state()[1] == state).all(), "what the caller set is left alone"


def test_results_are_found_after_the_caller_goes_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = sim.run("baseline", 2, ["days=2"], out="it")
    opened = sim.open_results("it")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert len(results.frame()) == len(opened.frame()) == 2


def test_warnings_as_errors_end_nothing(tmp_path: Path) -> None:
    script = (
        'import sim\nif __name__ == "__main__":\n    print(sim.run("baseline", 64, ["days=2"], workers=2, out="it").runs)\n'
    )
    (tmp_path / "script.py").write_text(script)
    environment = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=300
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "64\n", "")
