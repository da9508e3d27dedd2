"""Read an expression: recursive descent over its tokens, types checked as the tree is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sim.ground.errors import InputError
from sim.record.expressions.fitting import Fitting
from sim.record.expressions.kinds import CATEGORY, DATE, NUMBER, YES_NO, Kind, Names
from sim.record.expressions.tokens import DAY, END, NUMERAL, WORD, Token, fault, tokens_of
from sim.record.expressions.tree import At, Constant, Day, Never, Node, OfOutcome, OfSeries, Over, Pair, Prefix
from sim.scenario.files import near_miss

MOST_DEEP = 40
FUNCTIONS = ("min", "max", "mean", "sum", "change", "days", "first")
ANSWERS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
NEVER = "never"
RESERVED = (*FUNCTIONS, *ANSWERS, NEVER, "and", "or", "not")
"""Words that name no series and no outcome."""

COMPARISONS = ("<", "<=", ">", ">=", "==", "=", "!=")


@dataclass(frozen=True)
class Word(Node):
    """A name by itself, of which the place says whether it is a category's."""

    name: str


def parse(text: str, names: Names) -> Node:
    """Read an expression of one value a run. Raises InputError, one line with the column."""
    parser = _Parser(text, names)
    if parser.now.form == END:
        raise InputError("is empty; write an expression, as in truce@2026-06-01")
    node = parser.either()
    if parser.now.form != END:
        raise fault(parser.now.first, f"{parser.now.text} is not expected here; join two parts by and, or, or a sign")
    if node.kind.daily:
        example = "series@2026-02-02, or min, max, mean, sum, change, days or first of it"
        raise fault(node.first, f"{parser.fits.said(node)} is a series, not one value a run; write {example}")
    return node


def parse_condition(text: str, names: Names) -> Node:
    """Read an expression that is yes or no. Raises InputError."""
    node = parse(text, names)
    if node.kind.type != YES_NO:
        said = f"is {node.kind.said}, not a condition; compare it, as in truce_broken_on < 2026-03-01"
        raise fault(node.first, f"{Fitting(text).said(node)} {said}")
    return node


class _Parser:
    """The tokens of one expression and the place in them. daily: within the brackets of a function."""

    def __init__(self, text: str, names: Names) -> None:
        self.text, self.names = text, names
        self.tokens, self.place, self.fits = tokens_of(text), 0, Fitting(text)
        self.daily, self.deep = False, 0

    @property
    def now(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.now
        self.place += 1
        return token

    def took(self, *texts: str) -> Token | None:
        """Take the token if it is one of these words or signs."""
        return self.take() if self.now.text in texts and self.now.form not in (NUMERAL, DAY, END) else None

    def expected(self, sign: str, after: str) -> Token:
        token = self.took(sign)
        if token is None:
            raise fault(self.now.first, f"{sign} is expected {after}, not {self.now.text}")
        return token

    def deeper(self, token: Token) -> None:
        self.deep += 1
        if self.deep > MOST_DEEP:
            raise fault(token.first, f"more than {MOST_DEEP} brackets, minuses and nots stand within each other")

    # yes or no

    def either(self) -> Node:
        return self.joined("or")

    def joined(self, word: str) -> Node:
        """Read parts that are joined by or, each of parts that are joined by and."""
        left = self.joined("and") if word == "or" else self.negated()
        while self.took(word):
            self.fits.must(left, YES_NO, f"{word} joins what is yes or no")
            right = self.joined("and") if word == "or" else self.negated()
            self.fits.must(right, YES_NO, f"{word} joins what is yes or no")
            left = self.pair(Kind(YES_NO), word, left, right)
        return left

    def negated(self) -> Node:
        token = self.took("not")
        if token is None:
            return self.compared()
        self.deeper(token)
        of = self.negated()
        self.deep -= 1
        self.fits.must(of, YES_NO, "not goes with what is yes or no")
        return Prefix(of.kind, token.first, of.last, "not", of)

    def compared(self) -> Node:
        left = self.sum()
        token = self.took(*COMPARISONS)
        if token is None:
            return self.known(left)
        right = self.sum()
        left, right = self.sides(left, right)
        self.fits.compared(token, left, right)
        made = self.pair(Kind(YES_NO), "==" if token.text == "=" else token.text, left, right)
        if self.now.text in COMPARISONS:
            raise fault(self.now.first, "comparisons do not follow each other; join two by and")
        return self.or_never(made)

    def or_never(self, made: Pair) -> Node:
        if self.now.text != "or" or self.tokens[self.place + 1].text != NEVER:
            return made
        self.take()
        token = self.take()
        if made.left.kind.type != DATE or Never in (type(made.left), type(made.right)):
            raise fault(token.first, "or never goes with the comparison of a date with another")
        return replace(made, or_never=True, last=token.last)

    def sides(self, left: Node, right: Node) -> tuple[Node, Node]:
        """Return the sides of a comparison; beside a category a name is one of its own."""
        if isinstance(left, Word) and isinstance(right, Word):
            if not self.is_known(left):
                right = self.known(right)
            else:
                left = self.known(left)
        if isinstance(right, Word):
            left = self.known(left)
            return left, self.category(right, left) if left.kind.type == CATEGORY else self.known(right)
        if isinstance(left, Word):
            return self.category(left, right) if right.kind.type == CATEGORY else self.known(left), right
        return left, right

    def category(self, word: Word, beside: Node) -> Node:
        if word.name in beside.kind.categories:
            value = float(beside.kind.categories.index(word.name))
            return Constant(replace(beside.kind, daily=False), word.first, word.last, value)
        if self.is_known(word):
            return self.known(word)
        hint = near_miss(word.name, beside.kind.categories) or f"; it has {', '.join(beside.kind.categories)}"
        raise fault(word.first, f"{word.name} is not a category of {self.fits.said(beside)}{hint}")

    # numbers and dates

    def sum(self) -> Node:
        left = self.product()
        while token := self.took("+", "-"):
            left, right = self.known(left), self.known(self.product())
            left = self.pair(self.fits.sum(token, left, right), token.text, left, right)
        return left

    def product(self) -> Node:
        left = self.signed()
        while token := self.took("*", "/"):
            left, right = self.known(left), self.known(self.signed())
            left = self.pair(self.fits.product(token, left, right), token.text, left, right)
        return left

    def signed(self) -> Node:
        token = self.took("-", "+")
        if token is None:
            return self.primary()
        self.deeper(token)
        of = self.known(self.signed())
        self.deep -= 1
        self.fits.must(of, NUMBER, f"{token.text} goes with a number")
        return Prefix(of.kind, token.first, of.last, "-", of) if token.text == "-" else of

    # the smallest parts

    def primary(self) -> Node:
        token = self.take()
        if token.form == NUMERAL:
            return Constant(Kind(NUMBER), token.first, token.last, token.number)
        if token.form == DAY:
            return Day(Kind(DATE), token.first, token.last, token.day)
        if token.text == "(":
            self.deeper(token)
            inside = self.either()
            end = self.expected(")", "at the end of the brackets")
            self.deep -= 1
            return replace(inside, first=token.first, last=end.last)
        if token.form != WORD or token.text in ("and", "or", "not"):
            at = "the expression ends where" if token.form == END else f"{token.text} stands where"
            raise fault(token.first, f"{at} a name, a number, a date or a bracket is expected")
        return self.word(token)

    def word(self, token: Token) -> Node:
        name = token.text
        if name in ANSWERS:
            return Constant(Kind(YES_NO), token.first, token.last, ANSWERS[name])
        if name == NEVER:
            return Never(Kind(DATE), token.first, token.last)
        if name in FUNCTIONS:
            return self.function(token)
        if self.now.text == "(":
            hint = near_miss(name, FUNCTIONS) or f"; functions are {', '.join(FUNCTIONS)}"
            raise fault(token.first, f"{name} is not a function{hint}")
        if self.took("@"):
            return self.on_a_day(token)
        return Word(Kind(NUMBER), token.first, token.last, name)

    def on_a_day(self, token: Token) -> Node:
        kind = self.names.series.get(token.text)
        if kind is None:
            what = (
                "is an outcome, one value a run, and no series" if token.text in self.names.outcomes else "is not a series"
            )
            raise fault(token.first, f"{token.text} {what}{near_miss(token.text, self.names.series)}")
        day, end = self.day("@ is followed by")
        return At(replace(kind, daily=False), token.first, end, token.text, day)

    def day(self, said: str) -> tuple[date, int]:
        token = self.take()
        if token.form != DAY:
            raise fault(token.first, f"{said} a date, as in 2026-02-02, not {token.text}")
        return token.day, token.last

    def function(self, token: Token) -> Node:
        self.expected(
            "(", f"after {token.text}, as in {token.text}({'truce' if token.text in ('days', 'first') else 'sdf_share'})"
        )
        self.deeper(token)
        before, self.daily = self.daily, True
        of = self.either()
        self.daily, window = before, []
        if self.took(","):
            window.append(self.day("the window begins with")[0])
            self.expected(",", "between the first and the last day of the window")
            window.append(self.day("the window ends with")[0])
        end = self.expected(")", f"at the end of {token.text}(")
        self.deep -= 1
        since, until = window or (None, None)
        if since is not None and until is not None and since > until:
            raise fault(token.first, f"the window of {token.text} ends on {until}, before it begins on {since}")
        return Over(self.fits.over(token, of), token.first, end.last, token.text, of, since, until)

    # names

    def is_known(self, word: Word) -> bool:
        return word.name in self.names.outcomes or word.name in self.names.series

    def known(self, node: Node) -> Node:
        """Return what a name by itself stands for; other nodes as they are."""
        if not isinstance(node, Word):
            return node
        series, outcomes, name = self.names.series, self.names.outcomes, node.name
        if name in series and (self.daily or name not in outcomes):
            return OfSeries(replace(series[name], daily=True), node.first, node.last, name)
        if name in outcomes:
            return OfOutcome(outcomes[name], node.first, node.last, name)
        near = near_miss(name, [*outcomes, *series, *RESERVED])
        raise fault(node.first, f"{name} is not a series or outcome{near}")

    def pair(self, kind: Kind, sign: str, left: Node, right: Node) -> Pair:
        kind = kind.each_evening(left.kind.daily or right.kind.daily)
        return Pair(kind, left.first, right.last, sign, left, right)
