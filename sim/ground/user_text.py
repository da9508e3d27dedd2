"""Read the text files that users supply: scenarios, sweeps, records, design tables, maps of control.

User files are opened only here. They come from editors and office programs, so a byte-order mark and the line ends of any
system are accepted; text that is not UTF-8 is a one-line error with place and remedy. Lines are numbered from 1.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.ground.errors import InputError

MOST_BYTES = 16_000_000
"""Largest TOML file or map that is read; the largest shipped has 70 kB."""

MOST_BYTES_OF_A_TABLE = 1_000_000_000
MOST_LETTERS_OF_A_CELL = 1000

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Row:
    """A row of a table. line: its first line in the file, from 1."""

    line: int
    cells: tuple[str, ...]


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Return the text of a file with line feeds as line ends. most: largest size, bytes.

    Raises InputError if it cannot be read, is larger, or is not text in UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)  # a device may have no end
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, not a file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:  # a path with a null byte
        raise InputError(f"{path}: is not the name of a file") from None
    if len(raw) > most:
        raise InputError(f"{path}: is longer than {most / 1e6:,.0f} MB, the largest file of this kind that is read")
    return _decoded(raw, path.name).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(raw: bytes, name: str) -> str:
    if raw.startswith(UTF_16):
        raise InputError(f"{name}: is saved as UTF-16 (some programs call it Unicode); save it as UTF-8")
    if b"\0" in raw:
        raise InputError(f"{name}: line {_line(raw, raw.index(0))} contains a null byte: it is not a text file in UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not UTF-8 (at line {_line(raw, error.start)}); save it as UTF-8") from None


def _line(raw: bytes, place: int) -> int:
    before = raw[:place].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1


def read_toml(path: Path) -> tuple[Mapping[str, Any], str]:
    """Return the tables of a TOML file, to be treated as read-only, and its text. Raises InputError."""
    text = read_text(path)
    try:
        return _parsed(text), text
    except RecursionError:
        raise InputError(f"{path.name}: not TOML: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{path.name}: not TOML: {error}{_hint(text, str(error))}") from None


@lru_cache(maxsize=16)
def _parsed(text: str) -> Mapping[str, Any]:
    """Return the tables of a text, cached: a scenario that is loaded again or is the base of several is parsed once."""
    return tomllib.loads(text)


def _hint(text: str, message: str) -> str:
    """Return a hint if the line of a parser message has a decimal comma."""
    named = re.search(r"at line (\d+)", message)
    line = text.split("\n")[int(named[1]) - 1] if named else ""
    return "; write numbers with a point, as in 0.5" if re.search(r"=\s*" + DECIMAL_COMMA.pattern, line) else ""


def read_table(path: Path) -> tuple[Row, Iterator[Row]]:
    """Return the first row of a CSV file and an iterator over the others, without blank lines.

    Raises InputError with the row, also during iteration: if a row has more or fewer cells than the first, if cells are not
    separated by commas, or if a number has a decimal comma.
    """
    text = read_text(path, MOST_BYTES_OF_A_TABLE)
    rows = _rows(text, path)
    head = next(rows, None)
    if head is None:
        raise InputError(f"{path}: is empty")
    _check_separator(head, path)
    return head, _checked(rows, head, path)


def _rows(text: str, path: Path) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{path}: row {line}: not CSV: {error}") from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield Row(line, tuple(cell.strip() for cell in cells))


def _check_separator(head: Row, path: Path) -> None:
    for separator, name in OTHER_SEPARATORS.items():
        if len(head.cells) == 1 and separator in head.cells[0]:
            raise InputError(
                f"{path}: row {head.line}: cells are separated by {name}; save the file with commas as separators, "
                "and numbers with a point, as in 0.5"
            )


def _checked(rows: Iterator[Row], head: Row, path: Path) -> Iterator[Row]:
    for row in rows:
        where = f"{path}: row {row.line}"
        for cell in row.cells:
            if DECIMAL_COMMA.fullmatch(cell):
                raise InputError(f"{where}: {cell} has a decimal comma; write {cell.replace(',', '.')}")
            if len(cell) > MOST_LETTERS_OF_A_CELL:
                raise InputError(f"{where}: a cell has {len(cell):,} letters; at most {MOST_LETTERS_OF_A_CELL:,} are read")
        if len(row.cells) != len(head.cells):
            more = "; numbers take a decimal point, as in 0.5" if len(row.cells) > len(head.cells) else ""
            raise InputError(f"{where} has {len(row.cells)} values, the first row names {len(head.cells)}{more}")
        yield row
