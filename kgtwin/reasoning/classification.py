"""Classifies an ontology, as one immutable value that answers, explains, extends and realises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Assertion, Axiom, Class, ClassExpression
from kgtwin.model.caveat import Caveat
from kgtwin.model.owl_text import render
from kgtwin.model.proof import Justifications, Proof
from kgtwin.reasoning.asking import Questions
from kgtwin.reasoning.change import ChangedClosure, changed_table
from kgtwin.reasoning.changed import ChangedIndex, ChangedTaxonomy
from kgtwin.reasoning.closing_individuals import complete
from kgtwin.reasoning.closure import Closure, close
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.edit import TooDeep
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.individuals import Knowledge, OfTheBase
from kgtwin.reasoning.program import BOTTOM, TOP
from kgtwin.reasoning.proofs import LIMIT, Prover, leaves
from kgtwin.reasoning.query import Query
from kgtwin.reasoning.realisation import Realisation
from kgtwin.reasoning.taxonomy import Taxonomy, TaxonomyColumns, taxonomy
from kgtwin.reasoning.view import View
from kgtwin.vocabulary import OWL_NOTHING

if TYPE_CHECKING:
    from kgtwin.reasoning.completeness import Completeness

Progress = Callable[[str, int, int], None]
"""``progress(what, done, all)``."""


def classify(
    axioms: AxiomTable | Iterable[Axiom], *, classes: Iterable[str] = (), progress: Progress | None = None
) -> Classification:
    """The classification of axioms; ``classes`` are declared ones to include even if no axiom uses them.

    >>> a, b, c = (Class(f"http://x/{name}") for name in "abc")
    >>> from kgtwin.model.axioms import SubClassOf
    >>> sorted(classify([SubClassOf(a, b), SubClassOf(b, c)]).ancestors("http://x/a"))
    ['http://www.w3.org/2002/07/owl#Thing', 'http://x/b', 'http://x/c']

    Raises:
        InconsistentOntologyError: ``⊤ ⊑ ⊥`` follows, or the ontology's own assertions contradict it.
        ReasonerMemoryError: the axioms entail more than fits in memory.
    """
    report = progress or (lambda _what, _done, _all: None)
    report("index", 0, 3)
    table = axioms if isinstance(axioms, AxiomTable) and not classes else AxiomTable.of(axioms, classes)
    report("saturate", 1, 3)
    indexed, closure = _closed(table)
    report("reduce", 2, 3)
    found = Classification(indexed, closure, taxonomy(closure, indexed.atoms.named))
    report("done", 3, 3)
    return found


class Classification:
    """Which class is below which. Immutable: :meth:`extend` gives a new value."""

    def __init__(
        self,
        index: Index,
        closure: Closure,
        hierarchy: Taxonomy | ChangedTaxonomy,
        base: Classification | None = None,
    ) -> None:
        self._index, self._closure, self._taxonomy, self._base = index, closure, hierarchy, base
        self._require_consistency()

    @property
    def axioms(self) -> Sequence[Axiom]:
        """The axioms that it was made from."""
        return self._table

    # what it says

    @cached_property
    def caveats(self) -> tuple[Caveat, ...]:
        """What was not used of the axioms given, each with its text and the names in it; see :meth:`touched`."""
        return self.completeness.caveats

    def caveats_of(self, iri: str) -> tuple[Caveat, ...]:
        """The caveats that can touch what is said to be above a class, or whether it is empty.

        Without any, that is all that follows from the axioms. Of its parents, the caveats of its ancestors count, too.

        Raises:
            NotFoundError: the IRI is no class here.
        """
        return self.completeness.of(self.afresh._atom(iri))

    def caveats_below(self, iri: str) -> tuple[Caveat, ...]:
        """The caveats that can touch what is said to be below a class: those that touch one that may be missing.

        Raises:
            NotFoundError: the IRI is no class here.
        """
        known = {iri, *self.equivalents(iri), *self.descendants(iri)}
        return tuple(one for one in self.caveats if not self.touched(one) <= known)

    @property
    def caveats_of_consistency(self) -> tuple[Caveat, ...]:
        """The caveats that can touch whether the axioms contradict one another; without any, they certainly do not."""
        return self.completeness.of_consistency

    def touched(self, caveat: Caveat) -> frozenset[str]:
        """The classes whose answers (:meth:`caveats_of`) a caveat can touch.

        Raises:
            KeyError: it is none of :attr:`caveats`.
        """
        return frozenset(self.afresh._names(self.completeness.touched(caveat)))

    @cached_property
    def classes(self) -> frozenset[str]:
        """Every class, with ``owl:Thing`` and ``owl:Nothing``."""
        return frozenset(self._names(self._index.class_atoms()))

    @property
    def size(self) -> int:
        """How many classes there are, with ``owl:Thing`` and ``owl:Nothing``."""
        return len(self._index.class_atoms())

    @property
    def statistics(self) -> dict[str, int]:
        """Sizes, for people who wonder where the time goes."""
        index, program = self._index, self._index.program
        return {
            "classes": self.size,
            "individuals": index.atoms.proper - index.atoms.named,
            "object properties": sum(entity >= 0 for entity in index.box.entity),
            "role chains": len(index.box.chains),
            "atoms": index.count,
            "contexts": int(program.is_context.sum()),
        }

    def columns(self) -> TaxonomyColumns | None:
        """The taxonomy as arrays, to be written at once; None where it is not kept as such."""
        if not isinstance(self._taxonomy, Taxonomy):
            return None
        names, name_ends = self._index.all_names()
        classes = self._index.atoms.entity[: self._index.atoms.named]
        return TaxonomyColumns(
            names, name_ends, classes, self._taxonomy.head, self._taxonomy.ends, self._taxonomy.parents
        )

    @cached_property
    def individuals(self) -> tuple[str, ...]:
        """The individuals that the ontology itself names."""
        return self._index.individuals

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
        return frozenset(self._names(c for c in self._named(head) if c not in own))

    def descendants(self, iri: str) -> frozenset[str]:
        """All strict satisfiable subclasses (no equivalents)."""
        return self._with_equivalents(self._taxonomy.descendants(self._head(iri)))

    def least_common_subsumers(self, iris: Iterable[str]) -> frozenset[str]:
        """The most specific named classes above all of some classes, with their equivalents.

        Raises:
            NotFoundError: one of the IRIs is no class here.
            ValueError: no IRI was given.
        """
        head = self._taxonomy.head_of
        atoms = [self._atom(iri) for iri in iris]
        if not atoms:
            raise ValueError("least common subsumers of no class at all")
        sets = [{head(d) for d in self._named(c)} for c in atoms if head(c) != BOTTOM]
        if not sets:
            return self._with_equivalents([BOTTOM])
        common = set.intersection(*sets)
        above = {c: {head(d) for d in self._named(c)} for c in common}
        return self._with_equivalents(c for c in common if not any(c in above[d] for d in common if d != c))

    def successors(self, iri: str, role: str) -> frozenset[str | ClassExpression]:
        """The most specific C with ``iri ⊑ ∃role.C``; an IRI where C is a named class."""
        targets = list(dict.fromkeys(link.target for link in self._view.to(self._atom(iri), role)))
        above = {one: {other for other in targets if self._is_within(one, other)} for one in targets}
        specific = [one for one in targets if not any(one in above[two] and two not in above[one] for two in targets)]
        return frozenset(map(self._named_or_value, specific))

    def explain(self, sub: str, sup: str) -> Proof | None:
        """Why ``sub ⊑ sup``; None where it does not follow.

        Raises:
            NotFoundError: one of the IRIs is no class here.
        """
        return self._prover.subsumption(self.afresh._atom(sub), self.afresh._atom(sup))

    def justifications(
        self, sub: str | ClassExpression, sup: str | ClassExpression, limit: int = LIMIT
    ) -> Justifications:
        """The minimal sets of axioms from which ``sub ⊑ sup`` follows, at most ``limit``; none where it does not.

        Classes are given by their IRIs, or as expressions.

        Raises:
            NotFoundError: one of the IRIs is no class here.
        """
        found = self.afresh
        expression = Class(found._index.name(found._atom(sup))) if isinstance(sup, str) else sup
        if isinstance(sub, str):
            return found._prover.justifications(found._atom(sub), expression, limit)
        extension = Extension(found._index)
        atom = extension.filler(sub)
        closure = found._closure.on_top(extension) if extension.count else found._closure
        view = View(found._index, closure, extension)
        return Prover(view, (), [sub]).justifications(atom, expression, limit)

    def justify_unsatisfiable(self, iri: str, limit: int = LIMIT) -> Justifications:
        """The minimal sets of axioms by which a class can have no instance.

        Raises:
            NotFoundError: the IRI is no class here.
        """
        return self.justifications(iri, OWL_NOTHING, limit)

    def empty_atoms(self) -> tuple[Prover, dict[int, str]]:
        """The unsatisfiable classes by their atoms, with what explains them."""
        found = self.afresh
        return found._prover, {found._atom(iri): iri for iri in sorted(found.unsatisfiable)}

    @property
    def completeness(self) -> Completeness:
        """What was not used, and where that matters."""
        return self.afresh._own_completeness

    @cached_property
    def afresh(self) -> Classification:
        """The same, classified as a whole: what explanations are worked out from."""
        if not isinstance(self._closure, ChangedClosure):
            return self
        return classify(self._table)

    # what follows from more

    def extend(self, axioms: Iterable[Axiom]) -> Classification:
        """The classification of these axioms beside the ones it was made from, as a new value."""
        return self.change(axioms)

    def change(self, added: Iterable[Axiom] = (), removed: Iterable[Axiom] = ()) -> Classification:
        """A new value with some axioms more and some less; it shares what did not change. Its classes stay known.

        Raises:
            NotFoundError: an axiom to remove is not among those it was made from.
            InconsistentOntologyError: nothing could exist any more.
        """
        added, removed = tuple(added), tuple(removed)
        try:
            closure = self._changeable.change(added, removed)
        except TooDeep:
            return classify(changed_table(self._table, added, removed, self._index.other_classes()))
        index = ChangedIndex(closure)
        base = self._base or self
        assert isinstance(base._taxonomy, Taxonomy)
        return Classification(index, closure, ChangedTaxonomy(base._taxonomy, index, closure), base)

    def query(self, expression: ClassExpression) -> Query:
        """Where an anonymous class expression stands among the named classes; this value stays as it is."""
        return Query(expression, self._index, self._closure, self)

    def questions(self, expressions: Sequence[ClassExpression]) -> Questions:
        """Expressions that many realised individuals will be asked about, by :meth:`Realisation.answers`."""
        return Questions(self._index, expressions)

    def realise(self, assertions: Sequence[Assertion]) -> Realisation:
        """What follows about individuals; the ontology's own assertions count, too."""
        try:
            return Realisation(self._index, self._closure, self._taxonomy, assertions, self)
        except OfTheBase:
            found, closure = _closed(changed_table(self._table, assertions, (), ()))
            return Realisation(found, closure, taxonomy(closure, found.atoms.named), (), self, self.caveats)

    # inside

    @property
    def inside(self) -> tuple[Index, Closure]:
        """What it is made of; for the other modules of the reasoner."""
        return self._index, self._closure

    @cached_property
    def _changeable(self) -> ChangedClosure:
        if isinstance(self._closure, ChangedClosure):
            return self._closure
        if not isinstance(self._closure, CompiledClosure) or Knowledge.of(self._index).matters:
            raise TooDeep
        return ChangedClosure.of(self._index, self._closure)

    @cached_property
    def _table(self) -> AxiomTable:
        """The axioms that it was made from, in columns."""
        return self._closure.table() if isinstance(self._closure, ChangedClosure) else self._index.table

    @cached_property
    def _own_completeness(self) -> Completeness:
        from kgtwin.reasoning.completeness import Completeness  # noqa: PLC0415 - few questions are about caveats

        return Completeness(self._index, self._closure)

    def _named(self, atom: int) -> list[int]:
        return [c for c in map(int, self._closure.subsumers(atom)) if self._index.is_class(c)]

    @cached_property
    def _view(self) -> View:
        return View(self._index, self._closure)

    @cached_property
    def _prover(self) -> Prover:
        return Prover(self.afresh._view)

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
        return self._taxonomy.head_of(self._atom(iri))

    def _names(self, atoms: Iterable[int]) -> Iterable[str]:
        return map(self._index.name, atoms)

    def _with_equivalents(self, heads: Iterable[int]) -> frozenset[str]:
        return frozenset(self._names(c for head in heads for c in self._taxonomy.group(head)))

    def _is_within(self, one: int, other: int) -> bool:
        """Whether something is all that another filler asks for."""
        return one == other or self._view.satisfies(one, self._index.value(other))

    def _named_or_value(self, target: int) -> str | ClassExpression:
        value = self._index.value(target)
        return value.iri if isinstance(value, Class) else value


def _closed(table: AxiomTable) -> tuple[Index, Closure]:
    """The index of axioms, and what follows from it."""
    indexed = index(table)
    return complete(indexed, close(indexed.program))
