"""Pullback: an agent-based simulation of northeast Syria in 2026.

It explores; it does not predict, and it is not for targeting.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "load_scenario": "sim.registry",
    "TheatreModel": "sim.model",
    "run": "sim.experiments.play.run",
    "sweep": "sim.experiments.play.run",
    "open_results": "sim.experiments.export.tables",
    "compare": "sim.analysis.compare.compare",
    "sensitivity": "sim.analysis.sensitivity.sensitivity",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that importing the package stays quick."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")
