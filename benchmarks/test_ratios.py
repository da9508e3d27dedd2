"""Ratios in one process: the core against the object-per-cell Mesa model, itself one run at a time, and compiled loops.

Each is printed and stored as `ratio`; the page benchmarks/README.md says what they mean.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter

import mesa
import numpy as np
import pytest
from scipy.stats import ks_2samp

from benchmarks import BLOCK_RUNS
from benchmarks.peer import PeerModel
from sim.analysis.calibrate.weights import uncertain
from sim.experiments.play.blocks import block_runs
from sim.mechanisms import FIGHTING
from sim.model import SUB_MOVES, TheatreModel, piece_size
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario

PRESS_ON = (
    'start.course.campaign="general"',
    'damascus.policy="press_on"',
    'sdf.policy="idle"',
    'us.policy="idle"',
    'moscow.policy="idle"',
)
PEER_RUNS, PEER_DAYS = 24, 8


def seconds(play: Callable[[], object], rounds: int = 3) -> float:
    """Return the median seconds of a few rounds."""
    times = []
    for _ in range(rounds):
        began = perf_counter()
        play()
        times.append(perf_counter() - began)
    return float(np.median(times))


def play_block(runs: int = BLOCK_RUNS, first_run: int = 0) -> None:
    """Play the baseline's whole horizon."""
    scenario = load_scenario("baseline")
    TheatreModel(scenario, runs=runs, first_run=first_run).run_to(scenario.days)


@pytest.mark.parametrize("skip_quiet", [False, True], ids=["every_cell_every_day", "cells_skip_quiet_days"])
def test_against_the_object_per_cell_mesa_model(measure: Callable, benchmark: object, skip_quiet: bool) -> None:
    replicates = 2

    def play_peers() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # batch_run's own deprecations
            mesa.batch_run(
                PeerModel,
                {"run": list(range(replicates)), "skip_quiet": [skip_quiet]},
                number_processes=1,
                max_steps=180,
                display_progress=False,
            )

    peer = seconds(play_peers, rounds=1) / (replicates * 180)
    core = measure(play_block, rounds=3, replicate_days=BLOCK_RUNS * 180) / (BLOCK_RUNS * 180)
    benchmark.extra_info.update(
        ratio=round(peer / core, 1), reads="times its pace", peer_ms_per_replicate_day=round(1e3 * peer, 2)
    )


def test_the_peer_has_the_same_distributions_as_the_core() -> None:
    core = TheatreModel(load_scenario("baseline", PRESS_ON), runs=PEER_RUNS)
    core.run_to(PEER_DAYS)
    shares = np.empty((PEER_DAYS, PEER_RUNS))
    for run in range(PEER_RUNS):
        peer = PeerModel(run=run, press_on=True, days=PEER_DAYS)
        while peer.running:
            peer.step()
        shares[:, run] = peer.datacollector.get_model_vars_dataframe()["sdf_share"]
    for day in (2, 3, 5):
        theirs, ours = shares[day - 1], core.history.series["sdf_share"][day]
        assert ks_2samp(theirs, ours).pvalue > 0.05
        assert abs((theirs - ours).mean()) < 0.005


def test_against_the_core_one_run_at_a_time(measure: Callable, benchmark: object) -> None:
    alone = seconds(lambda: play_block(runs=1))
    together = measure(play_block, rounds=3, replicate_days=BLOCK_RUNS * 180) / BLOCK_RUNS
    benchmark.extra_info.update(ratio=round(alone / together, 1), reads="times its pace")


def test_the_programs_own_block_against_blocks_of_512(measure: Callable, benchmark: object, scenario: Scenario) -> None:
    """As many runs as the memory of a worker takes, a run's time against that of a run in a block of 512."""
    runs = block_runs(scenario.days)
    small = seconds(play_block) / BLOCK_RUNS
    large = measure(lambda: play_block(runs), rounds=3, replicate_days=runs * scenario.days) / runs
    benchmark.extra_info.update(ratio=round(small / large, 2), reads="times its pace", runs=runs)


def test_points_of_one_run_against_runs_of_one_scenario(measure: Callable, benchmark: object, scenario: Scenario) -> None:
    """A block in which every uncertain value differs by run, over one of the same run numbers in which none does."""
    ranges = {path: scenario.entries[path].range for path in uncertain(scenario)}
    share = np.random.default_rng(1).random(BLOCK_RUNS)
    columns = {path: low + np.roll(share, place) * (high - low) for place, (path, (low, high)) in enumerate(ranges.items())}

    def mixed() -> None:
        TheatreModel(scenario, BLOCK_RUNS, columns=[columns]).run_to(scenario.days)

    alike = seconds(play_block)
    together = measure(mixed, rounds=3, replicate_days=BLOCK_RUNS * scenario.days)
    benchmark.extra_info.update(
        ratio=round(together / alike, 2), reads="times the time of a block in which all runs are alike"
    )


def test_the_cells_of_a_day_against_compiled_loops(measure: Callable, benchmark: object, scenario: Scenario) -> None:
    pytest.importorskip("numba", reason="numba is not installed; make bench installs it")
    from benchmarks.yardstick import KEPT, Yardstick

    model = TheatreModel(scenario, runs=piece_size(theatre=TheatreModel(scenario, 1).theatre))
    model.run_to(5)
    yardstick = Yardstick(model)

    def setup() -> tuple[tuple[object], dict]:
        state = copy.deepcopy(model.state)
        state.day += 1
        return (state,), {}

    def by_numpy(state: object) -> None:
        for _ in range(SUB_MOVES):
            for mechanism in FIGHTING:
                rates = model.setting[mechanism.NAME]
                mechanism.advance(model.theatre, state, model.orders, rates, model.draws, 1.0 / SUB_MOVES)

    (ours,), (theirs,) = setup()[0], setup()[0]
    by_numpy(ours)
    yardstick.step(theirs)
    for name in (*KEPT, "gone_over_on", "taken_on", "cause"):
        np.testing.assert_allclose(getattr(theirs, name), getattr(ours, name), rtol=0, atol=1e-5, err_msg=name)
    compiled = []
    for _ in range(9):
        (state,), _ = setup()
        compiled.append(seconds(lambda state=state: yardstick.step(state), rounds=1))
    core = measure(by_numpy, setup=setup, rounds=9, replicate_days=model.draws.runs)
    benchmark.extra_info.update(ratio=round(core / float(np.median(compiled)), 2), reads="times their time")


def spin(loops: int) -> int:
    """Keep a processor busy without memory."""
    total = 0
    for value in range(loops):
        total += value & 3
    return total


def test_two_processes_against_one(measure: Callable, benchmark: object) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(play_block, [1, 1]))  # imports done

        def gain(job: Callable, argument: int) -> float:
            alone = seconds(lambda: pool.submit(job, argument).result())
            return 2.0 * alone / seconds(lambda: list(pool.map(job, [argument, argument])))

        control, core = gain(spin, 20_000_000), gain(play_block, 256)
        measure(lambda: list(pool.map(play_block, [256, 256])), rounds=3, replicate_days=256 * 180)
    reads = f"of what two busy loops gain: {core:.2f} times one process, theirs {control:.2f}"
    benchmark.extra_info.update(ratio=round(core / control, 3), reads=reads)
