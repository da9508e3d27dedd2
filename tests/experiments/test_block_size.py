"""How many runs a worker plays together: what its memory takes, and the same runs whatever that is."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.experiments.play.blocks import WORKER_MEMORY, block_runs, evenly, memory_of
from sim.experiments.play.job import play
from sim.experiments.play.need import needs_of
from sim.experiments.play.plan import plan
from sim.experiments.play.run import ensemble_of
from sim.registry import load_scenario
from tests.sweeps import run_ensemble

KEPT = ("none", "quantiles", "full")
PEAK = """
import resource, sys
from pathlib import Path
from sim.experiments.play.blocks import block_runs
from sim.experiments.play.estimate import UNIT_OF_MAXRSS
from sim.registry import load_scenario
from tests.sweeps import play_part
folder = Path(sys.argv[1])
folder.mkdir()
play_part(folder, load_scenario("baseline", ["days=60"]), 0, block_runs(60, memory=300e6))
status = Path("/proc/self/status")  # on Linux ru_maxrss counts what the process that started this one held as well
lines = status.read_text().splitlines() if status.exists() else []
peak = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
print(peak[0] if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT_OF_MAXRSS)
"""


@pytest.mark.parametrize("kept", KEPT)
def test_a_block_is_the_largest_that_a_worker_has_memory_for(kept: str) -> None:
    blocks = [block_runs(days, kept) for days in (90, 180, 720, 3650)]
    for days, runs in zip((90, 180, 720, 3650), blocks, strict=True):
        assert memory_of(runs, days, kept) <= WORKER_MEMORY < memory_of(runs + 1, days, kept)
    assert all(longer < shorter for shorter, longer in pairwise(blocks))
    assert block_runs(180, kept, memory=2 * WORKER_MEMORY) > block_runs(180, kept) > 512
    assert block_runs(180, kept, memory=0.0) == 1


@pytest.mark.parametrize(("runs", "size"), [(1, 1), (10, 10), (11, 6), (20, 10), (21, 7), (100, 10)])
def test_runs_are_cut_evenly(runs: int, size: int) -> None:
    assert evenly(runs, 10) == size


def test_a_worker_takes_no_more_memory_than_it_may(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PEAK, str(tmp_path / "it")], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1.15 * 300e6


def test_what_is_reckoned_for_a_worker_is_its_job(tmp_path: Path) -> None:
    scenario = load_scenario("baseline").with_values({"runs": 10_000}, set_by="test")
    for workers in (1, 2, 64):
        need = needs_of(ensemble_of(scenario), tmp_path / "it", workers)[0]
        jobs = plan(np.zeros((1, 10_000), bool), workers, block_runs(scenario.days), whole_points=False)
        assert need.at_once == max(job.size for job in jobs)


def test_blocks_of_any_size_give_the_same_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, columns = load_scenario("baseline", ["days=9"]), [{"defection.threshold_other": np.linspace(0.2, 0.8, 23)}]
    whole = play(scenario, np.arange(23), columns, "full")
    monkeypatch.setattr("sim.experiments.play.job.block_runs", lambda days, kept: 7)
    pieces = play(scenario, np.arange(23), columns, "full")
    for made, other in ((whole.outcomes, pieces.outcomes), (whole.series, pieces.series)):
        assert made and all(np.array_equal(values, other[name], equal_nan=True) for name, values in made.items())


def test_series_written_in_pieces_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load_scenario("baseline", ["days=3"])
    monkeypatch.setattr("sim.experiments.play.job.PIECE_ROWS", 16)
    made = run_ensemble(scenario, 10, 1, tmp_path / "pieces")
    (part,) = (made.folder / "series").iterdir()
    assert pq.ParquetFile(part).metadata.num_row_groups == 3
    monkeypatch.setattr("sim.experiments.play.job.PIECE_ROWS", 40)
    other = run_ensemble(scenario, 10, 1, tmp_path / "whole")
    assert np.array_equal(made.series("attacks"), other.series("attacks"))
