"""Why something follows for a patient, why something does not, and what contradicts."""

from __future__ import annotations

from datetime import datetime

from kgtwin.errors import OntologySyntaxError, UsageError
from kgtwin.inference.evaluating import evaluate
from kgtwin.inference.explaining.nearest import Withdrawn
from kgtwin.inference.explaining.whynot import Case, Question, why, why_not
from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.axioms import Class
from kgtwin.model.contradiction import Contradiction
from kgtwin.model.derivation import Derivation
from kgtwin.model.ontology import EntityKind
from kgtwin.model.owl_text import manchester
from kgtwin.model.whynot import WhyNot
from kgtwin.ontology.manchester import read_expression
from kgtwin.service.concluding import Concluding
from kgtwin.workbench.naming import Entities

LONGEST = 10_000
"""Characters of a class expression."""


class Explaining(Concluding):
    """The use cases that say why."""

    async def why_not(
        self, patient: str, asked: str, *, at: datetime | None = None, as_of: int | None = None
    ) -> WhyNot:
        """Which premises are missing for a patient to be what is asked, and which facts come closest to them.

        What is asked is a statement or another class (a CURIE, an IRI, a label), or a class expression in Manchester
        syntax.

        Raises:
            NotFoundError: if the patient was not known then, or there is no such revision yet.
            UsageError: if nothing is called so, and it is no class expression either.
        """
        case = await self.case(patient, at=at, as_of=as_of)
        return why_not(case, question(asked, case.knowledge))

    async def why(
        self, patient: str, asked: str, *, at: datetime | None = None, as_of: int | None = None
    ) -> Derivation | None:
        """The proof that a patient is what is asked; None where it does not follow.

        Raises:
            NotFoundError, UsageError: as ``why_not``.
        """
        case = await self.case(patient, at=at, as_of=as_of)
        return why(case, question(asked, case.knowledge))

    async def contradictions(
        self, patient: str, *, at: datetime | None = None, as_of: int | None = None
    ) -> tuple[Contradiction, ...]:
        """What of a patient's facts cannot all be true, what is left out for that, and the proofs.

        Raises:
            NotFoundError: as ``why_not``.
        """
        case = await self.case(patient, at=at, as_of=as_of)
        found = evaluate(case.patient, case.record, case.facts, case.knowledge, at=case.at, revision=case.revision)
        return found.left_out

    async def case(self, patient: str, *, at: datetime | None, as_of: int | None) -> Case:
        """All that is known of a patient, and what was taken back, at a moment."""
        known = await self._one(patient, as_of)
        taken = await self.store.withdrawn(known.record.key, as_of=as_of)
        return Case(
            patient=known.record.key,
            record=known.record,
            facts=known.facts,
            knowledge=self.knowledge(),
            at=at or self.now().replace(second=0, microsecond=0),
            revision=known.revision,
            withdrawn=tuple(Withdrawn(fact, how) for fact, how in taken),
            unverified=self.unverified,
        )


def question(asked: str, knowledge: Knowledge) -> Question:
    """The class that a name or an expression means.

    Raises:
        UsageError: if it is empty or too long, or neither a name nor an expression.
    """
    text = asked.strip()
    if not text or len(text) > LONGEST:
        raise UsageError(
            "an empty question" if not text else f"{len(text)} characters",
            expected=f"a statement's CURIE or label, or a class expression of at most {LONGEST:,} characters",
        )
    entities = Entities(knowledge.ontology)
    found = entities(text, (EntityKind.CLASS,))
    if isinstance(found, tuple):
        return Question(Class(found[0]), knowledge.label(found[0]))
    try:
        expression = read_expression(text, entities)
    except OntologySyntaxError as error:
        message = f"{found}, and it is no class expression: {error.message}"
        expected = "a statement's CURIE or label, or a class expression in Manchester syntax"
        raise UsageError(message, where=error.where, expected=error.expected or expected) from None
    return Question(expression, manchester(expression, knowledge.label))
