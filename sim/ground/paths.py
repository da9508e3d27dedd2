"""Locations of the shipped data and scenarios: in the installed package, else in the checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def data_folder() -> Path:
    """Return the folder of the shipped data."""
    return PACKAGE / "data"


def scenario_folder() -> Path:
    """Return the folder of the shipped scenarios. Raises FileNotFoundError if the installation lacks it."""
    for folder in (PACKAGE / "scenarios", PACKAGE.parent / "scenarios"):
        if (folder / "baseline.toml").is_file():
            return folder
    raise FileNotFoundError(f"no scenarios beside {PACKAGE}; install Pullback again")


def shown_path(path: Path) -> Path:
    """Return a path for a message: relative to the current folder if it lies below it."""
    current = Path.cwd()
    return path.relative_to(current) if path.is_relative_to(current) else path
