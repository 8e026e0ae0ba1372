"""Statements: named, annotated, defined classes of patients, read out of the ontology."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge.roles import Roles
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.model.evidence import Evidence
from kgtwin.model.issue import IssueKind, Significance
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.vocabulary import ALLERGIC_TO, INTOLERANT_TO, PATIENT, kgtwin

SIGNIFICANCE = kgtwin("significance")
KIND = kgtwin("kind")
SILENT = kgtwin("silent")
"""Of what was imported and nobody reviewed: it raises nothing."""


class Conjunct(msgspec.Struct, frozen=True):
    """``patient property some filler``, one condition of a statement."""

    property: str
    filler: ClassExpression

    def expression(self) -> ObjectSomeValuesFrom:
        """As OWL writes it."""
        return ObjectSomeValuesFrom(self.property, self.filler)


class Definition(msgspec.Struct, frozen=True):
    """What a statement demands: conjuncts over roles, and plain classes.

    ``parts`` are all its conditions as OWL writes them, numbers of the patient among them; ``unfolded`` has the axiom
    and the body of the statement itself and of every defined class that it names.
    """

    conjuncts: tuple[Conjunct, ...]
    classes: tuple[str, ...]
    parts: tuple[ClassExpression, ...]
    unfolded: dict[str, tuple[EquivalentClasses, ClassExpression]]


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement with its annotations. ``definition`` is None where it is not a defined class.

    The engine checks what OWL cannot say: ``needs_two`` distinct medicines that meet its one conjunct about medicines;
    of a ``wash_out`` only ingredients that are not taken now; the ``same_substance`` in its allergy and its medicine.
    """

    iri: str
    kind: IssueKind
    significance: Significance
    title: str
    detail: str
    evidence: tuple[Evidence, ...]
    mitigation: str | None
    review: str
    definition: Definition | None
    needs_two: bool = False
    wash_out: bool = False
    same_substance: bool = False

    @property
    def curie(self) -> str:
        return to_curie(self.iri)

    @property
    def verified(self) -> bool:
        """Whether any of its evidence was opened."""
        return any(one.status == "verified" for one in self.evidence)


def statements(ontology: Ontology) -> dict[str, Statement]:
    """Every class that carries a ``significance`` and is not silent, by IRI.

    Raises:
        OntologyError: if a statement's kind or significance is missing or unknown, or a flag of it cannot be read.
    """
    defined = definitions(ontology.axioms)
    return {
        iri: _statement(ontology, iri, defined)
        for iri, kind in ontology.entities.items()
        if kind is EntityKind.CLASS and ontology.value(iri, SIGNIFICANCE) is not None and not is_silent(ontology, iri)
    }


def is_silent(ontology: Ontology, iri: str) -> bool:
    """Whether a statement or a rule raises nothing, since nobody reviewed it."""
    return any(value in ("true", "1") for value in ontology.values(iri, SILENT))


def _statement(ontology: Ontology, iri: str, definitions: Mapping[str, EquivalentClasses]) -> Statement:
    return Statement(
        iri=iri,
        kind=IssueKind(_one_of(ontology, iri, KIND, [k.value for k in IssueKind])),
        significance=Significance(_one_of(ontology, iri, SIGNIFICANCE, [s.value for s in Significance])),
        title=ontology.label(iri),
        detail=ontology.value(iri, kgtwin("detail")) or ontology.label(iri),
        evidence=evidence_of(ontology, iri),
        mitigation=ontology.value(iri, kgtwin("mitigation")),
        review=ontology.value(iri, kgtwin("reviewStatus")) or "not clinically reviewed",
        definition=_unfold(iri, definitions),
        needs_two=_flag(ontology, iri, "needsTwo"),
        wash_out=_flag(ontology, iri, "washOut"),
        same_substance=_flag(ontology, iri, "sameSubstance"),
    )


def _one_of(ontology: Ontology, iri: str, prop: str, allowed: list[str]) -> str:
    value = ontology.value(iri, prop)
    if value not in allowed:
        raise OntologyError(
            f"{to_curie(prop)} is {value!r}",
            where=to_curie(iri),
            expected="one of " + ", ".join(allowed),
            remedy="annotate the statement with one of them",
        )
    return value


def _flag(ontology: Ontology, iri: str, name: str) -> bool:
    prop = kgtwin(name)
    if ontology.value(iri, prop) is None:
        return False
    return _one_of(ontology, iri, prop, ["true", "false", "1", "0"]) in ("true", "1")


def check_flags(statement: Statement, roles: Roles) -> None:
    """Whether a statement has the conjuncts that its flags are about.

    Raises:
        OntologyError: if it has not.
    """
    conjuncts = statement.definition.conjuncts if statement.definition else ()
    medicines = sum(one.property in roles.medicines for one in conjuncts)
    allergies = sum(one.property in (ALLERGIC_TO, INTOLERANT_TO) for one in conjuncts)
    late = sum(one.property in roles.wash_outs for one in conjuncts)
    for name, flag, fits, expected in (
        ("needsTwo", statement.needs_two, medicines == 1, "one conjunct about a medicine"),
        ("washOut", statement.wash_out, late > 0, "a conjunct over a role with :within"),
        ("sameSubstance", statement.same_substance, medicines == allergies == 1, "a medicine and an allergy, one each"),
    ):
        if flag and not fits:
            raise OntologyError(
                f"{name} is true of a definition that has other conjuncts",
                where=statement.curie,
                expected=expected,
                remedy=f"correct the definition, or remove {name}",
            )


def evidence_of(ontology: Ontology, iri: str) -> tuple[Evidence, ...]:
    """The evidence of a statement or a rule, in order; as many texts and statuses as sources pair up with them."""
    sources = ontology.values(iri, kgtwin("evidenceSource"))
    texts = ontology.values(iri, kgtwin("evidenceText"))
    statuses = ontology.values(iri, kgtwin("evidenceStatus"))
    return tuple(
        Evidence(
            source=source,
            status=_paired(statuses, number, len(sources)) or "unverified",
            text=_paired(texts, number, len(sources)),
        )
        for number, source in enumerate(sources)
    )


def _paired(values: tuple[str, ...], number: int, wanted: int) -> str | None:
    if len(values) == wanted:
        return values[number]
    return values[0] if len(values) == 1 else None


def definition_of(iri: str, axioms: Iterable[Axiom]) -> Definition | None:
    """What any defined class demands; None where it is no conjunction, or defined by none."""
    return _unfold(iri, definitions(axioms))


def definitions(axioms: Iterable[Axiom]) -> dict[str, EquivalentClasses]:
    """The first equivalence of each named class with an intersection or an existential."""
    found: dict[str, EquivalentClasses] = {}
    for axiom in axioms:
        if isinstance(axiom, EquivalentClasses):
            for operand in axiom.operands:
                if isinstance(operand, Class) and _body(operand.iri, axiom) is not None:
                    found.setdefault(operand.iri, axiom)
    return found


def _body(iri: str, axiom: EquivalentClasses) -> ClassExpression | None:
    others = [operand for operand in axiom.operands if operand != Class(iri)]
    return next((o for o in others if isinstance(o, ObjectIntersectionOf | ObjectSomeValuesFrom)), None)


def _unfold(iri: str, definitions: Mapping[str, EquivalentClasses]) -> Definition | None:
    """The conjuncts of a defined class, defined classes among them unfolded once each."""
    conjuncts: list[Conjunct] = []
    classes: list[str] = []
    numbers: list[DataSomeValuesFrom] = []
    unfolded: dict[str, tuple[EquivalentClasses, ClassExpression]] = {}
    todo: list[ClassExpression] = [Class(iri)]
    while todo:
        match todo.pop(0):
            case ObjectIntersectionOf(operands):
                todo[:0] = operands
            case ObjectSomeValuesFrom(prop, filler):
                conjuncts.append(Conjunct(prop, filler))
            case DataSomeValuesFrom() as number:
                numbers.append(number)
            case Class(name) if name not in unfolded:
                axiom = definitions.get(name)
                body = _body(name, axiom) if axiom else None
                if axiom is None or body is None:
                    classes.append(name)
                else:
                    unfolded[name] = axiom, body
                    todo.insert(0, body)
            case Class():
                pass
            case _:
                return None
    if iri not in unfolded:
        return None
    asked = tuple(dict.fromkeys(conjuncts))
    parts: list[ClassExpression] = [*(one.expression() for one in asked), *map(Class, classes), *numbers]
    told = Class(PATIENT)
    return Definition(
        asked, tuple(dict.fromkeys(classes)), tuple(one for one in dict.fromkeys(parts) if one != told), unfolded
    )
