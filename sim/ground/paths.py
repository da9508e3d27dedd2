"""Where the shipped data and scenarios are: beside the installed package first, then in the checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def data_folder() -> Path:
    """Return the folder of the shipped data."""
    return PACKAGE / "data"


def scenario_folder() -> Path:
    """Return the folder of the shipped scenarios. Raises FileNotFoundError when the installation lacks it."""
    for folder in (PACKAGE / "scenarios", PACKAGE.parent / "scenarios"):
        if (folder / "baseline.toml").is_file():
            return folder
    raise FileNotFoundError(f"no scenarios beside {PACKAGE}; install Pullback again")


def shown_path(path: Path) -> Path:
    """Return a path as a message shows it: from the folder the program was started in where it lies below that."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
