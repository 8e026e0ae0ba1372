"""Individuals realised on top of a shared classification, which is read and never written to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from kgtwin.errors import NotFoundError
from kgtwin.model.axioms import Assertion, Class, ClassExpression
from kgtwin.model.caveat import Caveat
from kgtwin.model.proof import Justifications, Proof
from kgtwin.reasoning.asking import Answers, Questions
from kgtwin.reasoning.changed import ChangedTaxonomy
from kgtwin.reasoning.closing_individuals import complete_on_top
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.extension import Extension, Node, told_of
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.program import BOTTOM, TOP
from kgtwin.reasoning.proofs import LIMIT, Prover
from kgtwin.reasoning.taxonomy import Taxonomy
from kgtwin.reasoning.view import View

if TYPE_CHECKING:
    from kgtwin.reasoning.classification import Classification
    from kgtwin.reasoning.completeness import Completeness


class Realisation:
    """What follows about individuals. Made by :meth:`Classification.realise`.

    With ``known`` the assertions are among the index's axioms, and these caveats are no news.

    Raises:
        OfTheBase: something follows about an individual that the ontology itself names, or needs rules of its own.
    """

    def __init__(
        self,
        index: Index,
        closure: Closure,
        taxonomy: Taxonomy | ChangedTaxonomy,
        assertions: Sequence[Assertion],
        of: Classification,
        known: Sequence[Caveat] | None = None,
    ) -> None:
        self._of, self._assertions = of, assertions
        self._index, self._taxonomy, self._base, self._known = index, taxonomy, closure, known
        self._extension = Extension(index)
        told_of(self._extension, assertions)
        self._closure = complete_on_top(index, closure, self._extension)
        self._view = View(index, self._closure, self._extension)
        self._prover = Prover(self._view, assertions)
        self._successors: dict[tuple[int, str], tuple[Node, ...]] = {}

    # what follows

    @cached_property
    def individuals(self) -> tuple[str, ...]:
        """Every individual of the ontology and of the assertions, in order of appearance."""
        return tuple(dict.fromkeys((*self._index.individuals, *self._extension.individuals)))

    @property
    def consistent(self) -> bool:
        """Whether no individual is below ``owl:Nothing``."""
        return not self.inconsistent

    @property
    def inconsistent(self) -> tuple[str, ...]:
        """The individuals that cannot exist; the types of those that do not depend on them stay good."""
        return tuple(iri for iri in self.individuals if BOTTOM in self._closure.subsumers(self._individual(iri)))

    @property
    def stopped(self) -> bool:
        """Whether a rule was perhaps not applied wherever it fits: :attr:`caveats` name it."""
        known = self._index.knowledge
        return bool(self._extension.open_rules) or (known is not None and bool(known.open_rules))

    @cached_property
    def caveats(self) -> tuple[Caveat, ...]:
        """What was not used of the assertions; numbers known only as an interval that several conditions cover."""
        from kgtwin.reasoning.completeness import on_top  # noqa: PLC0415 - few questions are about caveats

        if self._known is None:
            return on_top(self._index, self._base, self._closure, self._extension)
        return tuple(one for one in self._own_completeness.caveats if one not in self._known)

    def caveats_of(self, individual: str) -> tuple[Caveat, ...]:
        """The caveats that can touch the types of an individual; without any, those are all.

        An individual that cannot exist has all types, and the others are looked at without it.

        Raises:
            NotFoundError: no assertion names it.
        """
        if BOTTOM in self._closure.subsumers(self._individual(individual)):
            return ()
        return self._doubts

    @cached_property
    def _doubts(self) -> tuple[Caveat, ...]:
        """One for all: what one individual is may depend on what another one is, by what was not used."""
        if self._known is not None:
            return self._own_completeness.of_individuals
        if self._of.afresh is not self._of:
            return self._of.afresh.realise(self._assertions)._doubts
        roots = [*self._extension.individuals.values()]
        return self._of.completeness.on_top(self._view, self._base, roots)

    @cached_property
    def _own_completeness(self) -> Completeness:
        from kgtwin.reasoning.completeness import Completeness  # noqa: PLC0415 - likewise

        return Completeness(self._index, self._base)

    def types(self, individual: str) -> frozenset[str]:
        """All named classes of an individual, without ``owl:Thing``.

        Raises:
            NotFoundError: no assertion names it.
        """
        atom = self._individual(individual)
        new = map(self._extension.name, self._view.new(atom))
        return frozenset([*self._index.names(self._view.known(atom).tolist()), *new])

    def direct_types(self, individual: str) -> frozenset[str]:
        """The most specific of :meth:`types`, with their equivalents; ``owl:Thing`` where there is no other."""
        atom = self._individual(individual)
        specific = self._closure.most_specific(self._view.known(atom))
        new = self._view.new(atom)
        known = specific or ([] if new else self._taxonomy.group(TOP))
        return frozenset([*self._index.names(known), *map(self._extension.name, new)])

    def successors(self, node: Node, role: str) -> tuple[Node, ...]:
        """What a node is related to by a role or one below it, individuals first; each node once.

        Something that must exist is left out where another successor is all that it is known to be.

        Raises:
            NotFoundError: the node is neither an individual nor a filler that a query has returned.
        """
        atom = self._atom(node)
        found = self._successors.get((atom, role))
        if found is None:
            found = self._successors[atom, role] = tuple(map(self._returned, self._targets(atom, role)))
        return found

    def satisfies(self, node: Node, expression: ClassExpression) -> bool:
        """Whether a node is of a type: derived, or read off the closure (which is complete for EL expressions)."""
        return self._view.satisfies(self._atom(node), expression)

    def derives(self, node: Node, expression: ClassExpression) -> bool:
        """What :meth:`satisfies` says; by a look-up for named classes and the restrictions that left sides have."""
        atom = self._atom(node)
        known = self._index.waited_link(expression)
        if known is not None:
            return known in self._closure.subsumers(atom)
        return self._view.satisfies(atom, expression)

    def answers(self, individual: str, questions: Questions) -> Answers:
        """What :meth:`derives` says of an individual, for questions that ``Classification.questions`` made."""
        atom = self._individual(individual)
        return Answers(questions, self._view, self._closure.subsumers(atom), atom)

    def explain(self, node: Node, expression: ClassExpression) -> Proof | None:
        """Why a node is of a type; None where it does not follow."""
        return self._prover.membership(self._atom(node), expression)

    def explain_link(self, subject: Node, role: str, target: Node) -> Proof | None:
        """Why ``subject`` is related to ``target`` by ``role``; None where it does not follow."""
        return self._prover.link(self._atom(subject), role, self._atom(target))

    def justifications(self, node: Node, expression: ClassExpression, limit: int = LIMIT) -> Justifications:
        """The minimal sets of axioms and assertions by which a node is of a type, at most ``limit``; of
        ``owl:Nothing``, those by which it cannot exist. None where it does not follow.
        """
        return self._prover.justifications(self._atom(node), expression, limit)

    def atoms(self, individual: str) -> Collection[int]:
        """The atoms above an individual, by their numbers; for the other modules of the reasoner.

        Raises:
            NotFoundError: no assertion names it.
        """
        return self._closure.subsumers(self._individual(individual))

    # inside

    def _targets(self, atom: int, role: str) -> list[int]:
        """The individuals that an atom is related to, then what must exist besides."""
        kept: list[int] = []
        for target in dict.fromkeys(link.target for link in self._view.to(atom, role)):
            if not self._view.is_individual(target):  # individuals come first, and none covers another
                if any(self._covers(other, target) for other in kept):
                    continue
                kept = [other for other in kept if not self._covers(target, other)]
            kept.append(target)
        return kept

    def _individual(self, iri: str) -> int:
        atom = self._extension.individuals.get(iri)
        if atom is None:
            atom = self._index.individual_atom(iri)
        if atom is None:
            raise NotFoundError("no assertion names this individual", where=iri)
        return atom

    def _atom(self, node: Node) -> int:
        if isinstance(node, str):
            return self._individual(node)
        known = self._nodes.get(node)
        if known is None and isinstance(node, Class):
            known = self._index.class_atom(node.iri)
        if known is None:
            raise NotFoundError("no such node", where=str(node)[:200], expected="an individual or a returned successor")
        return known

    @cached_property
    def _nodes(self) -> dict[ClassExpression, int]:
        """The fillers that queries have returned."""
        return {}

    def _returned(self, atom: int) -> Node:
        node = self._extension.node(atom)
        if not isinstance(node, str):
            self._nodes.setdefault(node, atom)
        return node

    def _covers(self, one: int, other: int) -> bool:
        """Whether ``other`` is not an individual, and ``one`` is all that it is known to be."""
        if self._view.is_individual(other):
            return False
        node = self._extension.node(other)
        assert not isinstance(node, str)
        return other in self._closure.subsumers(one) or self._view.satisfies(one, node)
