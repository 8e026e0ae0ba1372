"""From inferences over numbers to the steps of a proof: one step a rule, with every expression between written out.

The engine goes from one atom to the next; on paper an axiom is applied as it is written, so that its left side is put
together first (``R⊓+``, ``R∃+``) and its right side taken apart afterwards (``R⊓−``, ``R∃−``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression, DataRange
from kgtwin.model.data_ranges import EMPTY, disjoint, intersection
from kgtwin.model.proof import Membership, Proof, Successor
from kgtwin.reasoning.contexts import QueryAtom, RangeAtom, ValueAtom
from kgtwin.reasoning.inferences import DATA, DIFFERENT, EXISTS, ROLES, Fact, Inference, Rule
from kgtwin.reasoning.proxies import stand_in
from kgtwin.reasoning.rolebox import TOP_ROLE
from kgtwin.reasoning.steps import (
    about,
    applied,
    link_of,
    link_out,
    matching,
    member,
    related,
    to_meaning,
    together,
    top,
    type_of,
    unfolded,
)
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.written import (
    NOTHING,
    Node,
    as_class,
    as_node,
    conjuncts,
    excluded,
    existential,
    expressions_of,
    inclusions,
    meaning,
    separates,
)
from kgtwin.vocabulary import OWL

TOP_PROPERTY = OWL + "topObjectProperty"


class Renderer:
    """Builds proofs by chosen inferences, each fact's once."""

    def __init__(self, tracer: Tracer, chosen: Mapping[Fact, Inference]) -> None:
        self._tracer, self._chosen = tracer, chosen
        self._index, self._contexts = tracer.index, tracer.contexts
        self._built: dict[Fact, Proof] = {}
        self._segments: dict[Fact, tuple[Proof, ...]] = {}
        self._loops = {own: role for role, own in self._index.box.self_role.items()}

    def proof(self, goal: Fact) -> Proof:
        """The proof of a fact of which an inference has been chosen, and so for all that it needs."""
        stack = [(goal, False)]
        while stack:
            fact, ready = stack.pop()
            if fact in self._built or fact in self._segments or fact[0] in (ROLES, DATA):
                continue
            inference = self._chosen[fact]
            if not ready:
                stack.append((fact, True))
                stack.extend((premise, False) for premise in inference.premises)
            elif len(fact) == 3 and fact[1] in self._tracer.backwards.auxiliary:
                self._segments[fact] = self._chained(inference)
            elif fact[0] == EXISTS:
                self._segments[fact] = self._path_to(inference)
            else:
                self._built[fact] = self.step(fact, inference)
        return self._built[goal]

    def step(self, fact: Fact, inference: Inference) -> Proof:
        """The last steps of a fact's proof, those before having been built."""
        axiom = self._tracer.axiom(inference.axioms[0]) if inference.axioms else None
        if fact[0] == DIFFERENT:
            return self._different(fact, inference, axiom)
        found = self._link(fact, inference, axiom) if len(fact) == 3 else self._is_a(fact, inference, axiom)
        if found is None:
            raise AssertionError(f"no steps for {fact}: {inference.rule}")
        return found

    # names

    def _type(self, atom: int) -> ClassExpression:
        if atom < self._contexts.count:
            found = as_class(self._contexts.node(atom))
            return self._stood_for.get(found, found) if isinstance(found, owl.Unsupported) else found
        match self._contexts.key(atom):
            case RangeAtom(node):
                return self._index.expression(node)
            case ValueAtom(entity, data_range):
                return owl.DataSomeValuesFrom(self._index.iri(entity), data_range)
            case QueryAtom(expression):
                return expression

    @cached_property
    def _stood_for(self) -> dict[ClassExpression, ClassExpression]:
        """The expressions of rules and keys by what stands in for them."""
        axioms = [self._tracer.axiom(number) for number in (*self._index.told.rules, *self._index.told.keys)]
        return {stand_in(one): one for axiom in axioms for one in expressions_of(axiom)}

    def _role(self, number: int) -> str:
        if number >= len(self._index.box):
            assert self._contexts.replay is not None
            return next(iri for iri, one in self._contexts.replay.strange_roles.items() if one == number)
        if number == TOP_ROLE:
            return TOP_PROPERTY
        return self._index.iri(self._index.box.entity[self._loops.get(number, number)])

    # x ⊑ D

    def _is_a(self, fact: Fact, inference: Inference, axiom: Axiom | None) -> Proof | None:
        x, head = fact
        node, wanted = self._contexts.node(x), self._type(head)
        proofs = [self._built[one] for one in inference.premises if one in self._built]
        if isinstance(axiom, owl.DLSafeRule | owl.HasKey) and inference.rule not in (Rule.SAFE, Rule.KEY):
            axiom = None
        match inference.rule:
            case Rule.TOP:
                return top(node)
            case Rule.STANDS_FOR:
                return member("R0", node, wanted)
            case Rule.TOLD:
                return self._told(proofs[0], wanted, axiom)
            case Rule.JOIN:
                return self._joined(proofs, wanted, axiom)
            case Rule.WAIT | Rule.DOMAIN:
                return self._over_link(proofs, wanted, axiom)
            case Rule.EMPTY:
                return member("R⊥", node, NOTHING, proofs)
            case Rule.ABSURD:
                return member("R⊥⊑", node, wanted, proofs)
            case Rule.RANGE:
                return member("R⊓−", node, wanted, [member("R0", node, as_class(node))])
            case Rule.LED_TO:
                return self._led_to(node, inference, proofs, wanted)
            case Rule.DATA:
                return self._data(proofs[0], inference, wanted)
            case Rule.FUNCTIONAL:
                return self._functional(node, inference, axiom)
            case Rule.ASKED:
                return self._asked(node, proofs, wanted)
        return self._about_individuals(fact, inference, proofs, axiom)

    # individuals

    def _about_individuals(
        self, fact: Fact, inference: Inference, proofs: Sequence[Proof], axiom: Axiom | None
    ) -> Proof | None:
        x, head = fact
        node, wanted = self._contexts.node(x), self._type(head)
        match inference.rule:
            case Rule.ONLY_ONE:
                path = self._segments[inference.premises[1]]
                who, y = self._contexts.node(inference.premises[0][1]), inference.premises[2][0]
                whole = member("Rnom", who, as_class(self._contexts.node(y)), [*path, proofs[1]])
                core = unfolded(whole, to_meaning(wanted))
                return None if core is None else self._taken_over(proofs[0], core, wanted)
            case Rule.SAME:
                both = self._contexts.both(x)
                if both is None:
                    return self._taken_over(proofs[0], proofs[1], wanted)
                part = member("R⊓−", node, type_of(proofs[0]), [member("R0", node, as_class(node))])
                return self._taken_over(part, proofs[1], wanted)
            case Rule.REACHED:
                return member("Rinv", node, wanted, proofs)
            case Rule.APART:
                apart = self._taken_over(proofs[0], proofs[2], type_of(proofs[2]))
                return member("R⊥¬", node, NOTHING, [apart, proofs[1]])
            case Rule.KEY:
                return member("Rkey", node, wanted, proofs, axiom)
            case Rule.SAFE:
                return member("Rrule", node, wanted, proofs, axiom)
        return None

    @staticmethod
    def _taken_over(same: Proof, found: Proof, wanted: ClassExpression) -> Proof:
        """``Rsame``: what is the individual a is whatever a is."""
        node = same.conclusion.subject
        return found if found.conclusion.subject == node else member("Rsame", node, wanted, [same, found])

    def _different(self, fact: Fact, inference: Inference, axiom: Axiom | None) -> Proof:
        """That an individual is not another one."""
        proofs = [self._built[one] for one in inference.premises]
        apart = owl.ObjectComplementOf(as_class(self._contexts.node(fact[2])))
        return member("R≠" if axiom is None else "Rrule", self._contexts.node(fact[1]), apart, proofs, axiom)

    def _path_to(self, inference: Inference) -> tuple[Proof, ...]:
        """The links that lead to something that exists."""
        if not inference.premises:
            return ()
        before, link = inference.premises
        return (*self._segments[before], self._built[link])

    def _told(self, body: Proof, wanted: ClassExpression, axiom: Axiom | None) -> Proof | None:
        says = to_meaning(wanted)
        if axiom is None:
            return unfolded(body, says) or self._composed(body, wanted)
        found = matching(axiom, [body], lambda made: unfolded(made, says))
        if found is not None or wanted != NOTHING:
            return found
        whole = top(body.conclusion.subject)
        return (
            (self._separated([body], axiom) if separates(axiom) else None)
            or matching(axiom, [body], lambda made: self._excluded(made, body))
            or matching(axiom, [whole], lambda made: self._excluded(made, body))
        )

    @staticmethod
    def _composed(body: Proof, wanted: ClassExpression) -> Proof:
        """``R⊔+``, or ``R⊓+`` of one part."""
        parts = conjuncts(wanted)
        rule = "R⊓+" if parts <= conjuncts(type_of(body)) else "R⊔+"
        return member(rule, body.conclusion.subject, wanted, [body])

    def _joined(self, proofs: Sequence[Proof], wanted: ClassExpression, axiom: Axiom | None) -> Proof | None:
        if axiom is None and wanted != NOTHING:
            return together(proofs, wanted)
        if axiom is not None and separates(axiom) and wanted == NOTHING:
            found = self._separated(proofs, axiom)
            if found is not None:
                return found
        if axiom is not None:
            says = to_meaning(wanted)
            found = matching(axiom, proofs, lambda made: unfolded(made, says))
            if found is not None:
                return found
        one, other = proofs
        return self._clash(one, other, axiom) or self._clash(other, one, axiom)

    def _clash(self, one: Proof, other: Proof, axiom: Axiom | None) -> Proof | None:
        """By what an axiom, or its own form, says of one: that it is not the other."""
        if axiom is None:
            return self._excluded(one, other)
        return matching(axiom, [one], lambda made: self._excluded(made, other))

    @staticmethod
    def _excluded(one: Proof, other: Proof) -> Proof | None:
        """``R⊥¬``: ``x ⊑ ¬C, x ⊑ C ⊢ x ⊑ ⊥``, the complement being a part of what the first says."""
        wanted = meaning(type_of(other))

        def says(expression: ClassExpression) -> bool:
            found = excluded(expression)
            return found is not None and meaning(found) == wanted

        negative = unfolded(one, says)
        return None if negative is None else member("R⊥¬", one.conclusion.subject, NOTHING, [negative, other])

    @staticmethod
    def _separated(proofs: Sequence[Proof], axiom: Axiom) -> Proof | None:
        """``R⊥⊓``; one that is disjoint with itself, or with everything, is empty."""
        operands = axiom.individuals if isinstance(axiom, owl.DifferentIndividuals) else axiom.operands  # type: ignore[union-attr]
        names = [meaning(as_class(one)) for one in operands]
        said = [meaning(type_of(one)) for one in proofs]
        if not all(one in names for one in said):
            return None
        subject = proofs[0].conclusion.subject
        if len(proofs) == 1 and names.count(said[0]) > 1:
            return member("R⊑", subject, NOTHING, proofs, axiom)
        both = [*proofs, top(subject)] if len(proofs) == 1 else proofs
        return member("R⊥⊓", subject, NOTHING, both, axiom)

    def _over_link(self, proofs: Sequence[Proof], wanted: ClassExpression, axiom: Axiom | None) -> Proof | None:
        link = proofs[0]
        if isinstance(link.conclusion, Membership):
            return link
        filler = proofs[1] if len(proofs) > 1 else top(link.conclusion.object)
        if axiom is None:
            return member("R∃+", link.conclusion.subject, wanted, [link, filler])
        says = to_meaning(wanted)
        wait = link.conclusion.property, meaning(type_of(filler))
        for sub, sup in inclusions(axiom):
            some = existential(sub)
            if some is not None and (some[0], meaning(some[1])) == wait:
                body = member("R∃+", link.conclusion.subject, sub, [link, filler])
                found = unfolded(applied(axiom, body, sup), says)
                if found is not None:
                    return found
        return None

    # ranges

    def _led_to(self, node: Node, inference: Inference, proofs: Sequence[Proof], wanted: ClassExpression) -> Proof:
        """``Rran`` of an individual; ``Rsame`` for what is that individual."""
        *told, axiom = (self._tracer.axiom(number) for number in inference.axioms)
        individual = proofs[0]
        link = proofs[1] if len(proofs) > 1 else self._asserted_link(type_of(individual), told[0])
        if len(proofs) > 1 and proofs[1].rule in ("Rself", "Rrefl"):
            link = self._as_loop(link)
        raised = self._raised(link, inference.premises[-1])
        found = member(
            "Rran",
            raised.conclusion.object if isinstance(raised.conclusion, Successor) else node,
            wanted,
            [raised],
            axiom,
        )
        if found.conclusion.subject == node:
            return found
        return member("Rsame", node, wanted, [individual, found])

    def _asserted_link(self, target: ClassExpression, axiom: Axiom) -> Proof:
        """The link to an individual that an axiom tells of another one."""
        for sub, sup in inclusions(axiom):
            some, subject = existential(sup), as_node(sub)
            if some is not None and some[1] == target and isinstance(subject, str):
                if isinstance(axiom, owl.ObjectPropertyAssertion):
                    return related("told", subject, some[0], as_node(target), (), axiom)
                body = applied(axiom, member("R0", subject, sub), sup)
                return related("R∃−", subject, some[0], as_node(target), [body])
        raise AssertionError(f"no link to {target} in {axiom}")

    def _raised(self, link: Proof, inclusion: Fact) -> Proof:
        """The same link by a role above, step by step."""
        for _, sup, axiom in self._path(inclusion):
            if isinstance(link.conclusion, Membership):
                loop = member("RH", link.conclusion.subject, owl.ObjectHasSelf(self._role(sup)), [link], axiom)
                link = loop
            else:
                found = link.conclusion
                link = related("RH", found.subject, self._role(sup), found.object, [link], axiom)
        return link

    def _path(self, inclusion: Fact) -> list[tuple[int, int, Axiom | None]]:
        _, sub, sup = inclusion
        steps = self._index.box.path(sub, sup)
        return [(one.sub, one.sup, None if one.axiom < 0 else self._tracer.axiom(one.axiom)) for one in steps]

    def _bounded(self, link: Proof, y: int) -> Proof:
        """``Rran`` for each range of the role that leads to a filler."""
        role, first = self._contexts.role(y), link_of(link)
        values = [as_class(first.object)]
        for node in self._contexts.bounds(y) if role >= 0 else ():
            premise, number = min(self._tracer.ranges.in_range(role, node), key=lambda one: len(self._path(one[0])))
            values.append(self._index.expression(node))
            premises = [link] if premise[1] == premise[2] else [link, self._raised(link, premise)]
            bound = owl.ObjectIntersectionOf(tuple(values))
            link = related("Rran", first.subject, first.property, bound, premises, self._tracer.axiom(number))
        return link

    # x -r→ y

    def _link(self, fact: Fact, inference: Inference, axiom: Axiom | None) -> Proof | None:
        x, role, y = fact
        match inference.rule:
            case Rule.TOLD:
                return self._told_link(self._built[inference.premises[0]], role, y, axiom)
            case Rule.RAISE:
                return self._raise(self._built[inference.premises[0]], role, inference.premises[0][1], axiom)
            case Rule.CHAIN:
                links = self._chained(inference)
                if role in self._loops:
                    return member("R∘", self._contexts.node(x), owl.ObjectHasSelf(self._role(role)), links, axiom)
                return related("R∘", self._contexts.node(x), self._role(role), self._contexts.node(y), links, axiom)
            case Rule.OWN:
                proofs = [self._built[one] for one in inference.premises]
                return member("Rself", self._contexts.node(x), owl.ObjectHasSelf(self._role(role)), proofs)
            case Rule.SAME:
                return self._same_link(fact, [self._built[one] for one in inference.premises])
            case Rule.SAFE:
                proofs = [self._built[one] for one in inference.premises]
                nodes = self._contexts.node(x), self._contexts.node(y)
                return related("Rrule", nodes[0], self._role(role), nodes[1], proofs, axiom)
        return None

    def _same_link(self, fact: Fact, proofs: Sequence[Proof]) -> Proof:
        """``Rsame`` of a link's target, or of its subject."""
        x, role, y = fact
        link = next(one for one in proofs if isinstance(one.conclusion, Successor))
        nodes = self._contexts.node(x), self._contexts.node(y)
        if (link.conclusion.subject, link_of(link).object) == nodes:
            return link
        return related("Rsame", nodes[0], self._role(role), nodes[1], proofs)

    def _told_link(self, body: Proof, role: int, y: int, axiom: Axiom | None) -> Proof | None:
        name, subject = self._role(role), body.conclusion.subject
        filler = self._tracer.base_of(y)

        def finish(made: Proof) -> Proof | None:
            if isinstance(axiom, owl.ObjectPropertyAssertion) and about(axiom, subject):
                return self._bounded(related("told", subject, name, axiom.object, (), axiom), y)
            if role in self._loops:
                return unfolded(made, lambda one: one == owl.ObjectHasSelf(name))
            out = link_out(made, name, filler)
            return None if out is None else self._bounded(out, y)

        found = finish(body) if axiom is None else matching(axiom, [body], finish)
        return self._told_loop(body, name, axiom) if found is None else found

    def _told_loop(self, body: Proof, role: str, axiom: Axiom | None) -> Proof | None:
        """A link to itself by a role of which the ontology asks no self restriction."""

        def finish(made: Proof) -> Proof | None:
            loop = unfolded(made, lambda one: one == owl.ObjectHasSelf(role))
            return None if loop is None else self._looped(loop)

        return finish(body) if axiom is None else matching(axiom, [body], finish)

    @staticmethod
    def _looped(loop: Proof) -> Proof:
        """``Rself``; of a reflexive role, the link itself by ``Rrefl``."""
        subject, some = loop.conclusion.subject, type_of(loop)
        assert isinstance(some, owl.ObjectHasSelf)
        if loop.rule == "Rrefl":
            return related("Rrefl", subject, some.property, subject, (), loop.axiom)
        return related("Rself", subject, some.property, subject, [loop])

    @staticmethod
    def _as_loop(link: Proof) -> Proof:
        """The self restriction from which a link to itself follows."""
        if link.rule == "Rself":
            return link.premises[0]
        found = link_of(link)
        return member("Rrefl", found.subject, owl.ObjectHasSelf(found.property), (), link.axiom)

    def _raise(self, link: Proof, role: int, sub: int, axiom: Axiom | None) -> Proof:
        if sub in self._loops and role not in self._loops:
            loop = self._looped(link)
            if role == TOP_ROLE:
                return related("RH", loop.conclusion.subject, TOP_PROPERTY, loop.conclusion.subject, [loop])
            return loop
        if isinstance(link.conclusion, Membership):
            return member("RH", link.conclusion.subject, owl.ObjectHasSelf(self._role(role)), [link], axiom)
        found = link.conclusion
        return related("RH", found.subject, self._role(role), found.object, [link], axiom)

    def _chained(self, inference: Inference) -> tuple[Proof, ...]:
        """The links of a chain, those of its auxiliary roles written out."""
        found: list[Proof] = []
        for premise in inference.premises:
            found.extend(self._segments[premise] if premise in self._segments else [self._built[premise]])
        if inference.rule is Rule.RAISE:
            return tuple(self._looped(one) for one in found)
        return tuple(found)

    # data

    def _data(self, body: Proof, inference: Inference, wanted: ClassExpression) -> Proof:
        """``RDran`` for each range that narrows the value, ``RDH`` up to the property, then ``RD+`` or ``RD⊥``."""
        subject, value = body.conclusion.subject, type_of(body)
        assert isinstance(value, owl.DataSomeValuesFrom)
        here = body
        for premise, number in zip(inference.premises[1:], inference.axioms, strict=False):
            above = self._data_raised(body, premise)
            axiom = self._tracer.axiom(number)
            assert isinstance(axiom, owl.DataPropertyRange)
            narrowed = owl.DataSomeValuesFrom(value.property, _narrowed(_range(here), axiom.range))
            here = member("RDran", subject, narrowed, [here] if above is body else [here, above], axiom)
        if wanted == NOTHING:
            return member("RD⊥", subject, NOTHING, [here])
        here = self._data_raised(here, inference.premises[-1])
        return here if type_of(here) == wanted else member("RD+", subject, wanted, [here])

    def _data_raised(self, body: Proof, inclusion: Fact) -> Proof:
        """The same value of a data property above, step by step."""
        subject = body.conclusion.subject
        for entity, number in self._tracer.data.path(inclusion):
            wider = owl.DataSomeValuesFrom(self._index.iri(entity), _range(body))
            body = member("RDH", subject, wider, [body], self._tracer.axiom(number))
        return body

    def _functional(self, node: Node, inference: Inference, axiom: Axiom | None) -> Proof:
        facts = inference.premises
        values = [self._data_raised(self._built[facts[i]], facts[i + 2]) for i in (0, 1)]
        return member("RDfun", node, NOTHING, values, axiom)

    # what is asked for

    def _asked(self, node: Node, proofs: Sequence[Proof], wanted: ClassExpression) -> Proof:
        if isinstance(wanted, owl.ObjectIntersectionOf):
            return together(proofs, wanted) if proofs else top(node)
        if existential(wanted) is not None:
            return member("R∃+", node, wanted, proofs)
        if isinstance(wanted, owl.ObjectHasSelf):
            link = proofs[0]
            return link if isinstance(link.conclusion, Membership) else member("Rself", node, wanted, [link])
        same = meaning(type_of(proofs[0])) == meaning(wanted)
        return proofs[0] if same else member("R⊔+", node, wanted, proofs)


def _range(proof: Proof) -> DataRange:
    found = type_of(proof)
    assert isinstance(found, owl.DataSomeValuesFrom)
    return found.range


def _narrowed(one: DataRange, other: DataRange) -> DataRange:
    return EMPTY if disjoint(one, other) else intersection(one, other) or one
