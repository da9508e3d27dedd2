"""Exploratory modelling with the EMA Workbench: it samples and stores experiments; each is run as a block by the model.

    python examples/ema_workbench_recipe.py

Needs the workbench (pip install ema_workbench). Moscow's policy is the lever, a few values are the uncertainties over the
scenario's own ranges, and the outcomes are means over the runs of an experiment; all experiments use common random numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import sim
from sim.record.outcomes import outcome_table

POLICY = "moscow.policy"
VARIED = ("withdrawal.airlift_sorties_per_day", "truce.breakdown_per_day", "defection.threshold_other")
OUTCOMES = ("sdf_share_end", "detainees_transferred", "killed_civilians")


def play(runs: int = 64, days: int = 180, **values: Any) -> dict[str, float]:
    """Run one experiment, a block of runs with these values. Names have __ for the dot."""
    scenario = sim.load_scenario("baseline").with_values({"days": days}, set_by="the workbench")
    scenario = scenario.with_values({name.replace("__", "."): v for name, v in values.items()}, set_by="the workbench")
    model = sim.TheatreModel(scenario, runs=runs)
    model.run_to(days)
    outcomes = outcome_table(model.history)
    return {name: float(np.nanmean(outcomes[name])) for name in OUTCOMES}


def workbench_model(runs: int = 64, days: int = 180) -> Any:
    """Return the model for the workbench."""
    from ema_workbench import CategoricalParameter, Constant, Model, RealParameter, ScalarOutcome

    base = sim.load_scenario("baseline")
    model = Model("pullback", function=play)
    model.levers = [CategoricalParameter(POLICY.replace(".", "__"), ["documented", "stay", "leave_entirely"])]
    model.uncertainties = [RealParameter(path.replace(".", "__"), *base.entries[path].range) for path in VARIED]
    model.constants = [Constant("runs", runs), Constant("days", days)]
    model.outcomes = [ScalarOutcome(name) for name in OUTCOMES]
    return model


def experiments(
    scenarios: int = 16, policies: int = 3, runs: int = 64, days: int = 180
) -> tuple[Any, dict[str, np.ndarray]]:
    """Return the workbench's experiments, a DataFrame, and outcomes by name."""
    from ema_workbench import perform_experiments

    return perform_experiments(workbench_model(runs, days), scenarios=scenarios, policies=policies)


if __name__ == "__main__":
    frame, outcomes = experiments()
    frame = frame.assign(**outcomes)
    print(frame.groupby(POLICY.replace(".", "__"), observed=True)[list(OUTCOMES)].mean().round(3))
