"""Write the plausible sets of a calibration in the forms that `pullback sweep` and `pullback run` take.

plausible.csv holds a row per set, drawn in proportion to how often its runs meet the record, so that some come more than
once; plausible.toml is a sweep over its rows; sets/NNNNN.toml is a scenario for each distinct set, named by its point.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from sim.analysis.calibrate.weights import Calibration, SampledPoints
from sim.experiments.design.design_table import write_design_table
from sim.ground.files import write_text
from sim.scenario.files import find_scenario, scenario_names

SWEEP = """\
# Parameter sets consistent with the record: pullback sweep {path}

format = 1
name = "plausible-{name}"
base = {base}
title = "Plausible sets of {name}"
question = "What does the scenario lead to when its uncertain values are constrained by the record only?"

[design]
method = "table"
table = "plausible.csv"
repeated = true  # repeated sets are counted as often as drawn
include_base = false

[replicates]
n = {runs}
streams = "own"  # the runs form one ensemble, with independent random numbers

[output]
series = "full"  # pullback hindcast needs the series for observations before the last evening
"""


RUNS = 8
"""Runs of each set in the sweep: with several runs per set the effect of values is distinguishable from chance."""


def write_plausible(folder: Path, calibration: Calibration, drawn: np.ndarray, scenario: str) -> None:
    """Write the plausible sets. drawn: (sets,) points, of `draw`. scenario: name or path."""
    design, name = calibration.design, Path(scenario).stem
    write_design_table(folder / "plausible.csv", design.paths, design.points[drawn].tolist())
    path = folder / "plausible.toml"
    text = SWEEP.format(path=path, name=name, base=_base(scenario, folder), runs=RUNS)
    write_text(path, text)
    (folder / "sets").mkdir(exist_ok=True)
    for old in (folder / "sets").glob("[0-9]*.toml"):
        old.unlink()
    for point in np.unique(drawn).tolist():
        text = _scenario(design, point, name, _base(scenario, folder / "sets"))
        write_text(folder / "sets" / f"{point:05d}.toml", text)


def _base(scenario: str, folder: Path) -> str:
    """Return the `base` of a file in `folder`: a shipped name, or a relative path."""
    if scenario in scenario_names():
        return f'"{scenario}"'
    path = os.path.relpath(find_scenario(scenario).resolve(), folder.resolve())
    return f"'{Path(path).as_posix()}'"


def _scenario(design: SampledPoints, point: int, name: str, base: str) -> str:
    values = "\n".join(f"{path} = {value!r}" for path, value in design.settings(point).items())
    return f'base = {base}\ntitle = "{name} with plausible set {point}"\n\n{values}\n'
