"""What a mapper knows while it maps one resource, and the checks that every mapper shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from kgtwin.errors import InputError, InvalidIdentifierError, InvalidResourceError, UnresolvedReferenceError
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Detail, Fact, FactKind, Provenance, Quantity, QuantityRange, Ratio, Value, fact_id
from kgtwin.model.problem import Location, Problem
from kgtwin.model.time import Period, bounds
from kgtwin.sources.fhir import datatypes as fhir
from kgtwin.sources.fhir.references import References
from kgtwin.sources.fhir.structs import Medication
from kgtwin.terminology import Terminology
from kgtwin.terminology.units import ucum_code

COMPARATORS: Final = frozenset({"<", "<=", ">=", ">"})
MAX_MAGNITUDE: Final = 100
"""Powers of ten beyond which a number measures nothing."""

NO_CODE: Final = Coded()
NO_TIME: Final = Period()


class Bundle(msgspec.Struct):
    """What the resources of one submission share, and which of them is being read.

    ``medications`` (by ``Medication/id``) outlives it, for NDJSON files refer to each other; a bundle's own come first.
    ``instants`` are the dates that were found to be dates, for most resources of an encounter share theirs.
    ``where`` is the document, ``position`` the entry (None for a single resource), ``name`` its ``Type/id``.
    """

    source: str
    terminology: Terminology
    references: References
    medications: dict[str, Medication]
    where: Location
    position: int | None = None
    name: str | None = None
    problems: list[Problem] = []
    instants: dict[str, Period] = {}

    def location(self, field: str | None = None) -> Location:
        """Where we are, in words."""
        entry = self.where.entry
        if self.position is not None:
            entry = f"{entry} entry[{self.position}]" if entry else f"entry[{self.position}]"
        return Location(self.where.file, entry, self.name, field)

    def note(self, error: InputError, rejected: bool = True) -> None:
        """Keep an error as a problem; its ``where`` is the field."""
        self.problems.append(Problem.of(error, self.location(error.where), rejected))


class Context(msgspec.Struct, gc=False):
    """One resource while it is mapped: ``Type/id``, which version, the content's digest, ``meta.lastUpdated``.

    ``patient`` is the key of the patient that it is about, empty until that is known.
    """

    bundle: Bundle
    resource: str
    version: str
    content: str
    updated: str | None
    recorded: str | None
    patient: str = ""

    def fact(
        self,
        kind: FactKind,
        code: Coded,
        *,
        part: str = "",
        status: str | None = None,
        verification: str | None = None,
        when: Period = NO_TIME,
        value: Value | None = None,
        detail: Detail | None = None,
        encounter: str | None = None,
        reasons: tuple[str, ...] = (),
    ) -> Fact:
        """A fact that this resource version states."""
        origin = Provenance(self.bundle.source, self.resource, self.version, part, self.recorded)
        return Fact(
            id=fact_id(self.patient, origin),
            patient=self.patient,
            kind=kind,
            code=code,
            status=status,
            verification=verification,
            when=when,
            value=value,
            detail=detail,
            encounter=encounter,
            reasons=reasons,
            provenance=origin,
        )

    def report(self, error: InputError, field: str | None = None) -> None:
        """Note what is wrong with a resource that is kept."""
        error.where = field or error.where
        self.bundle.note(error, rejected=False)

    def record(self, text: str | None, field: str) -> None:
        """Note when the source recorded the resource; where it does not say, ``meta.lastUpdated`` stands."""
        if text is not None:
            self.recorded = text if text in self.bundle.instants else check_date(text, field)

    # Codes

    def coded(self, concept: fhir.CodeableConcept | None, field: str) -> Coded:
        """A CodeableConcept with what it maps to; a code that cannot be one of its system is reported."""
        if concept is None:
            return NO_CODE
        return self._reported(self.bundle.terminology.coded(concept.coding, concept.text), field)

    def all_coded(self, concepts: Sequence[fhir.CodeableConcept], field: str) -> tuple[Coded, ...]:
        """Several CodeableConcepts, each by itself."""
        if not concepts:
            return ()
        return tuple([self.coded(concept, f"{field}[{i}]") for i, concept in enumerate(concepts)])

    def merged(self, concepts: Iterable[fhir.CodeableConcept], field: str) -> Coded:
        """Several CodeableConcepts that hold at once, as one."""
        codings = dict.fromkeys(coding for concept in concepts for coding in concept.coding)
        text = next((concept.text for concept in concepts if concept.text), None)
        return self._reported(self.bundle.terminology.coded(tuple(codings), text), field)

    def _reported(self, coded: Coded, field: str) -> Coded:
        for defect in coded.defects:
            error = InvalidIdentifierError(
                defect,
                expected="a code of its system",
                remedy="correct the code at its source; it was kept and maps to nothing",
            )
            self.report(error, field)
        return coded

    # Time

    def date(self, text: str | None, field: str, tail: str = "") -> str | None:
        """A FHIR date as received, checked.

        Raises:
            InvalidResourceError: if it is no date, or an impossible one; the message does not show it.
        """
        return text if text in self.bundle.instants else check_date(text, field, tail)

    def instant(self, text: str | None, field: str) -> Period:
        """The period of something that happened at one (perhaps partial) time."""
        if text is None:
            return NO_TIME
        known = self.bundle.instants.get(text)
        if known is None:
            known = self.bundle.instants[text] = Period(check_date(text, field), text)
        return known

    def period(self, period: fhir.Period | None, field: str) -> Period:
        """A FHIR Period, its ends checked; one that ends before it starts is reported."""
        if period is None:
            return NO_TIME
        found = Period(self.date(period.start, field, ".start"), self.date(period.end, field, ".end"))
        if found.start and found.end and bounds(found.end)[1] < bounds(found.start)[0]:
            self.report(InvalidResourceError("a period that ends before it starts", where=field))
        return found

    # Numbers

    def number(self, value: Any, field: str, tail: str = "") -> Decimal:
        """A JSON number with its digits as received.

        Raises:
            InvalidResourceError: if it is no number, or too large to measure anything.
        """
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise InvalidResourceError(
                f"wrong type: {_JSON_TYPES.get(type(value), 'array or object')}", where=field + tail, expected="number"
            )
        number = Decimal(value) if isinstance(value, int) else value
        if number and abs(number.adjusted()) > MAX_MAGNITUDE:
            raise InvalidResourceError("a number that measures nothing", where=field + tail, expected="at most 1e100")
        return number

    def quantity(self, quantity: fhir.Quantity | None, field: str) -> Quantity | None:
        """A Quantity; None when it has no value. A unit that is no UCUM is reported.

        Raises:
            InvalidResourceError: if the value is no number or the comparator is none of FHIR's.
        """
        if quantity is None or quantity.value is None:
            return None
        q = quantity
        value = q.value
        if type(value) is not Decimal or not -MAX_MAGNITUDE < value.adjusted() < MAX_MAGNITUDE:
            value = self.number(value, field, ".value")
        if q.comparator is not None and q.comparator not in COMPARATORS:
            raise InvalidResourceError(
                "an unknown comparator", where=f"{field}.comparator", expected=" ".join(sorted(COMPARATORS))
            )
        ucum = ucum_code(q.system, q.code, q.unit)
        if ucum is None and (q.code or q.unit):
            self.report(_unknown_unit(q.code or q.unit or ""), f"{field}.code" if q.code else f"{field}.unit")
        return Quantity(value, q.comparator, q.unit, q.system, q.code, ucum)

    def range(self, low: fhir.Quantity | None, high: fhir.Quantity | None, field: str) -> QuantityRange:
        """The two ends of a Range, either of which may be open."""
        return QuantityRange(self.quantity(low, f"{field}.low"), self.quantity(high, f"{field}.high"))

    def ratio(self, ratio: fhir.Ratio, field: str) -> Ratio:
        """Numerator and denominator."""
        return Ratio(
            self.quantity(ratio.numerator, f"{field}.numerator"),
            self.quantity(ratio.denominator, f"{field}.denominator"),
        )

    # References

    def other(self, reference: fhir.Reference | None, field: str, kind: str) -> str | None:
        """``Type/id`` of another resource; None, and reported, when it is not in the bundle."""
        if reference is None or (reference.reference is None and reference.identifier is None):
            return None
        try:
            return self.bundle.references.resolve(reference, kind).name
        except UnresolvedReferenceError as error:
            self.report(error, f"{field}.reference")
            return None

    def encounter(self, reference: fhir.Reference | None, field: str = "encounter") -> str | None:
        """The encounter that the resource belongs to, as ``Encounter/id``."""
        if reference is None:
            return None
        known = self.bundle.references.known(reference.reference)
        return known.name if known else self.other(reference, field, "Encounter")

    def reasons(self, references: Sequence[fhir.Reference], codes: Sequence[fhir.CodeableConcept]) -> tuple[str, ...]:
        """Why: references as ``Type/id``, then the concepts (CURIEs) of reason codes."""
        if not references and not codes:
            return ()
        found = [self.other(reference, f"reasonReference[{i}]", "Condition") for i, reference in enumerate(references)]
        concepts = [concept for code in self.all_coded(codes, "reasonCode") for concept in code.concepts]
        return tuple(dict.fromkeys([*(reason for reason in found if reason), *concepts]))

    # Words

    def word(self, value: str | None, field: str, allowed: frozenset[str]) -> str | None:
        """A code of a required binding, kept even when FHIR does not know it, which is reported."""
        if value is not None and value not in allowed:
            self.report(
                InvalidResourceError(
                    "a code that FHIR R4 does not define here", where=field, expected=", ".join(sorted(allowed))
                )
            )
        return value


_JSON_TYPES: Final = {str: "str", bool: "bool", float: "float", type(None): "null"}


def _unknown_unit(unit: str) -> InputError:
    shown = unit if len(unit) <= 30 else unit[:30] + "…"
    return InvalidResourceError(
        f"the unit {shown!r} is no UCUM unit",
        expected="a UCUM code",
        remedy="correct the unit at its source; the value was kept and is compared with nothing",
    )


def check_date(text: str | None, field: str, tail: str = "") -> str | None:
    """A FHIR date as received, checked.

    Raises:
        InvalidResourceError: if it is no date, or an impossible one; the message does not show it.
    """
    if text is None:
        return None
    try:
        bounds(text)
    except InvalidResourceError as error:
        raise InvalidResourceError(
            "an impossible date" if "impossible" in error.message else "no FHIR date",
            where=field + tail,
            expected=error.expected,
            remedy="correct the date at its source",
        ) from None
    return text


def require(value: Any, field: str, kind: str = "a value") -> None:
    """Check that a required element is there.

    Raises:
        InvalidResourceError: naming the field, if it is missing.
    """
    if value is None:
        raise InvalidResourceError(
            "a required element is missing", where=field, expected=kind, remedy="add it at its source"
        )
