"""Results folders: atomic creation, tables and manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sim.experiments.store.manifest import manifest_fault
from sim.ground.errors import InputError
from sim.ground.files import whole_file, write_text

FORM = 2
"""Version of the folder format; in version 1 ensembles differed from sweeps."""

BEGUN = ".begun"
"""Marker file during creation: a folder with it and without a manifest is incomplete and may be created again."""


@contextmanager
def new_folder(folder: Path, what: str, manifest: dict[str, Any]) -> Iterator[None]:
    """Create a folder: write its files within the context; the manifest is written at the end.

    A folder whose creation was interrupted is created again. what: its kind, for messages. Raises InputError if the folder
    has other content.
    """
    if folder.exists() and (not folder.is_dir() or not _is_ours(folder)):
        raise InputError(f"{folder}: exists and is not {what}; name another")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / BEGUN).touch()
    yield
    write_json(folder / "manifest.json", manifest)
    (folder / BEGUN).unlink()


def _is_ours(folder: Path) -> bool:
    names = [path.name for path in folder.iterdir()]
    return BEGUN in names or all(name.startswith(".lock") for name in names)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file atomically."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a results folder. Raises InputError if there is none, or one of another format."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{folder}: is not a results folder: it has no {path.name}; name another folder") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{folder}: is not a results folder ({error})") from None
    if not isinstance(manifest, dict) or "schema" not in manifest:
        raise InputError(f"{path}: is not the manifest of a results folder; name another folder")
    if manifest["schema"] != FORM:
        raise InputError(f"{folder}: has schema {manifest['schema']}, this version reads {FORM}; name another folder")
    if fault := manifest_fault(manifest):
        raise InputError(f"{path}: is damaged or was changed by hand: {fault}; name another folder")
    return manifest


def machine() -> dict[str, Any]:
    """Return the environment for a manifest: versions, system and time."""
    import platform
    from datetime import UTC, datetime
    from importlib.metadata import version

    packages = ("numpy", "scipy", "mesa", "pyarrow")
    return {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "machine": f"{platform.system()} {platform.machine()}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write_table(path: Path, table: pa.Table) -> None:
    """Write one Parquet file with checksums, atomically."""
    write_pieces(path, (table,))


def write_pieces(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write one Parquet file from consecutive tables, generated one at a time; with checksums, atomically."""
    remaining = iter(tables)
    first = next(remaining)
    schema = first.schema
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    options = {
        "compression": "zstd",
        "use_dictionary": [name for name in schema.names if name not in floats],
        "use_byte_stream_split": floats,
        "write_page_checksum": True,
    }
    with whole_file(path) as file, pq.ParquetWriter(file, schema, **options) as writer:
        for table in chain((first,), remaining):
            writer.write_table(table)
