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
    """Return the scenarios that a sweep file lists, by name, including the base if it is listed. Raises InputError.

    base: as run in the sweep; all scenarios use its seed and days. base_file: the file of the base.
    """
    listed = raw.get("values") if isinstance(raw, Mapping) and set(raw) == {"values"} else None
    if not isinstance(listed, (list, tuple)) or not listed or not all(isinstance(text, str) for text in listed):
        example = f'{{ values = ["{base.name}", "us-leaves-first", "./mine.toml"] }}'
        raise InputError(f"{WHERE} = {shown(raw)} must list names of scenarios or paths, as in {example}")
    what_ifs: dict[str, WhatIf] = {}
    for text in listed:
        what_if = _read(text, base, base_file, folder)
        name = what_if.scenario.name
        if name in what_ifs or (name == base.name and what_if.scenario is not base):
            raise InputError(
                f"{WHERE}: {text}: another scenario is also called {name}; list each once, and give every file its own name"
            )
        what_ifs[name] = what_if
    return what_ifs


def _read(text: str, base: Scenario, base_file: Path, folder: Path) -> WhatIf:
    try:
        file = base_file if text == base.name else find_scenario(text, beside=folder)
        if file.resolve() == base_file.resolve():
            return WhatIf(base, base)
        scenario = load_scenario(file)
        heading = {key: getattr(base, key) for key in ("days", "seed") if getattr(base, key) != getattr(scenario, key)}
        if heading:
            message = " and ".join(f"{key} = {value}" for key, value in heading.items())
            scenario = scenario.with_values(heading, set_by=f"with {message} of the sweep")
        what_if = WhatIf(scenario, base)
        check_comparable(what_if)
    except InputError as error:
        message = str(error)
        raise InputError(
            f"{WHERE}: {message if message.startswith((text, f'{Path(text).name}: ')) else f'{text}: {message}'}"
        ) from None
    return what_if


def check_levers(levers: Iterable[Factor], what_ifs: Iterable[WhatIf]) -> None:
    """Raise InputError if a scenario sets a value that another lever of the sweep sets too."""
    for factor in levers:
        for what_if in what_ifs:
            if factor.path in what_if.touched:
                name = what_if.scenario.name
                raise InputError(
                    f"[levers] {factor.path}: {name} also sets it, under {SCENARIO}; leave out one of them, or make "
                    f"the values of {factor.path} scenarios of their own"
                )
