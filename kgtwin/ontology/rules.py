"""SWRL rules: https://www.w3.org/submissions/SWRL/, in OWL's functional syntax as ``DLSafeRule(Body(…) Head(…))``."""

from __future__ import annotations

from collections.abc import Callable

from kgtwin.model.axioms import (
    BuiltInAtom,
    ClassAtom,
    DataArgument,
    DataPropertyAtom,
    DataRangeAtom,
    DifferentIndividualsAtom,
    DLSafeRule,
    IndividualArgument,
    ObjectPropertyAtom,
    RuleAtom,
    SameIndividualAtom,
    Variable,
)
from kgtwin.ontology.expressions import class_expression, individual, relation
from kgtwin.ontology.literals import range_of, value_of
from kgtwin.ontology.nodes import Node, Source, Term, check_arity, iri, text_of

_Build = Callable[[Source, Node], RuleAtom]


def rule(source: Source, node: Node) -> DLSafeRule:
    """The rule of a ``DLSafeRule`` node.

    Raises:
        OntologySyntaxError: no body and head, or an atom with a wrong number or kind of arguments.
    """
    body, head = node.args
    return DLSafeRule(_atoms(source, body, "Body"), _atoms(source, head, "Head"))


def _atoms(source: Source, term: Term, name: str) -> tuple[RuleAtom, ...]:
    if not isinstance(term, Node) or term.name != name:
        found = term.name if isinstance(term, Node) else text_of(term)[:60]
        raise source.error(term.at, f"unexpected {found}", expected=f"{name}(...) of a rule")
    return tuple(_atom(source, one) for one in term.args)


def _atom(source: Source, term: Term) -> RuleAtom:
    if not isinstance(term, Node) or term.name not in _ATOMS:
        name = term.name if isinstance(term, Node) else text_of(term)[:60]
        raise source.error(term.at, f"unexpected {name}", expected="an atom of a rule, such as ClassAtom(...)")
    low, high, build = _ATOMS[term.name]
    check_arity(source, term, low, high)
    return build(source, term)


def _variable(source: Source, term: Term) -> Variable | None:
    if not (isinstance(term, Node) and term.name == "Variable"):
        return None
    check_arity(source, term, 1, 1)
    return Variable(iri(source, term.args[0], "the IRI of a variable"))


def _someone(source: Source, term: Term) -> IndividualArgument:
    return _variable(source, term) or individual(source, term, "a variable or an individual")


def _something(source: Source, term: Term) -> DataArgument:
    return _variable(source, term) or value_of(source, term)


def _class(source: Source, node: Node) -> RuleAtom:
    return ClassAtom(class_expression(source, node.args[0]), _someone(source, node.args[1]))


def _data_range(source: Source, node: Node) -> RuleAtom:
    return DataRangeAtom(range_of(source, node.args[0]), _something(source, node.args[1]))


def _object_property(source: Source, node: Node) -> RuleAtom:
    name, inverse = relation(source, node.args[0])
    one, other = (_someone(source, arg) for arg in node.args[1:])
    return ObjectPropertyAtom(name, other, one) if inverse else ObjectPropertyAtom(name, one, other)


def _data_property(source: Source, node: Node) -> RuleAtom:
    name = iri(source, node.args[0], "a data property")
    return DataPropertyAtom(name, _someone(source, node.args[1]), _something(source, node.args[2]))


def _pair(kind: type[SameIndividualAtom | DifferentIndividualsAtom]) -> _Build:
    return lambda source, node: kind(_someone(source, node.args[0]), _someone(source, node.args[1]))


def _built_in(source: Source, node: Node) -> RuleAtom:
    name = iri(source, node.args[0], "the IRI of a built-in")
    return BuiltInAtom(name, tuple(_something(source, arg) for arg in node.args[1:]))


_ATOMS: dict[str, tuple[int, int, _Build]] = {
    "ClassAtom": (2, 2, _class),
    "DataRangeAtom": (2, 2, _data_range),
    "ObjectPropertyAtom": (3, 3, _object_property),
    "DataPropertyAtom": (3, 3, _data_property),
    "SameIndividualAtom": (2, 2, _pair(SameIndividualAtom)),
    "DifferentIndividualsAtom": (2, 2, _pair(DifferentIndividualsAtom)),
    "BuiltInAtom": (2, 10**9, _built_in),
}
