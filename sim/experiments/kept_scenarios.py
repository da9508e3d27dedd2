"""The scenarios of a sweep's lever, complete in its folder, so that it can be read wherever it is moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.errors import InputError
from sim.scenario import Scenario, load_scenario
from sim.scenario_export import write_scenario

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

    def __contains__(self, name: object) -> bool:
        return name in self.hashes

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


def check_scenarios(scenarios: Mapping[str, Scenario]) -> None:
    """Raise InputError where one of them is not what was run."""
    for name in scenarios:
        scenarios[name]


def _file(folder: Path, name: str, hash_: str) -> Path:
    return folder / "scenarios" / f"{name[:LETTERS_KEPT]}-{hash_}" / "scenario.toml"
