"""What another ontology changed for a patient: issues that were told, or follow now, and the axioms behind that.

Past conclusions keep their proofs, so the axioms that were used then are known without the ontology of then. Which
axioms are new is not, unless that ontology is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kgtwin.errors import UsageError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.issues.derive import abbreviated
from kgtwin.inference.knowledge import version_of
from kgtwin.model.derivation import AxiomRef
from kgtwin.model.history import AxiomDifference, Difference, IssueDifference, KnowledgeDifference, Reason
from kgtwin.model.issue import DetectedIssue, Inference
from kgtwin.model.ontology import Ontology
from kgtwin.model.owl_text import render
from kgtwin.vocabulary import RDFS_LABEL

_SUBJECT = re.compile(r"(?:EquivalentClasses|SubClassOf)\((\S+) ")
_DEFINITION = re.compile(r"EquivalentClasses\((\S+) ")


class Axioms:
    """The axioms of an ontology as proofs write them."""

    def __init__(self, ontology: Ontology) -> None:
        self._texts = {abbreviated(render(axiom)) for axiom in ontology.axioms}
        self._annotations = ontology.annotations
        self._definitions: dict[str, str] = {}
        for text in sorted(self._texts):
            found = _DEFINITION.match(text)
            if found:
                self._definitions.setdefault(found.group(1), text)

    def __contains__(self, axiom: AxiomRef) -> bool:
        return axiom.text in self._texts

    def instead_of(self, axiom: AxiomRef) -> AxiomRef | None:
        """The definition of the class that an axiom defined, if it is another one."""
        found = _DEFINITION.match(axiom.text)
        text = self._definitions.get(found.group(1)) if found else None
        return None if text is None or text == axiom.text else AxiomRef(text)

    def otherwise(self, axiom: AxiomRef) -> AxiomRef | None:
        """The same axiom with what this ontology says of the class that it is about, if that is something else."""
        found = _SUBJECT.match(axiom.text)
        if axiom not in self or not found or not axiom.annotations:
            return None
        notes = self._annotations.get(to_iri(found.group(1)), ())
        said = tuple((to_curie(one.property), one.value) for one in notes if one.property != RDFS_LABEL)
        return None if said == axiom.annotations else AxiomRef(axiom.text, None, said)


def untold(version: str) -> KnowledgeDifference:
    """Where nothing was stored as following then."""
    text = "what followed then was not stored: whether the ontology has changed since cannot be said"
    return KnowledgeDifference(before=None, after=version, text=text)


def with_knowledge(
    found: Difference, told: Inference, again: Inference, today: Ontology, then: Ontology | None
) -> Difference:
    """A difference under today's ontology, with what the ontology alone changed.

    ``told`` is what was told under the old one, ``again`` what follows from the same facts at the same time today.

    Raises:
        UsageError: if ``then`` is not the ontology of what was told.
    """
    if then is not None and version_of(then) != told.knowledge:
        raise UsageError(
            f"the ontology of before is {version_of(then)}",
            expected=f"{told.knowledge}, on which rests what was told then",
            remedy="name another revision of it, or leave it out",
        )
    text = f"the knowledge was {told.knowledge}, and is {again.knowledge} now"
    if then is None:
        text += "; the old ontology is not at hand: which axioms are new cannot be said (--ontology-before)"
    knowledge = KnowledgeDifference(before=told.knowledge, after=again.knowledge, at_hand=then is not None, text=text)
    changed = _issues(told, again, Axioms(today), Axioms(then) if then is not None else None)
    return msgspec.structs.replace(found, knowledge=knowledge, issues=(*changed, *found.issues))


def _issues(told: Inference, again: Inference, today: Axioms, then: Axioms | None) -> Iterator[IssueDifference]:
    old, new = {one.id: one for one in told.issues}, {one.id: one for one in again.issues}
    for id_ in sorted(old.keys() | new.keys()):
        before, after = old.get(id_), new.get(id_)
        axioms = tuple(_axioms(before, after, today, then))
        same = before is not None and after is not None and before.significance is after.significance
        if not same or axioms:
            yield IssueDifference(before=before, after=after, reason=Reason.KNOWLEDGE, axioms=axioms)


def _axioms(
    before: DetectedIssue | None, after: DetectedIssue | None, today: Axioms, then: Axioms | None
) -> Iterator[AxiomDifference]:
    """The axioms of both proofs that one of the ontologies does not have, or says with other annotations."""
    old = {one.text: one for one in before.derivation.axioms} if before else {}
    new = {one.text: one for one in after.derivation.axioms} if after else {}
    replaced: set[str] = set()
    for axiom in old.values():
        if axiom not in today and axiom.text != _PATIENT:
            now = today.instead_of(axiom)
            now = new.get(now.text, now) if now else None
            replaced |= {now.text} if now else set()
            yield AxiomDifference(before=axiom, after=now)
        elif axiom.text in new and axiom.annotations != new[axiom.text].annotations:
            yield AxiomDifference(before=axiom, after=new[axiom.text])
        elif axiom.text not in new and (said := today.otherwise(axiom)) is not None:
            yield AxiomDifference(before=axiom, after=said)
    for axiom in new.values():
        if then is not None and axiom not in then and axiom.text not in (*replaced, _PATIENT):
            yield AxiomDifference(before=then.instead_of(axiom), after=axiom)
        elif then is not None and axiom.text not in old and (said := then.otherwise(axiom)) is not None:
            yield AxiomDifference(before=said, after=axiom)


_PATIENT = "the patient is a Patient"
"""What proofs say of the individual itself."""
