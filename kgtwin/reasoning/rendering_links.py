"""The last steps of the proof of a link."""

from __future__ import annotations

from collections.abc import Sequence

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.model.proof import Membership, Proof, Successor
from kgtwin.reasoning.inferences import Fact, Inference, Rule
from kgtwin.reasoning.naming import TOP_PROPERTY, Names
from kgtwin.reasoning.rolebox import TOP_ROLE
from kgtwin.reasoning.steps import (
    about,
    applied,
    link_of,
    link_out,
    matching,
    member,
    related,
    subject_of,
    type_of,
    unfolded,
)
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.written import Node, as_class, as_node, existential, inclusions


class LinkRenderer:
    """Writes ``x -r→ y``; by the self role of r, which stands for a link to itself, ``x ⊑ ∃r.Self``."""

    def __init__(self, tracer: Tracer, names: Names) -> None:
        self._tracer, self._names, self._contexts = tracer, names, tracer.contexts

    def link(self, fact: Fact, inference: Inference, proofs: Sequence[Proof], axiom: Axiom | None) -> Proof | None:
        """The proof of a link from those of what it follows from."""
        x, role, y = fact
        subject, name, target = self._names.node(x), self._names.role(role), self._names.node(y)
        loop = role in self._names.loops
        match inference.rule:
            case Rule.TOLD:
                return self._told(proofs[0], role, y, axiom)
            case Rule.RAISE:
                return self._raised(proofs[0], role, inference.premises[0][1], axiom)
            case Rule.SAME:
                return self._same(subject, name, target, proofs)
        rule = {Rule.CHAIN: "R∘", Rule.OWN: "Rself", Rule.SAFE: "Rrule"}[inference.rule]
        if loop:
            return member(rule, subject, owl.ObjectHasSelf(name), proofs, axiom)
        return related(rule, subject, name, target, proofs, axiom)

    @staticmethod
    def _same(subject: Node, role: str, target: Node, proofs: Sequence[Proof]) -> Proof:
        """``Rsame`` of a link's target, or of its subject."""
        link = next(one for one in proofs if isinstance(one.conclusion, Successor))
        if (subject_of(link), link_of(link).object) == (subject, target):
            return link
        return related("Rsame", subject, role, target, proofs)

    # told links

    def _told(self, body: Proof, role: int, y: int, axiom: Axiom | None) -> Proof | None:
        name, subject, filler = self._names.role(role), subject_of(body), self._tracer.base_of(y)

        def finish(made: Proof) -> Proof | None:
            if isinstance(axiom, owl.ObjectPropertyAssertion) and about(axiom, subject):
                return self._bounded(related("told", subject, name, axiom.object, (), axiom), y)
            if role in self._names.loops:
                return unfolded(made, lambda one: one == owl.ObjectHasSelf(name))
            out = link_out(made, name, filler)
            return None if out is None else self._bounded(out, y)

        found = finish(body) if axiom is None else matching(axiom, [body], finish)
        return self._told_loop(body, name, axiom) if found is None else found

    @staticmethod
    def _told_loop(body: Proof, role: str, axiom: Axiom | None) -> Proof | None:
        """A link to itself by a role of which the ontology asks no self restriction."""

        def finish(made: Proof) -> Proof | None:
            loop = unfolded(made, lambda one: one == owl.ObjectHasSelf(role))
            return None if loop is None else looped(loop)

        return finish(body) if axiom is None else matching(axiom, [body], finish)

    def _bounded(self, link: Proof, y: int) -> Proof:
        """``Rran`` for each range of the role that leads to a filler."""
        role, first = self._contexts.role(y), link_of(link)
        values = [as_class(first.object)]
        for node in self._contexts.bounds(y) if role >= 0 else ():
            found = self._tracer.ranges.in_range(role, node)
            premise, number = min(found, key=lambda one: len(self._names.path(one[0])))
            values.append(self._tracer.index.expression(node))
            premises = [link] if premise[1] == premise[2] else [link, self._names.raised(link, premise)]
            bound = owl.ObjectIntersectionOf(tuple(values))
            link = related("Rran", first.subject, first.property, bound, premises, self._tracer.axiom(number))
        return link

    # by a role above

    def _raised(self, link: Proof, role: int, sub: int, axiom: Axiom | None) -> Proof:
        loops = self._names.loops
        if sub not in loops or role in loops:
            return self._names.raised_once(link, self._names.role(role), axiom)
        found = looped(link)
        return self._names.raised_once(found, TOP_PROPERTY, None) if role == TOP_ROLE else found

    # ranges of individuals

    def led_to(self, node: Node, inference: Inference, proofs: Sequence[Proof], wanted: ClassExpression) -> Proof:
        """``Rran`` of an individual; ``Rsame`` for what is that individual."""
        *told, axiom = (self._tracer.axiom(number) for number in inference.axioms)
        individual, *links = proofs
        link = _as_loop(links[0]) if links else _asserted(type_of(individual), told[0])
        link = self._names.raised(link, inference.premises[-1])
        subject = link.conclusion.object if isinstance(link.conclusion, Successor) else node
        found = member("Rran", subject, wanted, [link], axiom)
        return found if subject == node else member("Rsame", node, wanted, [individual, found])


def _asserted(target: ClassExpression, axiom: Axiom) -> Proof:
    """The link to an individual that an axiom tells of another one."""
    for sub, sup in inclusions(axiom):
        some, subject = existential(sup), as_node(sub)
        if some is not None and some[1] == target and isinstance(subject, str):
            if isinstance(axiom, owl.ObjectPropertyAssertion):
                return related("told", subject, some[0], as_node(target), (), axiom)
            body = applied(axiom, member("R0", subject, sub), sup)
            return related("R∃−", subject, some[0], as_node(target), [body])
    raise AssertionError(f"no link to {target} in {axiom}")


def looped(loop: Proof) -> Proof:
    """``Rself``: a link from a self restriction; of a reflexive role, the link itself by ``Rrefl``."""
    if isinstance(loop.conclusion, Successor):
        return loop
    subject, some = loop.conclusion.subject, type_of(loop)
    assert isinstance(some, owl.ObjectHasSelf)
    if loop.rule == "Rrefl":
        return related("Rrefl", subject, some.property, subject, (), loop.axiom)
    return related("Rself", subject, some.property, subject, [loop])


def _as_loop(link: Proof) -> Proof:
    """The self restriction from which a link to itself follows; other links as they are."""
    if isinstance(link.conclusion, Membership) or link.rule not in ("Rself", "Rrefl"):
        return link
    if link.rule == "Rself":
        return link.premises[0]
    return member("Rrefl", subject_of(link), owl.ObjectHasSelf(link.conclusion.property), (), link.axiom)
