"""Files and folders to be written by a command: those that cannot be written are refused before anything is played."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from sim.ground.files import STDOUT, descriptor_of

OF_RESULTS = (".json", ".toml", ".parquet", ".npz")
"""Files of a results folder that no table or page may replace."""


class OutputFile(click.ParamType[Path]):
    """A file to write: a path, or - for standard output."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path, STDOUT for standard output. Raises UsageError."""
        path = Path(value)
        if value == str(STDOUT) or descriptor_of(path) == 1:
            return STDOUT
        fault = _fault(path)
        if fault:
            raise click.UsageError(f"{param.opts[0] if param else 'file'} {value}: {fault}", ctx)
        return path.absolute() if path == STDOUT else path


class ResultsFolder(click.ParamType[Path]):
    """A folder for results; of a link, its target."""

    name = "folder"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. Raises UsageError."""
        if value == str(STDOUT):
            raise click.UsageError(f"{param.opts[0] if param else 'folder'} -: results need a folder", ctx)
        try:
            value.encode()
        except UnicodeEncodeError:  # the readers of tables accept no such name
            raise click.UsageError(
                f"{param.opts[0] if param else 'folder'} {value}: cannot be encoded in this locale", ctx
            ) from None
        path = Path(value)
        return path.resolve() if path.is_symlink() and not path.exists() else path


FILE, FOLDER = OutputFile(), ResultsFolder()


def _fault(path: Path) -> str | None:
    """Return why a path cannot be written as a file, None where it can."""
    if path.is_dir():
        return "is a folder; name a file"
    if path.is_block_device():
        return "is a disk; name a file"
    parent = Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent
    if not path.exists() and not parent.is_dir():
        return f"there is no folder {parent}"
    of_results = any((folder / "manifest.json").is_file() for folder in (parent, parent.parent))
    if path.is_file() and path.suffix in OF_RESULTS and of_results:
        return "is part of a results folder; name another file"
    return None


def is_printed(*files: Path | None, as_json: bool = False) -> bool:
    """Whether a file goes to standard output, so that nothing else may. Raises UsageError where two would."""
    given = [str(file) for file in files if file is not None]
    printed = given.count(str(STDOUT))
    if printed + as_json > 1:
        raise click.UsageError("only one of --csv -, --html - and --json can use standard output")
    if len(set(given)) < len(given):
        raise click.UsageError(f"{given[0]} is named for two files; name two different ones")
    return printed > 0
