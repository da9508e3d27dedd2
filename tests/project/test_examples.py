"""The examples run: the recipes where their packages are installed, the job array with a stand-in for its scheduler."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from sim.experiments.play.check import verify
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.sweep import SweepResults
from tests.sweeps import ROOT, assert_same, quiet, run_sweep, written


def example(name: str) -> ModuleType:
    """Return a file of examples/ as a module."""
    spec = spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_job_array_plays_the_whole_sweep(tmp_path: Path) -> None:
    file, folder = written(tmp_path), tmp_path / "array"
    (tmp_path / "pullback").write_text(f'#!/bin/sh\nexec {sys.executable} -m sim "$@"\n')
    (tmp_path / "pullback").chmod(0o755)
    for task in (2, 1):
        slurm = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_CPUS_PER_TASK": "1"}
        subprocess.run(
            ["bash", ROOT / "examples" / "job-array.sh", file, folder],
            env=os.environ | slurm | {"PULLBACK": str(tmp_path / "pullback"), "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )
    assert list(verify(folder, 0)) == []
    assert_same(SweepResults(folder), run_sweep(load_sweep(file), tmp_path / "at once", 1, quiet))


@pytest.mark.parametrize(
    ("program", "example"),
    [(sys.executable, "dask_cluster.py"), (sys.executable, "salib_recipe.py"), ("bash", "job-array.sh")],
)
def test_an_example_without_its_arguments_says_what_they_are(program: str, example: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([program, ROOT / "examples" / example], env=environment, capture_output=True, text=True)
    assert done.returncode != 0 and done.stderr.count("\n") == 1
    assert "results" in done.stderr.lower() and "folder" in done.stderr.lower()


@pytest.mark.filterwarnings("ignore")
def test_salib_drives_the_model(tmp_path: Path) -> None:
    pytest.importorskip("SALib")
    recipe = example("salib_recipe")
    indices = recipe.morris(tmp_path, trajectories=2, runs=4, days=10)
    assert list(indices["names"]) == list(recipe.VARIED)
    assert (indices["mu_star"] >= 0).all() and indices["mu_star"].max() > 0
    assert SweepResults(tmp_path / "results").design.points == 2 * (len(recipe.VARIED) + 1)


@pytest.mark.filterwarnings("ignore")
def test_the_ema_workbench_drives_the_model() -> None:
    pytest.importorskip("ema_workbench")
    recipe = example("ema_workbench_recipe")
    frame, outcomes = recipe.experiments(scenarios=2, policies=2, runs=4, days=10)
    assert len(frame) == 4 and set(outcomes) == set(recipe.OUTCOMES)
    row = frame.iloc[0]
    names = [recipe.POLICY, *recipe.VARIED]
    again = recipe.play(4, 10, **{name.replace(".", "__"): row[name.replace(".", "__")] for name in names})
    assert {name: outcomes[name][0] for name in recipe.OUTCOMES} == again
