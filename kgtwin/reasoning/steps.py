"""Steps of a proof as values: an axiom applied to what is proven, and an expression taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.model.data_ranges import is_empty
from kgtwin.model.proof import Membership, Proof, Successor
from kgtwin.reasoning.written import (
    NOTHING,
    THING,
    Node,
    as_class,
    as_node,
    conjuncts,
    counted,
    excluded,
    existential,
    inclusions,
    meaning,
)


def member(
    rule: str, subject: Node, type_: ClassExpression, premises: Sequence[Proof] = (), axiom: Axiom | None = None
) -> Proof:
    """A step that concludes ``subject ⊑ type``."""
    return Proof(rule, Membership(subject, type_), tuple(premises), axiom)


def related(
    rule: str, subject: Node, role: str, target: Node, premises: Sequence[Proof] = (), axiom: Axiom | None = None
) -> Proof:
    """A step that concludes ``subject -role→ target``."""
    return Proof(rule, Successor(subject, role, target), tuple(premises), axiom)


def subject_of(proof: Proof) -> Node:
    """What something is proven of."""
    return proof.conclusion.subject


def type_of(proof: Proof) -> ClassExpression:
    """What is proven of a subject."""
    assert isinstance(proof.conclusion, Membership)
    return proof.conclusion.type


def link_of(proof: Proof) -> Successor:
    """The link that is proven."""
    assert isinstance(proof.conclusion, Successor)
    return proof.conclusion


# taking apart


def reductions(expression: ClassExpression) -> Iterator[tuple[str, ClassExpression]]:
    """What follows from an expression by its form, with the rule."""
    match expression:
        case owl.ObjectIntersectionOf():
            yield from (("R⊓−", part) for part in _parts(expression))
        case owl.ObjectUnionOf(operands):
            left = [one for one in operands if meaning(one) != NOTHING]
            if len(left) < 2:
                yield "R⊔−", left[0] if left else NOTHING
        case owl.DataSomeValuesFrom(_, data_range) if is_empty(data_range):
            yield "RD⊥", NOTHING
    forbidden, several = excluded(expression), counted(expression)
    if forbidden is not None and meaning(forbidden) == THING:
        yield "R⊥¬", NOTHING
    if several is not None:
        yield "R≥", several


def _parts(expression: owl.ObjectIntersectionOf) -> Iterator[ClassExpression]:
    """The operands, and those of operands that are conjunctions."""
    for operand in expression.operands:
        yield operand
        if isinstance(operand, owl.ObjectIntersectionOf):
            yield from _parts(operand)


def unfolded(proof: Proof, wanted: Callable[[ClassExpression], bool]) -> Proof | None:
    """The proof of a wanted part of what is proven of a subject, the innermost one, or None."""
    queue, found = [proof], None
    for here in queue:
        expression = type_of(here)
        if wanted(expression):
            found = here
        if here is not proof and here.rule == "R⊓−" and isinstance(expression, owl.ObjectIntersectionOf):
            continue
        for rule, part in reductions(expression):
            premises = (here, top(subject_of(here))) if rule == "R⊥¬" else (here,)
            queue.append(Proof(rule, Membership(subject_of(here), part), premises))
    return found


def to_meaning(expression: ClassExpression) -> Callable[[ClassExpression], bool]:
    """Whether another expression means the same; of ``⊥``, whether it is written as that."""
    wanted = meaning(expression)
    return lambda one: one == NOTHING if expression == NOTHING else meaning(one) == wanted


def link_out(proof: Proof, role: str, filler: ClassExpression) -> Proof | None:
    """``R∃−`` on the part that says ``∃role.filler``; ``Rself`` on one that says ``∃role.Self``."""
    wanted = role, meaning(filler)

    def says(expression: ClassExpression) -> bool:
        found = existential(expression)
        return found is not None and (found[0], meaning(found[1])) == wanted

    some = unfolded(proof, says)
    return None if some is None else related("R∃−", subject_of(some), role, as_node(filler), [some])


# applying an axiom


def about(axiom: Axiom, subject: Node) -> bool:
    """Whether an axiom is an assertion about just this individual."""
    match axiom:
        case owl.ClassAssertion(individual, _):
            return individual == subject
        case owl.ObjectPropertyAssertion(_, individual, _) | owl.DataPropertyAssertion(_, individual, _):
            return individual == subject
    return False


def applied(axiom: Axiom, body: Proof, sup: ClassExpression) -> Proof:
    """``x ⊑ C ⊢ x ⊑ D`` by an axiom that says ``C ⊑ D``."""
    subject = subject_of(body)
    if about(axiom, subject):
        return member("told", subject, sup, (), axiom)
    match axiom:
        case owl.ReflexiveObjectProperty():
            return member("Rrefl", subject, sup, (), axiom)
        case owl.ObjectPropertyDomain():
            return member("Rdom", subject, sup, [_link_below(body)], axiom)
        case owl.ObjectPropertyRange():
            return member("Rran", subject, sup, [body], axiom)
        case owl.SubClassOf(_, owl.ObjectAllValuesFrom()) if sup != axiom.sup:
            return member("Rran", subject, sup, [body], axiom)
        case owl.DataPropertyDomain():
            return member("RDdom", subject, sup, [body], axiom)
    return member("R⊑", subject, sup, [body], axiom)


def _link_below(proof: Proof) -> Proof:
    """The link by which something is in ``∃r.⊤``."""
    if proof.rule == "R∃+":
        return proof.premises[0]
    found = existential(type_of(proof))
    assert found is not None
    return related("R∃−", subject_of(proof), found[0], as_node(found[1]), [proof])


def matching(axiom: Axiom, body: Sequence[Proof], finish: Callable[[Proof], Proof | None]) -> Proof | None:
    """Applies an axiom to what several proofs together say of a subject, then finishes what its right side says."""
    said = frozenset[object]().union(*(conjuncts(type_of(one)) for one in body))
    for sub, sup in inclusions(axiom):
        if conjuncts(sub) == said:
            found = finish(applied(axiom, together(body, sub), sup))
            if found is not None:
                return found
    return None


def together(parts: Sequence[Proof], whole: ClassExpression) -> Proof:
    """``R⊓+``, unless one of the parts says it all."""
    wanted = meaning(whole)
    for one in parts:
        if meaning(type_of(one)) == wanted:
            return one
    needed = conjuncts(whole)
    return member("R⊓+", subject_of(parts[0]), whole, [one for one in parts if conjuncts(type_of(one)) & needed])


def top(subject: Node) -> Proof:
    """``R⊤``"""
    return member("R⊤", subject, THING)


def stands_for(node: Node) -> Proof:
    """``R0``"""
    return member("R0", node, as_class(node))
