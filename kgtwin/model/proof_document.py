"""A proof that others can check: one detected issue with all that it follows from, as JSON, decimals as text.

Every conclusion is an axiom in OWL functional syntax, so that any OWL 2 reasoner can check a step, too: the premises
and the step's axiom together entail the conclusion. ``kgtwin.verification`` checks all of it by rules of its own.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import msgspec

from kgtwin.errors import MalformedInputError, TooLargeError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.model.fact import Fact, FactKind, PatientRecord
from kgtwin.model.proof import Conclusion, Membership

FORMAT: Final = "kgtwin-proof-1"
RECEIVED: Final = "received"
"""The rule of a leaf that was received: its assertion is licensed by facts, or by the Patient resource."""
CLINICAL_RULE: Final = "clinical rule"
"""The rule of the one step by a clinical rule, which is the last: the patient is among those whom the rule is about."""
KNOWLEDGE_TRUSTED: Final = (
    "that the ontology with this digest has these axioms and annotations, and flags the statement as shown"
)
FACTS_TRUSTED: Final = (
    "that the facts and the Patient resource are as they were received, and that no snapshot leaves one out"
)
TRUSTED: Final = (
    KNOWLEDGE_TRUSTED,
    FACTS_TRUSTED,
    "that the mapping sets that facts name map the codes so, and that uncommon units convert by the factors stated",
    "that each medicine has no active ingredient but those listed, and that none of two is a kind of the other; "
    "that none of which a statement takes the use to be systemic is given by a local route alone",
    "that no other analyte or class of the knowledge is meant by the facts that a snapshot leaves out",
)
"""What a document cannot show by itself; ``kgtwin verify`` compares the first with ``--ontology``, the second with
``--store``."""
LOCAL_TRUSTED: Final = "that the medicines that count are not given by a local route alone"
CLASSES_TRUSTED: Final = (
    "that what is listed where something is absent is nothing that the rule names, beyond what is shown"
)
RULES_TRUSTED: Final[dict[str, tuple[str, ...]]] = {
    "missing-monitoring": (LOCAL_TRUSTED, CLASSES_TRUSTED),
    "cumulated-burden": (LOCAL_TRUSTED,),
    "untreated-indication": (CLASSES_TRUSTED, "that no statement speaks against the medicine that is missing"),
    "dose-renal": (LOCAL_TRUSTED, CLASSES_TRUSTED),
}
"""By the kind of an issue that a rule raises, what its document cannot show beyond `TRUSTED`."""
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of one document."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a proof: a field that is not known, which the seal could not hold, is no field of it."""


class Verdict(msgspec.Struct, frozen=True):
    """``reason`` says where and why a proof is rejected; ``trusted`` what an accepted one rests on unchecked."""

    accepted: bool
    reason: str = ""
    steps: int = 0
    trusted: tuple[str, ...] = ()


class ProofIssue(_Part, frozen=True, kw_only=True):
    """What is proven: the parts that make its id, the facts that it implicates, and what it says (for people)."""

    id: str
    patient: str
    statement: str
    ingredients: tuple[str, ...]
    conditions: tuple[str, ...]
    implicated: tuple[str, ...]
    kind: str
    significance: str
    title: str
    at: str
    revision: int


class ProofKnowledge(_Part, frozen=True):
    """The version and the digest of the ontology that the axioms and annotations are of."""

    version: str
    digest: str


class ProofAxiom(_Part, frozen=True, omit_defaults=True):
    """An axiom as functional syntax with full IRIs, where it stands, and the annotations of what it defines."""

    owl: str
    origin: str | None = None
    annotations: tuple[tuple[str, str], ...] = ()


class ProofAnnotation(_Part, frozen=True):
    """A value of the knowledge that no axiom says: a statement's flag, a role's span, an analyte's unit."""

    subject: str
    property: str
    value: str


class ProofStep(_Part, frozen=True, omit_defaults=True):
    """``conclusion`` follows by ``rule`` from earlier steps and, by number, an ``axiom`` or a ``selection``."""

    rule: str
    conclusion: str
    premises: tuple[int, ...] = ()
    axiom: int | None = None
    selection: int | None = None


class Conversion(_Part, frozen=True, omit_defaults=True):
    """A value in ``unit`` (UCUM), times ``factor`` plus ``offset`` (fractions), is one in the reading's unit.

    Of a rule one in ``to``; ``piece`` is a tablet or a capsule, however it is written.
    """

    unit: str
    factor: str
    offset: str = "0"
    to: str = ""


class ProofReading(_Part, frozen=True, omit_defaults=True):
    """How a number was read: of which analyte, in which unit, divided by the upper reference limit or not."""

    analyte: str
    unit: str
    conversions: tuple[Conversion, ...] = ()
    multiple: bool = False


class Selection(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """How facts became an individual in a role.

    ``facts`` are ids, the one that the individual stands for first; ``classes`` what they are read as, where that is
    not their codes; ``snapshot`` has the ids of all facts of the patient that could have taken their place (other
    results of the analyte, other observations of the same thing), from which it can be seen that they are the latest.
    ``above`` are superclasses that limit how long it counts; of a condition those that say how long it lasts at most.
    """

    individual: str
    role: str
    facts: tuple[str, ...]
    reason: str
    classes: tuple[str, ...] = ()
    reading: ProofReading | None = None
    snapshot: tuple[str, ...] = ()
    above: tuple[str, ...] = ()


class Medicine(_Part, frozen=True, omit_defaults=True):
    """The active ingredients of a medicine (CURIEs): those that the issue is about, each proven by a step, and all.

    ``now``: it is listed since it is taken now, for a statement about what is not.
    """

    individual: str
    asked: tuple[str, ...]
    ingredients: tuple[str, ...]
    steps: tuple[int, ...] = ()
    now: bool = False


class Absence(_Part, frozen=True, omit_defaults=True):
    """What could have filled what a rule says is absent: all facts (ids) of the patient of some kinds.

    With ``codes`` (CURIEs) only those that have one of these.
    """

    kinds: tuple[FactKind, ...]
    facts: tuple[str, ...]
    codes: tuple[str, ...] = ()


class ProofRule(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """The clinical rule that raises the issue, as data; ``rule``, ``family`` and ``equation`` are IRIs.

    ``annotations`` are those of the rule and of its family, the strengths of products, and the equation that estimates
    a result where one does; several may be about one property. ``conversions`` are of the units of doses, and of
    results to the units of the equation.
    """

    rule: str
    family: str
    annotations: tuple[ProofAnnotation, ...]
    absences: tuple[Absence, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    equation: str | None = None


class ProofDocument(_Part, frozen=True, kw_only=True):
    """``steps[conclusion]`` says that the patient is in the class of the statement or rule; ``digest`` seals the rest.

    ``medications`` are the ids of all medication facts of the patient, for a statement about what is not taken now.
    ``rules`` has the clinical rule that raises the issue, where one does.
    """

    format: str
    issue: ProofIssue
    knowledge: ProofKnowledge
    conclusion: int
    steps: tuple[ProofStep, ...]
    axioms: tuple[ProofAxiom, ...]
    annotations: tuple[ProofAnnotation, ...]
    patient: PatientRecord
    facts: tuple[Fact, ...]
    selections: tuple[Selection, ...]
    medicines: tuple[Medicine, ...]
    medications: tuple[str, ...] = ()
    rules: tuple[ProofRule, ...] = ()
    safety: str = ""
    digest: str = ""


def conclusion_axiom(conclusion: Conclusion) -> Axiom:
    """What a step of the reasoner concludes, as an axiom: of an individual an assertion, else an inclusion.

    >>> conclusion_axiom(Membership("http://x/a", owl.Class("http://x/A")))
    ClassAssertion(individual='http://x/a', type=Class(iri='http://x/A'))
    """
    subject = conclusion.subject
    if isinstance(conclusion, Membership):
        type_: ClassExpression = conclusion.type
    elif isinstance(conclusion.object, str):
        if isinstance(subject, str):
            return owl.ObjectPropertyAssertion(conclusion.property, subject, conclusion.object)
        type_ = owl.ObjectHasValue(conclusion.property, conclusion.object)
    else:
        type_ = owl.ObjectSomeValuesFrom(conclusion.property, conclusion.object)
    return owl.ClassAssertion(subject, type_) if isinstance(subject, str) else owl.SubClassOf(subject, type_)


def sealed(document: ProofDocument) -> ProofDocument:
    """The document with its digest."""
    return msgspec.structs.replace(document, digest=seal_of(document))


def seal_of(document: ProofDocument) -> str:
    """The SHA-256 of the document's JSON without a digest: it tells whether anything was changed, not by whom."""
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(document, digest=""))).hexdigest()


def write_proof(document: ProofDocument) -> bytes:
    """The document as JSON, ended by a newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def proof_to_dict(document: ProofDocument) -> dict[str, Any]:
    """The document as the plain values of its JSON."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return plain


def read_proof(content: bytes, *, label: str = "proof") -> ProofDocument:
    """The document that some JSON is.

    Raises:
        TooLargeError: it has more than 16 MiB.
        MalformedInputError: it is no JSON, or does not have the fields of a proof, or another format.
    """
    if len(content) > LARGEST:
        raise TooLargeError(f"{len(content)} bytes", where=label, expected=f"at most {LARGEST}")
    try:
        document = _DOCUMENT.decode(content)
        json.loads(content, object_pairs_hook=_said_once)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedInputError(
            f"no proof: {error}", where=label, expected="JSON as `kgtwin explain ISSUE --proof FILE` writes it"
        ) from None
    if document.format != FORMAT:
        raise MalformedInputError(f"its format is {document.format[:40]!r}", where=label, expected=FORMAT)
    return document


def _said_once(pairs: list[tuple[str, Any]]) -> None:
    """Of an object that says something twice, others may read the first and we the last."""
    names = [name for name, _ in pairs]
    if len({*names}) < len(names):
        raise ValueError("an object has a field twice")


def proof_schema() -> bytes:
    """The JSON Schema of a proof document."""
    schema = msgspec.json.schema(ProofDocument)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"A proof of a detected issue ({FORMAT})"
    return msgspec.json.format(msgspec.json.encode(schema), indent=1) + b"\n"


_DOCUMENT = msgspec.json.Decoder(ProofDocument)
