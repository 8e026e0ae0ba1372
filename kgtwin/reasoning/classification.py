"""Classifies an ontology, as one immutable value that answers, explains, extends and realises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    ObjectPropertyAssertion,
)
from kgtwin.model.caveat import Caveat
from kgtwin.model.owl_text import render
from kgtwin.model.proof import Membership, Proof
from kgtwin.reasoning.completeness import caveats
from kgtwin.reasoning.context import Context
from kgtwin.reasoning.expressions import BOTTOM, Atom
from kgtwin.reasoning.indexing import Index
from kgtwin.reasoning.proofs import Prover
from kgtwin.reasoning.realisation import Realisation
from kgtwin.reasoning.saturation import Saturation, saturate
from kgtwin.reasoning.taxonomy import Taxonomy, taxonomy
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

Progress = Callable[[str, int, int], None]
"""``progress(what, done, all)``."""


def classify(
    axioms: Iterable[Axiom], *, classes: Iterable[str] = (), progress: Progress | None = None
) -> Classification:
    """The classification of axioms; ``classes`` are declared ones to include even if no axiom uses them.

    >>> a, b, c = (Class(f"http://x/{name}") for name in "abc")
    >>> from kgtwin.model.axioms import SubClassOf
    >>> sorted(classify([SubClassOf(a, b), SubClassOf(b, c)]).ancestors("http://x/a") - {OWL_THING})
    ['http://x/b', 'http://x/c']

    Raises:
        InconsistentOntologyError: ``⊤ ⊑ ⊥`` follows, or the ontology's own assertions contradict it.
    """
    return Classification(tuple(axioms), tuple(classes), progress)


class Classification:
    """Which class is below which. Immutable: :meth:`extend` gives a new value."""

    def __init__(self, axioms: tuple[Axiom, ...], classes: tuple[str, ...], progress: Progress | None = None) -> None:
        self._axioms, self._declared = axioms, classes
        told = [axiom for axiom in axioms if not isinstance(axiom, _ASSERTIONS)]
        _report(progress, "index", 0)
        index = Index(told, classes)
        _report(progress, "saturate", 1)
        self._saturation: Saturation = saturate(index)
        self._contexts = _named(self._saturation)
        self._require_consistency()
        _report(progress, "reduce", 2)
        self._taxonomy = self._reduced()
        self.caveats: tuple[Caveat, ...] = caveats(axioms, self._saturation)
        """What was not used of the axioms given, each with its text and what it can touch."""
        self._told_assertions = tuple(axiom for axiom in axioms if isinstance(axiom, _ASSERTIONS))
        if self._told_assertions:
            self._require_consistent_assertions()
        _report(progress, "done", 3)

    # what it says

    @property
    def classes(self) -> frozenset[str]:
        """Every class, with ``owl:Thing`` and ``owl:Nothing``."""
        return frozenset(self._contexts)

    @cached_property
    def unsatisfiable(self) -> frozenset[str]:
        """The classes that can have no instance; without ``owl:Nothing``."""
        empty = (iri for iri, context in self._contexts.items() if BOTTOM in context.subs)
        return frozenset(empty) - {OWL_NOTHING}

    def is_subclass_of(self, sub: str, sup: str) -> bool:
        """Whether ``sub ⊑ sup`` follows (every class is below itself).

        Raises:
            NotFoundError: one of the IRIs is no class here.
        """
        context, number = self._context(sub), self._number(sup)
        return number in context.subs or BOTTOM in context.subs

    def equivalents(self, iri: str) -> frozenset[str]:
        """The other classes with the same instances."""
        if self._empty(iri):
            return (self.unsatisfiable | {OWL_NOTHING}) - {iri}
        return self._taxonomy.group[iri] - {iri}

    def parents(self, iri: str) -> frozenset[str]:
        """The direct superclasses, with all their equivalents."""
        if self._empty(iri):
            leaves = [head for head, below in self._taxonomy.below.items() if not below]
            return self._with_equivalents(leaves)
        return self._with_equivalents(self._taxonomy.above[self._taxonomy.head[iri]])

    def children(self, iri: str) -> frozenset[str]:
        """The direct subclasses, with all their equivalents; ``owl:Nothing`` is no child of another class."""
        if self._empty(iri):
            return frozenset()
        return self._with_equivalents(self._taxonomy.below[self._taxonomy.head[iri]])

    def ancestors(self, iri: str) -> frozenset[str]:
        """All strict superclasses (no equivalents)."""
        if self._empty(iri):
            return self.classes - self.unsatisfiable - {OWL_NOTHING}
        return self._with_equivalents(self._taxonomy.supers[self._taxonomy.head[iri]])

    def descendants(self, iri: str) -> frozenset[str]:
        """All strict satisfiable subclasses (no equivalents)."""
        if self._empty(iri):
            return frozenset()
        return self._with_equivalents(self._descendants.get(self._taxonomy.head[iri], ()))

    def successors(self, iri: str, role: str) -> frozenset[str | ClassExpression]:
        """The most specific C with ``iri ⊑ ∃role.C``; an IRI where C is a named class."""
        targets = self._targets(self._context(iri), role)
        specific = [target for target in targets if not any(_above(target, other) for other in targets)]
        return frozenset(_named_or_value(self._saturation, target) for target in specific)

    def explain(self, sub: str, sup: str) -> Proof | None:
        """Why ``sub ⊑ sup``; None where it does not follow.

        Raises:
            NotFoundError: one of the IRIs is no class here.
        """
        context, number = self._context(sub), self._number(sup)
        prover = Prover(self._saturation)
        if number in context.subs:
            return prover.membership(context, number)
        if BOTTOM not in context.subs:
            return None
        nothing = prover.membership(context, BOTTOM)
        return Proof("R⊥⊑", Membership(Class(sub), Class(sup)), (nothing,))

    # what follows from more

    def extend(self, axioms: Iterable[Axiom]) -> Classification:
        """The classification of these axioms beside the ones it was made from."""
        return Classification((*self._axioms, *axioms), self._declared)

    def realise(self, assertions: Sequence[Assertion]) -> Realisation:
        """What follows about individuals; the ontology's own assertions count, too."""
        return Realisation(self._saturation, self._taxonomy, (*self._told_assertions, *assertions))

    # inside

    def _require_consistency(self) -> None:
        thing = self._contexts[OWL_THING]
        if BOTTOM in thing.subs:
            self._refuse(Prover(self._saturation).membership(thing, BOTTOM), "everything is below owl:Nothing")

    def _require_consistent_assertions(self) -> None:
        realisation = self.realise(())
        for individual in realisation.inconsistent:
            proof = realisation.explain(individual, Class(OWL_NOTHING))
            assert proof is not None
            self._refuse(proof, f"the individual <{individual}> of the ontology is below owl:Nothing")

    def _refuse(self, proof: Proof, message: str) -> None:
        because = "; ".join(render(axiom) for axiom in leaves(proof)[:5])
        raise InconsistentOntologyError(
            f"the ontology is inconsistent: {message}", expected="a model to exist", remedy=f"it follows from {because}"
        )

    def _reduced(self) -> Taxonomy:
        names = {context.root: iri for iri, context in self._contexts.items()}
        subsumers = {
            iri: frozenset(names[number] for number in context.subs if number in names)
            for iri, context in self._contexts.items()
            if BOTTOM not in context.subs
        }
        return taxonomy(subsumers)

    @cached_property
    def _descendants(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for head, supers in self._taxonomy.supers.items():
            for sup in supers:
                found.setdefault(sup, []).append(head)
        return found

    def _context(self, iri: str) -> Context:
        context = self._contexts.get(iri)
        if context is None:
            raise NotFoundError(
                "no such class in the ontology", where=iri, expected="the full IRI of a class that it declares or uses"
            )
        return context

    def _number(self, iri: str) -> int:
        number = self._context(iri).root
        assert number is not None
        return number

    def _empty(self, iri: str) -> bool:
        return BOTTOM in self._context(iri).subs

    def _with_equivalents(self, heads: Iterable[str]) -> frozenset[str]:
        return frozenset(iri for head in heads for iri in self._taxonomy.group[head])

    def _targets(self, context: Context, role: str) -> list[Context]:
        roles = self._saturation.index.roles
        return list(
            dict.fromkeys(
                target for below, targets in context.succ.items() if role in roles.supers(below) for target in targets
            )
        )


_ASSERTIONS = (ClassAssertion, ObjectPropertyAssertion, DataPropertyAssertion)


def _named(saturation: Saturation) -> dict[str, Context]:
    found: dict[str, Context] = {}
    for (root, ranges), context in saturation.contexts.items():
        form = saturation.expressions.form(root)
        if not ranges and isinstance(form, Atom) and isinstance(form.expression, Class):
            found[form.expression.iri] = context
    return found


def _above(target: Context, other: Context) -> bool:
    """Whether a filler says strictly less than another: all that it stands for is among the other's subsumers."""
    wanted = {target.root, *target.ranges}
    return target is not other and wanted <= other.subs.keys() and not {other.root, *other.ranges} <= target.subs.keys()


def _named_or_value(saturation: Saturation, target: Context) -> str | ClassExpression:
    assert target.root is not None
    value = saturation.expressions.value(target.root)
    return value.iri if isinstance(value, Class) else value


def leaves(proof: Proof) -> list[Axiom]:
    """The told axioms that a proof rests on, each once."""
    found: dict[Axiom, None] = {}
    seen: set[int] = set()
    stack = [proof]
    while stack:
        step = stack.pop()
        if id(step) in seen:
            continue
        seen.add(id(step))
        if step.axiom is not None:
            found[step.axiom] = None
        stack.extend(reversed(step.premises))
    return list(found)


def _report(progress: Progress | None, what: str, done: int) -> None:
    if progress is not None:
        progress(what, done, 3)
