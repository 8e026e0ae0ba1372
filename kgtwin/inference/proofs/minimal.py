"""All minimal derivations of an issue: sets of facts and axioms that suffice, of which none can be left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import Final

from kgtwin.inference.issues.derive import ASSERTIONS, Deriver
from kgtwin.inference.issues.found import Evaluation, Found
from kgtwin.inference.issues.matching import Witness
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import Axiom, Class, ClassExpression, ObjectHasValue, ObjectSomeValuesFrom
from kgtwin.model.derivation import AxiomRef, FactRef, Minimal, MinimalDerivations
from kgtwin.model.proof import Justifications
from kgtwin.reasoning.proofs import leaves
from kgtwin.vocabulary import kgtwin

LIMIT: Final = 10
"""So many minimal derivations, unless more are asked for."""
COMBINED: Final = 2_000
"""So many ways to combine the parts of a statement are looked at."""
Sets = list[frozenset[Axiom]]


def minimal_derivations(found: Found, evaluation: Evaluation, limit: int = LIMIT) -> MinimalDerivations:
    """The minimal sets of what an issue rests on, by the definition of its statement; at most ``limit``.

    Best first: fewest facts and axioms, then fewest that are unsure (caveats of facts, axioms of unverified evidence).
    That medicines are distinct, or not taken now, is not said by axioms, and holds for each of them.
    """
    search = _Search(evaluation, limit)
    sets = (
        search.of_match(found)
        if found.match.combinations
        else search.of(PATIENT_INDIVIDUAL, Class(found.statement.iri))
    )
    smallest = [one for one in set(sets) if not any(other < one for other in sets)]
    shown = sorted((search.described(one) for one in smallest), key=_rank)
    return MinimalDerivations(tuple(shown[:limit]), search.complete and len(shown) <= limit)


def _rank(one: Minimal) -> tuple[int, int, tuple[str, ...]]:
    texts = (*(fact.fact for fact in one.facts), *(axiom.text for axiom in one.axioms))
    return len(texts), one.unsure, texts


class _Search:
    """``complete`` until a limit is reached."""

    def __init__(self, evaluation: Evaluation, limit: int) -> None:
        self._evaluation, self._limit, self.complete = evaluation, limit, True
        self._realisation = evaluation.realisation
        self._deriver = Deriver(evaluation.knowledge, evaluation.box)

    def of_match(self, found: Found) -> Sets:
        """Of each combination of witnesses, each way to show each of its parts."""
        definition = found.statement.definition
        assert definition is not None, "what has combinations is defined"
        told = frozenset[Axiom](axiom for axiom, _ in definition.unfolded.values())
        others = [p for p in definition.parts if not isinstance(p, ObjectSomeValuesFrom)]
        rest = [self.of(PATIENT_INDIVIDUAL, part) for part in others]
        sets: Sets = []
        for combination in found.match.combinations:
            if len(sets) >= COMBINED:
                self.complete = False
                break
            ways = [*rest, *(way for witness in combination for way in self._of_witness(witness))]
            sets += self._joined(told, ways)
        return sets

    def of(self, node: str | ClassExpression, expression: ClassExpression) -> Sets:
        """The justifications of one thing."""
        return self._kept(self._realisation.justifications(node, expression, self._limit))

    def _of_witness(self, witness: Witness) -> Iterator[Sets]:
        role, node = witness.conjunct.property, witness.node
        if isinstance(node, str):
            yield self.of(PATIENT_INDIVIDUAL, ObjectHasValue(role, node))
        else:
            proof = self._realisation.explain_link(PATIENT_INDIVIDUAL, role, node)
            assert proof is not None, "a witness is a successor"
            self.complete = False
            yield [frozenset(leaves(proof))]
        yield self.of(node, witness.conjunct.filler)

    def _kept(self, found: Justifications) -> Sets:
        self.complete = self.complete and found.complete
        return list(found.sets)

    def _joined(self, told: frozenset[Axiom], ways: Iterable[Sets]) -> Iterator[frozenset[Axiom]]:
        combined = product(*ways)
        for one in islice(combined, COMBINED):
            yield told.union(*one)
        self.complete = self.complete and next(combined, None) is None

    def described(self, axioms: frozenset[Axiom]) -> Minimal:
        """The facts and axioms of a set, in the words of derivations."""
        facts: dict[FactRef, None] = {}
        rules: dict[AxiomRef, None] = {}
        unsure = 0
        for axiom in sorted(axioms, key=str):
            source = self._evaluation.box.sources.get(axiom) if isinstance(axiom, ASSERTIONS) else None
            if source is None:
                unsure += self._unverified(axiom)
                if (told := self._deriver.axiom(axiom)) is not None:
                    rules[told] = None
                continue
            for ref in self._deriver.refs(source):
                unsure += self._doubts(source) if ref not in facts else 0
                facts[ref] = None
        return Minimal(tuple(facts), tuple(rules), unsure)

    @staticmethod
    def _doubts(source: Selected | Stated) -> int:
        return len(source.caveats) if isinstance(source, Selected) else 0

    def _unverified(self, axiom: Axiom) -> bool:
        """Whether an axiom states evidence that nobody opened."""
        said = self._evaluation.knowledge.ontology.axiom_annotations.get(axiom, ())
        return any(one.property == kgtwin("evidenceStatus") and one.value == "unverified" for one in said)
