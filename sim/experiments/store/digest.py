"""The code digest: all runs of a folder come from the same code and data.

Results folders, saved states and Dask workers carry it, and are not continued under another one. It covers the code and data
that determine results, and nothing else: a reworded caption leaves every folder valid.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path, PurePath

from sim.ground.paths import PACKAGE

MAKE_NUMBERS = (
    "ground",  # the lattice, the theatre, and the reading of input
    "state",  # the arrays of a run, the first evening, sums over the ground
    "draws.py",  # every random number
    "agents",  # decisions
    "mechanisms",  # processes
    "record",  # series and outcomes; snapshots, from which runs are continued
    "scenario",  # values, policies and orders, merged and converted to arrays by run
    "registry.py",  # the schema
    "model.py",  # the day
    "experiments/design",  # values, number and random numbers of each run; number of runs of a point
    "experiments/play",  # blocks of runs; quantiles, counts by cell and rule
    "analysis/hindcast/answers.py",  # values that a calibration keeps of each run instead of outcomes
    "analysis/hindcast/observation.py",  # the observations they are compared with
)
"""Packages of sim/, and files, whose code determines stored results. Every new file in such a package counts."""

MAKE_NONE = (
    "experiments/play/check.py",  # compares stored runs with repeated ones, and merges parts
    "experiments/play/cluster.py",  # distributes jobs to machines
    "experiments/play/estimate.py",  # measures one job
    "experiments/play/folder.py",  # folder of a batch
    "experiments/play/need.py",  # estimated memory and disk, resource limits
    "experiments/play/runner.py",  # distributes jobs to workers
    "experiments/play/workers.py",  # processes
    "experiments/store",  # storage; the format of a folder has its own number (folders.FORM)
    "experiments/export",  # results in other formats
    "experiments/__init__.py",
    "analysis",  # computed from results each time
    "pages",  # presentation
    "cli",
    "__init__.py",
    "__main__.py",
)
"""The other packages and files. Of both lists the longest matching entry decides; a file without a match counts."""

DATA_OF_RUNS = ("cells.tsv", "provinces.tsv", "sites.tsv", "towns.tsv", "control-*.txt", "sectors.txt", "*.toml")
"""Files of sim/data that a run reads."""

DATA_OF_PAGES = (
    "lines.tsv",  # rivers and roads, drawn on the map; those that affect a run are columns of cells.tsv
    "names.tsv",  # names of places in other languages
    "outcomes.toml",  # dated outcomes, each stored with its expression: a folder that lacks one is reported
    "observations.toml",  # observations for scoring, part of the hash of a calibration
    "sources.tsv",  # sources of the data
)
"""Files of sim/data that no run reads, even if DATA_OF_RUNS matches them."""


def code_digest(package: Path = PACKAGE) -> str:
    """Return 16 hex digits over the code and data of a package that determine results.

    Only importable modules and the data that runs read are included; notes, backup files of editors and other files are not.
    Comments and docstrings count.
    """
    digest = blake2b(digest_size=8)
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package)
        if makes_numbers(inside) and path.is_file():
            digest.update(inside.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def makes_numbers(inside: PurePath) -> bool:
    """Whether a file determines results, by its path relative to the package."""
    if inside.suffix == ".py":
        return all(part.isidentifier() for part in inside.with_suffix("").parts) and _room_makes_numbers(inside)
    return inside.parts[:-1] == ("data",) and _matches(inside, DATA_OF_RUNS) and not _matches(inside, DATA_OF_PAGES)


def _room_makes_numbers(inside: PurePath) -> bool:
    rooms = [room for room in (*MAKE_NUMBERS, *MAKE_NONE) if inside.is_relative_to(room)]
    return not rooms or max(rooms, key=len) in MAKE_NUMBERS


def _matches(inside: PurePath, patterns: tuple[str, ...]) -> bool:
    return any(inside.match(pattern) for pattern in patterns)
