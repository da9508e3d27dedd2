"""What a script calls to play: an ensemble of a scenario, or a sweep.

An ensemble is a sweep of one point, the scenario itself, that keeps the days of every run and what happened where. Whatever
is asked, the same call again goes on where it was stopped, and a larger number of runs adds to the same folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.experiments.design.design import Recipe
from sim.experiments.design.kept import ENSEMBLE
from sim.experiments.design.sweep import Sweep
from sim.experiments.design.uncertain import Uncertain, uncertain_of
from sim.experiments.play.fill import fill
from sim.experiments.play.folder import default_folder, folder_of
from sim.experiments.play.workers import refuse_unguarded
from sim.experiments.store.ensemble import Results, open_ensemble
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.sweep import SweepResults
from sim.ground.checks import RUNS, whole_number
from sim.ground.errors import InputError
from sim.registry import as_scenario, load_scenario
from sim.scenario.scenario import Scenario

ONE_POINT = Recipe("grid", include_base=False)


def run(
    name_or_path: str | Path | Scenario,
    runs: int | None = None,
    sets: Sequence[str] = (),
    workers: int = 1,
    out: str | Path | None = None,
    uncertain: str | None = None,
) -> Results:
    """Run a scenario many times, or what its folder lacks of it, and open the results; `frame` of them is a DataFrame.

    name_or_path and sets: as on the command line; or a scenario as load_scenario returns it, which takes no sets. runs: the
    scenario's own number when left out. With more than one worker, call it from under `if __name__ == "__main__":`. out:
    the folder, results/NAME-HASH when left out. uncertain: which values are drawn by run: "all", "assumed" or the path of a
    file of plausible sets; none when left out. Raises InputError, FolderBusy, JobsFailed.
    """
    refuse_unguarded()
    if isinstance(name_or_path, Scenario) and sets:
        raise InputError("sets go with the name or path of a scenario; give them to load_scenario")
    loaded = load_scenario(name_or_path, sets) if isinstance(name_or_path, (str, Path)) else as_scenario(name_or_path)
    if runs is not None:
        loaded = loaded.with_values({"runs": whole_number("runs", runs, RUNS)}, set_by="runs")
    drawn = None if uncertain is None else uncertain_of(uncertain, loaded)
    asked = ensemble_of(loaded, drawn)
    folder = (Path(out) if out is not None else default_folder(asked)).absolute()
    fill(asked, folder, workers)
    return open_ensemble(folder)


def ensemble_of(scenario: Scenario, uncertain: Uncertain | None = None, horizon: int | None = None) -> Sweep:
    """Return the sweep that an ensemble is. uncertain, horizon: as a Sweep has them."""
    return Sweep(
        scenario.name, scenario.title, "", scenario, ONE_POINT, scenario.runs, "full", "",
        kind=ENSEMBLE, horizon=horizon, uncertain=uncertain, outcomes=scenario.outcomes,
    )  # fmt: skip


def sweep(name_or_path: str | Path, workers: int = 1, out: str | Path | None = None) -> SweepResults:
    """Play a sweep, or what its folder lacks of it, and open the results.

    name_or_path: as on the command line, a results folder too. With more than one worker, call it from under
    `if __name__ == "__main__":`. out: the folder, results/NAME-HASH when left out, or the one that is named in place of the
    sweep. Raises InputError, FolderBusy, JobsFailed.
    """
    refuse_unguarded()
    loaded = load_sweep(name_or_path)
    folder = (Path(out) if out is not None else folder_of(name_or_path) or default_folder(loaded)).absolute()
    fill(loaded, folder, workers)
    return SweepResults(folder)
