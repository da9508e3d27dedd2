"""An ensemble: a sweep of one point, the scenario itself, that keeps the days of every run and what happened where.

Whatever is asked, the same command again goes on where it was stopped, and a larger number of runs adds to the same folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.experiments.design.design import Recipe
from sim.experiments.design.kept import ENSEMBLE
from sim.experiments.design.sweep_file import Sweep
from sim.experiments.design.uncertain import Uncertain, uncertain_of
from sim.experiments.play.fill import fill
from sim.experiments.play.workers import refuse_unguarded
from sim.experiments.store.results import Results, open_results
from sim.ground.checks import RUNS, whole_number
from sim.ground.errors import InputError
from sim.registry import as_scenario, load_scenario
from sim.scenario.scenario import Scenario

Progress = Callable[[int, int], object]
ONE_POINT = Recipe("grid", include_base=False)


@dataclass(frozen=True)
class States:
    """Saved states.

    taken_up: the results folder whose runs are taken up again, None to start afresh. horizon: days the runs were to go on
    for when the states of their last evening are kept, None to keep none.
    """

    taken_up: Path | None = None
    horizon: int | None = None


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
    folder = (Path(out) if out is not None else default_folder(loaded, drawn)).absolute()
    return run_ensemble(loaded, loaded.runs, workers, folder, lambda done, asked: None, uncertain=drawn)


def default_folder(scenario: Scenario, uncertain: Uncertain | None = None) -> Path:
    """Return the folder that results of a scenario go to unless asked otherwise."""
    return Path("results") / f"{scenario.name}-{ensemble_of(scenario, scenario.runs, uncertain=uncertain).hash}"


def ensemble_of(scenario: Scenario, runs: int, horizon: int | None = None, uncertain: Uncertain | None = None) -> Sweep:
    """Return the sweep that an ensemble is. horizon: as of States. uncertain: which values are drawn by run."""
    return Sweep(
        scenario.name, scenario.title, "", scenario, ONE_POINT, runs, "full", "",
        kind=ENSEMBLE, horizon=horizon, uncertain=uncertain,
    )  # fmt: skip


def run_ensemble(
    scenario: Scenario,
    runs: int,
    workers: int,
    folder: Path,
    on_progress: Progress,
    states: States = States(),
    uncertain: Uncertain | None = None,
) -> Results:
    """Compute the runs [0, runs) that `folder` does not hold yet, and open the results.

    states: whether the runs start from saved states, and whether their last evening is kept. uncertain: which values are
    drawn by run. on_progress is called with the number of runs done and asked for. Raises as `fill`.
    """
    asked = ensemble_of(scenario, whole_number("runs", runs, RUNS), states.horizon, uncertain)
    fill(asked, folder, workers, lambda done, asked, failed: on_progress(done, asked), taken_up=states.taken_up)
    return open_results(folder)
