"""An axiom applied as it is written: what it joins put together first, what it concludes taken apart afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.model.proof import Membership, Proof
from kgtwin.reasoning.steps import (
    applied,
    link_of,
    matching,
    member,
    subject_of,
    to_meaning,
    together,
    top,
    type_of,
    unfolded,
)
from kgtwin.reasoning.written import NOTHING, as_class, conjuncts, excluded, existential, inclusions, meaning


def told(body: Proof, wanted: ClassExpression, axiom: Axiom | None) -> Proof | None:
    """From what is proven of a subject to another type of it, by an axiom or by the form of either."""
    says = to_meaning(wanted)
    if axiom is None:
        return unfolded(body, says) or _composed(body, wanted)
    found = matching(axiom, [body], lambda made: unfolded(made, says))
    if found is not None or wanted != NOTHING:
        return found
    whole = top(subject_of(body))
    return (
        _separated([body], axiom)
        or matching(axiom, [body], lambda made: _excluded(made, body))
        or matching(axiom, [whole], lambda made: _excluded(made, body))
    )


def _composed(body: Proof, wanted: ClassExpression) -> Proof:
    """``R⊔+``, or ``R⊓+`` of one part."""
    rule = "R⊓+" if conjuncts(wanted) <= conjuncts(type_of(body)) else "R⊔+"
    return member(rule, subject_of(body), wanted, [body])


def joined(proofs: Sequence[Proof], wanted: ClassExpression, axiom: Axiom | None) -> Proof | None:
    """From several types of a subject to another."""
    if axiom is None and wanted != NOTHING:
        return together(proofs, wanted)
    if axiom is not None:
        says = to_meaning(wanted)
        apart = _separated(proofs, axiom) if wanted == NOTHING else None
        found = apart or matching(axiom, proofs, lambda made: unfolded(made, says))
        if found is not None:
            return found
    one, other = proofs
    return _clash(one, other, axiom) or _clash(other, one, axiom)


def _clash(one: Proof, other: Proof, axiom: Axiom | None) -> Proof | None:
    """By what an axiom, or its own form, says of one: that it is not the other."""
    if axiom is None:
        return _excluded(one, other)
    return matching(axiom, [one], lambda made: _excluded(made, other))


def _excluded(one: Proof, other: Proof) -> Proof | None:
    """``R⊥¬``: ``x ⊑ ¬C, x ⊑ C ⊢ x ⊑ ⊥``, the complement being a part of what the first says."""
    wanted = meaning(type_of(other))

    def says(expression: ClassExpression) -> bool:
        found = excluded(expression)
        return found is not None and meaning(found) == wanted

    negative = unfolded(one, says)
    return None if negative is None else member("R⊥¬", subject_of(one), NOTHING, [negative, other])


def _separated(proofs: Sequence[Proof], axiom: Axiom) -> Proof | None:
    """``R⊥⊓``; one that is disjoint with itself, or with everything, is empty."""
    match axiom:
        case owl.DisjointClasses(operands) | owl.DisjointUnion(_, operands):
            names = [meaning(one) for one in operands]
        case owl.DifferentIndividuals(individuals):
            names = [meaning(as_class(one)) for one in individuals]
        case _:
            return None
    said, subject = [meaning(type_of(one)) for one in proofs], subject_of(proofs[0])
    if not all(one in names for one in said):
        return None
    if len(proofs) == 1 and names.count(said[0]) > 1:
        return member("R⊑", subject, NOTHING, proofs, axiom)
    return member("R⊥⊓", subject, NOTHING, [*proofs, top(subject)] if len(proofs) == 1 else proofs, axiom)


def over_link(proofs: Sequence[Proof], wanted: ClassExpression, axiom: Axiom | None) -> Proof | None:
    """From a link, and a type of its target, to a type of the subject; a self restriction is one already."""
    link = proofs[0]
    if isinstance(link.conclusion, Membership):
        return link
    filler = proofs[1] if len(proofs) > 1 else top(link_of(link).object)
    if axiom is None:
        return member("R∃+", subject_of(link), wanted, [link, filler])
    says, wait = to_meaning(wanted), (link_of(link).property, meaning(type_of(filler)))
    for sub, sup in inclusions(axiom):
        some = existential(sub)
        if some is not None and (some[0], meaning(some[1])) == wait:
            body = member("R∃+", subject_of(link), sub, [link, filler])
            found = unfolded(applied(axiom, body, sup), says)
            if found is not None:
                return found
    return None
