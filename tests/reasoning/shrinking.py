"""A smaller ontology that still goes wrong: without some axioms, with parts of expressions in place of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from kgtwin.model.axioms import Axiom, ClassExpression, ObjectIntersectionOf, ObjectUnionOf
from kgtwin.model.owl_text import render

Axioms = Sequence[Axiom]
Fails = Callable[[list[Axiom]], bool]


def shrink(axioms: Axioms, fails: Fails) -> list[Axiom]:
    """As few and as short axioms as go wrong in this way; what raises counts as going wrong."""
    found = list(axioms)
    while True:
        smaller = next((one for one in _smaller(found) if _safely(fails, one)), None)
        if smaller is None:
            return found
        found = smaller


def written(axioms: Axioms) -> str:
    """An ontology to be kept as a case, in functional syntax."""
    return "\n".join(("Ontology(", *map(render, axioms), ")"))


def _safely(fails: Fails, axioms: list[Axiom]) -> bool:
    try:
        return fails(axioms)
    except Exception:
        return True


def _smaller(axioms: list[Axiom]) -> Iterator[list[Axiom]]:
    for part in (len(axioms) // 2, len(axioms) // 4, 1):
        for start in range(0, len(axioms), part) if part else ():
            yield axioms[:start] + axioms[start + part :]
    for i, axiom in enumerate(axioms):
        for simpler in _simpler(axiom):
            yield [*axioms[:i], simpler, *axioms[i + 1 :]]


def _simpler(value: Any) -> Iterator[Any]:
    """An axiom or expression with one part made simpler."""
    for name in value.__struct_fields__:
        part = getattr(value, name)
        if isinstance(part, ClassExpression):
            for one in (*_inside(part), *_simpler(part)):
                yield msgspec.structs.replace(value, **{name: one})
        elif isinstance(part, tuple):
            for i, operand in enumerate(part):
                if isinstance(operand, ClassExpression):
                    for one in (*_inside(operand), *_simpler(operand)):
                        yield msgspec.structs.replace(value, **{name: (*part[:i], one, *part[i + 1 :])})
                if len(part) > 2:
                    yield msgspec.structs.replace(value, **{name: (*part[:i], *part[i + 1 :])})


def _inside(expression: ClassExpression) -> Sequence[ClassExpression]:
    if isinstance(expression, ObjectIntersectionOf | ObjectUnionOf):
        return expression.operands
    filler = getattr(expression, "filler", None)
    return () if filler is None else (filler,)
