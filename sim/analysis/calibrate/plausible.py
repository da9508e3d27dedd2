"""Write the plausible sets of a calibration in the forms that `pullback sweep` and `pullback run` take.

plausible.csv holds a row per set, drawn in proportion to how often its runs meet the record, so that some come more than
once; plausible.toml is a sweep over its rows; sets/NNNNN.toml is a scenario for each distinct set, named by its point.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from sim.analysis.calibrate.weights import Calibration, Design
from sim.experiments.design.design_table import write_design_table
from sim.ground.files import write_text
from sim.scenario.files import find_scenario, scenario_names

SWEEP = """\
# Sets of values that the record speaks for: pullback sweep {path}

format = 1
name = "plausible-{name}"
base = {base}
title = "Plausible sets of {name}"
question = "What does the scenario say when its uncertain values are only as certain as the record makes them?"

[design]
method = "table"
table = "plausible.csv"
repeated = true  # a set drawn twice counts twice
include_base = false

[replicates]
n = {runs}
streams = "own"  # all runs are read as one ensemble, and show what is chance

[output]
series = "full"  # pullback hindcast reads some observations on an evening before the last
"""


RUNS = 8
"""Of each set in the sweep: what values bring can be told from what chance brings where a set is played more than once."""


def write_plausible(folder: Path, calibration: Calibration, drawn: np.ndarray, scenario: str) -> None:
    """Write the sets. drawn: (sets,) points as `draw` gives them. scenario: name or path."""
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
    """Return what a file in `folder` names as its base: a shipped name, or a path from there."""
    if scenario in scenario_names():
        return f'"{scenario}"'
    path = os.path.relpath(find_scenario(scenario).resolve(), folder.resolve())
    return f"'{Path(path).as_posix()}'"


def _scenario(design: Design, point: int, name: str, base: str) -> str:
    values = "\n".join(f"{path} = {value!r}" for path, value in design.settings(point).items())
    return f'base = {base}\ntitle = "{name} with plausible set {point}"\n\n{values}\n'
