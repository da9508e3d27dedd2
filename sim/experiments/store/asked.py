"""What was asked of a folder so far, and which jobs failed when it was last worked on."""

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
    """Keep the largest number of runs of a point that was asked for, or the latest rule for their number."""
    fixed, before = read_asked(folder)
    asked, rule = (fixed, sequential) if sequential else (max(runs, fixed), before)
    if (asked, rule) != (fixed, before):
        write_json(folder / "asked.json", {"runs": asked, "sequential": asdict(rule) if rule else None})


def read_asked(folder: Path) -> tuple[int, Sequential | None]:
    """Return the number of runs of each point that was asked for, and the rule for their number. Raises InputError."""
    path = folder / "asked.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        rule, runs = raw.get("sequential"), int(raw["runs"])
        until = rule and tuple(Criterion(**each) for each in rule.pop("until"))
        if not 0 <= runs <= MOST_RUNS or not (runs or rule):
            raise ValueError(runs)
        return runs, Sequential(**rule, until=until) if rule else None
    except FileNotFoundError:
        return 0, None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise InputError(f"{path}: is damaged; remove it and give the same command again") from None


def note_failed(folder: Path, failed: dict[str, str], shard: Shard | None) -> None:
    """Keep the jobs that failed and why, or forget those of an earlier time."""
    path = folder / (f"failed-{shard}.json" if shard else "failed.json")
    if failed:
        write_json(path, failed)
    elif shard is None:
        for each in folder.glob("failed*.json"):
            each.unlink()
    else:
        path.unlink(missing_ok=True)


def read_failed(folder: Path) -> dict[str, str]:
    """Return the jobs that failed and why, of all shards."""
    failed: dict[str, str] = {}
    for path in sorted(folder.glob("failed*.json")):
        try:
            failed |= json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, TypeError, RecursionError):
            raise InputError(f"{path}: is damaged; remove it") from None
    return failed
