"""Valid inputs made wrong: a file's bytes, a parsed one's values, a page's address, and what guards a test meanwhile."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from math import inf, nan
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

SECONDS = 60
"""An input that keeps the program busy for longer has hung it."""

BYTES = 12 * 2**30
"""Address space that an input may make the program take."""

ODD = (
    nan, inf, -inf, 0, -1, 1, 2, 0.5, -0.0, 1e308, 5e-324, 10**30, -(10**30), 2**31, 2**63, 2**64, True, False,
    "", " ", "baseline", "documented", "moscow", "*", ".", "..", "a/b", "x.toml", "\u0000", "\u007f\n",
    "\u202e\u0642\u0627\u0645\u0634\u0644\u0648", "Qami\u015flo", "\U0001f300" * 50,
    "x" * 10_000, "2026-01-20", "nan", "{}", "'; --", "%s%n", "../../etc/hostname",
    [], {}, [[]], [{}], [0], [1, 2], [2, 1], [nan, inf], [0, 1e308], ["a", 1, None],
    {"value": 1}, {"value": nan}, {"value": "x", "unit": ""}, {"values": []}, {"values": [1, "a"]}, {"range": [0, 1]},
    {"value": 1e38, "range": [0, 1e38], "source": "odd"}, {"value": 1e300, "range": [0, 1e300], "source": "odd"},
    date(1, 1, 1), date(9999, 12, 31), date(2026, 1, 20), datetime(2026, 1, 20, 12), time(12),
)  # fmt: skip
"""Values that stand where another should."""

ODD_TEXTS = (
    *(item for item in ODD if isinstance(item, str)),
    "0", "-1", "1", "3", "1e9", "inf", "99999999999999999999999", "10000000", "0x10", "1_0", "\u0663", "-", "--", "=", "a=",
    "=a", "/", 'moscow.policy="stay"', "moscow.policy=stay", "moscow=1", "days=[", "x.y.z=1", "runs=5", "base=1",
    "start.forces.sdf_fighters=1e9", "collapse_day", "truce_broken_on < 2026-03-01", "truce_broken_on <", "moscow.policy",
    "truce_extended@2026-01-24", "a:b@c",
)  # fmt: skip
"""Words of a command line."""


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return a file with a few bytes flipped, taken out, put in or written twice, or with its end missing."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(("flip", "cut", "put", "twice", "end"))):
            case "flip" if data:
                data[place] ^= draw(st.integers(1, 255))
            case "cut":
                del data[place : place + draw(st.integers(1, 40))]
            case "put":
                data[place:place] = draw(st.binary(min_size=1, max_size=6))
            case "twice":
                data[place:place] = data[place : place + draw(st.integers(1, 200))]
            case "end":
                del data[place:]
    return bytes(data)


@st.composite
def altered(draw: st.DrawFn, tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return parsed TOML or JSON in which a few entries are odd, missing, renamed, or wrapped in others."""
    made = _copied(tree)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = _place(draw, made)
        match draw(st.sampled_from(("odd", "odd", "odd", "drop", "rename", "wrap", "deep"))):
            case "drop":
                del holder[key]
            case "rename" if isinstance(holder, dict):
                holder[key + draw(st.sampled_from(("s", ".x", " ", "\u0642")))] = holder.pop(key)
            case "wrap":
                holder[key] = draw(st.sampled_from(([holder[key]], {"value": holder[key]}, {"x": {"y": holder[key]}})))
            case "deep":
                for _ in range(draw(st.sampled_from((3, 40, 2000)))):
                    holder[key] = [holder[key]]
            case _:
                holder[key] = _copied(draw(st.sampled_from(ODD)))
        if not made:
            return made
    return made


@st.composite
def addresses(draw: st.DrawFn, valid: Mapping[str, Sequence[str]]) -> str:
    """Return the query of an address: known parts and others, with values that fit or not, written well or badly.

    valid: part -> values that fit it.
    """
    words = st.sampled_from(ODD_TEXTS) | st.text(max_size=8)
    keys = draw(st.lists(st.sampled_from(sorted(valid)), min_size=1, max_size=6, unique=True))
    pairs = [(key, draw(st.sampled_from(valid[key]))) for key in keys]
    odd = st.tuples(st.sampled_from(sorted(valid)) | words, words)
    pairs += draw(st.one_of(st.just([]), st.lists(odd, max_size=3)))
    match draw(st.sampled_from(("well", "well", "raw", "spaces", "damaged", "many", "long"))):
        case "raw":
            return "&".join(f"{key}={value}" for key, value in pairs)
        case "spaces":
            return "?" + urlencode(pairs, quote_via=quote, errors="replace").replace("=", draw(st.sampled_from(" +%;&")))
        case "damaged":
            return draw(damaged(urlencode(pairs, errors="replace").encode())).decode("latin-1")
        case "many":
            return urlencode([(f"{key}{n}", value) for key, value in pairs for n in range(99)], errors="replace")
        case "long":
            return urlencode(pairs * 999, errors="replace")
    return urlencode(pairs, errors="replace")


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _place(draw: st.DrawFn, tree: Any) -> tuple[Any, Any]:
    """Return (holder, key or index) of a place in a tree, the upper ones as often as the many below them."""
    holder, deeper = tree, draw(st.integers(0, 3))
    while True:
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        if not deeper or not isinstance(holder[key], (dict, list)) or not holder[key]:
            return holder, key
        holder, deeper = holder[key], deeper - 1


def as_toml(tree: Mapping[str, Any]) -> str:
    """Write a parsed file as TOML again, a line for each key at the top; what TOML has no word for it will refuse."""
    return "\n".join(f"{_text(key)} = {_written(item, ' = ')}" for key, item in tree.items()) + "\n"


def as_json(tree: Mapping[str, Any]) -> str:
    """Write a tree as JSON, as far as JSON can say it."""
    return _written(tree, ": ")


def _written(value: Any, colon: str) -> str:
    depth = 0
    while isinstance(value, list) and len(value) == 1:
        depth, value = depth + 1, value[0]
    return "[" * depth + _flat(value, colon) + "]" * depth


def _flat(value: Any, colon: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_text(key)}{colon}{_written(item, colon)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_written(item, colon) for item in value) + "]"
    return value.isoformat() if isinstance(value, (date, time)) else repr(value)


def _text(text: str) -> str:
    """Write a text in quotes as both TOML and JSON read it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class Hung(BaseException):
    """An input kept the program busy too long."""


@contextmanager
def guarded() -> Iterator[None]:
    """Stop what takes longer than SECONDS or more than BYTES of memory."""

    def too_long(number: int, frame: Any) -> None:
        raise Hung

    before, limits = signal.signal(signal.SIGALRM, too_long), resource.getrlimit(resource.RLIMIT_AS)
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
