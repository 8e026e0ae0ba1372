"""From paths to submissions, whatever form the data has: FHIR R4 or OMOP CDM."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from enum import StrEnum

from kgtwin.errors import UsageError
from kgtwin.model.submission import Submission
from kgtwin.sources import fhir, omop
from kgtwin.terminology import Terminology


class Form(StrEnum):
    """How to read a path: ``auto`` looks whether it is OMOP, and takes it for FHIR if not."""

    AUTO = "auto"
    FHIR = "fhir"
    OMOP = "omop"


def read(
    paths: Sequence[str],
    *,
    source: str,
    terminology: Terminology,
    form: Form = Form.AUTO,
    vocabulary: str | None = None,
) -> Iterator[Submission]:
    """The submissions of paths: those of FHIR together, then each OMOP CDM.

    Raises:
        UsageError: if a path does not exist, or a vocabulary is given and nothing is OMOP.
        InvalidIdentifierError: if ``source`` cannot name a source.
        MissingExtraError: if a database needs a package that is not installed.
        InputError: if an OMOP CDM cannot be opened.
    """
    tables = [path for path in paths if _is_omop(path, form)]
    if vocabulary and not tables:
        raise UsageError(
            "a vocabulary is for OMOP, and no path holds OMOP", remedy="say --format omop, or leave it out"
        )
    others = [path for path in paths if path not in tables]
    parts = [fhir.read(others, source=source, terminology=terminology)] if others else []
    parts += [omop.read(path, source=source, terminology=terminology, vocabulary=vocabulary) for path in tables]
    return itertools.chain.from_iterable(parts)


def _is_omop(path: str, form: Form) -> bool:
    return form is Form.OMOP or (form is Form.AUTO and omop.recognises(path))
