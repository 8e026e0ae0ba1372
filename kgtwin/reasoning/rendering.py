"""From inferences over numbers to the steps of a proof: one step a rule, with every expression between written out.

The engine goes from one atom to the next; on paper an axiom is applied as it is written, so that its left side is put
together first (``R⊓+``, ``R∃+``) and its right side taken apart afterwards (``R⊓−``, ``R∃−``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.model.proof import Membership, Proof
from kgtwin.reasoning.concluding import joined, over_link, told
from kgtwin.reasoning.inferences import DATA, DIFFERENT, EXISTS, ROLES, Fact, Inference, Rule
from kgtwin.reasoning.naming import Names
from kgtwin.reasoning.rendering_data import DataRenderer
from kgtwin.reasoning.rendering_individuals import IndividualRenderer
from kgtwin.reasoning.rendering_links import LinkRenderer, looped
from kgtwin.reasoning.steps import member, stands_for, together, top, type_of
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.written import NOTHING, Node, existential, meaning

Proofs = Sequence[Proof]


def _asked(node: Node, proofs: Proofs, wanted: ClassExpression) -> Proof:
    """What an expression means that is asked for."""
    if isinstance(wanted, owl.ObjectIntersectionOf):
        return together(proofs, wanted) if proofs else top(node)
    if existential(wanted) is not None:
        return member("R∃+", node, wanted, proofs)
    if isinstance(wanted, owl.ObjectHasSelf):
        link = proofs[0]
        return link if isinstance(link.conclusion, Membership) else member("Rself", node, wanted, [link])
    same = meaning(type_of(proofs[0])) == meaning(wanted)
    return proofs[0] if same else member("R⊔+", node, wanted, proofs)


_BY_FORM: dict[Rule, Callable[[Proofs, ClassExpression, Axiom | None], Proof | None]] = {
    Rule.TOLD: lambda proofs, wanted, axiom: told(proofs[0], wanted, axiom),
    Rule.JOIN: joined,
    Rule.WAIT: over_link,
    Rule.DOMAIN: over_link,
}
"""Rules of which the axiom tells how they are written."""
_BY_NODE: dict[Rule, Callable[[Node, Proofs, ClassExpression], Proof]] = {
    Rule.TOP: lambda node, _proofs, _wanted: top(node),
    Rule.STANDS_FOR: lambda node, _proofs, wanted: member("R0", node, wanted),
    Rule.EMPTY: lambda node, proofs, _wanted: member("R⊥", node, NOTHING, proofs),
    Rule.ABSURD: lambda node, proofs, wanted: member("R⊥⊑", node, wanted, proofs),
    Rule.RANGE: lambda node, _proofs, wanted: member("R⊓−", node, wanted, [stands_for(node)]),
    Rule.ASKED: _asked,
}
"""Rules that are written in one way."""


class Renderer:
    """Builds proofs by chosen inferences, each fact's once."""

    def __init__(self, tracer: Tracer, chosen: Mapping[Fact, Inference]) -> None:
        self._tracer, self._chosen = tracer, chosen
        self._names = Names(tracer)
        self._links, self._data = LinkRenderer(tracer, self._names), DataRenderer(tracer, self._names)
        self._individuals = IndividualRenderer(tracer, self._names)
        self._built: dict[Fact, tuple[Proof, ...]] = {}
        """Several for what is no step of its own: links by the auxiliary role of a chain, a path to what exists."""

    def proof(self, goal: Fact) -> Proof:
        """The proof of a fact of which an inference has been chosen, and so for all that it needs."""
        stack = [(goal, False)]
        while stack:
            fact, ready = stack.pop()
            if fact in self._built or fact[0] in (ROLES, DATA):
                continue
            inference = self._chosen[fact]
            if not ready:
                stack.append((fact, True))
                stack.extend((premise, False) for premise in inference.premises)
            elif fact[0] == EXISTS:
                self._built[fact] = self._premises(inference)
            elif len(fact) == 3 and fact[1] in self._tracer.backwards.auxiliary:
                links = self._premises(inference)
                self._built[fact] = tuple(map(looped, links)) if inference.rule is Rule.RAISE else links
            else:
                self._built[fact] = (self.step(fact, inference),)
        return self._built[goal][0]

    def step(self, fact: Fact, inference: Inference) -> Proof:
        """The last steps of a fact's proof, those before having been built."""
        axiom = self._tracer.axiom(inference.axioms[0]) if inference.axioms else None
        if fact[0] == DIFFERENT:
            return self._individuals.different(fact, self._premises(inference), axiom)
        if len(fact) == 3:
            found = self._links.link(fact, inference, self._premises(inference), axiom)
        else:
            found = self._is_a(fact, inference, axiom)
        if found is None:
            raise AssertionError(f"no steps for {fact}: {inference.rule}")
        return found

    def _premises(self, inference: Inference) -> tuple[Proof, ...]:
        """The proofs of an inference's premises, those that are several in their order."""
        return tuple(proof for one in inference.premises for proof in self._built.get(one, ()))

    def _is_a(self, fact: Fact, inference: Inference, axiom: Axiom | None) -> Proof | None:
        rule, node, wanted = inference.rule, self._names.node(fact[0]), self._names.type(fact[1])
        path = [proof for one in inference.premises if one[0] == EXISTS for proof in self._built[one]]
        proofs = [proof for one in inference.premises if one[0] != EXISTS for proof in self._built.get(one, ())]
        if rule in _BY_FORM:
            written = None if isinstance(axiom, owl.DLSafeRule | owl.HasKey) else axiom
            return _BY_FORM[rule](proofs, wanted, written)
        if rule in _BY_NODE:
            return _BY_NODE[rule](node, proofs, wanted)
        match rule:
            case Rule.LED_TO:
                return self._links.led_to(node, inference, proofs, wanted)
            case Rule.DATA:
                return self._data.entailed(proofs[0], inference, wanted)
            case Rule.FUNCTIONAL:
                return self._data.functional(proofs, inference, axiom)
        return self._individuals.is_a(fact, inference, proofs, axiom, path)
