"""The proof documents of all cases, made once."""

from __future__ import annotations

import pytest

from kgtwin.inference import Knowledge
from kgtwin.inference.proofs.sources import Told
from kgtwin.model.proof_document import ProofDocument
from kgtwin.terminology import Terminology
from tests.verification.documents import of_cases


class Documents(list[ProofDocument]):
    """Documents that a failed test does not write out."""

    def __repr__(self) -> str:
        return f"{len(self)} documents"


@pytest.fixture(scope="session")
def told(knowledge: Knowledge) -> Told:
    """What the shipped ontology tells."""
    return Told(knowledge.ontology)


@pytest.fixture(scope="session")
def cases(knowledge: Knowledge, terminology: Terminology) -> list[ProofDocument]:
    return Documents(of_cases(knowledge, terminology))
