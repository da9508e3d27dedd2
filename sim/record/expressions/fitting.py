"""Whether the parts of an expression fit together: their types and units, checked as the tree is made.

Each check raises InputError with the column of what does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.record.expressions.kinds import (
    CATEGORY,
    DATE,
    NUMBER,
    PURE,
    YES_NO,
    Kind,
    unit_of_product,
    unit_of_quotient,
    unit_of_sum,
)
from sim.record.expressions.tokens import Token, fault
from sim.record.expressions.tree import Never, Node

EQUALITIES = ("==", "=", "!=")


@dataclass(frozen=True)
class Fitting:
    """The text of an expression, which messages name its parts by."""

    text: str

    def said(self, node: Node) -> str:
        """Return the text of a node, cut to fit a line."""
        text = self.text[node.first : node.last]
        return text if len(text) <= 60 else text[:57] + "..."

    def must(self, node: Node, kind: str, why: str) -> None:
        """See that a node is of a type. why: what asks for it."""
        if node.kind.type != kind:
            raise fault(node.first, f"{self.said(node)} is {node.kind.said}; {why}")

    def compared(self, token: Token, left: Node, right: Node) -> None:
        """See that two nodes can be compared by a sign."""
        a, b = left.kind, right.kind
        if a.type != b.type or a.categories != b.categories:
            hint = f": {', '.join((a if a.type == CATEGORY else b).categories)}" if CATEGORY in (a.type, b.type) else ""
            hint = "; give yes or no" if YES_NO in (a.type, b.type) else hint
            said = f"{self.said(left)} is {a.said} and {self.said(right)} is {b.said}{hint}"
            raise fault(token.first, f"{said}; they cannot be compared")
        if token.text not in EQUALITIES and (a.type in (YES_NO, CATEGORY)):
            raise fault(
                token.first, f"{token.text} goes with numbers and dates; {self.said(left)} is {a.said}: use == or !="
            )
        if Never in (type(left), type(right)) and token.text not in EQUALITIES:
            raise fault(token.first, "never goes with == and !=")
        if a.type == NUMBER and unit_of_sum(a.unit, b.unit) is None:
            said = f"{self.said(left)} is in {a.unit} and {self.said(right)} in {b.unit}"
            raise fault(token.first, f"{said}; they cannot be compared")

    def sum(self, token: Token, left: Node, right: Node) -> Kind:
        """Return what a sum or a difference is: a number, or a date."""
        a, b = left.kind, right.kind
        for node in (left, right):
            if isinstance(node, Never) or node.kind.type not in (NUMBER, DATE):
                said = "no date to reckon with" if isinstance(node, Never) else node.kind.said
                raise fault(node.first, f"{self.said(node)} is {said}; {token.text} takes numbers and dates")
        if (a.type, b.type) == (NUMBER, NUMBER):
            unit = unit_of_sum(a.unit, b.unit)
            if unit is None:
                both = f"{self.said(left)} is in {a.unit} and {self.said(right)} in {b.unit}"
                raise fault(token.first, f"{both}; {token.text} takes numbers of one unit")
            return Kind(NUMBER, unit)
        if a.type == b.type:
            if token.text == "-":
                return Kind(NUMBER, "days")
            raise fault(token.first, "two dates cannot be added; a date less a date is a number of days")
        if b.type == DATE and token.text == "-":
            raise fault(token.first, f"{self.said(right)} is a date and cannot be taken from a number")
        number = right if b.type == NUMBER else left
        if number.kind.unit not in (*PURE, "days"):
            raise fault(number.first, f"{self.said(number)} is in {number.kind.unit}; to a date goes a number of days")
        return Kind(DATE)

    def product(self, token: Token, left: Node, right: Node) -> Kind:
        """Return what a product or a quotient is: a number."""
        for node in (left, right):
            self.must(node, NUMBER, f"{token.text} takes numbers")
        unit = (unit_of_product if token.text == "*" else unit_of_quotient)(left.kind.unit, right.kind.unit)
        return Kind(NUMBER, unit)

    def over(self, token: Token, of: Node) -> Kind:
        """Return what a function of a series or a condition is."""
        name = token.text
        wanted = YES_NO if name in ("days", "first") else NUMBER
        if of.kind.type != wanted:
            takes = "a condition on a series" if wanted == YES_NO else "a series of numbers"
            hint = f"; days({self.said(of)}) counts its evenings" if of.kind.type == YES_NO else ""
            raise fault(of.first, f"{self.said(of)} is {of.kind.said}; {name} takes {takes}{hint}")
        if not of.kind.daily:
            raise fault(of.first, f"{self.said(of)} is one value a run; {name} is taken of a series, over its evenings")
        if name == "first":
            return Kind(DATE)
        return Kind(NUMBER, {"days": "days", "sum": of.kind.unit.removesuffix("/day")}.get(name, of.kind.unit))
