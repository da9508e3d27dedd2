"""The runs requested of a folder so far, and the jobs that failed in the latest run of the command."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from sim.experiments.design.replicates import Criterion, Sequential
from sim.experiments.store.folders import write_json
from sim.experiments.store.locks import Shard
from sim.ground.errors import InputError
from sim.scenario.heading import MOST_RUNS


def note_asked(folder: Path, runs: int, sequential: Sequential | None) -> None:
    """Record the largest number of runs per point requested so far, or the latest precision targets."""
    fixed, before = read_asked(folder)
    asked, rule = (fixed, sequential) if sequential else (max(runs, fixed), before)
    if (asked, rule) != (fixed, before):
        write_json(folder / "asked.json", {"runs": asked, "sequential": asdict(rule) if rule else None})


def read_asked(folder: Path) -> tuple[int, Sequential | None]:
    """Return the number of runs requested per point, and the precision targets. Raises InputError."""
    path = folder / "asked.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        rule, runs = raw.get("sequential"), int(raw["runs"])
        until = rule and tuple(Criterion(**item) for item in rule.pop("until"))
        if not 0 <= runs <= MOST_RUNS or not (runs or rule):
            raise ValueError(runs)
        return runs, Sequential(**rule, until=until) if rule else None
    except FileNotFoundError:
        return 0, None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise InputError(f"{path}: is damaged; remove it and give the same command again") from None


def note_failed(folder: Path, failed: dict[str, str], shard: Shard | None) -> None:
    """Record the jobs that failed with the reasons, or remove an earlier record."""
    path = folder / (f"failed-{shard}.json" if shard else "failed.json")
    if failed:
        write_json(path, failed)
    elif shard is None:
        for item in folder.glob("failed*.json"):
            item.unlink()
    else:
        path.unlink(missing_ok=True)


def read_failed(folder: Path) -> dict[str, str]:
    """Return the failed jobs of all shards with the reasons."""
    failed: dict[str, str] = {}
    for path in sorted(folder.glob("failed*.json")):
        try:
            failed |= json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, TypeError, RecursionError):
            raise InputError(f"{path}: is damaged; remove it") from None
    return failed
