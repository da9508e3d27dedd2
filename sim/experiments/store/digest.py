"""The digest that guards results: runs that are kept together were made by the same code and data.

Results folders, saved states and Dask workers carry it; what was made under another one is not gone on with. So it covers
what makes the numbers, and nothing else: a reworded caption leaves every folder as it is.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path, PurePath

from sim.ground.paths import PACKAGE

MAKE_NUMBERS = (
    "ground",  # the lattice and the theatre, and which input is taken as what
    "state",  # the arrays of a run, the first evening, sums over the ground
    "draws.py",  # every random number
    "agents",  # what actors decide
    "mechanisms",  # what happens in the world
    "record",  # series and outcomes, read off the days; snapshots, from which runs go on
    "scenario",  # values, policies and orders, merged and laid out by run
    "registry.py",  # which values there are, and who takes them
    "model.py",  # the day
    "experiments/design",  # the values, the number and the random numbers of each run; how many runs a rule asks for
    "experiments/play",  # how runs are put into blocks, and their days into what is kept: quantiles, counts by cell and rule
    "analysis/hindcast/answers.py",  # what a calibration keeps of each run in place of outcomes
    "analysis/hindcast/observation.py",  # what such an answer is compared with
)
"""Rooms of sim/, or files of a room, whose code is in the numbers that are kept. Whatever is put into such a room counts."""

MAKE_NONE = (
    "experiments/play/check.py",  # compares what is kept with what is played again, and puts parts together
    "experiments/play/cluster.py",  # hands jobs to machines
    "experiments/play/estimate.py",  # measures one job
    "experiments/play/folder.py",  # which folder a batch goes to
    "experiments/play/need.py",  # what a batch would take, and whether there is as much
    "experiments/play/runner.py",  # hands jobs to workers
    "experiments/play/workers.py",  # processes
    "experiments/store",  # where numbers lie; the form of a folder has a number of its own (folders.FORM)
    "experiments/export",  # what is kept, written otherwise
    "experiments/__init__.py",
    "analysis",  # what is asked of results, each time anew
    "pages",  # what is shown of them
    "cli",
    "__init__.py",
    "__main__.py",
)
"""The other rooms. Of the two lists the longest entry that a file lies in decides; what lies in none counts."""

DATA_OF_RUNS = ("cells.tsv", "provinces.tsv", "sites.tsv", "towns.tsv", "control-*.txt", "sectors.txt", "*.toml")
"""Files of sim/data that a run reads."""

DATA_OF_PAGES = (
    "lines.tsv",  # rivers and roads, drawn on the map; those that matter to a run are columns of cells.tsv
    "names.tsv",  # names of places in other languages
    "outcomes.toml",  # dated outcomes, each kept with its expression: a folder is told what it lacks
    "observations.toml",  # what runs are scored by, and named in the hash of a calibration
    "sources.tsv",  # where the data are from
)
"""Files of sim/data that no run reads, also where DATA_OF_RUNS would take them in."""


def code_digest(package: Path = PACKAGE) -> str:
    """Return 16 hex digits over the code and data of a package that make the numbers.

    Only what belongs to the program counts: modules that can be imported, and the data that it reads. Notes, copies of an
    editor and other files beside them change nothing; comments and docstrings count.
    """
    digest = blake2b(digest_size=8)
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package)
        if makes_numbers(inside) and path.is_file():
            digest.update(inside.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def makes_numbers(inside: PurePath) -> bool:
    """Whether a file of the package, by its path from there, is part of what makes the numbers."""
    if inside.suffix == ".py":
        return all(part.isidentifier() for part in inside.with_suffix("").parts) and _room_makes_numbers(inside)
    return inside.parts[:-1] == ("data",) and _matches(inside, DATA_OF_RUNS) and not _matches(inside, DATA_OF_PAGES)


def _room_makes_numbers(inside: PurePath) -> bool:
    rooms = [room for room in (*MAKE_NUMBERS, *MAKE_NONE) if inside.is_relative_to(room)]
    return not rooms or max(rooms, key=len) in MAKE_NUMBERS


def _matches(inside: PurePath, patterns: tuple[str, ...]) -> bool:
    return any(inside.match(pattern) for pattern in patterns)
