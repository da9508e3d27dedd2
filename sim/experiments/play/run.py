"""Functions for scripts: run an ensemble of a scenario, or a sweep.

An ensemble is a sweep of one point, the scenario itself, which keeps the daily series and the map of every run. The same
call again resumes an interrupted batch, and a larger number of runs extends the same folder.
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
    """Run an ensemble of a scenario, computing only missing runs, and open the results; `frame` returns a DataFrame.

    name_or_path, sets: as on the command line; or a scenario of load_scenario, without sets. runs: by default the scenario's
    number. With more than one worker, call it under `if __name__ == "__main__":`. out: the folder, by default
    results/NAME-HASH. uncertain: values drawn by run: "all", "assumed" or the path of a file of plausible sets; by default
    none. Raises InputError, FolderBusy, JobsFailed.
    """
    refuse_unguarded()
    if isinstance(name_or_path, Scenario) and sets:
        raise InputError("sets go with the name or path of a scenario; give them to load_scenario")
    loaded = load_scenario(name_or_path, sets) if isinstance(name_or_path, (str, Path)) else as_scenario(name_or_path)
    if runs is not None:
        loaded = loaded.with_values({"runs": whole_number("runs", runs, RUNS)}, set_by="runs")
    drawn = None if uncertain is None else uncertain_of(uncertain, loaded)
    requested = ensemble_of(loaded, drawn)
    folder = (Path(out) if out is not None else default_folder(requested)).absolute()
    fill(requested, folder, workers)
    return open_ensemble(folder)


def ensemble_of(scenario: Scenario, uncertain: Uncertain | None = None, horizon: int | None = None) -> Sweep:
    """Return the sweep of an ensemble. uncertain, horizon: see Sweep."""
    return Sweep(
        scenario.name, scenario.title, "", scenario, ONE_POINT, scenario.runs, "full", "",
        kind=ENSEMBLE, horizon=horizon, uncertain=uncertain, outcomes=scenario.outcomes,
    )  # fmt: skip


def sweep(name_or_path: str | Path, workers: int = 1, out: str | Path | None = None) -> SweepResults:
    """Run a sweep, computing only missing runs, and open the results.

    name_or_path: as on the command line, also a results folder. With more than one worker, call it under
    `if __name__ == "__main__":`. out: the folder, by default results/NAME-HASH or the folder given as name_or_path. Raises
    InputError, FolderBusy, JobsFailed.
    """
    refuse_unguarded()
    loaded = load_sweep(name_or_path)
    folder = (Path(out) if out is not None else folder_of(name_or_path) or default_folder(loaded)).absolute()
    fill(loaded, folder, workers)
    return SweepResults(folder)
