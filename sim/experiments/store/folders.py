"""Results folders as such: made whole or made again, the tables in them, and the manifest."""

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
"""Of results folders: 1 had ensembles in another form than sweeps."""

BEGUN = ".begun"
"""A file that is there while a folder is being made: what is found beside it without a manifest is ours to make again."""


@contextmanager
def new_folder(folder: Path, what: str, manifest: dict[str, Any]) -> Iterator[None]:
    """Claim an empty folder for what is written into it within, and complete it by its manifest.

    One whose making was stopped half-way is made again. Raises InputError where the folder holds something else.
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
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a results folder. Raises InputError when there is none, or one of another form."""
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
    """Return what of the machine a manifest keeps: versions, system, and when."""
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
    """Write one Parquet file, whole or not at all, with checksums."""
    write_pieces(path, (table,))


def write_pieces(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write one Parquet file of tables that follow each other, made one at a time; whole or not at all, with checksums."""
    rest = iter(tables)
    first = next(rest)
    schema = first.schema
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    options = {
        "compression": "zstd",
        "use_dictionary": [name for name in schema.names if name not in floats],
        "use_byte_stream_split": floats,
        "write_page_checksum": True,
    }
    with whole_file(path) as file, pq.ParquetWriter(file, schema, **options) as writer:
        for table in chain((first,), rest):
            writer.write_table(table)
