"""Initialise the folder of a sweep, or check that it belongs to this sweep and version of the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from sim.experiments.design.design import described
from sim.experiments.design.design_table import write_design_table
from sim.experiments.design.kept import ENSEMBLE, TABLE_FILE
from sim.experiments.design.replicates import streams_of
from sim.experiments.design.sweep import Sweep
from sim.experiments.store.definitions import asked_own, note_own, read_own
from sim.experiments.store.digest import code_digest
from sim.experiments.store.folders import FORM, machine, new_folder, read_manifest, write_table
from sim.experiments.store.kept import SWEEP_FILE, scenario_faults, write_scenarios
from sim.experiments.store.points import design_table, read_design
from sim.ground.errors import InputError
from sim.ground.files import write_text
from sim.registry import load_kept
from sim.scenario.export import write_scenario


def open_folder(folder: Path, sweep: Sweep) -> None:
    """Initialise the folder of a sweep, or check that it belongs to this sweep and code. Raises InputError if not."""
    if is_known(folder, sweep):
        if asked_own(folder, sweep.outcomes) != read_own(folder):
            # first what the command that adds outcomes reads, so that it asks for these wherever this is stopped
            write_scenario(replace(sweep.base, name=read_manifest(folder)["scenario"]), folder)
            note_own(folder, sweep.outcomes)
        return
    manifest = _manifest(sweep)
    with new_folder(folder, "a results folder", manifest):
        for table in ("outcomes", *more_of(manifest), *(["states"] if "horizon" in manifest else [])):
            (folder / table).mkdir(exist_ok=True)
        note_own(folder, sweep.outcomes)
        write_scenario(sweep.base, folder)
        write_scenarios(sweep.design.scenarios, folder)
        if sweep.recipe.method == "table":
            write_design_table(folder / TABLE_FILE, [f.path for f in sweep.recipe.uncertainties], sweep.recipe.table)
        if sweep.text:
            write_text(folder / SWEEP_FILE, sweep.text)
        write_table(folder / "design.parquet", design_table(sweep.design))
        if sweep.uncertain is not None and sweep.uncertain.sets:
            write_table(folder / "sets.parquet", pa.table(dict(sweep.uncertain.sets)))


def more_of(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the tables of a folder besides outcomes."""
    series = () if manifest["series"] == "none" else ("series",)
    return (*series, "control", "rules") if manifest["kind"] == ENSEMBLE else series


def is_known(folder: Path, sweep: Sweep) -> bool:
    """Whether a folder has this sweep and version of the code. Raises InputError if it has other results."""
    if not (folder / "manifest.json").is_file():
        return False
    known = read_manifest(folder)
    if (known["kind"], known["hash"]) != (sweep.kind, sweep.hash):
        raise InputError(f"{folder}: holds the results of {known['name']} {known['hash']}; name another folder")
    if known["code"] != code_digest():
        raise InputError(f"{folder}: was made by another version of the code; name another folder or remove it")
    if sweep.horizon is not None and "horizon" not in known:
        raise InputError(f"{folder}: has these runs without their states; name another folder to save them in")
    if streams_of(known, folder) != sweep.streams:
        raise InputError(f"{folder}: its manifest.json was changed; name another folder")
    design = read_design(folder, known)
    if design != sweep.design or load_kept(folder / "scenario.toml").hash != sweep.base.hash:
        raise InputError(f"{folder}: its design.parquet or scenario.toml was changed; name another folder")
    for fault in scenario_faults(design.scenarios):
        raise InputError(fault)
    return True


def _manifest(sweep: Sweep) -> dict[str, Any]:
    manifest = {
        "schema": FORM,
        "kind": sweep.kind,
        "name": sweep.name,
        "title": sweep.title,
        "asks": sweep.question,
        "hash": sweep.hash,
        "scenario": sweep.base.name,
        "base_hash": sweep.base.hash,
        "seed": sweep.base.seed,
        "days": sweep.base.days,
        "start": str(sweep.base.start_date),
        "points": sweep.design.points,
        "series": sweep.series,
        "streams": sweep.streams,
        "design": {key: value for key, value in described(sweep.recipe).items() if key != "table"},
        "columns": list(sweep.columns),
        "code": code_digest(),
    }
    manifest |= {} if sweep.horizon is None else {"horizon": sweep.horizon}
    return manifest | ({} if sweep.uncertain is None else {"uncertain": sweep.uncertain.described()}) | machine()
