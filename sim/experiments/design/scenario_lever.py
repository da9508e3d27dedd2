"""The lever of a sweep file whose values are scenarios: names of shipped ones, or paths from the sweep file's folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.experiments.design.factors import SCENARIO, Factor
from sim.experiments.design.what_ifs import WhatIf, check_comparable
from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.registry import load_scenario
from sim.scenario.files import find_scenario
from sim.scenario.scenario import Scenario

WHERE = f"[levers] {SCENARIO}"


def read_scenarios(raw: Any, base: Scenario, base_file: Path, folder: Path) -> dict[str, WhatIf]:
    """Return the scenarios that a sweep file lists, by name, the base among them where it is listed. Raises InputError.

    base: as the sweep plays it; all are played with its seed and its days. base_file: where it was read from.
    """
    listed = raw.get("values") if isinstance(raw, Mapping) and set(raw) == {"values"} else None
    if not isinstance(listed, (list, tuple)) or not listed or not all(isinstance(text, str) for text in listed):
        example = f'{{ values = ["{base.name}", "us-leaves-first", "./mine.toml"] }}'
        raise InputError(f"{WHERE} = {shown(raw)} must list names of scenarios or paths, as in {example}")
    made: dict[str, WhatIf] = {}
    for text in listed:
        what_if = _read(text, base, base_file, folder)
        name = what_if.scenario.name
        if name in made or (name == base.name and what_if.scenario is not base):
            raise InputError(f"{WHERE}: {text}: another is called {name} too; list each once, and name no two files alike")
        made[name] = what_if
    return made


def _read(text: str, base: Scenario, base_file: Path, folder: Path) -> WhatIf:
    try:
        file = base_file if text == base.name else find_scenario(text, beside=folder)
        if file.resolve() == base_file.resolve():
            return WhatIf(base, base)
        scenario = load_scenario(file)
        heading = {key: getattr(base, key) for key in ("days", "seed") if getattr(base, key) != getattr(scenario, key)}
        if heading:
            said = " and ".join(f"{key} = {value}" for key, value in heading.items())
            scenario = scenario.with_values(heading, set_by=f"with {said} of the sweep")
        what_if = WhatIf(scenario, base)
        check_comparable(what_if)
    except InputError as error:
        said = str(error)
        raise InputError(
            f"{WHERE}: {said if said.startswith((text, f'{Path(text).name}: ')) else f'{text}: {said}'}"
        ) from None
    return what_if


def check_levers(levers: Iterable[Factor], what_ifs: Iterable[WhatIf]) -> None:
    """Raise InputError where a scenario sets what another lever of the sweep sets too."""
    for factor in levers:
        for what_if in what_ifs:
            if factor.path in what_if.touched:
                name = what_if.scenario.name
                raise InputError(
                    f"[levers] {factor.path}: {name} sets it too, under {SCENARIO}; leave out the one or the other, or make "
                    f"the values of {factor.path} scenarios of their own"
                )
