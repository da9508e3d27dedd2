"""What an expression is once it is read: a tree of these, each with its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sim.record.expressions.kinds import Kind


@dataclass(frozen=True)
class Node:
    """Part of an expression. kind: what it is. first, last: where it stands in the text, from 0."""

    kind: Kind
    first: int
    last: int

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes that it is made of."""
        return ()


@dataclass(frozen=True)
class Constant(Node):
    """A number, an answer as 1 or 0, or the index of a category."""

    value: float


@dataclass(frozen=True)
class Day(Node):
    """A calendar date."""

    day: date


@dataclass(frozen=True)
class Never(Node):
    """What a date is that does not come."""


@dataclass(frozen=True)
class OfOutcome(Node):
    """An outcome, one value a run."""

    name: str


@dataclass(frozen=True)
class OfSeries(Node):
    """A daily series."""

    name: str


@dataclass(frozen=True)
class At(Node):
    """A daily series on the evening of a day."""

    name: str
    day: date


@dataclass(frozen=True)
class Over(Node):
    """A function of the evenings. since, until: the window, None for the first and the last evening of the run."""

    function: str
    of: Node
    since: date | None
    until: date | None

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes that it is made of."""
        return (self.of,)


@dataclass(frozen=True)
class Prefix(Node):
    """A minus or a not. sign: "-" or "not"."""

    sign: str
    of: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes that it is made of."""
        return (self.of,)


@dataclass(frozen=True)
class Pair(Node):
    """Two nodes and a sign between them. or_never: of a comparison of dates, that it holds also where one did not come."""

    sign: str
    left: Node
    right: Node
    or_never: bool = False

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes that it is made of."""
        return (self.left, self.right)


def nodes_of(node: Node) -> Iterator[Node]:
    """Yield a node and all that it is made of, from left to right."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += reversed(one.parts)


def is_fixed(node: Node) -> bool:
    """Whether it is the same in every run."""
    return not any(isinstance(one, (OfOutcome, OfSeries, At)) for one in nodes_of(node))
