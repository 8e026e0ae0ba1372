"""Classifies an ontology, as one immutable value that answers, explains, extends and realises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Assertion, Axiom, Class, ClassExpression
from kgtwin.model.caveat import Caveat
from kgtwin.model.owl_text import render
from kgtwin.model.proof import Proof
from kgtwin.reasoning.closure import Closure, close
from kgtwin.reasoning.completeness import caveats
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.program import BOTTOM, TOP
from kgtwin.reasoning.proofs import Prover, leaves
from kgtwin.reasoning.realisation import Realisation
from kgtwin.reasoning.taxonomy import Taxonomy, taxonomy
from kgtwin.reasoning.view import View
from kgtwin.vocabulary import OWL_NOTHING

Progress = Callable[[str, int, int], None]
"""``progress(what, done, all)``."""


def classify(
    axioms: AxiomTable | Iterable[Axiom], *, classes: Iterable[str] = (), progress: Progress | None = None
) -> Classification:
    """The classification of axioms; ``classes`` are declared ones to include even if no axiom uses them.

    >>> a, b, c = (Class(f"http://x/{name}") for name in "abc")
    >>> from kgtwin.model.axioms import SubClassOf
    >>> sorted(classify([SubClassOf(a, b), SubClassOf(b, c)]).ancestors("http://x/a") - {OWL_THING})
    ['http://x/b', 'http://x/c']

    Raises:
        InconsistentOntologyError: ``⊤ ⊑ ⊥`` follows, or the ontology's own assertions contradict it.
        ReasonerMemoryError: the axioms entail more than fits in memory.
    """
    report = progress or (lambda _what, _done, _all: None)
    report("index", 0, 3)
    table = axioms if isinstance(axioms, AxiomTable) and not classes else AxiomTable.of(axioms, classes)
    indexed = index(table)
    report("saturate", 1, 3)
    closure = close(indexed.program)
    report("reduce", 2, 3)
    found = Classification(indexed, closure, taxonomy(closure, indexed.atoms.named))
    report("done", 3, 3)
    return found


class Classification:
    """Which class is below which. Immutable: :meth:`extend` gives a new value."""

    def __init__(self, index: Index, closure: Closure, hierarchy: Taxonomy) -> None:
        self._index, self._closure, self._taxonomy = index, closure, hierarchy
        self._require_consistency()

    # what it says

    @cached_property
    def caveats(self) -> tuple[Caveat, ...]:
        """What was not used of the axioms given, each with its text and what it can touch."""
        return caveats(self._index, self._closure)

    @cached_property
    def classes(self) -> frozenset[str]:
        """Every class, with ``owl:Thing`` and ``owl:Nothing``."""
        return frozenset(self._names(range(self._index.atoms.named)))

    @cached_property
    def individuals(self) -> tuple[str, ...]:
        """The individuals that the ontology itself names."""
        atoms = self._index.atoms
        return tuple(self._index.name(atom) for atom in range(atoms.named, atoms.proper))

    @cached_property
    def unsatisfiable(self) -> frozenset[str]:
        """The classes that can have no instance; without ``owl:Nothing``."""
        return frozenset(self._names(self._taxonomy.group(BOTTOM))) - {OWL_NOTHING}

    def is_subclass_of(self, sub: str, sup: str) -> bool:
        """Whether ``sub ⊑ sup`` follows (every class is below itself).

        Raises:
            NotFoundError: one of the IRIs is no class here.
        """
        above = self._closure.subsumers(self._atom(sub))
        return self._atom(sup) in above or BOTTOM in above

    def equivalents(self, iri: str) -> frozenset[str]:
        """The other classes with the same instances."""
        return frozenset(self._names(self._taxonomy.group(self._atom(iri)))) - {iri}

    def parents(self, iri: str) -> frozenset[str]:
        """The direct superclasses, with all their equivalents."""
        head = self._head(iri)
        return self._with_equivalents(self._taxonomy.leaves if head == BOTTOM else self._taxonomy.above(head))

    def children(self, iri: str) -> frozenset[str]:
        """The direct subclasses, with all their equivalents; ``owl:Nothing`` is no child of another class."""
        return self._with_equivalents(self._taxonomy.below(self._head(iri)))

    def ancestors(self, iri: str) -> frozenset[str]:
        """All strict superclasses (no equivalents)."""
        head = self._head(iri)
        if head == BOTTOM:
            return self.classes - self.unsatisfiable - {OWL_NOTHING}
        own = set(self._taxonomy.group(head))
        named = self._index.atoms.named
        return frozenset(self._names(c for c in self._closure.subsumers(head) if c < named and c not in own))

    def descendants(self, iri: str) -> frozenset[str]:
        """All strict satisfiable subclasses (no equivalents)."""
        return self._with_equivalents(self._taxonomy.descendants(self._head(iri)))

    def least_common_subsumers(self, iris: Iterable[str]) -> frozenset[str]:
        """The most specific named classes above all of some classes, with their equivalents.

        Raises:
            NotFoundError: one of the IRIs is no class here.
            ValueError: no IRI was given.
        """
        named = self._index.atoms.named
        atoms = [self._atom(iri) for iri in iris]
        sets = [{c for c in self._closure.subsumers(c) if c < named} for c in atoms if self._taxonomy.head[c] != BOTTOM]
        if not atoms:
            raise ValueError("least common subsumers of no class at all")
        if not sets:
            return self._with_equivalents([BOTTOM])
        common = {int(self._taxonomy.head[c]) for c in set.intersection(*sets)}
        above = {c: {int(self._taxonomy.head[d]) for d in self._closure.subsumers(c) if d < named} for c in common}
        return self._with_equivalents(c for c in common if not any(c in above[d] for d in common if d != c))

    def successors(self, iri: str, role: str) -> frozenset[str | ClassExpression]:
        """The most specific C with ``iri ⊑ ∃role.C``; an IRI where C is a named class."""
        targets = list(dict.fromkeys(link.target for link in self._view.to(self._atom(iri), role)))
        above = {target: self._closure.subsumers(target) for target in targets}
        specific = [
            one
            for one in targets
            if not any(one in above[other] and other not in above[one] for other in targets if other != one)
        ]
        return frozenset(self._named_or_value(target) for target in specific)

    def explain(self, sub: str, sup: str) -> Proof | None:
        """Why ``sub ⊑ sup``; None where it does not follow.

        Raises:
            NotFoundError: one of the IRIs is no class here.
        """
        return self._prover.subsumption(self._atom(sub), self._atom(sup))

    # what follows from more

    def extend(self, axioms: Iterable[Axiom]) -> Classification:
        """The classification of these axioms beside the ones it was made from."""
        return classify((*self._index.table, *axioms), classes=self.classes)

    def realise(self, assertions: Sequence[Assertion]) -> Realisation:
        """What follows about individuals; the ontology's own assertions count, too."""
        return Realisation(self._index, self._closure, self._taxonomy, assertions)

    # inside

    @cached_property
    def _view(self) -> View:
        return View(self._index, self._closure)

    @cached_property
    def _prover(self) -> Prover:
        return Prover(self._view)

    def _require_consistency(self) -> None:
        atoms = self._index.atoms
        for atom in (TOP, *range(atoms.named, atoms.proper)):
            if BOTTOM in self._closure.subsumers(atom):
                what = "everything" if atom == TOP else f"the individual <{self._index.name(atom)}>"
                proof = self._prover.subsumption(atom, BOTTOM)
                assert proof is not None
                because = "; ".join(render(axiom) for axiom in leaves(proof)[:5])
                raise InconsistentOntologyError(
                    f"the ontology is inconsistent: {what} is below owl:Nothing",
                    expected="a model to exist",
                    remedy=f"it follows from {because}",
                )

    def _atom(self, iri: str) -> int:
        atom = self._index.class_atom(iri)
        if atom is None:
            raise NotFoundError(
                "no such class in the ontology", where=iri, expected="the full IRI of a class that it declares or uses"
            )
        return atom

    def _head(self, iri: str) -> int:
        return int(self._taxonomy.head[self._atom(iri)])

    def _names(self, atoms: Iterable[int]) -> Iterable[str]:
        return map(self._index.name, atoms)

    def _with_equivalents(self, heads: Iterable[int]) -> frozenset[str]:
        return frozenset(self._names(c for head in heads for c in self._taxonomy.group(head)))

    def _named_or_value(self, target: int) -> str | ClassExpression:
        value = self._index.value(target)
        return value.iri if isinstance(value, Class) else value
