"""What consent leaves of what is known, for the reads that are given one.

The doors that take none read everything: who may see what is decided with sign-in.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from kgtwin.inference import Knowledge
from kgtwin.inference.consent.withholding import nameless, usable
from kgtwin.model.consent import Permission
from kgtwin.store.records import Known


def permitted(known: Known, consent: Permission | None, knowledge: Knowledge, at: datetime) -> Known:
    """What may be shown of a patient: the facts that are permitted; of one who may not be shown, the key alone.

    Raises:
        OntologyError: if the consent denies a class that the knowledge does not have.
        UsageError: if it is another patient's.
    """
    if consent is None:
        return known
    consent.check_patient(known.record.key)
    if not consent.restricts:
        return known
    left = usable(known.record, known.facts, consent, knowledge, at)
    return msgspec.structs.replace(known, record=left.record or nameless(known.record), facts=left.shown)
