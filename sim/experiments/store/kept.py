"""What a sweep's file names, complete in its results folder; sweeps are read by name, by path or out of such a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.experiments.design.factors import SCENARIO
from sim.experiments.design.kept import CALIBRATION, ENSEMBLE, SWEEP, Kept
from sim.experiments.design.sweep import Sweep
from sim.experiments.design.sweep_file import find_sweep, read_sweep
from sim.experiments.store.definitions import read_own
from sim.experiments.store.folders import read_manifest
from sim.ground.errors import InputError
from sim.ground.user_text import read_toml
from sim.registry import load_scenario
from sim.scenario.export import write_scenario
from sim.scenario.scenario import Scenario
from sim.state.arrays import own_numerics

SWEEP_FILE = "sweep.toml"

LETTERS_KEPT = 40
"""Letters of a name that its folder has: a longer one would leave no room for the hash."""


@dataclass(frozen=True, eq=False)
class KeptScenarios(Mapping[str, Scenario]):
    """Name -> scenario, each read when it is first asked for. hashes: what each computes, as the manifest says.

    Raises InputError for a file that is gone, damaged or was changed.
    """

    folder: Path
    hashes: Mapping[str, str]
    _read: dict[str, Scenario] = field(default_factory=dict, init=False)

    def __getitem__(self, name: str) -> Scenario:
        if name not in self._read:
            file = _file(self.folder, name, self.hashes[name])
            scenario = load_scenario(file)
            if scenario.hash != self.hashes[name]:
                raise InputError(f"{file}: is not what was run; name another folder")
            self._read[name] = replace(scenario, name=name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.hashes)

    def __len__(self) -> int:
        return len(self.hashes)


def write_scenarios(scenarios: Mapping[str, Scenario], folder: Path) -> None:
    """Write the scenarios of a lever into the folder of their sweep."""
    for name, scenario in scenarios.items():
        file = _file(folder, name, scenario.hash)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_scenario(scenario, file.parent)


@own_numerics
def load_sweep(name_or_path: str | Path) -> Sweep:
    """Read a sweep by the name of a shipped one, by path, or out of its results folder, which holds all that its file names.

    Raises InputError, in one line that says where.
    """
    path = find_sweep(name_or_path)
    kept = read_kept(path) if path.is_dir() else None
    file = path / SWEEP_FILE if kept else path
    data, text = read_toml(file)
    if kept:
        return read_sweep(kept.pointed(data), kept.name, file.name, path, text, kept)
    return read_sweep(data, path.stem, path.name, path.parent, text)


def read_kept(folder: Path) -> Kept:
    """Return what the results folder of a sweep keeps. Raises InputError where it is none."""
    manifest = read_manifest(folder)
    if manifest["kind"] != SWEEP:
        goes_on = {ENSEMBLE: "run", CALIBRATION: "calibrate"}[manifest["kind"]]
        raise InputError(f"{folder}: holds no sweep; pullback {goes_on} goes on with it")
    try:
        design = manifest["design"]
        listed = next((tuple(raw["values"]) for raw in design["levers"] if raw["path"] == SCENARIO), ())
        scenarios = KeptScenarios(folder, dict(design.get("scenarios", {}).items()))
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / 'manifest.json'}: is damaged or was changed by hand; name another folder") from None
    base = replace(load_scenario(folder / "scenario.toml"), name=manifest["scenario"])
    return Kept(manifest["name"], base, scenarios, listed, read_own(folder))


def scenario_faults(scenarios: Mapping[str, Scenario]) -> Iterator[str]:
    """Yield which of them are not what was run."""
    for name in scenarios:
        try:
            scenarios[name]
        except InputError as error:
            yield str(error)


def _file(folder: Path, name: str, hash_: str) -> Path:
    return folder / "scenarios" / f"{name[:LETTERS_KEPT] or 'goes-on'}-{hash_}" / "scenario.toml"
