"""Copies of the scenarios of a sweep in its results folder; sweeps are read by name, by path or from such a folder."""

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
from sim.registry import load_kept
from sim.scenario.export import write_scenario
from sim.scenario.files import in_current_keys
from sim.scenario.scenario import Scenario
from sim.state.arrays import own_numerics

SWEEP_FILE = "sweep.toml"

LETTERS_KEPT = 40
"""Characters of a name in its folder name; more would leave no room for the hash."""


@dataclass(frozen=True, eq=False)
class KeptScenarios(Mapping[str, Scenario]):
    """Name -> scenario, each read on first use. hashes: of each scenario, from the manifest.

    Raises InputError for a file that is missing, damaged or was changed.
    """

    folder: Path
    hashes: Mapping[str, str]
    _read: dict[str, Scenario] = field(default_factory=dict, init=False)

    def __getitem__(self, name: str) -> Scenario:
        if name not in self._read:
            file = _file(self.folder, name, self.hashes[name])
            scenario = load_kept(file)
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
    """Read a sweep by the name of a shipped one, by path, or from its results folder, which is self-contained.

    Raises InputError with the place.
    """
    path = find_sweep(name_or_path)
    kept = read_kept(path) if path.is_dir() else None
    file = path / SWEEP_FILE if kept else path
    data, text = read_toml(file)
    if kept:
        return read_sweep(kept.pointed(in_current_keys(data)), kept.name, file.name, path, text, kept)
    return read_sweep(data, path.stem, path.name, path.parent, text)


def read_kept(folder: Path) -> Kept:
    """Return the scenarios of the results folder of a sweep. Raises InputError if it is not one."""
    manifest = read_manifest(folder)
    if manifest["kind"] != SWEEP:
        command = {ENSEMBLE: "run", CALIBRATION: "calibrate"}[manifest["kind"]]
        raise InputError(f"{folder}: is not a sweep; pullback {command} continues it")
    try:
        design = manifest["design"]
        listed = next((tuple(raw["values"]) for raw in design["levers"] if raw["path"] == SCENARIO), ())
        scenarios = KeptScenarios(folder, dict(design.get("scenarios", {}).items()))
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / 'manifest.json'}: is damaged or was changed by hand; name another folder") from None
    base = replace(load_kept(folder / "scenario.toml"), name=manifest["scenario"])
    return Kept(manifest["name"], base, scenarios, listed, read_own(folder))


def scenario_faults(scenarios: Mapping[str, Scenario]) -> Iterator[str]:
    """Yield a line for each scenario that is not as it was run."""
    for name in scenarios:
        try:
            scenarios[name]
        except InputError as error:
            yield str(error)


def _file(folder: Path, name: str, hash_: str) -> Path:
    return folder / "scenarios" / f"{name[:LETTERS_KEPT] or 'goes-on'}-{hash_}" / "scenario.toml"
