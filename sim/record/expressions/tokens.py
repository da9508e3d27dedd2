"""Cut the text of an expression into words, numbers, dates and signs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date

from sim.ground.checks import shown
from sim.ground.errors import InputError

MOST_LETTERS, MOST_TOKENS = 2000, 400

WORD, NUMERAL, DAY, SIGN, END = "word", "numeral", "day", "sign", "end"
PATTERN = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2}(?![\w.-]))"
    r"|(?P<numeral>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<word>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign><=|>=|==|!=|[-+*/<>=(),@])"
    r"|(?P<quoted>\"[^\"]*\"|'[^']*')",
    re.ASCII,
)


@dataclass(frozen=True)
class Token:
    """A word, number, date or sign. first, last: where it stands in the text, from 0. value: of a number or a date."""

    form: str
    text: str
    first: int
    last: int
    number: float = math.nan
    day: date = date.min


def fault(place: int, message: str) -> InputError:
    """Return an error at a place of the text, counted from 0; people count from 1."""
    return InputError(f"column {place + 1}: {message}")


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of an expression, an END last. Raises InputError."""
    if len(text) > MOST_LETTERS:
        raise InputError(f"has {len(text):,} letters; an expression has at most {MOST_LETTERS:,}")
    found, place = [], 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        token = _token(text, place)
        found.append(token)
        place = token.last
        if len(found) > MOST_TOKENS:
            raise fault(token.first, f"an expression has at most {MOST_TOKENS} words and signs")
    return [*found, Token(END, "the end", len(text), len(text))]


def _token(text: str, place: int) -> Token:
    match = PATTERN.match(text, place)
    if match is None:
        raise fault(place, _unknown(text, place))
    form, raw = str(match.lastgroup), match.group()
    if form == "quoted":
        return _quoted(raw, place)
    if form == NUMERAL:
        return Token(form, raw, place, match.end(), number=_number(raw, place))
    if form == DAY:
        return Token(form, raw, place, match.end(), day=_day(raw, place))
    return Token(form, raw, place, match.end())


def _quoted(raw: str, place: int) -> Token:
    """Return what stands in quotes as if it stood there without: one word, number or date."""
    inside = tokens_of(" " * (place + 1) + raw[1:-1])  # so that the columns of errors are those of the whole text
    if len(inside) != 2 or inside[0].form == SIGN:
        raise fault(place, f"{shown(raw[1:-1])}: quotes hold one name, number or date")
    one = inside[0]
    return Token(one.form, one.text, place, place + len(raw), one.number, one.day)


def _number(raw: str, place: int) -> float:
    try:
        if math.isfinite(number := float(raw)):
            return number
    except ValueError:
        pass
    raise fault(place, f"{shown(raw)[1:-1]} is not a number")


def _day(raw: str, place: int) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise fault(place, f"{raw} is not a date; write one as in 2026-03-01") from None


def _unknown(text: str, place: int) -> str:
    if text[place] in "\"'":
        return "the quotes are not closed"
    if text[place].isdigit():
        word = re.split(r"[\s()<>=,]", text[place : place + 40])[0]
        return f"{word} is neither a number nor a date, as in 0.5 or 2026-03-01"
    return f"{text[place]!r} has no meaning here; signs are + - * / < <= > >= == != ( ) , @"
