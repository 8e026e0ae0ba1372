"""Axioms of which not all is used, and the classes of A to F that they can touch: worked out by hand."""

from __future__ import annotations

from decimal import Decimal

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression, DataSomeValuesFrom, Datatype, Interval, OtherAxiom
from kgtwin.vocabulary import OWL, OWL_THING, XSD

A, B, C, D, E, F = (Class(name) for name in "ABCDEF")
THING = Class(OWL_THING)
TOP = OWL + "topObjectProperty"


def sub(one: ClassExpression, other: ClassExpression) -> Axiom:
    return owl.SubClassOf(one, other)


def some(role: str, filler: ClassExpression = THING) -> ClassExpression:
    return owl.ObjectSomeValuesFrom(role, filler)


def only(role: str, filler: ClassExpression) -> ClassExpression:
    return owl.ObjectAllValuesFrom(role, filler)


def both(*operands: ClassExpression) -> ClassExpression:
    return owl.ObjectIntersectionOf(operands)


def either(*operands: ClassExpression) -> ClassExpression:
    return owl.ObjectUnionOf(operands)


def value(low: int | None, high: int | None, prop: str = "d") -> ClassExpression:
    bounds = (None if one is None else Decimal(one) for one in (low, high))
    return DataSomeValuesFrom(prop, Interval(next(bounds), False, next(bounds)))


def other(construct: str, *names: str) -> Axiom:
    return OtherAxiom(construct, f"{construct}({' '.join(names)})", names)


A_R_B = sub(A, some("r", B))
INTEGER = Datatype(XSD + "string")
TOUCHED: dict[str, tuple[list[Axiom], str]] = {
    "a union on the right": ([sub(A, either(B, C)), sub(D, A), sub(E, some("r", D)), sub(F, B)], "ADE"),
    "a union that is there anyway": ([sub(A, either(B, C)), sub(D, both(A, B)), sub(E, C)], "A"),
    "a universal that is fulfilled": (
        [sub(A, only("r", C)), sub(D, both(A, some("r", C))), sub(E, both(A, some("r", B)))],
        "E",
    ),
    "a universal on the left": ([sub(both(B, only("r", C)), D), sub(A, both(B, some("r", C))), sub(E, C)], "AB"),
    "a universal that does not hold": ([sub(both(B, only("r", C)), D), sub(A, both(B, some("r", D)))], "B"),
    "a complement on the left": ([sub(both(A, owl.ObjectComplementOf(B)), C), sub(D, both(A, B)), sub(E, A)], "AE"),
    "at most one, of two": (
        [sub(A, owl.ObjectMaxCardinality(1, "r", THING)), A_R_B, sub(D, both(A, some("r", C))), sub(E, some("r", C))],
        "D",
    ),
    "at least two": (
        [sub(A, owl.ObjectMinCardinality(2, "r", THING)), sub(D, both(A, some("r", B), some("r", C)))],
        "A",
    ),
    "disjoint with a universal": (
        [owl.DisjointClasses((A, only("r", B))), sub(C, both(A, some("r", D))), sub(E, both(A, some("r", B)))],
        "AE",
    ),
    "a range that is a union": ([owl.ObjectPropertyRange("r", either(B, C)), A_R_B, sub(D, some("r", E))], "D"),
    "a chain that breaks the range restriction": (
        [
            owl.SubObjectPropertyOf(("r", "s"), "t"),
            owl.ObjectPropertyRange("t", F),
            sub(A, some("r", B)),
            sub(B, some("s", C)),
        ],
        "A",
    ),
    "everything is linked to everything": ([sub(some(TOP, A), B), sub(C, some("r", A)), sub(D, E)], "AC"),
    "nothing is linked to nothing": ([sub(A, some(OWL + "bottomObjectProperty", B)), sub(C, some("r", A))], "AC"),
    "all that is anywhere": ([owl.ObjectPropertyRange(TOP, B), sub(C, B), sub(D, E)], "ADEF"),
    "a symmetric property": (
        [other("SymmetricObjectProperty", "r"), A_R_B, sub(some("r", A), C), sub(D, some("s", A))],
        "AD",
    ),
    "symmetric, but nothing follows of links": ([other("SymmetricObjectProperty", "r"), A_R_B], ""),
    "inverse properties": ([other("InverseObjectProperties", "r", "s"), A_R_B, sub(some("s", A), C), sub(D, E)], "A"),
    "an inverse of which nothing follows": (
        [other("InverseObjectProperties", "r", "s"), A_R_B, sub(D, some("r", A))],
        "",
    ),
    "an inverse that something else asks about": (
        [
            other("InverseObjectProperties", "r", "s"),
            other("FunctionalObjectProperty", "s"),
            A_R_B,
            sub(D, some("t", A)),
        ],
        "AD",
    ),
    "a functional property": ([other("FunctionalObjectProperty", "r"), A_R_B, sub(C, both(A, some("r", D)))], "C"),
    "inverse functional": ([other("InverseFunctionalObjectProperty", "r"), A_R_B, sub(C, some("r", B))], ""),
    "inverse functional, of an individual": (
        [other("InverseFunctionalObjectProperty", "r"), sub(A, owl.ObjectHasValue("r", "i")), sub(C, some("r", B))],
        "A",
    ),
    "asymmetric": ([other("AsymmetricObjectProperty", "r"), A_R_B, sub(C, some("r", D)), sub(D, some("r", C))], "CD"),
    "disjoint properties": (
        [
            other("DisjointObjectProperties", "r", "s"),
            sub(A, both(some("r", B), some("s", C))),
            sub(D, both(some("r", E), some("s", E))),
        ],
        "D",
    ),
    "a chain with an inverse in it": ([other("SubObjectPropertyOf", "r", "s"), A_R_B, sub(C, some("t", D))], "A"),
    "disjoint data properties": (
        [
            other("DisjointDataProperties", "d", "e"),
            sub(A, both(value(1, 1), value(2, 2, "e"))),
            sub(B, both(value(1, 1), value(1, 1, "e"))),
        ],
        "B",
    ),
    "a datatype's definition": ([other("DatatypeDefinition", "t"), sub(A, value(1, 1)), sub(B, some("r", C))], "A"),
    "a key as text, and nobody there": ([other("HasKey", "A", "r"), A_R_B], ""),
    "a key as text, and somebody": ([other("HasKey", "A", "r"), A_R_B, owl.ClassAssertion("i", C)], "ABCDEF"),
    "what is not known at all": ([other("Triple", "A")], "ABCDEF"),
    "an inverse restriction, of empty properties": (
        [
            sub(owl.Unsupported("ObjectInverseOf", "ObjectSomeValuesFrom(ObjectInverseOf(<r>) <A>)", ("r", "A")), C),
            A_R_B,
            sub(D, E),
        ],
        "A",
    ),
    "a count of values": (
        [
            sub(A, owl.Unsupported("DataMaxCardinality", "DataMaxCardinality(1 <d>)", ("d",))),
            sub(B, both(A, value(1, 1))),
        ],
        "B",
    ),
    "a data range that is not understood": (
        [owl.DataPropertyRange("d", owl.OtherRange("DataOneOf(1 2)")), sub(A, value(1, 1)), sub(B, value(1, 1, "e"))],
        "A",
    ),
    "two values of one that are ranges": (
        [
            owl.FunctionalDataProperty("d"),
            sub(A, both(value(1, 5), value(3, 9))),
            sub(B, value(1, 5)),
            sub(C, both(value(1, 1), value(1, 5))),
        ],
        "A",
    ),
    "a number in any case": (
        [
            sub(value(None, 5), B),
            sub(value(5, None), B),
            sub(A, value(1, 9)),
            sub(C, value(1, 2)),
            sub(D, some("r", A)),
        ],
        "AD",
    ),
    "a number that is told more exactly, too": (
        [
            sub(value(None, 5), B),
            sub(value(5, None), B),
            sub(A, both(value(1, 9), value(1, 3))),
            sub(C, value(1, 9)),
        ],
        "C",
    ),
    "a number that is noticed from elsewhere": (
        [
            sub(some("r", value(None, 5)), B),
            sub(some("r", value(5, None)), B),
            sub(A, some("r", value(1, 9))),
            sub(C, value(1, 9)),
        ],
        "AC",
    ),
    "two numbers at a time": (
        [
            sub(value(None, 5), B),
            sub(value(5, None), C),
            sub(value(None, 5, "e"), C),
            sub(value(5, None, "e"), E),
            sub(A, both(value(1, 9), value(1, 9, "e"), B, C)),
        ],
        "A",
    ),
    "true or false": (
        [sub(DataSomeValuesFrom("d", owl.Literal(one, XSD + "boolean")), B) for one in ("true", "false")]
        + [
            sub(A, DataSomeValuesFrom("d", Datatype(XSD + "boolean"))),
            sub(C, DataSomeValuesFrom("d", Datatype(XSD + "string"))),
        ],
        "A",
    ),
    "an individual that there would be more of": (
        [
            sub(A, both(some("r", both(B, owl.ObjectOneOf(("i",)))), some("s", both(C, owl.ObjectOneOf(("i",)))))),
            sub(both(B, C), D),
            sub(E, owl.ObjectHasValue("r", "i")),
        ],
        "A",
    ),
    "a rule that cannot be run, and nobody there": (
        [
            owl.DLSafeRule(
                (owl.BuiltInAtom("urn:unknown", ()), owl.ClassAtom(A, owl.Variable("x"))),
                (owl.ClassAtom(B, owl.Variable("x")),),
            )
        ],
        "",
    ),
    "a rule that cannot be run, and somebody": (
        [
            owl.DLSafeRule(
                (owl.BuiltInAtom("urn:unknown", ()), owl.ClassAtom(A, owl.Variable("x"))),
                (owl.ClassAtom(B, owl.Variable("x")),),
            ),
            owl.ClassAssertion("i", A),
        ],
        "ABCDEF",
    ),
}
