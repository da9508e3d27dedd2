"""The points of a folder and the values drawn by its runs: written and read as tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.experiments.design.design import Design
from sim.experiments.design.factors import Factor
from sim.experiments.design.rows import Rows, as_column
from sim.experiments.design.uncertain import Uncertain
from sim.experiments.store.kept import KeptScenarios
from sim.ground.errors import InputError


def design_table(design: Design) -> pa.Table:
    """Return the points as a table."""
    columns: dict[str, Any] = {
        "point": pa.array(range(design.points), pa.int32()),
        "design_row": pa.array(design.row_of_design, pa.int32()),
    }
    values = zip(design.factors, design.rows.columns, strict=True)
    return pa.table(columns | {factor.path: column for factor, column in values})


def read_design(folder: Path, manifest: dict[str, Any]) -> Design:
    """Return the points of a folder. Raises InputError if they cannot be read."""
    try:
        raw = manifest["design"]
        factors = tuple(_factor(item) for item in raw["levers"] + raw["uncertainties"])
        table = pq.read_table(folder / "design.parquet", page_checksum_verification=True)
        rows = Rows((_column(table[factor.path]) for factor in factors), len(table))
        kept = KeptScenarios(folder, dict(raw.get("scenarios", {}).items()))
        design = Design(factors, rows, tuple(table["design_row"].to_pylist()), kept)
        if not set(design.names(range(design.points))) <= {"", *kept, *(factor.before for factor in factors)}:
            raise KeyError
        return design
    except (pa.ArrowException, OSError, UnicodeError, KeyError, TypeError, AttributeError):
        message = "is damaged or missing, or does not match the manifest; name another folder"
        raise InputError(f"{folder / 'design.parquet'}: {message}") from None


def _column(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column in the form of a design."""
    return column.to_numpy() if column.type == pa.float64() and not column.null_count else as_column(column.to_pylist())


def read_uncertain(folder: Path, manifest: Mapping[str, Any]) -> Uncertain | None:
    """Return the values that an ensemble draws by run, None for none. Raises InputError if they cannot be read."""
    if "uncertain" not in manifest:
        return None
    try:
        raw, sets = manifest["uncertain"], {}
        if not raw["ranges"]:
            table = pq.read_table(folder / "sets.parquet", page_checksum_verification=True)
            sets = {name: tuple(table[name].to_pylist()) for name in table.column_names}
        ranges = {path: (low, high) for path, (low, high) in raw["ranges"].items()}
        read = Uncertain(raw["what"], raw["seed"], ranges, sets)
    except (pa.ArrowException, OSError, UnicodeError, KeyError, TypeError, ValueError, AttributeError):
        read = None
    if read is None or read.digest != raw["digest"]:
        raise InputError(f"{folder}: the drawn values can no longer be read; name another folder")
    return read


def _factor(raw: dict[str, Any]) -> Factor:
    """Return a factor from the manifest. Raises TypeError if it is invalid."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Factor(**values)
